//! Tells what became of packets from the frames that came out.

use alloc::collections::{BTreeMap, BTreeSet};
use core::net::IpAddr;

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pvefw_core::ir::Protocol;

use crate::frame::{self, Tag};
use crate::packet::{Content, Ip, Packet};
use crate::topology::{Place, Topology};
use crate::verdict::Verdict;

/// How a sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// By a TCP reset.
    Reset,
    /// By an ICMP error of this code.
    Unreachable(u8),
}

/// What became of a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// It came out where it should.
    pub arrived: bool,
    /// Its sender was told.
    pub rejected: Option<Rejection>,
    /// Other devices that it came out of.
    pub astray: BTreeSet<String>,
    /// Its sender would not be told: a rejection looks like nothing.
    pub mute: bool,
}

impl Outcome {
    /// In one word.
    pub const fn verdict(&self) -> Verdict {
        match (self.arrived, self.rejected) {
            (true, _) => Verdict::Accept,
            (false, Some(_)) => Verdict::Reject,
            (false, None) => Verdict::Drop,
        }
    }
}

/// What has been seen of some packets.
#[derive(Debug)]
pub struct Seen<'p> {
    sent: BTreeMap<Tag, &'p Packet>,
    /// So far.
    pub outcomes: BTreeMap<Tag, Outcome>,
}

/// The parts of a frame that matter.
struct Parts {
    source: IpAddr,
    dest: IpAddr,
    protocol: Protocol,
    /// Of TCP: ports, and whether it is a reset.
    tcp: Option<(u16, u16, bool)>,
    /// Of ICMP: type and code.
    icmp: Option<(u8, u8)>,
}

impl<'p> Seen<'p> {
    /// Nothing yet.
    pub fn new(packets: &'p [(Tag, Packet)]) -> Self {
        Self {
            sent: packets.iter().map(|(tag, packet)| (*tag, packet)).collect(),
            outcomes: packets
                .iter()
                .map(|(tag, packet)| {
                    (*tag, Outcome { mute: packet.ip().is_some_and(Ip::is_mute), ..Outcome::default() })
                })
                .collect(),
        }
    }

    /// A frame came out of the far end of a device. Whether it was of ours.
    pub fn far(&mut self, bytes: &[u8], device: &str, topology: &Topology) -> bool {
        let parts = parts(bytes);
        let Some(tag) = frame::tag(bytes) else {
            return parts.is_some_and(|parts| self.reset(&parts));
        };
        let Some(packet) = self.sent.get(&tag).copied() else { return false };
        let Some(outcome) = self.outcomes.get_mut(&tag) else { return false };
        if packet.ip().is_some() != parts.is_some() {
            return false;
        }
        if let (Some(ip), Some(parts)) = (packet.ip(), &parts)
            && (ip.source, ip.dest, ip.protocol) != (parts.source, parts.dest, parts.protocol)
        {
            match parts.icmp {
                Some((3, code)) if parts.protocol == Protocol::ICMP => {
                    outcome.rejected = Some(Rejection::Unreachable(code));
                }
                Some((1, code)) if parts.protocol == Protocol::ICMPV6 => {
                    outcome.rejected = Some(Rejection::Unreachable(code));
                }
                _ => return false,
            }
        } else if topology.port(packet.to).is_some_and(|port| port.device == device) {
            outcome.arrived = true;
        } else {
            outcome.astray.insert(device.to_owned());
        }
        true
    }

    /// A frame came in at one of the node's own devices. Only what is not IP has arrived there; the rest has the chain
    /// INPUT before it.
    pub fn near(&mut self, bytes: &[u8], device: &str, topology: &Topology) -> bool {
        let Some((packet, outcome)) = self.of(bytes) else { return false };
        let bridge = topology.port(packet.from).map(|port| port.bridge.as_str());
        let here =
            packet.to == Place::Host && !matches!(packet.content, Content::Ip(_)) && bridge == Some(device);
        outcome.arrived |= here;
        here
    }

