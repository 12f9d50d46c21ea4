//! What a `Datacenter` holds, behind its lock, and the rules of its nodes once they have been asked for.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::path::PathBuf;
use std::sync::OnceLock;

use pvefw_cli::root::node::{self, Choice};
use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::suggest::nearest;
use pvefw_core::diag::{Counts, Diagnostic};
use pvefw_core::edit::Editor;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Ruleset;
use pvefw_core::sim::{Mistake, Simulator, Topology};

use crate::error::{Class, Failure, Outcome};

/// A datacenter in memory.
pub(crate) struct State {
    /// Where it was read from.
    pub(crate) root: Option<PathBuf>,
    /// The nodes, also those without files.
    pub(crate) nodes: Vec<String>,
    /// What callers know about the node; the node itself if they chose one.
    pub(crate) facts: Facts,
    /// Number of files looked at.
    pub(crate) files: usize,
    /// All of it.
    pub(crate) editor: Editor,
    /// What was compiled since the last change, by the node asked for.
    pub(crate) compiled: BTreeMap<Option<String>, Arc<NodeRules>>,
}

/// The rules of one node, ready to be asked.
pub(crate) struct NodeRules {
    pub(crate) datacenter: Arc<Datacenter>,
    pub(crate) facts: Facts,
    pub(crate) ruleset: Ruleset,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) counts: Counts,
    /// Made when the first packet is asked about: who only compiles does not need it.
    asked: OnceLock<Result<Asked, Mistake>>,
}

/// What questions about packets are asked of.
pub(crate) struct Asked {
    pub(crate) topology: Topology,
    pub(crate) simulator: Simulator,
}

impl NodeRules {
    /// Compiles for a node.
    pub(crate) fn new(datacenter: Arc<Datacenter>, facts: Facts) -> Self {
        let (ruleset, sink) = datacenter.compile(&facts);
        let counts = sink.counts();
        let found = sink.into_sorted();
        Self { datacenter, facts, ruleset, found, counts, asked: OnceLock::new() }
    }

    /// What to ask about packets.
    pub(crate) fn asked(&self) -> Outcome<&Asked> {
        let asked = self.asked.get_or_init(|| {
            let topology = self.datacenter.topology(&self.facts);
            let simulator = Simulator::new(&self.ruleset, &topology.networks)?;
            Ok(Asked { topology, simulator })
        });
        Ok(asked.as_ref().map_err(Mistake::clone)?)
    }
}

impl State {
    /// The facts as seen from a node: the one asked for, else the one chosen when loading. Without either it is the only
    /// one, if there is one.
    pub(crate) fn facts(&self, asked: Option<&str>) -> Outcome<Facts> {
        let mut facts = self.facts.clone();
        node::fill_time(&mut facts);
        if let Some(asked) = asked {
            facts.node = Some(asked.to_owned());
        }
        let path = self.root.clone().unwrap_or_default();
        match &facts.node {
            Some(name) if !self.nodes.is_empty() && !self.nodes.contains(name) => {
                let near = nearest(name, self.nodes.iter().map(String::as_str));
                let failure = Failure::new(Class::Node, format!("there is no node `{name}`"));
                return Err(match near {
                    Some(near) => failure.help(format!("did you mean `{near}`?")),
                    None => failure.help(format!("the nodes are {}", node::listed(&self.nodes))),
                });
            }
            Some(_) => {}
            None => {
                if let Choice::One(name) = Choice::of(&path, &self.nodes) {
                    facts.node = Some(name);
                }
            }
        }
        node::fill(&mut facts, &path);
        Ok(facts)
    }

    /// The facts for what is compiled for one node.
    pub(crate) fn facts_of_one(&self, asked: Option<&str>) -> Outcome<Facts> {
        let facts = self.facts(asked)?;
        if let (None, [first, _, ..]) = (&facts.node, self.nodes.as_slice()) {
            let message = format!("there are several nodes: {}", node::listed(&self.nodes));
            return Err(Failure::new(Class::Node, message).help(format!("choose one: `node=\"{first}\"`")));
        }
        Ok(facts)
    }
}
