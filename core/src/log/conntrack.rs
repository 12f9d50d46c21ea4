//! Connections that begin and end, as the kernel's connection tracking tells.

use alloc::string::String;

use super::write::Writer;
use crate::netlink::bytes::{array, be16, be32, be64, byte};
use crate::netlink::{Attributes, Message};

/// Group of connections that begin, as a bit.
pub const GROUP_NEW: u32 = 1;
/// Group of connections that end, as a bit.
pub const GROUP_DESTROY: u32 = 1 << 2;

/// Kinds of messages: subsystem 1 (conntrack), messages 0 and 2.
const NEW: u16 = 0x0100;
const DELETE: u16 = 0x0102;

/// Length of the header that all messages of netfilter have.
const HEADER: usize = 4;

/// Bits of a connection's status.
const SEEN_REPLY: u32 = 1 << 1;
const ASSURED: u32 = 1 << 2;

const TCP: u8 = 6;
const DCCP: u8 = 33;
const GRE: u8 = 47;
const SCTP: u8 = 132;

/// States of TCP connections, by their numbers.
const TCP_STATES: [&str; 10] = [
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
];

/// States of SCTP associations, by their numbers.
const SCTP_STATES: [&str; 10] = [
    "NONE",
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT",
    "HEARTBEAT_SENT",
    "HEARTBEAT_ACKED",
];

/// States of DCCP connections, by their numbers.
const DCCP_STATES: [&str; 10] = [
    "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID",
];

/// Protocols that have names in these lines.
const PROTOCOLS: [(u8, &str); 8] = [
    (1, "icmp"),
    (TCP, "tcp"),
    (17, "udp"),
    (DCCP, "dccp"),
    (GRE, "gre"),
    (58, "icmpv6"),
    (SCTP, "sctp"),
    (136, "udplite"),
];

/// Attributes of a connection.
const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const STATUS: u16 = 3;
const PROTOCOL_STATE: u16 = 4;
const HELPER: u16 = 5;
const TIMEOUT: u16 = 7;
const MARK: u16 = 8;
const ORIGINAL_COUNTERS: u16 = 9;
const REPLY_COUNTERS: u16 = 10;
const ZONE: u16 = 18;
const SECURITY: u16 = 19;
const TIMES: u16 = 20;

const NANOSECONDS: u64 = 1_000_000_000;

/// How `strftime` makes the times in these lines, in the C locale.
pub const TIME_FORMAT: &str = "%a %b %e %H:%M:%S %Y";

/// What happened to a connection.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    family: u8,
    ended: bool,
    attributes: Attributes<'a>,
}

impl<'a> Event<'a> {
    /// Reads a message; `None` if it tells of no connection.
    pub fn new(message: Message<'a>) -> Option<Self> {
        let ended = match message.kind {
            NEW => false,
            DELETE => true,
            _ => return None,
        };
        let (header, attributes) = message.payload.split_first_chunk::<HEADER>()?;
        let [family, ..] = *header;
        Some(Self { family, ended, attributes: Attributes::new(attributes) })
    }

    /// The attributes inside an attribute.
    fn inside(&self, kind: u16) -> Attributes<'a> {
        Attributes::new(self.attributes.find(kind).unwrap_or_default())
    }
}

/// Writes what happened, in the words of `libnetfilter_conntrack`. `clock` tells a time, given in
/// seconds since 1970, in the form of [`TIME_FORMAT`].
pub(super) fn write(event: &Event, clock: impl Fn(u64) -> String, to: &mut Writer) {
    let start = to.0.len();
    let word = |kind| event.attributes.find(kind).and_then(|value| be32(value, 0));
    let status = word(STATUS).unwrap_or_default();
    let protocol = Tuple::new(&event.inside(ORIGINAL)).protocol();
    to.padded_left(if event.ended { "[DESTROY]" } else { "[NEW]" }, 9).text(" ");
    to.padded(family(event.family), 8).text(" ").number(event.family).text(" ");
    let name = PROTOCOLS.iter().find(|(number, _)| *number == protocol).map_or("unknown", |(_, name)| name);
    to.padded(name, 8).text(" ").number(protocol).text(" ");
    if let Some(seconds) = word(TIMEOUT) {
        to.number(seconds).text(" ");
    }
    if let Some(state) = state(&event.inside(PROTOCOL_STATE), protocol) {
        to.text(state).text(" ");
    }
    Tuple::new(&event.inside(ORIGINAL)).write("zone-orig=", to);
    counters(&event.inside(ORIGINAL_COUNTERS), to);
    if status & SEEN_REPLY == 0 {
        to.text("[UNREPLIED] ");
    }
    Tuple::new(&event.inside(REPLY)).write("zone-reply=", to);
    counters(&event.inside(REPLY_COUNTERS), to);
    if status & ASSURED != 0 {
        to.text("[ASSURED] ");
    }
    if let Some(mark) = word(MARK) {
        to.field("mark=", mark);
    }
    if let Some(context) = event.inside(SECURITY).find(1) {
        to.text("secctx=").foreign(until_nul(context)).text(" ");
    }
    if let Some(zone) = event.attributes.find(ZONE).and_then(|value| be16(value, 0)) {
        to.field("zone=", zone);
    }
    times(&event.inside(TIMES), clock, to);
    if let Some(helper) = event.inside(HELPER).find(1) {
        to.text("helper=").foreign(until_nul(helper)).text(" ");
    }
    // No blank at the end, unlike lines of packets.
    let length = to.0.len().saturating_sub(1).max(start);
    to.0.truncate(length);
}

