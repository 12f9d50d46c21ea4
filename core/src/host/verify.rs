//! Whether the kernel has what was loaded. Pure: rules as read back and as wanted in, differences out.
//!
//! The tools print other words than they were fed with, so rules are compared as IR in the form that loading and dumping
//! leaves alone ([`readback::normal`]). What was dumped and put back is compared by its text.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::plan::{BridgeLoading, Compare, Kernel, Plan, Suspects, Wanted};
use super::rules::{Rules, Table};
use super::store::Form;
use super::tool::Tool;
use crate::Family;
use crate::diag::Sink;
use crate::diff::TableId;
use crate::ir::{self, Ruleset};
use crate::readback::{self, Saved};
use crate::text::Files;

/// Differences that are named; more are counted.
const MOST_NAMED: usize = 5;

/// Where `have`, read back, is not `want`: a sentence each. Rules are looked at in the chains of `sent` only: those whose
/// signature was there before were not touched.
pub fn differences(have: &Kernel, want: &Rules, form: Form, sent: &[(TableId, Box<str>)]) -> Vec<String> {
    let mut found = structure(have, want, form);
    if form == Form::Made {
        found.extend(contents(&have.rules, want, sent));
    }
    shorten(found)
}

/// Where chains, hooks or sets are not those that are wanted. Signatures speak for chains that were compiled.
pub(super) fn structure(have: &Kernel, want: &Rules, form: Form) -> Vec<String> {
    let none = Suspects::new();
    let compare = match form {
        Form::Made => Compare::Signatures(&none),
        Form::Found => Compare::Text,
    };
    let plan = Plan::new(have, Wanted { rules: want, compare }, BridgeLoading::Chains);
    let mut found = Vec::new();
    for (table, changes) in &plan.tables {
        let table = name(*table);
        let named = |names: &[Box<str>], what: &str| -> Vec<String> {
            names.iter().map(|name| format!("{table}: chain `{name}` {what}")).collect()
        };
        found.extend(named(&changes.chains.created, "is missing"));
        found.extend(named(&changes.chains.changed, "is another one"));
        found.extend(named(&changes.chains.removed, "is there but unwanted"));
        found.extend(
            changes.hooked.iter().map(|(from, _)| format!("{table}: the hook in `{from}` is missing")),
        );
        found.extend(
            changes.unhooked.iter().map(|(from, _)| format!("{table}: the hook in `{from}` is unwanted")),
        );
    }
    let named = |names: &[Box<str>], what: &str| -> Vec<String> {
        names.iter().map(|name| format!("set `{name}` {what}")).collect()
    };
    found.extend(named(&plan.sets.created, "is missing"));
    found.extend(named(&plan.sets.changed, "is another one"));
    found.extend(named(&plan.sets.removed, "is there but unwanted"));
    found
}

/// The first of some differences, and how many more there are.
pub(super) fn shorten(mut found: Vec<String>) -> Vec<String> {
    let more = found.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        found.truncate(MOST_NAMED);
        found.push(format!("{more} more"));
    }
    found
}

/// The name of a table, for messages.
pub fn name(table: TableId) -> &'static str {
    match table {
        TableId::Filter(Family::V4) => "iptables filter",
        TableId::Raw(Family::V4) => "iptables raw",
        TableId::Filter(Family::V6) => "ip6tables filter",
        TableId::Raw(Family::V6) => "ip6tables raw",
        TableId::Bridge => "ebtables filter",
    }
}

/// Chains whose rules are not the ones wanted.
pub(super) fn contents(have: &Rules, want: &Rules, sent: &[(TableId, Box<str>)]) -> Vec<String> {
    let mut found = Vec::new();
    for family in Family::BOTH {
        let of = |rules| Meaning::of(family, rules, want, sent);
        found.extend(of(have).differences(&of(want), sent));
    }
    found
}

/// Those of some chains that mean something else than what is wanted, whatever their signatures say.
pub(super) fn unlike(have: &Rules, want: &Rules, chains: &[(TableId, Box<str>)]) -> Suspects {
    let mut found = Suspects::new();
    for family in Family::BOTH {
        let [have, want] = [have, want].map(|rules| Meaning::of(family, rules, want, chains).chains);
        found
            .extend(have.into_iter().filter(|(key, chain)| want.get(key) != Some(chain)).map(|(key, _)| key));
    }
    found
}

/// What the chains of a family that were sent mean.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) family: Family,
    chains: BTreeMap<(TableId, Box<str>), ir::Chain>,
}

