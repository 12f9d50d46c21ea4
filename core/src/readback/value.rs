//! Values of options, as the tools print them and as we write them. `None` is a value that can't be understood.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::IpNet;

use crate::Family;
use crate::ir::{
    AddressRange, AddressTypes, Addresses, ConnectionStates, IcmpType, InterfaceName, InterfacePattern, Mark,
    PortRange, Ports, Protocol, Rate, RateUnit, TcpFlags,
};
use crate::tables::{icmp, protocols, services};

/// A number as `strtoul` reads it without a given base: `0x…`, `0…` in octal, or decimal.
pub(super) fn number(text: &str) -> Option<u32> {
    let (digits, base) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    if digits.starts_with(['+', '-']) { None } else { u32::from_str_radix(digits, base).ok() }
}

/// Decimal digits only.
pub(super) fn decimal<N: core::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `VALUE` or `VALUE/MASK`.
pub(super) fn mark(text: &str) -> Option<Mark> {
    let (value, mask) = match text.split_once('/') {
        Some((value, mask)) => (value, number(mask)?),
        None => (text, u32::MAX),
    };
    Some(Mark { value: number(value)?, mask })
}

/// An interface or `eth+`; `None` also for `+` alone, see [`any_interface`].
pub(super) fn interface(text: &str) -> Option<InterfacePattern> {
    let (name, prefix) = match text.strip_suffix('+') {
        Some(name) => (name, true),
        None => (text, false),
    };
    Some(InterfacePattern { name: InterfaceName::new(name).ok()?, prefix })
}

/// Whether every interface is meant.
pub(super) fn any_interface(text: &str) -> bool {
    text == "+"
}

/// An address or network: a prefix or a mask may stand behind it.
pub(super) fn net(text: &str, family: Family) -> Option<IpNet> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok().filter(|address| Family::of(*address) == family)?;
    let mask = |text: &str| {
        let mask: IpAddr = text.parse().ok().filter(|mask| Family::of(*mask) == family)?;
        // Bits with holes are no prefix.
        ipnet::ip_mask_to_prefix(mask).ok()
    };
    let prefix = match prefix {
        None => family.bits(),
        Some(text) => decimal(text).or_else(|| mask(text))?,
    };
    IpNet::new(address, prefix).ok()
}

/// One network or several, with commas between them.
pub(super) fn nets(text: &str, family: Family) -> Option<Addresses> {
    if !text.contains(',') {
        return net(text, family).map(Addresses::Net);
    }
    let nets: Option<Box<[IpNet]>> = text.split(',').map(|text| net(text, family)).collect();
    nets.map(Addresses::List)
}

/// `FIRST-LAST`
pub(super) fn range(text: &str, family: Family) -> Option<Addresses> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let address = |text: &str| text.parse().ok().filter(|address| Family::of(*address) == family);
    let (first, last): (IpAddr, IpAddr) = (address(first)?, address(last)?);
    (first <= last).then(|| Addresses::Range(Box::new(AddressRange { first, last })))
}

/// A protocol's name or number.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    match text {
        "all" => Some(Protocol::ANY),
        // What the tools call `mobility-header`.
        "mh" => protocols::number("mobility-header").map(Protocol),
        _ => protocols::number(text).or_else(|| number(text)?.try_into().ok()).map(Protocol),
    }
}

fn port(text: &str) -> Option<u16> {
    decimal(text).or_else(|| services::ports(text).first().map(|service| service.port))
}

/// One port or range: `80`, `80:90`, `:90`, `80:`, `http`.
pub(super) fn port_range(text: &str) -> Option<PortRange> {
    let Some((first, last)) = text.split_once(':') else { return port(text).map(PortRange::single) };
    let first = if first.is_empty() { 0 } else { port(first)? };
    let last = if last.is_empty() { u16::MAX } else { port(last)? };
    (first <= last).then_some(PortRange { first, last })
}

/// Ports and ranges with commas between them.
pub(super) fn port_list(text: &str) -> Option<Vec<PortRange>> {
    text.split(',').map(port_range).collect()
}

/// The same as IR has it.
pub(super) fn ports(text: &str) -> Option<Ports> {
    let list = port_list(text)?;
    match list.as_slice() {
        [one] => Some(Ports::One(*one)),
        _ => Some(Ports::Many(list.into())),
    }
}

/// `any`, a name, `8` or `3/4`.
pub(super) fn icmp_type(text: &str, family: Family) -> Option<IcmpType> {
    if text == "any" {
        return Some(IcmpType { family, kind: None, code: None });
    }
    if let Some(row) = icmp::named(family, text) {
        return Some(IcmpType { family, kind: row.ty, code: row.code });
    }
    let (kind, code) = match text.split_once('/') {
        Some((kind, code)) => (kind, Some(decimal(code)?)),
        None => (text, None),
    };
    Some(IcmpType { family, kind: Some(decimal(kind)?), code })
}

