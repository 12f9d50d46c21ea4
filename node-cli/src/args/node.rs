//! The arguments of every command that looks from a node.

use std::path::PathBuf;

use clap::Args;

/// Which node, and what is known about it.
#[derive(Debug, Default, Args)]
pub(crate) struct NodeArgs {
    /// The node to look from [default: this machine for /etc/pve, else the only one in ROOT]
    #[arg(long, value_name = "NAME", value_parser = node_name)]
    pub(crate) node: Option<String>,
    /// JSON with what a live node would tell (addresses, SDN sets, /etc/services, …)
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Option<PathBuf>,
}

/// A node's name becomes part of paths.
fn node_name(name: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return Err("a node's name has letters, digits and `-` only");
    }
    Ok(name.to_owned())
}
