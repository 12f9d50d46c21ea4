//! A packet in words, as far as its bytes are there: `SRC=10.0.0.1 DST=10.0.0.2 LEN=60 … PROTO=TCP SPT=40000 … SYN `.
//!
//! Field names, their order and what is left out are pvefw-logger's. Each field is followed by a blank. What is too short
//! for what it claims to be says so (`INVALID=LEN`) and ends the packet.

mod arp;
mod icmp;
mod ipv4;
mod ipv6;
mod transport;

#[cfg(test)]
mod tests;

use super::write::Writer;

/// What a packet is on the network layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// ARP for IPv4 over Ethernet.
    Arp,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Network {
    /// Of netfilter's number of the family, and the protocol in the Ethernet header if it is that of bridges.
    ///
    /// `None` is a protocol that no field speaks of.
    pub const fn new(family: u8, ethernet: u16) -> Option<Self> {
        match (family, ethernet) {
            (super::event::INET, _) | (super::event::BRIDGE, 0x0800) => Some(Self::V4),
            (super::event::INET6, _) | (super::event::BRIDGE, 0x86dd) => Some(Self::V6),
            (super::event::BRIDGE, 0x0806) => Some(Self::Arp),
            _ => None,
        }
    }
}

/// Writes what there is to say about a packet.
pub(super) fn write(network: Network, packet: &[u8], to: &mut Writer) {
    match network {
        Network::Arp => arp::write(packet, to),
        Network::V4 => ipv4::write(packet, to),
        Network::V6 => ipv6::write(packet, to),
    }
}
