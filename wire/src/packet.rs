//! A packet to be sent, and the others that must go before it.

use core::net::{IpAddr, Ipv4Addr};

use pvefw_core::Family;
use pvefw_core::ir::{Mac, Protocol};
use pvefw_core::sim::{self, ConnectionState, Frame, Question, Transport};

use crate::topology::{Place, Topology};

/// What is above the Ethernet header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An IP packet.
    Ip(Ip),
    /// An ARP request of the station with this address.
    Arp(Ipv4Addr),
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
    /// The protocol.
    pub protocol: Protocol,
    /// Both ports, or type and code of ICMP.
    pub detail: (u16, u16),
    /// Which of a connection it is.
    pub part: Part,
}

/// Which packet of a connection one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first.
    First,
    /// The answer to the first.
    Answer,
    /// A later one.
    Later,
    /// An error about another connection.
    Error,
    /// One that belongs to none and can't be the first.
    Stray,
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

/// The ports of the connection that an error is about.
const QUOTED_PORTS: (u16, u16) = (40002, 40003);

/// What IPv6 has between its header and what it carries: hop-by-hop options, routing, fragment, authentication,
/// "no next header", destination options.
const EXTENSIONS: [u8; 6] = [0, 43, 44, 51, 59, 60];

impl Packet {
    /// The packet that the simulator is asked about.
    ///
    /// # Errors
    /// When nothing can be sent that the kernel sees so.
    pub fn new(asked: &sim::Packet, question: &Question, topology: &Topology) -> Result<Self, String> {
        let content = match &asked.frame {
            Frame::Ip(packet) => Content::Ip(ip(packet, question.state.is_some())?),
            Frame::Arp { source } => Content::Arp(*source),
            Frame::Other(ethertype) => Content::Other(*ethertype),
        };
        let (from, to) = asked.zones;
        Ok(Self {
            from: topology.place(from)?,
            to: topology.place(to)?,
            // Without one said the sender has its own; the simulator knows none where the configuration shows none.
            mac: asked.mac.filter(|_| question.mac.is_some()),
            content,
        })
    }

    /// The IP packet, if it is one.
    pub const fn ip(&self) -> Option<&Ip> {
        match &self.content {
            Content::Ip(ip) => Some(ip),
            Content::Arp(_) | Content::Other(_) => None,
        }
    }

    /// The packets that must have passed before, in order.
    pub fn before(&self) -> Vec<Self> {
        let Some(ip) = self.ip() else { return Vec::new() };
        let this_way = |ip: Ip| Self { content: Content::Ip(ip), ..self.clone() };
        let other_way = |ip: Ip| Self { from: self.to, to: self.from, mac: None, content: Content::Ip(ip) };
        match ip.part {
            Part::First | Part::Answer | Part::Stray => Vec::new(),
            Part::Error => vec![other_way(ip.quoted())],
            Part::Later if ip.is_echo_reply() => vec![other_way(ip.reversed(Part::First))],
            Part::Later => {
                vec![this_way(Ip { part: Part::First, ..ip.clone() }), other_way(ip.reversed(Part::Answer))]
            }
        }
    }
}

impl Ip {
    /// Its family.
    pub const fn family(&self) -> Family {
        if self.source.is_ipv6() { Family::V6 } else { Family::V4 }
    }

    /// Whether it is ICMP of either family.
    pub fn is_icmp(&self) -> bool {
        self.protocol == Protocol::ICMP || self.protocol == Protocol::ICMPV6
    }

    /// Whether it is an error of ICMP, which has the packet it is about in it.
    pub fn is_icmp_error(&self) -> bool {
        match self.protocol {
            Protocol::ICMP => matches!(self.detail.0, 3 | 4 | 5 | 11 | 12),
            Protocol::ICMPV6 => self.detail.0 < 128,
            _ => false,
        }
    }

    fn is_echo_reply(&self) -> bool {
        matches!((self.protocol, self.detail.0), (Protocol::ICMP, 0) | (Protocol::ICMPV6, 129))
    }

    /// Whether the kernel tells nobody that it rejects the packet: there is no one sender, or it went to many.
    pub fn is_mute(&self) -> bool {
        // Nor does it of UDP with a wrong checksum, which is how that is made invalid.
        let not_worth_it =
            self.dest.is_multicast() || (self.part == Part::Stray && self.protocol == Protocol::UDP);
        not_worth_it
            || match self.source {
                IpAddr::V4(four) => {
                    four.is_unspecified() || four.is_broadcast() || four.is_multicast() || four.is_loopback()
                }
                // An error to a link-local address leaves by the interface that the packet came in by, which has no route.
                IpAddr::V6(six) => six.is_unspecified() || six.is_multicast() || six.is_unicast_link_local(),
            }
    }

    /// The packet that an error is about, as the one who gets the error has sent it.
    #[must_use]
    pub const fn quoted(&self) -> Self {
        Self {
            source: self.dest,
            dest: self.source,
            protocol: Protocol::UDP,
            detail: QUOTED_PORTS,
            part: Part::First,
        }
    }

