//! Chains, their rules, and the jumps to them.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::mem::discriminant;

use super::places::Places;
use super::sequence::{Numbers, kept};
use super::{ChainDiff, Change, HookChange, Line, Placed, Presence, RuleRef, TableId};
use crate::ir::{BuiltIn, ChainName, Hook, HookPoint, Maker, Ruleset, Table};

/// The chains that differ.
pub(super) fn chains<'r>(old: &'r Ruleset, new: &'r Ruleset, places: &mut Places<'r>) -> Vec<ChainDiff<'r>> {
    let mut chains = Vec::new();
    for table in TableId::ALL {
        let (before, after) = (rules_of(old, table), rules_of(new, table));
        let mut names: Vec<ChainName> = before.keys().chain(after.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (old, new) = (before.get(&name), after.get(&name));
            let presence = Presence::of(old, new);
            let rules = |all: Option<&Rules<'r>>| all.map(Rules::all).unwrap_or_default();
            let same = match (old, new) {
                (Some(Rules::Ip(old)), Some(Rules::Ip(new))) => old == new,
                (Some(Rules::Bridge(old)), Some(Rules::Bridge(new))) => old == new,
                _ => false,
            };
            if !same {
                chains.push(ChainDiff {
                    table,
                    name,
                    presence,
                    rules: changes(&rules(old), &rules(new), places),
                });
            }
        }
    }
    chains
}

/// The rules of a chain.
enum Rules<'r> {
    Ip(&'r [crate::ir::Rule]),
    Bridge(&'r [crate::ir::BridgeRule]),
}

impl<'r> Rules<'r> {
    fn all(&self) -> Vec<RuleRef<'r>> {
        match self {
            Self::Ip(rules) => rules.iter().map(RuleRef::Ip).collect(),
            Self::Bridge(rules) => rules.iter().map(RuleRef::Bridge).collect(),
        }
    }
}

fn table(ruleset: &Ruleset, table: TableId) -> Option<&Table> {
    match table {
        TableId::Filter(family) => Some(&ruleset.tables(family).filter),
        TableId::Raw(family) => Some(&ruleset.tables(family).raw),
        TableId::Bridge => None,
    }
}

fn rules_of(ruleset: &Ruleset, id: TableId) -> BTreeMap<ChainName, Rules<'_>> {
    let bridge = (id == TableId::Bridge).then_some(&ruleset.bridge.chains).into_iter().flatten();
    let bridge = bridge.map(|(name, chain)| (*name, Rules::Bridge(&chain.rules)));
    let ip = table(ruleset, id).into_iter().flat_map(|table| &table.chains);
    ip.map(|(name, chain)| (*name, Rules::Ip(&chain.rules))).chain(bridge).collect()
}

/// A rule that does not stay, and the number of rules before it that do.
#[derive(Clone, Copy)]
struct Loose<'r> {
    placed: Placed<'r>,
    gap: usize,
}

fn changes<'r>(old: &[RuleRef<'r>], new: &[RuleRef<'r>], places: &mut Places<'r>) -> Vec<Change<Placed<'r>>> {
    let kept = staying(old, new, places);
    let mut removed = loose(old, kept.iter().map(|(old, _)| *old));
    let mut added = loose(new, kept.iter().map(|(_, new)| *new));
    let mut changes: Vec<(usize, Change<Placed>)> = Vec::new();
    // The changes of one chain in its order: what is gone before what has come to the same place.
    let mut join = |pairs: Vec<(usize, usize)>,
                    removed: &mut Vec<Option<Loose<'r>>>,
                    added: &mut Vec<Option<Loose<'r>>>| {
        for (old, new) in pairs {
            let old = removed.get_mut(old).and_then(Option::take);
            let new = added.get_mut(new).and_then(Option::take);
            if let (Some(old), Some(new)) = (old, new) {
                let (gap, old, new) = (new.gap, old.placed, new.placed);
                let moved = old.rule == new.rule;
                let change = if moved { Change::Moved { old, new } } else { Change::Changed { old, new } };
                changes.push((gap, change));
            }
        }
    };
    let pairs = moved(&removed, &added);
    join(pairs, &mut removed, &mut added);
    let pairs = of_one_line(&removed, &added, places);
    join(pairs, &mut removed, &mut added);
    let pairs = in_one_place(&removed, &added);
    join(pairs, &mut removed, &mut added);
    let gone = removed.into_iter().flatten().map(|old| (old.gap, Change::Removed(old.placed)));
    let come = added.into_iter().flatten().map(|new| (new.gap, Change::Added(new.placed)));
    changes.extend(gone.chain(come));
    changes.sort_by_key(|(gap, change)| match change.after() {
        None => (*gap, false, change.before().map(|old| old.index)),
        Some(new) => (*gap, true, Some(new.index)),
    });
    changes.into_iter().map(|(_, change)| change).collect()
}

