//! Conditions made for asking: small, in a row, with everything looked up beforehand.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::view::View;
use crate::Family;
use crate::ir::{
    AddressTypes, Addresses, BridgeMatch, ConnectionStates, IcmpType, InterfaceName, InterfacePattern, Mac,
    Mark, Match, PortRange, Ports, Protocol, SetName, Side, TcpFlags, Test,
};
use crate::readback::PacketType;

/// A condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    /// Whether the rule wants the question answered with no.
    pub(super) negated: bool,
    pub(super) ask: Ask,
}

/// A question about a packet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    /// The answer is known beforehand.
    Always(Truth),
    Protocol(u8),
    Port(Side, PortRange),
    /// One of the port lists of [`Lists`].
    Ports(Side, u32),
    /// The source or the destination port is in a list.
    EitherPort(u32),
    /// Bits of an IPv4 address.
    Net(Side, u32, u32),
    /// One of the address lists of [`Lists`].
    Addresses(Side, u32),
    /// By number.
    Set(Side, u32),
    Interface(Field, InterfaceName),
    /// All interfaces whose names begin so.
    Interfaces(Field, InterfaceName),
    State(ConnectionStates),
    Mark(Mark),
    ConnectionMark(Mark),
    Icmp(IcmpType),
    Flags(TcpFlags),
    Kind(Side, AddressTypes),
    Bridged,
    SourceMac(Mac),
    /// Bits of a source hardware address.
    SourceMacBits(Mac, Mac),
    Ethertype(u16),
    Arp(Side, Ipv4Net),
    PacketType(PacketType),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    No,
    Yes,
    /// It can't be told.
    Unknown,
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// Whether both hold.
    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Where a rule can name an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    In,
    Out,
    PortIn,
    PortOut,
}

/// What is too long for a [`Check`].
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    ports: Vec<Box<[PortRange]>>,
    addresses: Vec<Addresses>,
}