/// `FIN,SYN`, `ALL` or `NONE`.
fn flags(text: &str) -> Option<u8> {
    match text {
        "ALL" => Some(TcpFlags::NAMES.iter().fold(0, |all, (bit, _)| all | bit)),
        "NONE" => Some(0),
        _ => named(text, &TcpFlags::NAMES, 0, |all, bit| all | bit),
    }
}

/// The bits to look at, and those that must be one.
pub(super) fn tcp_flags(mask: &str, set: &str) -> Option<TcpFlags> {
    Some(TcpFlags { mask: flags(mask)?, set: flags(set)? })
}

/// `NEW,ESTABLISHED`
pub(super) fn states(text: &str) -> Option<ConnectionStates> {
    some_named(text, &ConnectionStates::NAMES, ConnectionStates::and)
}

/// `LOCAL,BROADCAST`
pub(super) fn address_types(text: &str) -> Option<AddressTypes> {
    some_named(text, &AddressTypes::NAMES, AddressTypes::and)
}

fn row<T: Copy>(text: &str, rows: &[(T, &str)]) -> Option<T> {
    rows.iter().find(|(_, name)| *name == text).map(|(value, _)| *value)
}

fn named<T: Copy>(text: &str, rows: &[(T, &str)], none: T, and: fn(T, T) -> T) -> Option<T> {
    text.split(',').try_fold(none, |all, name| Some(and(all, row(name, rows)?)))
}

fn some_named<T: Copy>(text: &str, rows: &[(T, &str)], and: fn(T, T) -> T) -> Option<T> {
    let (first, rest) = text.split_once(',').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let first = row(first, rows)?;
    rest.map_or(Some(first), |rest| named(rest, rows, first, and))
}

/// `5/min`: the tools take and print beginnings of the unit's name.
pub(super) fn rate(text: &str) -> Option<Rate> {
    let (count, unit) = text.split_once('/').unwrap_or((text, "second"));
    let begins = |name: &str| {
        !unit.is_empty() && name.get(..unit.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(unit))
    };
    let unit = RateUnit::ALL.into_iter().find(|(_, name)| begins(name))?.0;
    Some(Rate { count: decimal(count)?, unit })
}

/// `10:20` or `10`
pub(super) fn length(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    Some((decimal(first)?, decimal(last)?))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_have_bases() {
        let cases = [("0", 0), ("10", 10), ("0x10", 16), ("010", 8), ("0xffffffff", u32::MAX)];
        for (text, expected) in cases {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for text in ["", "+1", "-1", "0x", "0x+1", "09", "4294967296", "1x"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(mark("0x4"), Some(Mark { value: 4, mask: u32::MAX }));
        assert_eq!(mark("1/0xff"), Some(Mark { value: 1, mask: 255 }));
    }

    #[test]
    fn networks_have_prefixes_or_masks() {
        let cases = [
            ("10.0.0.1", Some("10.0.0.1/32")),
            ("10.0.0.1/8", Some("10.0.0.1/8")),
            ("10.0.0.0/255.0.0.0", Some("10.0.0.0/8")),
            ("10.0.0.0/255.0.255.0", None),
            ("10.0.0.0/33", None),
            ("10.0.0.0/+8", None),
            ("fe80::/10", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(net(text, Family::V4).map(|net| net.to_string()).as_deref(), expected, "{text}");
        }
        let v6 = net("fe80::1/ffff::", Family::V6).map(|net| net.to_string());
        assert_eq!(v6.as_deref(), Some("fe80::1/16"));
        assert!(
            matches!(nets("10.0.0.1,10.0.0.2", Family::V4), Some(Addresses::List(nets)) if nets.len() == 2)
        );
        assert_eq!(range("10.0.0.2-10.0.0.1", Family::V4), None);
    }

    #[test]
    fn ports_flags_states_and_rates() {
        assert_eq!(port_range("ssh:"), Some(PortRange { first: 22, last: 65535 }));
        assert_eq!(port_range("5:4"), None);
        assert_eq!(tcp_flags("ALL", "NONE"), Some(TcpFlags { mask: 0x3f, set: 0 }));
        assert_eq!(tcp_flags("SYN,X", "SYN"), None);
        assert_eq!(states("NEW,SNAT"), Some(ConnectionStates::NEW.and(ConnectionStates::SOURCE_TRANSLATED)));
        assert_eq!(states(""), None);
        for (text, unit) in [("5/s", RateUnit::Second), ("5/MIN", RateUnit::Minute), ("5", RateUnit::Second)]
        {
            assert_eq!(rate(text), Some(Rate { count: 5, unit }), "{text}");
        }
        assert_eq!(rate("5/"), None);
        assert_eq!(rate("5/seconds"), None);
    }
}
