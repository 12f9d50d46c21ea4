//! Frames: made from packets, each with a tag by which it is known again wherever it comes out.

use core::net::{IpAddr, Ipv4Addr};

use etherparse::checksum::Sum16BitWords;
use etherparse::{EtherType, Ethernet2Header, IpNumber, Ipv4Header, Ipv6Header, TcpHeader};
use pvefw_core::ir::{Mac, Protocol};

use crate::packet::{Content, Ip, Part};

/// Begins every tag.
const MAGIC: [u8; 8] = *b"pvefwLAB";

/// Bytes of a tag: the magic and a number.
const TAG: usize = MAGIC.len() + 2;

/// The number by which a packet is known again.
pub type Tag = u16;

/// The tag that some bytes carry.
pub fn tag(bytes: &[u8]) -> Option<Tag> {
    let at = bytes.windows(TAG).rfind(|window| window.starts_with(&MAGIC))?;
    let [.., high, low] = at else { return None };
    Some(u16::from_be_bytes([*high, *low]))
}

/// The bytes of an Ethernet frame.
pub fn ethernet(content: &Content, number: Tag, source: Mac, dest: Mac) -> Vec<u8> {
    let (ether_type, body) = match content {
        Content::Ip(packet) if packet.source.is_ipv6() => (EtherType::IPV6, ip(packet, number)),
        Content::Ip(packet) => (EtherType::IPV4, ip(packet, number)),
        Content::Arp(sender) => (EtherType::ARP, arp(source, *sender, number)),
        Content::Other(ether_type) => (EtherType(*ether_type), tagged(&[0; 36], number)),
    };
    let header = Ethernet2Header { source: source.0, destination: dest.0, ether_type };
    [header.to_bytes().as_slice(), &body].concat()
}

/// The bytes of an IP packet.
pub fn ip(packet: &Ip, number: Tag) -> Vec<u8> {
    let body = transport(packet, number);
    with_header(packet, &body)
}

fn with_header(packet: &Ip, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let neighbours = packet.protocol == Protocol::ICMPV6 && (130..=143).contains(&packet.detail.0);
    let hops = if neighbours { 255 } else { 64 };
    match (packet.source, packet.dest) {
        (IpAddr::V4(source), IpAddr::V4(dest)) => {
            let mut header = Ipv4Header {
                total_len: Ipv4Header::MIN_LEN_U16.saturating_add(length),
                time_to_live: hops,
                protocol: IpNumber(packet.protocol.0),
                source: source.octets(),
                destination: dest.octets(),
                ..Ipv4Header::default()
            };
            header.header_checksum = header.calc_header_checksum();
            [header.to_bytes().as_slice(), body].concat()
        }
        (source, dest) => {
            let header = Ipv6Header {
                payload_length: length,
                next_header: IpNumber(packet.protocol.0),
                hop_limit: hops,
                source: six(source),
                destination: six(dest),
                ..Ipv6Header::default()
            };
            [header.to_bytes().as_slice(), body].concat()
        }
    }
}