const fn family(number: u8) -> &'static str {
    match number {
        2 => "ipv4",
        10 => "ipv6",
        _ => "unknown",
    }
}

/// One direction of a connection.
struct Tuple<'a> {
    addresses: Attributes<'a>,
    ends: Attributes<'a>,
    zone: Option<u16>,
}

impl<'a> Tuple<'a> {
    fn new(attributes: &Attributes<'a>) -> Self {
        let inside = |kind| Attributes::new(attributes.find(kind).unwrap_or_default());
        let zone = attributes.find(3).and_then(|value| be16(value, 0));
        Self { addresses: inside(1), ends: inside(2), zone }
    }

    fn protocol(&self) -> u8 {
        self.ends.find(1).and_then(|value| byte(value, 0)).unwrap_or_default()
    }

    fn write(&self, zone: &str, to: &mut Writer) {
        for (key, v4, v6) in [("src=", 1, 3), ("dst=", 2, 4)] {
            let find = |kind| self.addresses.find(kind);
            if let Some(address) = find(v4).and_then(|value| array(value, 0)) {
                to.text(key).v4(address).text(" ");
            } else if let Some(address) = find(v6).and_then(|value| array(value, 0)) {
                to.text(key).v6(address).text(" ");
            }
        }
        let word = |kind| self.ends.find(kind).and_then(|value| be16(value, 0));
        let small = |kind| self.ends.find(kind).and_then(|value| byte(value, 0));
        if let (Some(from), Some(into)) = (word(2), word(3)) {
            if self.protocol() == GRE {
                to.text("srckey=0x").short_hex(from).text(" dstkey=0x").short_hex(into).text(" ");
            } else {
                to.field("sport=", from).field("dport=", into);
            }
        }
        // Messages of IPv4, then those of IPv6.
        for (id, kind, code) in [(4, 5, 6), (7, 8, 9)] {
            if let (Some(kind), Some(code), Some(id)) = (small(kind), small(code), word(id)) {
                to.field("type=", kind).field("code=", code).field("id=", id);
            }
        }
        if let Some(number) = self.zone {
            to.field(zone, number);
        }
    }
}

fn state(states: &Attributes, protocol: u8) -> Option<&'static str> {
    let (kind, names) = match protocol {
        TCP => (1, TCP_STATES),
        DCCP => (2, DCCP_STATES),
        SCTP => (3, SCTP_STATES),
        _ => return None,
    };
    let number = byte(Attributes::new(states.find(kind)?).find(1)?, 0)?;
    names.get(usize::from(number)).copied()
}

fn counters(counters: &Attributes, to: &mut Writer) {
    let count = |kind| counters.find(kind).and_then(|value| be64(value, 0));
    if let (Some(packets), Some(bytes)) = (count(1), count(2)) {
        to.text("packets=").large(packets).text(" bytes=").large(bytes).text(" ");
    }
}

/// When it began and ended, in nanoseconds since 1970.
fn times(times: &Attributes, clock: impl Fn(u64) -> String, to: &mut Writer) {
    let time = |kind| times.find(kind).and_then(|value| be64(value, 0));
    let (began, ended) = (time(1), time(2));
    if let (Some(began), Some(ended)) = (began, ended) {
        to.text("delta-time=").large(ended.saturating_sub(began) / NANOSECONDS).text(" ");
    }
    for (key, time) in [("[start=", began), ("[stop=", ended)] {
        if let Some(time) = time {
            to.text(key).text(&clock(time / NANOSECONDS)).text("] ");
        }
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::line;
    use crate::netlink::Messages;
    use alloc::vec::Vec;

    /// Messages of Linux 6.18 as hexadecimal numbers, each with what `conntrack -E -o extended,ktimestamp` (1.4.7) said.
    const RECORDED: &str = include_str!("conntrack.txt");

    fn written(message: &[u8]) -> String {
        let event = Event::new(Messages::new(message).next().unwrap()).unwrap();
        let mut text = Vec::new();
        let clock = |seconds| alloc::format!("Sun Nov 22 22:38:{} 2026", seconds - 1_795_387_080);
        line::connection(&event, clock, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn lines_are_those_of_the_library() {
        let mut lines = RECORDED.lines();
        let mut count = 0;
        while let (Some(wanted), Some(digits)) = (lines.next(), lines.next()) {
            let pairs = digits.as_bytes().chunks(2);
            let message: Vec<u8> = pairs
                .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect();
            assert_eq!(written(&message), alloc::format!("{wanted}\n"));
            count += 1;
        }
        assert_eq!(count, 22);
    }
}