/// The rules that stay. Where either of two could have moved past the other, it is the one whose line has.
fn staying<'r>(old: &[RuleRef<'r>], new: &[RuleRef<'r>], places: &mut Places<'r>) -> Vec<(usize, usize)> {
    let mut still = |rule: RuleRef<'r>, before: bool| {
        let line = if before {
            places.old_line(rule.origin())
        } else {
            places.new_line(rule.origin()).and_then(|line| places.been(line))
        };
        !line.is_some_and(|line| places.moved(line))
    };
    let mut unmoved = |all: &[RuleRef<'r>], before: bool| -> (Vec<usize>, Vec<RuleRef<'r>>) {
        all.iter().copied().enumerate().filter(|(_, rule)| still(*rule, before)).unzip()
    };
    let ((old_at, before), (new_at, after)) = (unmoved(old, true), unmoved(new, false));
    let original = |(a, b): (usize, usize)| Some((*old_at.get(a)?, *new_at.get(b)?));
    let anchors = kept(&before, &after).into_iter().filter_map(original);
    // Between two of these, what is in order anyway has not moved as a rule.
    let mut all = Vec::new();
    let mut from = (0, 0);
    for (a, b) in anchors.chain([(old.len(), new.len())]) {
        let (before, after) = (old.get(from.0..a), new.get(from.1..b));
        let between = kept(before.unwrap_or_default(), after.unwrap_or_default());
        all.extend(between.into_iter().map(|(a, b)| (from.0 + a, from.1 + b)));
        all.push((a, b));
        from = (a + 1, b + 1);
    }
    all.pop();
    all
}

fn loose<'r>(all: &[RuleRef<'r>], kept: impl Iterator<Item = usize>) -> Vec<Option<Loose<'r>>> {
    let mut kept = kept.peekable();
    let mut gap = 0;
    let mut loose = Vec::new();
    for (index, rule) in all.iter().enumerate() {
        if kept.next_if_eq(&index).is_some() {
            gap += 1;
        } else {
            loose.push(Some(Loose { placed: Placed { index, rule: *rule }, gap }));
        }
    }
    loose
}

/// Those that are there, with their indices.
fn left<'l, 'r>(all: &'l [Option<Loose<'r>>]) -> impl Iterator<Item = (usize, &'l Loose<'r>)> {
    all.iter().enumerate().filter_map(|(index, loose)| Some((index, loose.as_ref()?)))
}

/// Equal rules.
fn moved(removed: &[Option<Loose<'_>>], added: &[Option<Loose<'_>>]) -> Vec<(usize, usize)> {
    let mut numbers = Numbers::default();
    let mut gone: BTreeMap<usize, VecDeque<usize>> = BTreeMap::new();
    for (index, old) in left(removed) {
        gone.entry(numbers.of(&old.placed.rule)).or_default().push_back(index);
    }
    left(added)
        .filter_map(|(index, new)| {
            let number = numbers.known(&new.placed.rule)?;
            Some((gone.get_mut(&number)?.pop_front()?, index))
        })
        .collect()
}

