//! The same rulesets as pve-firewall, but for the fixes that COMPATIBILITY.md lists; and the same verdicts as a kernel
//! that has loaded them.

extern crate alloc;

use alloc::collections::BTreeSet;
use core::fmt::Write as _;

use pvefw_core::diag::Sink;
use pvefw_core::emit;
use pvefw_core::readback;
use pvefw_core::sim::Simulator;
use pvefw_tests::conformance::{Flat, cases, disputed, flat};
use pvefw_tests::readback::written;
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

/// What a Linux kernel did with packets when these rulesets were loaded. The same must come of the rulesets as they are
/// fed to the tools.
#[test]
fn packets_fare_as_in_a_kernel() {
    let mut failures = String::new();
    let (mut asked, mut bad) = (0, 0);
    let disputed = disputed().unwrap();
    for case in cases().unwrap() {
        let (topology, packets) = case.packets(&disputed).unwrap();
        if packets.is_empty() {
            continue;
        }
        let ruleset = case.compile().unwrap();
        let (files, saved) = written(&ruleset);
        let mut sink = Sink::new();
        let dump = readback::read(&files, &saved, &mut sink);
        assert_eq!(sink.into_sorted(), [], "{}", case.name);
        let compiled = Simulator::new(&ruleset, &topology.networks).unwrap();
        let read = Simulator::of_dump(&dump, &topology.networks).unwrap();
        for (packet, wanted) in &packets {
            asked += 1;
            let verdicts = [&compiled, &read].map(|simulator| simulator.verdict(packet).verdict);
            if verdicts.iter().any(|verdict| verdict.name() != wanted) {
                bad += 1;
                writeln!(failures, "{}: {wanted}, but {verdicts:?}: {packet:?}", case.name).unwrap();
            }
        }
    }
    assert!(asked >= 1792, "only {asked} packets were found");
    assert!(bad == 0, "{failures}{bad} of {asked} packets fare otherwise");
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
