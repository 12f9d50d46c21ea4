//! Hardware addresses.

use core::fmt;
use core::net::Ipv6Addr;

/// An Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads six hexadecimal pairs separated by colons.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next()?;
            if part.len() != 2 || !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }

    /// Whether it names a group of stations (lowest bit of the first byte).
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// The IPv6 link-local address made from it (EUI-64, RFC 4291 appendix A).
    pub fn link_local(self) -> Ipv6Addr {
        let [vendor @ .., third, fourth, fifth] = self.0;
        let [first, second, last] = vendor;
        let group = |high: u8, low: u8| u16::from_be_bytes([high, low]);
        let groups = [group(first ^ 2, second), group(last, 0xff), group(0xfe, third), group(fourth, fifth)];
        let [g4, g5, g6, g7] = groups;
        Ipv6Addr::new(0xfe80, 0, 0, 0, g4, g5, g6, g7)
    }
}

/// Upper-case pairs, as Proxmox VE writes them.
impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index > 0 { ":" } else { "" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn link_local_addresses_of_the_specification() {
        for (mac, address) in [
            ("0E:0B:38:B8:B3:21", "fe80::c0b:38ff:feb8:b321"),
            ("BC:24:11:00:00:01", "fe80::be24:11ff:fe00:1"),
            ("02:00:5E:10:00:0A", "fe80::5eff:fe10:a"),
        ] {
            assert_eq!(Mac::parse(mac).unwrap().link_local().to_string(), address);
        }
    }

    #[test]
    fn reads_pairs_only() {
        assert_eq!(Mac::parse("bc:24:11:0a:00:02").unwrap().to_string(), "BC:24:11:0A:00:02");
        for bad in ["", "bc:24:11:a:0:2", "bc:24:11:0a:00:02:03", "bc:24:11:0a:00", "+c:24:11:0a:00:02"] {
            assert_eq!(Mac::parse(bad), None, "{bad}");
        }
    }
}
