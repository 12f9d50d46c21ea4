//! What the kernel tells about a packet that an NFLOG rule has met.

use super::packet::Network;
use crate::netlink::bytes::{array, be16, be32, be64};
use crate::netlink::{Attribute, Attributes, Message};

/// Kind of the messages with packets: subsystem 4 (NFLOG), message 0.
pub const PACKET: u16 = 0x0400;
/// Kind of the requests that change what is logged, and how.
pub const CONFIGURE: u16 = 0x0401;

/// Netfilter's number of IPv4.
pub const INET: u8 = 2;
/// Netfilter's number of bridges.
pub const BRIDGE: u8 = 7;
/// Netfilter's number of IPv6.
pub const INET6: u8 = 10;

/// Length of the header that all messages of netfilter have.
const HEADER: usize = 4;

/// A logged packet. Missing numbers of interfaces are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// Netfilter's number of the family whose rule has logged.
    pub family: u8,
    /// The protocol in the Ethernet header.
    pub ethernet: u16,
    /// The rule's prefix.
    pub prefix: &'a [u8],
    /// When the packet came, if the kernel has noted it: seconds since 1970, UTC.
    pub seconds: Option<u64>,
    /// Index of the interface it came in by.
    pub input: u32,
    /// Index of the interface it goes out by.
    pub output: u32,
    /// Index of the bridge's port it came in by.
    pub physical_input: u32,
    /// Index of the bridge's port it goes out by.
    pub physical_output: u32,
    /// The header of the link layer.
    pub hardware: &'a [u8],
    /// The packet from the network layer on, as much of it as was asked for.
    pub payload: &'a [u8],
    /// Its mark.
    pub mark: u32,
    /// Counts the packets of the group; a gap tells of lost ones.
    pub sequence: Option<u32>,
}

impl<'a> Event<'a> {
    /// Reads a message; `None` if it is of another kind or too short to be one.
    pub fn new(message: Message<'a>) -> Option<Self> {
        if message.kind != PACKET {
            return None;
        }
        let (header, attributes) = message.payload.split_first_chunk::<HEADER>()?;
        let [family, ..] = *header;
        let mut event = Self { family, ..Self::default() };
        for attribute in Attributes::new(attributes) {
            event.take(attribute);
        }
        Some(event)
    }

    /// What the packet is, if fields speak of it.
    pub const fn network(&self) -> Option<Network> {
        Network::new(self.family, self.ethernet)
    }

    fn take(&mut self, Attribute { kind, value }: Attribute<'a>) {
        let number = || be32(value, 0).unwrap_or_default();
        match kind {
            1 => self.ethernet = be16(value, 0).unwrap_or_default(),
            2 => self.mark = number(),
            3 => self.seconds = be64(value, 0),
            4 => self.input = number(),
            5 => self.output = number(),
            6 => self.physical_input = number(),
            7 => self.physical_output = number(),
            9 => self.payload = value,
            10 => self.prefix = value.split(|byte| *byte == 0).next().unwrap_or_default(),
            12 => self.sequence = array(value, 0).map(u32::from_be_bytes),
            16 => self.hardware = value,
            _ => {}
        }
    }
}
