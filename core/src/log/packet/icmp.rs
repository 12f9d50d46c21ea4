//! ICMP of both families. The packet that a message quotes is not part of a line.

use crate::log::write::Writer;
use crate::netlink::bytes::{array, be16, be32, byte};

/// Bytes that every message has.
const LENGTH: usize = 8;

/// Writes a message of IPv4.
pub(super) fn write_v4(packet: &[u8], to: &mut Writer) {
    to.text("PROTO=ICMP ");
    let Some((kind, code, header)) = header(packet, to) else { return };
    match (kind, code) {
        (0 | 8, _) => echo(header, to),
        (3, 4) => _ = to.field("MTU=", be16(header, 6).unwrap_or_default()),
        // Q37: pvefw-logger writes the bytes the wrong way round.
        (5, _) => _ = to.text("GATEWAY=").v4(array(header, 4).unwrap_or_default()).text(" "),
        (12, _) => _ = to.field("PARAMETER=", byte(header, 4).unwrap_or_default()),
        _ => {}
    }
}

/// Writes a message of IPv6.
pub(super) fn write_v6(packet: &[u8], to: &mut Writer) {
    to.text("PROTO=ICMPV6 ");
    let Some((kind, code, header)) = header(packet, to) else { return };
    let word = |at| be32(header, at).unwrap_or_default();
    match kind {
        2 => _ = to.field("MTU=", word(4)),
        // Q37: pvefw-logger looks at the pointer instead of the code.
        4 => match code {
            0 => _ = to.text("PARAMETER=HEADER "),
            1 => _ = to.text("PARAMETER=NEXTHEADER "),
            2 => _ = to.text("PARAMETER=OPTION "),
            _ => _ = to.field("PARAMETER=", code),
        },
        128 | 129 => echo(header, to),
        134 => advertisement(packet, to),
        136 => _ = to.text("NA=").hex_word(word(4)).text(" "),
        137 => redirect(packet, to),
        _ => {}
    }
}

/// Writes type and code, which with the header are the answer.
fn header<'a>(packet: &'a [u8], to: &mut Writer) -> Option<(u8, u8, &'a [u8])> {
    let Some(header @ [kind, code, ..]) = packet.first_chunk::<LENGTH>() else {
        to.too_short(packet);
        return None;
    };
    to.field("TYPE=", *kind).field("CODE=", *code);
    Some((*kind, *code, header))
}

fn echo(header: &[u8], to: &mut Writer) {
    to.field("ID=", be16(header, 4).unwrap_or_default()).field("SEQ=", be16(header, 6).unwrap_or_default());
}

/// A router's advertisement.
fn advertisement(packet: &[u8], to: &mut Writer) {
    let Some(packet) = packet.first_chunk::<16>() else {
        return to.too_short(packet);
    };
    to.field("HOPLIMIT=", byte(packet, 4).unwrap_or_default());
    to.text("RA=").hex(byte(packet, 5).unwrap_or_default()).text(" ");
    to.field("LIFETIME=", be16(packet, 6).unwrap_or_default());
    to.field("REACHABLE=", be32(packet, 8).unwrap_or_default());
    to.field("RETRANSMIT=", be32(packet, 12).unwrap_or_default());
}

fn redirect(packet: &[u8], to: &mut Writer) {
    let Some(packet) = packet.first_chunk::<40>() else {
        return to.too_short(packet);
    };
    let address = |at| array(packet, at).unwrap_or_default();
    to.text("TARGET=").v6(address(8)).text(" GATEWAY=").v6(address(24)).text(" ");
}
