//! The ports that packets start and end at: those of a node's guests, and those that questions name.

use alloc::collections::BTreeMap;

use pvefw_core::config::nic::GuestKind;
use pvefw_core::ir::Mac;
use pvefw_core::sim::{self, Endpoint, Filtered, Zone};

/// Where a packet starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The node itself.
    Host,
    /// A port of [`Topology::ports`].
    Port(usize),
}

/// A port of a bridge, and the station behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The zone it is.
    pub zone: Zone,
    /// The node's bridge it belongs to.
    pub bridge: String,
    /// The device: `tap100i0`, `eth0`.
    pub device: String,
    /// The firewall bridge between the device and the node's bridge.
    pub filter: Option<Filtered>,
    /// The hardware address of the station.
    pub mac: Mac,
}

/// The ports of a node.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// All of them.
    pub ports: Vec<Port>,
    zones: BTreeMap<Zone, usize>,
}

impl Topology {
    /// The ports of the guests of a node, and those that zones of questions are.
    ///
    /// # Errors
    /// A zone that can't be.
    pub fn new(node: &sim::Topology, asked: impl Iterator<Item = Zone>) -> Result<Self, String> {
        let mut topology = Self::default();
        for zone in node.zones().chain(asked) {
            // A device in no bridge is no place to ask about.
            if let Ok((endpoint, nic)) = node.find(zone) {
                topology.add(zone, endpoint, nic.and_then(|nic| nic.mac))?;
            }
        }
        Ok(topology)
    }

    /// The place that a zone is.
    ///
    /// # Errors
    /// When it is none.
    pub fn place(&self, zone: Zone) -> Result<Place, String> {
        match self.zones.get(&zone) {
            _ if zone == Zone::Host => Ok(Place::Host),
            Some(at) => Ok(Place::Port(*at)),
            None => Err(format!("there is no zone `{zone}`")),
        }
    }

    /// The port of a place.
    pub fn port(&self, place: Place) -> Option<&Port> {
        match place {
            Place::Host => None,
            Place::Port(at) => self.ports.get(at),
        }
    }

    /// The bridges of the node.
    pub fn bridges(&self) -> Vec<&str> {
        let mut bridges: Vec<&str> = self.ports.iter().map(|port| port.bridge.as_str()).collect();
        bridges.sort_unstable();
        bridges.dedup();
        bridges
    }

    /// Adds a port. Where it has no hardware address of its own, or one that another has, it gets one: frames must find
    /// their way.
    fn add(&mut self, zone: Zone, endpoint: Endpoint, mac: Option<Mac>) -> Result<(), String> {
        if self.zones.contains_key(&zone) {
            return Ok(());
        }
        let (bridge, device, filter) = match endpoint {
            Endpoint::Host => return Ok(()),
            Endpoint::Port { bridge, port } => (bridge, port, None),
            Endpoint::Filtered(filtered) => (filtered.bridge, filtered.device, Some(filtered)),
        };
        if let Some(taken) = self.ports.iter().find(|taken| taken.device == device.as_str()) {
            return Err(format!("`{zone}` can't be, `{device}` is already a port of `{}`", taken.bridge));
        }
        let free = |mac: &Mac| self.ports.iter().all(|other| other.mac != *mac);
        let mac = mac.filter(free).unwrap_or_else(|| {
            let [high, low] = u16::try_from(self.ports.len()).unwrap_or(u16::MAX).to_be_bytes();
            Mac([0x02, 0x4c, 0x41, 0x42, high, low])
        });
        self.zones.insert(zone, self.ports.len());
        self.ports.push(Port { zone, bridge: bridge.to_string(), device: device.to_string(), filter, mac });
        Ok(())
    }
}

impl Port {
    /// Kind and number of the guest's device that it is.
    pub const fn nic(&self) -> Option<(GuestKind, u8)> {
        match self.zone {
            Zone::Nic(id) => Some((id.kind, id.index)),
            Zone::Host | Zone::Port { .. } => None,
        }
    }
}
