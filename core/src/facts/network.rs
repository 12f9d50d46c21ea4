//! Networks as they are written in files and facts.

use alloc::string::{String, ToString};
use core::fmt;
use core::net::IpAddr;

use ipnet::IpNet;

use crate::Family;
use crate::ir::{Addresses, Written};
use crate::text::split_at_byte;

/// An address or network and the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(try_from = "String", into = "String")
)]
pub struct Network {
    net: IpNet,
    text: String,
}

/// Why a text is not an address or network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// The part before `/` is not an address.
    Address,
    /// The part behind `/` is not a plain decimal number.
    Prefix,
    /// The prefix has more bits than an address.
    PrefixTooLong(Family),
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("not an IP address or network"),
            Self::Prefix => f.write_str("the prefix is not a number"),
            Self::PrefixTooLong(family) => {
                write!(f, "{} prefixes have at most {} bits", family.name(), family.bits())
            }
        }
    }
}

impl core::error::Error for NetworkError {}

impl Network {
    /// Reads an address with an optional prefix (strict: dotted quad or RFC 4291 text, no leading zeros, no netmask). A
    /// prefix of all bits is dropped from the text; host bits are kept.
    ///
    /// # Errors
    /// [`NetworkError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let (net, text) = parse(text)?;
        Ok(Self { net, text: text.to_string() })
    }

    /// 127.0.0.0/8, assumed where nothing is known (spec 00 section 5).
    pub fn loopback() -> Self {
        let net = ipnet::Ipv4Net::new_assert(core::net::Ipv4Addr::new(127, 0, 0, 0), 8);
        Self { net: IpNet::V4(net), text: net.to_string() }
    }

    /// The network, with the host bits as written.
    pub const fn net(&self) -> IpNet {
        self.net
    }

    /// The text without a prefix of all bits.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its family.
    pub const fn family(&self) -> Family {
        match self.net {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// Whether bits behind the prefix are set.
    pub fn has_host_bits(&self) -> bool {
        self.net.addr() != self.net.network()
    }

    /// For the IR.
    pub fn addresses(&self) -> Written<Addresses> {
        written(self.net, &self.text)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { net: IpNet::from(address), text: address.to_string() }
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.text
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        Self::parse(&text)
    }
}

/// An address or network with its text less a prefix of all bits.
pub(crate) fn parse(text: &str) -> Result<(IpNet, &str), NetworkError> {
    let (address, prefix) = match split_at_byte(text, b'/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let ip: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
    let family = if ip.is_ipv4() { Family::V4 } else { Family::V6 };
    let Some(prefix) = prefix else { return Ok((IpNet::from(ip), text)) };
    let plain = !prefix.is_empty()
        && prefix.bytes().all(|digit| digit.is_ascii_digit())
        && (prefix.len() == 1 || !prefix.starts_with('0'));
    if !plain {
        return Err(NetworkError::Prefix);
    }
    let too_long = NetworkError::PrefixTooLong(family);
    let bits: u8 = prefix.parse().map_err(|_| too_long)?;
    let net = IpNet::new(ip, bits).map_err(|_| too_long)?;
    Ok((net, if bits == family.bits() { address } else { text }))
}

/// A network for the IR that keeps `text` where it is not the canonical spelling.
pub(crate) fn written(net: IpNet, text: &str) -> Written<Addresses> {
    let canonical = match net {
        // The strict reader leaves one spelling of an IPv4 address; only `/32` may be written or not.
        IpNet::V4(net) => net.prefix_len() != 32 || !text.as_bytes().contains(&b'/'),
        IpNet::V6(_) if net.prefix_len() == 128 => is_spelled(text, &net.addr()),
        IpNet::V6(_) => is_spelled(text, &net),
    };
    // An embedded IPv4 address has several spellings that all differ from ours.
    let value = Addresses::Net(net);
    if canonical && (matches!(net, IpNet::V4(_)) || !text.contains('.')) {
        Written::canonical(value)
    } else {
        Written::spelled(value, text)
    }
}

/// Whether this is how a value is written; without writing it down.
fn is_spelled(text: &str, value: &dyn fmt::Display) -> bool {
    struct Rest<'t>(&'t str);

    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut rest = Rest(text);
    fmt::write(&mut rest, format_args!("{value}")).is_ok() && rest.0.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_but_complete() {
        for (text, kept) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.0.0.5/24", "10.0.0.5/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8::1/128", "2001:DB8::1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ] {
            assert_eq!(Network::parse(text).unwrap().text(), kept);
        }
        for (text, error) in [
            ("", NetworkError::Address),
            ("10", NetworkError::Address),
            ("10.0.0.01", NetworkError::Address),
            ("10.0.0.0/255.0.0.0", NetworkError::Prefix),
            ("10.0.0.0/", NetworkError::Prefix),
            ("10.0.0.0/08", NetworkError::Prefix),
            ("10.0.0.0/33", NetworkError::PrefixTooLong(Family::V4)),
            ("::/129", NetworkError::PrefixTooLong(Family::V6)),
            ("fe80::1%eth0", NetworkError::Address),
        ] {
            assert_eq!(Network::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn spelling_is_kept_only_where_it_differs() {
        let text = |text: &str| Network::parse(text).unwrap().addresses().text().map(ToString::to_string);
        assert_eq!(text("10.0.0.0/8"), None);
        assert_eq!(text("2001:db8::/32"), None);
        assert_eq!(text("2001:db8::1"), None);
        assert_eq!(written("::1/128".parse().unwrap(), "::1/128").text(), Some("::1/128"));
        assert_eq!(text("2001:DB8::/32").as_deref(), Some("2001:DB8::/32"));
        assert_eq!(text("::ffff:1.2.3.4").as_deref(), Some("::ffff:1.2.3.4"));
    }
}
