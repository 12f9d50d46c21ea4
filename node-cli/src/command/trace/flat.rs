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
    let mut rest = mark(line, '{')?;
    let (mut from, mut to) = (None, None);
    let (mut proto, mut state, mut mac, mut icmp_type) = (None, None, None, None);
    let (mut source, mut dest, mut sport, mut dport) = (None, None, None, None);
    loop {
        // Programs write the colon right behind the key, and keys mostly in this order.
        let key = behind_blanks(rest);
        let behind = |name: &str| key.strip_prefix(name);
        rest = if let Some(value) = behind("\"from\":") {
            once(&mut from, text(value)?)?
        } else if let Some(value) = behind("\"to\":") {
            once(&mut to, text(value)?)?
        } else if let Some(value) = behind("\"proto\":") {
            once(&mut proto, text(value)?)?
        } else if let Some(value) = behind("\"source\":") {
            once(&mut source, address(value)?)?
        } else if let Some(value) = behind("\"dest\":") {
            once(&mut dest, address(value)?)?
        } else if let Some(value) = behind("\"sport\":") {
            once(&mut sport, number(value)?)?
        } else if let Some(value) = behind("\"dport\":") {
            once(&mut dport, number(value)?)?
        } else if let Some(value) = behind("\"icmp-type\":") {
            once(&mut icmp_type, text(value)?)?
        } else if let Some(value) = behind("\"state\":") {
            once(&mut state, text(value)?)?
        } else {
            once(&mut mac, text(behind("\"mac\":")?)?)?
        };
        let Some(next) = mark(rest, ',') else { break };
        rest = next;
    }
    let text = |text: Option<_>| text.map(Text::plain);
    mark(rest, '}')?.trim_ascii().is_empty().then_some(Question {
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

/// Takes a value, and says what stands behind it. A key that comes twice is a mistake.
fn once<'l, T>(slot: &mut Option<T>, (value, behind): (T, &'l str)) -> Option<&'l str> {
    slot.replace(value).is_none().then_some(behind)
}

/// What stands behind a mark, with blanks before it or without.
#[inline]
fn mark(rest: &str, wanted: char) -> Option<&str> {
    behind_blanks(rest).strip_prefix(wanted)
}

/// Most often there are no blanks, or one.
#[inline]
fn behind_blanks(rest: &str) -> &str {
    rest.strip_prefix(' ').map_or(rest, |rest| rest.trim_start_matches(' '))
}

/// A string in which nothing is escaped, and what stands behind it.
#[inline]
fn text(rest: &str) -> Option<(&str, &str)> {
    let rest = mark(rest, '"')?;
    let (text, rest) = rest.split_at_checked(plain(rest.as_bytes())?)?;
    Some((text, rest.strip_prefix('"')?))
}

/// A port, and what stands behind it.
fn number(rest: &str) -> Option<(u16, &str)> {
    let rest = behind_blanks(rest);
    let mut number = 0_u16;
    for (at, byte) in rest.bytes().enumerate() {
        number = match byte {
            // JSON has no numbers with zeros in front.
            b'0'..=b'9' if number > 0 || at == 0 => {
                number.checked_mul(10)?.checked_add(u16::from(byte - b'0'))?
            }
            b'0'..=b'9' => return None,
            _ if at > 0 => return Some((number, rest.get(at..)?)),
            _ => return None,
        };
    }
    None
}

/// An address, and what stands behind it.
fn address(rest: &str) -> Option<(IpAddr, &str)> {
    let (text, rest) = text(rest)?;
    Some((v4(text).map(IpAddr::V4).or_else(|| text.parse().ok())?, rest))
}

/// Of eight bytes the lowest bit of each.
const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
/// Of eight bytes the highest bit of each.
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes stand before the first that ends a plain string, or makes it not plain: a quote, a backslash or a
/// control character. They are looked at by eight; of the zeros that a subtraction finds the first is one for sure.
#[inline]
fn plain(bytes: &[u8]) -> Option<usize> {
    let zeros = |bytes: u64| bytes.wrapping_sub(LOW) & !bytes;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let eight = u64::from_le_bytes(*eight);
        let below = eight.wrapping_sub(LOW * u64::from(b' ')) & !eight;
        let [quote, backslash] = [b'"', b'\\'].map(|byte| zeros(eight ^ (LOW * u64::from(byte))));
        let ends = (quote | backslash | below) & HIGH;
        if ends != 0 {
            return Some(at + ends.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    bytes.get(at..)?.iter().position(ends).map(|more| at + more)
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
        r#" { "from": "host",  "to":  "vm100/net1" , "dport": 22 } "#,
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
            r#"{"from" :"a","to":"b"}"#,
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