impl Lists {
    /// The number that the next list gets. There are never as many as numbers: each stands in a rule of its own.
    fn number<T>(lists: &[T]) -> u32 {
        u32::try_from(lists.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn either_port(&mut self, ports: &[PortRange]) -> Ask {
        self.ports.push(ports.into());
        Ask::EitherPort(Self::number(&self.ports) - 1)
    }

    fn ports(&mut self, side: Side, ports: &Ports) -> Ask {
        match ports {
            Ports::One(range) => Ask::Port(side, *range),
            Ports::Many(ranges) => {
                self.ports.push(ranges.clone());
                Ask::Ports(side, Self::number(&self.ports) - 1)
            }
        }
    }

    fn addresses(&mut self, side: Side, addresses: &Addresses) -> Ask {
        if let Addresses::Net(IpNet::V4(net)) = addresses {
            return Ask::Net(side, net.network().into(), net.netmask().into());
        }
        self.addresses.push(addresses.clone());
        Ask::Addresses(side, Self::number(&self.addresses) - 1)
    }

    /// A condition of a rule of IR. `set` finds the number of a set.
    pub(super) fn check(&mut self, condition: &Match, set: &impl Fn(&SetName) -> Option<u32>) -> Check {
        let ask = match &condition.test {
            Test::InInterface(pattern) => Ask::interface(Field::In, pattern),
            Test::OutInterface(pattern) => Ask::interface(Field::Out, pattern),
            Test::Address(side, addresses) => self.addresses(*side, addresses.value()),
            Test::InSet(side, name) => match set(name) {
                Some(number) => Ask::Set(*side, number),
                None => Ask::Always(Truth::Unknown),
            },
            Test::Protocol(protocol) if *protocol.value() == Protocol::ANY => Ask::Always(Truth::Yes),
            Test::Protocol(protocol) => Ask::Protocol(protocol.value().0),
            Test::Port { side, ports, .. } => self.ports(*side, ports.value()),
            Test::Icmp { kind, .. } => match *kind.value() {
                // The kernel takes this number for "any" (`ipt_icmp.h`: type 0xFF means all).
                IcmpType { family: Family::V4, kind: Some(0xff), .. } => {
                    Ask::Icmp(IcmpType { family: Family::V4, kind: None, code: None })
                }
                kind => Ask::Icmp(kind),
            },
            Test::TcpFlags(flags) => Ask::Flags(*flags),
            Test::AddressType(side, kinds) => Ask::Kind(*side, *kinds),
            Test::ConnectionState(states) => Ask::State(*states),
            Test::Bridged => Ask::Bridged,
            Test::BridgePortIn(pattern) => Ask::interface(Field::PortIn, pattern),
            Test::BridgePortOut(pattern) => Ask::interface(Field::PortOut, pattern),
            Test::SourceMac(mac) => Ask::SourceMac(*mac.value()),
            Test::Mark(mark) => Ask::Mark(*mark),
            // One packet is within every limit.
            Test::Limit { .. } => Ask::Always(Truth::Yes),
            Test::AboveHashLimit(_) => Ask::Always(Truth::No),
        };
        Check { negated: condition.negated, ask }
    }
}

impl Check {
    /// The condition of a bridge rule of IR.
    pub(super) fn of_bridge(condition: &BridgeMatch) -> Self {
        let (negated, ask) = match condition {
            BridgeMatch::Protocol(number) => (false, Ask::Ethertype(*number.value())),
            BridgeMatch::InPort(pattern) => (false, Ask::interface(Field::PortIn, pattern)),
            BridgeMatch::OutPort(pattern) => (false, Ask::interface(Field::PortOut, pattern)),
            BridgeMatch::SourceIsNot(mac) => (true, Ask::SourceMac(*mac)),
            BridgeMatch::ArpSource(net) => (false, Ask::Arp(Side::Source, *net)),
        };
        Self { negated, ask }
    }

    /// Whether the rule says nothing against the packet here.
    pub(super) fn holds(&self, view: &View<'_>, lists: &Lists) -> Truth {
        let truth = self.ask.of(view, lists);
        if self.negated { truth.opposite() } else { truth }
    }

    /// The single interface that must be there.
    pub(super) fn interface(&self, field: Field) -> Option<InterfaceName> {
        match self.ask {
            Ask::Interface(own, name) if own == field && !self.negated => Some(name),
            _ => None,
        }
    }
}

impl Ask {
    pub(super) fn interface(field: Field, pattern: &InterfacePattern) -> Self {
        if pattern.prefix {
            Self::Interfaces(field, pattern.name)
        } else {
            Self::Interface(field, pattern.name)
        }
    }

    fn of(&self, view: &View<'_>, lists: &Lists) -> Truth {
        match *self {
            Self::Always(truth) => truth,
            Self::Protocol(number) => (view.protocol == Some(number)).into(),
            Self::Port(side, range) => view.port(side).is_some_and(|port| range.contains(port)).into(),
            Self::Ports(side, list) => lists.contain_port(list, view.port(side)).into(),
            Self::EitherPort(list) => {
                let contains = |side| lists.contain_port(list, view.port(side));
                (contains(Side::Source) || contains(Side::Destination)).into()
            }
            Self::Net(side, net, mask) => view.v4(side).is_some_and(|address| address & mask == net).into(),
            Self::Addresses(side, list) => {
                let addresses = lists.addresses.get(list as usize);
                view.address(side).zip(addresses).is_some_and(|(address, list)| list.contains(address)).into()
            }
            Self::Set(side, number) => view.is_member(side, number),
            Self::Interface(field, name) => (view.interface(field) == Some(name)).into(),
            Self::Interfaces(field, beginning) => {
                view.interface(field).is_some_and(|name| name.starts_with(beginning)).into()
            }
            Self::State(states) => view.state_is(states),
            Self::Mark(mark) if view.unsure.mark => unless_nothing(mark),
            Self::Mark(mark) => (view.mark & mark.mask == mark.value).into(),
            Self::ConnectionMark(mark) => match view.connection_mark {
                Some(actual) => (actual & mark.mask == mark.value).into(),
                None => unless_nothing(mark),
            },
            Self::Icmp(wanted) => view.is_icmp(wanted).into(),
            Self::Flags(wanted) => (view.flags.is_some_and(|flags| flags & wanted.mask == wanted.set)).into(),
            Self::Kind(side, kinds) => view.address_is(side, kinds),
            Self::Bridged => view.is_bridged().into(),
            Self::SourceMac(mac) => (view.mac == Some(mac)).into(),
            Self::SourceMacBits(mac, mask) => match view.mac {
                Some(actual) => (masked(actual, mask) == masked(mac, mask)).into(),
                None => Truth::Unknown,
            },
            Self::Ethertype(number) => (view.ethertype == number).into(),
            Self::Arp(Side::Source, net) => {
                view.arp_source.is_some_and(|source| net.contains(&source)).into()
            }
            // The question does not say who is asked for.
            Self::Arp(Side::Destination, _) if view.arp_source.is_some() => Truth::Unknown,
            Self::Arp(Side::Destination, _) => Truth::No,
            Self::PacketType(kind) => (view.packet_type() == kind).into(),
        }
    }
}

/// Nothing is known about a mark, but no bits always compare equal.
fn unless_nothing(mark: Mark) -> Truth {
    if mark.mask == 0 { (mark.value == 0).into() } else { Truth::Unknown }
}

fn masked(mac: Mac, mask: Mac) -> [u8; 6] {
    let mut bytes = mac.0;
    for (byte, mask) in bytes.iter_mut().zip(mask.0) {
        *byte &= mask;
    }
    bytes
}

impl Lists {
    fn contain_port(&self, list: u32, port: Option<u16>) -> bool {
        let ranges = self.ports.get(list as usize);
        port.zip(ranges).is_some_and(|(port, ranges)| ranges.iter().any(|range| range.contains(port)))
    }
}

/// The family whose numbers a type has, as the protocol that has them.
pub(super) const fn icmp_protocol(kind: IcmpType) -> u8 {
    match kind.family {
        Family::V4 => Protocol::ICMP.0,
        Family::V6 => Protocol::ICMPV6.0,
    }
}

/// An IPv4 address as a number.
pub(super) fn v4_number(address: IpAddr) -> Option<u32> {
    match address {
        IpAddr::V4(address) => Some(address.into()),
        IpAddr::V6(_) => None,
    }
}
