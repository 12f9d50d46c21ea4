//! Pieces of lines, without the formatting machinery: at 100,000 packets a second it would be most of the work.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::decimal::Decimal;

/// Hexadecimal digits.
const LOWER: [u8; 16] = *b"0123456789abcdef";
const UPPER: [u8; 16] = *b"0123456789ABCDEF";

/// A line in the making.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

impl Writer<'_> {
    /// A text as it is.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A text that is not ours. What would end the line or move a terminal's cursor is a question mark.
    pub(super) fn foreign(&mut self, text: &[u8]) -> &mut Self {
        self.0.extend(text.iter().map(|byte| if byte.is_ascii_control() { b'?' } else { *byte }));
        self
    }

    /// A decimal number.
    pub(super) fn number(&mut self, number: impl Into<u32>) -> &mut Self {
        self.0.extend_from_slice(Decimal::new(number.into()).as_bytes());
        self
    }

    /// A decimal number that may be large.
    pub(super) fn large(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut from = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            from -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(from..).unwrap_or_default());
        self
    }

    /// A length.
    pub(super) fn length(&mut self, length: usize) -> &mut Self {
        self.large(u64::try_from(length).unwrap_or(u64::MAX))
    }

    /// A text with blanks behind it up to a width.
    pub(super) fn padded(&mut self, text: &str, width: usize) -> &mut Self {
        self.text(text);
        self.0.resize(self.0.len() + width.saturating_sub(text.len()), b' ');
        self
    }

    /// A text with blanks in front of it up to a width.
    pub(super) fn padded_left(&mut self, text: &str, width: usize) -> &mut Self {
        self.0.resize(self.0.len() + width.saturating_sub(text.len()), b' ');
        self.text(text)
    }

    /// `KEY=number` and a blank.
    pub(super) fn field(&mut self, key: &str, number: impl Into<u32>) -> &mut Self {
        self.text(key).number(number).text(" ")
    }

    /// `LEN=n INVALID=LEN `: n bytes are too few.
    pub(super) fn too_short(&mut self, bytes: &[u8]) {
        self.text("LEN=").length(bytes.len()).text(" INVALID=LEN ");
    }

    /// Two digits in lower case.
    pub(super) fn hex(&mut self, byte: u8) -> &mut Self {
        self.digits(byte, LOWER)
    }

    /// Two digits in upper case.
    pub(super) fn upper_hex(&mut self, byte: u8) -> &mut Self {
        self.digits(byte, UPPER)
    }

    /// Eight digits in lower case.
    pub(super) fn hex_word(&mut self, word: u32) -> &mut Self {
        let [a, b, c, d] = word.to_be_bytes();
        self.hex(a).hex(b).hex(c).hex(d)
    }

    /// As few digits in lower case as do.
    pub(super) fn short_hex(&mut self, word: u16) -> &mut Self {
        self.group(word);
        self
    }

    /// A hardware address, or any other bytes with colons between them.
    pub(super) fn mac(&mut self, bytes: &[u8]) -> &mut Self {
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.text(":");
            }
            self.hex(*byte);
        }
        self
    }

    /// An IPv4 address.
    pub(super) fn v4(&mut self, address: [u8; 4]) -> &mut Self {
        let [a, b, c, d] = address;
        self.number(a).text(".").number(b).text(".").number(c).text(".").number(d)
    }

    /// An IPv6 address as `inet_ntop` writes it.
    pub(super) fn v6(&mut self, address: [u8; 16]) -> &mut Self {
        let address = Ipv6Addr::from(address);
        let segments = address.segments();
        // The longest row of zeros, if it is longer than one.
        let (mut zeros, mut longest) = (0..0, 1);
        let mut from = None;
        for (index, segment) in segments.into_iter().chain([1]).enumerate() {
            match (segment, from) {
                (0, None) if index < segments.len() => from = Some(index),
                (0, _) => {}
                (_, Some(first)) => {
                    if index - first > longest {
                        (zeros, longest) = (first..index, index - first);
                    }
                    from = None;
                }
                (_, None) => {}
            }
        }
        // COMPAT: an address that ends in an IPv4 address, be it mapped or of the abandoned compatible kind.
        let embedded = match segments {
            [0, 0, 0, 0, 0, 0xffff, ..] => true,
            [0, 0, 0, 0, 0, 0, high, _] => high != 0,
            _ => false,
        };
        let plain = if embedded { 6 } else { 8 };
        for (index, segment) in segments.into_iter().take(plain).enumerate() {
            if zeros.contains(&index) {
                if index == zeros.start {
                    self.text("::");
                }
                continue;
            }
            if index > 0 && index != zeros.end {
                self.text(":");
            }
            self.group(segment);
        }
        if embedded {
            let [.., a, b, c, d] = address.octets();
            if zeros.end != plain {
                self.text(":");
            }
            self.v4(Ipv4Addr::new(a, b, c, d).octets());
        }
        self
    }

    fn group(&mut self, group: u16) {
        let mut leading = true;
        for shift in [12, 8, 4, 0] {
            let digit = usize::from(group >> shift & 0xf);
            leading &= digit == 0 && shift > 0;
            if !leading {
                self.0.extend(LOWER.get(digit));
            }
        }
    }

    fn digits(&mut self, byte: u8, of: [u8; 16]) -> &mut Self {
        self.0.extend(of.get(usize::from(byte >> 4)));
        self.0.extend(of.get(usize::from(byte & 0xf)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn written(write: impl FnOnce(&mut Writer)) -> String {
        let mut line = Vec::new();
        write(&mut Writer(&mut line));
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn addresses_are_written_as_the_c_library_does() {
        let same = [
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6::",
            "::3:4:5:6:7:8",
            "fe80::be24:11ff:fe00:1",
            "::ffff:10.0.0.1",
            "0:1::",
        ];
        for text in same {
            let address: Ipv6Addr = text.parse().unwrap();
            assert_eq!(written(|to| _ = to.v6(address.octets())), text);
        }
        let compatible: Ipv6Addr = "::102:304".parse().unwrap();
        assert_eq!(written(|to| _ = to.v6(compatible.octets())), "::1.2.3.4");
    }

    #[test]
    fn numbers_of_all_sizes() {
        for number in [0, 7, 10, 4_294_967_296, u64::MAX] {
            assert_eq!(written(|to| _ = to.large(number)), number.to_string());
        }
        assert_eq!(written(|to| _ = to.hex(0x0a).upper_hex(0xe0).mac(&[0, 0xff])), "0aE000:ff");
    }

    #[test]
    fn a_foreign_text_stays_on_its_line() {
        assert_eq!(written(|to| _ = to.foreign(b"a\n\x1b[1m\x7f")), "a??[1m?");
    }
}
