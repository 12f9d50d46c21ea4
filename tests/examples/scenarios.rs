//! Prints every scenario as JSON, with the engine's own answers: `cargo run -p pvefw-tests --example scenarios`. The
//! bindings (Python, WebAssembly) run them and must answer the same.
//!
//! A line is an object: `name`; `files`, their bytes as characters up to `ÿ` (Latin-1), so that any bytes can be said;
//! `facts`; `check`, as `pvefw check --format json` says it; `compile`, as `pvefw compile --format json`; `packets`, each
//! with its `question` and `answer` as in `trace --batch`; `tests`, where there are some, with their `path`, `text` and
//! the `report` of `pvefw test --format json`. Scenarios about dumps are left out.

extern crate alloc;

use alloc::collections::BTreeMap;
use core::error::Error;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::Sink;
use pvefw_core::facts::{Facts, Names};
use pvefw_core::policy_test::{self, Run};
use pvefw_core::sim::{Question, Simulator};
use pvefw_core::text::Files;
use pvefw_core::{emit, report};
use pvefw_tests::load::{Ask, Case, Input, load};
use pvefw_tests::run::USUAL_FACTS;
use pvefw_tests::{packet, root};
use serde_json::{Map, Value, json, to_value};

/// The time where a case says none: `enable` above 1 counts as long over.
const LATER: u64 = 4_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let package = root::package();
    let mut out = BufWriter::new(stdout().lock());
    for path in root::files(&package.join("suite"))? {
        let name = Path::new("tests").join(path.strip_prefix(package)?).display().to_string();
        let scenario = load(&name, &String::from_utf8(root::read(&path)?)?)?;
        for case in &scenario.cases {
            if !case.inputs.iter().any(|input| matches!(input, Input::Dump { .. })) {
                writeln!(out, "{}", object(&format!("{name}:{}: {}", case.line, case.title), case)?)?;
            }
        }
    }
    Ok(())
}

fn object(name: &str, case: &Case) -> Result<Value, Box<dyn Error>> {
    let (mut files, mut given, mut tests) = (Map::new(), USUAL_FACTS, None);
    let mut contents: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for input in &case.inputs {
        match input {
            Input::File { path, text } => {
                contents.insert(path, text.clone());
                files.insert(path.clone(), latin(text));
            }
            Input::Facts(text) => given = text,
            Input::Tests { path, text } => tests = Some((path, text)),
            Input::Before { .. } | Input::Dump { .. } => {}
        }
    }
    // In the order that the object has them.
    let mut datacenter = Datacenter::new();
    for (path, text) in contents {
        datacenter.add(path, text);
    }
    let mut facts: Facts = serde_json::from_str(given)?;
    // The bindings know what time it is, and would not answer the same tomorrow.
    let now = *facts.now.get_or_insert(LATER);
    let sink = datacenter.check(&facts);
    let (counts, found) = (sink.counts(), sink.into_sorted());
    let check = to_value(report::Check::new(&found, datacenter.files(), counts))?;
    let (ruleset, _) = datacenter.compile(&facts);
    let topology = datacenter.topology(&facts);
    let names = Names::new(&facts);
    let simulator = Simulator::new(&ruleset, &topology.networks)?;
    let mut answers = report::Answers::new(datacenter.files());
    let mut packets = Vec::new();
    for expectation in &case.expectations {
        let Ask::Packets { dump: false, questions } = &expectation.ask else { continue };
        for line in questions.iter().filter(|line| !line.is_empty()) {
            let Ok(question) = packet::object(line) else { continue };
            let asked: Question = serde_json::from_value(Value::Object(question.clone()))?;
            let answer = match asked.packet(&topology, &names) {
                Ok(packet) => to_value(answers.short(simulator.verdict(&packet)))?,
                Err(mistake) => to_value(report::Refused { error: mistake.to_string() })?,
            };
            packets.push(json!({"question": question, "answer": answer}));
        }
    }
    let tested = match tests {
        None => Value::Null,
        Some((path, text)) => {
            let mut alone = Files::new();
            let file = alone.add(path.clone(), text.clone());
            let mut sink = Sink::new();
            let read = policy_test::read(file, text, &mut sink);
            let counts = sink.counts();
            let found = sink.into_sorted();
            let run =
                |test| policy_test::PolicyTest::run(test, &simulator, &topology, &names, datacenter.files());
            let runs: Vec<Run<'_>> = read.tests.iter().map(run).collect();
            let check = report::Check::new(&found, &alone, counts);
            let found = (check.diagnostics, check.summary);
            let report = report::policy_test::Tests::new(&runs, &simulator, &alone, found, &mut answers);
            json!({"path": path, "text": latin(text), "report": report})
        }
    };
    let mut facts: Value = serde_json::from_str(given)?;
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("now".into(), now.into());
    }
    let compile = emit::lines(&ruleset);
    Ok(json!({
        "name": name, "files": files, "facts": facts, "check": check, "compile": compile, "packets": packets,
        "tests": tested,
    }))
}

/// Bytes as characters.
fn latin(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()
}
