//! What is sent.

use core::net::IpAddr;

use super::topology::Endpoint;
use super::zone::Zone;
use crate::Family;
use crate::ir::{Mac, Protocol, TcpFlags};

/// A packet on its way between two places, with everything that rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The zones it comes from and goes to.
    pub zones: (Zone, Zone),
    /// Where it comes from.
    pub from: Endpoint,
    /// Where it goes.
    pub to: Endpoint,
    /// Its source hardware address, where known.
    pub mac: Option<Mac>,
    /// What is in the frame.
    pub frame: Frame,
}

/// The content of an Ethernet frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An IP packet.
    Ip(IpPacket),
    /// An ARP message.
    Arp {
        /// The IPv4 address that the sender claims.
        source: core::net::Ipv4Addr,
    },
    /// Anything else, by its Ethernet type.
    Other(u16),
}

impl Frame {
    /// The Ethernet type of ARP.
    pub const ARP: u16 = 0x0806;

    /// The Ethernet type.
    pub const fn ethertype(&self) -> u16 {
        match self {
            Self::Ip(packet) => packet.family().ethertype(),
            Self::Arp { .. } => Self::ARP,
            Self::Other(number) => *number,
        }
    }
}

/// An IP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpPacket {
    /// Where it says it comes from.
    pub source: IpAddr,
    /// Where it goes; of the same family.
    pub destination: IpAddr,
    /// Its protocol.
    pub protocol: Protocol,
    /// What follows the IP header.
    pub transport: Transport,
    /// What connection tracking thinks of it.
    pub state: ConnectionState,
}

/// The part of a packet behind the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Ports, of TCP, UDP and their kin.
    Ports {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// TCP flags; zero for other protocols.
        flags: u8,
    },
    /// ICMP or `ICMPv6`.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
    },
    /// Nothing that rules look at.
    Opaque,
}

impl IpPacket {
    /// The family of its addresses.
    pub const fn family(&self) -> Family {
        if self.source.is_ipv4() { Family::V4 } else { Family::V6 }
    }
}

impl Packet {
    /// Whether it is the first of its connection.
    pub(super) const fn opens_connection(&self) -> bool {
        matches!(&self.frame, Frame::Ip(IpPacket { state: ConnectionState::New, .. }))
    }
}

impl IpPacket {
    /// A reset or another answer within the same connection.
    pub(super) const fn answer(&self) -> Self {
        let transport = match self.transport {
            Transport::Ports { source, destination, .. } => Transport::Ports {
                source: destination,
                destination: source,
                flags: TcpFlags::RST | TcpFlags::ACK,
            },
            other => other,
        };
        Self {
            source: self.destination,
            destination: self.source,
            protocol: self.protocol,
            transport,
            state: ConnectionState::Established,
        }
    }
}

/// What connection tracking thinks of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// It opens a connection.
    #[default]
    New,
    /// It belongs to a known connection.
    Established,
    /// It belongs to a known connection as an error does, or was announced by one.
    Related,
    /// It belongs to none and can't open one.
    Invalid,
    /// It is not tracked.
    Untracked,
}

impl ConnectionState {
    /// The states with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::New, "NEW"),
        (Self::Established, "ESTABLISHED"),
        (Self::Related, "RELATED"),
        (Self::Invalid, "INVALID"),
        (Self::Untracked, "UNTRACKED"),
    ];

    /// The tools' word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Established => "ESTABLISHED",
            Self::Related => "RELATED",
            Self::Invalid => "INVALID",
            Self::Untracked => "UNTRACKED",
        }
    }

    /// The TCP flags that a packet in this state usually has.
    pub(super) const fn tcp_flags(self) -> u8 {
        match self {
            Self::New => TcpFlags::SYN,
            _ => TcpFlags::ACK,
        }
    }

    /// What a node makes of an ICMP packet that belongs to nothing it knows: it opens a connection only if it asks for an
    /// answer, and neighbour discovery is not tracked (kernel: `nf_conntrack_proto_icmp.c`,
    /// `nf_conntrack_proto_icmpv6.c`).
    pub const fn of_first_icmp(family: Family, kind: u8) -> Self {
        match (family, kind) {
            (Family::V4, 8 | 13 | 15 | 17) | (Family::V6, 128 | 139) => Self::New,
            (Family::V6, 130..=136 | 143) => Self::Untracked,
            _ => Self::Invalid,
        }
    }
}
