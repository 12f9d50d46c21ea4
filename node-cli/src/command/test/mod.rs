//! `pvefw test`: whether packets fare as `tests.toml` says.

mod human;
mod junit;

use core::fmt::Write;
use std::path::{Path, PathBuf};

use pvefw_core::diag::render::Options;
use pvefw_core::diag::{Counts, Diagnostic, Sink};
use pvefw_core::facts::Names;
use pvefw_core::policy_test::{self, Failure, PolicyTests, Run, Why};
use pvefw_core::report;
use pvefw_core::sim::render;
use pvefw_core::text::Files;

use super::Findings;
use super::trace::Node;
use crate::args::{TestArgs, TestFormat};
use crate::exit::{Exit, Stop};
use crate::output::Output;
use crate::root::{LIVE, read_given};

/// The file in a root.
pub(super) const USUAL: &str = "tests.toml";

/// Runs the command.
pub(crate) fn run(args: &TestArgs, output: &Output) -> Result<Exit, Stop> {
    let root = args.root.as_deref();
    let (files, tests, sink) = read(root, args.file.as_deref())?;
    let node = Node::read(root, &args.node, tests.node.clone(), output)?;
    let names = Names::new(&node.facts);
    let configuration = node.datacenter.files();
    let runs: Vec<Run<'_>> = tests
        .tests
        .iter()
        .map(|test| test.run(&node.simulator, &node.topology, &names, configuration))
        .collect();
    let counts = sink.counts();
    let results = Results { runs: &runs, node: &node, tests: &files, counts };
    let passed = runs.iter().all(Run::passed) && counts.errors == 0;
    let findings = Findings::of_files(files.clone(), sink.clone(), 1);
    if args.format != TestFormat::Json && !findings.is_empty() {
        output.aside(&findings.human_body(&output.for_notices()));
    }
    match args.format {
        TestFormat::Human => output.data(&[&human::text(&results, &output.for_data())])?,
        TestFormat::Junit => output.data(&[&junit::text(&results, &sink.into_sorted())])?,
        TestFormat::Json => {
            let found: Vec<Diagnostic> = sink.into_sorted();
            let mut answers = report::Answers::new(configuration);
            let check = report::Check::new(&found, &files, counts);
            let found = (check.diagnostics, check.summary);
            let report = report::policy_test::Tests::new(&runs, &node.simulator, &files, found, &mut answers);
            output.json(|out| serde_json::to_writer(out, &report))?;
        }
    }
    Ok(if passed { Exit::Fine } else { Exit::Findings })
}

/// What came of all tests.
struct Results<'a> {
    runs: &'a [Run<'a>],
    node: &'a Node,
    /// The file with the tests.
    tests: &'a Files,
    /// What is wrong in it.
    counts: Counts,
}

impl Results<'_> {
    /// Where a test stands, as `file` and line.
    fn place(&self, run: &Run<'_>) -> (&str, u32) {
        let span = run.test.span;
        let file = self.tests.file(span.file);
        let line = file.map_or(1, |file| file.line_index().line(span.start));
        (self.tests.name(span.file), line)
    }

    fn failed(&self) -> usize {
        self.runs.iter().filter(|run| !run.passed()).count()
    }

    /// Why a packet failed, and its way through the rules.
    fn explain(&self, run: &Run<'_>, failure: &Failure<'_>, options: &Options) -> String {
        let files = self.node.datacenter.files();
        let mut text = run.test.reason(failure, files);
        text.push('\n');
        match &failure.why {
            // Writing to a string can't fail.
            Why::Impossible(_) => drop(writeln!(text, "the packet is {failure}")),
            Why::Verdict(packet, _) | Why::Line(packet, _) => {
                let trace = self.node.simulator.trace(packet);
                text.push_str(&render::trace(packet, &trace, files, options));
            }
        }
        text
    }
}

/// Reads the tests.
fn read(root: Option<&Path>, given: Option<&Path>) -> Result<(Files, PolicyTests, Sink), Stop> {
    let usual = || root.unwrap_or(Path::new(LIVE)).join(USUAL);
    let path: PathBuf = given.map_or_else(usual, Path::to_owned);
    let shown = path.display().to_string();
    // Without a root, that is what is wrong.
    let in_root = given.is_none() && root.unwrap_or(Path::new(LIVE)).is_dir();
    if in_root && !path.exists() {
        return Err(no_tests(&shown));
    }
    if given.is_none() && !in_root {
        return Ok((Files::new(), PolicyTests::default(), Sink::new()));
    }
    let text = read_given(&path).map_err(|why| Stop::failed(format!("can't read `{shown}`: {why}")))?;
    Ok(of_text(if given.is_some() { shown } else { USUAL.to_owned() }, text))
}

/// The tests in a file's text.
pub(super) fn of_text(name: String, text: Vec<u8>) -> (Files, PolicyTests, Sink) {
    let mut files = Files::new();
    let file = files.add(name, text);
    let mut sink = Sink::new();
    let tests = policy_test::read(file, files.text(file), &mut sink);
    (files, tests, sink)
}

fn no_tests(path: &str) -> Stop {
    let example = [
        "write it, for example:",
        "    [[test]]",
        "    name = \"the web server is open to the world\"",
        "    from = \"outside\"",
        "    to = \"vm100\"",
        "    dport = [80, 443]",
        "    expect = \"accept\"",
        "or name another file: `pvefw test ROOT FILE`",
    ];
    example.into_iter().fold(Stop::failed(format!("there are no tests: `{path}` does not exist")), Stop::help)
}
