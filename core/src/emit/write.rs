//! Small writers shared by the emitters. Rules come by the hundred thousand: numbers and IPv4 addresses are written
//! without the formatting machinery.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use ipnet::IpNet;

use crate::decimal::Decimal;
use crate::ir::{InterfacePattern, Mac};

/// Text in the making. It is bytes, as names are: to look at each for being UTF-8 takes longer than to write it.
#[derive(Default)]
pub(crate) struct Out(Vec<u8>);

impl Out {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn push(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What has been written so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text. Only text goes in, so nothing is ever replaced.
    pub(super) fn into_string(self) -> String {
        String::from_utf8(self.0)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Writes with the formatting machinery: for what is rare.
    pub(super) fn display(&mut self, value: impl fmt::Display) {
        // Writing here can't fail.
        let _ = fmt::Write::write_fmt(self, format_args!("{value}"));
    }
}

impl fmt::Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

pub(super) fn number(out: &mut Out, number: u32) {
    out.push_bytes(Decimal::new(number).as_bytes());
}

/// Hexadecimal digits, at least `least` of them.
pub(super) fn hexadecimal(out: &mut Out, number: u32, least: u32, alphabet: &[u8; 16]) {
    let needed = (32 - number.leading_zeros()).div_ceil(4).max(least);
    for place in (0..needed).rev() {
        let digit = (number >> (4 * place)) & 0xf;
        out.push(alphabet.get(digit as usize).copied().unwrap_or(b'0'));
    }
}

/// Digits as most of the tools print them.
pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";

/// Digits of hardware addresses.
pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";

pub(super) fn pattern(out: &mut Out, pattern: &InterfacePattern) {
    out.push_bytes(pattern.name.as_bytes());
    if pattern.prefix {
        out.push(b'+');
    }
}

pub(super) fn address(out: &mut Out, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => ipv4(out, v4),
        IpAddr::V6(v6) => ipv6(out, v6),
    }
}

/// Every other word is such an address: it is put together in place and copied once.
fn ipv4(out: &mut Out, address: Ipv4Addr) {
    let mut text = [0; 4 * Octet::MOST];
    let mut length = 0;
    for octet in address.octets() {
        let Some(Octet { text: digits, length: more }) = OCTETS.get(usize::from(octet)) else { continue };
        if let Some(place) = text.get_mut(length..length + Octet::MOST) {
            place.copy_from_slice(digits);
        }
        length += more;
    }
    // Without the last dot.
    out.push_bytes(text.get(..length - 1).unwrap_or_default());
}

/// The text of a number in an address, with the dot behind it.
#[derive(Clone, Copy)]
struct Octet {
    text: [u8; Self::MOST],
    length: usize,
}

impl Octet {
    /// `255.`
    const MOST: usize = 4;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "constants can't convert otherwise; digits are below 10"
    )]
    const fn new(number: usize) -> Self {
        let [hundreds, tens, ones] =
            [b'0' + (number / 100) as u8, b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
        match number {
            0..10 => Self { text: [ones, b'.', 0, 0], length: 2 },
            10..100 => Self { text: [tens, ones, b'.', 0], length: 3 },
            _ => Self { text: [hundreds, tens, ones, b'.'], length: 4 },
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling: a bad index stops the build")]
static OCTETS: [Octet; 256] = {
    let mut octets = [Octet::new(0); 256];
    let mut number = 0;
    while number < octets.len() {
        octets[number] = Octet::new(number);
        number += 1;
    }
    octets
};

/// COMPAT: an embedded IPv4 address is written as two hexadecimal groups (spec 06 section 3), unlike in Rust.
fn ipv6(out: &mut Out, address: Ipv6Addr) {
    let segments = address.segments();
    let gap = longest_zeros(segments);
    let mut separate = false;
    for (segment, at) in segments.into_iter().zip(0..) {
        if gap.contains(&at) {
            if at == gap.start {
                out.push_str("::");
            }
            separate = false;
            continue;
        }
        if separate {
            out.push(b':');
        }
        hexadecimal(out, u32::from(segment), 1, LOWER);
        separate = true;
    }
}

/// The groups of an address that `::` stands for: the first longest run of at least two zeros (RFC 5952).
fn longest_zeros(segments: [u16; 8]) -> Range<usize> {
    let mut longest = 0..0;
    let mut current = 0..0;
    for (segment, at) in segments.into_iter().zip(0..) {
        if segment != 0 {
            current = at + 1..at + 1;
            continue;
        }
        current.end = at + 1;
        if current.len() > longest.len().max(1) {
            longest = current.clone();
        }
    }
    longest
}

/// A network; the prefix of a single address is left out.
pub(super) fn net(out: &mut Out, net: IpNet) {
    address(out, net.addr());
    if net.prefix_len() != net.max_prefix_len() {
        out.push(b'/');
        number(out, u32::from(net.prefix_len()));
    }
}

/// Lower case, without leading zeros in a byte: what `ebtables` prints (spec 04 section 11).
pub(super) fn short_mac(out: &mut Out, mac: Mac) {
    for (index, byte) in mac.0.iter().enumerate() {
        if index > 0 {
            out.push(b':');
        }
        hexadecimal(out, u32::from(*byte), 1, LOWER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_networks() {
        let mut out = Out::default();
        number(&mut out, 65535);
        out.push(b' ');
        for number in 0..=u8::MAX {
            let address = Ipv4Addr::from([number; 4]);
            let mut out = Out::default();
            ipv4(&mut out, address);
            assert_eq!(out.into_string(), alloc::string::ToString::to_string(&address));
        }
        for text in [
            "10.0.200.1/32",
            "10.99.0.0/16",
            "255.255.255.255/32",
            "2001:db8::/32",
            "::ffff:1.2.3.4/128",
            "::/0",
        ] {
            net(&mut out, text.parse().unwrap());
            out.push(b' ');
        }
        assert_eq!(
            out.into_string(),
            "65535 10.0.200.1 10.99.0.0/16 255.255.255.255 2001:db8::/32 ::ffff:102:304 ::/0 "
        );
        let mut out = Out::default();
        short_mac(&mut out, Mac::parse("BC:24:11:0A:00:02").unwrap());
        assert_eq!(out.into_string(), "bc:24:11:a:0:2");
    }

    #[test]
    fn ipv6_is_written_as_the_standard_library_does() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:0:2::",
            "1::2:0:0",
            "1:0:0:2:0:0:0:3",
            "1:0:0:2:3:0:0:4",
            "1:0:2:0:3:0:4:0",
            "1:2:3:4:5:6:7:8",
            "fe80::be24:11ff:fe0a:2",
            "0:1:2:3:4:5:6:7",
        ] {
            let address: Ipv6Addr = text.parse().unwrap();
            let mut out = Out::default();
            ipv6(&mut out, address);
            assert_eq!(out.into_string(), alloc::string::ToString::to_string(&address));
        }
    }
}
