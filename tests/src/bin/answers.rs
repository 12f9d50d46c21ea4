//! Prints scenarios and conformance cases with the answers of the engine that `wasm/` wraps, as JSON, a case a line:
//! what the npm package must answer, too. `wasm/npm/test/answers.test.mjs` compares.
//!
//! Bytes stand as characters U+0000 to U+00FF. An answer is the text that the engine gives.

#![expect(clippy::print_stderr, reason = "a program that says what is wrong")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use pvefw_tests::load::{Input, load};
use pvefw_tests::{conformance, root};
use pvefw_wasm::Engine;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("answers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut write = |case: Value| writeln!(out, "{case}").map_err(|error| error.to_string());
    for path in root::files(&root::package().join("suite"))? {
        let name = path.strip_prefix(root::package()).unwrap_or(&path).display().to_string();
        let text = String::from_utf8_lossy(&root::read(&path)?).into_owned();
        for case in load(&name, &text)?.cases {
            let mut files = Vec::new();
            let mut facts = pvefw_tests::run::USUAL_FACTS.to_owned();
            for input in case.inputs {
                match input {
                    Input::File { path, text } | Input::Tests { path, text } => files.push((path, text)),
                    Input::Facts(text) => facts = text,
                    Input::Dump { .. } | Input::Before { .. } => {}
                }
            }
            write(answers(&format!("{name}:{} {}", case.line, case.title), &files, &facts, &Value::Null)?)?;
        }
    }
    let disputed = conformance::disputed()?;
    for case in conformance::cases()? {
        let (files, facts) = case.files()?;
        let packets = case.records(&disputed)?;
        let wanted = json!({ "lines": case.wanted()?, "packets": packets });
        write(answers(&case.name, &files, &facts, &wanted)?)?;
    }
    out.flush().map_err(|error| error.to_string())
}

/// A case: its inputs, questions with the engine's answers, and what is wanted whoever answers.
fn answers(name: &str, files: &[(String, Vec<u8>)], facts: &str, wanted: &Value) -> Result<Value, String> {
    let mut engine = Engine::new();
    for (path, text) in files {
        engine.set(path, text.clone());
    }
    let taken = engine.set_facts(facts);
    if !taken.starts_with(r#"{"ok":true"#) {
        return Err(format!("{name}: the facts: {taken}"));
    }
    let mut asked = vec![
        json!({ "ask": "check", "answer": engine.check() }),
        json!({ "ask": "findings", "answer": engine.findings(None) }),
        json!({ "ask": "compile", "answer": engine.compile(None) }),
        json!({ "ask": "lines", "answer": engine.lines(None) }),
        json!({ "ask": "restore", "answer": engine.restore(None) }),
        json!({ "ask": "test", "answer": engine.test(None) }),
        json!({ "ask": "reach", "answer": engine.reach(r#"{"dport":22}"#, None) }),
        json!({ "ask": "symbols", "answer": engine.symbols(None) }),
        json!({ "ask": "fixAll", "answer": engine.fix_all(None) }),
    ];
    for (path, _) in
        files.iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "fw"))
    {
        asked.push(json!({ "ask": "format", "of": path, "answer": engine.format(path) }));
    }
    let files: Vec<_> = files.iter().map(|(path, text)| json!([path, characters(text)])).collect();
    let facts: Value = serde_json::from_str(facts).map_err(|error| error.to_string())?;
    Ok(json!({ "name": name, "files": files, "facts": facts, "asked": asked, "wanted": wanted }))
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
