//! `pvefw try`.

use std::path::PathBuf;

use clap::Args;

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw try                                  the built-in example
  pvefw try ~/pve-copy --node pve2           what the node `pve2` would load

Nothing of this machine is changed: the rules go into a network namespace
that is gone afterwards. If ROOT has a `tests.toml`, as `pvefw test` reads it,
its packets are sent through that kernel; which line decides (`rule = …`) only
`pvefw test` tells.";

/// Arguments of `try`.
#[derive(Debug, Args)]
pub(crate) struct TryLine {
    /// The configuration root [default: a built-in example]
    pub(crate) root: Option<PathBuf>,
    /// The iptables to use: `nft` or `legacy` [default: what the machine has]
    #[arg(long, value_name = "VARIANT", value_parser = ["nft", "legacy"])]
    pub(crate) variant: Option<String>,
    /// Don't send the packets of the tests in `tests.toml` through the kernel
    #[arg(long)]
    pub(crate) no_tests: bool,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}
