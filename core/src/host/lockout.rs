//! Ways into a node that must not be cut: the connection that it is changed over, its management, its cluster.
//!
//! In: the configuration, its compiled ruleset, and who is connected. Out: [`Cuts`], the [`Way`]s that are open by what is
//! loaded now and would not be. Each is a question for the simulator; where a packet comes in, the kernel's routes say.
//! What to do about them is for callers.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use super::error::Error;
use super::load::save;
use super::route::Routes;
use super::tools::Tools;
use crate::datacenter::{ClusterLink, Datacenter};
use crate::diag::Sink;
use crate::facts::{Facts, Names};
use crate::ir::{HookPoint, Ruleset};
use crate::readback;
use crate::sim::{Mistake, Packet, Question, Simulator, Topology, Verdict, Zone};

/// Ports by which a node is managed, and what they are.
const MANAGEMENT: [(u16, &str); 2] = [(8006, "the web interface"), (22, "SSH")];

/// The port of the cluster's first link.
const CLUSTER: u16 = 5405;

/// Networks of the management set that are asked about. More say little more.
const MOST_NETWORKS: usize = 32;

/// A way in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What it is, in words.
    pub what: String,
    /// A packet that takes it.
    pub question: Question,
}

/// A connection to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Who is connected.
    pub client: SocketAddr,
    /// To which port of the node.
    pub port: u16,
    /// To which of its addresses, where known.
    pub server: Option<IpAddr>,
}

impl Connection {
    /// Reads `SSH_CONNECTION`: the client's address and port, and the server's.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let mut end = || {
            // A link-local address has its interface behind it.
            let address = words.next()?.split('%').next()?;
            Some(SocketAddr::new(address.parse().ok()?, words.next()?.parse().ok()?))
        };
        let (client, server) = (end()?, end()?);
        Some(Self { client, port: server.port(), server: Some(server.ip()) })
    }

    /// Who is to be kept: those named, a client's address and a port of the node each; without any the one who runs this,
    /// as `sshd` says in the environment.
    pub fn to_keep(named: &[SocketAddr]) -> Vec<Self> {
        if named.is_empty() {
            return std::env::var("SSH_CONNECTION")
                .ok()
                .as_deref()
                .and_then(Self::parse)
                .into_iter()
                .collect();
        }
        let named = named.iter().map(|keep| Self {
            client: SocketAddr::new(keep.ip(), 0),
            port: keep.port(),
            server: None,
        });
        named.collect()
    }
}

/// What a ruleset would cut.
#[derive(Debug)]
pub struct Cuts {
    /// The ways, with the packets that would no longer pass.
    pub ways: Vec<(Way, Packet)>,
    /// The rules on the ways into the node and out of it that would be loaded, to ask how a packet ends.
    pub simulator: Simulator,
}

/// Why nobody knows what would be cut.
#[derive(Debug)]
pub enum Unknown {
    /// What is loaded can't be read.
    Host(Error),
    /// Rules that can't be followed.
    Rules(Mistake),
}

/// What loading a configuration would cut that is open now. A way that is closed already is nobody's way.
///
/// # Errors
/// [`Unknown`].
pub fn cuts(
    tools: &Tools,
    (datacenter, facts): (&Datacenter, &Facts),
    ruleset: &Ruleset,
    connections: &[Connection],
) -> Result<Cuts, Unknown> {
    let topology = datacenter.topology(facts);
    // No way into the node or out of it leads through a guest.
    let own = ruleset.behind(&[HookPoint::Prerouting, HookPoint::Input, HookPoint::Output]);
    let simulator = Simulator::new(&own, &topology.networks).map_err(Unknown::Rules)?;
    let mut cut = Vec::new();
    // Without rules of ours nothing of ours stops anything.
    if !ruleset.is_empty() {
        let links = datacenter.cluster_links(facts).unwrap_or_default();
        let names = Names::new(facts);
        let asked = ways(ruleset, connections, &links, &mut Routes::open());
        let asked = asked
            .into_iter()
            .filter_map(|way| way.question.packet(&topology, &names).ok().map(|packet| (way, packet)));
        cut.extend(asked.filter(|(_, packet)| stopped(simulator.verdict(packet).verdict)));
    }
    if !cut.is_empty() {
        let before = loaded(tools, &topology)?;
        cut.retain(|(_, packet)| !stopped(before.verdict(packet).verdict));
    }
    Ok(Cuts { ways: cut, simulator })
}

