//! The rulesets that tests load and read back: those of all conformance cases, of all scenarios, of the example
//! datacenter, of datacenters with every name there is, and of real ones with random damage.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Debug;
use std::path::Path;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use pvefw_core::Family;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Ruleset;
use pvefw_tests::load::load as read_scenarios;
use pvefw_tests::run::run;
use pvefw_tests::{conformance, root};

/// How many damaged datacenters; the same ones on every run. `PROPTEST_CASES` asks for more.
const DAMAGED: usize = 100;

/// Scenarios whose rulesets can be neither loaded nor read here, and why.
const ELSEWHERE: [(&str, &str); 1] =
    [("A node may have other names", "the service is in no list of services that this machine has")];

/// Every ruleset there is, by name.
pub(crate) fn rulesets() -> Result<Vec<(String, Ruleset)>, String> {
    let mut found = Vec::new();
    for case in conformance::cases()? {
        found.push((case.name.clone(), case.compile()?));
    }
    for path in root::files(&root::package().join("suite"))? {
        let name = path.strip_prefix(root::package()).unwrap_or(&path).display().to_string();
        let text = String::from_utf8_lossy(&root::read(&path)?).into_owned();
        for case in read_scenarios(&name, &text)?.cases {
            if ELSEWHERE.iter().any(|(title, _)| *title == case.title) {
                continue;
            }
            found.push((format!("{name}: {}", case.title), run(&case)?.ruleset().clone()));
        }
    }
    let example = root::datacenter(&root::package().join(Path::new("../examples/datacenter")))?;
    let nodes: Vec<String> = example.nodes().into_iter().map(str::to_owned).collect();
    for node in nodes {
        let facts = Facts { node: Some(node.clone()), ..Facts::default() };
        found.push((format!("example, {node}"), example.compile(&facts).0));
    }
    for (kind, datacenter, facts) in crate::names::datacenters() {
        found.push((format!("all {kind}"), datacenter.compile(&facts).0));
    }
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let (mut runner, strategy) = (TestRunner::deterministic(), crate::damage::damaged());
    for number in 0..asked.unwrap_or(DAMAGED) {
        let real = strategy.new_tree(&mut runner).map_err(|error| error.to_string())?.current();
        let name = format!("damaged {number}, from {}", real.name);
        found.push((name, real.datacenter().compile(&real.facts).0));
    }
    // Without a firewall there is nothing to load.
    found.retain(|(_, ruleset)| !ruleset.is_empty());
    Ok(found)
}

/// Where two rulesets differ: one line each, the wanted one's first.
pub(crate) fn differences(have: &Ruleset, want: &Ruleset) -> Vec<String> {
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
