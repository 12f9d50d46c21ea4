//! From tests to what fails.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{DecidingLine, PolicyTest};
use crate::facts::Names;
use crate::sim::{Answer, Mistake, Packet, Question, Simulator, Topology};
use crate::text::Files;

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Run<'t> {
    /// The test.
    pub test: &'t PolicyTest,
    /// The packets that did not fare as expected.
    pub failures: Vec<Failure<'t>>,
}

impl Run<'_> {
    /// Whether all packets fared as expected.
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A packet that did not fare as expected.
#[derive(Clone, Debug)]
pub struct Failure<'t> {
    /// The packet, as the test describes it.
    pub question: &'t Question,
    /// Why.
    pub why: Why,
}

/// Why a packet fails a test.
#[derive(Clone, Debug)]
pub enum Why {
    /// There can't be such a packet.
    Impossible(Mistake),
    /// Something else becomes of it.
    Verdict(Packet, Answer),
    /// The right thing becomes of it, but another line decides.
    Line(Packet, Answer),
}

impl PolicyTest {
    /// Asks all questions. `files` are those that the rules were made from.
    pub fn run(
        &self,
        simulator: &Simulator,
        topology: &Topology,
        names: &Names<'_>,
        files: &Files,
    ) -> Run<'_> {
        let mut failures = Vec::new();
        for question in &self.questions {
            let why = match question.packet(topology, names) {
                Err(mistake) => Why::Impossible(mistake),
                Ok(packet) => {
                    let answer = simulator.verdict(&packet);
                    if !self.expect.is_met_by(answer.verdict) {
                        Why::Verdict(packet, answer)
                    } else if self.is_decided_by(answer, files) {
                        continue;
                    } else {
                        Why::Line(packet, answer)
                    }
                }
            };
            failures.push(Failure { question, why });
        }
        Run { test: self, failures }
    }

    /// Whether the line that must decide did.
    fn is_decided_by(&self, answer: Answer, files: &Files) -> bool {
        let Some(wanted) = &self.rule else { return true };
        deciding_line(answer, files).is_some_and(|line| line == *wanted)
    }

    /// Why a packet fails the test, in one line.
    pub fn reason(&self, failure: &Failure<'_>, files: &Files) -> String {
        let line = |answer: Answer| {
            deciding_line(answer, files).map(|DecidingLine { file, line }| format!("{file}:{line}"))
        };
        match &failure.why {
            Why::Impossible(mistake) => format!("there is no such packet: {mistake}"),
            Why::Verdict(_, answer) => {
                let by = line(*answer).unwrap_or_else(|| "a built-in rule".to_string());
                format!(
                    "{} was expected, but the verdict is {}, by {by}",
                    self.expect.name(),
                    answer.verdict.name()
                )
            }
            Why::Line(_, answer) => {
                let by = line(*answer).unwrap_or_else(|| "a built-in rule".to_string());
                let wanted = self
                    .rule
                    .as_ref()
                    .map_or_else(String::new, |rule| format!("{}:{}", rule.file, rule.line));
                format!("the verdict is {} as expected, but by {by}, not by {wanted}", answer.verdict.name())
            }
        }
    }
}

/// The line that decided.
fn deciding_line(answer: Answer, files: &Files) -> Option<DecidingLine> {
    let by = answer.by?;
    let file = files.file(by.file)?;
    Some(DecidingLine { file: file.name().to_string(), line: file.line_index().line(by.start) })
}

impl fmt::Display for Failure<'_> {
    /// The packet, by the keys that the test gives.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.question.fmt(f)
    }
}
