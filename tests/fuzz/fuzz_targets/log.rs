//! Any bytes as what the kernel tells the logger, and as lines of its log: no panic, lines that are lines, and a line
//! that is read says what was written.
//!
//! The first byte of an input says what the rest is: `m` messages of netlink, `4`, `6` and `a` a packet of IPv4, IPv6
//! and ARP behind a prefix and a NUL byte, anything else a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvefw_core::log::event::BRIDGE;
use pvefw_core::log::prefix::Prefix;
use pvefw_core::log::{Entry, Event, Links, conntrack, entry, line};
use pvefw_core::netlink::Messages;

const TIME: &str = "14/Mar/2026:12:47:07 +0100";

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    match kind {
        b'm' => messages(rest),
        b'4' => packet(0x0800, rest),
        b'6' => packet(0x86dd, rest),
        b'a' => packet(0x0806, rest),
        _ => text(&String::from_utf8_lossy(rest)),
    }
});

fn messages(datagram: &[u8]) {
    let mut links = Links::default();
    for message in Messages::new(datagram) {
        links.take(message);
        if let Some(event) = Event::new(message) {
            logged(&event, &links);
        }
        if let Some(event) = conntrack::Event::new(message) {
            let mut lines = Vec::new();
            line::connection(&event, |_| "Sat Mar 14 12:47:07 2026".into(), &mut lines);
            assert!(entry::connection(&one(&lines)).is_some(), "{lines:?}");
        }
    }
}

fn packet(ethernet: u16, input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let prefix = parts.next().unwrap_or_default();
    let payload = parts.next().unwrap_or_default();
    let event = Event { family: BRIDGE, ethernet, prefix, payload, mark: 1, ..Event::default() };
    logged(&event, &Links::default());
}

/// What is written is read.
fn logged(event: &Event, links: &Links) {
    let mut lines = Vec::new();
    line::packet(event, TIME, links, &mut lines);
    let line = one(&lines);
    let entry = Entry::parse(&line).expect("a line of ours");
    let Prefix { vmid, level, chain, message } = Prefix::new(event.prefix);
    assert_eq!((entry.vmid, entry.level.number(), entry.chain, entry.time), (vmid, level, chain, TIME));
    let message = String::from_utf8_lossy(message).replace(|c: char| c.is_ascii_control(), "?");
    // Where the line was cut, or the message has words of fields in it or touches the first of them, there is nothing to
    // compare.
    let apart = message.is_empty() || message.ends_with(' ');
    if lines.len() < line::LONGEST && !message.contains('=') && apart {
        assert_eq!(entry.message, message);
    }
}

/// A line without its end.
fn one(lines: &[u8]) -> String {
    assert!(lines.len() <= line::LONGEST);
    let (end, line) = lines.split_last().expect("a line");
    assert_eq!(*end, b'\n');
    assert!(!line.iter().any(u8::is_ascii_control), "{line:?}");
    String::from_utf8_lossy(line).into_owned()
}

fn text(text: &str) {
    for line in text.lines() {
        let Some(entry) = Entry::parse(line) else {
            entry::connection(line);
            continue;
        };
        let Entry { vmid, level, chain, time, message, .. } = &entry;
        for field in entry.fields.clone() {
            assert!(line.contains(field.name) && line.contains(field.value.unwrap_or_default()), "{line}");
        }
        let start = format!(" {} {chain} {time} {message}", level.number());
        let digits = line.find(' ').unwrap_or_default();
        assert!(line[..digits].ends_with(&vmid.to_string()));
        assert!(line[digits..].starts_with(&start), "{line}");
    }
}
