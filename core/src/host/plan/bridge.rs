//! The bridge's part of a plan.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;

use super::{BridgeLoading, Compare, Kernel, Plan, TableChanges, Wanted, line};
use crate::diag::Sink;
use crate::diff::TableId;
use crate::host::rules::Table;
use crate::ir::BridgeChain;
use crate::readback::{self, Saved, is_our_bridge_chain};
use crate::text::Files;

/// The text for the tool; none if nothing changes.
pub(super) fn load(kernel: &Kernel, wanted: Wanted<'_>, loading: BridgeLoading, plan: &mut Plan) -> String {
    let (have, want) = (&kernel.rules.bridge, &wanted.rules.bridge);
    // The tool prints other words than it was fed with, so meanings are compared.
    let meanings = match wanted.compare {
        Compare::Signatures(_) if have != want => Some((meanings(have), meanings(want))),
        _ => None,
    };
    let changes = TableChanges::new(have, want, |name, have, want| {
        have == want
            || meanings.as_ref().is_some_and(|(have, want)| match (have.get(name), want.get(name)) {
                (Some(Some(have)), Some(Some(want))) => have == want,
                _ => false,
            })
    });
    if changes.is_empty() {
        return String::new();
    }
    let mut text = String::from("*filter\n");
    match loading {
        BridgeLoading::Chains => {
            for chain in changes.chains.sent().chain(changes.chains.removed.iter().map(AsRef::as_ref)) {
                line(&mut text, &[":", chain, " ACCEPT"]);
            }
            changes.fill(want, &mut text);
        }
        BridgeLoading::WholeTable => whole_table(&kernel.bridge, want, &mut text),
    }
    plan.tables.push((TableId::Bridge, changes));
    text
}

/// What each chain means; `None` where nobody here understands all of it.
fn meanings(table: &Table) -> BTreeMap<Box<str>, Option<BridgeChain>> {
    let mut text = String::from("*filter\n");
    for name in table.chains.keys() {
        line(&mut text, &[":", name, " ACCEPT"]);
    }
    for (name, chain) in &table.chains {
        chain.fill(name, &mut text);
    }
    let (mut files, mut sink) = (Files::new(), Sink::new());
    let saved = Saved { ebtables: Some(files.add("ebtables", text)), ..Saved::default() };
    let ours = readback::read(&files, &saved, &mut sink).ours();
    let ruleset = readback::normal(&ours.ruleset);
    let complete = |name: &str, chain: &BridgeChain| {
        let lines = table.chains.get(name).map_or(0, super::Chain::rules);
        lines == chain.rules.len()
    };
    ruleset
        .bridge
        .chains
        .into_iter()
        .map(|(name, chain)| {
            let known = complete(name.as_str(), &chain).then_some(chain);
            (name.as_str().into(), known)
        })
        .collect()
}

/// The whole table: what others have, as it was read, and ours.
fn whole_table(dump: &str, want: &Table, out: &mut String) {
    let mut inside = false;
    let (mut declared, mut rules) = (String::new(), String::new());
    let mut missing = want.hooks.clone();
    for text in dump.lines() {
        if let Some(table) = text.strip_prefix('*') {
            inside = table.trim_end() == "filter";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(rest) = text.strip_prefix(':') {
            if !is_our_bridge_chain(rest.split(' ').next().unwrap_or_default()) {
                line(&mut declared, &[text]);
            }
        } else if let Some((chain, rest)) = text.strip_prefix("-A ").and_then(|rest| rest.split_once(' ')) {
            let to = rest.trim().strip_prefix("-j ").filter(|to| is_our_bridge_chain(to));
            match to {
                // A hook that is wanted stays where it is.
                Some(to) => {
                    if let Some(at) =
                        missing.iter().position(|(from, there)| &**from == chain && &**there == to)
                    {
                        missing.remove(at);
                        line(&mut rules, &[text]);
                    }
                }
                None if is_our_bridge_chain(chain) => {}
                None => line(&mut rules, &[text]),
            }
        }
    }
    out.push_str(&declared);
    for name in want.chains.keys() {
        line(out, &[":", name, " ACCEPT"]);
    }
    for (name, chain) in &want.chains {
        chain.fill(name, out);
    }
    out.push_str(&rules);
    for (from, to) in &missing {
        line(out, &["-A ", from, " -j ", to]);
    }
}
