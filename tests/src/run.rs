//! Runs a case: its inputs through check and compile, and the answer to each of its questions.

use std::collections::BTreeSet;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Diagnostic, Severity};
use pvefw_core::emit::{self, Lines};
use pvefw_core::facts::Facts;
use pvefw_core::text::Files;

use crate::load::{Ask, Case, Input};

/// The facts of a case that gives none.
const USUAL_FACTS: &str = r#"{"node":"pve1","local_network":"192.0.2.0/24"}"#;

/// What a case says for a chain or set that does not exist.
const ABSENT: &str = "(none)\n";

/// What became of a case's inputs.
#[derive(Debug)]
pub struct Outcome {
    files: Files,
    check: Vec<Diagnostic>,
    compile: Vec<Diagnostic>,
    lines: Lines,
}

/// Runs a case.
///
/// # Errors
/// What is wrong with its inputs.
pub fn run(case: &Case) -> Result<Outcome, String> {
    let mut datacenter = Datacenter::new();
    let mut facts = USUAL_FACTS;
    for input in &case.inputs {
        match input {
            Input::Facts(text) => facts = text,
            Input::File { path, text } => {
                datacenter.add(path, text.clone()).ok_or_else(|| format!("`{path}` is no file that is read"))?;
            }
        }
    }
    let facts: Facts = serde_json::from_str(facts).map_err(|error| format!("the facts: {error}"))?;
    if let Some(key) = facts.unknown.keys().next() {
        return Err(format!("the facts have no key `{key}`"));
    }
    let check = datacenter.check(&facts).into_sorted();
    let (ruleset, sink) = datacenter.compile(&facts);
    let compile = sink.into_sorted();
    Ok(Outcome { files: datacenter.into_files(), check, compile, lines: emit::lines(&ruleset) })
}

impl Outcome {
    /// The answer, a line each.
    pub fn answer(&self, ask: &Ask) -> String {
        match ask {
            Ask::Check => self.show(&self.check),
            Ask::Compile => self.show(&self.compile),
            Ask::Rules { v6, raw, chain, containing } => {
                let family = if *v6 { &self.lines.v6 } else { &self.lines.v4 };
                let table = if *raw { &family.raw } else { &family.filter };
                let wanted = containing.as_deref().unwrap_or_default();
                joined(table.get(chain), |line| line.contains(wanted))
            }
            Ask::Ipset(name) => joined(self.lines.ipset.get(name), |_| true),
            Ask::Ebtables(chain) => joined(self.lines.ebtables.get(chain), |_| true),
        }
    }

    /// The codes of everything that was found.
    pub fn codes(&self) -> BTreeSet<&'static str> {
        self.check.iter().chain(&self.compile).map(|diagnostic| diagnostic.code.name()).collect()
    }

    /// Whether `check` found something to complain about.
    pub fn complains(&self) -> bool {
        self.check.iter().any(|diagnostic| diagnostic.severity != Severity::Info)
    }

    fn show(&self, diagnostics: &[Diagnostic]) -> String {
        let mut text = String::new();
        for diagnostic in diagnostics {
            let span = diagnostic.span;
            let file = self.files.file(span.file);
            let position = file.map(|file| file.line_index().position(file.text(), span.start));
            let (line, column) = position.map_or((0, 0), |position| (position.line, position.column));
            text += &format!(
                "{}:{line}:{column} {}[{}] {}\n",
                self.files.name(span.file),
                diagnostic.severity.name(),
                diagnostic.code,
                diagnostic.message
            );
        }
        text
    }
}

fn joined(lines: Option<&Vec<String>>, wanted: impl Fn(&str) -> bool) -> String {
    let Some(lines) = lines else { return ABSENT.to_owned() };
    lines.iter().filter(|line| wanted(line)).fold(String::new(), |text, line| text + line + "\n")
}
