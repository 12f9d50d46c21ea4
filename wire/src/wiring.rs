//! Two network namespaces: the node, wired as Proxmox VE wires it, and the other ends of all its cables.
//!
//! ```text
//!   far namespace            the node's namespace
//!   tap100i0 ============== tap100i0 ─ fwbr100i0 ─ fwln100i0 == fwpr100p0 ─┐
//!   veth200i0 ============= veth200i0 ─────────────────────────────────────┼─ vmbr0
//!   eth0 ================== eth0 ──────────────────────────────────────────┘
//!   sink0 ================= sink0, where the default route leads
//! ```
//!
//! The far ends have no addresses: nobody answers there. Neither has the node: rules of its routing table say for each
//! packet whether it is the node's own or where it goes on. Whatever the node answers by itself (resets, errors) goes to
//! `sink0`. So no packet depends on what else is there.

use alloc::collections::BTreeMap;
use core::fmt::Write as _;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fs::File;
use std::os::fd::{AsRawFd as _, OwnedFd};

use ipnet::IpNet;
use nix::ifaddrs::getifaddrs;
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, socket};
use pvefw_core::host::Sandbox;
use pvefw_core::ir::Mac;

use crate::machine::{batch, set};
use crate::topology::{Place, Port, Topology};

/// The routing table of packets for the node itself.
const LOCAL_TABLE: u32 = 900;
/// The first of the routing tables, one for each port.
const FIRST_TABLE: u32 = 1000;
/// Where what the node itself says goes.
pub const SINK: &str = "sink0";

/// A wired node.
#[derive(Debug)]
pub struct Wiring {
    /// Frames of all far ends.
    pub far: OwnedFd,
    /// The far ends by name.
    pub ends: BTreeMap<String, LinkAddr>,
    /// Frames of the node's own devices.
    pub near: OwnedFd,
    /// The node's own devices by name.
    pub devices: BTreeMap<String, LinkAddr>,
    /// Proof of where we are, for the tools.
    pub sandbox: Sandbox,
}

/// The hardware address of a bridge of the node.
pub fn bridge_mac(at: usize) -> Mac {
    let [high, low] = u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes();
    Mac([0x02, 0x4c, 0x41, 0x00, high, low])
}

/// The address by which packets from the node are sent to a port; it does not stand in them.
pub fn gateway(at: usize, six: bool) -> IpAddr {
    let number = u16::try_from(at).unwrap_or(u16::MAX);
    if six {
        return Ipv6Addr::new(0xfd4c, 0, 0, 0, 0, 0, 0xbeef, number).into();
    }
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(198, 19, high, low).into()
}

fn neighbour(at: usize, six: bool) -> IpAddr {
    let number = u16::try_from(at).unwrap_or(u16::MAX);
    if six {
        return Ipv6Addr::new(0xfd4c, 0, 0, 0, 0, 0, 0xcafe, number).into();
    }
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(198, 18, high, low).into()
}

impl Wiring {
    /// Builds it all. This process is in the node's namespace afterwards.
    ///
    /// # Errors
    /// What the system does not allow.
    pub fn build(topology: &Topology) -> Result<Self, String> {
        Sandbox::enter().map_err(|error| error.in_full())?;
        let far_place = here()?;
        set("net/ipv6/conf/all/disable_ipv6", "1")?;
        set("net/ipv6/conf/default/disable_ipv6", "1")?;
        let far = packet_socket()?;

        let sandbox = Sandbox::enter().map_err(|error| error.in_full())?;
        let near_place = here()?;
        settings()?;
        let far_path = format!("/proc/{}/fd/{}", std::process::id(), far_place.as_raw_fd());
        batch("ip", &[], &links(topology, &far_path))?;
        batch("bridge", &[], &stations(topology))?;
        batch("ip", &[], &routes(topology, false))?;
        batch("ip", &["-6"], &routes(topology, true))?;
        let near = packet_socket()?;
        let devices = devices()?;

        go(&far_place)?;
        let mut up = String::new();
        for name in topology.ports.iter().map(|port| port.device.as_str()).chain([SINK]) {
            let _ = writeln!(up, "link set dev {name} up arp off");
        }
        batch("ip", &[], &up)?;
        let ends = self::devices()?;
        go(&near_place)?;
        Ok(Self { far, ends, near, devices, sandbox })
    }
}

/// The commands for `ip` that lead a packet from a bridge on, given where it goes and its addresses.
pub fn rule(number: usize, bridge: &str, (source, dest): (IpAddr, IpAddr), to: Place) -> String {
    let table = match to {
        Place::Host => LOCAL_TABLE,
        Place::Port(at) => table(at),
    };
    format!("rule add pref {} iif {bridge} from {source} to {dest} lookup {table}\n", 100 + number)
}

/// The commands for `ip` that let the node send errors in the name of an address, and no more: where packets to it go is
/// said by [`rule`]. IPv6 takes another name.
pub fn speak_as(address: Ipv4Addr) -> String {
    format!("addr add {address}/32 dev {SINK}\nroute del local {address} dev {SINK} table local\n")
}

/// The commands for `ip` that make the special address of a network special, as it is for a node in it: the broadcast
/// address of IPv4, the routers' anycast address of IPv6.
pub fn member_of(network: IpNet) -> String {
    match network {
        IpNet::V4(four) if four.prefix_len() < 31 => {
            format!("route add broadcast {} dev {SINK} table local\n", four.broadcast())
        }
        IpNet::V6(six) if six.prefix_len() < 127 => {
            format!("route add anycast {} dev {SINK} table local\n", six.network())
        }
        _ => String::new(),
    }
}

