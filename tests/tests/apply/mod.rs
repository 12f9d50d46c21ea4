//! Follows a diff: the old ruleset with everything that it says is the new one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "part of tests: whatever is wrong here should stop them"
)]

use alloc::collections::BTreeSet;

use pvefw_core::diff::{ChainDiff, Change, Diff, HookChange, Placed, Presence, RuleRef, TableId};
use pvefw_core::ir::{BridgeRule, Hook, Rule, Ruleset, Table};

/// A copy of `old` with the changes made.
pub(crate) fn applied(old: &Ruleset, diff: &Diff<'_>) -> Ruleset {
    let mut ruleset = old.clone();
    for chain in &diff.chains {
        self::chain(&mut ruleset, chain);
    }
    for id in TableId::ALL {
        let hooks: Vec<&HookChange> = diff.hooks.iter().filter(|hook| hook.table == id).collect();
        let Some(table) = table(&mut ruleset, id) else {
            for hook in hooks {
                ruleset.bridge.forward = hook.added.then_some(hook.to);
            }
            continue;
        };
        for hook in hooks.iter().rev().filter(|hook| !hook.added) {
            table.hooks.remove(hook.index);
        }
        for hook in hooks.iter().filter(|hook| hook.added) {
            table.hooks.insert(hook.index, Hook { from: hook.from, to: hook.to });
        }
    }
    for set in &diff.sets {
        let Some(new) = set.new else {
            ruleset.sets.remove(&set.name);
            continue;
        };
        let changed = ruleset.sets.entry(set.name).or_insert_with(|| new.clone());
        if set.presence == Presence::Added {
            changed.members.clear();
        }
        changed.size = set.resized().map_or(changed.size, |(_, size)| size);
        changed.span = new.span;
        let gone = |net| set.members.iter().filter_map(Change::before).any(|member| member.net == net);
        changed.members.retain(|member| !gone(member.net));
        changed.members.extend(set.members.iter().filter_map(Change::after).copied());
        // Members stand in the order of their text; a diff has no order of them.
        let place = |net| new.members.iter().position(|member| member.net == net);
        changed.members.sort_by_key(|member| place(member.net));
    }
    ruleset
}

fn table(ruleset: &mut Ruleset, id: TableId) -> Option<&mut Table> {
    match id {
        TableId::Filter(family) => Some(&mut ruleset.tables_mut(family).filter),
        TableId::Raw(family) => Some(&mut ruleset.tables_mut(family).raw),
        TableId::Bridge => None,
    }
}

fn chain(ruleset: &mut Ruleset, diff: &ChainDiff<'_>) {
    let gone = diff.presence == Presence::Removed;
    if let Some(table) = table(ruleset, diff.table) {
        edit(&mut table.chains.entry(diff.name).or_default().rules, &diff.rules, ip);
        assert!(!gone || table.chains.remove(&diff.name).unwrap().rules.is_empty());
    } else {
        let chains = &mut ruleset.bridge.chains;
        edit(&mut chains.entry(diff.name).or_default().rules, &diff.rules, bridge);
        assert!(!gone || chains.remove(&diff.name).unwrap().rules.is_empty());
    }
}

fn ip(rule: RuleRef<'_>) -> Option<&Rule> {
    match rule {
        RuleRef::Ip(rule) => Some(rule),
        RuleRef::Bridge(_) => None,
    }
}

fn bridge(rule: RuleRef<'_>) -> Option<&BridgeRule> {
    match rule {
        RuleRef::Bridge(rule) => Some(rule),
        RuleRef::Ip(_) => None,
    }
}

/// Takes out what is not where it was, then puts in what is new, from the first to the last.
fn edit<'r, R: Clone + PartialEq + core::fmt::Debug + 'r>(
    rules: &mut Vec<R>,
    changes: &[Change<Placed<'r>>],
    own: impl Fn(RuleRef<'r>) -> Option<&'r R>,
) {
    let before: Vec<Placed<'_>> = changes.iter().filter_map(Change::before).collect();
    for old in &before {
        assert_eq!(&rules[old.index], own(old.rule).unwrap());
    }
    let gone: BTreeSet<usize> = before.iter().map(|old| old.index).collect();
    assert_eq!(gone.len(), before.len(), "a rule is gone twice");
    let mut index = 0..;
    rules.retain(|_| !gone.contains(&index.next().unwrap()));
    for change in changes {
        if let Some(new) = change.after() {
            rules.insert(new.index, own(new.rule).unwrap().clone());
        }
        if let Change::Moved { old, new } = change {
            assert_eq!(old.rule, new.rule);
        }
    }
}
