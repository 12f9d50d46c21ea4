//! What is done on a node: `plan`, `apply` and their kin. The work is `pvefw_core::host`'s; here it is asked for and told.

pub(crate) mod apply;
pub(crate) mod confirm;
pub(crate) mod cycle;
pub(crate) mod history;
pub(crate) mod localnet;
pub(crate) mod plan;
pub(crate) mod rollback;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod watchdog;

mod lockout;
mod told;

use core::time::Duration;
use std::path::Path;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::Facts;
use pvefw_core::host::apply::Target;
use pvefw_core::host::error::{Missing, WITHOUT_BRIDGE};
use pvefw_core::host::store::{Guard, Store};
use pvefw_core::host::{Error, Machine, Tools, process};
use pvefw_core::ir::Ruleset;

use super::{Findings, warn};
use crate::args::{NodeArgs, StateArgs};
use crate::exit::Stop;
use crate::output::{Kind, Output};
use crate::root;
use crate::root::node::{self, Need};

/// How long to wait for another run to be done.
const PATIENCE: Duration = Duration::from_secs(10);

/// A configuration, compiled for this node.
struct Desired {
    datacenter: Datacenter,
    facts: Facts,
    ruleset: Ruleset,
    target: Target,
    /// Whether there are errors, and they are not to be passed over.
    refused: bool,
}

/// Whether lines with errors are left out, or keep everything from being loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Errors {
    Refuse,
    LeaveOut,
}

impl Errors {
    const fn of(allowed: bool) -> Self {
        if allowed { Self::LeaveOut } else { Self::Refuse }
    }
}

impl Desired {
    /// Reads and compiles a root, and says what is wrong with it.
    fn read(given: Option<&Path>, args: &NodeArgs, errors: Errors, output: &Output) -> Result<Self, Stop> {
        let mut root = root::read(given)?;
        let mut facts = node::facts(args, &mut root.warnings)?;
        node::settle(&mut facts, &mut root, Need::One)?;
        warn(&root.warnings, output);
        let (ruleset, sink) = root.datacenter.compile(&facts);
        let target = Target::of(&root.datacenter, &facts, &ruleset);
        let counts = sink.counts();
        let shown = root.path.display().to_string();
        if counts.errors > 0 {
            let findings = Findings::of_files(root.datacenter.files().clone(), sink, root.files);
            output.aside(&findings.human(&output.for_notices()));
        } else if counts.warnings > 0 {
            let there = if counts.warnings == 1 {
                "is a warning".into()
            } else {
                format!("are {} warnings", counts.warnings)
            };
            output
                .notice(Kind::Note, format!("there {there} about the configuration: `pvefw check {shown}`"));
        }
        let refused = counts.errors > 0 && errors == Errors::Refuse;
        Ok(Self { datacenter: root.datacenter, facts, ruleset, target, refused })
    }

    /// Says that it is refused.
    fn refuse(output: &Output, what: &str) {
        output.notice(Kind::Error, format!("{what}: the configuration has errors"));
        output.notice(Kind::Help, "correct them, or leave the faulty lines out: `--allow-errors`");
    }
}

/// The node and its state.
struct Session {
    machine: Machine,
    store: Store,
    missing: Vec<Missing>,
}

impl Session {
    /// Finds the tools. What is missing of them may not be needed.
    fn open(args: &StateArgs) -> Result<Self, Stop> {
        let store = store(args);
        let (tools, missing) = Tools::find_to_save(args.variant).map_err(|error| unusable(&error))?;
        let tools = match args.tool_limit {
            Some(limit) => tools.with_limit(limit),
            None => tools,
        };
        Ok(Self { machine: Machine::new(tools.on_slow(still_running)), store, missing })
    }

    /// Finds the tools for loading a target: refuses when one is missing that has something to load.
    fn open_for(args: &StateArgs, target: &Target) -> Result<Self, Stop> {
        Self::open(args)?.ready_for(target)
    }

    /// The same, once the tools are found.
    fn ready_for(mut self, target: &Target) -> Result<Self, Stop> {
        self.demand(target)?;
        if target.texts.ebtables.is_empty() {
            self.machine = self.machine.without_bridge();
        }
        Ok(self)
    }

    /// Refuses when a tool is missing that has something to load.
    fn demand(&self, target: &Target) -> Result<(), Stop> {
        target.demand(&self.missing).map_err(|error| unusable(&error))
    }

    fn lock(&self, command: &str) -> Result<Guard, Stop> {
        self.store.lock(command, PATIENCE).map_err(|error| unusable(&error))
    }
}

/// The state directory, wherever we are.
fn store(args: &StateArgs) -> Store {
    Store::new(std::path::absolute(&args.state).unwrap_or_else(|_| args.state.clone()))
}

/// What changes rules needs the right to.
pub(crate) fn demand_right() -> Result<(), Stop> {
    if process::may_change_rules() {
        return Ok(());
    }
    Err(Stop::failed(
        "changing the rules of a node takes the capability CAP_NET_ADMIN, which this process lacks",
    )
    .help("run it as root: try `sudo`")
    .help("to see what would change: `pvefw plan`"))
}

/// What a daemon can't do without. Tools that only some configurations need may be missing.
pub(crate) fn demand_tools(args: &StateArgs) -> Result<(), Stop> {
    Session::open(args).map(drop)
}

/// A failure of the machine.
fn unusable(error: &Error) -> Stop {
    let stop = error.advice().into_iter().fold(Stop::failed(in_words(error)), Stop::help);
    if error.is_of_bridge() { stop.help(WITHOUT_BRIDGE) } else { stop }
}

/// A failure with its cause.
fn in_words(error: &Error) -> String {
    match (error, core::error::Error::source(error)) {
        (Error::File { source, .. }, _) => format!("{error}: {}", crate::output::words(source)),
        (_, Some(cause)) => format!("{error}: {cause}"),
        (_, None) => error.to_string(),
    }
}

/// Progress of something that takes longer than a second.
fn still_running(program: &str) {
    use std::io::Write as _;
    // Nobody is left to tell if that fails.
    let _ = writeln!(std::io::stderr(), "`{program}` is still at it …");
}
