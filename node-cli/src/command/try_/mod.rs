//! `pvefw try [ROOT]`: loads a configuration into a throw-away network namespace with the real tools and reads it
//! back, and sends the packets of its tests through it.
//!
//! The namespace belongs to this process and ends with it, so nothing is left behind, not even after Ctrl-C.

mod policy;
mod prepare;
mod report;

use std::io::{self, Write};
use std::path::PathBuf;

use pvefw_core::datacenter::Inventory;
use pvefw_core::diag::Counts;
use pvefw_core::emit::Restore;
use pvefw_core::host::{Error, Sandbox, Texts, Tool, Tools, Variant, load, read_back};

use crate::args::NodeArgs;
use crate::exit::{Exit, Stop};
use crate::output::Output;

use super::style::Style;
use report::{Run, Subject};

/// What the user asked for.
#[derive(Debug, Default)]
pub(crate) struct TryArgs {
    /// The configuration; the built-in example if there is none.
    pub(crate) root: Option<PathBuf>,
    /// The node to compile for, and what is known about it.
    pub(crate) node: NodeArgs,
    /// Which iptables to use; the machine's choice if there is none.
    pub(crate) variant: Option<Variant>,
    /// Whether tests stay where they are.
    pub(crate) no_tests: bool,
}

/// A configuration on its way into the kernel.
#[derive(Clone, Debug, Default)]
struct Compiled {
    /// What there is to say about it, as shown to people; may be empty.
    diagnostics: String,
    /// How many of them there are.
    counts: Counts,
    /// The node it was compiled for.
    node: String,
    /// Guests of that node.
    guests: Inventory,
    /// Inputs of the four tools.
    texts: Restore,
}

impl Compiled {
    fn texts(&self) -> Texts<'_> {
        let Restore { ipset, ebtables, iptables, ip6tables } = &self.texts;
        Texts { ipset, iptables, ip6tables, ebtables }
    }

    fn exit(&self) -> Exit {
        if self.counts.errors > 0 { Exit::Findings } else { Exit::Fine }
    }
}

/// Runs the command.
pub(crate) fn run(args: &TryArgs, output: &Output) -> Result<Exit, Stop> {
    let (compiled, policy) = prepare::prepare(args, output)?;
    let style = Style::of(output);
    let subject = args.root.as_deref().map_or(Subject::Example, Subject::Root);
    output.data(&[&report::opening(style, subject, &compiled)])?;
    let texts = compiled.texts();
    let empty = report::is_empty(&texts);
    if empty {
        output.data(&[&report::nothing_to_load(style)])?;
        if policy.is_none() {
            return Ok(compiled.exit());
        }
    }

    let unusable = |error: Error| {
        let stop = Stop::failed(error.to_string());
        error.advice().into_iter().fold(stop, Stop::help)
    };
    let tools = Tools::find(args.variant).map_err(unusable)?;
    let sandbox = Sandbox::enter().map_err(unusable)?;
    let tools = tools.inside(&sandbox).on_slow(still_running);
    let sent = |exit: Exit| match &policy {
        Some(policy) => Ok(if policy.send(&tools, style, output)? { exit } else { Exit::Findings }),
        None => Ok(exit),
    };
    if empty {
        return sent(compiled.exit());
    }
    let steps = match load(&tools, &texts) {
        Ok(steps) => steps,
        Err(failed) => {
            output.data(&[&report::refusal(style, &failed, &texts)])?;
            return Ok(Exit::Findings);
        }
    };
    let have = read_back(&tools).map_err(unusable)?;
    let versions = [Tool::Iptables, Tool::Ipset, Tool::Ebtables].map(|tool| tools.version(tool));
    let run =
        Run { compiled: &compiled, subject, versions, kind: sandbox.kind(), steps: &steps, have: &have };
    let differences = have.differences(&texts.count());
    output.data(&[&report::summary(style, &run, &differences)])?;
    sent(if differences.is_empty() { compiled.exit() } else { Exit::Findings })
}

/// Progress of something that takes longer than a second.
fn still_running(program: &str) {
    // Nobody is left to tell if that fails.
    let _ = writeln!(io::stderr(), "`{program}` is still at it …");
}
