//! The header of IPv4.

use super::transport;
use crate::log::write::Writer;
use crate::netlink::bytes::{array, be16, byte};

/// Length of a header without options.
const LENGTH: usize = 20;

const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// Writes the header, and what follows it.
pub(super) fn write(packet: &[u8], to: &mut Writer) {
    let Some(header) = packet.first_chunk::<LENGTH>() else {
        return to.too_short(packet);
    };
    let byte = |at| byte(header, at).unwrap_or_default();
    let word = |at| be16(header, at).unwrap_or_default();
    let address = |at| array(header, at).unwrap_or_default();
    let length = usize::from(byte(0) & 0xf) * 4;
    // COMPAT: a packet of nothing but its header counts as one with a wrong header length, too (spec 09 section 3.1).
    let Some(rest) = packet.get(length..).filter(|rest| !rest.is_empty()) else {
        to.text("INVALID=IHL ");
        return;
    };
    to.text("SRC=").v4(address(12)).text(" DST=").v4(address(16)).text(" ").field("LEN=", word(2));
    to.text("TOS=0x").upper_hex(byte(1) & 0x1e).text(" PREC=0x").upper_hex(byte(1) & 0xe0).text(" ");
    to.field("TTL=", byte(8)).field("ID=", word(4));
    let fragment = word(6);
    if fragment & OFFSET != 0 {
        to.field("FRAG=", fragment & OFFSET);
    }
    if fragment & DONT_FRAGMENT != 0 {
        to.text("DF ");
    }
    if fragment & MORE_FRAGMENTS != 0 {
        to.text("MF ");
    }
    if !transport::write(byte(9), rest, to) {
        to.field("PROTO=", byte(9));
    }
}
