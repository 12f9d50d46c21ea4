//! Packets by protocol, as bytes, with their words. What is right is spec 09 section 3 with Q37.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Network, write};
use crate::log::write::Writer;

/// Bytes of hexadecimal digits; blanks are for the reader.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn words(network: Network, packet: &[u8]) -> String {
    let mut text = Vec::new();
    write(network, packet, &mut Writer(&mut text));
    String::from_utf8(text).unwrap()
}

#[track_caller]
fn check(network: Network, cases: &[(&str, &str)]) {
    for (digits, wanted) in cases {
        assert_eq!(words(network, &bytes(digits)), *wanted, "{digits}");
    }
}

/// What follows 10.0.0.1 to 192.168.255.254 with a protocol.
#[track_caller]
fn check_v4(protocol: &str, cases: &[(&str, &str)]) {
    for (rest, wanted) in cases {
        let header = format_v4("4500", "0000", protocol);
        let start = "SRC=10.0.0.1 DST=192.168.255.254 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=4660 ";
        assert_eq!(words(Network::V4, &bytes(&(header + rest))), String::from(start) + wanted, "{rest}");
    }
}

fn format_v4(first: &str, fragment: &str, protocol: &str) -> String {
    alloc::format!("{first} 003c 1234 {fragment} 40 {protocol} 0000 0a000001 c0a8fffe")
}

/// What follows the addresses `2001:db8::1` and `ff02::1`.
#[track_caller]
fn check_v6(next: &str, cases: &[(&str, &str)]) {
    for (rest, wanted) in cases {
        let header = alloc::format!(
            "6000 0000 0014 {next} 40 20010db8000000000000000000000001 ff020000000000000000000000000001"
        );
        let start = "SRC=2001:db8::1 DST=ff02::1 LEN=20 TC=0 FLOWLBL=0 HOPLIMIT=64 ";
        assert_eq!(words(Network::V6, &bytes(&(header + rest))), String::from(start) + wanted, "{rest}");
    }
}

#[test]
fn the_header_of_ipv4() {
    let header = |first, fragment| format_v4(first, fragment, "32") + "00";
    let start = "SRC=10.0.0.1 DST=192.168.255.254 LEN=60 ";
    for (first, fragment, wanted) in [
        ("4500", "0000", "TOS=0x00 PREC=0x00 TTL=64 ID=4660 PROTO=ESP "),
        ("45ff", "4000", "TOS=0x1E PREC=0xE0 TTL=64 ID=4660 DF PROTO=ESP "),
        ("4510", "2000", "TOS=0x10 PREC=0x00 TTL=64 ID=4660 MF PROTO=ESP "),
        ("4500", "20b9", "TOS=0x00 PREC=0x00 TTL=64 ID=4660 FRAG=185 MF PROTO=ESP "),
        ("4500", "1fff", "TOS=0x00 PREC=0x00 TTL=64 ID=4660 FRAG=8191 PROTO=ESP "),
        ("4500", "6001", "TOS=0x00 PREC=0x00 TTL=64 ID=4660 FRAG=1 DF MF PROTO=ESP "),
    ] {
        let wanted = String::from(start) + wanted;
        assert_eq!(words(Network::V4, &bytes(&header(first, fragment))), wanted);
    }
    let options = format_v4("4700", "0000", "2f") + "0101010101010100 aabb";
    assert!(words(Network::V4, &bytes(&options)).ends_with("ID=4660 PROTO=47 "));
}

#[test]
fn ipv4_that_is_cut() {
    let whole = bytes(&(format_v4("4500", "0000", "06") + "00"));
    for length in 0..20 {
        assert_eq!(words(Network::V4, &whole[..length]), alloc::format!("LEN={length} INVALID=LEN "));
    }
    assert_eq!(words(Network::V4, &whole[..20]), "INVALID=IHL ");
    let options = bytes(&(format_v4("4f00", "0000", "06") + "0101"));
    assert_eq!(words(Network::V4, &options), "INVALID=IHL ");
}

