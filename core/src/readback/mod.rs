//! What is loaded, read from the tools' dumps: `iptables-save`, `ip6tables-save`, `ipset save` and `ebtables-save`.
//!
//! In: any bytes, as files. Out: a [`Dump`] with every table, chain, rule and set there is, those of others included, and
//! diagnostics about lines that can't be. The input of the restore commands has the same form and is read alike, so
//! [`crate::emit`]'s texts are dumps, too.
//!
//! Rules of others use more than [`crate::ir`] can say. A condition or action is therefore one of ours
//! ([`Condition::Known`], [`Action::Known`]), one that others use and that can be decided from a packet, or
//! *unknown*, with its text: whoever follows a packet must take both ways there. Nothing unknown ever becomes part of IR.
//!
//! [`Dump::ours`] is the way back to [`crate::ir::Ruleset`]: what pve-firewall or pvefw has loaded.
//!
mod bridge;
mod condition;
mod dump;
mod ipset;
mod normal;
mod ours;
mod rule;
mod save;
mod target;
mod value;
mod words;

pub use dump::{
    Action, BridgeAction, BridgeCondition, BridgeRule, BridgeTableName, BridgeTables, BridgeTest, Chain,
    Change, Condition, Counters, Dump, ForeignTest, PacketType, Policy, Rule, Set, SetMembers, Table,
    TableName, Tables,
};

pub use normal::normal;
pub use ours::Ours;
#[cfg(all(feature = "host", target_os = "linux"))]
pub(crate) use ours::{is_our_bridge_chain, is_our_chain, is_our_set};

use crate::Family;
use crate::diag::Sink;
use crate::text::{FileId, Files};

/// The dumps of a node; one that is missing counts as empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// `iptables-save`.
    pub iptables: Option<FileId>,
    /// `ip6tables-save`.
    pub ip6tables: Option<FileId>,
    /// `ipset save`.
    pub ipset: Option<FileId>,
    /// `ebtables-save`.
    pub ebtables: Option<FileId>,
}

/// Reads dumps, and reports every line that is not understood as a whole.
pub fn read(files: &Files, saved: &Saved, sink: &mut Sink) -> Dump {
    let mut family = |file: Option<FileId>, family| {
        file.map(|file| save::read(&Ip(family), files, file, sink)).unwrap_or_default()
    };
    let (v4, v6) = (family(saved.iptables, Family::V4), family(saved.ip6tables, Family::V6));
    Dump {
        v4,
        v6,
        sets: saved.ipset.map(|file| ipset::read(files, file, sink)).unwrap_or_default(),
        bridge: saved.ebtables.map(|file| save::read(&bridge::Bridge, files, file, sink)).unwrap_or_default(),
    }
}

/// `iptables-save` and `ip6tables-save`.
struct Ip(Family);

impl save::Dialect for Ip {
    type Table = TableName;
    type Rule = Rule;
    const COMMITS: bool = true;

    fn rule(&self, line: &save::RuleLine<'_>) -> Rule {
        let rule::Parts { conditions, action, comment } = rule::read(line, self.0);
        Rule { conditions, action, span: line.span, comment, counters: line.counters }
    }
}

#[cfg(test)]
mod tests;
