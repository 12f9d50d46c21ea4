//! A packet at one hop, as rules see it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::check::{Field, Truth, icmp_protocol, v4_number};
use super::packet::{ConnectionState, Frame, Packet, Transport};
use super::path::Hop;
use super::sets::SetIndex;
use super::topology::Endpoint;
use crate::Family;
use crate::ir::{AddressTypes, ConnectionStates, IcmpType, InterfaceName, Mac, Member, Protocol, Set, Side};
use crate::readback::{self, PacketType, SetMembers};
use crate::text::Span;

/// A set, ready for look-ups.
#[derive(Clone, Debug)]
pub(super) struct KnownSet {
    /// The kernel's name.
    pub(super) name: Box<str>,
    pub(super) index: SetIndex,
    pub(super) members: Vec<Member>,
    /// The line that defines it.
    pub(super) span: Option<Span>,
    /// Whether it holds something else than addresses, so that nobody can tell who is in it.
    pub(super) opaque: bool,
}

impl KnownSet {
    pub(super) fn new(name: &str, set: &Set) -> Self {
        Self {
            name: name.into(),
            index: SetIndex::new(set.family, &set.members),
            members: set.members.clone(),
            span: set.span,
            opaque: false,
        }
    }

    pub(super) fn of_dump(name: &str, set: &readback::Set) -> Self {
        let (members, opaque) = match (&set.members, set.family) {
            (SetMembers::Nets(members), Some(_)) => (members.clone(), false),
            _ => (Vec::new(), true),
        };
        let index = SetIndex::new(set.family.unwrap_or(Family::V4), &members);
        Self { name: name.into(), index, members, span: Some(set.span), opaque }
    }
}

/// What earlier rules have made unknowable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unsure {
    pub(super) mark: bool,
    pub(super) tracking: bool,
    pub(super) sets: bool,
}

/// A packet at one hop.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub(super) packet: &'a Packet,
    sets: &'a [KnownSet],
    interfaces: [Option<InterfaceName>; 4],
    addresses: Option<[IpAddr; 2]>,
    /// Its addresses, if they are of IPv4.
    pub(super) v4: Option<[u32; 2]>,
    ports: Option<[u16; 2]>,
    icmp: Option<(u8, u8)>,
    state: Option<ConnectionState>,
    /// What its addresses are to the node; nothing if it is no IP packet.
    pub(super) kinds: [AddressTypes; 2],
    pub(super) protocol: Option<u8>,
    /// Of TCP.
    pub(super) flags: Option<u8>,
    pub(super) mac: Option<Mac>,
    pub(super) ethertype: u16,
    /// The address that an ARP message claims.
    pub(super) arp_source: Option<Ipv4Addr>,
    pub(super) mark: u32,
    /// `None` when it can't be known.
    pub(super) connection_mark: Option<u32>,
    pub(super) unsure: Unsure,
}

impl<'a> View<'a> {
    pub(super) fn new(packet: &'a Packet, networks: &'a [IpNet], sets: &'a [KnownSet]) -> Self {
        let ip = match &packet.frame {
            Frame::Ip(ip) => Some(ip),
            _ => None,
        };
        let addresses = ip.map(|ip| [ip.source, ip.destination]);
        let (ports, icmp, flags) = match ip.map(|ip| ip.transport) {
            Some(Transport::Ports { source, destination, flags }) => {
                (Some([source, destination]), None, Some(flags))
            }
            Some(Transport::Icmp { kind, code }) => (None, Some((kind, code)), None),
            _ => (None, None, None),
        };
        let state = ip.map(|ip| ip.state);
        Self {
            packet,
            sets,
            interfaces: [None; 4],
            addresses,
            v4: addresses
                .and_then(|[source, destination]| Some([v4_number(source)?, v4_number(destination)?])),
            ports,
            icmp,
            state,
            kinds: addresses.map_or([AddressTypes::NONE; 2], |[source, destination]| {
                [kind(source, &packet.from, networks), kind(destination, &packet.to, networks)]
            }),
            protocol: ip.map(|ip| ip.protocol.0),
            flags: flags.filter(|_| ip.is_some_and(|ip| ip.protocol == Protocol::TCP)),
            mac: packet.mac,
            ethertype: packet.frame.ethertype(),
            arp_source: match packet.frame {
                Frame::Arp { source } => Some(source),
                _ => None,
            },
            mark: 0,
            connection_mark: (state == Some(ConnectionState::New)).then_some(0),
            unsure: Unsure::default(),
        }
    }

    /// Moves on to a hop.
    pub(super) const fn enter(&mut self, hop: Hop) {
        self.interfaces = match hop {
            Hop::Bridged { bridge, port_in, port_out } => {
                [Some(bridge), Some(bridge), Some(port_in), Some(port_out)]
            }
            Hop::Routed { bridge_in, port_in, bridge_out } => {
                [Some(bridge_in), Some(bridge_out), Some(port_in), None]
            }
            Hop::Input { bridge, port } => [Some(bridge), None, Some(port), None],
            Hop::Output { bridge } => [None, Some(bridge), None, None],
        };
    }

