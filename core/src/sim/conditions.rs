//! Whether a packet has what a condition asks for.

use core::net::IpAddr;

use super::packet::{Frame, IpPacket, Packet, Transport};
use super::path::Hop;
use super::program::{Conditions, Field};
use super::sets::SetIndex;
use crate::Family;
use crate::ir::{
    AddressType, BridgeMatch, IcmpType, InterfaceName, InterfacePattern, Match, Protocol, Set, Side, Test,
};

/// A packet at one hop.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) packet: &'a Packet,
    /// The networks the node has an address in, for what counts as a broadcast.
    pub(super) networks: &'a [ipnet::IpNet],
    pub(super) sets: &'a [(SetIndex, Set)],
    pub(super) interface_in: Option<InterfaceName>,
    pub(super) interface_out: Option<InterfaceName>,
    pub(super) port_in: Option<InterfaceName>,
    pub(super) port_out: Option<InterfaceName>,
    /// The packet's mark.
    pub(super) mark: u32,
}

impl<'a> View<'a> {
    pub(super) fn new(
        packet: &'a Packet,
        hop: Hop,
        networks: &'a [ipnet::IpNet],
        sets: &'a [(SetIndex, Set)],
    ) -> Self {
        let nowhere = Self {
            packet,
            networks,
            sets,
            interface_in: None,
            interface_out: None,
            port_in: None,
            port_out: None,
            mark: 0,
        };
        match hop {
            Hop::Bridged { bridge, port_in, port_out } => Self {
                interface_in: Some(bridge),
                interface_out: Some(bridge),
                port_in: Some(port_in),
                port_out: Some(port_out),
                ..nowhere
            },
            Hop::Routed { bridge_in, port_in, bridge_out } => Self {
                interface_in: Some(bridge_in),
                interface_out: Some(bridge_out),
                port_in: Some(port_in),
                ..nowhere
            },
            Hop::Input { bridge, port } => {
                Self { interface_in: Some(bridge), port_in: Some(port), ..nowhere }
            }
            Hop::Output { bridge } => Self { interface_out: Some(bridge), ..nowhere },
        }
    }

    pub(super) const fn interface(&self, field: Field) -> Option<InterfaceName> {
        match field {
            Field::In => self.interface_in,
            Field::Out => self.interface_out,
            Field::PortIn => self.port_in,
            Field::PortOut => self.port_out,
        }
    }

    /// The first condition that fails, by its number.
    pub(super) fn first_failing(&self, conditions: &Conditions) -> Option<usize> {
        self.failing(conditions).next()
    }

    /// The conditions that fail, by their numbers.
    pub(super) fn failing<'c>(&'c self, conditions: &'c Conditions) -> impl Iterator<Item = usize> + 'c {
        let (ip, sets, bridge): (&[Match], &[u32], &[BridgeMatch]) = match conditions {
            Conditions::Ip { matches, sets } => (matches, sets, &[]),
            Conditions::Bridge(matches) => (&[], &[], matches),
        };
        let mut sets = sets.iter();
        let ip = ip.iter().enumerate().filter_map(move |(at, condition)| {
            let set = if matches!(condition.test, Test::InSet(..)) { sets.next().copied() } else { None };
            (self.has(&condition.test, set) == condition.negated).then_some(at)
        });
        let bridge =
            bridge.iter().enumerate().filter(|(_, condition)| !self.frame_has(condition)).map(|(at, _)| at);
        ip.chain(bridge)
    }

