//! Complete inputs of the four restore tools.

use alloc::string::String;
use alloc::vec::Vec;

use super::signature::Signature;
use super::write::Out;
use super::{bridge, ipset, iptables};
use crate::ir::{BridgeTable, Ruleset, Table, Tables};
use crate::parallel::both;

/// Bytes of a line, on average at most.
const LINE: usize = 96;

/// What each tool is fed with to load a ruleset onto a node that has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// For `ipset restore`; goes first.
    pub ipset: String,
    /// For `ebtables-restore`. It has no `COMMIT` line, as pve-firewall's (spec 08 section 3.3).
    pub ebtables: String,
    /// For `iptables-restore --noflush`.
    pub iptables: String,
    /// For `ip6tables-restore --noflush`.
    pub ip6tables: String,
}

/// Fewer chains are not worth a thread.
const CHAINS_A_THREAD: usize = 200;

/// Writes a whole ruleset. Chains are declared (which empties them), filled, hooked and signed; a table without chains
/// is left out.
pub fn restore(ruleset: &Ruleset) -> Restore {
    // Two halves of about the same size, unless it would take longer to start a thread than to write all.
    let large = ruleset.v4.filter.chains.len() > CHAINS_A_THREAD;
    let (v4, (v6, ipset, ebtables)) = both(
        large,
        || tables(&ruleset.v4),
        || (tables(&ruleset.v6), sets(ruleset), bridge_table(&ruleset.bridge)),
    );
    Restore { ipset, ebtables, iptables: v4, ip6tables: v6 }
}

fn sets(ruleset: &Ruleset) -> String {
    let members: usize = ruleset.sets.values().map(|set| set.members.len() + 1).sum();
    let mut out = Out::with_capacity(members.saturating_mul(LINE));
    for (name, set) in &ruleset.sets {
        ipset::create(&mut out, *name, set);
        out.push(b'\n');
        for member in &set.members {
            ipset::add(&mut out, *name, member);
            out.push(b'\n');
        }
    }
    out.into_string()
}

fn bridge_table(table: &BridgeTable) -> String {
    if table.chains.is_empty() {
        return String::new();
    }
    let rules: usize = table.chains.values().map(|chain| chain.rules.len() + 1).sum();
    let mut out = Out::with_capacity(rules.saturating_mul(LINE));
    out.push_str("*filter\n");
    for name in table.chains.keys() {
        out.push(b':');
        out.push_bytes(name.as_bytes());
        out.push_str(" ACCEPT\n");
    }
    for (name, chain) in &table.chains {
        for rule in &chain.rules {
            bridge::rule(&mut out, *name, rule);
            out.push(b'\n');
        }
    }
    if let Some(chain) = table.forward {
        out.push_str("-A FORWARD -j ");
        out.push_bytes(chain.as_bytes());
        out.push(b'\n');
    }
    out.into_string()
}

fn tables(tables: &Tables) -> String {
    let tables = [("filter", &tables.filter), ("raw", &tables.raw)];
    // Growing step by step would copy everything several times; what is not needed of this is never touched.
    let rules = |table: &Table| table.chains.values().map(|chain| chain.rules.len() + 2).sum::<usize>();
    let lines: usize = tables.iter().map(|(_, table)| rules(table)).sum();
    let mut out = Out::with_capacity(lines.saturating_mul(LINE));
    for (name, table) in tables {
        self::table(&mut out, name, table);
    }
    out.into_string()
}

fn table(out: &mut Out, name: &str, table: &Table) {
    if table.chains.is_empty() {
        return;
    }
    out.push(b'*');
    out.push_str(name);
    out.push(b'\n');
    for chain in table.chains.keys() {
        out.push(b':');
        out.push_bytes(chain.as_bytes());
        out.push_str(" - [0:0]\n");
    }
    for hook in &table.hooks {
        out.push_str("-A ");
        out.push_str(hook.from.name());
        out.push_str(" -j ");
        out.push_bytes(hook.to.as_bytes());
        out.push(b'\n');
    }
    // Signatures are made over the lines of a chain without what separates them.
    let mut lines = Out::default();
    let mut ends = Vec::new();
    for (name, chain) in &table.chains {
        lines.clear();
        ends.clear();
        for rule in &chain.rules {
            iptables::rule(&mut lines, *name, rule);
            ends.push(lines.as_bytes().len());
        }
        let mut signature = Signature::new();
        signature.add(lines.as_bytes());
        let mut start = 0;
        for end in &ends {
            out.push_bytes(lines.as_bytes().get(start..*end).unwrap_or_default());
            out.push(b'\n');
            start = *end;
        }
        out.push_str("-A ");
        out.push_bytes(name.as_bytes());
        out.push_str(" -m comment --comment \"PVESIG:");
        out.push_str(signature.finish(&mut [0; Signature::LENGTH]));
        out.push_str("\"\n");
    }
    out.push_str("COMMIT\n");
}
