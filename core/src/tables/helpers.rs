//! The conntrack helpers that the host option `nf_conntrack_helpers` can switch on.
//!
//! A helper reads the control connection on its port and lets the kernel expect the connections agreed on there.

use crate::Family;

/// A conntrack helper of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Helper {
    /// The name in the option and after `--helper`.
    pub name: &'static str,
    /// The protocol of the control connection: `tcp` or `udp`.
    pub protocol: &'static str,
    /// The port of the control connection.
    pub port: u16,
    /// Whether it is used for IPv6 too; for IPv4 all are.
    pub v6: bool,
}

/// All helpers, sorted by name.
pub const HELPERS: &[Helper] = &[
    both("amanda", "udp", 10080),
    both("ftp", "tcp", 21),
    v4_only("irc", "tcp", 6667),
    v4_only("netbios-ns", "udp", 137),
    v4_only("pptp", "tcp", 1723),
    both("sane", "tcp", 6566),
    both("sip", "udp", 5060),
    v4_only("snmp", "udp", 161),
    both("tftp", "udp", 69),
];

impl Helper {
    /// Whether rules for this helper belong into the tables of `family`.
    pub const fn supports(&self, family: Family) -> bool {
        matches!(family, Family::V4) || self.v6
    }
}

/// The helper of this name; as in the option, case does not count.
pub fn named(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().find(|helper| helper.name.eq_ignore_ascii_case(name))
}

const fn both(name: &'static str, protocol: &'static str, port: u16) -> Helper {
    Helper { name, protocol, port, v6: true }
}

const fn v4_only(name: &'static str, protocol: &'static str, port: u16) -> Helper {
    Helper { name, protocol, port, v6: false }
}

#[cfg(test)]
mod tests {
    use super::{HELPERS, named};
    use crate::Family;
    use crate::tables::{protocols, services::Transport};

    #[test]
    fn names_are_sorted_and_unique_and_found() {
        assert_eq!(HELPERS.len(), 9);
        assert!(HELPERS.is_sorted_by(|a, b| a.name < b.name));
        for helper in HELPERS {
            assert_eq!(named(helper.name), Some(helper));
            assert!(Transport::named(helper.protocol).is_some(), "{helper:?}");
            assert!(protocols::number(helper.protocol).is_some(), "{helper:?}");
        }
    }

    #[test]
    fn case_does_not_count_and_unknown_names_are_unknown() {
        assert_eq!(named("NetBIOS-ns").map(|helper| helper.port), Some(137));
        assert_eq!(named("h323"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn four_helpers_know_ipv4_only() {
        assert!(HELPERS.iter().all(|helper| helper.supports(Family::V4)));
        let without = HELPERS.iter().filter(|helper| !helper.supports(Family::V6)).map(|helper| helper.name);
        assert!(without.eq(["irc", "netbios-ns", "pptp", "snmp"]));
    }
}
