//! Complete inputs of the four restore tools.

use alloc::string::String;
use alloc::vec::Vec;

use super::signature::Signature;
use super::{bridge, ipset, iptables};
use crate::Family;
use crate::ir::{BridgeTable, Ruleset, Table, Tables};
use crate::parallel::in_runs;

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
    // A thread for each family, unless it would take longer to start it than to write the rules.
    let large = ruleset.v4.filter.chains.len() > CHAINS_A_THREAD;
    let families = in_runs(&Family::BOTH, if large { 1 } else { Family::BOTH.len() }, |families| {
        families.iter().map(|family| tables(ruleset.tables(*family))).collect::<Vec<_>>()
    });
    let mut families = families.into_iter().flatten();
    Restore {
        ipset: sets(ruleset),
        ebtables: bridge_table(&ruleset.bridge),
        iptables: families.next().unwrap_or_default(),
        ip6tables: families.next().unwrap_or_default(),
    }
}

fn sets(ruleset: &Ruleset) -> String {
    let mut out = String::new();
    for (name, set) in &ruleset.sets {
        ipset::create(&mut out, name.as_str(), set);
        out.push('\n');
        for member in &set.members {
            ipset::add(&mut out, name.as_str(), member);
            out.push('\n');
        }
    }
    out
}

fn bridge_table(table: &BridgeTable) -> String {
    let mut out = String::new();
    if table.chains.is_empty() {
        return out;
    }
    out.push_str("*filter\n");
    for name in table.chains.keys() {
        out.push(':');
        out.push_str(name.as_str());
        out.push_str(" ACCEPT\n");
    }
    for (name, chain) in &table.chains {
        for rule in &chain.rules {
            bridge::rule(&mut out, name.as_str(), rule);
            out.push('\n');
        }
    }
    if let Some(chain) = table.forward {
        out.push_str("-A FORWARD -j ");
        out.push_str(chain.as_str());
        out.push('\n');
    }
    out
}

fn tables(tables: &Tables) -> String {
    let mut out = String::new();
    table(&mut out, "filter", &tables.filter);
    table(&mut out, "raw", &tables.raw);
    out
}

fn table(out: &mut String, name: &str, table: &Table) {
    if table.chains.is_empty() {
        return;
    }
    // Growing step by step would copy everything several times; what is not needed of this is never touched.
    let rules: usize = table.chains.values().map(|chain| chain.rules.len() + 1).sum();
    out.reserve(rules.saturating_mul(LINE));
    out.push('*');
    out.push_str(name);
    out.push('\n');
    for chain in table.chains.keys() {
        out.push(':');
        out.push_str(chain.as_str());
        out.push_str(" - [0:0]\n");
    }
    for hook in &table.hooks {
        out.push_str("-A ");
        out.push_str(hook.from.name());
        out.push_str(" -j ");
        out.push_str(hook.to.as_str());
        out.push('\n');
    }
    for (name, chain) in &table.chains {
        let name = name.as_str();
        let mut signature = Signature::new();
        for rule in &chain.rules {
            let start = out.len();
            iptables::rule(out, name, rule);
            signature.line(out.get(start..).unwrap_or_default());
            out.push('\n');
        }
        out.push_str("-A ");
        out.push_str(name);
        out.push_str(" -m comment --comment \"PVESIG:");
        out.push_str(&signature.finish());
        out.push_str("\"\n");
    }
    out.push_str("COMMIT\n");
}
