//! Where guests are plugged in, and which addresses are where.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hashbrown::HashMap;
use ipnet::IpNet;
use rustc_hash::FxBuildHasher;

use super::mistake::Mistake;
use super::zone::{NicId, Zone};
use crate::config::Vmid;
use crate::config::nic::GuestKind;
use crate::diag::suggest::nearest;
use crate::ir::{InterfaceName, Mac};

/// The networks of one node, as far as its configuration shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The node's name.
    pub node: String,
    /// Its own address.
    pub node_address: Option<IpAddr>,
    /// The networks it has an address in.
    pub networks: Vec<IpNet>,
    /// The network devices of its guests.
    nics: HashMap<NicId, (NicPlace, Result<Endpoint, Mistake>), FxBuildHasher>,
    /// Their numbers in order.
    order: BTreeSet<NicId>,
    /// All guests of the datacenter and the nodes they are on.
    pub guests: BTreeMap<Vmid, Vec<(GuestKind, String)>>,
}

/// A guest's network device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NicPlace {
    /// The bridge it is plugged into.
    pub bridge: Option<String>,
    /// Whether it has a firewall bridge of its own (`firewall=1`).
    pub firewall: bool,
    /// Its hardware address.
    pub mac: Option<Mac>,
    /// Its IPv4 address, if the configuration shows one.
    pub v4: Option<Ipv4Addr>,
    /// Its IPv6 address, if the configuration shows one.
    pub v6: Option<Ipv6Addr>,
}

/// A zone with the interfaces that its packets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The node itself.
    Host,
    /// A port of a bridge: one of the node's network cards, or a guest's device that is not filtered.
    Port {
        /// The bridge.
        bridge: InterfaceName,
        /// Its port.
        port: InterfaceName,
    },
    /// A guest's device behind a firewall bridge.
    Filtered(Filtered),
}

/// The interfaces around a firewall bridge (spec 00 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filtered {
    /// The bridge that the guest is plugged into in the end (`vmbr0`).
    pub bridge: InterfaceName,
    /// The port of that bridge (`fwpr100p0`).
    pub outer: InterfaceName,
    /// The firewall bridge (`fwbr100i0`).
    pub firewall_bridge: InterfaceName,
    /// Its port towards the other bridge (`fwln100i0`).
    pub inner: InterfaceName,
    /// Its port towards the guest (`tap100i0`, `veth200i0`).
    pub device: InterfaceName,
}

impl Endpoint {
    /// The bridge of the node that it is on.
    pub const fn bridge(&self) -> Option<InterfaceName> {
        match self {
            Self::Host => None,
            Self::Port { bridge, .. } => Some(*bridge),
            Self::Filtered(filtered) => Some(filtered.bridge),
        }
    }

    /// The port of that bridge.
    pub const fn port(&self) -> Option<InterfaceName> {
        match self {
            Self::Host => None,
            Self::Port { port, .. } => Some(*port),
            Self::Filtered(filtered) => Some(filtered.outer),
        }
    }
}

impl Topology {
    /// Adds a network device of one of the node's guests.
    pub fn plug_in(&mut self, id: NicId, place: NicPlace) {
        let endpoint = endpoint(id, &place);
        self.nics.insert(id, (place, endpoint));
        self.order.insert(id);
    }

    /// The network devices of the node's guests.
    pub fn nics(&self) -> impl Iterator<Item = (NicId, &NicPlace)> {
        self.order.iter().filter_map(|id| Some((*id, &self.nics.get(id)?.0)))
    }

    /// The interfaces that belong to a zone, and the network device if it is one of a guest.
    ///
    /// # Errors
    /// [`Mistake`] when the guest, its device or its bridge does not exist; it names what there is.
    pub fn find(&self, zone: Zone) -> Result<(Endpoint, Option<&NicPlace>), Mistake> {
        match zone {
            Zone::Host => Ok((Endpoint::Host, None)),
            Zone::Port { bridge, port } => Ok((Endpoint::Port { bridge, port }, None)),
            Zone::Nic(id) => match self.nics.get(&id) {
                Some((place, Ok(endpoint))) => Ok((*endpoint, Some(place))),
                Some((_, Err(mistake))) => Err(mistake.clone()),
                None => Err(self.no_nic(id)),
            },
        }
    }

    /// The zones that can be named, `host` and `outside` first.
    pub fn zones(&self) -> impl Iterator<Item = Zone> {
        [Zone::Host, Zone::OUTSIDE].into_iter().chain(self.order.iter().copied().map(Zone::Nic))
    }