    /// The flows that conntrack must not know yet, each by its ends in a fixed order.
    pub fn flows(&self) -> impl Iterator<Item = ((IpAddr, u16), (IpAddr, u16), Protocol)> {
        let flow = |ip: &Self| {
            // Newer kernels don't know the ports of DCCP.
            let with_ports = ip.protocol.has_ports() && ip.protocol != Protocol::DCCP;
            let ports = if with_ports { ip.detail } else { (0, 0) };
            let (one, other) = ((ip.source, ports.0), (ip.dest, ports.1));
            if one <= other { (one, other, ip.protocol) } else { (other, one, ip.protocol) }
        };
        [Some(flow(self)), self.is_icmp_error().then(|| flow(&self.quoted()))].into_iter().flatten()
    }

    /// A packet that the other side of the connection would send.
    #[must_use]
    fn reversed(&self, part: Part) -> Self {
        let detail = match (self.protocol, self.detail.0) {
            (Protocol::ICMP, 8) => (0, 0),
            (Protocol::ICMP, 0) => (8, 0),
            (Protocol::ICMP, ty @ (13 | 15 | 17)) => (ty + 1, 0),
            (Protocol::ICMPV6, 128) => (129, 0),
            (Protocol::ICMPV6, 129) => (128, 0),
            _ => (self.detail.1, self.detail.0),
        };
        Self { source: self.dest, dest: self.source, protocol: self.protocol, detail, part }
    }
}

/// `said` is whether a question says the state. Where none does, it is what the kernel makes of a first packet.
fn ip(asked: &sim::IpPacket, said: bool) -> Result<Ip, String> {
    let detail = match asked.transport {
        Transport::Ports { source, destination, .. } => (source, destination),
        Transport::Icmp { kind, code } => (kind.into(), code.into()),
        Transport::Opaque => (0, 0),
    };
    if asked.source.is_ipv6() && EXTENSIONS.contains(&asked.protocol.0) {
        return Err(format!("{} is no protocol of IPv6, but an extension header", asked.protocol.0));
    }
    let mut ip = Ip {
        source: asked.source,
        dest: asked.destination,
        protocol: asked.protocol,
        detail,
        part: Part::First,
    };
    let cannot =
        || Err(format!("the lab can't make a packet of protocol {} {}", ip.protocol.0, asked.state.name()));
    let first = match asked.transport {
        Transport::Icmp { kind, .. } => ConnectionState::of_first_icmp(ip.family(), kind),
        Transport::Ports { .. } | Transport::Opaque => ConnectionState::New,
    };
    ip.part = match asked.state {
        _ if !said => Part::First,
        state if state == first => Part::First,
        ConnectionState::Established if first == ConnectionState::New => Part::Later,
        ConnectionState::Established if ip.is_echo_reply() => Part::Later,
        ConnectionState::Related if ip.is_icmp_error() => Part::Error,
        ConnectionState::Invalid if matches!(ip.protocol, Protocol::TCP | Protocol::UDP) => Part::Stray,
        _ => return cannot(),
    };
    Ok(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(protocol: Protocol, detail: (u16, u16), part: Part) -> Packet {
        let (source, dest) = (Ipv4Addr::new(10, 0, 0, 1).into(), Ipv4Addr::new(10, 0, 0, 2).into());
        let ip = Ip { source, dest, protocol, detail, part };
        Packet { from: Place::Port(0), to: Place::Host, mac: None, content: Content::Ip(ip) }
    }

    /// What goes before a packet, as (from the same side, detail, part).
    fn before(protocol: Protocol, detail: (u16, u16), part: Part) -> Vec<(bool, (u16, u16), Part)> {
        let packets = packet(protocol, detail, part).before();
        packets
            .iter()
            .map(|p| (p.from == Place::Port(0), p.ip().unwrap().detail, p.ip().unwrap().part))
            .collect()
    }

    #[test]
    fn connections_are_opened_before() {
        assert_eq!(before(Protocol::TCP, (1, 2), Part::First), []);
        assert_eq!(
            before(Protocol::TCP, (1, 2), Part::Later),
            [(true, (1, 2), Part::First), (false, (2, 1), Part::Answer)]
        );
        assert_eq!(before(Protocol::ICMP, (0, 0), Part::Later), [(false, (8, 0), Part::First)]);
        assert_eq!(before(Protocol::ICMP, (3, 1), Part::Error), [(false, QUOTED_PORTS, Part::First)]);
    }

    #[test]
    fn both_ways_are_one_flow() {
        let this = packet(Protocol::UDP, (1, 2), Part::First);
        let that = this.ip().unwrap().reversed(Part::Answer);
        assert!(this.ip().unwrap().flows().eq(that.flows()));
        assert_eq!(packet(Protocol::ICMP, (3, 1), Part::Error).ip().unwrap().flows().count(), 2);
    }
}