#[test]
fn tcp() {
    check_v4(
        "06",
        &[
            (
                "d431 0050 0000000a ffffffff 5002 faf0 0000 0000",
                "PROTO=TCP SPT=54321 DPT=80 SEQ=10 ACK=4294967295 WINDOW=64240 SYN ",
            ),
            (
                "0001 0002 00000003 00000004 503f 0005 0000 0006",
                "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=5 URG ACK PSH RST SYN FIN URGP=6 ",
            ),
            (
                "0001 0002 00000003 00000004 50c0 0005 0000 0006",
                "PROTO=TCP SPT=1 DPT=2 SEQ=3 ACK=4 WINDOW=5 ",
            ),
            ("d431 0050 0000000a", "PROTO=TCP LEN=8 INVALID=LEN "),
        ],
    );
}

#[test]
fn udp_sctp_and_those_without_fields() {
    check_v4(
        "11",
        &[
            ("d431 0035 0028 0000 ffff", "PROTO=UDP SPT=54321 DPT=53 LEN=40 "),
            ("d431 0035 0028 00", "PROTO=UDP LEN=7 INVALID=LEN "),
        ],
    );
    check_v4(
        "84",
        &[
            ("0005 0006 00000000 00000000 01", "PROTO=SCTP SPT=5 DPT=6 "),
            ("0005 0006 00000000 000000", "PROTO=SCTP LEN=11 INVALID=LEN "),
        ],
    );
    check_v4("02", &[("16", "PROTO=IGMP ")]);
    check_v4("33", &[("00", "PROTO=AH ")]);
    check_v4("3a", &[("8000000000000000", "PROTO=58 ")]);
    check_v4("ff", &[("00", "PROTO=255 ")]);
}

#[test]
fn icmp() {
    // The quoted packet is a UDP packet; a line says nothing of it.
    let quoted = format_v4("4500", "0000", "11") + "9c40 0035 0028 0000";
    let with_quoted = |start: &str| String::from(start) + &quoted;
    check_v4(
        "01",
        &[
            ("0800 f7ff 1234 0001", "PROTO=ICMP TYPE=8 CODE=0 ID=4660 SEQ=1 "),
            ("0000 f7ff ffff 0002 abcdef", "PROTO=ICMP TYPE=0 CODE=0 ID=65535 SEQ=2 "),
            (&with_quoted("0303 0000 0000 0000"), "PROTO=ICMP TYPE=3 CODE=3 "),
            (&with_quoted("0304 0000 0000 05dc"), "PROTO=ICMP TYPE=3 CODE=4 MTU=1500 "),
            (&with_quoted("0501 0000 0a000001"), "PROTO=ICMP TYPE=5 CODE=1 GATEWAY=10.0.0.1 "),
            (&with_quoted("0b00 0000 0000 0000"), "PROTO=ICMP TYPE=11 CODE=0 "),
            (&with_quoted("0c00 0000 1400 0000"), "PROTO=ICMP TYPE=12 CODE=0 PARAMETER=20 "),
            ("0d00 0000 1234 0001", "PROTO=ICMP TYPE=13 CODE=0 "),
            ("0800 f7ff 1234 00", "PROTO=ICMP LEN=7 INVALID=LEN "),
        ],
    );
}

#[test]
fn the_header_of_ipv6() {
    check(
        Network::V6,
        &[(
            "6abc def1 0010 3b 01 fe80000000000000be2411fffe000001 00000000000000000000ffff0a000001",
            "SRC=fe80::be24:11ff:fe00:1 DST=::ffff:10.0.0.1 LEN=16 TC=171 FLOWLBL=843505 HOPLIMIT=1 PROTO=59 ",
        )],
    );
    for length in [0, 1, 39] {
        assert_eq!(words(Network::V6, &[0x60; 40][..length]), alloc::format!("LEN={length} INVALID=LEN "));
    }
    check_v6("06", &[("", "PROTO=TCP LEN=0 INVALID=LEN ")]);
    check_v6("01", &[("0800 f7ff 1234 0001", "PROTO=ICMP TYPE=8 CODE=0 ID=4660 SEQ=1 ")]);
}

