//! `pvefw plan`, `apply`, `confirm`, `rollback`, `history`, `stop`, `status`, `localnet`.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pvefw_core::host::{Variant, store};

use super::{NodeArgs, RunArgs};

pub(super) const PLAN: &str = "\
Examples:
  pvefw plan                           what would change on this node
  pvefw plan --rules                   with every single rule
  pvefw plan ~/new-pve --node pve1     what another configuration would change
  pvefw plan --format json             for programs";

pub(super) const APPLY: &str = "\
Examples:
  pvefw apply                          load the rules of /etc/pve
  pvefw apply --confirm-within 60s     and take them back unless `pvefw confirm` comes in time
  pvefw apply ~/new-pve --node pve1    load those of another configuration
  pvefw apply --keep 192.0.2.7:22      refuse to if 192.0.2.7 could no longer reach port 22

The old rules are put back if anything goes wrong on the way. What has been loaded is
read back before it counts. Rules of others are left alone.

Refused is what would lock somebody out: the connection that you are coming over
(SSH_CONNECTION) or that you name with --keep, ports 8006 and 22 from the networks of
the set `management`, and corosync between the nodes, as far as they get through now.
--force loads it all the same; with --confirm-within it is said only.";

pub(super) const CONFIRM: &str = "\
Examples:
  pvefw confirm                        keep what `apply --confirm-within` has loaded";

pub(super) const ROLLBACK: &str = "\
Examples:
  pvefw rollback                       back to the state before, or from one that waits to be confirmed
  pvefw rollback 7                     back to state 7 of `pvefw history`";

pub(super) const HISTORY: &str = "\
Examples:
  pvefw history                        the states that can be gone back to
  pvefw history --diff                 and what each of them changed
  pvefw history --format json          for programs";

pub(super) const STOP: &str = "\
Examples:
  pvefw stop                           end the daemon, and remove every chain, rule and set of the firewall";

pub(super) const STATUS: &str = "\
Examples:
  pvefw status                         is it on, is it loaded, is it what /etc/pve says?
  pvefw status --format json           for programs";

pub(super) const LOCALNET: &str = "\
Examples:
  pvefw localnet                       the network that counts as the node's own";

/// Where the state is, and which tools to use.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateArgs {
    /// Where is kept what was applied
    #[arg(long, value_name = "DIR", env = "PVEFW_STATE", default_value = store::USUAL)]
    pub(crate) state: PathBuf,
    /// Use these tools instead of those installed as `iptables`
    #[arg(long, value_name = "VARIANT", env = "PVEFW_VARIANT", hide = true, value_parser = variant)]
    pub(crate) variant: Option<Variant>,
    /// Kill a tool that takes longer than this
    #[arg(long, value_name = "TIME", env = "PVEFW_TOOL_LIMIT", hide = true, value_parser = duration)]
    pub(crate) tool_limit: Option<Duration>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// Show the rules and members themselves, not only how many there are
    #[arg(long)]
    pub(crate) rules: bool,
    /// Plan for a configuration with errors, without the faulty lines
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// Put the old rules back unless `pvefw confirm` comes within this time (`60s`, `5m`)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) confirm_within: Option<Duration>,
    /// Apply a configuration with errors, without the faulty lines
    #[arg(long)]
    pub(crate) allow_errors: bool,
    /// Apply even what locks somebody out
    #[arg(long)]
    pub(crate) force: bool,
    /// A client, and the node's port that it must go on reaching; instead of `SSH_CONNECTION`
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) keep: Vec<SocketAddr>,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `confirm`.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The number of the state, as `pvefw history` shows it [default: the one before]
    pub(crate) number: Option<u64>,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Show what each state changed
    #[arg(long)]
    pub(crate) diff: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `stop`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// Taken for the sake of `pve-firewall`'s habits; what is removed does not depend on it
    #[arg(hide = true)]
    pub(crate) root: Option<PathBuf>,
    /// Where the daemon can be met.
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// Where the daemon can be met.
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Arguments of `localnet`.
#[derive(Debug, Args)]
pub(crate) struct LocalnetArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Arguments of the process that undoes what is not confirmed; not for people.
#[derive(Debug, Args)]
pub(crate) struct WatchdogArgs {
    /// The state that waits; none: the removal of everything.
    #[arg(long, value_name = "N")]
    pub(crate) waits: Option<u64>,
    /// The state.
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Formats of what is told of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
}

fn variant(text: &str) -> Result<Variant, &'static str> {
    Variant::BOTH.into_iter().find(|variant| variant.name() == text).ok_or("it is `nft` or `legacy`")
}

/// `60s`, `5m`, `2h`; without a unit, seconds.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "write a time like `60s` or `5m`";
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let number: u64 = digits.parse().map_err(|_| WRONG)?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        _ => return Err(WRONG),
    };
    let seconds = number.checked_mul(seconds).filter(|seconds| (1..=24 * 60 * 60).contains(seconds));
    seconds.map(Duration::from_secs).ok_or("it is at least a second and at most a day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("60s"), Ok(Duration::from_mins(1)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        for wrong in ["", "s", "0", "-1s", "1d", "25h", "1.5m", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
