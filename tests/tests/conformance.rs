//! The same rulesets as pve-firewall, but for the fixes that COMPATIBILITY.md lists.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pvefw_core::emit;
use pvefw_tests::conformance::{Flat, cases, flat};
use pvefw_tests::report::diff;

#[test]
fn rulesets_are_those_of_pve_firewall() {
    let cases = cases().unwrap();
    assert!(cases.len() >= 164, "only {} cases were found", cases.len());
    let mut failures = String::new();
    let mut bad = 0;
    for case in &cases {
        let (want, got) = (case.expected().unwrap(), flat(emit::lines(&case.compile().unwrap())));
        if want != got {
            bad += 1;
            writeln!(failures, "{}", case.name).unwrap();
            if let Some(differs) = case.differs() {
                writeln!(failures, "  wanted here: {}", differs.trim()).unwrap();
            }
            failures += &differences(&want, &got);
        }
    }
    assert!(bad == 0, "{failures}{bad} of {} cases disagree", cases.len());
}

fn differences(want: &Flat, got: &Flat) -> String {
    let mut out = String::new();
    let names: BTreeSet<_> = want.keys().chain(got.keys()).collect();
    for name in names {
        match (want.get(name), got.get(name)) {
            (Some(want), Some(got)) if want == got => {}
            (Some(want), Some(got)) => {
                writeln!(out, "  {name}").unwrap();
                out += &diff(&want.join("\n"), &got.join("\n"));
            }
            (Some(_), None) => writeln!(out, "  {name} is missing").unwrap(),
            (None, _) => writeln!(out, "  {name} is not wanted").unwrap(),
        }
    }
    out
}
