//! The tests of a configuration, against the kernel: their packets are sent through a node that has its rules loaded.

use alloc::collections::BTreeMap;
use core::fmt::Write as _;
use core::time::Duration;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::render::{Options, visible};
use pvefw_core::diag::{Counts, Sink};
use pvefw_core::facts::{Facts, Names};
use pvefw_core::host::Tools;
use pvefw_core::ir::Ruleset;
use pvefw_core::policy_test::{Expect, PolicyTest, PolicyTests};
use pvefw_core::sim::{Mistake, Packet, Question, Simulator, render};
use pvefw_core::text::Files;
use pvefw_wire::lab::{Answer, Prepared};
use pvefw_wire::observe::Outcome;
use pvefw_wire::verdict::{Verdict, Wanted};

use super::report::plural;
use crate::command::Findings;
use crate::command::style::Style;
use crate::command::test::{USUAL, of_text};
use crate::command::trace::refused;
use crate::example;
use crate::exit::Stop;
use crate::output::Output;
use crate::root::read_given;

/// Packets of one test that are explained, or named where they can't be sent.
const MOST_SHOWN: usize = 3;

/// How long people are left without a word.
const SILENCE: Duration = Duration::from_secs(1);

/// Tests that were read.
pub(super) struct Found {
    files: Files,
    tests: PolicyTests,
    sink: Sink,
}

impl Found {
    /// The node that they are about, if they say so.
    pub(super) fn node(&self) -> Option<String> {
        self.tests.node.clone()
    }
}

/// Reads the tests in a root, or those of the example.
pub(super) fn find(root: Option<&Path>) -> Result<Option<Found>, Stop> {
    let text = match root {
        None => {
            example::FILES.iter().find(|(path, _)| *path == USUAL).map(|(_, text)| text.as_bytes().to_vec())
        }
        Some(root) => {
            let path = root.join(USUAL);
            match path.symlink_metadata() {
                // What else is wrong with the root is said where it is read.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
                _ => Some(read_given(&path).map_err(|why| {
                    Stop::failed(format!("can't read `{}`: {why}", path.display()))
                        .help("to try the rules without their tests: `--no-tests`")
                })?),
            }
        }
    };
    Ok(text.map(|text| {
        let (files, tests, sink) = of_text(USUAL.to_owned(), text);
        Found { files, tests, sink }
    }))
}

/// Tests and the rules that they are about.
pub(super) struct Policy {
    /// What is wrong with them.
    found: Findings,
    counts: Counts,
    /// Their own file.
    files: Files,
    tests: PolicyTests,
    /// The node that they are about instead of the one that is tried.
    elsewhere: Option<String>,
    /// Their packets, in order; why there are none.
    prepared: Result<Prepared, String>,
    simulator: Simulator,
    /// The files that the rules were made from.
    configuration: Files,
}

/// What came of a packet.
enum Fate<'a> {
    Passed,
    Failed(Reason<'a>),
    NotSent(String),
}

