//! The prefix that the compiler gives a rule that logs: `:117:6:tap117i0-IN: policy REJECT: `.

use core::str;

/// Level of a line that does not say its own.
pub const DEFAULT_LEVEL: u8 = 6;
/// Chain of a line that does not say its own.
pub const NO_CHAIN: &str = "-";
/// Longest name of a chain.
const LONGEST_CHAIN: usize = 28;

/// What a prefix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix<'a> {
    /// The guest; 0 for the node itself.
    pub vmid: u32,
    /// How urgent, as syslog numbers it: 0 to 7.
    pub level: u8,
    /// The chain that logs; [`NO_CHAIN`] if the prefix is not ours.
    pub chain: &'a str,
    /// The rest: the action, for rules of ours. The whole prefix, if it is not ours.
    pub message: &'a [u8],
}

impl<'a> Prefix<'a> {
    /// Reads a prefix. One that is not of our form is a message without guest and chain.
    pub fn new(prefix: &'a [u8]) -> Self {
        Self::ours(prefix).unwrap_or(Self { vmid: 0, level: DEFAULT_LEVEL, chain: NO_CHAIN, message: prefix })
    }

    fn ours(prefix: &'a [u8]) -> Option<Self> {
        let (vmid, rest) = cut(prefix.strip_prefix(b":")?)?;
        let (level, rest) = cut(rest)?;
        let (chain, rest) = cut(rest)?;
        Some(Self {
            vmid: number(vmid)?,
            level: match level {
                [digit @ b'0'..=b'7'] => digit - b'0',
                _ => return None,
            },
            chain: chain_name(chain)?,
            message: rest.strip_prefix(b" ")?,
        })
    }
}

/// A number with nothing but digits; none is 0.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(digit - b'0')),
        _ => None,
    })
}

fn chain_name(name: &[u8]) -> Option<&str> {
    let name = str::from_utf8(name).ok()?;
    let plain = !name.contains(|c: char| c == ' ' || c.is_control());
    (plain && (1..=LONGEST_CHAIN).contains(&name.len())).then_some(name)
}

/// What stands before the next colon, and what behind it.
fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', text)?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prefix: &str) -> (u32, u8, &str, &str) {
        let Prefix { vmid, level, chain, message } = Prefix::new(prefix.as_bytes());
        (vmid, level, chain, str::from_utf8(message).unwrap())
    }

    #[test]
    fn prefixes_of_ours() {
        let cases = [
            (":117:6:tap117i0-IN: policy REJECT: ", (117, 6, "tap117i0-IN", "policy REJECT: ")),
            (":0:7:PVEFW-HOST-IN: ACCEPT: ", (0, 7, "PVEFW-HOST-IN", "ACCEPT: ")),
            (":0:6:GROUP-web-IN: ", (0, 6, "GROUP-web-IN", "")),
            ("::0:x: ", (0, 0, "x", "")),
            (":4294967295:1:x: y: z", (u32::MAX, 1, "x", "y: z")),
            (":1:6:a234567890123456789012345678: x", (1, 6, "a234567890123456789012345678", "x")),
        ];
        for (prefix, wanted) in cases {
            assert_eq!(read(prefix), wanted, "{prefix}");
        }
    }

    #[test]
    fn any_other_prefix_is_a_message() {
        let cases = [
            "",
            ":",
            "docker: ",
            "117:6:x: y",
            ":117:8:x: y",
            ":117::x: y",
            ":117:66:x: y",
            ":4294967296:6:x: y",
            ":-1:6:x: y",
            ":1:6:: y",
            ":1:6:a b: y",
            ":1:6:x:y",
            ":1:6:x",
            ":1:6:a2345678901234567890123456789: y",
        ];
        for prefix in cases {
            assert_eq!(read(prefix), (0, DEFAULT_LEVEL, NO_CHAIN, prefix));
        }
    }
}
