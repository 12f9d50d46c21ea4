//! `pvefw simulate`.

use core::net::Ipv4Addr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw simulate --to vm100 --dport 443      may the world reach the web server?
  pvefw simulate --from vm100 --to outside --protocol udp --dport 53
  pvefw simulate ~/pve-copy --node pve2 --to ct200 --verbose 1

Zones are those of `pvefw trace`, which also says why.";

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// The zone it comes from
    #[arg(long, value_name = "ZONE", default_value = "outside")]
    pub(crate) from: String,
    /// The zone it goes to
    #[arg(long, value_name = "ZONE", default_value = "host")]
    pub(crate) to: String,
    /// Its protocol
    #[arg(long, value_enum, default_value_t = SimulateProtocol::Tcp)]
    pub(crate) protocol: SimulateProtocol,
    /// Its source port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sport: Option<u16>,
    /// Its destination port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) dport: Option<u16>,
    /// Its source address [default: the node's, or 100.100.1.2]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) source: Option<Ipv4Addr>,
    /// Its destination address [default: the node's, or 100.200.3.4]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) dest: Option<Ipv4Addr>,
    /// Whether to print the rulesets, too
    #[arg(long, value_name = "0|1", num_args = 0..=1, default_value = "0", default_missing_value = "1")]
    #[arg(value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) verbose: bool,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Protocols of `simulate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulateProtocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
}
