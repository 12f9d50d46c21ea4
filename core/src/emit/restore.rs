//! Complete inputs of the four restore tools.

use alloc::string::String;

use super::{bridge, ipset, iptables, signature};
use crate::Family;
use crate::ir::{Ruleset, Table};

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

/// Writes a whole ruleset. Chains are declared (which empties them), filled, hooked and signed; a table without chains
/// is left out.
pub fn restore(ruleset: &Ruleset) -> Restore {
    let mut texts = Restore::default();
    for (name, set) in &ruleset.sets {
        ipset::create(&mut texts.ipset, name.as_str(), set);
        texts.ipset.push('\n');
        for member in &set.members {
            ipset::add(&mut texts.ipset, name.as_str(), member);
            texts.ipset.push('\n');
        }
    }
    if !ruleset.bridge.chains.is_empty() {
        texts.ebtables.push_str("*filter\n");
        for name in ruleset.bridge.chains.keys() {
            texts.ebtables.push(':');
            texts.ebtables.push_str(name.as_str());
            texts.ebtables.push_str(" ACCEPT\n");
        }
        for (name, chain) in &ruleset.bridge.chains {
            for rule in &chain.rules {
                bridge::rule(&mut texts.ebtables, *name, rule);
                texts.ebtables.push('\n');
            }
        }
        if let Some(chain) = ruleset.bridge.forward {
            texts.ebtables.push_str("-A FORWARD -j ");
            texts.ebtables.push_str(chain.as_str());
            texts.ebtables.push('\n');
        }
    }
    for (family, out) in [(Family::V4, &mut texts.iptables), (Family::V6, &mut texts.ip6tables)] {
        let tables = ruleset.tables(family);
        table(out, "filter", &tables.filter);
        table(out, "raw", &tables.raw);
    }
    texts
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
        let start = out.len();
        for rule in &chain.rules {
            iptables::rule(out, *name, rule);
            out.push('\n');
        }
        let signature = signature(out.get(start..).unwrap_or_default().lines());
        out.push_str("-A ");
        out.push_str(name.as_str());
        out.push_str(" -m comment --comment \"PVESIG:");
        out.push_str(&signature);
        out.push_str("\"\n");
    }
    out.push_str("COMMIT\n");
}
