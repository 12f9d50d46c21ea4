//! Rulesets and what is read back of them.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Debug;

use pvefw_core::Family;
use pvefw_core::diag::{Sink, render};
use pvefw_core::emit::{self, Restore};
use pvefw_core::ir::Ruleset;
use pvefw_core::readback::{self, Saved};
use pvefw_core::text::Files;

/// Writes a ruleset and reads the texts back.
///
/// # Errors
/// Where something else is read than was written.
pub fn round_trip(ruleset: &Ruleset) -> Result<(), String> {
    let (files, saved) = written(ruleset);
    let have = ours(&files, &saved)?;
    let mut found = differences(&have, ruleset);
    let normal = readback::normal(ruleset);
    found.extend(differences(&readback::normal(&normal), &normal));
    if have != *ruleset && found.is_empty() {
        found.push("the rulesets differ".to_owned());
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// What the tools are fed with, as dumps.
pub fn written(ruleset: &Ruleset) -> (Files, Saved) {
    let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(ruleset);
    let mut files = Files::new();
    let saved = Saved {
        iptables: Some(files.add("iptables-save", iptables)),
        ip6tables: Some(files.add("ip6tables-save", ip6tables)),
        ipset: Some(files.add("ipset", ipset)),
        ebtables: Some(files.add("ebtables", ebtables)),
    };
    (files, saved)
}

/// Our part of dumps in which nothing is wrong.
///
/// # Errors
/// What is wrong or strange in them.
pub fn ours(files: &Files, saved: &Saved) -> Result<Ruleset, String> {
    let mut sink = Sink::new();
    let ours = readback::read(files, saved, &mut sink).ours();
    let wrong = sink.into_sorted().iter().map(|found| render::concise(found, files)).collect::<Vec<_>>();
    let line = |span: &pvefw_core::text::Span| {
        format!("not understood: {}", String::from_utf8_lossy(span.of(files.text(span.file))))
    };
    let found: Vec<_> = wrong.into_iter().chain(ours.strange.iter().map(line)).collect();
    if found.is_empty() { Ok(ours.ruleset) } else { Err(found.join("; ")) }
}

/// Where two rulesets differ: one line each, the wanted one's first.
pub fn differences(have: &Ruleset, want: &Ruleset) -> Vec<String> {
    let mut found = Vec::new();
    for family in Family::BOTH {
        for (table, have, want) in [
            ("filter", &have.tables(family).filter, &want.tables(family).filter),
            ("raw", &have.tables(family).raw, &want.tables(family).raw),
        ] {
            let place = format!("{} {table}", family.name());
            compare(&mut found, &place, &have.hooks, &want.hooks);
            maps(&mut found, &place, &have.chains, &want.chains, |chain| &chain.rules);
        }
    }
    maps(&mut found, "ipset", &have.sets, &want.sets, core::slice::from_ref);
    compare(&mut found, "bridge", &[have.bridge.forward], &[want.bridge.forward]);
    maps(&mut found, "bridge", &have.bridge.chains, &want.bridge.chains, |chain| &chain.rules);
    found
}

fn maps<K: Ord + Debug, C, V: PartialEq + Debug>(
    found: &mut Vec<String>,
    place: &str,
    have: &BTreeMap<K, C>,
    want: &BTreeMap<K, C>,
    rules: fn(&C) -> &[V],
) {
    for name in have.keys().chain(want.keys()).collect::<BTreeSet<_>>() {
        if have.contains_key(name) != want.contains_key(name) {
            found.push(format!("{place} {name:?}: only one has it"));
        }
        let place = format!("{place} {name:?}");
        compare(found, &place, of(have, name, rules), of(want, name, rules));
    }
}

fn compare<V: PartialEq + Debug>(found: &mut Vec<String>, place: &str, have: &[V], want: &[V]) {
    if have.len() != want.len() {
        found.push(format!("{place}: {} instead of {}", have.len(), want.len()));
    }
    for (have, want) in have.iter().zip(want).filter(|(have, want)| have != want) {
        found.push(format!("{place}:\n  {want:?}\n  {have:?}"));
    }
}

fn of<'c, K: Ord, C, V>(chains: &'c BTreeMap<K, C>, name: &K, rules: fn(&C) -> &[V]) -> &'c [V] {
    chains.get(name).map(rules).unwrap_or_default()
}
