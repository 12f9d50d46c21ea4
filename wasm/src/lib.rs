//! pvefw for browsers and Node.js: every question of the npm package `pvefw`, answered with JSON text.
//!
//! This is a border: it converts what comes in, asks [`pvefw_core::session`] or [`pvefw_core::lang`], and writes down what
//! they say in the shapes of [`pvefw_core::report`]. JSON is smaller and faster here than building objects one by one.
//! `wasm/npm` puts types in front of it.

mod convert;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::Code;
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::report::Answers;
use pvefw_core::report::editor::{Editor, Restore, RulesQuery};
use pvefw_core::report::policy_test::Tests;
use pvefw_core::session::{Node, Session};
use pvefw_core::sim::Question;
use wasm_bindgen::prelude::wasm_bindgen;

use convert::{FactsTaken, File, answered, json, kind, or_refused, outcome, read};

/// A datacenter and everything one asks of it.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Engine {
    session: Session,
}

/// What a code of a diagnostic means; nothing for a code that does not exist.
#[wasm_bindgen]
pub fn explain(code: &str) -> Option<String> {
    Code::named(code).map(|code| code.explanation().to_owned())
}

#[wasm_bindgen]
impl Engine {
    /// No files: the firewall is off.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or gives it another text: an outcome with the file.
    pub fn set(&mut self, path: &str, text: Vec<u8>) -> String {
        outcome(self.session.set(path, text).map(|found| File { path, kind: kind(found.as_ref()) }))
    }

    /// Removes a file. Whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        self.session.remove(path)
    }

    /// The files.
    pub fn files(&self) -> String {
        json(&convert::files(&self.session))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<String> {
        let (files, id) = self.session.file(path)?;
        Some(String::from_utf8_lossy(files.text(id)).into_owned())
    }

    /// The names of the nodes that have files.
    pub fn nodes(&self) -> String {
        json(&self.session.datacenter().nodes())
    }

    /// Says what is known about the node: an outcome with the keys that mean nothing.
    pub fn set_facts(&mut self, facts: &str) -> String {
        outcome(read::<Facts>(facts).map(|facts| {
            let taken = FactsTaken { unknown: facts.unknown.keys().cloned().collect() };
            self.session.set_facts(facts);
            taken
        }))
    }

    /// Everything that is wrong.
    pub fn check(&mut self) -> String {
        let (found, files) = self.session.check();
        json(&Editor::new(files).check(found))
    }

    /// What becomes of a packet: an outcome with its trace.
    pub fn trace(&mut self, question: &str, node: Option<String>) -> String {
        let traced = read::<Question>(question).and_then(|question| {
            let (node, datacenter) = self.node(node.as_deref())?;
            let packet = node.packet(&question).map_err(|mistake| mistake.to_string())?;
            let trace = node.simulator.trace(&packet);
            Ok(answered(Answers::new(datacenter.files()).trace(&packet, &trace)))
        });
        or_refused(traced)
    }

    /// The policy tests: an outcome with what came of them.
    pub fn test(&mut self, node: Option<String>) -> String {
        or_refused(self.session.test(node.as_deref(), |tested| {
            let check = Editor::new(tested.files).check(&tested.found);
            let found = (check.diagnostics, check.summary);
            let mut answers = Answers::new(tested.datacenter.files());
            answered(Tests::new(&tested.runs, &tested.node.simulator, tested.files, found, &mut answers))
        }))
    }

    /// What a node loads, in numbers and names: an outcome.
    pub fn compile(&mut self, node: Option<String>) -> String {
        or_refused(self.node(node.as_deref()).map(|(node, datacenter)| {
            answered(Answers::new(datacenter.files()).compiled(&node.name, &node.ruleset))
        }))
    }

    /// What is wrong in the files of a node: an outcome.
    pub fn findings(&mut self, node: Option<String>) -> String {
        or_refused(
            self.node(node.as_deref())
                .map(|(node, datacenter)| answered(Editor::new(datacenter.files()).check(&node.found))),
        )
    }

    /// Rules with their lines: an outcome.
    pub fn rules(&mut self, query: &str, node: Option<String>) -> String {
        or_refused(read::<RulesQuery>(query).and_then(|query| {
            let (node, datacenter) = self.node(node.as_deref())?;
            Ok(answered(Answers::new(datacenter.files()).rules(&node.ruleset, &query)))
        }))
    }

    /// A set with its lines: an outcome.
    pub fn members(&mut self, name: &str, node: Option<String>) -> String {
        or_refused(self.node(node.as_deref()).and_then(|(node, datacenter)| {
            let set = Answers::new(datacenter.files()).compiled_set(&node.ruleset, name);
            set.map(answered).ok_or_else(|| format!("no set `{name}` is loaded"))
        }))
    }

    /// What a line became: an outcome.
    pub fn from_line(&mut self, file: &str, line: u32, node: Option<String>) -> String {
        or_refused(self.node(node.as_deref()).and_then(|(node, datacenter)| {
            let mut answers = Answers::new(datacenter.files());
            let span = datacenter.id(file).and_then(|id| answers.line_span(id, line));
            let span = span.ok_or_else(|| format!("there is no line {line} in a file `{file}`"))?;
            Ok(answered(answers.from_line(&node.ruleset, span)))
        }))
    }

    /// All rules and sets as text: an outcome.
    pub fn lines(&mut self, node: Option<String>) -> String {
        or_refused(self.node(node.as_deref()).map(|(node, _)| answered(emit::lines(&node.ruleset))))
    }

    /// The input of the restore tools: an outcome.
    pub fn restore(&mut self, node: Option<String>) -> String {
        let written = |(node, _): (&Node, _)| answered(Restore::from(emit::restore(&node.ruleset)));
        or_refused(self.node(node.as_deref()).map(written))
    }
}

impl Engine {
    fn node(&mut self, name: Option<&str>) -> Result<(&Node, &Datacenter), String> {
        self.session.node(name).map_err(|mistake| mistake.to_string())
    }
}
