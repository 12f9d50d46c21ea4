//! pvefw for browsers and Node.js: every question of the npm package `pvefw`, answered with JSON text.
//!
//! This is a border: it converts what comes in, asks [`pvefw_core::session`] or [`pvefw_core::lang`], and writes down what
//! they say in the shapes of [`pvefw_core::report`]. JSON is smaller and faster here than building objects one by one.
//! `wasm/npm` puts types in front of it.
#![expect(
    clippy::needless_pass_by_value,
    reason = "wasm-bindgen has no optional `&str`: it hands texts over"
)]

extern crate alloc;

mod convert;
mod json;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::Code;
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::lang::complete::complete;
use pvefw_core::lang::hover::hover;
use pvefw_core::lang::symbols::{Role, Symbols, definitions, references};
use pvefw_core::report::Answers;
use pvefw_core::report::editor::{Changed, Edit, Editor, Restore, RulesQuery, Zone};
use pvefw_core::report::policy_test::Tests;
use pvefw_core::session::{Node, ReachQuery, Session};
use pvefw_core::sim::Question;
use wasm_bindgen::prelude::wasm_bindgen;

use convert::{FactsTaken, File, answered, json, kind, or_refused, outcome};
use json::read;

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
            let taken = FactsTaken { unknown: facts.unknown.clone() };
            self.session.set_facts(facts);
            taken
        }))
    }

    /// Everything that is wrong.
    pub fn check(&mut self) -> String {
        let (found, files) = self.session.check();
        json(&Editor::new(files).check(found))
    }

    /// What could be written at a place.
    pub fn complete(&self, file: &str, offset: u32) -> String {
        let (datacenter, facts) = (self.session.datacenter(), self.session.facts());
        let mut editor = Editor::new(datacenter.files());
        let found = datacenter
            .id(file)
            .and_then(|id| Some((id, complete(datacenter, facts, id, editor.byte(id, offset))?)));
        json(&found.as_ref().map(|(id, found)| editor.completions(*id, found)))
    }

    /// What is known about a word.
    pub fn hover(&self, file: &str, offset: u32) -> String {
        let (datacenter, facts) = (self.session.datacenter(), self.session.facts());
        let mut editor = Editor::new(datacenter.files());
        let found = datacenter.id(file).and_then(|id| hover(datacenter, facts, id, editor.byte(id, offset)));
        json(&found.as_ref().map(|found| editor.hover(found)))
    }

    /// The definitions of what a name means.
    pub fn definition(&self, file: &str, offset: u32) -> String {
        let datacenter = self.session.datacenter();
        let mut editor = Editor::new(datacenter.files());
        let found = datacenter.id(file).map(|id| definitions(datacenter, id, editor.byte(id, offset)));
        let found = found.unwrap_or_default();
        json(&found.iter().map(|found| editor.definition(found)).collect::<Vec<_>>())
    }

    /// All places that mean the same.
    pub fn references(&self, file: &str, offset: u32) -> String {
        let datacenter = self.session.datacenter();
        let mut editor = Editor::new(datacenter.files());
        let found = datacenter.id(file).map(|id| references(datacenter, id, editor.byte(id, offset)));
        let found = found.unwrap_or_default();
        json(&found.iter().map(|found| editor.reference(found)).collect::<Vec<_>>())
    }

    /// What is defined, in a file or in all.
    pub fn symbols(&self, file: Option<String>) -> String {
        let datacenter = self.session.datacenter();
        let mut editor = Editor::new(datacenter.files());
        let symbols = match &file {
            None => Symbols::new(datacenter),
            Some(file) => datacenter.id(file).map(|id| Symbols::in_file(datacenter, id)).unwrap_or_default(),
        };
        let defined = symbols.iter().filter(|found| found.role == Role::Definition);
        json(&defined.map(|found| editor.definition(found)).collect::<Vec<_>>())
    }

    /// Edits that give a file the usual layout.
    pub fn format(&self, file: &str) -> String {
        let datacenter = self.session.datacenter();
        let id = datacenter.id(file).filter(|id| datacenter.firewall_files().any(|(other, _)| other == *id));
        json(&id.map(|id| Editor::new(datacenter.files()).layout(id)).unwrap_or_default())
    }

    /// The fixes of findings that touch a range.
    pub fn fixes(&mut self, file: &str, from: u32, to: u32) -> String {
        let Some((_, id)) = self.session.file(file) else { return json(&[(); 0]) };
        let (found, files) = self.session.findings(file);
        json(&Editor::new(files).offered(&found.diagnostics, id, (from, to)))
    }

    /// All safe fixes, of a file or of all.
    pub fn fix_all(&mut self, file: Option<String>) -> String {
        let path = file.as_deref().unwrap_or_default();
        let id = self.session.file(path).map(|(_, id)| id);
        let (found, files) = self.session.findings(path);
        // A file that does not exist has nothing to be fixed.
        let found = if file.is_some() && id.is_none() { &[] } else { found.diagnostics.as_slice() };
        json(&Editor::new(files).fix_all(found, id))
    }

    /// Changes files by edits: an outcome with the changed ones.
    pub fn apply(&mut self, edits: &str) -> String {
        let applied = read::<Vec<Edit>>(edits).and_then(|edits| {
            let edits = edits.iter().map(|edit| convert::edit(&self.session, edit));
            let edits = edits.collect::<Result<Vec<_>, _>>()?;
            self.session.apply(&edits).map_err(|mistake| mistake.to_string())
        });
        or_refused(applied.map(|paths| {
            let text =
                |path| self.session.file(path).map(|(files, id)| String::from_utf8_lossy(files.text(id)));
            let changed = |path| Changed { file: path, text: text(path).unwrap_or_default() };
            answered(paths.iter().map(|path| changed(path)).collect::<Vec<_>>())
        }))
    }

    /// The zones of a node: an outcome.
    pub fn zones(&mut self, node: Option<String>) -> String {
        or_refused(self.node(node.as_deref()).map(|(node, datacenter)| answered(Zone::all(node, datacenter))))
    }

    /// Who reaches whom: an outcome.
    pub fn reach(&mut self, query: &str, node: Option<String>) -> String {
        or_refused(read::<ReachQuery>(query).and_then(|query| {
            let (node, datacenter) = self.node(node.as_deref())?;
            let reach = node.reach(&query).map_err(|mistake| mistake.to_string())?;
            Ok(answered(Answers::new(datacenter.files()).reach(node, datacenter, reach)))
        }))
    }

    /// What becomes of a packet: an outcome with its trace.
    pub fn trace(&mut self, question: &str, node: Option<String>) -> String {
        let traced = read::<Question>(question).and_then(|question| {
            let (node, datacenter) = self.node(node.as_deref())?;
            let packet = node.packet(&question).map_err(|mistake| mistake.to_string())?;
            let trace = node.simulator().map_err(|mistake| mistake.to_string())?.trace(&packet);
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
            answered(Tests::new(&tested.runs, tested.simulator, tested.files, found, &mut answers))
        }))
    }

    /// What a node loads, in numbers and names: an outcome.
    pub fn compile(&mut self, node: Option<String>) -> String {
        or_refused(
            self.node(node.as_deref())
                .map(|(node, datacenter)| answered(Answers::new(datacenter.files()).compiled(node))),
        )
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
