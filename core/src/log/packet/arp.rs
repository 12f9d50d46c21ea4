//! ARP for IPv4 over Ethernet.

use crate::log::write::Writer;
use crate::netlink::bytes::{array, be16};

/// Bytes up to the end of the target's address.
const LENGTH: usize = 28;

/// Writes the addresses and what is asked or answered.
pub(super) fn write(packet: &[u8], to: &mut Writer) {
    let Some(packet) = packet.first_chunk::<LENGTH>() else {
        return to.too_short(packet);
    };
    let address = |at| array(packet, at).unwrap_or_default();
    to.text("SRC=").v4(address(14)).text(" DST=").v4(address(24)).text(" PROTO=ARP ");
    match be16(packet, 6).unwrap_or_default() {
        1 => to.text("REQUEST "),
        2 => to.text("REPLY MAC=").mac(&array::<6>(packet, 8).unwrap_or_default()).text(" "),
        10 => to.text("NAK "),
        other => to.field("CODE=", other),
    };
}
