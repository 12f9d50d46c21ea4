//! A datacenter that changes, and what was last worked out about it.
//!
//! Editors ask the same things again and again while a file grows by a letter at a time. A [`Session`] keeps the answers
//! until they are no longer true, and reads only files again that have changed.
//!
//! ```
//! use pvefw_core::session::Session;
//!
//! let mut session = Session::new();
//! session.set("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n").unwrap();
//! session.set("nodes/pve1/host.fw", "[RULES]\nIN HTPS(ACCEPT)\n").unwrap();
//! assert_eq!(session.check().0.diagnostics[0].fixes[0].title, "write `HTTPS`");
//! assert_eq!(session.node(None).unwrap().0.name, "pve1");
//! ```

mod reach;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::OnceCell;

pub use reach::{Reach, ReachQuery, title};

use crate::datacenter::{Datacenter, FileKind};
use crate::diag::suggest::nearest;
use crate::diag::{Counts, Diagnostic, Edit, Sink};
use crate::facts::{Facts, Names};
use crate::ir::Ruleset;
use crate::lang::fixes;
use crate::policy_test::{self, PolicyTest, Run};
use crate::sim::{Mistake, Packet, Question, Simulator, Topology};
use crate::text::{FileId, Files};

/// The path of the file of policy tests.
pub const TESTS: &str = "tests.toml";

/// A datacenter, facts, policy tests, and answers.
#[derive(Debug, Default)]
pub struct Session {
    datacenter: Datacenter,
    facts: Facts,
    tests: Option<Files>,
    found: Option<Found>,
    node: Option<Node>,
}

/// What is wrong.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In order of file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// How much is wrong, also what is not listed.
    pub counts: Counts,
}

impl From<Sink> for Found {
    fn from(sink: Sink) -> Self {
        let counts = sink.counts();
        Self { diagnostics: sink.into_sorted(), counts }
    }
}

/// A node's rules, ready to be asked.
#[derive(Debug)]
pub struct Node {
    /// Its name; empty where there is none.
    pub name: String,
    /// What it loads.
    pub ruleset: Ruleset,
    /// What is wrong in the files that this was made from.
    pub found: Found,
    /// Its networks.
    pub topology: Topology,
    /// Its rules, for asking about packets; made when somebody asks.
    simulator: OnceCell<Simulator>,
    /// What is known about it.
    pub facts: Facts,
}

impl Node {
    /// Whether the firewall is on in the datacenter.
    pub fn is_enabled(&self) -> bool {
        !self.ruleset.v4.filter.chains.is_empty()
    }

    /// Its rules, for asking about packets.
    ///
    /// # Errors
    /// [`Mistake`] as for [`Simulator::new`].
    pub fn simulator(&self) -> Result<&Simulator, Mistake> {
        if let Some(known) = self.simulator.get() {
            return Ok(known);
        }
        let made = Simulator::new(&self.ruleset, &self.topology.networks)?;
        Ok(self.simulator.get_or_init(|| made))
    }

    /// The packet that a question is about.
    ///
    /// # Errors
    /// [`Mistake`] as for [`Question::packet`].
    pub fn packet(&self, question: &Question) -> Result<Packet, Mistake> {
        question.packet(&self.topology, &Names::new(&self.facts))
    }
}

/// What came of policy tests.
#[derive(Debug)]
pub struct Tested<'a> {
    /// The file of the tests, alone.
    pub files: &'a Files,
    /// What is wrong in it.
    pub found: Found,
    /// Whose rules they were.
    pub node: &'a Node,
    /// Its rules.
    pub simulator: &'a Simulator,
    /// What these were made from.
    pub datacenter: &'a Datacenter,
    /// What came of each.
    pub runs: Vec<Run<'a>>,
}

