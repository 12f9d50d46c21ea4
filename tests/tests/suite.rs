//! Runs every scenario below `tests/suite`. `PVEFW_BLESS=1` writes what came out into the files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: whatever is wrong should stop it")]

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Write as _;
use std::path::Path;

use pvefw_core::diag::{Diagnostic, Fix, codes};
use pvefw_tests::load::{Ask, Case, Input, Scenario, load};
use pvefw_tests::report::diff;
use pvefw_tests::run::{Outcome, run};
use pvefw_tests::{bless, root};

const BLESS: &str = "PVEFW_BLESS=1 cargo test -p pvefw-tests --test suite";

/// Codes that no scenario can produce, and where they are tested instead.
const ELSEWHERE: [(&str, &str); 1] = [("unreadable", "the caller reports it; tested with the command line")];

fn scenarios() -> Vec<Scenario> {
    let package = root::package();
    let mut found = Vec::new();
    for path in root::files(&package.join("suite")).unwrap() {
        let name = Path::new("tests").join(path.strip_prefix(package).unwrap()).display().to_string();
        assert!(path.extension().is_some_and(|extension| extension == "md"), "{name} is no scenario");
        let text = String::from_utf8(root::read(&path).unwrap()).unwrap();
        found.push(load(&name, &text).unwrap_or_else(|error| panic!("{error}")));
    }
    assert!(found.len() > 10, "only {} files were found", found.len());
    found
}

fn outcomes(scenario: &Scenario) -> Vec<Outcome> {
    let one =
        |case: &Case| run(case).unwrap_or_else(|error| panic!("{}:{}: {error}", scenario.path, case.line));
    scenario.cases.iter().map(one).collect()
}

#[test]
fn scenarios_hold() {
    let mut failures = String::new();
    let mut count = 0;
    for scenario in scenarios() {
        let mut bodies = Vec::new();
        for (case, outcome) in scenario.cases.iter().zip(outcomes(&scenario)) {
            for expectation in &case.expectations {
                let want = scenario.text.get(expectation.body.clone()).unwrap();
                let got = outcome.answer(&expectation.ask);
                // A run that blesses takes every answer.
                if want != got && !bless::wanted() {
                    count += 1;
                    writeln!(failures, "{}:{}: {}", scenario.path, expectation.line, case.title).unwrap();
                    failures += &diff(want, &got);
                }
                bodies.push((expectation.body.clone(), got));
            }
            for (ask, complains, block) in [
                (Ask::Check, outcome.complains(), "diagnostics"),
                (Ask::Dump, outcome.is_damaged(), "diagnostics dump"),
            ] {
                let checked = case.expectations.iter().any(|expectation| expectation.ask == ask);
                if !checked && complains {
                    count += 1;
                    writeln!(failures, "{}:{}: {}", scenario.path, case.line, case.title).unwrap();
                    writeln!(failures, "    there are findings, but no `{block}` block").unwrap();
                    failures += &diff("", &outcome.answer(&ask));
                }
            }
        }
        let blessed = bless::replace(&scenario.text, &bodies);
        if blessed != scenario.text && bless::wanted() {
            let below = Path::new(&scenario.path).strip_prefix("tests").unwrap();
            std::fs::write(root::package().join(below), blessed).unwrap();
        }
    }
    assert!(count == 0, "\n{failures}\n{count} expectations differ; if that is meant: {BLESS}");
}

#[test]
fn every_code_has_a_scenario() {
    let mut seen = BTreeSet::new();
    for scenario in scenarios() {
        for (case, outcome) in scenario.cases.iter().zip(outcomes(&scenario)) {
            let shows = |ask: &Ask| matches!(ask, Ask::Check | Ask::Compile | Ask::Dump);
            if case.expectations.iter().any(|expectation| shows(&expectation.ask)) {
                seen.extend(outcome.codes());
            }
        }
    }
    let elsewhere: BTreeMap<_, _> = ELSEWHERE.into_iter().collect();
    let missing: Vec<_> = codes::ALL
        .iter()
        .map(|code| code.name())
        .filter(|name| !seen.contains(name) && !elsewhere.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "no scenario shows {missing:?}");
    let needless: Vec<_> = elsewhere.keys().filter(|name| seen.contains(*name)).collect();
    assert!(needless.is_empty(), "scenarios show {needless:?} after all");
}

/// Following a fix, the finding is gone.
#[test]
fn fixes_fix() {
    let mut failures = String::new();
    let mut tried = 0;
    for scenario in scenarios() {
        for (case, outcome) in scenario.cases.iter().zip(outcomes(&scenario)) {
            for diagnostic in outcome.check() {
                for fix in &diagnostic.fixes {
                    tried += 1;
                    let inputs = fixed(case, &outcome, fix);
                    let after =
                        run(&Case { inputs, expectations: Vec::new(), title: String::new(), line: 0 })
                            .unwrap();
                    if count(&after, diagnostic) >= count(&outcome, diagnostic) {
                        writeln!(
                            failures,
                            "{}:{}: {}: {}",
                            scenario.path, case.line, diagnostic.message, fix.title
                        )
                        .unwrap();
                    }
                }
            }
        }
    }
    assert!(tried > 40, "only {tried} fixes were tried");
    assert!(failures.is_empty(), "\n{failures}");
}

/// The inputs with a fix applied.
fn fixed(case: &Case, outcome: &Outcome, fix: &Fix) -> Vec<Input> {
    let mut inputs = case.inputs.clone();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| core::cmp::Reverse(edit.span.start));
    for edit in edits {
        let name = outcome.files().name(edit.span.file);
        let input = inputs.iter_mut().rev().find_map(|input| match input {
            Input::File { path, text } | Input::Tests { path, text } if path == name => Some(text),
            _ => None,
        });
        input.unwrap().splice(edit.span.range(), edit.text.bytes());
    }
    inputs
}

fn count(outcome: &Outcome, like: &Diagnostic) -> usize {
    outcome.check().iter().filter(|other| other.code == like.code && other.message == like.message).count()
}

#[test]
fn titles_are_unique_in_a_file() {
    for scenario in scenarios() {
        let mut titles = BTreeSet::new();
        for case in &scenario.cases {
            assert!(titles.insert(&case.title), "{}:{}: this title stands twice", scenario.path, case.line);
        }
    }
}
