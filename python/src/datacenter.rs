//! The class `Datacenter` of the extension module.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pvefw_cli::root::{self, Root};
use pvefw_core::datacenter as core_datacenter;
use pvefw_core::diag::Sink;
use pvefw_core::edit::Editor;
use pvefw_core::facts::Facts;
use pvefw_core::policy_test;
use pvefw_core::sim::Question;
use pvefw_core::text::Files;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::answers;
use crate::compiled::Compiled;
use crate::error::{Class, Failure, Outcome};
use crate::state::{NodeRules, State};

/// The files of a datacenter, and what can be asked of them.
#[pyclass(frozen, module = "pvefw._native")]
pub(crate) struct Datacenter(Mutex<State>);

#[pymethods]
impl Datacenter {
    /// Reads a root from disk. `facts` is JSON.
    #[staticmethod]
    fn load(
        py: Python<'_>,
        path: PathBuf,
        node: Option<String>,
        facts: &str,
    ) -> PyResult<(Self, Vec<String>)> {
        let facts = read_facts(facts, node)?;
        let read = py.detach(move || root::read(Some(&path)).map_err(Failure::of_stop))?;
        let Root { datacenter, nodes, path, files, warnings } = read;
        let editor = Editor::new(datacenter, facts.clone());
        let state = State { root: Some(path), nodes, facts, files, editor, compiled: BTreeMap::new() };
        Ok((Self::new(state), warnings))
    }

    /// Takes files from memory: paths below the root, and texts. Returns the paths that are not the firewall's.
    #[staticmethod]
    fn from_files(
        py: Python<'_>,
        files: Vec<(String, PyBackedBytes)>,
        node: Option<String>,
        facts: &str,
    ) -> PyResult<(Self, Vec<String>)> {
        let facts = read_facts(facts, node)?;
        Ok(py.detach(|| {
            let mut datacenter = core_datacenter::Datacenter::new();
            let mut ignored = Vec::new();
            let count = files.len();
            for (path, text) in files {
                if datacenter.add(&path, text.to_vec()).is_none() {
                    ignored.push(path);
                }
            }
            let nodes = datacenter.nodes().into_iter().map(str::to_owned).collect();
            let editor = Editor::new(datacenter, facts.clone());
            let state = State { root: None, nodes, facts, files: count, editor, compiled: BTreeMap::new() };
            (Self::new(state), ignored)
        }))
    }

    /// Where it was read from.
    #[getter]
    fn root(&self, py: Python<'_>) -> Option<PathBuf> {
        py.detach(|| self.lock().root.clone())
    }

    /// The names of the nodes.
    #[getter]
    fn nodes(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.lock().nodes.clone())
    }

    /// All that is wrong: JSON, and text for people.
    fn check(&self, py: Python<'_>, node: Option<&str>, color: bool) -> PyResult<(String, String)> {
        Ok(py.detach(|| -> Outcome<_> {
            let (datacenter, facts, count) = {
                let mut state = self.lock();
                (Arc::clone(state.editor.datacenter()), state.facts(node)?, state.files)
            };
            let sink = datacenter.check(&facts);
            let counts = sink.counts();
            Ok(answers::findings(&sink.into_sorted(), counts, datacenter.files(), count, color))
        })?)
    }

    /// The rules of a node.
    fn compile(&self, py: Python<'_>, node: Option<&str>) -> PyResult<Compiled> {
        Ok(py.detach(|| self.node_rules(node).map(Compiled))?)
    }

    /// What becomes of a packet: JSON, and text for people. `question` is JSON.
    fn trace(
        &self,
        py: Python<'_>,
        question: &str,
        node: Option<&str>,
        color: bool,
    ) -> PyResult<(String, String)> {
        Ok(py.detach(|| -> Outcome<_> {
            let question = read_question(question)?;
            answers::trace(&*self.node_rules(node)?, &question, color)
        })?)
    }

    /// What becomes of many packets, in short. The questions are JSON, and so are the answers.
    fn trace_many(
        &self,
        py: Python<'_>,
        questions: Vec<String>,
        node: Option<&str>,
    ) -> PyResult<Vec<String>> {
        Ok(py.detach(|| -> Outcome<_> {
            let questions: Vec<Outcome<Question>> =
                questions.into_iter().map(|question| read_question(&question)).collect();
            answers::batch(&*self.node_rules(node)?, &questions)
        })?)
    }

    /// Runs policy tests: JSON, findings in their file for people, and the ways of the packets that failed, by test.
    fn test(
        &self,
        py: Python<'_>,
        name: String,
        text: &[u8],
        node: Option<&str>,
        color: bool,
    ) -> PyResult<(String, String, Vec<Vec<String>>)> {
        Ok(py.detach(|| -> Outcome<_> {
            let mut files = Files::new();
            let file = files.add(name, text);
            let mut sink = Sink::new();
            let tests = policy_test::read(file, files.text(file), &mut sink);
            let usual = { self.lock().facts.node.clone() };
            let node = node.map(str::to_owned).or(usual).or_else(|| tests.node.clone());
            let rules = self.node_rules(node.as_deref())?;
            let counts = sink.counts();
            answers::tests(&rules, &tests, (&sink.into_sorted(), counts), &files, color)
        })?)
    }

    /// What changes from this to another: whether nothing does, JSON, and text for people.
    fn diff(
        &self,
        py: Python<'_>,
        other: &Self,
        node: Option<&str>,
        rules: bool,
        color: bool,
    ) -> PyResult<(bool, String, String)> {
        Ok(py.detach(|| -> Outcome<_> {
            let (old, new) = (self.node_rules(node)?, other.node_rules(node)?);
            Ok(answers::diff(&old, &new, rules, color))
        })?)
    }
}

impl Datacenter {
    fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    /// Never held while Python code runs, nor while something long is done.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules of a node, compiled unless they have been since the last change.
    pub(crate) fn node_rules(&self, node: Option<&str>) -> Outcome<Arc<NodeRules>> {
        let key = node.map(str::to_owned);
        let (datacenter, facts) = {
            let mut state = self.lock();
            if let Some(known) = state.compiled.get(&key) {
                return Ok(Arc::clone(known));
            }
            (Arc::clone(state.editor.datacenter()), state.facts_of_one(node)?)
        };
        let rules = Arc::new(NodeRules::new(Arc::clone(&datacenter), facts));
        let mut state = self.lock();
        // Somebody may have changed the files meanwhile.
        if !state.editor.is_stale() && Arc::ptr_eq(state.editor.datacenter(), &datacenter) {
            state.compiled.insert(key, Arc::clone(&rules));
        }
        Ok(rules)
    }
}

fn read_facts(text: &str, node: Option<String>) -> Outcome<Facts> {
    let mut facts: Facts =
        serde_json::from_str(text).map_err(|error| Failure::new(Class::Facts, format!("facts: {error}")))?;
    if let Some(key) = facts.unknown.first() {
        return Err(Failure::new(Class::Facts, format!("facts: the key `{key}` means nothing here")));
    }
    if node.is_some() {
        facts.node = node;
    }
    Ok(facts)
}

fn read_question(text: &str) -> Outcome<Question> {
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Failure::new(Class::Question, what)
    })
}
