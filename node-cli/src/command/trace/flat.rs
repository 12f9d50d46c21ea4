//! Questions as programs write them: one flat object in a line, without escapes.
//!
//! A million packets have a million such lines, and reading them as JSON in general takes as long as half of the answers.
//! Whatever is not quite as plain is left to `serde_json`, which also says what is wrong with it: this only ever reads
//! what that would read to the same question.

use core::net::{IpAddr, Ipv4Addr};

use pvefw_core::sim::Question;

use super::batch::Text;

/// Reads a line. `None`: it is not as plain.
pub(super) fn question(line: &str) -> Option<Question<Text<'_>>> {
    let mut rest = Rest { line, bytes: line.as_bytes() };
    rest.mark(b'{')?;
    let (mut from, mut to) = (None, None);
    let (mut proto, mut state, mut mac, mut icmp_type) = (None, None, None, None);
    let (mut source, mut dest, mut sport, mut dport) = (None, None, None, None);
    loop {
        let key = rest.text()?;
        rest.mark(b':')?;
        match key {
            "from" => once(&mut from, rest.text()?)?,
            "to" => once(&mut to, rest.text()?)?,
            "proto" => once(&mut proto, rest.text()?)?,
            "state" => once(&mut state, rest.text()?)?,
            "mac" => once(&mut mac, rest.text()?)?,
            "icmp-type" => once(&mut icmp_type, rest.text()?)?,
            "source" => once(&mut source, rest.address()?)?,
            "dest" => once(&mut dest, rest.address()?)?,
            "sport" => once(&mut sport, rest.number()?)?,
            "dport" => once(&mut dport, rest.number()?)?,
            _ => return None,
        }
        match rest.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    let text = |text: Option<_>| text.map(Text::plain);
    rest.bytes.trim_ascii().is_empty().then_some(Question {
        from: text(from)?,
        to: text(to)?,
        proto: text(proto),
        source,
        dest,
        sport,
        dport,
        icmp_type: text(icmp_type),
        state: text(state),
        mac: text(mac),
    })
}

/// A key that comes twice is a mistake.
fn once<T>(value: &mut Option<T>, new: T) -> Option<()> {
    value.replace(new).is_none().then_some(())
}

/// What is still to be read of a line.
struct Rest<'l> {
    line: &'l str,
    /// The end of the line, from where on it is still to be read.
    bytes: &'l [u8],
}

/// The bytes that end a plain string, or make it not plain.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses what is out of bounds")]
const ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let mut control = 0;
    while control < b' ' as usize {
        ends[control] = true;
        control += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

impl<'l> Rest<'l> {
    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        loop {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            if *byte != b' ' {
                return Some(*byte);
            }
        }
    }

    fn mark(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// A string in which nothing is escaped.
    fn text(&mut self) -> Option<&'l str> {
        self.mark(b'"')?;
        let length = self.bytes.iter().position(|byte| ENDS.get(usize::from(*byte)) != Some(&false))?;
        let start = self.line.len() - self.bytes.len();
        let text = self.line.get(start..start + length)?;
        self.bytes = self.bytes.get(length..)?;
        self.mark(b'"')?;
        Some(text)
    }

    /// A port.
    fn number(&mut self) -> Option<u16> {
        let [first @ b'0'..=b'9', ..] = self.bytes.trim_ascii_start() else { return None };
        self.mark(*first)?;
        let mut number = u16::from(first - b'0');
        while let [digit @ b'0'..=b'9', rest @ ..] = self.bytes {
            // JSON has no numbers with zeros in front.
            if number == 0 {
                return None;
            }
            number = number.checked_mul(10)?.checked_add(u16::from(digit - b'0'))?;
            self.bytes = rest;
        }
        Some(number)
    }

    /// An address.
    fn address(&mut self) -> Option<IpAddr> {
        let text = self.text()?;
        v4(text).map(IpAddr::V4).or_else(|| text.parse().ok())
    }
}