const fn stopped(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Accept)
}

/// What decides now: everybody's rules.
fn loaded(tools: &Tools, topology: &Topology) -> Result<Simulator, Unknown> {
    let (files, saved) = save(tools).map_err(Unknown::Host)?;
    let dump = readback::read(&files, &saved, &mut Sink::new());
    Simulator::of_dump(&dump, &topology.networks).map_err(Unknown::Rules)
}

/// All ways that should stay open.
fn ways(
    ruleset: &Ruleset,
    connections: &[Connection],
    cluster: &[ClusterLink],
    routes: &mut Routes,
) -> Vec<Way> {
    // Who can't be answered is taken to be outside.
    let mut entrance = |address| routes.zone_towards(address).unwrap_or(Zone::OUTSIDE).to_string();
    let incoming = |from: &str, source: IpAddr, dest: Option<IpAddr>, proto: &str, port: u16| Question {
        from: from.to_string(),
        to: "host".to_string(),
        proto: Some(proto.to_string()),
        source: Some(source),
        dest,
        dport: Some(port),
        ..Question::default()
    };
    let mut ways = Vec::new();
    for connection in connections {
        let Connection { client, port, server } = *connection;
        ways.push(Way {
            what: format!("the connection from {} to port {port}", client.ip()),
            question: incoming(&entrance(client.ip()), client.ip(), server, "tcp", port),
        });
    }
    for source in management(ruleset) {
        let from = entrance(source);
        for (port, name) in MANAGEMENT {
            ways.push(Way {
                what: format!("{name} (port {port}) from {source}, of the set `management`"),
                question: incoming(&from, source, None, "tcp", port),
            });
        }
    }
    for ClusterLink { node, local, remote, .. } in cluster {
        let Some(local) = local else { continue };
        let from = entrance(*remote);
        ways.push(Way {
            what: format!("the cluster's traffic from node `{node}` ({remote})"),
            question: incoming(&from, *remote, Some(*local), "udp", CLUSTER),
        });
        ways.push(Way {
            what: format!("the cluster's traffic to node `{node}` ({remote})"),
            question: Question { to: from, ..incoming("host", *local, Some(*remote), "udp", CLUSTER) },
        });
    }
    ways
}

/// An address of each network of the management sets.
fn management(ruleset: &Ruleset) -> Vec<IpAddr> {
    let sets = ["PVEFW-0-management-v4", "PVEFW-0-management-v6"];
    let sets = ruleset.sets.iter().filter(|(name, _)| sets.contains(&name.as_str()));
    let members = sets.flat_map(|(_, set)| {
        let excepted = |net: &IpNet| {
            set.members.iter().any(|other| {
                other.nomatch && other.net.contains(net) && other.net.prefix_len() >= net.prefix_len()
            })
        };
        set.members.iter().filter(move |member| !member.nomatch && !excepted(&member.net))
    });
    members.map(|member| member.net).filter(reachable).map(somebody).take(MOST_NETWORKS).collect()
}

fn reachable(net: &IpNet) -> bool {
    !net.addr().is_loopback() && !net.addr().is_multicast()
}

/// An address in a network: that behind its first, which stands for the network itself.
fn somebody(net: IpNet) -> IpAddr {
    match net.network() {
        IpAddr::V4(first) if net.prefix_len() < 31 => Ipv4Addr::from(u32::from(first).wrapping_add(1)).into(),
        IpAddr::V6(first) if net.prefix_len() < 127 => {
            Ipv6Addr::from(u128::from(first).wrapping_add(1)).into()
        }
        only => only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_read_as_sshd_writes_them() {
        let connection = Connection::parse("192.0.2.7 50000 192.0.2.64 22").unwrap();
        assert_eq!(connection.client.to_string(), "192.0.2.7:50000");
        assert_eq!(connection.port, 22);
        let local = Connection::parse("fe80::1%vmbr0 50000 fe80::2%vmbr0 2222").unwrap();
        assert_eq!((local.server.unwrap().to_string().as_str(), local.port), ("fe80::2", 2222));
        assert_eq!(Connection::parse("somewhere"), None);
    }

    #[test]
    fn somebody_is_no_network() {
        let of = |text: &str| somebody(text.parse().unwrap()).to_string();
        assert_eq!(of("10.0.0.0/8"), "10.0.0.1");
        assert_eq!(of("10.0.0.7/32"), "10.0.0.7");
        assert_eq!(of("2001:db8::/64"), "2001:db8::1");
    }
}