    pub(super) const fn interface(&self, field: Field) -> Option<InterfaceName> {
        let [bridge_in, bridge_out, port_in, port_out] = self.interfaces;
        match field {
            Field::In => bridge_in,
            Field::Out => bridge_out,
            Field::PortIn => port_in,
            Field::PortOut => port_out,
        }
    }

    /// Whether it goes from one port of a bridge to another.
    pub(super) const fn is_bridged(&self) -> bool {
        let [_, _, port_in, port_out] = self.interfaces;
        port_in.is_some() && port_out.is_some()
    }

    /// Its connection is forgotten on the way.
    pub(super) const fn lose_connection(&mut self) {
        self.state = Some(ConnectionState::Invalid);
    }

    /// Whether it is the first of its connection.
    pub(super) fn opens_connection(&self) -> bool {
        self.state == Some(ConnectionState::New) || self.unsure.tracking
    }

    /// The address on a side, if it is an IP packet.
    pub(super) fn address(&self, side: Side) -> Option<IpAddr> {
        let [source, destination] = self.addresses?;
        Some(if side == Side::Source { source } else { destination })
    }

    pub(super) fn v4(&self, side: Side) -> Option<u32> {
        let [source, destination] = self.v4?;
        Some(if side == Side::Source { source } else { destination })
    }

    pub(super) fn port(&self, side: Side) -> Option<u16> {
        let [source, destination] = self.ports?;
        Some(if side == Side::Source { source } else { destination })
    }

    pub(super) fn icmp(&self) -> Option<(u8, u8)> {
        self.icmp
    }

    pub(super) fn is_icmp(&self, wanted: IcmpType) -> bool {
        self.icmp.is_some_and(|(kind, code)| {
            self.protocol == Some(icmp_protocol(wanted))
                && wanted.kind.is_none_or(|wanted| wanted == kind)
                && wanted.code.is_none_or(|wanted| wanted == code)
        })
    }

    pub(super) fn set(&self, number: u32) -> Option<&'a KnownSet> {
        self.sets.get(number as usize)
    }

    pub(super) fn is_member(&self, side: Side, number: u32) -> Truth {
        let (Some(set), Some(address)) = (self.set(number), self.address(side)) else { return Truth::No };
        if set.opaque || self.unsure.sets {
            return Truth::Unknown;
        }
        let member = set.index.find(address).and_then(|member| set.members.get(member as usize));
        member.is_some_and(|member| !member.nomatch).into()
    }

    pub(super) fn state_is(&self, states: ConnectionStates) -> Truth {
        let Some(own) = self.state() else { return Truth::No };
        match states.contains(own) {
            _ if self.unsure.tracking => Truth::Unknown,
            true => Truth::Yes,
            // Whether addresses were translated is not known.
            false if states.overlap(ConnectionStates::TRANSLATED) => Truth::Unknown,
            false => Truth::No,
        }
    }

    /// What connection tracking thinks of it, as rules name it.
    pub(super) fn state(&self) -> Option<ConnectionStates> {
        Some(match self.state? {
            ConnectionState::New => ConnectionStates::NEW,
            ConnectionState::Established => ConnectionStates::ESTABLISHED,
            ConnectionState::Related => ConnectionStates::RELATED,
            ConnectionState::Invalid => ConnectionStates::INVALID,
            ConnectionState::Untracked => ConnectionStates::UNTRACKED,
        })
    }

    /// Whether an address is of one of these kinds to the node.
    pub(super) fn address_is(&self, side: Side, kinds: AddressTypes) -> Truth {
        let [source, destination] = self.kinds;
        kinds.overlap(if side == Side::Source { source } else { destination }).into()
    }

    /// Who the frame is sent to.
    pub(super) fn packet_type(&self) -> PacketType {
        match self.address(Side::Destination) {
            Some(address) if address.is_multicast() => PacketType::Multicast,
            Some(IpAddr::V4(address)) if address.is_broadcast() => PacketType::Broadcast,
            _ => PacketType::Unicast,
        }
    }
}

/// What an address is to the node.
///
/// As the kernel's routes answer: zero and all ones are broadcasts, and so are the ends of the node's IPv4 networks; the
/// first address of an IPv6 network is the anycast address of its routers.
fn kind(address: IpAddr, end: &Endpoint, networks: &[IpNet]) -> AddressTypes {
    match address {
        _ if address.is_multicast() => AddressTypes::MULTICAST,
        IpAddr::V4(v4) if v4.is_broadcast() || v4.is_unspecified() => AddressTypes::BROADCAST,
        IpAddr::V4(_) if networks.iter().any(|net| net.prefix_len() < 31 && net.broadcast() == address) => {
            AddressTypes::BROADCAST
        }
        IpAddr::V6(_) if networks.iter().any(|net| net.prefix_len() < 127 && net.network() == address) => {
            AddressTypes::ANYCAST
        }
        _ if *end == Endpoint::Host => AddressTypes::LOCAL,
        _ => AddressTypes::UNICAST,
    }
}