    fn ip(&self) -> Option<&'a IpPacket> {
        match &self.packet.frame {
            Frame::Ip(packet) => Some(packet),
            _ => None,
        }
    }

    fn has(&self, test: &Test, set: Option<u32>) -> bool {
        let Some(packet) = self.ip() else { return false };
        match test {
            Test::InInterface(pattern) => covers(pattern, self.interface_in),
            Test::OutInterface(pattern) => covers(pattern, self.interface_out),
            Test::Address(side, addresses) => addresses.value().contains(packet.address(*side)),
            Test::InSet(side, _) => {
                self.member(set, packet.address(*side)).is_some_and(|(_, nomatch)| !nomatch)
            }
            Test::Protocol(protocol) => {
                *protocol.value() == Protocol::ANY || *protocol.value() == packet.protocol
            }
            Test::Port { side, ports, .. } => {
                packet.port(*side).is_some_and(|port| ports.value().contains(port))
            }
            Test::Icmp { kind, .. } => packet.is_icmp(*kind.value()),
            Test::TcpFlags(wanted) => match packet.transport {
                Transport::Ports { flags, .. } if packet.protocol == Protocol::TCP => {
                    flags & wanted.mask == wanted.set
                }
                _ => false,
            },
            Test::AddressType(side, kind) => self.address_type(packet.address(*side)) == Some(*kind),
            Test::ConnectionState(states) => packet.state.is_one_of(*states),
            Test::Bridged => self.port_in.is_some() && self.port_out.is_some(),
            Test::BridgePortIn(pattern) => covers(pattern, self.port_in),
            Test::BridgePortOut(pattern) => covers(pattern, self.port_out),
            Test::SourceMac(mac) => self.packet.mac == Some(*mac.value()),
            Test::Mark(mark) => self.mark & mark.mask == mark.value,
            // One packet is within every limit.
            Test::Limit { .. } => true,
            Test::AboveHashLimit(_) => false,
        }
    }

    /// The member of a set that decides about an address, and whether it is an exception.
    pub(super) fn member(&self, set: Option<u32>, address: IpAddr) -> Option<(usize, bool)> {
        let (index, set) = self.sets.get(set? as usize)?;
        let member = index.find(address)? as usize;
        Some((member, set.members.get(member)?.nomatch))
    }

    fn frame_has(&self, condition: &BridgeMatch) -> bool {
        match condition {
            BridgeMatch::Protocol(number) => *number.value() == self.packet.frame.ethertype(),
            BridgeMatch::InPort(pattern) => covers(pattern, self.port_in),
            BridgeMatch::OutPort(pattern) => covers(pattern, self.port_out),
            BridgeMatch::SourceIsNot(mac) => self.packet.mac != Some(*mac),
            BridgeMatch::ArpSource(net) => match &self.packet.frame {
                Frame::Arp { source } => net.contains(source),
                _ => false,
            },
        }
    }

    /// What kind of address it is to the node, if it is one of those that rules ask for.
    ///
    /// As the kernel's routes answer: zero and all ones are broadcasts, and so are the ends of the node's IPv4 networks;
    /// the first address of an IPv6 network is the anycast address of its routers.
    fn address_type(&self, address: IpAddr) -> Option<AddressType> {
        match address {
            _ if address.is_multicast() => Some(AddressType::Multicast),
            IpAddr::V4(v4) if v4.is_broadcast() || v4.is_unspecified() => Some(AddressType::Broadcast),
            IpAddr::V4(_) => {
                let ends = |net: &ipnet::IpNet| net.prefix_len() < 31 && net.broadcast() == address;
                self.networks.iter().any(ends).then_some(AddressType::Broadcast)
            }
            IpAddr::V6(_) => {
                let first = |net: &ipnet::IpNet| net.prefix_len() < 127 && net.network() == address;
                self.networks.iter().any(first).then_some(AddressType::Anycast)
            }
        }
    }
}

fn covers(pattern: &InterfacePattern, interface: Option<InterfaceName>) -> bool {
    interface.is_some_and(|interface| {
        if pattern.prefix { interface.starts_with(pattern.name) } else { interface == pattern.name }
    })
}

impl IpPacket {
    pub(super) const fn address(&self, side: Side) -> IpAddr {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }

    pub(super) const fn port(&self, side: Side) -> Option<u16> {
        match (self.transport, side) {
            (Transport::Ports { source, .. }, Side::Source) => Some(source),
            (Transport::Ports { destination, .. }, Side::Destination) => Some(destination),
            _ => None,
        }
    }

    fn is_icmp(&self, wanted: IcmpType) -> bool {
        let own = if wanted.family == Family::V4 { Protocol::ICMP } else { Protocol::ICMPV6 };
        match self.transport {
            Transport::Icmp { kind, code } if self.protocol == own => {
                wanted.kind.is_none_or(|wanted| wanted == kind)
                    && wanted.code.is_none_or(|wanted| wanted == code)
            }
            _ => false,
        }
    }
}
