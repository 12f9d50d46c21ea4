//! Small writers shared by the emitters. Rules come by the hundred thousand: numbers and IPv4 addresses are written
//! without the formatting machinery.

use alloc::string::String;
use core::fmt::Write;
use core::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use crate::ir::{InterfacePattern, Mac};

pub(crate) fn number(out: &mut String, number: u32) {
    if number >= 10 {
        self::number(out, number / 10);
    }
    out.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

/// Hexadecimal digits, at least `least` of them.
pub(super) fn hexadecimal(out: &mut String, number: u32, least: u32, alphabet: &[u8; 16]) {
    let needed = (32 - number.leading_zeros()).div_ceil(4).max(least);
    for place in (0..needed).rev() {
        let digit = (number >> (4 * place)) & 0xf;
        out.push(char::from(alphabet.get(digit as usize).copied().unwrap_or(b'0')));
    }
}

/// Digits as most of the tools print them.
pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";

/// Digits of hardware addresses.
pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";

pub(super) fn pattern(out: &mut String, pattern: &InterfacePattern) {
    out.push_str(pattern.name.as_str());
    if pattern.prefix {
        out.push('+');
    }
}

pub(super) fn address(out: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            number(out, u32::from(a));
            for octet in [b, c, d] {
                out.push('.');
                number(out, u32::from(octet));
            }
        }
        IpAddr::V6(v6) => ipv6(out, v6),
    }
}

/// COMPAT: an embedded IPv4 address is written as two hexadecimal groups (spec 06 section 3), unlike in Rust.
fn ipv6(out: &mut String, address: Ipv6Addr) {
    if let [0, 0, 0, 0, 0, 0xffff, high, low] = address.segments() {
        // Writing to a string can't fail.
        let _ = write!(out, "::ffff:{high:x}:{low:x}");
    } else {
        let _ = write!(out, "{address}");
    }
}

/// A network; the prefix of a single address is left out.
pub(super) fn net(out: &mut String, net: IpNet) {
    address(out, net.addr());
    if net.prefix_len() != net.max_prefix_len() {
        out.push('/');
        number(out, u32::from(net.prefix_len()));
    }
}

/// Lower case, without leading zeros in a byte: what `ebtables` prints (spec 04 section 11).
pub(super) fn short_mac(out: &mut String, mac: Mac) {
    for (index, byte) in mac.0.iter().enumerate() {
        if index > 0 {
            out.push(':');
        }
        hexadecimal(out, u32::from(*byte), 1, LOWER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_networks() {
        let mut out = String::new();
        for n in [0, 9, 10, 65535, u32::MAX] {
            number(&mut out, n);
            out.push(' ');
        }
        for text in ["10.0.200.1/32", "10.0.0.0/8", "2001:db8::/32", "::ffff:1.2.3.4/128", "::/0"] {
            net(&mut out, text.parse().unwrap());
            out.push(' ');
        }
        assert_eq!(out, "0 9 10 65535 4294967295 10.0.200.1 10.0.0.0/8 2001:db8::/32 ::ffff:102:304 ::/0 ");
        out.clear();
        short_mac(&mut out, Mac::parse("BC:24:11:0A:00:02").unwrap());
        assert_eq!(out, "bc:24:11:a:0:2");
    }
}
