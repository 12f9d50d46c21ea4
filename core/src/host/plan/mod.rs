//! What has to be loaded to get from what the kernel has to what is wanted. Pure: types in, texts out.
//!
//! In: [`Kernel`], as read, and [`Wanted`]. Out: a [`Plan`]: what changes, and the texts to be loaded in their order. A
//! plan without changes has nothing to load. Nothing can go wrong.
//!
//! The order keeps old and new apart as well as four tools can that know nothing of each other:
//!
//! 1. sets that are new, and changed ones under another name ([`Kind::PrepareSets`]): no packet meets them yet;
//! 2. the bridge's table, at one stroke: it can't be tested before, so it goes while nothing else has to be undone;
//! 3. IPv4 rules, each table at one stroke; then the sets of IPv4 swap their contents ([`Kind::SwapSets`]);
//! 4. the same for IPv6, whose packets meet neither rules nor sets of IPv4;
//! 5. old contents and sets that nobody names any more go ([`Kind::RemoveSets`]).
//!
//! INVARIANT: a chain is declared, filled and signed in one text that the kernel takes as a whole or not at all. So a
//! signature stands in the kernel only behind the rules that it signs, whenever a run may have ended.

mod bridge;
mod sample;
mod words;

pub use sample::sample;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rules::{Chain, Rules, Set, Table};
use super::tool::Tool;
use crate::Family;
use crate::diff::TableId;

/// How a set is called whose contents are to take the place of another's.
const SWAP: &str = "_swap";

/// What is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Our part.
    pub rules: Rules,
    /// The bridge's tables as dumped, with the rules of others.
    pub bridge: String,
}

/// How a tool takes changes of the bridge's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeLoading {
    /// Chain by chain, as iptables does (`ebtables-nft-restore --noflush`).
    Chains,
    /// Only the whole table, with the rules of others in it (`ebtables-legacy-restore`).
    WholeTable,
}

/// How what is loaded is told from what is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Compare<'a> {
    /// By signature, for rules as they are compiled, which the tools print in other words. Chains named here are taken
    /// for changed whatever their signature says.
    Signatures(&'a Suspects),
    /// By text, for rules that were dumped.
    Text,
}

/// Chains in which somebody else has changed something.
pub type Suspects = BTreeSet<(TableId, Box<str>)>;

/// What is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// All of it.
    pub rules: &'a Rules,
    /// How it is told from what is there.
    pub compare: Compare<'a>,
}

/// The way from one to the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What changes in each table that changes.
    pub tables: Vec<(TableId, TableChanges)>,
    /// Which sets change.
    pub sets: Changes,
    /// What to load, in this order.
    pub loads: Vec<Load>,
}

/// Names of what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New ones.
    pub created: Vec<Box<str>>,
    /// Those with other content.
    pub changed: Vec<Box<str>>,
    /// Those that go.
    pub removed: Vec<Box<str>>,
}

/// What changes in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableChanges {
    /// Chains.
    pub chains: Changes,
    /// Jumps from the kernel's own chains that come: from, to.
    pub hooked: Vec<(Box<str>, Box<str>)>,
    /// Jumps that go.
    pub unhooked: Vec<(Box<str>, Box<str>)>,
}

/// Something to feed to a restore tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The tool.
    pub tool: Tool,
    /// What it does.
    pub kind: Kind,
    /// Its input.
    pub text: String,
}

/// What a load does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New sets are made, changed ones under another name.
    PrepareSets,
    /// Tables change.
    Rules,
    /// Sets get their new contents.
    SwapSets,
    /// Sets that are no longer needed go.
    RemoveSets,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Those that are sent: new or changed.
    pub fn sent(&self) -> impl Iterator<Item = &str> {
        self.created.iter().chain(&self.changed).map(AsRef::as_ref)
    }
}

impl TableChanges {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.hooked.is_empty() && self.unhooked.is_empty()
    }
}

impl Plan {
    /// The chains that are sent.
    pub fn sent(&self) -> impl Iterator<Item = (TableId, Box<str>)> {
        self.tables.iter().flat_map(|(id, changes)| changes.chains.sent().map(|name| (*id, name.into())))
    }

    /// Makes the plan.
    pub fn new(kernel: &Kernel, wanted: Wanted<'_>, bridge: BridgeLoading) -> Self {
        let mut plan = Self::default();
        let mut texts = [String::new(), String::new()];
        for (text, family) in texts.iter_mut().zip(Family::BOTH) {
            let pairs =
                kernel.rules.tables(family).named().into_iter().zip(wanted.rules.tables(family).named());
            for ((name, have), (_, want)) in pairs {
                let id = if name == "raw" { TableId::Raw(family) } else { TableId::Filter(family) };
                let changes = TableChanges::new(have, want, |name, have, want| match wanted.compare {
                    Compare::Text => have == want,
                    Compare::Signatures(suspects) => {
                        agree(have, want) && (suspects.is_empty() || !suspects.contains(&(id, name.into())))
                    }
                });
                if !changes.is_empty() {
                    changes.write(name, want, text);
                    plan.tables.push((id, changes));
                }
            }
        }
        let bridge = bridge::load(kernel, wanted, bridge, &mut plan);
        let [v4, v6] = texts;
        plan.sets(&kernel.rules, wanted.rules, [v4, v6], bridge);
        plan
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.loads.is_empty()
    }

