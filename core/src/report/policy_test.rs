//! The answer of `test`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::answer::Answers;
use super::trace::Trace;
use super::{Diagnostic, Summary as Found};
use crate::policy_test::{self, Run, Why};
use crate::sim::Simulator;
use crate::text::Files;

/// Packets of one test that are listed.
pub const MOST_FAILURES: usize = 100;

/// What came of all tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tests<'a, D = Diagnostic<'a>> {
    /// The tests, in order.
    pub tests: Vec<Test<'a>>,
    /// What is wrong in the file of tests, as in [`super::Check`].
    pub diagnostics: Vec<D>,
    /// How many passed.
    pub summary: Summary,
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test<'a> {
    /// Its name.
    pub name: &'a str,
    /// The file it stands in.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
    /// `accept`, `drop`, `reject` or `blocked`.
    pub expect: &'static str,
    /// Whether all packets fared so.
    pub passed: bool,
    /// Number of its packets.
    pub packets: usize,
    /// Number of those that did not fare so.
    pub failed: usize,
    /// Those, or the first of them.
    pub failures: Vec<Failure<'a>>,
}

/// A packet that did not fare as expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure<'a> {
    /// The packet, by the keys that the test gives.
    pub packet: String,
    /// Why it fails, in a line.
    pub reason: String,
    /// What becomes of it and why, as in the answer of `trace`; `None` if there can't be such a packet.
    pub trace: Option<Trace<'a>>,
}

/// Numbers of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Tests that were run.
    pub tests: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Packets asked about.
    pub packets: usize,
    /// Errors in the file of tests.
    pub errors: u64,
}

impl<'a, D> Tests<'a, D> {
    /// Brings results into this form. `tests` has the file they were read from, `found` what is wrong in it, and
    /// `answers` knows the files of the configuration.
    pub fn new(
        runs: &'a [Run<'a>],
        simulator: &Simulator,
        tests: &'a Files,
        found: (Vec<D>, Found),
        answers: &mut Answers<'a>,
    ) -> Self {
        let mut places = super::places::Places::new(tests);
        let passed = runs.iter().filter(|run| run.passed()).count();
        let summary = Summary {
            tests: runs.len(),
            passed,
            failed: runs.len() - passed,
            packets: runs.iter().map(|run| run.test.questions.len()).sum(),
            errors: found.1.errors,
        };
        let test = |run: &'a Run<'a>| Test {
            name: &run.test.name,
            file: tests.name(run.test.span.file),
            line: places.line(run.test.span.file, run.test.span.start),
            expect: run.test.expect.name(),
            passed: run.passed(),
            packets: run.test.questions.len(),
            failed: run.failures.len(),
            failures: run
                .failures
                .iter()
                .take(MOST_FAILURES)
                .map(|failure| failed(run, failure, simulator, answers))
                .collect(),
        };
        Self { tests: runs.iter().map(test).collect(), diagnostics: found.0, summary }
    }
}

fn failed<'a>(
    run: &Run<'_>,
    failure: &policy_test::Failure<'_>,
    simulator: &Simulator,
    answers: &mut Answers<'a>,
) -> Failure<'a> {
    let trace = match &failure.why {
        Why::Impossible(_) => None,
        Why::Verdict(packet, _) | Why::Line(packet, _) => {
            Some(answers.trace(packet, &simulator.trace(packet)))
        }
    };
    Failure { packet: failure.to_string(), reason: run.test.reason(failure, answers.files()), trace }
}