/// Why a packet fails a test.
enum Reason<'a> {
    /// There can't be such a packet.
    Impossible(&'a Mistake),
    /// Something else became of it.
    Kernel { packet: &'a Packet, outcome: Outcome, agreed: bool },
}

impl Policy {
    /// Works out the packets.
    pub(super) fn new(
        found: Found,
        ruleset: Ruleset,
        datacenter: &Datacenter,
        facts: &Facts,
    ) -> Result<Self, Stop> {
        let Found { files, tests, sink } = found;
        let topology = datacenter.topology(facts);
        let simulator = Simulator::new(&ruleset, &topology.networks).map_err(refused)?;
        let questions: Vec<Question> =
            tests.tests.iter().flat_map(|test| test.questions.iter().cloned()).collect();
        Ok(Self {
            counts: sink.counts(),
            found: Findings::of_files(files.clone(), sink, 1),
            elsewhere: tests.node.clone().filter(|node| facts.node.as_ref() != Some(node)),
            prepared: Prepared::new(ruleset, topology, &Names::new(facts), &questions),
            configuration: datacenter.files().clone(),
            files,
            tests,
            simulator,
        })
    }

    /// Sends the packets and tells what came of them. Whether all is as the tests want it.
    pub(super) fn send(&self, tools: &Tools, style: Style, output: &Output) -> Result<bool, Stop> {
        if !self.found.is_empty() {
            output.aside(&self.found.human_body(&output.for_notices()));
        }
        if let Some(node) = &self.elsewhere {
            let name = visible(node);
            output.data(&[&format!("\n{USUAL} is about node {name}: its tests were not sent\n")])?;
            return Ok(self.counts.errors == 0);
        }
        let fates = self.prepared.as_ref().map_err(Clone::clone).and_then(|prepared| {
            let mut told = Instant::now();
            self.fates(prepared, tools, &mut |sent, all| {
                if told.elapsed() > SILENCE {
                    told = Instant::now();
                    output.aside(&format!("{sent} of {} sent through the kernel …\n", plural(all, "packet")));
                }
            })
        });
        let fates = fates.map_err(|why| {
            Stop::failed(format!("the tests can't be sent through the kernel: {why}"))
                .help("`pvefw test` asks the simulator instead")
                .help("`pvefw try --no-tests` leaves them out")
        })?;
        let failed = fates.iter().any(|fate| matches!(fate, Fate::Failed(_)));
        output.data(&[&self.text(fates, style, &output.for_data())])?;
        Ok(!failed && self.counts.errors == 0)
    }

    /// What came of each packet, in order.
    fn fates<'a>(
        &self,
        prepared: &'a Prepared,
        tools: &Tools,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Fate<'a>>, String> {
        let mut fates = self.judged(prepared, prepared.run(tools, progress)?)?;
        let is_told = |fate: &Fate<'_>| matches!(fate, Fate::Failed(Reason::Kernel { .. }));
        if fates.iter().any(is_told) {
            // A machine that is busy may hold a packet back for longer than anyone waits.
            let mut again = prepared.clone();
            again.leave_out("it was sent before", |number| !fates.get(number).is_some_and(is_told));
            let second = self.judged(prepared, again.run(tools, progress)?)?;
            for (fate, second) in fates.iter_mut().zip(second) {
                if is_told(fate) && !matches!(second, Fate::NotSent(_)) {
                    *fate = second;
                }
            }
        }
        Ok(fates)
    }

    /// Holds what the kernel did against what the tests want.
    fn judged<'a>(&self, prepared: &'a Prepared, outcomes: Vec<Answer>) -> Result<Vec<Fate<'a>>, String> {
        let expected = self.tests.tests.iter().flat_map(|test| test.questions.iter().map(|_| test.expect));
        let mut fates = Vec::new();
        for ((asked, outcome), expect) in prepared.asked.iter().zip(outcomes).zip(expected) {
            fates.push(match (asked, outcome) {
                (Err(mistake), _) => Fate::Failed(Reason::Impossible(mistake)),
                (Ok(_), Err(why)) => Fate::NotSent(why),
                (Ok(packet), Ok(outcome)) => {
                    let agreed = Wanted::by(&self.simulator, packet)?.is(&outcome);
                    // Not every sender can be told, and some that could not are here: where what was seen is what the
                    // verdict looks like, that verdict is meant.
                    let passed = if agreed {
                        expect.is_met_by(self.simulator.verdict(packet).verdict)
                    } else {
                        is_met(expect, outcome.verdict())
                    };
                    if passed {
                        Fate::Passed
                    } else {
                        Fate::Failed(Reason::Kernel { packet, outcome, agreed })
                    }
                }
            });
        }
        Ok(fates)
    }

    /// The tests that failed, the packets that could not be sent, and a summary.
    fn text(&self, fates: Vec<Fate<'_>>, style: Style, options: &Options) -> String {
        let mut text = String::from("\n");
        let packets = fates.len();
        let (mut failed, mut unsent) = (0, 0);
        let mut fates = fates.into_iter();
        for test in &self.tests.tests {
            let mut reasons = Vec::new();
            let mut silent: BTreeMap<String, Vec<&Question>> = BTreeMap::new();
            for (question, fate) in test.questions.iter().zip(&mut fates) {
                match fate {
                    Fate::Passed => {}
                    Fate::Failed(reason) => reasons.push((question, reason)),
                    Fate::NotSent(why) => {
                        unsent += 1;
                        silent.entry(why).or_default().push(question);
                    }
                }
            }
            failed += usize::from(!reasons.is_empty());
            self.one(&mut text, test, &reasons, &silent, (style, options));
        }
        let mut parts = Vec::new();
        if failed > 0 {
            parts.push(style.bad(&format!("{failed} failed")));
        }
        if self.counts.errors > 0 {
            parts.push(style.bad(&format!("{} in the tests", plural(self.counts.errors, "error"))));
        }
        if parts.is_empty() && unsent < packets {
            parts.push(style.good(if unsent > 0 { "all that were sent passed" } else { "all passed" }));
        }
        if unsent > 0 {
            parts.push(style.bad(&format!("{} not sent", plural(unsent, "packet"))));
        }
        if parts.is_empty() {
            parts.push(style.bad("nothing to send"));
        }
        let tests = plural(self.tests.tests.len(), "test");
        let _ = writeln!(
            text,
            "{tests} with {}, sent through the kernel: {}",
            plural(packets, "packet"),
            parts.join(", ")
        );
        text
    }

    /// What there is to say about a test that did not pass as a whole.
    fn one(
        &self,
        out: &mut String,
        test: &PolicyTest,
        reasons: &[(&Question, Reason<'_>)],
        silent: &BTreeMap<String, Vec<&Question>>,
        (style, options): (Style, &Options),
    ) {
        if reasons.is_empty() && silent.is_empty() {
            return;
        }
        let file = self.files.file(test.span.file);
        let line = file.map_or(1, |file| file.line_index().line(test.span.start));
        let place = format!("{}:{line}", self.files.name(test.span.file));
        let (name, packets) = (visible(&test.name), plural(test.questions.len(), "packet"));
        // Writing to a string can't fail.
        let _ = if reasons.is_empty() {
            writeln!(out, "{name} ({packets}; {place})")
        } else {
            writeln!(out, "{} {name} ({} of {packets}; {place})", style.bad("✗"), reasons.len())
        };
        for (question, reason) in reasons.iter().take(MOST_SHOWN) {
            out.push('\n');
            for line in self.explain(test, question, reason, options).lines() {
                let _ = writeln!(out, "{}", format!("    {line}").trim_end());
            }
        }
        if reasons.len() > MOST_SHOWN {
            let _ = writeln!(out, "\n    and {} more", plural(reasons.len() - MOST_SHOWN, "packet"));
        }
        for (why, questions) in silent {
            for question in questions.iter().take(MOST_SHOWN) {
                let (why, described) = (visible(why), visible(&question.to_string()));
                let _ = writeln!(out, "    {} {why} ({described})", style.bad("not sent:"));
            }
            if questions.len() > MOST_SHOWN {
                let more = plural(questions.len() - MOST_SHOWN, "packet");
                let _ = writeln!(out, "    and {more} more for that reason");
            }
        }
        out.push('\n');
    }

    /// What the kernel did with a packet, and its way through the rules as the simulator sees it.
    fn explain(
        &self,
        test: &PolicyTest,
        question: &Question,
        reason: &Reason<'_>,
        options: &Options,
    ) -> String {
        match reason {
            Reason::Impossible(mistake) => {
                format!("there is no such packet: {mistake}\nthe packet is {question}\n")
            }
            Reason::Kernel { packet, outcome, agreed } => {
                let simulator = if *agreed {
                    "the simulator says the same"
                } else {
                    "the simulator says something else, which is a mistake in pvefw"
                };
                let trace = self.simulator.trace(packet);
                format!(
                    "{} was expected, but the kernel's verdict is {outcome}; {simulator}:\n{}",
                    test.expect.name(),
                    render::trace(packet, &trace, &self.configuration, options)
                )
            }
        }
    }
}

/// Whether what the kernel did is what was expected.
const fn is_met(expect: Expect, verdict: Verdict) -> bool {
    matches!(
        (expect, verdict),
        (Expect::Accept, Verdict::Accept)
            | (Expect::Drop | Expect::Blocked, Verdict::Drop)
            | (Expect::Reject | Expect::Blocked, Verdict::Reject)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &[u8] =
        b"[OPTIONS]\nenable: 1\n[RULES]\nIN REJECT -p tcp -dport 22\nIN ACCEPT -p tcp -dport 80\n";

    fn test_of(dport: &str, expect: Expect) -> String {
        let source = "from = 'outside'\nto = 'host'\nsource = '203.0.113.7'";
        format!("[[test]]\nname = '{dport}'\n{source}\ndport = {dport}\nexpect = '{}'\n", expect.name())
    }

    fn policy(tests: &str) -> Policy {
        let (files, tests, sink) = of_text(USUAL.to_owned(), tests.as_bytes().to_vec());
        let mut datacenter = Datacenter::new();
        datacenter.add("firewall/cluster.fw", CLUSTER);
        let facts = Facts::default();
        let (ruleset, _) = datacenter.compile(&facts);
        Policy::new(Found { files, tests, sink }, ruleset, &datacenter, &facts).unwrap()
    }

    /// What is said when the kernel does this with each packet.
    fn said(policy: &Policy, outcomes: Vec<Answer>) -> String {
        let fates = policy.judged(policy.prepared.as_ref().unwrap(), outcomes).unwrap();
        let options = Options { style: pvefw_core::diag::render::Style::Plain, ..Options::default() };
        policy.text(fates, Style::Plain, &options)
    }

    fn arrived() -> Outcome {
        Outcome { arrived: true, ..Outcome::default() }
    }

    #[test]
    fn the_kernel_decides() {
        use Verdict as Kernel;
        for (expect, verdicts) in [
            (Expect::Accept, vec![Kernel::Accept]),
            (Expect::Drop, vec![Kernel::Drop]),
            (Expect::Reject, vec![Kernel::Reject]),
            (Expect::Blocked, vec![Kernel::Drop, Kernel::Reject]),
        ] {
            for verdict in [Kernel::Accept, Kernel::Drop, Kernel::Reject] {
                assert_eq!(is_met(expect, verdict), verdicts.contains(&verdict), "{expect:?} {verdict:?}");
            }
        }
    }

    #[test]
    fn what_passes_is_counted() {
        let all = policy(&(test_of("80", Expect::Accept) + &test_of("[1, 2]", Expect::Drop)));
        let outcomes = vec![Ok(arrived()), Ok(Outcome::default()), Ok(Outcome::default())];
        assert_eq!(said(&all, outcomes), "\n2 tests with 3 packets, sent through the kernel: all passed\n");
    }

    /// Nobody is told of some rejections, so that they look like nothing.
    #[test]
    fn a_rejection_that_nobody_can_see_is_one() {
        let outcome = |mute| Outcome { mute, ..Outcome::default() };
        let all = policy(&test_of("22", Expect::Reject));
        assert!(said(&all, vec![Ok(outcome(true))]).ends_with("all passed\n"));
        assert!(said(&all, vec![Ok(outcome(false))]).ends_with("1 failed\n"));
    }

    #[test]
    fn what_fails_is_told_with_its_way() {
        let one = policy(&test_of("80", Expect::Drop));
        let text = said(&one, vec![Ok(arrived())]);
        assert!(text.contains("✗ 80 (1 of 1 packet; tests.toml:1)"), "{text}");
        assert!(
            text.contains(
                "drop was expected, but the kernel's verdict is ACCEPT; the simulator says the same:"
            ),
            "{text}"
        );
        assert!(text.contains("firewall/cluster.fw:5:1"), "{text}");
        let text = said(&policy(&test_of("80", Expect::Accept)), vec![Ok(Outcome::default())]);
        assert!(text.contains("the simulator says something else, which is a mistake in pvefw:"), "{text}");
    }

    #[test]
    fn what_was_not_sent_counts_neither_way() {
        let two = policy(&test_of("[80, 81]", Expect::Accept));
        let text = said(&two, vec![Ok(arrived()), Err("too late".to_owned())]);
        assert!(text.contains("    not sent: too late (from outside to host, "), "{text}");
        assert!(text.ends_with("kernel: all that were sent passed, 1 packet not sent\n"), "{text}");
        let text = said(&two, vec![Err("too late".to_owned()), Err("too late".to_owned())]);
        assert!(text.ends_with("kernel: 2 packets not sent\n"), "{text}");
    }
}
