//! The addresses over which the nodes of a cluster talk to each other.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{Cluster, Datacenter, group_names};
use crate::Family;
use crate::compile::corosync::link_addresses;
use crate::diag::Sink;
use crate::facts::{Facts, Names, Network};
use crate::policy::{Context, Definitions};

/// An address of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterLink {
    /// The node.
    pub node: String,
    /// The link's number, as corosync counts.
    pub link: String,
    /// Our own address on that link, if we have one.
    pub local: Option<IpAddr>,
    /// The other node's.
    pub remote: IpAddr,
}

/// What a node takes for its own network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeNetwork {
    /// The network.
    pub network: Network,
    /// Whether the cluster file defines it.
    pub defined: bool,
    /// Whether the firewall is on.
    pub enabled: bool,
}

impl Datacenter {
    /// The network that the node is in, and whether an alias of the cluster file says so; and whether the firewall is on.
    pub fn node_network(&self, facts: &Facts) -> NodeNetwork {
        let mut sink = Sink::new();
        let file = self.lower_cluster(&Names::new(facts), &mut sink);
        let definitions = Definitions::new(&file);
        let groups = group_names(&file);
        let (definitions, groups) = (&definitions, &groups);
        let context =
            Context { files: &self.files, facts, cluster: definitions, groups, wanted: |_, _| false };
        let Cluster { enabled, local_network, .. } = Cluster::resolve(&file, &context, facts, &mut sink);
        NodeNetwork { network: local_network.network, defined: local_network.span.is_some(), enabled }
    }

    /// The links between the node of [`Datacenter::compile`] and the others, by node and link. `None`: no cluster.
    pub fn cluster_links(&self, facts: &Facts) -> Option<Vec<ClusterLink>> {
        let corosync = self.corosync(facts, &mut Sink::new())?;
        let own = self.node_name(facts);
        let mut links = Vec::new();
        for family in Family::BOTH {
            let addresses: Vec<_> = link_addresses(&corosync, facts, family).collect();
            for (node, link, remote) in addresses.iter().filter(|(node, ..)| *node != own) {
                let local = addresses.iter().find(|(node, other, _)| *node == own && other == link);
                links.push(ClusterLink {
                    node: (*node).to_string(),
                    link: link.chars().filter(char::is_ascii_digit).collect(),
                    local: local.map(|(.., address)| *address),
                    remote: *remote,
                });
            }
        }
        links.sort_by(|a, b| (&a.node, &a.link, a.remote).cmp(&(&b.node, &b.link, b.remote)));
        Some(links)
    }
}