/// What follows the IP header, ending with the tag.
fn transport(packet: &Ip, number: Tag) -> Vec<u8> {
    let (from, to) = (packet.detail.0.to_be_bytes(), packet.detail.1.to_be_bytes());
    let ports = [from[0], from[1], to[0], to[1]];
    match packet.protocol {
        Protocol::TCP => {
            let mut body = tagged(&tcp(packet).to_bytes(), number);
            fill_checksum(packet, &mut body, ALL, 16, true);
            body
        }
        Protocol::UDP => {
            let length = 8 + u8::try_from(TAG).unwrap_or(0);
            let mut body = tagged(&[ports.as_slice(), &[0, length, 0, 0]].concat(), number);
            fill_checksum(packet, &mut body, ALL, 6, true);
            spoil(packet, &mut body, 6);
            body
        }
        Protocol::UDPLITE => {
            // The checksum is for the header. Conntrack takes the packet for UDP when it checks it (`udplite_error`).
            let mut body = tagged(&[ports.as_slice(), &[0, 8, 0, 0]].concat(), number);
            fill_checksum(&Ip { protocol: Protocol::UDP, ..packet.clone() }, &mut body, 8, 6, true);
            body
        }
        Protocol::ICMP | Protocol::ICMPV6 => {
            let kind = [from[1], to[1], 0, 0, 0x4c, 0x41, 0, 1];
            let mut body = if packet.is_icmp_error() {
                // An error tells of the packet that its receiver has sent.
                [kind.as_slice(), &ip(&packet.quoted(), number)].concat()
            } else {
                tagged(&kind, number)
            };
            fill_checksum(packet, &mut body, ALL, 2, packet.protocol == Protocol::ICMPV6);
            body
        }
        Protocol::SCTP => {
            // A chunk of type INIT with 20 bytes, and the tag as a parameter that receivers skip.
            let parameter = [0xc0, 0x77, 0, u8::try_from(TAG + 4).unwrap_or(0)];
            let length = u8::try_from(20 + 4 + TAG).unwrap_or(0);
            let init = [1, 0, 0, length, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
            let head = [ports.as_slice(), &[0; 8], &init, &parameter].concat();
            let mut body = tagged(&head, number);
            // Chunks are filled up to four bytes, the filling not counting.
            body.resize(body.len().next_multiple_of(4), 0);
            let sum = crc32c(&body).to_le_bytes();
            put(&mut body, 8, &sum);
            body
        }
        Protocol::DCCP => {
            // A request with a service code, and a checksum for the header alone. Kernels that no longer know DCCP
            // reject only what looks right to them: all of the packet must sum up, of IPv4 without the addresses
            // (`nf_ip_checksum` knows of TCP and UDP alone), which the last two bytes see to.
            let head = [ports.as_slice(), &[5, 1, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]].concat();
            let mut body = [tagged(&head, number).as_slice(), &[0, 0]].concat();
            fill_checksum(packet, &mut body, 20, 6, true);
            let last = body.len().saturating_sub(2);
            fill_checksum(packet, &mut body, ALL, last, packet.source.is_ipv6());
            body
        }
        // The identifiers of ESP, a GRE header that says IPv4: nothing that anybody looks into.
        Protocol(50) => tagged(&[0, 0, 1, 1, 0, 0, 0, 1], number),
        // An authentication header in front of nothing.
        Protocol(51) => {
            tagged(&[59, 4, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], number)
        }
        Protocol(47) => tagged(&[0, 0, 8, 0], number),
        _ => {
            // Of a protocol that it does not know the kernel rejects only what sums up: see DCCP.
            let mut body = [tagged(&[0, 0, 0, 0], number).as_slice(), &[0, 0]].concat();
            let last = body.len().saturating_sub(2);
            fill_checksum(packet, &mut body, ALL, last, packet.source.is_ipv6());
            body
        }
    }
}

fn tcp(packet: &Ip) -> TcpHeader {
    let mut header = TcpHeader::new(packet.detail.0, packet.detail.1, 1000, 64000);
    header.syn = matches!(packet.part, Part::First | Part::Answer | Part::Error);
    header.ack = !matches!(packet.part, Part::First | Part::Error);
    if header.ack {
        header.acknowledgment_number = 1001;
    }
    if packet.part == Part::Later {
        header.sequence_number = 1001;
    }
    header
}

fn arp(station: Mac, sender: Ipv4Addr, number: Tag) -> Vec<u8> {
    let target = Ipv4Addr::new(192, 0, 2, 1);
    let head = [0, 1, 8, 0, 6, 4, 0, 1];
    let body = [head.as_slice(), &station.0, &sender.octets(), &[0; 6], &target.octets()].concat();
    tagged(&body, number)
}

fn tagged(head: &[u8], number: Tag) -> Vec<u8> {
    [head, &MAGIC, &number.to_be_bytes()].concat()
}

/// A wrong checksum makes a packet invalid.
fn spoil(packet: &Ip, body: &mut [u8], at: usize) {
    if packet.part == Part::Stray
        && let Some(byte) = body.get_mut(at)
    {
        *byte ^= 0x55;
    }
}

/// A checksum for all that there is.
const ALL: usize = usize::MAX;

/// Puts the checksum of the first bytes, and maybe of the addresses, at a place of the body.
fn fill_checksum(packet: &Ip, body: &mut [u8], covered: usize, at: usize, with_addresses: bool) {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut sum = Sum16BitWords::new().add_slice(body.get(..covered).unwrap_or(body));
    if with_addresses {
        sum = match (packet.source, packet.dest) {
            (IpAddr::V4(source), IpAddr::V4(dest)) => {
                sum.add_4bytes(source.octets()).add_4bytes(dest.octets())
            }
            (source, dest) => sum.add_16bytes(six(source)).add_16bytes(six(dest)),
        };
        sum = sum.add_4bytes(length.to_be_bytes()).add_2bytes([0, packet.protocol.0]);
    }
    let sum = u16::from_be(sum.ones_complement());
    // No checksum is written as 0 by UDP, so that 0 is written as its other spelling.
    let sum =
        if sum == 0 && matches!(packet.protocol, Protocol::UDP | Protocol::UDPLITE) { u16::MAX } else { sum };
    put(body, at, &sum.to_be_bytes());
}

fn put(body: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = body.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn six(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// The checksum of SCTP.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: &str, dest: &str, protocol: Protocol) -> Ip {
        let (source, dest) = (source.parse().unwrap(), dest.parse().unwrap());
        let detail = if protocol == Protocol::ICMP { (8, 0) } else { (40000, 22) };
        Ip { source, dest, protocol, detail, part: Part::First }
    }

    const PAIRS: [(&str, &str); 2] = [("10.0.0.1", "192.0.2.200"), ("2001:db8::1", "fd00::9")];

    #[test]
    fn every_packet_keeps_its_tag() {
        for (source, dest) in PAIRS {
            for protocol in (0..=255).map(Protocol) {
                let bytes = ip(&packet(source, dest, protocol), 0x1234);
                assert_eq!(tag(&bytes), Some(0x1234), "{protocol:?}");
            }
        }
        assert_eq!(tag(b"pvefwLAB"), None);
    }

    /// The sum over addresses, length, protocol and the packet is all ones when a checksum is right.
    #[test]
    fn checksums_are_right() {
        for (source, dest) in PAIRS {
            for protocol in [Protocol::TCP, Protocol::UDP] {
                let packet = packet(source, dest, protocol);
                let mut body = transport(&packet, 7);
                let at = if protocol == Protocol::TCP { 16 } else { 6 };
                let right = body[at..at + 2].to_vec();
                put(&mut body, at, &[0, 0]);
                fill_checksum(&packet, &mut body, ALL, at, true);
                assert_eq!(body[at..at + 2], right);
                // Filling in a second time adds it to itself: nothing is left.
                fill_checksum(&packet, &mut body, ALL, at, true);
                assert!(matches!(body[at..at + 2], [0, 0] | [0xff, 0xff]), "{body:?}");
            }
        }
    }

    /// The check value of CRC-32C (RFC 3720, appendix B.4, in the usual order of bytes).
    #[test]
    fn the_checksum_of_sctp_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
