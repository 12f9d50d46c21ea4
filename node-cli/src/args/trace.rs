//! `pvefw trace`.

use core::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pvefw_core::sim::Question;

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw trace --from outside --to vm100 --dport 443      may the world reach the web server?
  pvefw trace --from vm100 --to outside -p udp --dport 53
  pvefw trace --from outside --to host --source 10.0.0.9 -p icmp --icmp-type echo-request
  pvefw trace ~/pve-copy --node pve2 --from ct200/net1 --to vmbr1/eth1
  pvefw trace --batch packets.jsonl                      a JSON object a line, an answer a line
  pvefw trace --live --from outside --to host --dport 22 ask what is loaded on this machine
  pvefw trace ~/pve-copy --ruleset dumps/ --from outside --to vm100

Zones, the places packets come from and go to:
  host              the node itself
  outside           the port eth0 of the bridge vmbr0
  vm100, ct200      the first network device of a guest; vm100/net1 is its second
  vmbr1/eth1        any port of any bridge

Left out, the source and destination are what the configuration shows, the ports
are 40000 and 40001, the protocol is tcp, and the packet opens a connection.

With --live and --ruleset the answer is that of the rules which are really loaded,
those of Docker or of an administrator included; it names lines of the dump. What
is not understood makes it `MAY ACCEPT` or `MAY DROP`. Of ROOT only the guests and
addresses count then, and there need not be one. Lines of a dump that can't be read
are shown, and the status is 1: more may be loaded than the answer knows of. Rules
that are neither in iptables nor in ebtables (`nft`) are not seen.";

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// Ask the rules that are loaded on this machine (as root)
    #[arg(long, conflicts_with = "ruleset")]
    pub(crate) live: bool,
    /// Ask dumps: the files `iptables-save`, `ip6tables-save`, `ipset` and `ebtables` in this folder, or what
    /// `compile --out` has written
    #[arg(long, value_name = "DIR")]
    pub(crate) ruleset: Option<PathBuf>,
    /// The packet.
    #[command(flatten)]
    pub(crate) packet: PacketArgs,
    /// Answer the questions in this file, a JSON object a line; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "Packet")]
    pub(crate) batch: Option<PathBuf>,
    /// With `--batch`: say of each packet all that `--format json` says of one
    #[arg(long, requires = "batch")]
    pub(crate) detail: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = TraceFormat::Human)]
    pub(crate) format: TraceFormat,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// What is asked about.
#[derive(Clone, Debug, Default, Args)]
#[group(id = "Packet", multiple = true)]
pub(crate) struct PacketArgs {
    /// The zone it comes from
    #[arg(long, value_name = "ZONE", required_unless_present = "batch")]
    pub(crate) from: Option<String>,
    /// The zone it goes to
    #[arg(long, value_name = "ZONE", required_unless_present = "batch")]
    pub(crate) to: Option<String>,
    /// Its source address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) source: Option<IpAddr>,
    /// Its destination address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) dest: Option<IpAddr>,
    /// Its protocol: a name or number; `arp` or another Ethernet type
    #[arg(short = 'p', long, value_name = "PROTOCOL")]
    pub(crate) proto: Option<String>,
    /// Its source port
    #[arg(long, value_name = "PORT")]
    pub(crate) sport: Option<u16>,
    /// Its destination port
    #[arg(long, value_name = "PORT")]
    pub(crate) dport: Option<u16>,
    /// Its ICMP type: a name, a number or number/code
    #[arg(long, value_name = "TYPE")]
    pub(crate) icmp_type: Option<String>,
    /// The state of its connection: new, established, related, invalid or untracked
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Its source hardware address
    #[arg(long, value_name = "MAC")]
    pub(crate) mac: Option<String>,
}

impl PacketArgs {
    /// The question they ask.
    pub(crate) fn question(&self) -> Question {
        let Self { from, to, source, dest, proto, sport, dport, icmp_type, state, mac } = self.clone();
        Question {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            proto,
            source,
            dest,
            sport,
            dport,
            icmp_type,
            state,
            mac,
        }
    }
}

/// Formats of `trace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// For people: the verdict and the way to it
    Human,
    /// One JSON object
    Json,
}