/// Reads four plain numbers, which is what most addresses are.
fn v4(text: &str) -> Option<Ipv4Addr> {
    let mut address = 0_u32;
    let mut dots = 0;
    // The number that is being read, once it has a digit.
    let mut number = None;
    for byte in text.bytes() {
        number = match (byte, number) {
            (b'0'..=b'9', None) => Some(byte - b'0'),
            // No number has a zero in front.
            (b'0'..=b'9', Some(high @ 1..)) => Some(high.checked_mul(10)?.checked_add(byte - b'0')?),
            (b'.', Some(number)) if dots < 3 => {
                address = address << 8 | u32::from(number);
                dots += 1;
                None
            }
            _ => return None,
        };
    }
    let last = number.filter(|_| dots == 3)?;
    Some((address << 8 | u32::from(last)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [&str; 6] = [
        r#"{"from":"vm1","to":"host"}"#,
        r#" { "from" : "host", "to" : "vm100/net1" , "dport" : 22 } "#,
        "{\"from\":\"h\u{f6}st\",\"to\":\"\",\"sport\":0,\"dport\":65535}\r\n",
        r#"{"to":"ct2","from":"outside","proto":"udp","source":"2001:db8::1","dest":"10.0.0.1","mac":"x","state":"NEW"}"#,
        r#"{"from":"a","to":"b","icmp-type":"8/0"}"#,
        r#"{"from":"a","to":"b","dport":1,"sport":2,"source":"::ffff:10.0.0.1"}"#,
    ];

    #[test]
    fn plain_lines_are_read_as_json_in_general_is() {
        for line in PLAIN {
            let general: Question<Text<'_>> = serde_json::from_str(line).unwrap();
            assert_eq!(question(line).unwrap(), general, "{line}");
        }
    }

    #[test]
    fn whatever_is_damaged_is_read_alike_or_left_to_others() {
        let mut read = 0;
        for line in PLAIN {
            for (at, letter) in line.char_indices() {
                let behind = line.get(at + letter.len_utf8()..).unwrap();
                for piece in [
                    "",
                    "\"",
                    "\\",
                    "0",
                    "00",
                    "x",
                    ",",
                    "{",
                    "}",
                    " ",
                    "\t",
                    "null",
                    "-1",
                    "\u{0}",
                    "\"to\":\"x\",",
                ] {
                    for behind in [behind, line.get(at..).unwrap()] {
                        let damaged = format!("{}{piece}{behind}", line.get(..at).unwrap());
                        if let Some(question) = question(&damaged) {
                            read += 1;
                            let general = serde_json::from_str::<Question<Text<'_>>>(&damaged);
                            assert_eq!(general.ok(), Some(question), "{damaged}");
                        }
                    }
                }
            }
        }
        assert!(read > 1000, "{read}");
    }

    #[test]
    fn addresses_are_read_as_others_read_them() {
        let parts =
            ["", "0", "00", "01", "1", "10", "99", "100", "255", "256", "1000", "x", "-1", " 1", "::"];
        let mut read = 0;
        for first in parts {
            for last in parts {
                for address in [
                    format!("{first}.2.3.{last}"),
                    format!("1.{first}.{last}.4"),
                    format!("1.2.{first}{last}"),
                    format!("{first}.2.3.4.{last}"),
                ] {
                    if let Some(address) = v4(&address) {
                        read += 1;
                        assert_eq!(address.to_string().parse(), Ok(address));
                    }
                    assert_eq!(v4(&address), address.parse().ok(), "{address}");
                }
            }
        }
        assert!(read > 50, "{read}");
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        for line in [
            "",
            "{}",
            "[]",
            r#"{"from":"a","to":"b"} {}"#,
            r#"{"from":"a","to":"b","to":"c"}"#,
            r#"{"from":"\u0061","to":"b"}"#,
            r#"{"from":"a","to":"b","dport":65536}"#,
            r#"{"from":"a","to":"b","dport":022}"#,
            r#"{"from":"a","to":"b","dport":1e1}"#,
            r#"{"from":"a","to":"b","dport":null}"#,
            r#"{"from":"a","to":"b","icmp-type":8}"#,
            r#"{"from":"a","to":"b","port":8}"#,
            r#"{"from":"a","to":"b","source":"10.0.0"}"#,
            r#"{"from":"a""#,
        ] {
            assert_eq!(question(line), None, "{line}");
        }
    }
}
