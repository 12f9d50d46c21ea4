//! The same rulesets as pve-firewall, but for the fixes that COMPATIBILITY.md lists.

extern crate alloc;

use alloc::collections::BTreeSet;
use core::fmt::Write as _;

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
    let names: BTreeSet<_> = want.keys().chain(got.keys()).collect();
    let one = |name: &String| match (want.get(name), got.get(name)) {
        (Some(want), Some(got)) if want == got => String::new(),
        (Some(want), Some(got)) => format!("  {name}\n{}", diff(&want.join("\n"), &got.join("\n"))),
        (Some(_), None) => format!("  {name} is missing\n"),
        (None, _) => format!("  {name} is not wanted\n"),
    };
    names.into_iter().map(one).collect()
}
