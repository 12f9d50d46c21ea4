//! Counts what is in a restore text or in a dump.
//!
//! Both have the same shape (`*table`, `:CHAIN …`, `-A CHAIN …`; `create SET …`, `add SET …`), so one reading serves
//! both, and a ruleset is loaded as compiled exactly when the two counts are equal. Only what is ours is counted:
//! chains and sets with names of the firewall, and its hooks in the built-in chains.

use alloc::borrow::ToOwned as _;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::tool::Tool;

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

/// Reads the input of `ipset restore` or the output of `ipset save`: members of each of our sets.
pub fn sets(text: &str) -> BTreeMap<String, u64> {
    let mut sets = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
        if !name.starts_with("PVEFW-") {
            continue;
        }
        match verb {
            "create" => drop(sets.insert(name.to_owned(), 0)),
            "add" => *sets.entry(name.to_owned()).or_default() += 1,
            _ => {}
        }
    }
    sets
}

/// Reads the input of a restore command or the output of a save command: our part of each table.
pub fn tables(tool: Tool, text: &str) -> BTreeMap<String, Table> {
    let owned = if tool == Tool::Ebtables { is_owned_ethernet } else { is_owned };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        if let Some(table) = line.strip_prefix('*') {
            name = table.trim_end();
        } else if let Some(chain) = line.strip_prefix(':') {
            let chain = chain.split_whitespace().next().unwrap_or_default();
            if owned(chain) {
                tables.entry(name.to_owned()).or_default().chains.entry(chain.to_owned()).or_default();
            }
        } else if let Some((chain, rule)) = line.strip_prefix("-A ").and_then(|rest| rest.split_once(' ')) {
            if owned(chain) {
                tables
                    .entry(name.to_owned())
                    .or_default()
                    .chains
                    .entry(chain.to_owned())
                    .or_default()
                    .add(rule);
            } else if is_hook(chain, rule) {
                tables.entry(name.to_owned()).or_default().hooks.insert(chain.to_owned());
            }
        }
    }
    tables
}

impl Chain {
    fn add(&mut self, rule: &str) {
        match signature(rule) {
            Some(signature) => self.signature = Some(signature.to_owned()),
            None => self.rules += kernel_rules(rule),
        }
    }
}

fn signature(rule: &str) -> Option<&str> {
    let (_, comment) = rule.split_once("--comment ")?;
    comment.trim().trim_matches('"').strip_prefix("PVESIG:")
}

fn is_hook(chain: &str, rule: &str) -> bool {
    matches!(chain, "INPUT" | "OUTPUT" | "FORWARD" | "PREROUTING")
        && rule.trim().strip_prefix("-j PVEFW-").is_some_and(|target| target == chain)
}

/// How many rules the kernel gets for a line: iptables makes one for each pair of listed addresses.
pub(super) fn kernel_rules(rule: &str) -> u64 {
    let mut words = rule.split_whitespace();
    let mut count = 1;
    while let Some(word) = words.next() {
        match word {
            "-s" | "-d" => {
                let addresses = words.next().unwrap_or_default().split(',').count();
                count *= u64::try_from(addresses).unwrap_or(u64::MAX);
            }
            // Behind the target there are only its own options, and log prefixes that may hold anything.
            "-j" | "-g" => break,
            _ => {}
        }
    }
    count
}

/// Whether a chain of iptables or ip6tables is the firewall's (also of its older versions).
fn is_owned(name: &str) -> bool {
    if let Some(rest) = name.strip_prefix("PVEFW-") {
        return !rest.is_empty();
    }
    if let Some(rest) = name.strip_prefix("GROUP-") {
        let group = rest.strip_suffix("-IN").or_else(|| rest.strip_suffix("-OUT")).unwrap_or_default();
        return group.len() >= 2
            && group.starts_with(|first: char| first.is_ascii_alphabetic())
            && group.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    }
    if let Some(rest) = name.strip_prefix("fwbr").and_then(digits) {
        let rest = rest.strip_prefix('v').and_then(digits).unwrap_or(rest);
        return matches!(rest, "-FW" | "-IN" | "-OUT" | "-IPS");
    }
    matches!(after_device(name), Some("-IN" | "-OUT"))
}

/// Whether a chain of ebtables is the firewall's: the name of a device chain may have more around it.
fn is_owned_ethernet(name: &str) -> bool {
    name.split_once("PVEFW-").is_some_and(|(_, rest)| !rest.is_empty())
        || name.char_indices().filter_map(|(at, _)| name.get(at..)).any(|tail| {
            after_device(tail).is_some_and(|rest| rest.starts_with("-IN") || rest.starts_with("-OUT"))
        })
}

/// What follows `tap<VMID>i<n>` or `veth<VMID>i<n>`.
fn after_device(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("tap").or_else(|| name.strip_prefix("veth"))?;
    digits(digits(rest)?.strip_prefix('i')?)
}

/// What follows one or more digits.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests;
