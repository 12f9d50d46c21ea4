//! TCP, UDP, SCTP and what has no fields of its own.

use super::icmp;
use crate::log::write::Writer;
use crate::netlink::bytes::{be16, be32, byte};

/// TCP's flags in the order of the line, and their bits.
const FLAGS: [(u8, &str); 6] =
    [(URG, "URG "), (0x10, "ACK "), (0x08, "PSH "), (0x04, "RST "), (0x02, "SYN "), (0x01, "FIN ")];
const URG: u8 = 0x20;

/// Writes what follows the network layer. Whether it is a protocol with a name.
pub(super) fn write(protocol: u8, packet: &[u8], to: &mut Writer) -> bool {
    match protocol {
        1 => icmp::write_v4(packet, to),
        2 => _ = to.text("PROTO=IGMP "),
        6 => tcp(packet, to),
        17 => udp(packet, to),
        50 => _ = to.text("PROTO=ESP "),
        51 => _ = to.text("PROTO=AH "),
        132 => sctp(packet, to),
        _ => return false,
    }
    true
}

fn tcp(packet: &[u8], to: &mut Writer) {
    to.text("PROTO=TCP ");
    let Some(header) = packet.first_chunk::<20>() else {
        return to.too_short(packet);
    };
    ports(header, to);
    let word = |at| be32(header, at).unwrap_or_default();
    to.field("SEQ=", word(4)).field("ACK=", word(8));
    to.field("WINDOW=", be16(header, 14).unwrap_or_default());
    let flags = byte(header, 13).unwrap_or_default();
    for (bit, name) in FLAGS {
        if flags & bit != 0 {
            to.text(name);
        }
    }
    if flags & URG != 0 {
        to.field("URGP=", be16(header, 18).unwrap_or_default());
    }
}

fn udp(packet: &[u8], to: &mut Writer) {
    to.text("PROTO=UDP ");
    let Some(header) = packet.first_chunk::<8>() else {
        return to.too_short(packet);
    };
    ports(header, to);
    // Q37: pvefw-logger forgets the blank.
    to.field("LEN=", be16(header, 4).unwrap_or_default());
}

fn sctp(packet: &[u8], to: &mut Writer) {
    to.text("PROTO=SCTP ");
    match packet.first_chunk::<12>() {
        Some(header) => ports(header, to),
        None => to.too_short(packet),
    }
}

fn ports(header: &[u8], to: &mut Writer) {
    let port = |at| be16(header, at).unwrap_or_default();
    to.field("SPT=", port(0)).field("DPT=", port(2));
}
