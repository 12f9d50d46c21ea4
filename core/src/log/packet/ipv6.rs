//! The header of IPv6 and those that extend it.

use super::{icmp, transport};
use crate::log::write::Writer;
use crate::netlink::bytes::{array, be16, be32, byte};

/// Length of the fixed header.
const LENGTH: usize = 40;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ICMPV6: u8 = 58;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;

/// Writes the header, and what follows it.
pub(super) fn write(packet: &[u8], to: &mut Writer) {
    let Some((header, mut rest)) = packet.split_first_chunk::<LENGTH>() else {
        return to.too_short(packet);
    };
    let address = |at| array(header, at).unwrap_or_default();
    let first = be32(header, 0).unwrap_or_default();
    to.text("SRC=").v6(address(8)).text(" DST=").v6(address(24)).text(" ");
    to.field("LEN=", be16(header, 4).unwrap_or_default());
    to.field("TC=", first >> 20 & 0xff).field("FLOWLBL=", first & 0xf_ffff);
    to.field("HOPLIMIT=", byte(header, 7).unwrap_or_default());
    let mut next = byte(header, 6).unwrap_or_default();
    // Each header takes at least 8 bytes off, so this ends.
    while let Some(step) = one(next, rest, to) {
        next = byte(rest, 0).unwrap_or_default();
        rest = rest.get(step..).unwrap_or_default();
    }
}

/// Writes one header; the number of its bytes, if another one follows.
fn one(kind: u8, rest: &[u8], to: &mut Writer) -> Option<usize> {
    if kind == ICMPV6 {
        icmp::write_v6(rest, to);
        return None;
    }
    if transport::write(kind, rest, to) {
        return None;
    }
    if !matches!(kind, HOP_BY_HOP | ROUTING | FRAGMENT | DESTINATION | MOBILITY) {
        to.field("PROTO=", kind);
        return None;
    }
    let length = byte(rest, 1).unwrap_or_default();
    // COMPAT: the length counts units of 8 bytes, but is taken for bytes here (spec 09 section 3.2). A header that is
    // shorter than it really says ends the packet with the next one.
    if rest.len() < 2 || (kind != FRAGMENT && rest.len() < usize::from(length)) {
        to.too_short(rest);
        return None;
    }
    match kind {
        HOP_BY_HOP => _ = to.text("NEXTHDR=HOPOPTS "),
        DESTINATION => _ = to.text("NEXTHDR=DSTOPTS "),
        MOBILITY => _ = to.text("NEXTHDR=MH "),
        ROUTING => routing(length, rest, to)?,
        _ => return fragment(rest, to),
    }
    Some((usize::from(length) + 1) * 8)
}

fn routing(length: u8, rest: &[u8], to: &mut Writer) -> Option<()> {
    let (Some(kind), Some(segments)) = (byte(rest, 2), byte(rest, 3)) else {
        to.too_short(rest);
        return None;
    };
    to.field("TYPE=", kind).field("SEGMENTS=", segments);
    match kind {
        // Every address is two units long.
        0 if !length.is_multiple_of(2) || segments > length / 2 => _ = to.text("INVALID=SEGMENTS "),
        2 => {
            let Some(home) = array(rest, 8) else {
                to.too_short(rest);
                return None;
            };
            to.text("HOME=").v6(home).text(" ");
        }
        _ => {}
    }
    Some(())
}

fn fragment(rest: &[u8], to: &mut Writer) -> Option<usize> {
    let (Some(place), Some(id)) = (be16(rest, 2), be32(rest, 4)) else {
        to.too_short(rest);
        return None;
    };
    // Q37: pvefw-logger takes both the offset and the flag from other bits. Offset in bytes.
    to.field("FRAG=", place & 0xfff8).field("ID=", id);
    if place & 1 != 0 {
        to.text("MF ");
    }
    Some(8)
}
