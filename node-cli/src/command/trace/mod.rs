//! `pvefw trace`: what happens to a packet, and why.

mod batch;
mod flat;
mod loaded;

use std::path::Path;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::{Facts, Names};
use pvefw_core::ir::Ruleset;
use pvefw_core::report::Answers;
use pvefw_core::sim::{Mistake, Question, Simulator, Topology, Zone, render};
use pvefw_core::text::Files;

use super::warn;
use crate::args::{NodeArgs, TraceArgs, TraceFormat};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};
use crate::root;
use crate::root::node::{self, Need};

/// Runs the command.
pub(crate) fn run(args: &TraceArgs, output: &Output) -> Result<Exit, Stop> {
    let subject = Subject::read(args, output)?;
    let asked = batch::Asked {
        simulator: &subject.simulator,
        topology: &subject.topology,
        names: &Names::new(&subject.facts),
    };
    let mut answers = Answers::new(&subject.files);
    if let Some(file) = &args.batch {
        let exit = batch::run(file, &asked, answers, args.detail, output)?;
        return Ok(if exit == Exit::Fine { subject.exit } else { exit });
    }
    let question = args.packet.question();
    let packet = question
        .packet(asked.topology, asked.names)
        .map_err(|mistake| subject.refused(&question, mistake))?;
    let trace = subject.simulator.trace(&packet);
    match args.format {
        TraceFormat::Json => {
            output.json(|out| serde_json::to_writer(out, &answers.trace(&packet, &trace)))?;
        }
        TraceFormat::Human => {
            output.data(&[&render::trace(&packet, &trace, &subject.files, &output.for_data())])?;
        }
    }
    Ok(subject.exit)
}

/// Rules that are asked, wherever they are from.
struct Subject {
    /// The files whose lines decide.
    files: Files,
    facts: Facts,
    topology: Topology,
    simulator: Simulator,
    /// Whether the guests are known from a configuration.
    rooted: bool,
    /// How the command ends if all questions can be answered.
    exit: Exit,
}

impl Subject {
    fn read(args: &TraceArgs, output: &Output) -> Result<Self, Stop> {
        if let Some(source) = loaded::Source::of(args) {
            return loaded::read(&source, args, output);
        }
        let Node { datacenter, facts, topology, simulator, .. } =
            Node::read(args.root.as_deref(), &args.node, None, output)?;
        let files = datacenter.into_files();
        Ok(Self { files, facts, topology, simulator, rooted: true, exit: Exit::Fine })
    }

    fn refused(&self, question: &Question, mistake: Mistake) -> Stop {
        let is_guest = |zone: &str| matches!(Zone::parse(zone), Ok(Zone::Nic(_)));
        let stop = refused(mistake);
        if !self.rooted && (is_guest(&question.from) || is_guest(&question.to)) {
            return stop.help("guests are known from a ROOT only, and none was given");
        }
        stop
    }
}

/// A node's rules, ready to be asked.
pub(super) struct Node {
    pub(super) datacenter: Datacenter,
    pub(super) facts: Facts,
    pub(super) topology: Topology,
    pub(super) ruleset: Ruleset,
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
        Ok(Self { datacenter: root.datacenter, facts, topology, ruleset, simulator })
    }
}

/// A question without an answer stops the command.
pub(super) fn refused(mistake: Mistake) -> Stop {
    let stop = Stop::failed(mistake.message);
    match mistake.help {
        Some(help) => stop.help(help),
        None => stop,
    }
}
