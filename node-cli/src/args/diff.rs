//! `pvefw diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw diff /etc/pve ~/new-pve              what would change on this node
  pvefw diff old new --node pve2             what would change on the node `pve2`
  pvefw diff old new --rules                 with every single rule
  pvefw diff old new --format json           for programs";

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The configuration root as it was
    pub(crate) old: PathBuf,
    /// The configuration root as it is, or is to be
    pub(crate) new: PathBuf,
    /// Show the rules and members themselves, not only how many there are
    #[arg(long)]
    pub(crate) rules: bool,
    /// How to print the differences
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(crate) format: DiffFormat,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Formats of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people, by line of the configuration
    Human,
    /// One JSON object
    Json,
}
