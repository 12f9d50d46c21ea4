//! Counts what is in a restore text or in a dump.
//!
//! [`crate::readback`] reads both, and a ruleset is loaded as compiled exactly when the two counts are equal. Only what
//! is ours is counted: chains and sets with names of the firewall, and its hooks in the built-in chains.

use alloc::borrow::ToOwned as _;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::tool::Tool;
use crate::ir::{Addresses, Match, Test};
use crate::readback::{
    self, BridgeTableName, Condition, Dump, SetMembers, TableName, is_our_bridge_chain, is_our_chain,
    is_our_set,
};

/// What is loaded, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Members of each set.
    pub ipset: BTreeMap<String, u64>,
    /// IPv4 tables by name (`filter`, `raw`); only those with something of ours.
    pub iptables: BTreeMap<String, Table>,
    /// IPv6 tables by name.
    pub ip6tables: BTreeMap<String, Table>,
    /// Ethernet tables by name.
    pub ebtables: BTreeMap<String, Table>,
}

/// What one table has of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Our chains.
    pub chains: BTreeMap<String, Chain>,
    /// Built-in chains that jump to ours: `INPUT`, `OUTPUT`, `FORWARD`, `PREROUTING`.
    pub hooks: BTreeSet<String>,
}

/// What one chain has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Rules in the kernel, without the one that carries the signature.
    pub rules: u64,
    /// The signature, where the chain has one.
    pub signature: Option<String>,
}

impl Table {
    /// Rules in all our chains.
    pub fn rules(&self) -> u64 {
        self.chains.values().map(|chain| chain.rules).sum()
    }
}

impl Loaded {
    /// Counts what a dump has of ours.
    pub fn of(dump: &Dump) -> Self {
        let members = |members: &SetMembers| match members {
            SetMembers::Nets(nets) => nets.len(),
            SetMembers::Other(others) => others.len(),
        };
        let sets = dump.sets.iter().filter(|(name, _)| is_our_set(name));
        Self {
            ipset: sets
                .map(|(name, set)| {
                    (name.to_string(), u64::try_from(members(&set.members)).unwrap_or(u64::MAX))
                })
                .collect(),
            iptables: tables(&dump.v4, TableName::name, is_our_chain),
            ip6tables: tables(&dump.v6, TableName::name, is_our_chain),
            ebtables: tables(&dump.bridge, BridgeTableName::name, is_our_bridge_chain),
        }
    }

    /// The tables of a tool; none for ipset.
    pub fn tables(&self, tool: Tool) -> Option<&BTreeMap<String, Table>> {
        match tool {
            Tool::Ipset => None,
            Tool::Iptables => Some(&self.iptables),
            Tool::Ip6tables => Some(&self.ip6tables),
            Tool::Ebtables => Some(&self.ebtables),
        }
    }

    /// Members of all sets.
    pub fn members(&self) -> u64 {
        self.ipset.values().sum()
    }

    /// Where `self`, read back, differs from `wanted`, as compiled: one sentence each, none if they are equal.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for name in keys(&self.ipset, &wanted.ipset) {
            let (have, want) = (self.ipset.get(name), wanted.ipset.get(name));
            compare(&mut found, &format!("ipset `{name}`"), have, want, |members| {
                format!("{members} members")
            });
        }
        for tool in Tool::ALL {
            let (Some(have), Some(want)) = (self.tables(tool), wanted.tables(tool)) else { continue };
            for name in keys(have, want) {
                let empty = Table::default();
                let (have, want) = (have.get(name).unwrap_or(&empty), want.get(name).unwrap_or(&empty));
                have.compare(want, &format!("{} {name}", tool.name()), &mut found);
            }
        }
        found
    }
}

impl Table {
    fn compare(&self, wanted: &Self, place: &str, found: &mut Vec<String>) {
        for name in keys(&self.chains, &wanted.chains) {
            let (have, want) = (self.chains.get(name), wanted.chains.get(name));
            compare(found, &format!("{place}: chain `{name}`"), have, want, |chain| {
                let signature = chain.signature.as_deref().unwrap_or("none");
                format!("{} rules with signature {signature}", chain.rules)
            });
        }
        for hook in self.hooks.symmetric_difference(&wanted.hooks) {
            let state = if self.hooks.contains(hook) { "is there but unwanted" } else { "is missing" };
            found.push(format!("{place}: the hook in `{hook}` {state}"));
        }
    }
}

