//! Answers as JSON and as text.

use pvefw_core::diag::render::{self, Options, Style};
use pvefw_core::diag::{Counts, Diagnostic};
use pvefw_core::diff::{self, Diff, Side};
use pvefw_core::facts::Names;
use pvefw_core::policy_test::{Failure, PolicyTests, Run, Why};
use pvefw_core::report;
use pvefw_core::sim::{self, Question, Simulator};
use pvefw_core::text::Files;

use crate::error::Outcome;
use crate::state::{Asked, NodeRules};

/// A report as JSON. Reports have text keys and finite numbers only, so there is nothing that can't be written.
pub(crate) fn json(report: &impl serde::Serialize) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// How to render text.
const fn options(color: bool) -> Options {
    Options { style: if color { Style::Ansi } else { Style::Plain }, width: 100 }
}

/// What was found, as JSON and for people.
pub(crate) fn findings(
    found: &[Diagnostic],
    counts: Counts,
    files: &Files,
    checked: usize,
    color: bool,
) -> (String, String) {
    let mut text = render::all(found, files, |_| 0, &options(color));
    text.push_str(&render::summary(found, counts, checked));
    text.push('\n');
    (json(&report::Check::new(found, files, counts)), text)
}

/// The verdict on a packet and its way to it, as JSON and for people.
pub(crate) fn trace(rules: &NodeRules, question: &Question, color: bool) -> Outcome<(String, String)> {
    let Asked { topology, simulator } = rules.asked()?;
    let packet = question.packet(topology, &Names::new(&rules.facts))?;
    let trace = simulator.trace(&packet);
    let files = rules.datacenter.files();
    let report = json(&report::Answers::new(files).trace(&packet, &trace));
    Ok((report, sim::render::trace(&packet, &trace, files, &options(color))))
}

/// The short answer for each of many packets: a JSON object a line, as `trace --batch` prints them.
pub(crate) fn batch(rules: &NodeRules, questions: &[Outcome<Question>]) -> Outcome<Vec<String>> {
    let Asked { topology, simulator } = rules.asked()?;
    let names = Names::new(&rules.facts);
    let mut answers = report::Answers::new(rules.datacenter.files());
    let mut answer = |question: &Outcome<Question>| {
        let refused = |error: String| json(&report::Refused { error });
        match question.as_ref().map(|question| question.packet(topology, &names)) {
            Ok(Ok(packet)) => json(&answers.short(simulator.verdict(&packet))),
            Ok(Err(mistake)) => refused(mistake.to_string()),
            Err(failure) => refused(failure.in_words()),
        }
    };
    Ok(questions.iter().map(&mut answer).collect())
}

/// What came of policy tests: JSON, the findings in their file for people, and for each test why its packets failed.
pub(crate) fn tests(
    rules: &NodeRules,
    tests: &PolicyTests,
    (found, counts): (&[Diagnostic], Counts),
    files: &Files,
    color: bool,
) -> Outcome<(String, String, Vec<Vec<String>>)> {
    let Asked { topology, simulator } = rules.asked()?;
    let names = Names::new(&rules.facts);
    let configuration = rules.datacenter.files();
    let run = |test| -> Run<'_> {
        pvefw_core::policy_test::PolicyTest::run(test, simulator, topology, &names, configuration)
    };
    let runs: Vec<Run<'_>> = tests.tests.iter().map(run).collect();
    let explain = |run: &Run<'_>| -> Vec<String> {
        let failures = run.failures.iter().take(report::policy_test::MOST_FAILURES);
        failures.map(|failure| explain(simulator, run, failure, (configuration, color))).collect()
    };
    let explained = runs.iter().map(explain).collect();
    let check = report::Check::new(found, files, counts);
    let report = report::policy_test::Tests::new(
        &runs,
        simulator,
        files,
        (check.diagnostics, check.summary),
        &mut report::Answers::new(configuration),
    );
    Ok((json(&report), render::all(found, files, |_| 0, &options(color)), explained))
}

/// The way of a packet that failed a test.
fn explain(
    simulator: &Simulator,
    run: &Run<'_>,
    failure: &Failure<'_>,
    (files, color): (&Files, bool),
) -> String {
    match &failure.why {
        Why::Impossible(_) => run.test.reason(failure, files),
        Why::Verdict(packet, _) | Why::Line(packet, _) => {
            sim::render::trace(packet, &simulator.trace(packet), files, &options(color))
        }
    }
}

/// What changes between two compiled datacenters: whether anything does, JSON, and text for people.
pub(crate) fn diff(old: &NodeRules, new: &NodeRules, rules: bool, color: bool) -> (bool, String, String) {
    fn side(rules: &NodeRules) -> Side<'_> {
        Side { ruleset: &rules.ruleset, files: rules.datacenter.files() }
    }
    let (old_side, new_side) = (side(old), side(new));
    let diff = Diff::new(old_side, new_side);
    let entries = diff.entries(old_side, new_side);
    let report = json(&report::diff::Diff::new(&diff, &entries, old_side, new_side));
    let node = new.facts.node.as_deref().or(old.facts.node.as_deref());
    let style = diff::render::Options { style: options(color).style, rules };
    (diff.is_empty(), report, diff::render::text(&diff, &entries, old_side, new_side, node, style))
}
