//! IR to the text that the restore tools read.
//!
//! In: a [`Ruleset`]. Out: [`Lines`], every rule exactly as it is fed to the tools (`compile --format json`), or
//! [`Restore`], complete inputs for them. Nothing can go wrong: whatever the IR holds can be written.
//!
//! COMPAT: the lines equal pve-firewall's byte for byte, since its chain signatures are made over them
//! (spec 05 section 1, spec 08).

mod bridge;
mod ipset;
mod iptables;
mod restore;
mod signature;
mod write;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use restore::{Restore, restore};
pub use signature::signature;
pub(crate) use write::Out;

use crate::Family;
use crate::ir::{ChainName, Ruleset, Set, SetName, Table};

/// Rules by chain, in order.
pub type ChainLines = BTreeMap<String, Vec<String>>;

/// Every line that is fed to the tools, by table and chain; hooks and signatures are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Lines {
    /// The bridge's filter table.
    pub ebtables: ChainLines,
    /// Sets: the `create` line, then the members.
    pub ipset: ChainLines,
    /// The IPv4 tables.
    pub v4: TableLines,
    /// The IPv6 tables.
    pub v6: TableLines,
}

/// The lines of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TableLines {
    /// Table `filter`.
    pub filter: ChainLines,
    /// Table `raw`.
    pub raw: ChainLines,
}

/// All lines of a ruleset.
pub fn lines(ruleset: &Ruleset) -> Lines {
    let family = |family: Family| {
        let tables = ruleset.tables(family);
        TableLines { filter: table_lines(&tables.filter), raw: table_lines(&tables.raw) }
    };
    Lines {
        ebtables: ruleset
            .bridge
            .chains
            .iter()
            .map(|(name, chain)| {
                let line = |rule| written(|out| bridge::rule(out, *name, rule));
                (name.to_string(), chain.rules.iter().map(line).collect())
            })
            .collect(),
        ipset: ruleset.sets.iter().map(|(name, set)| (name.to_string(), set_lines(*name, set))).collect(),
        v4: family(Family::V4),
        v6: family(Family::V6),
    }
}

fn table_lines(table: &Table) -> ChainLines {
    let chain_lines = |name: ChainName, rules: &[crate::ir::Rule]| {
        rules.iter().map(|rule| written(|out| iptables::rule(out, name, rule))).collect()
    };
    table.chains.iter().map(|(name, chain)| (name.to_string(), chain_lines(*name, &chain.rules))).collect()
}

/// The lines of a set: `create`, then a line a member.
pub fn set_lines(name: SetName, set: &Set) -> Vec<String> {
    let create = written(|out| ipset::create(out, name, set));
    let members = set.members.iter().map(|member| written(|out| ipset::add(out, name, member)));
    core::iter::once(create).chain(members).collect()
}

/// The line of a rule.
pub fn rule_line(chain: ChainName, rule: &crate::ir::Rule) -> String {
    written(|out| iptables::rule(out, chain, rule))
}

/// The line of a bridge rule.
pub fn bridge_line(chain: ChainName, rule: &crate::ir::BridgeRule) -> String {
    written(|out| bridge::rule(out, chain, rule))
}

/// Writes a network as a member of a set.
pub(crate) fn net(out: &mut Out, net: ipnet::IpNet) {
    write::net(out, net);
}

/// The text of a network as a member of a set.
pub(crate) fn net_text(net: ipnet::IpNet) -> String {
    written(|out| write::net(out, net))
}

fn written(write: impl FnOnce(&mut Out)) -> String {
    let mut line = Out::default();
    write(&mut line);
    line.into_string()
}