/// Rules that the same line makes in the same way; if it makes several so, those that do the same.
fn of_one_line<'r>(
    removed: &[Option<Loose<'r>>],
    added: &[Option<Loose<'r>>],
    places: &mut Places<'r>,
) -> Vec<(usize, usize)> {
    let mut gone: BTreeMap<Line, Vec<(usize, RuleRef<'r>)>> = BTreeMap::new();
    for (index, old) in left(removed) {
        if let Some(line) = places.old_line(old.placed.rule.origin()) {
            gone.entry(line).or_default().push((index, old.placed.rule));
        }
    }
    let mut pairs = Vec::new();
    let mut other = Vec::new();
    let partner = |gone: &mut Vec<(usize, RuleRef<'r>)>, fits: &dyn Fn(RuleRef<'r>) -> bool| {
        let at = gone.iter().position(|(_, old)| fits(*old))?;
        Some(gone.remove(at).0)
    };
    for (index, new) in left(added) {
        let new = new.placed.rule;
        let Some(line) = places.new_line(new.origin()).and_then(|line| places.been(line)) else { continue };
        let Some(gone) = gone.get_mut(&line) else { continue };
        match partner(gone, &|old| old.origin().maker == new.origin().maker && does_alike(old, new)) {
            Some(old) => pairs.push((old, index)),
            None => other.push((index, new, line)),
        }
    }
    for (index, new, line) in other {
        let gone = gone.get_mut(&line);
        let old = gone.and_then(|gone| partner(gone, &|old| old.origin().maker == new.origin().maker));
        pairs.extend(old.map(|old| (old, index)));
    }
    pairs
}

fn does_alike(old: RuleRef<'_>, new: RuleRef<'_>) -> bool {
    match (old, new) {
        (RuleRef::Ip(old), RuleRef::Ip(new)) => discriminant(&old.target) == discriminant(&new.target),
        (RuleRef::Bridge(old), RuleRef::Bridge(new)) => {
            discriminant(&old.target) == discriminant(&new.target)
        }
        _ => false,
    }
}

/// The only rule of a policy, or of a built-in mechanism, between two that stay. Jumps from chain to chain say nothing
/// without their aim, so another one is another rule.
fn in_one_place(removed: &[Option<Loose<'_>>], added: &[Option<Loose<'_>>]) -> Vec<(usize, usize)> {
    type Slot = Vec<usize>;
    let mut slots: BTreeMap<(usize, Option<BuiltIn>), (Slot, Slot)> = BTreeMap::new();
    let key = |loose: &Loose<'_>| match loose.placed.rule.origin().maker {
        Maker::Policy => Some((loose.gap, None)),
        Maker::BuiltIn(what) if what != BuiltIn::Dispatch => Some((loose.gap, Some(what))),
        _ => None,
    };
    for (index, old) in left(removed) {
        if let Some(key) = key(old) {
            slots.entry(key).or_default().0.push(index);
        }
    }
    for (index, new) in left(added) {
        if let Some(key) = key(new) {
            slots.entry(key).or_default().1.push(index);
        }
    }
    let one = |(old, new): (Slot, Slot)| match (old.as_slice(), new.as_slice()) {
        ([old], [new]) => Some((*old, *new)),
        _ => None,
    };
    slots.into_values().filter_map(one).collect()
}

/// The jumps from the kernel's own chains that differ.
pub(super) fn hooks(old: &Ruleset, new: &Ruleset) -> Vec<HookChange> {
    let mut changes = Vec::new();
    for id in TableId::ALL {
        let (before, after) = (hooks_of(old, id), hooks_of(new, id));
        let kept = kept(&before, &after);
        let change = |index, &(from, to): &(HookPoint, ChainName), added| HookChange {
            table: id,
            from,
            to,
            added,
            index,
        };
        let gone = (before.iter().enumerate()).filter(|(index, _)| !kept.iter().any(|(old, _)| old == index));
        let come = (after.iter().enumerate()).filter(|(index, _)| !kept.iter().any(|(_, new)| new == index));
        changes.extend(gone.map(|(index, hook)| change(index, hook, false)));
        changes.extend(come.map(|(index, hook)| change(index, hook, true)));
    }
    changes
}

fn hooks_of(ruleset: &Ruleset, id: TableId) -> Vec<(HookPoint, ChainName)> {
    match table(ruleset, id) {
        Some(table) => table.hooks.iter().map(|Hook { from, to }| (*from, *to)).collect(),
        None => ruleset.bridge.forward.map(|to| (HookPoint::Forward, to)).into_iter().collect(),
    }
}