    /// Puts the loads in order.
    fn sets(&mut self, have: &Rules, want: &Rules, rules: [String; 2], bridge: String) {
        self.sets = Changes::new(&have.sets, &want.sets, |_, have, want| have.is_same(want));
        let (mut prepare, mut remove) = (String::new(), String::new());
        let mut swaps = [String::new(), String::new()];
        // What a run has left that was killed. It is unwanted, so it is among those to be removed; but its name is needed.
        self.sets.removed.retain(|name| {
            let stale = name.ends_with(SWAP);
            if stale {
                line(&mut prepare, &["destroy ", name]);
            }
            !stale
        });
        let stale = !prepare.is_empty();
        for name in &self.sets.created {
            if let Some(set) = want.sets.get(name) {
                set.write(name, &mut prepare);
            }
        }
        for name in &self.sets.changed {
            let Some(set) = want.sets.get(name) else { continue };
            let aside = format!("{name}{SWAP}");
            set.write(&aside, &mut prepare);
            let [v4, v6] = &mut swaps;
            line(if set.is_v6() { v6 } else { v4 }, &["swap ", &aside, " ", name]);
            line(&mut remove, &["destroy ", &aside]);
        }
        for name in &self.sets.removed {
            line(&mut remove, &["destroy ", name]);
        }
        if stale && self.sets.is_empty() {
            // Nothing else is said of it, but it is a change.
            self.sets.removed.extend(have.sets.keys().filter(|name| name.ends_with(SWAP)).cloned());
        }
        let only_sets = bridge.is_empty() && rules.iter().all(String::is_empty);
        if only_sets {
            for text in [&swaps[0], &swaps[1], &remove] {
                prepare.push_str(text);
            }
            self.load(Tool::Ipset, Kind::PrepareSets, prepare);
            return;
        }
        self.load(Tool::Ipset, Kind::PrepareSets, prepare);
        self.load(Tool::Ebtables, Kind::Rules, bridge);
        for ((family, text), swap) in Family::BOTH.into_iter().zip(rules).zip(swaps) {
            self.load(Tool::of(family), Kind::Rules, text);
            self.load(Tool::Ipset, Kind::SwapSets, swap);
        }
        self.load(Tool::Ipset, Kind::RemoveSets, remove);
    }

    fn load(&mut self, tool: Tool, kind: Kind, text: String) {
        if !text.is_empty() {
            self.loads.push(Load { tool, kind, text });
        }
    }
}

fn line(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
    out.push('\n');
}

/// Whether two chains are signed alike. Where neither is signed, only their text tells.
fn agree(have: &Chain, want: &Chain) -> bool {
    match (&have.signature, &want.signature) {
        (Some(have), Some(want)) => have == want,
        (None, None) => have.lines == want.lines,
        _ => false,
    }
}

impl Set {
    fn is_v6(&self) -> bool {
        self.create.split_whitespace().any(|word| word == "inet6")
    }
}

impl Changes {
    fn new<T>(
        have: &alloc::collections::BTreeMap<Box<str>, T>,
        want: &alloc::collections::BTreeMap<Box<str>, T>,
        same: impl Fn(&str, &T, &T) -> bool,
    ) -> Self {
        let mut changes = Self::default();
        // Both are in order, and thousands long: each is gone through once.
        let mut have = have.iter().peekable();
        for (name, want) in want {
            while let Some((gone, _)) = have.next_if(|(there, _)| *there < name) {
                changes.removed.push(gone.clone());
            }
            match have.next_if(|(there, _)| *there == name) {
                None => changes.created.push(name.clone()),
                Some((_, have)) if same(name, have, want) => {}
                Some(_) => changes.changed.push(name.clone()),
            }
        }
        changes.removed.extend(have.map(|(gone, _)| gone.clone()));
        changes
    }
}

impl TableChanges {
    fn new(have: &Table, want: &Table, same: impl Fn(&str, &Chain, &Chain) -> bool) -> Self {
        let mut unhooked = have.hooks.clone();
        let mut hooked = Vec::new();
        for hook in &want.hooks {
            match unhooked.iter().position(|there| there == hook) {
                Some(at) => drop(unhooked.remove(at)),
                None => hooked.push(hook.clone()),
            }
        }
        Self { chains: Changes::new(&have.chains, &want.chains, same), hooked, unhooked }
    }

    /// Writes them for iptables. Declaring a chain empties it, so nothing is flushed: with `iptables-nft` a hundred `-F`
    /// cost as much as all rules together.
    fn write(&self, name: &str, want: &Table, out: &mut String) {
        line(out, &["*", name]);
        for chain in self.chains.sent().chain(self.chains.removed.iter().map(AsRef::as_ref)) {
            line(out, &[":", chain, " - [0:0]"]);
        }
        self.fill(want, out);
        line(out, &["COMMIT"]);
    }

    /// Hooks, rules, and what goes.
    fn fill(&self, want: &Table, out: &mut String) {
        for (from, to) in &self.hooked {
            line(out, &["-A ", from, " -j ", to]);
        }
        for name in self.chains.sent() {
            if let Some(chain) = want.chains.get(name) {
                chain.fill(name, out);
            }
        }
        for (from, to) in &self.unhooked {
            line(out, &["-D ", from, " -j ", to]);
        }
        for name in &self.chains.removed {
            line(out, &["-X ", name]);
        }
    }
}

#[cfg(test)]
mod tests;