impl Session {
    /// No files, no facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or gives it another text; what it is. `None` is the file of policy tests.
    ///
    /// # Errors
    /// The path is that of no file that is read.
    pub fn set(&mut self, path: &str, text: impl Into<Vec<u8>>) -> Result<Option<FileKind>, Mistake> {
        if path == TESTS {
            let mut files = Files::new();
            files.add(TESTS, text);
            self.tests = Some(files);
            return Ok(None);
        }
        let Some(kind) = FileKind::of(path) else {
            return Err(Mistake::new(format!("`{path}` is no file that the firewall reads")).help(
                "files are `firewall/cluster.fw`, `firewall/<vmid>.fw`, `nodes/<node>/host.fw`, \
                 `nodes/<node>/qemu-server/<vmid>.conf`, `nodes/<node>/lxc/<vmid>.conf`, `sdn/firewall/<vnet>.fw`, \
                 `corosync.conf` and `tests.toml`",
            ));
        };
        self.datacenter.add(path, text);
        self.forget();
        Ok(Some(kind))
    }

    /// Removes a file. Whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        if path == TESTS {
            return self.tests.take().is_some();
        }
        let was_there = self.datacenter.remove(path);
        if was_there {
            self.forget();
        }
        was_there
    }

    /// Says what is known about the node.
    pub fn set_facts(&mut self, facts: Facts) {
        self.facts = facts;
        // Names of services and protocols may mean something else now.
        self.datacenter.forget_read();
        self.forget();
    }

    fn forget(&mut self) {
        self.found = None;
        self.node = None;
    }

    /// The files of the datacenter.
    pub const fn datacenter(&self) -> &Datacenter {
        &self.datacenter
    }

    /// What is known about the node.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The file of policy tests, alone.
    pub const fn tests(&self) -> Option<&Files> {
        self.tests.as_ref()
    }

    /// A file of the datacenter, or that of policy tests, and what its id belongs to.
    pub fn file(&self, path: &str) -> Option<(&Files, FileId)> {
        if path == TESTS {
            return self.tests.as_ref().map(|files| (files, FileId(0)));
        }
        self.datacenter.id(path).map(|id| (self.datacenter.files(), id))
    }

    /// Changes files of the datacenter and that of the tests, all or none; what was changed, by path.
    ///
    /// # Errors
    /// Edits overlap, or lie outside of their file.
    pub fn apply(&mut self, edits: &[(String, Edit)]) -> Result<Vec<String>, Mistake> {
        let (ours, theirs): (Vec<_>, Vec<_>) = edits.iter().partition(|(path, _)| path == TESTS);
        let only = |edits: Vec<&(String, Edit)>| -> Vec<Edit> {
            edits.into_iter().map(|(_, edit)| edit.clone()).collect()
        };
        let mut changed = Vec::new();
        for (files, edits) in [(Some(self.datacenter.files()), only(theirs)), (self.tests(), only(ours))] {
            let Some(files) = files else { continue };
            let texts = fixes::apply(files, &edits)?;
            changed.extend(texts.into_iter().map(|(id, text)| (files.name(id).to_string(), text)));
        }
        let paths = changed.iter().map(|(path, _)| path.clone()).collect();
        for (path, text) in changed {
            self.set(&path, text)?;
        }
        Ok(paths)
    }

    /// What is wrong in a file's kin: in the policy tests for their path, else in the datacenter.
    pub fn findings(&mut self, path: &str) -> (Found, &Files) {
        if path != TESTS {
            let (found, files) = self.check();
            return (found.clone(), files);
        }
        let Some(files) = &self.tests else { return (Found::default(), self.datacenter.files()) };
        let mut sink = Sink::new();
        policy_test::read(FileId(0), files.text(FileId(0)), &mut sink);
        (sink.into(), files)
    }

    /// Everything that is wrong in any file, but for policy tests; and the files.
    pub fn check(&mut self) -> (&Found, &Files) {
        self.datacenter.keep_read(&self.facts);
        let (datacenter, facts) = (&self.datacenter, &self.facts);
        (self.found.get_or_insert_with(|| datacenter.check(facts).into()), datacenter.files())
    }

    /// The rules of a node, by default that of the facts, else the only one that has files; and the datacenter.
    ///
    /// # Errors
    /// There is no such node, or there are several to choose from.
    pub fn node(&mut self, name: Option<&str>) -> Result<(&Node, &Datacenter), Mistake> {
        let name = self.choose(name)?;
        self.datacenter.keep_read(&self.facts);
        let known = self.node.take().filter(|node| node.name == name);
        let node = match known {
            Some(node) => node,
            None => self.compiled(name),
        };
        Ok((self.node.insert(node), &self.datacenter))
    }

    fn compiled(&self, name: String) -> Node {
        let facts = self.facts_of(&name);
        let (ruleset, sink) = self.datacenter.compile(&facts);
        let topology = self.datacenter.topology(&facts);
        let simulator = OnceCell::new();
        Node { name, ruleset, found: sink.into(), topology, simulator, facts }
    }

    /// The facts, of a node of this name.
    fn facts_of(&self, name: &str) -> Facts {
        let node = Some(name).filter(|name| !name.is_empty()).map(ToString::to_string);
        Facts { node, ..self.facts.clone() }
    }

    fn choose(&self, name: Option<&str>) -> Result<String, Mistake> {
        let nodes = self.datacenter.nodes();
        match (name, &self.facts.node) {
            (Some(name), _) if nodes.contains(name) || nodes.is_empty() => Ok(name.to_string()),
            // Facts may be about a node that has no files.
            (Some(name), Some(known)) if name == known => Ok(name.to_string()),
            (None, Some(known)) => Ok(known.clone()),
            (Some(name), _) => {
                let mistake = Mistake::new(format!("there is no node `{name}`"));
                Err(match nearest(name, nodes.iter().copied()) {
                    Some(near) => mistake.help(format!("did you mean `{near}`?")),
                    None => mistake.help(format!("nodes with files are {}", listed(nodes.iter().copied()))),
                })
            }
            (None, None) if nodes.len() > 1 => Err(Mistake::new("there are several nodes")
                .help(format!("name one of them: {}", listed(nodes.iter().copied())))),
            (None, None) => Ok(nodes.first().map(ToString::to_string).unwrap_or_default()),
        }
    }

    /// Runs the policy tests of `tests.toml` on a node: by default that of the facts, then the one that the tests name.
    /// `then` is given the results, since they hold on to the tests.
    ///
    /// # Errors
    /// There is no such file or node.
    pub fn test<T>(&mut self, node: Option<&str>, then: impl FnOnce(&Tested<'_>) -> T) -> Result<T, Mistake> {
        let Some(files) = &self.tests else {
            return Err(Mistake::new(format!("there are no tests: `{TESTS}` does not exist")).help(
                "write it, for example: `[[test]]`, `from = \"outside\"`, `to = \"vm100\"`, `dport = [80, 443]`, \
                 `expect = \"accept\"`",
            ));
        };
        let mut sink = Sink::new();
        let tests = policy_test::read(FileId(0), files.text(FileId(0)), &mut sink);
        let usual = if self.facts.node.is_some() { None } else { tests.node.as_deref() };
        let name = self.choose(node.or(usual))?;
        let node = match self.node.take().filter(|node| node.name == name) {
            Some(node) => node,
            None => self.compiled(name),
        };
        let node = &*self.node.insert(node);
        let (names, simulator) = (Names::new(&node.facts), node.simulator()?);
        let datacenter = &self.datacenter;
        let run = |test| PolicyTest::run(test, simulator, &node.topology, &names, datacenter.files());
        let runs = tests.tests.iter().map(run).collect();
        Ok(then(&Tested { files, found: sink.into(), node, simulator, datacenter, runs }))
    }
}

/// `` `a`, `b` `` and so on, but not hundreds.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const MOST: usize = 12;
    let quoted: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    let mut text = quoted.get(..MOST.min(quoted.len())).unwrap_or_default().join(", ");
    if quoted.len() > MOST {
        text.push_str(", …");
    }
    text
}