    /// The node has taken a packet.
    pub fn taken(&mut self, bytes: &[u8], six: bool, protocol: Protocol) -> bool {
        let Some((packet, outcome)) = self.of(bytes) else { return false };
        let Some(ip) = packet.ip() else { return false };
        // Raw sockets of IPv4 have the IP header, those of IPv6 don't.
        let header = if six { 0 } else { usize::from(bytes.first().copied().unwrap_or(0) & 0xf) * 4 };
        let same_type = !ip.is_icmp() || bytes.get(header).is_some_and(|ty| u16::from(*ty) == ip.detail.0);
        let here = packet.to == Place::Host && ip.protocol == protocol && same_type;
        outcome.arrived |= here;
        here
    }

    fn of(&mut self, bytes: &[u8]) -> Option<(&'p Packet, &mut Outcome)> {
        let tag = frame::tag(bytes)?;
        Some((self.sent.get(&tag).copied()?, self.outcomes.get_mut(&tag)?))
    }

    /// A reset has no room for a tag; its flow says what it is about.
    fn reset(&mut self, parts: &Parts) -> bool {
        let Some((from, to, true)) = parts.tcp else { return false };
        let about = |packet: &Packet| {
            packet.ip().is_some_and(|ip| {
                (ip.protocol, ip.source, ip.dest, ip.detail)
                    == (Protocol::TCP, parts.dest, parts.source, (to, from))
            })
        };
        let Some((tag, _)) = self.sent.iter().find(|(_, packet)| about(packet)) else { return false };
        if let Some(outcome) = self.outcomes.get_mut(tag) {
            outcome.rejected = Some(Rejection::Reset);
        }
        true
    }
}

fn parts(bytes: &[u8]) -> Option<Parts> {
    let packet = LaxSlicedPacket::from_ethernet(bytes).ok()?;
    let (source, dest, protocol): (IpAddr, IpAddr, Protocol) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), Protocol(header.protocol().0))
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), Protocol(header.next_header().0))
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let (mut tcp, mut icmp) = (None, None);
    match &packet.transport {
        Some(TransportSlice::Tcp(slice)) => {
            tcp = Some((slice.source_port(), slice.destination_port(), slice.rst()));
        }
        Some(TransportSlice::Icmpv4(slice)) => icmp = Some((slice.type_u8(), slice.code_u8())),
        Some(TransportSlice::Icmpv6(slice)) => icmp = Some((slice.type_u8(), slice.code_u8())),
        _ => {}
    }
    Some(Parts { source, dest, protocol, tcp, icmp })
}

#[cfg(test)]
mod tests {
    use pvefw_core::ir::Mac;
    use pvefw_core::sim::{self, Zone};

    use super::*;
    use crate::packet::Part;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn ip(source: [u8; 4], dest: [u8; 4], protocol: Protocol, detail: (u16, u16), part: Part) -> Ip {
        Ip { source: source.into(), dest: dest.into(), protocol, detail, part }
    }

    /// Verdicts of a packet from `eth0` to `eth1`, after a frame came out of a device.
    fn after(frame: &Content, device: &str) -> (Verdict, usize) {
        let ports = ["vmbr0/eth0", "vmbr0/eth1"].map(|zone| Zone::parse(zone).unwrap());
        let topology = Topology::new(&sim::Topology::default(), ports.into_iter()).unwrap();
        let [from, to] = ports.map(|zone| topology.place(zone).unwrap());
        let content = Content::Ip(ip([10, 0, 0, 1], [10, 0, 0, 2], Protocol::TCP, (1000, 22), Part::First));
        let packets = [(5, Packet { from, to, mac: None, content })];
        let mut seen = Seen::new(&packets);
        seen.far(&frame::ethernet(frame, 5, MAC, MAC), device, &topology);
        let outcome = seen.outcomes.remove(&5).unwrap();
        (outcome.verdict(), outcome.astray.len())
    }

    #[test]
    fn frames_tell_what_became_of_a_packet() {
        let there = Content::Ip(ip([10, 0, 0, 1], [10, 0, 0, 2], Protocol::TCP, (1000, 22), Part::First));
        assert_eq!(after(&there, "eth1"), (Verdict::Accept, 0));
        assert_eq!(after(&there, "eth0"), (Verdict::Drop, 1));
        let told = Content::Ip(ip([192, 0, 2, 9], [10, 0, 0, 1], Protocol::ICMP, (3, 10), Part::Error));
        assert_eq!(after(&told, "sink0"), (Verdict::Reject, 0));
        let probe = Content::Other(0x88b5);
        assert_eq!(after(&probe, "eth1"), (Verdict::Drop, 0));
    }
}
