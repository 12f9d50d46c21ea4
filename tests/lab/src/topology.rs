//! The ports that packets start and end at: those of a node's guests, and those that questions name.

use alloc::collections::BTreeMap;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pvefw_core::Family;
use pvefw_core::config::nic::{self, GuestKind};
use pvefw_core::datacenter::FileKind;
use pvefw_core::diag::Sink;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Mac;
use pvefw_core::text::FileId;

use crate::case::Case;

/// The longest name of a network interface.
const LONGEST_NAME: usize = 15;

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
    /// `vm100/net0`, `vmbr0/eth0`.
    pub zone: String,
    /// The node's bridge it belongs to.
    pub bridge: String,
    /// The device: `tap100i0`, `eth0`.
    pub device: String,
    /// The firewall bridge between the device and the node's bridge.
    pub filter: Option<Filter>,
    /// The hardware address of the station.
    pub mac: Mac,
    /// The station's address of each family.
    pub addresses: [IpAddr; 2],
    /// Whose it is, and the number of the NIC; `None` for ports to the outside.
    pub guest: Option<(GuestKind, u8)>,
}

/// The devices that Proxmox VE makes for a NIC with `firewall=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The firewall bridge, `fwbr100i0`.
    pub bridge: String,
    /// The inner end of the link to the node's bridge, `fwln100i0`.
    pub inner: String,
    /// The outer end, `fwpr100p0`.
    pub outer: String,
}

/// The ports of a node.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// All of them.
    pub ports: Vec<Port>,
    zones: BTreeMap<String, usize>,
    host: Option<IpAddr>,
}

impl Topology {
    /// The ports of the guests of a node, and those that its questions name.
    ///
    /// # Errors
    /// A question's zone that can't be.
    pub fn new(case: &Case) -> Result<Self, String> {
        let mut topology = Self { host: case.facts.node_ip, ..Self::default() };
        let node = node_name(case);
        for (path, text) in &case.files {
            if let Some(FileKind::GuestConfig(vmid, of, kind)) = FileKind::of(path)
                && of == node
            {
                topology.guest(vmid.number(), kind, text);
            }
        }
        topology.bridge_port("vmbr0", "eth0")?;
        for question in &case.questions {
            for zone in [&question.from, &question.to] {
                if let Some((bridge, port)) = zone.split_once('/')
                    && !topology.zones.contains_key(zone)
                {
                    topology.bridge_port(bridge, port)?;
                }
            }
        }
        Ok(topology)
    }

    /// The place that a zone names.
    ///
    /// # Errors
    /// When there is none.
    pub fn place(&self, zone: &str) -> Result<Place, String> {
        let name = match zone {
            "host" => return Ok(Place::Host),
            "outside" => "vmbr0/eth0".to_owned(),
            _ if zone.contains('/') => zone.to_owned(),
            _ => format!("{zone}/net0"),
        };
        self.zones.get(&name).map(|at| Place::Port(*at)).ok_or_else(|| format!("there is no zone `{zone}`"))
    }

    /// The port of a place.
    pub fn port(&self, place: Place) -> Option<&Port> {
        match place {
            Place::Host => None,
            Place::Port(at) => self.ports.get(at),
        }
    }

    /// The name of a place.
    pub fn zone(&self, place: Place) -> &str {
        self.port(place).map_or("host", |port| &port.zone)
    }

    /// The bridges of the node.
    pub fn bridges(&self) -> Vec<&str> {
        let mut bridges: Vec<&str> = self.ports.iter().map(|port| port.bridge.as_str()).collect();
        bridges.sort_unstable();
        bridges.dedup();
        bridges
    }

    /// The address of a place where a question says none.
    pub fn address(&self, place: Place, family: Family) -> IpAddr {
        match (self.port(place), family) {
            (Some(port), Family::V4) => port.addresses[0],
            (Some(port), Family::V6) => port.addresses[1],
            (None, _) => match (self.host, family) {
                (Some(IpAddr::V4(host)), Family::V4) => host.into(),
                (Some(IpAddr::V6(host)), Family::V6) => host.into(),
                (_, Family::V4) => Ipv4Addr::new(192, 0, 2, 100).into(),
                (_, Family::V6) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x64).into(),
            },
        }
    }

    fn guest(&mut self, vmid: u32, kind: GuestKind, text: &[u8]) {
        for nic in nic::parse(FileId(0), text, kind, &mut Sink::new()) {
            let Some(bridge) = nic.bridge.filter(|name| is_device_name(name)) else { continue };
            let index = nic.index;
            let device = format!("{}{vmid}i{index}", kind.device_prefix());
            let filter = nic.firewall.then(|| Filter {
                bridge: format!("fwbr{vmid}i{index}"),
                inner: format!("fwln{vmid}i{index}"),
                outer: format!("fwpr{vmid}p{index}"),
            });
            if !is_device_name(&device) || filter.as_ref().is_some_and(|filter| !is_device_name(&filter.bridge)) {
                continue;
            }
            let name = if kind == GuestKind::Vm { "vm" } else { "ct" };
            let address = nic.ip.unwrap_or(Ipv4Addr::new(192, 0, 2, 77));
            let address6 = nic.ip6.unwrap_or(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77));
            self.add(Port {
                zone: format!("{name}{vmid}/net{index}"),
                bridge,
                device,
                filter,
                mac: nic.mac.map_or(Mac([0; 6]), |mac| *mac.value()),
                addresses: [address.into(), address6.into()],
                guest: Some((kind, index)),
            });
        }
    }

    fn bridge_port(&mut self, bridge: &str, port: &str) -> Result<(), String> {
        if !is_device_name(bridge) || !is_device_name(port) {
            return Err(format!("there is no zone `{bridge}/{port}`"));
        }
        if let Some(taken) = self.ports.iter().find(|taken| taken.device == port) {
            return Err(format!("`{port}` is a port of `{}`", taken.bridge));
        }
        self.add(Port {
            zone: format!("{bridge}/{port}"),
            bridge: bridge.to_owned(),
            device: port.to_owned(),
            filter: None,
            mac: Mac([0; 6]),
            addresses: [
                Ipv4Addr::new(203, 0, 113, 77).into(),
                Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0x77).into(),
            ],
            guest: None,
        });
        Ok(())
    }

    /// Adds a port. Where it has no hardware address of its own, or one that another has, it gets one: frames must find
    /// their way.
    fn add(&mut self, mut port: Port) {
        let taken = |mac| mac == Mac([0; 6]) || self.ports.iter().any(|other| other.mac == mac);
        if taken(port.mac) {
            let [high, low] = u16::try_from(self.ports.len()).unwrap_or(u16::MAX).to_be_bytes();
            port.mac = Mac([0x02, 0x4c, 0x41, 0x42, high, low]);
        }
        self.zones.insert(port.zone.clone(), self.ports.len());
        self.ports.push(port);
    }
}

fn node_name(case: &Case) -> String {
    let facts: &Facts = &case.facts;
    facts.node.clone().unwrap_or_else(|| {
        let nodes = case.files.iter().filter_map(|(path, _)| match FileKind::of(path)? {
            FileKind::Host(node) | FileKind::GuestConfig(_, node, _) => Some(node),
            _ => None,
        });
        nodes.min().unwrap_or_default()
    })
}

fn is_device_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain)
}