impl Meaning {
    /// Reads them. `names` has the names of all chains.
    pub(super) fn of(family: Family, rules: &Rules, names: &Rules, sent: &[(TableId, Box<str>)]) -> Self {
        let sent: Vec<_> = sent.iter().filter(|(table, _)| table.family() == Some(family)).collect();
        let chains = if sent.is_empty() { BTreeMap::new() } else { meaning(family, rules, names, &sent) };
        Self { family, chains }
    }

    /// Where they do not mean the same.
    pub(super) fn differences(&self, want: &Self, sent: &[(TableId, Box<str>)]) -> Vec<String> {
        let sent = sent.iter().filter(|(table, _)| table.family() == Some(self.family));
        differing(&self.chains, &want.chains, sent)
    }
}

fn differing<'s>(
    have: &BTreeMap<(TableId, Box<str>), ir::Chain>,
    want: &BTreeMap<(TableId, Box<str>), ir::Chain>,
    sent: impl Iterator<Item = &'s (TableId, Box<str>)>,
) -> Vec<String> {
    let mut found = Vec::new();
    for key in sent {
        let (id, chain) = key;
        let (have, want) = (have.get(key), want.get(key));
        match (have, want) {
            (Some(have), Some(want)) if have == want => {}
            (have, want) => {
                let rules = |side: Option<&ir::Chain>| side.map_or(0, |chain| chain.rules.len());
                found.push(format!(
                    "{}: chain `{chain}` has not the rules it was loaded with ({} for {})",
                    name(*id),
                    rules(have),
                    rules(want)
                ));
            }
        }
    }
    found
}

/// What some chains mean.
fn meaning(
    family: Family,
    rules: &Rules,
    names: &Rules,
    sent: &[&(TableId, Box<str>)],
) -> BTreeMap<(TableId, Box<str>), ir::Chain> {
    let mut text = String::new();
    for id in [TableId::Filter(family), TableId::Raw(family)] {
        let chains: Vec<&str> =
            sent.iter().filter(|(table, _)| *table == id).map(|(_, name)| name.as_ref()).collect();
        if !chains.is_empty() {
            write(id, rules.table(id), names.table(id), &chains, &mut text);
        }
    }
    let (mut files, mut sink) = (Files::new(), Sink::new());
    let file = Some(files.add(Tool::of(family).name(), text));
    let saved = match family {
        Family::V4 => Saved { iptables: file, ..Saved::default() },
        Family::V6 => Saved { ip6tables: file, ..Saved::default() },
    };
    let ruleset: Ruleset = readback::normal(&readback::read(&files, &saved, &mut sink).ours().ruleset);
    let mut found = BTreeMap::new();
    let tables = ruleset.tables(family);
    for (id, table) in [(TableId::Filter(family), &tables.filter), (TableId::Raw(family), &tables.raw)] {
        let chains = table.chains.iter().filter(|(_, chain)| !chain.rules.is_empty());
        found.extend(chains.map(|(name, chain)| ((id, Box::from(name.as_str())), chain.clone())));
    }
    for (id, name) in sent {
        found.entry((*id, name.clone())).or_default();
    }
    found
}

/// Some chains of a table, with the names of those they jump to, so that jumps are understood.
fn write(id: TableId, table: &Table, names: &Table, chains: &[&str], out: &mut String) {
    out.extend(["*", id.name(), "\n"]);
    let chains: Vec<_> = chains.iter().filter_map(|name| Some((*name, table.chains.get(*name)?))).collect();
    let declared = chains.iter().map(|(name, _)| *name);
    let targets = chains.iter().flat_map(|(_, chain)| targets(&chain.lines));
    let declared: BTreeSet<&str> =
        declared.chain(targets.filter(|name| names.chains.contains_key(*name))).collect();
    for name in declared {
        out.extend([":", name, " - [0:0]\n"]);
    }
    for (name, chain) in chains {
        chain.fill(name, out);
    }
    out.push_str("COMMIT\n");
}

/// What the rules of a chain jump or go to: chains, and the kernel's own targets.
fn targets(lines: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    lines
        .split_ascii_whitespace()
        .filter(move |word| matches!(core::mem::replace(&mut before, word), "-j" | "-g"))
}

/// The text of a chain in a few bytes, to know it again.
pub(super) fn digest(chain: &super::rules::Chain) -> String {
    crate::emit::signature([chain.lines.as_str(), chain.signature.as_deref().unwrap_or_default()])
}
