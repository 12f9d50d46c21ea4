//! A packet to be sent, with everything filled in.

use core::net::IpAddr;

use pvefw_core::Family;
use pvefw_core::facts::Names;
use pvefw_core::ir::Mac;
use pvefw_core::tables::icmp;

use crate::question::Question;
use crate::topology::{Place, Topology};

/// What conntrack is to think of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The first of its flow.
    New,
    /// Of a flow that both sides have spoken in.
    Established,
    /// An ICMP error about such a flow.
    Related,
    /// Of no flow, and none that may begin one.
    Invalid,
}

impl State {
    /// As rules write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Established => "ESTABLISHED",
            Self::Related => "RELATED",
            Self::Invalid => "INVALID",
        }
    }

    /// Reads it as rules write it, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::New, Self::Established, Self::Related, Self::Invalid]
            .into_iter()
            .find(|state| state.name().eq_ignore_ascii_case(name))
    }
}

/// What is above the Ethernet header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An IP packet.
    Ip(Ip),
    /// An ARP request with these sender and target addresses.
    Arp(core::net::Ipv4Addr, core::net::Ipv4Addr),
    /// A frame of another type.
    Other(u16),
}

/// An IP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Where it says it comes from.
    pub source: IpAddr,
    /// Where it goes.
    pub dest: IpAddr,
    /// The protocol's number.
    pub protocol: u8,
    /// Both ports, or type and code of ICMP.
    pub detail: (u16, u16),
    /// What conntrack is to think.
    pub state: State,
}

/// A packet and its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it starts.
    pub from: Place,
    /// Where it is to arrive.
    pub to: Place,
    /// The hardware address it comes from, if not that of its NIC.
    pub mac: Option<Mac>,
    /// The rest.
    pub content: Content,
}

/// ICMP of IPv4, TCP, UDP, ICMP of IPv6, and the other protocols with ports.
pub const ICMP: u8 = 1;
/// See [`ICMP`].
pub const TCP: u8 = 6;
/// See [`ICMP`].
pub const UDP: u8 = 17;
/// See [`ICMP`].
pub const DCCP: u8 = 33;
/// See [`ICMP`].
pub const ICMPV6: u8 = 58;
/// See [`ICMP`].
pub const SCTP: u8 = 132;
/// See [`ICMP`].
pub const UDPLITE: u8 = 136;

/// Whether a protocol has ports.
pub const fn has_ports(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP | DCCP | SCTP | UDPLITE)
}

impl Packet {
    /// Fills in what a question leaves out, as DESIGN.md says.
    ///
    /// # Errors
    /// What can't be understood.
    pub fn new(question: &Question, topology: &Topology, names: &Names<'_>) -> Result<Self, String> {
        let from = topology.place(&question.from)?;
        let to = topology.place(&question.to)?;
        if from == to {
            return Err(format!("`{}` to itself", question.from));
        }
        let mac = match &question.mac {
            Some(text) => Some(Mac::parse(text).ok_or_else(|| format!("`{text}` is no hardware address"))?),
            None => None,
        };
        let given = |text: &Option<String>| -> Result<Option<IpAddr>, String> {
            text.as_ref()
                .map(|text| text.parse().map_err(|_| format!("`{text}` is no address")))
                .transpose()
        };
        let (source, dest) = (given(&question.source)?, given(&question.dest)?);
        let protocol = question.proto.as_deref().unwrap_or("tcp");
        let six = source.or(dest).map_or(protocol == "icmpv6" || protocol == "ipv6-icmp", |known| known.is_ipv6());
        let family = if six { Family::V6 } else { Family::V4 };
        let source = source.unwrap_or_else(|| topology.address(from, family));
        let dest = dest.unwrap_or_else(|| topology.address(to, family));
        let content = match (protocol, source, dest) {
            ("arp", IpAddr::V4(source), IpAddr::V4(dest)) => Content::Arp(source, dest),
            _ if protocol.starts_with("0x") => {
                let number = u16::from_str_radix(protocol.trim_start_matches("0x"), 16);
                Content::Other(number.map_err(|_| format!("`{protocol}` is no Ethernet type"))?)
            }
            _ => Content::Ip(ip(question, protocol, (source, dest), family, names)?),
        };
        Ok(Self { from, to, mac, content })
    }

    /// The IP packet, if it is one.
    pub const fn ip(&self) -> Option<&Ip> {
        match &self.content {
            Content::Ip(ip) => Some(ip),
            Content::Arp(..) | Content::Other(_) => None,
        }
    }
}

impl Ip {
    /// Its family.
    pub const fn family(&self) -> Family {
        if self.source.is_ipv6() { Family::V6 } else { Family::V4 }
    }

    /// Whether it is an error of ICMP, or any of its types that names another packet.
    pub const fn is_icmp_error(&self) -> bool {
        match self.protocol {
            ICMP => matches!(self.detail.0, 3 | 4 | 5 | 11 | 12),
            ICMPV6 => self.detail.0 < 128,
            _ => false,
        }
    }

    /// What conntrack knows its flow by: the two ends, in either order.
    pub fn flow(&self) -> ((IpAddr, u16), (IpAddr, u16), u8) {
        let ports = if has_ports(self.protocol) { self.detail } else { (0, 0) };
        let (one, other) = ((self.source, ports.0), (self.dest, ports.1));
        if one <= other { (one, other, self.protocol) } else { (other, one, self.protocol) }
    }

    /// The packet that the other side of the flow would send.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let detail = match (self.protocol, self.detail.0) {
            (ICMP, 8) => (0, 0),
            (ICMP, 0) => (8, 0),
            (ICMP, 13) => (14, 0),
            (ICMP, 17) => (18, 0),
            (ICMPV6, 128) => (129, 0),
            (ICMPV6, 129) => (128, 0),
            _ => (self.detail.1, self.detail.0),
        };
        Self { source: self.dest, dest: self.source, detail, ..self.clone() }
    }
}

fn ip(
    question: &Question,
    protocol: &str,
    (source, dest): (IpAddr, IpAddr),
    family: Family,
    names: &Names<'_>,
) -> Result<Ip, String> {
    if source.is_ipv6() != dest.is_ipv6() {
        return Err(format!("`{source}` and `{dest}` are of different families"));
    }
    let protocol = names
        .protocol(protocol)
        .or_else(|| protocol.parse().ok())
        .ok_or_else(|| format!("there is no protocol `{protocol}`"))?;
    let detail = if protocol == ICMP || protocol == ICMPV6 {
        icmp_type(question.icmp_type.as_deref().unwrap_or("echo-request"), family)?
    } else {
        (question.sport.unwrap_or(40000), question.dport.unwrap_or(40001))
    };
    let state = match &question.state {
        Some(text) => State::named(text).ok_or_else(|| format!("there is no state `{text}`"))?,
        None => State::New,
    };
    Ok(Ip { source, dest, protocol, detail, state })
}

fn icmp_type(text: &str, family: Family) -> Result<(u16, u16), String> {
    if let Some(row) = icmp::named(family, text) {
        return Ok((row.ty.unwrap_or(8).into(), row.code.unwrap_or(0).into()));
    }
    let (ty, code) = text.split_once('/').unwrap_or((text, "0"));
    match (ty.parse::<u8>(), code.parse::<u8>()) {
        (Ok(ty), Ok(code)) => Ok((ty.into(), code.into())),
        _ => Err(format!("there is no ICMP type `{text}`")),
    }
}
