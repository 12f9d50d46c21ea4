//! `pvefw compile`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw compile                              what this node would load
  pvefw compile ~/pve-copy --node pve2       what the node `pve2` would load
  pvefw compile ~/pve-copy --format json     every rule by table and chain
  pvefw compile ~/pve-copy --out rules/      four files for the restore tools";

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// How to print the rulesets
    #[arg(long, value_enum, default_value_t = CompileFormat::Restore)]
    pub(crate) format: CompileFormat,
    /// Write the files `ipset`, `ebtables`, `iptables` and `ip6tables` into this folder instead of printing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Formats of `compile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompileFormat {
    /// The input of the four restore tools, one after the other
    Restore,
    /// One JSON object: every rule by table and chain
    Json,
}
