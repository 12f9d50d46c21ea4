//! Which tools there are, and in which variants.
//!
//! Debian ships iptables twice: over nftables (`iptables-nft`) and over the older kernel interface
//! (`iptables-legacy`); `iptables` is one of them by the administrator's choice. pve-firewall chooses legacy.

use core::fmt;

use crate::Family;

/// The four tools we load rules with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// Address sets.
    Ipset,
    /// IPv4 rules.
    Iptables,
    /// IPv6 rules.
    Ip6tables,
    /// Ethernet rules.
    Ebtables,
}

impl Tool {
    /// The order in which a ruleset is loaded: sets before the rules that use them.
    pub const ALL: [Self; 4] = [Self::Ipset, Self::Iptables, Self::Ip6tables, Self::Ebtables];

    /// The tool for the rules of a family.
    pub const fn of(family: Family) -> Self {
        match family {
            Family::V4 => Self::Iptables,
            Family::V6 => Self::Ip6tables,
        }
    }

    /// The family whose rules it loads; none for those of sets and of the bridge.
    pub const fn family(self) -> Option<Family> {
        match self {
            Self::Iptables => Some(Family::V4),
            Self::Ip6tables => Some(Family::V6),
            Self::Ipset | Self::Ebtables => None,
        }
    }

    /// The plain name of the program.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipset => "ipset",
            Self::Iptables => "iptables",
            Self::Ip6tables => "ip6tables",
            Self::Ebtables => "ebtables",
        }
    }

    /// The Debian package it comes in.
    pub const fn package(self) -> &'static str {
        match self {
            Self::Ipset => "ipset",
            Self::Iptables | Self::Ip6tables => "iptables",
            Self::Ebtables => "ebtables",
        }
    }

    /// Names it may go by, the preferred one first.
    ///
    /// ebtables stays the machine's choice when legacy is asked for: many kernels lack its legacy interface, and the
    /// rules are the same.
    pub(super) const fn programs(self, variant: Option<Variant>) -> &'static [&'static str] {
        match (self, variant) {
            (Self::Ipset, _) => &["ipset"],
            (Self::Iptables, None) => &["iptables", "iptables-nft", "iptables-legacy"],
            (Self::Iptables, Some(Variant::Nft)) => &["iptables-nft"],
            (Self::Iptables, Some(Variant::Legacy)) => &["iptables-legacy"],
            (Self::Ip6tables, None) => &["ip6tables", "ip6tables-nft", "ip6tables-legacy"],
            (Self::Ip6tables, Some(Variant::Nft)) => &["ip6tables-nft"],
            (Self::Ip6tables, Some(Variant::Legacy)) => &["ip6tables-legacy"],
            (Self::Ebtables, Some(Variant::Nft)) => &["ebtables-nft"],
            (Self::Ebtables, None | Some(Variant::Legacy)) => &["ebtables", "ebtables-nft"],
        }
    }
}

/// The two implementations of iptables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Over nftables.
    Nft,
    /// Over the older kernel interface.
    Legacy,
}

impl Variant {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Nft, Self::Legacy];

    /// `nft` or `legacy`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nft => "nft",
            Self::Legacy => "legacy",
        }
    }

    /// Reads the answer to `iptables --version`. Versions before 1.8 knew only what is called legacy since.
    pub(super) fn probe(version: &str) -> Self {
        if version.contains("nf_tables") { Self::Nft } else { Self::Legacy }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