    fn no_nic(&self, id: NicId) -> Mistake {
        let NicId { kind, vmid, index } = id;
        let devices: Vec<_> = self
            .order
            .iter()
            .filter(|nic| (nic.kind, nic.vmid) == (kind, vmid))
            .map(|nic| format!("net{}", nic.index))
            .collect();
        if !devices.is_empty() {
            let message = format!("guest {vmid} has no network device net{index}");
            return Mistake::new(message).help(format!("it has {}", devices.join(", ")));
        }
        let Some(places) = self.guests.get(&vmid) else {
            let zones: Vec<_> = self.zones().map(|zone| zone.to_string()).collect();
            let help = match nearest(&id.to_string(), zones.iter().map(String::as_str)) {
                Some(zone) => format!("did you mean `{zone}`? {}", self.zones_in_words()),
                None => self.zones_in_words(),
            };
            return Mistake::new(format!("there is no guest {vmid}")).help(help);
        };
        let here = places.iter().find(|(_, node)| *node == self.node);
        match (here, places.first()) {
            (Some((actual, _)), _) if *actual != kind => {
                let other = NicId { kind: *actual, ..id };
                Mistake::new(format!("guest {vmid} is a {}", actual.name())).help(format!("write `{other}`"))
            }
            (None, Some((_, node))) => Mistake::new(format!("guest {vmid} is on the node `{node}`"))
                .help(format!("ask for that node: `--node {node}`")),
            _ => Mistake::new(format!("guest {vmid} has no network device")).help(self.zones_in_words()),
        }
    }

    fn zones_in_words(&self) -> String {
        const MOST: usize = 12;
        let mut words: Vec<_> = self.zones().take(MOST).map(|zone| format!("`{zone}`")).collect();
        let more = (self.nics.len() + 2).saturating_sub(MOST);
        if more > 0 {
            words.push(format!("{more} more"));
        }
        format!("there are {}, and any `<bridge>/<port>`", words.join(", "))
    }
}

fn endpoint(id: NicId, nic: &NicPlace) -> Result<Endpoint, Mistake> {
    let NicId { kind, vmid, index } = id;
    let Some(bridge) = nic.bridge.as_deref().filter(|bridge| !bridge.is_empty()) else {
        return Err(Mistake::new(format!("net{index} of guest {vmid} is plugged into no bridge"))
            .help(format!("give it one: `net{index}: …,bridge=vmbr0`")));
    };
    let device = name(&format!("{}{vmid}i{index}", kind.device_prefix()))?;
    let bridge = name(bridge)?;
    if !nic.firewall {
        return Ok(Endpoint::Port { bridge, port: device });
    }
    Ok(Endpoint::Filtered(Filtered {
        bridge,
        outer: name(&format!("fwpr{vmid}p{index}"))?,
        firewall_bridge: name(&format!("fwbr{vmid}i{index}"))?,
        inner: name(&format!("fwln{vmid}i{index}"))?,
        device,
    }))
}

fn name(text: &str) -> Result<InterfaceName, Mistake> {
    InterfaceName::new(text)
        .map_err(|error| Mistake::new(format!("there can be no interface `{text}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nic(vmid: &str, index: u8) -> NicId {
        NicId { kind: GuestKind::Vm, vmid: Vmid::parse(vmid).unwrap(), index }
    }

    fn on(bridge: &str, firewall: bool) -> NicPlace {
        NicPlace { bridge: Some(bridge.into()), firewall, ..NicPlace::default() }
    }

    #[test]
    fn a_filtered_device_sits_behind_a_bridge_of_its_own() {
        let mut topology = Topology::default();
        topology.plug_in(nic("100", 1), on("vmbr2", true));
        topology.plug_in(nic("100", 0), on("vmbr0", false));
        let (filtered, _) = topology.find(Zone::Nic(nic("100", 1))).unwrap();
        assert_eq!(filtered.bridge().unwrap().as_str(), "vmbr2");
        assert_eq!(filtered.port().unwrap().as_str(), "fwpr100p1");
        let (plain, _) = topology.find(Zone::Nic(nic("100", 0))).unwrap();
        assert_eq!(plain.port().unwrap().as_str(), "tap100i0");
        let zones: Vec<_> = topology.zones().map(|zone| zone.to_string()).collect();
        assert_eq!(zones, ["host", "outside", "vm100", "vm100/net1"]);
    }

    #[test]
    fn what_is_not_there_is_explained() {
        let mut topology = Topology { node: "pve1".into(), ..Topology::default() };
        topology.plug_in(nic("100", 0), NicPlace::default());
        topology.plug_in(nic("100", 1), on("a-bridge-of-a-long-name", true));
        for vmid in ["100", "101", "102"] {
            let node = if vmid == "101" { "pve2" } else { "pve1" };
            let places = alloc::vec![(GuestKind::Vm, node.into())];
            topology.guests.insert(Vmid::parse(vmid).unwrap(), places);
        }
        let cases = [
            (nic("100", 0), "is plugged into no bridge"),
            (nic("100", 1), "there can be no interface `a-bridge-of-a-long-name`"),
            (nic("100", 2), "it has net0, net1"),
            (nic("101", 0), "`--node pve2`"),
            (nic("102", 0), "guest 102 has no network device"),
            (nic("103", 0), "there is no guest 103"),
            (NicId { kind: GuestKind::Container, ..nic("100", 0) }, "write `vm100`"),
        ];
        for (id, words) in cases {
            let mistake = topology.find(Zone::Nic(id)).unwrap_err().to_string();
            assert!(mistake.contains(words), "{id}: {mistake}");
        }
    }

    #[test]
    fn of_many_guests_only_some_are_named() {
        let mut topology = Topology::default();
        for vmid in 100..400 {
            topology.plug_in(nic(&vmid.to_string(), 0), on("vmbr0", true));
        }
        let mistake = topology.find(Zone::Nic(nic("9", 0))).unwrap_err().to_string();
        assert!(mistake.contains("290 more") && mistake.len() < 300, "{mistake}");
    }
}
