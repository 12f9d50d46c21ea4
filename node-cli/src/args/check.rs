//! `pvefw check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw check                                this node's /etc/pve
  pvefw check ~/pve-copy                     a copy of it
  pvefw check firewall/*.fw                  some files, with their ROOT for context
  pvefw check --format json | jq .summary    for programs";

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A configuration root [default: /etc/pve], or files to check on their own
    #[arg(value_name = "ROOT|FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Formats of `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people, with the lines in question
    Human,
    /// One JSON object
    Json,
}
