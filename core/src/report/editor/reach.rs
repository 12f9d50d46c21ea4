//! Who reaches whom, for a drawing.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::config::nic::GuestKind;
use crate::datacenter::Datacenter;
use crate::report::answer::{Answers, Line};
use crate::session::{self, Node};
use crate::sim::{self, NicId, Question};

/// Who reaches whom on a node.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reach<'a> {
    /// The node.
    pub node: &'a str,
    /// Whether the firewall is on.
    pub enabled: bool,
    /// The zones that were looked at.
    pub zones: Vec<Zone>,
    /// The bridges that they are on.
    pub bridges: Vec<String>,
    /// What becomes of packets between them.
    pub links: Vec<Link<'a>>,
    /// Zones that were left out.
    pub omitted: usize,
}

/// A place at the edge of the node's networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Zone {
    /// The node itself.
    Host {
        /// `host`
        name: String,
        /// Its addresses.
        addresses: Vec<String>,
    },
    /// A port of a bridge.
    Port {
        /// `outside` or `<bridge>/<port>`.
        name: String,
        /// The bridge.
        bridge: String,
        /// The port.
        port: String,
    },
    /// A network device of a guest.
    Guest {
        /// `vm100`, `ct200/net1`.
        name: String,
        /// `vm` or `ct`.
        guest: &'static str,
        /// Its number.
        vmid: u32,
        /// The device's number.
        net: u8,
        /// What the guest is called.
        title: Option<String>,
        /// The bridge that the device is plugged into.
        bridge: Option<String>,
        /// Whether its traffic is filtered.
        filtered: bool,
        /// Its addresses.
        addresses: Vec<String>,
    },
}

/// What becomes of a packet between two zones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link<'a> {
    /// Where it comes from.
    pub from: String,
    /// Where it goes to.
    pub to: String,
    /// As in [`crate::report::Answer`].
    pub verdict: &'static str,
    /// The line that decided.
    pub by: Option<Line<'a>>,
    /// The packet.
    pub question: Question,
}

impl<'f> Answers<'f> {
    /// The answers to a question about all pairs.
    pub fn reach(&mut self, node: &'f Node, datacenter: &Datacenter, reach: session::Reach) -> Reach<'f> {
        let zones: Vec<_> = reach.zones.iter().map(|zone| describe(*zone, node, datacenter)).collect();
        let bridges: BTreeSet<_> = zones.iter().filter_map(Zone::bridge).collect();
        let bridges = bridges.into_iter().map(ToString::to_string).collect();
        let links = reach.links.into_iter().map(|(question, answer)| {
            let short = self.short(answer);
            let (from, to) = (question.from.clone(), question.to.clone());
            Link { from, to, verdict: short.verdict, by: short.by, question }
        });
        Reach {
            node: &node.name,
            enabled: node.is_enabled(),
            links: links.collect(),
            zones,
            bridges,
            omitted: reach.omitted,
        }
    }
}

impl Zone {
    /// All zones of a node.
    pub fn all(node: &Node, datacenter: &Datacenter) -> Vec<Self> {
        node.topology.zones().map(|zone| describe(zone, node, datacenter)).collect()
    }

    fn bridge(&self) -> Option<&str> {
        match self {
            Self::Host { .. } => None,
            Self::Port { bridge, .. } => Some(bridge),
            Self::Guest { bridge, .. } => bridge.as_deref(),
        }
    }
}

fn describe(zone: sim::Zone, node: &Node, datacenter: &Datacenter) -> Zone {
    let name = zone.to_string();
    match zone {
        sim::Zone::Host => {
            let addresses = node.topology.node_address.iter().map(ToString::to_string).collect();
            Zone::Host { name, addresses }
        }
        sim::Zone::Port { bridge, port } => {
            Zone::Port { name, bridge: bridge.to_string(), port: port.to_string() }
        }
        sim::Zone::Nic(nic) => guest(nic, name, node, datacenter),
    }
}

fn guest(nic: NicId, name: String, node: &Node, datacenter: &Datacenter) -> Zone {
    let place = node.topology.nics().find(|(id, _)| *id == nic).map(|(_, place)| place);
    let v4 = place.and_then(|place| place.v4).map(|address| address.to_string());
    let v6 = place.and_then(|place| place.v6).map(|address| address.to_string());
    let config = datacenter.guest_config(nic.vmid, &node.name);
    Zone::Guest {
        name,
        guest: match nic.kind {
            GuestKind::Vm => "vm",
            GuestKind::Container => "ct",
        },
        vmid: nic.vmid.number(),
        net: nic.index,
        title: config.and_then(|id| session::title(datacenter.files().text(id))),
        bridge: place.and_then(|place| place.bridge.clone()),
        filtered: node.is_enabled()
            && place.is_some_and(|place| place.firewall)
            && datacenter.is_guest_enabled(nic.vmid),
        addresses: v4.into_iter().chain(v6).collect(),
    }
}
