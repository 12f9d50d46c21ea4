//! The command line and its help: what all commands share here, the rest in a file each.

mod apply;
mod check;
mod compile;
mod daemon;
mod diff;
mod documents;
mod log;
mod logger;
mod node;
mod simulate;
mod test;
mod trace;
mod try_;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use apply::{
    ApplyArgs, ConfirmArgs, Format, HistoryArgs, LocalnetArgs, PlanArgs, RollbackArgs, StateArgs, StatusArgs,
    StopArgs, WatchdogArgs,
};
pub(crate) use check::{CheckArgs, CheckFormat};
pub(crate) use compile::{CompileArgs, CompileFormat};
pub(crate) use daemon::{CycleArgs, DaemonArgs, RunArgs, word};
pub(crate) use diff::{DiffArgs, DiffFormat};
pub(crate) use documents::DocumentsArgs;
pub(crate) use log::{LogArgs, LogFormat};
pub(crate) use logger::LoggerArgs;
pub(crate) use node::NodeArgs;
pub(crate) use simulate::{SimulateArgs, SimulateProtocol};
pub(crate) use test::{TestArgs, TestFormat};
pub(crate) use trace::{TraceArgs, TraceFormat};
pub(crate) use try_::TryLine;

use crate::exit::STATUSES;

const FIRST_STEPS: &str = "\
First steps:
  pvefw try                      the built-in example, in a network namespace
  pvefw check                    this node's /etc/pve
  pvefw check ~/pve-copy         a copy of it, on any machine
  pvefw check firewall/100.fw    a single file
  pvefw compile ~/pve-copy       the rules that the node would load
  pvefw plan                     what loading them would change on this node

ROOT is laid out like /etc/pve; everything in it is optional:
  firewall/cluster.fw      nodes/<node>/host.fw
  firewall/<vmid>.fw       nodes/<node>/qemu-server/<vmid>.conf
  sdn/firewall/<vnet>.fw   nodes/<node>/lxc/<vmid>.conf
  corosync.conf";

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
    /// Load the rules of a configuration onto this node
    #[command(after_help = help(apply::APPLY))]
    Apply(ApplyArgs),
    /// Say what is wrong with a configuration
    #[command(after_help = help(check::EXAMPLES))]
    Check(CheckArgs),
    /// Print the rulesets that a node would load
    ///
    /// Lines with errors are left out of the rulesets; the errors go to stderr and make the exit status 1.
    #[command(after_help = help(compile::EXAMPLES))]
    Compile(CompileArgs),
    /// Keep what `apply --confirm-within` has loaded
    #[command(after_help = help(apply::CONFIRM))]
    Confirm(ConfirmArgs),
    /// Keep the rules of this node as its configuration says; a service
    ///
    /// Applies when something changes, in the foreground, until a signal ends it.
    #[command(after_help = help(daemon::DAEMON))]
    Daemon(DaemonArgs),
    #[command(hide = true)]
    DaemonCycle(CycleArgs),
    /// Say what changes between two configurations, by the lines that change it
    ///
    /// Both are compiled for the same node, and the rules are compared. Lines with errors make no rules.
    #[command(after_help = help(diff::EXAMPLES))]
    Diff(DiffArgs),
    /// List the states that can be gone back to
    #[command(after_help = help(apply::HISTORY))]
    History(HistoryArgs),
    /// Say which network counts as the node's own, as `pve-firewall localnet` does
    #[command(after_help = help(apply::LOCALNET))]
    Localnet(LocalnetArgs),
    /// Say what `apply` would change on this node
    ///
    /// Nothing is changed. What is loaded is read from the kernel, which takes root; without, the plan is made against
    /// what was applied last.
    #[command(after_help = help(apply::PLAN))]
    Plan(PlanArgs),
    /// Start the daemon anew; the rules stay meanwhile
    #[command(after_help = help(daemon::RESTART))]
    Restart(DaemonArgs),
    /// Go back to an earlier state
    #[command(after_help = help(apply::ROLLBACK))]
    Rollback(RollbackArgs),
    /// Write man pages and completions into a folder, for packages
    #[command(hide = true)]
    Documents(DocumentsArgs),
    /// Show what rules have logged, and which rules that were
    #[command(after_help = help(log::EXAMPLES))]
    Log(LogArgs),
    /// Write a line for every packet that a rule logs; a service
    ///
    /// Reads NFLOG group 0 of the network namespace it runs in, in the foreground. The lines are those of pvefw-logger.
    #[command(after_help = help(logger::EXAMPLES))]
    Logger(LoggerArgs),
    /// Say what happens to a packet, as `pve-firewall simulate` does
    #[command(after_help = help(simulate::EXAMPLES))]
    Simulate(SimulateArgs),
    /// Start the daemon
    #[command(after_help = help(daemon::START))]
    Start(DaemonArgs),
    /// Say whether the firewall is on, loaded, and what the configuration says
    #[command(after_help = help(apply::STATUS))]
    Status(StatusArgs),
    /// End the daemon, and remove every chain, rule and set of the firewall
    #[command(after_help = help(apply::STOP))]
    Stop(StopArgs),
    /// Ask whether the firewall does what it is meant to
    ///
    /// The tests are in `tests.toml` beside the folder `firewall`: which packets must pass, and which must not.
    #[command(after_help = help(test::EXAMPLES))]
    Test(TestArgs),
    /// Say what happens to a packet, and which line decides
    #[command(after_help = help(trace::EXAMPLES))]
    Trace(TraceArgs),
    /// Load the rulesets into a throw-away network namespace, and show them
    #[command(after_help = help(try_::EXAMPLES))]
    Try(TryLine),
    #[command(hide = true)]
    Watchdog(WatchdogArgs),
}

/// What follows the options in the help of a command.
fn help(examples: &str) -> String {
    format!("{examples}\n\n{STATUSES}")
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
        for command in [
            "apply", "check", "compile", "confirm", "daemon", "diff", "history", "localnet", "log", "logger",
            "plan", "restart", "rollback", "simulate", "start", "status", "stop", "test", "trace", "try",
        ] {
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
