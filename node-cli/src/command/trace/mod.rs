//! `pvefw trace`: what happens to a packet, and why.

mod batch;

use std::path::Path;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::{Facts, Names};
use pvefw_core::report::Answers;
use pvefw_core::sim::{Mistake, Simulator, Topology, render};

use super::warn;
use crate::args::{NodeArgs, TraceArgs, TraceFormat};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};
use crate::root;
use crate::root::node::{self, Need};

/// Runs the command.
pub(crate) fn run(args: &TraceArgs, output: &Output) -> Result<Exit, Stop> {
    let node = Node::read(args.root.as_deref(), &args.node, None, output)?;
    let asked = batch::Asked {
        simulator: &node.simulator,
        topology: &node.topology,
        names: &Names::new(&node.facts),
    };
    let mut answers = Answers::new(node.datacenter.files());
    if let Some(file) = &args.batch {
        return batch::run(file, &asked, answers, args.detail, output);
    }
    let packet = args.packet.question().packet(asked.topology, asked.names).map_err(refused)?;
    let trace = node.simulator.trace(&packet);
    match args.format {
        TraceFormat::Json => {
            output.json(|out| serde_json::to_writer(out, &answers.trace(&packet, &trace)))?
        }
        TraceFormat::Human => {
            output.data(&[&render::trace(&packet, &trace, node.datacenter.files(), &output.for_data())])?;
        }
    }
    Ok(Exit::Fine)
}

/// A node's rules, ready to be asked.
pub(super) struct Node {
    pub(super) datacenter: Datacenter,
    pub(super) facts: Facts,
    pub(super) topology: Topology,
    pub(super) simulator: Simulator,
}

impl Node {
    /// Reads and compiles a root. `usual` is the node if nobody names one.
    pub(super) fn read(
        root: Option<&Path>,
        args: &NodeArgs,
        usual: Option<String>,
        output: &Output,
    ) -> Result<Self, Stop> {
        let mut root = root::read(root)?;
        let mut facts = node::facts(args, &mut root.warnings)?;
        facts.node = facts.node.or(usual);
        node::settle(&mut facts, &mut root, Need::One)?;
        warn(&root.warnings, output);
        let (ruleset, sink) = root.datacenter.compile(&facts);
        let errors = sink.counts().errors;
        if errors > 0 {
            let (lines, are) = if errors == 1 { ("a line", "is") } else { ("lines", "are") };
            output.notice(
                Kind::Warning,
                format!(
                    "{lines} with errors {are} left out of the rules: see `pvefw check {}`",
                    root.path.display()
                ),
            );
        }
        let topology = root.datacenter.topology(&facts);
        let simulator = Simulator::new(&ruleset, &topology.networks).map_err(refused)?;
        Ok(Self { datacenter: root.datacenter, facts, topology, simulator })
    }
}

fn refused(mistake: Mistake) -> Stop {
    let stop = Stop::failed(mistake.message);
    match mistake.help {
        Some(help) => stop.help(help),
        None => stop,
    }
}
