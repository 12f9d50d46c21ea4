//! `pvefw daemon`, and what steers it: `start`, `restart`.

use std::path::PathBuf;

use clap::Args;
use pvefw_core::host::daemon::{Cause, Work};

use super::{NodeArgs, StateArgs};

pub(super) const DAEMON: &str = "\
Examples:
  pvefw daemon                         as the service does, in the foreground
  pvefw daemon ~/pve --node pve1       with another configuration than /etc/pve
  pvefw daemon --allow-errors          load what is left of a configuration with errors

It applies when something changes, and repairs what others change. A configuration with errors is
not loaded: the last good rules stay, and `pvefw status` says why.

SIGHUP starts it anew and leaves the rules; SIGTERM and Ctrl-C remove the rules and end it.";

pub(super) const START: &str = "\
Examples:
  pvefw start                          start the service (without systemd: the daemon, in the background)";

pub(super) const RESTART: &str = "\
Examples:
  pvefw restart                        start the daemon anew; the rules stay meanwhile";

/// Where the daemon can be met.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Where the daemon has its lock and its control socket
    #[arg(long, value_name = "DIR", env = "PVEFW_RUN", default_value = crate::daemon::RUN)]
    pub(crate) run: PathBuf,
}

/// Arguments of `daemon`.
#[derive(Debug, Args)]
pub(crate) struct DaemonArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// Load a configuration with errors, without the faulty lines, instead of keeping the last good one
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// Write the metrics into this file, too, for the node exporter of Prometheus
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Leave the terminal and the session of whoever starts it; for `pvefw start`
    #[arg(long, hide = true)]
    pub(crate) background: bool,
    /// Where it can be met.
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of one run of the daemon; not for people.
#[derive(Debug, Args)]
pub(crate) struct CycleArgs {
    /// What to do: why to apply, `confirm` or `remove`.
    #[arg(value_parser = work)]
    pub(crate) work: Work,
    /// The configuration root.
    pub(crate) root: Option<PathBuf>,
    /// Load a configuration with errors.
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// The word for what a run does.
pub(crate) const fn word(work: Work) -> &'static str {
    match work {
        Work::Apply(cause) => cause.word(),
        Work::Confirm => "confirm",
        Work::Remove => "remove",
    }
}

fn work(text: &str) -> Result<Work, &'static str> {
    [Work::Confirm, Work::Remove]
        .into_iter()
        .find(|work| word(*work) == text)
        .or_else(|| Cause::of(text).map(Work::Apply))
        .ok_or("there is no such work")
}