#[test]
fn headers_that_extend_ipv6() {
    let udp = "9c40 0035 0008 0000";
    let then = |header: &str| String::from(header) + udp;
    check_v6(
        "00",
        &[
            (&then("11 00 0502 0000 0100"), "NEXTHDR=HOPOPTS PROTO=UDP SPT=40000 DPT=53 LEN=8 "),
            (
                &then("3c 00 000000000000 87 01 0000000000000000000000000000 11 00 000000000000"),
                "NEXTHDR=HOPOPTS NEXTHDR=DSTOPTS NEXTHDR=MH PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            ("11", "LEN=1 INVALID=LEN "),
            ("11 09 000000000000", "LEN=8 INVALID=LEN "),
            // As long as its length byte, but shorter than it means: the next header has no bytes left.
            ("11 08 000000000000", "NEXTHDR=HOPOPTS PROTO=UDP LEN=0 INVALID=LEN "),
            ("3b 00 000000000000", "NEXTHDR=HOPOPTS PROTO=59 "),
        ],
    );
    check_v6(
        "2b",
        &[
            (
                &then("11 02 00 01 00000000 20010db8000000000000000000000002"),
                "TYPE=0 SEGMENTS=1 PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            (
                &then("11 02 00 02 00000000 20010db8000000000000000000000002"),
                "TYPE=0 SEGMENTS=2 INVALID=SEGMENTS PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            (
                &then("11 01 00 00 000000000000000000000000"),
                "TYPE=0 SEGMENTS=0 INVALID=SEGMENTS PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            (
                &then("11 02 02 01 00000000 20010db8000000000000000000000002"),
                "TYPE=2 SEGMENTS=1 HOME=2001:db8::2 PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            ("11 02 02 01 00000000 20010db8", "TYPE=2 SEGMENTS=1 LEN=12 INVALID=LEN "),
            (&then("11 00 04 03 00000000"), "TYPE=4 SEGMENTS=3 PROTO=UDP SPT=40000 DPT=53 LEN=8 "),
            ("11 00 00", "LEN=3 INVALID=LEN "),
        ],
    );
}

#[test]
fn fragments_of_ipv6() {
    check_v6(
        "2c",
        &[
            (
                "11 00 0001 deadbeef 9c40 0035 0008 0000",
                "FRAG=0 ID=3735928559 MF PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            (
                "11 00 05a8 deadbeef 9c40 0035 0008 0000",
                "FRAG=1448 ID=3735928559 PROTO=UDP SPT=40000 DPT=53 LEN=8 ",
            ),
            ("32 00 fff9 00000001", "FRAG=65528 ID=1 MF PROTO=ESP "),
            // The second byte has no meaning.
            ("32 ff 0000 00000001", "FRAG=0 ID=1 PROTO=ESP "),
            ("11 00 0001 0000", "LEN=6 INVALID=LEN "),
        ],
    );
}

#[test]
fn icmpv6() {
    let quoted = "6000 0000 0014 11 40 20010db8000000000000000000000001 ff020000000000000000000000000001";
    let with_quoted = |start: &str| String::from(start) + quoted;
    check_v6(
        "3a",
        &[
            ("8000 0000 1234 0001", "PROTO=ICMPV6 TYPE=128 CODE=0 ID=4660 SEQ=1 "),
            // Q37: pvefw-logger reads other bytes when there is a code.
            ("8107 0000 1234 0001", "PROTO=ICMPV6 TYPE=129 CODE=7 ID=4660 SEQ=1 "),
            (&with_quoted("0104 0000 0000 0000"), "PROTO=ICMPV6 TYPE=1 CODE=4 "),
            (&with_quoted("0200 0000 0000 0500"), "PROTO=ICMPV6 TYPE=2 CODE=0 MTU=1280 "),
            (&with_quoted("0300 0000 0000 0000"), "PROTO=ICMPV6 TYPE=3 CODE=0 "),
            (&with_quoted("0400 0000 0000 0028"), "PROTO=ICMPV6 TYPE=4 CODE=0 PARAMETER=HEADER "),
            (&with_quoted("0401 0000 0000 0006"), "PROTO=ICMPV6 TYPE=4 CODE=1 PARAMETER=NEXTHEADER "),
            (&with_quoted("0402 0000 0000 0028"), "PROTO=ICMPV6 TYPE=4 CODE=2 PARAMETER=OPTION "),
            (&with_quoted("0403 0000 0000 0028"), "PROTO=ICMPV6 TYPE=4 CODE=3 PARAMETER=3 "),
            (
                "8600 0000 40 c0 0708 00007530 000003e8",
                "PROTO=ICMPV6 TYPE=134 CODE=0 HOPLIMIT=64 RA=c0 LIFETIME=1800 REACHABLE=30000 RETRANSMIT=1000 ",
            ),
            ("8600 0000 40 c0 0708 00007530", "PROTO=ICMPV6 TYPE=134 CODE=0 LEN=12 INVALID=LEN "),
            ("8700 0000 00000000 20010db8000000000000000000000002", "PROTO=ICMPV6 TYPE=135 CODE=0 "),
            (
                "8800 0000 60000000 20010db8000000000000000000000002",
                "PROTO=ICMPV6 TYPE=136 CODE=0 NA=60000000 ",
            ),
            (
                "8900 0000 00000000 fe800000000000000000000000000001 20010db8000000000000000000000002",
                "PROTO=ICMPV6 TYPE=137 CODE=0 TARGET=fe80::1 GATEWAY=2001:db8::2 ",
            ),
            (
                "8900 0000 00000000 fe800000000000000000000000000001",
                "PROTO=ICMPV6 TYPE=137 CODE=0 LEN=24 INVALID=LEN ",
            ),
            ("8000 0000 1234 00", "PROTO=ICMPV6 LEN=7 INVALID=LEN "),
        ],
    );
}

#[test]
fn arp() {
    let request = "0001 0800 06 04 0001 bc2411000001 0a000001 000000000000 0a000002";
    check(
        Network::Arp,
        &[
            (request, "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP REQUEST "),
            (
                "0001 0800 06 04 0002 bc2411000001 0a000001 bc2411000002 0a000002 0000",
                "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP REPLY MAC=bc:24:11:00:00:01 ",
            ),
            (
                "0001 0800 06 04 000a bc2411000001 0a000001 bc2411000002 0a000002",
                "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP NAK ",
            ),
            (
                "0001 0800 06 04 0008 bc2411000001 0a000001 bc2411000002 0a000002",
                "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP CODE=8 ",
            ),
        ],
    );
    assert_eq!(words(Network::Arp, &bytes(request)[..27]), "LEN=27 INVALID=LEN ");
}

#[test]
fn bridges_say_what_their_frames_are() {
    let networks = [(2, 0), (10, 0), (7, 0x0800), (7, 0x86dd), (7, 0x0806), (7, 0x8100), (3, 0x0806), (0, 0)];
    assert_eq!(
        networks.map(|(family, ethernet)| Network::new(family, ethernet)),
        [
            Some(Network::V4),
            Some(Network::V6),
            Some(Network::V4),
            Some(Network::V6),
            Some(Network::Arp),
            None,
            None,
            None
        ]
    );
}

/// Any packet may be cut anywhere.
#[test]
fn cut_packets_are_said_to_be() {
    let whole = "6000 0000 0014 00 40 20010db8000000000000000000000001 ff020000000000000000000000000001 \
                 2b00000000000000 2c02020100000000 20010db8000000000000000000000002 3a000001deadbeef \
                 8900000000000000 fe800000000000000000000000000001 20010db8000000000000000000000002";
    let whole = bytes(whole);
    for length in 0..whole.len() {
        let words = words(Network::V6, &whole[..length]);
        assert!(words.ends_with("INVALID=LEN "), "{length}: {words}");
    }
    assert!(words(Network::V6, &whole).ends_with("GATEWAY=2001:db8::2 "));
}
