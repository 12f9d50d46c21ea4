//! `pvefw try`.

use std::path::PathBuf;

use clap::Args;

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw try                                  the built-in example
  pvefw try ~/pve-copy --node pve2           what the node `pve2` would load

Nothing of this machine is changed: the rules go into a network namespace
that is gone afterwards.";

/// Arguments of `try`.
#[derive(Debug, Args)]
pub(crate) struct TryLine {
    /// The configuration root [default: a built-in example]
    pub(crate) root: Option<PathBuf>,
    /// The iptables to use: `nft` or `legacy` [default: what the machine has]
    #[arg(long, value_name = "VARIANT", value_parser = ["nft", "legacy"])]
    pub(crate) variant: Option<String>,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}
