//! The command line and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::STATUSES;

const FIRST_STEPS: &str = "\
First steps:
  pvefw try                      the built-in example, in a network namespace
  pvefw check                    this node's /etc/pve
  pvefw check ~/pve-copy         a copy of it, on any machine
  pvefw check firewall/100.fw    a single file
  pvefw compile ~/pve-copy       the rules that the node would load

ROOT is laid out like /etc/pve; everything in it is optional:
  firewall/cluster.fw      nodes/<node>/host.fw
  firewall/<vmid>.fw       nodes/<node>/qemu-server/<vmid>.conf
  sdn/firewall/<vnet>.fw   nodes/<node>/lxc/<vmid>.conf
  corosync.conf";

const CHECK_EXAMPLES: &str = "\
Examples:
  pvefw check                                this node's /etc/pve
  pvefw check ~/pve-copy                     a copy of it
  pvefw check firewall/*.fw                  some files, with their ROOT for context
  pvefw check --format json | jq .summary    for programs";

const COMPILE_EXAMPLES: &str = "\
Examples:
  pvefw compile                              what this node would load
  pvefw compile ~/pve-copy --node pve2       what the node `pve2` would load
  pvefw compile ~/pve-copy --format json     every rule by table and chain
  pvefw compile ~/pve-copy --out rules/      four files for the restore tools";

const TRY_EXAMPLES: &str = "\
Examples:
  pvefw try                                  the built-in example
  pvefw try ~/pve-copy --node pve2           what the node `pve2` would load

Nothing of this machine is changed: the rules go into a network namespace
that is gone afterwards.";

/// The Proxmox VE firewall, explained, tested and compiled.
///
/// Reads the firewall files of a whole datacenter, says what is wrong with them, and compiles the rulesets that a node
/// loads.
#[derive(Debug, Parser)]
#[command(name = "pvefw", version, max_term_width = 110, arg_required_else_help = true)]
#[command(after_help = format!("{FIRST_STEPS}\n\n{STATUSES}"))]
pub(crate) struct Line {
    /// Whether to use colours. `auto`: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    pub(crate) color: When,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a configuration
    #[command(after_help = format!("{CHECK_EXAMPLES}\n\n{STATUSES}"))]
    Check(CheckArgs),
    /// Print the rulesets that a node would load
    ///
    /// Lines with errors are left out of the rulesets; the errors go to stderr and make the exit status 1.
    #[command(after_help = format!("{COMPILE_EXAMPLES}\n\n{STATUSES}"))]
    Compile(CompileArgs),
    /// Load the rulesets into a throw-away network namespace, and show them
    #[command(after_help = format!("{TRY_EXAMPLES}\n\n{STATUSES}"))]
    Try(TryLine),
}

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn help_teaches_examples_and_statuses() {
        for command in ["check", "compile", "try"] {
            let mut line = Line::command();
            let help = line.find_subcommand_mut(command).unwrap().render_long_help().to_string();
            assert!(help.contains("Examples:\n") && help.contains("Exit status:\n"), "{help}");
        }
    }

    #[test]
    fn a_node_is_a_name_and_no_path() {
        assert!(Line::try_parse_from(["pvefw", "compile", "--node", "pve-2"]).is_ok());
        assert!(Line::try_parse_from(["pvefw", "compile", "--node", "../x"]).is_err());
        assert!(Line::try_parse_from(["pvefw", "compile", "--node", ""]).is_err());
    }
}
