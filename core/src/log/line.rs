//! Lines of the log.

use alloc::string::String;
use alloc::vec::Vec;

use super::event::Event;
use super::links::Links;
use super::prefix::{NO_CHAIN, Prefix};
use super::write::Writer;
use super::{conntrack, packet};

/// Bytes of the longest line, its end included.
pub const LONGEST: usize = 508;

/// Appends the line of a packet. `stamp` is when it was logged, in the form of [`stamp::FORMAT`](super::stamp::FORMAT).
pub fn packet(event: &Event, stamp: &str, links: &Links, to: &mut Vec<u8>) {
    let start = to.len();
    let Prefix { vmid, level, chain, message } = Prefix::new(event.prefix);
    let mut line = Writer(to);
    head(vmid, level, chain, stamp, &mut line);
    line.foreign(message);
    let interfaces = [
        ("IN=", event.input),
        ("OUT=", event.output),
        ("PHYSIN=", event.physical_input),
        ("PHYSOUT=", event.physical_output),
    ];
    for (key, index) in interfaces {
        if index > 0 {
            line.text(key);
            match links.name(index) {
                Some(name) => line.foreign(name),
                None => line.number(index),
            };
            line.text(" ");
        }
    }
    if !event.hardware.is_empty() {
        // No more than what a line can hold; a header of the link layer is far shorter.
        line.text("MAC=").mac(event.hardware.get(..LONGEST).unwrap_or(event.hardware)).text(" ");
    }
    if let Some(network) = event.network() {
        packet::write(network, event.payload, &mut line);
    }
    if event.mark != 0 {
        line.field("mark=", event.mark);
    }
    end(start, to);
}

/// Appends a line of the logger's own.
pub fn status(level: u8, stamp: &str, text: &str, to: &mut Vec<u8>) {
    let start = to.len();
    let mut line = Writer(to);
    head(0, level, NO_CHAIN, stamp, &mut line);
    line.foreign(text.as_bytes());
    end(start, to);
}

/// Appends the line of a connection that began or ended.
///
/// `clock` tells a time, given in seconds since 1970, in the form of [`conntrack::TIME_FORMAT`].
pub fn connection(event: &conntrack::Event, clock: impl Fn(u64) -> String, to: &mut Vec<u8>) {
    let start = to.len();
    conntrack::write(event, clock, &mut Writer(to));
    end(start, to);
}

fn head(vmid: u32, level: u8, chain: &str, stamp: &str, line: &mut Writer) {
    line.number(vmid).text(" ").number(level).text(" ").text(chain).text(" ").text(stamp).text(" ");
}

/// Ends the line that began at `start`.
///
/// Q37: pvefw-logger reads past its buffer when a line gets longer than that.
fn end(start: usize, to: &mut Vec<u8>) {
    to.truncate(start + LONGEST - 1);
    to.push(b'\n');
}
