//! Ways into a node that must not be cut: the connection that it is changed over, its management, its cluster.
//!
//! In: the compiled ruleset, the node's networks, and who is connected. Out: [`Way`]s, each a question for the
//! simulator. Asking and judging is for callers, who may know that a way was cut before.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::datacenter::ClusterLink;
use crate::ir::Ruleset;
use crate::sim::Question;

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
}

/// All ways that should stay open.
pub fn ways(ruleset: &Ruleset, connections: &[Connection], cluster: &[ClusterLink], from: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    let incoming = |source: IpAddr, dest: Option<IpAddr>, proto: &str, port: u16| Question {
        from: from.to_string(),
        to: "host".to_string(),
        proto: Some(proto.to_string()),
        source: Some(source),
        dest,
        dport: Some(port),
        ..Question::default()
    };
    for connection in connections {
        let Connection { client, port, server } = *connection;
        ways.push(Way {
            what: format!("the connection from {} to port {port}", client.ip()),
            question: incoming(client.ip(), server, "tcp", port),
        });
    }
    for source in management(ruleset) {
        for (port, name) in MANAGEMENT {
            ways.push(Way {
                what: format!("{name} (port {port}) from {source}, of the set `management`"),
                question: incoming(source, None, "tcp", port),
            });
        }
    }
    for ClusterLink { node, local, remote, .. } in cluster {
        let Some(local) = local else { continue };
        ways.push(Way {
            what: format!("the cluster's traffic from node `{node}` ({remote})"),
            question: incoming(*remote, Some(*local), "udp", CLUSTER),
        });
        ways.push(Way {
            what: format!("the cluster's traffic to node `{node}` ({remote})"),
            question: Question {
                from: "host".to_string(),
                to: from.to_string(),
                ..incoming(*local, Some(*remote), "udp", CLUSTER)
            },
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
