//! `pvefw log`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pvefw_core::host::store;

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw log                              the log of this node, with the rules that made it
  pvefw log --follow --guest 100         what is logged for guest 100, as it happens
  pvefw log --since 10m                  the last ten minutes, rotated files included
  pvefw log --since '2026-11-22 08:00'   since then
  pvefw log --format json here.log       a JSON object a line, from another file
  pvefw log --root ~/pve-copy copy.log   a copy, with the rules of a configuration

Where several rules may have logged a line, all are named.";

/// Arguments of `log`.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// The log [default: /var/log/pve-firewall.log]; `-` for standard input
    pub(crate) file: Option<PathBuf>,
    /// Go on with what is logged from now on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only lines of this guest; 0 for the node's own and those of groups
    #[arg(long, value_name = "ID")]
    pub(crate) guest: Option<u32>,
    /// Only lines since then: `10m`, `2h`, `3d`, `08:00`, `yesterday`, `2026-11-22`, `2026-11-22 08:00`, Unix seconds
    #[arg(long, value_name = "T")]
    pub(crate) since: Option<String>,
    /// Only the last lines [default: all; 10 with --follow]
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) lines: Option<usize>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    pub(crate) format: LogFormat,
    /// Name the rules of this configuration, not those that were applied here
    #[arg(long, value_name = "ROOT")]
    pub(crate) root: Option<PathBuf>,
    /// Where is kept what was applied
    #[arg(long, value_name = "DIR", env = "PVEFW_STATE", default_value = store::USUAL)]
    pub(crate) state: PathBuf,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Formats of `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// What matters of each line
    Human,
    /// One JSON object a line, with everything
    Json,
}
