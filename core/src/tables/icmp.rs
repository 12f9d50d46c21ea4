//! The names of ICMP types, one table a family.
//!
//! They are the names that `iptables` and `ip6tables` print and that rules may use after `-icmp-type` (and after
//! `-dport` where the protocol is an ICMP one). A few names stand in both tables with different numbers. Case counts.

use crate::Family;

/// A name for an ICMP type, or for a type together with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcmpType {
    /// The name in rules.
    pub name: &'static str,
    /// The type; `None` is any.
    pub ty: Option<u8>,
    /// The code; `None` is any.
    pub code: Option<u8>,
}

/// The types of IPv4, by number.
pub const V4: &[IcmpType] = &[
    any("any"),
    ty("echo-reply", 0),
    ty("destination-unreachable", 3),
    code("network-unreachable", 3, 0),
    code("host-unreachable", 3, 1),
    code("protocol-unreachable", 3, 2),
    code("port-unreachable", 3, 3),
    code("fragmentation-needed", 3, 4),
    code("source-route-failed", 3, 5),
    code("network-unknown", 3, 6),
    code("host-unknown", 3, 7),
    code("network-prohibited", 3, 9),
    code("host-prohibited", 3, 10),
    code("TOS-network-unreachable", 3, 11),
    code("TOS-host-unreachable", 3, 12),
    code("communication-prohibited", 3, 13),
    code("host-precedence-violation", 3, 14),
    code("precedence-cutoff", 3, 15),
    ty("source-quench", 4),
    ty("redirect", 5),
    code("network-redirect", 5, 0),
    code("host-redirect", 5, 1),
    code("TOS-network-redirect", 5, 2),
    code("TOS-host-redirect", 5, 3),
    ty("echo-request", 8),
    ty("router-advertisement", 9),
    ty("router-solicitation", 10),
    ty("time-exceeded", 11),
    code("ttl-zero-during-transit", 11, 0),
    code("ttl-zero-during-reassembly", 11, 1),
    ty("parameter-problem", 12),
    code("ip-header-bad", 12, 0),
    code("required-option-missing", 12, 1),
    ty("timestamp-request", 13),
    ty("timestamp-reply", 14),
    ty("address-mask-request", 17),
    ty("address-mask-reply", 18),
];

/// The types of IPv6, by number. Neighbours come in both spellings.
pub const V6: &[IcmpType] = &[
    ty("destination-unreachable", 1),
    code("no-route", 1, 0),
    code("communication-prohibited", 1, 1),
    code("beyond-scope", 1, 2),
    code("address-unreachable", 1, 3),
    code("port-unreachable", 1, 4),
    code("failed-policy", 1, 5),
    code("reject-route", 1, 6),
    ty("packet-too-big", 2),
    ty("time-exceeded", 3),
    code("ttl-zero-during-transit", 3, 0),
    code("ttl-zero-during-reassembly", 3, 1),
    ty("parameter-problem", 4),
    code("bad-header", 4, 0),
    code("unknown-header-type", 4, 1),
    code("unknown-option", 4, 2),
    ty("echo-request", 128),
    ty("echo-reply", 129),
    ty("router-solicitation", 133),
    ty("router-advertisement", 134),
    ty("neighbor-solicitation", 135),
    ty("neighbour-solicitation", 135),
    ty("neighbor-advertisement", 136),
    ty("neighbour-advertisement", 136),
    ty("redirect", 137),
];

/// The type of this name in the table of `family`.
pub fn named(family: Family, name: &str) -> Option<&'static IcmpType> {
    let table = match family {
        Family::V4 => V4,
        Family::V6 => V6,
    };
    table.iter().find(|row| row.name == name)
}

const fn any(name: &'static str) -> IcmpType {
    IcmpType { name, ty: None, code: None }
}

const fn ty(name: &'static str, ty: u8) -> IcmpType {
    IcmpType { name, ty: Some(ty), code: None }
}

const fn code(name: &'static str, ty: u8, code: u8) -> IcmpType {
    IcmpType { name, ty: Some(ty), code: Some(code) }
}

#[cfg(test)]
mod tests {
    use super::{V4, V6, named};
    use crate::Family;

    #[test]
    fn the_tables_are_complete() {
        assert_eq!(V4.len(), 37);
        assert_eq!(V6.len(), 25);
    }

    #[test]
    fn names_are_unique_and_every_name_finds_its_own_row() {
        for (family, table) in [(Family::V4, V4), (Family::V6, V6)] {
            for row in table {
                assert_eq!(table.iter().filter(|other| other.name == row.name).count(), 1, "{row:?}");
                assert_eq!(named(family, row.name), Some(row));
            }
        }
    }

    #[test]
    fn rows_follow_type_and_code_and_a_code_needs_a_type() {
        for table in [V4, V6] {
            assert!(table.is_sorted_by_key(|row| (row.ty, row.code)));
            assert!(table.iter().all(|row| row.ty.is_some() || row.code.is_none()));
        }
    }

    #[test]
    fn the_same_name_means_another_number_per_family() {
        let ty = |family, name| named(family, name).and_then(|row| row.ty);
        assert_eq!(ty(Family::V4, "echo-request"), Some(8));
        assert_eq!(ty(Family::V6, "echo-request"), Some(128));
        assert_eq!(ty(Family::V4, "neighbor-solicitation"), None);
        assert_eq!(ty(Family::V6, "neighbour-solicitation"), Some(135));
    }

    #[test]
    fn case_counts() {
        assert!(named(Family::V4, "TOS-host-redirect").is_some());
        assert_eq!(named(Family::V4, "tos-host-redirect"), None);
        assert_eq!(named(Family::V4, "Echo-Request"), None);
    }
}