/// The commands for `ip` that make the node a member of a multicast group.
pub fn join(bridge: &str, group: IpAddr) -> String {
    let bits = if group.is_ipv6() { "128 nodad" } else { "32" };
    format!("addr add {group}/{bits} dev {bridge} autojoin\n")
}

fn table(at: usize) -> u32 {
    FIRST_TABLE.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
}

fn settings() -> Result<(), String> {
    set("net/ipv4/ip_forward", "1")?;
    set("net/ipv6/conf/all/forwarding", "1")?;
    for scope in ["all", "default"] {
        set(&format!("net/ipv4/conf/{scope}/rp_filter"), "0")?;
        set(&format!("net/ipv4/conf/{scope}/accept_local"), "1")?;
        set(&format!("net/ipv4/conf/{scope}/route_localnet"), "1")?;
        set(&format!("net/ipv4/conf/{scope}/send_redirects"), "0")?;
        set(&format!("net/ipv6/conf/{scope}/accept_dad"), "0")?;
        set(&format!("net/ipv6/conf/{scope}/accept_ra"), "0")?;
    }
    // No address, and so nothing to say.
    set("net/ipv6/conf/default/addr_gen_mode", "1")?;
    // As many errors as there are reasons.
    set("net/ipv4/icmp_ratemask", "0")?;
    set("net/ipv4/icmp_echo_ignore_all", "1")?;
    set("net/ipv6/icmp/ratemask", "")?;
    set("net/ipv6/icmp/echo_ignore_all", "1")?;
    // A TCP packet in the middle of an unknown connection is invalid; one with an odd number is not.
    set("net/netfilter/nf_conntrack_tcp_loose", "0")?;
    set("net/netfilter/nf_conntrack_tcp_be_liberal", "1")?;
    set("net/bridge/bridge-nf-call-iptables", "1")
        .and_then(|()| set("net/bridge/bridge-nf-call-ip6tables", "1"))
        .map_err(|why| format!("{why}; load the kernel's module br_netfilter: modprobe br_netfilter"))
}

fn links(topology: &Topology, far: &str) -> String {
    let mut text = "link set dev lo up\n".to_owned();
    let bridge = "type bridge forward_delay 0 mcast_snooping 0 stp_state 0";
    for (at, name) in topology.bridges().into_iter().enumerate() {
        let _ = writeln!(text, "link add name {name} up address {} {bridge}", bridge_mac(at));
    }
    let cable = |text: &mut String, name: &str, master: &str| {
        let _ = writeln!(text, "link add name {name} up {master} type veth peer name {name} netns {far}");
    };
    let quiet = |text: &mut String, name: &str| {
        let _ = writeln!(text, "link set dev {name} type bridge_slave learning off");
    };
    for Port { bridge: master, device, filter, .. } in &topology.ports {
        if let Some(filter) = filter {
            let _ = writeln!(text, "link add name {} up {bridge}", filter.firewall_bridge);
            let _ = writeln!(
                text,
                "link add name {} up master {} type veth peer name {}",
                filter.inner, filter.firewall_bridge, filter.outer
            );
            let _ = writeln!(text, "link set dev {} up master {master}", filter.outer);
            cable(&mut text, device, &format!("master {}", filter.firewall_bridge));
            quiet(&mut text, filter.inner.as_str());
            quiet(&mut text, filter.outer.as_str());
        } else {
            cable(&mut text, device, &format!("master {master}"));
        }
        quiet(&mut text, device);
    }
    cable(&mut text, SINK, "");
    text
}

/// Tells each bridge where each station is.
fn stations(topology: &Topology) -> String {
    let mut text = String::new();
    for Port { device, filter, mac, .. } in &topology.ports {
        let _ = writeln!(text, "fdb replace {mac} dev {device} master static");
        if let Some(filter) = filter {
            let _ = writeln!(text, "fdb replace {mac} dev {} master static", filter.outer);
        }
    }
    text
}

fn routes(topology: &Topology, six: bool) -> String {
    let (own, other, bits) =
        if six { ("fd4c::1", "fd4c::2", 128) } else { ("198.18.255.1", "198.18.255.2", 32) };
    let nodad = if six { " nodad" } else { "" };
    let mut text = format!(
        "addr add {own}/{bits} dev {SINK}{nodad}\nneigh add {other} lladdr 02:4c:41:ff:ff:ff dev {SINK} nud permanent\n\
         route add default via {other} dev {SINK} onlink\nroute add local default dev lo table {LOCAL_TABLE}\n"
    );
    for (at, Port { bridge, mac, .. }) in topology.ports.iter().enumerate() {
        let (gateway, next) = (gateway(at, six), neighbour(at, six));
        let _ = writeln!(text, "neigh add {next} lladdr {mac} dev {bridge} nud permanent");
        let _ = writeln!(text, "route add {gateway}/{bits} via {next} dev {bridge} onlink");
        let _ = writeln!(text, "route add default via {next} dev {bridge} onlink table {}", table(at));
    }
    text
}

fn here() -> Result<File, String> {
    File::open("/proc/self/ns/net").map_err(|error| format!("can't open my network namespace: {error}"))
}

fn go(place: &File) -> Result<(), String> {
    setns(place, CloneFlags::CLONE_NEWNET).map_err(|error| format!("can't change the namespace: {error}"))
}

fn packet_socket() -> Result<OwnedFd, String> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)
        .map_err(|error| format!("can't open a packet socket: {error}"))
}

fn devices() -> Result<BTreeMap<String, LinkAddr>, String> {
    let all = getifaddrs().map_err(|error| format!("can't list the devices: {error}"))?;
    Ok(all.filter_map(|device| Some((device.interface_name, *device.address?.as_link_addr()?))).collect())
}