fn keys<'a, T>(one: &'a BTreeMap<String, T>, other: &'a BTreeMap<String, T>) -> BTreeSet<&'a String> {
    one.keys().chain(other.keys()).collect()
}

fn compare<T: PartialEq>(
    found: &mut Vec<String>,
    what: &str,
    have: Option<&T>,
    want: Option<&T>,
    show: impl Fn(&T) -> String,
) {
    match (have, want) {
        (Some(have), Some(want)) if have == want => {}
        (Some(have), Some(want)) => {
            found.push(format!("{what}: compiled {}, read back {}", show(want), show(have)));
        }
        (Some(_), None) => found.push(format!("{what} is there but unwanted")),
        (None, _) => found.push(format!("{what} is missing")),
    }
}

/// Our part of each table.
fn tables<N: Copy, R: Loadable>(
    tables: &BTreeMap<N, readback::Table<R>>,
    name: fn(N) -> &'static str,
    is_ours: fn(&str) -> bool,
) -> BTreeMap<String, Table> {
    let ours = |(named, table): (&N, &readback::Table<R>)| {
        let chains = table.chains.iter().filter(|(name, _)| is_ours(name));
        let hooks = table.chains.iter().filter(|(name, chain)| {
            chain.rules.iter().filter_map(Loadable::sends_all_to).any(|to| is_hook(name, to))
        });
        let found = Table {
            chains: chains.map(|(name, chain)| (name.to_string(), Chain::of(&chain.rules))).collect(),
            hooks: hooks.map(|(name, _)| name.to_string()).collect(),
        };
        let something = !found.chains.is_empty() || !found.hooks.is_empty();
        something.then(|| (name(*named).to_owned(), found))
    };
    tables.iter().filter_map(ours).collect()
}

impl Chain {
    fn of(rules: &[impl Loadable]) -> Self {
        Self {
            rules: rules.iter().filter(|rule| rule.signature().is_none()).map(Loadable::kernel_rules).sum(),
            signature: rules.iter().find_map(Loadable::signature).map(str::to_owned),
        }
    }
}

/// Whether a jump from `chain` to `to` is a hook of ours.
fn is_hook(chain: &str, to: &str) -> bool {
    matches!(chain, "INPUT" | "OUTPUT" | "FORWARD" | "PREROUTING") && to.strip_prefix("PVEFW-") == Some(chain)
}

/// A rule that can be counted.
trait Loadable {
    /// The chain that it sends everything to.
    fn sends_all_to(&self) -> Option<&str>;
    /// The digest, if it is there to sign its chain.
    fn signature(&self) -> Option<&str>;
    /// How many rules the kernel makes of it.
    fn kernel_rules(&self) -> u64;
}

impl Loadable for readback::Rule {
    fn sends_all_to(&self) -> Option<&str> {
        self.sends_all_to()
    }

    fn signature(&self) -> Option<&str> {
        self.signature()
    }

    /// iptables makes one for each pair of listed addresses.
    fn kernel_rules(&self) -> u64 {
        let listed = |condition: &Condition| match condition {
            Condition::Known(Match { test: Test::Address(_, addresses), .. }) => match addresses.value() {
                Addresses::List(nets) => u64::try_from(nets.len()).ok(),
                Addresses::Net(_) | Addresses::Range(_) => None,
            },
            _ => None,
        };
        self.conditions.iter().filter_map(listed).fold(1, u64::saturating_mul)
    }
}

impl Loadable for readback::BridgeRule {
    fn sends_all_to(&self) -> Option<&str> {
        self.sends_all_to()
    }

    fn signature(&self) -> Option<&str> {
        None
    }

    fn kernel_rules(&self) -> u64 {
        1
    }
}

#[cfg(test)]
mod tests;
