//! Where a node's guests are plugged in.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::IpNet;

use super::{Datacenter, FileKind};
use crate::config::nic;
use crate::diag::Sink;
use crate::facts::Facts;
use crate::ir::Written;
use crate::sim::{NicId, NicPlace, Topology};

impl Datacenter {
    /// The networks of the node that [`Datacenter::compile`] compiles for, for asking what happens to packets there.
    pub fn topology(&self, facts: &Facts) -> Topology {
        let node = self.node_name(facts);
        let mut topology = Topology::default();
        topology.node = node.to_string();
        topology.node_address = facts.node_ip;
        topology.networks = networks(facts);
        // What is wrong with these lines is said by `check` and `compile`.
        let mut ignored = Sink::new();
        for (kind, id) in &self.kinds {
            let FileKind::GuestConfig(vmid, on_node, kind) = kind else { continue };
            topology.guests.entry(*vmid).or_default().push((*kind, on_node.clone()));
            if on_node != node {
                continue;
            }
            let text = self.files.text(*id);
            for nic in nic::parse(*id, text, *kind, &mut ignored) {
                let id = NicId { kind: *kind, vmid: *vmid, index: nic.index };
                topology.plug_in(
                    id,
                    NicPlace {
                        bridge: nic.bridge,
                        firewall: nic.firewall,
                        mac: nic.mac.as_ref().map(Written::value).copied(),
                        v4: nic.ip,
                        v6: nic.ip6,
                    },
                );
            }
        }
        topology
    }
}

/// The local network, if the node's address is in it; the address alone otherwise.
fn networks(facts: &Facts) -> Vec<IpNet> {
    let local = facts.local_network.as_ref().map(crate::facts::Network::net);
    let own = facts.node_ip;
    match (local, own) {
        (Some(local), Some(own)) if local.contains(&own) => Vec::from([local.trunc()]),
        (_, Some(own)) => Vec::from([host_net(own)]),
        (Some(local), None) => Vec::from([local.trunc()]),
        (None, None) => Vec::new(),
    }
}

fn host_net(address: IpAddr) -> IpNet {
    IpNet::from(address)
}
