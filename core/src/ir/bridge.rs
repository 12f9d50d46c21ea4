//! The bridge's filter table (`ebtables`): ARP, hardware addresses and Ethernet protocols.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use ipnet::Ipv4Net;

use super::{ChainName, InterfacePattern, Mac, Origin, Written};

/// Chains of the bridge, and the one that `FORWARD` jumps to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BridgeTable {
    /// Our chains by name.
    pub chains: BTreeMap<ChainName, BridgeChain>,
    /// The chain that the built-in chain `FORWARD` jumps to.
    pub forward: Option<ChainName>,
}

/// A list of bridge rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BridgeChain {
    /// The rules in order.
    pub rules: Vec<BridgeRule>,
}

/// One bridge rule.
#[derive(Clone, Debug)]
pub struct BridgeRule {
    /// All must hold.
    pub matches: Vec<BridgeMatch>,
    /// What happens then.
    pub target: BridgeTarget,
    /// Why the rule exists.
    pub origin: Origin,
}

/// Origins don't count.
impl PartialEq for BridgeRule {
    fn eq(&self, other: &Self) -> bool {
        self.matches == other.matches && self.target == other.target
    }
}

impl Eq for BridgeRule {}

impl Hash for BridgeRule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.matches, &self.target).hash(state);
    }
}

/// Something that is true or false of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BridgeMatch {
    /// Its Ethernet type (`-p`).
    Protocol(Written<u16>),
    /// It came in by this port (`-i`).
    InPort(InterfacePattern),
    /// It leaves by this port (`-o`).
    OutPort(InterfacePattern),
    /// Its source hardware address is another one (`-s !`).
    SourceIsNot(Mac),
    /// It is ARP, and the address it claims is one of these (`--arp-ip-src`).
    ArpSource(Ipv4Net),
}

/// What a bridge rule does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BridgeTarget {
    /// Let it pass.
    Accept,
    /// Throw it away.
    Drop,
    /// Back to the calling chain.
    Return,
    /// Into a chain.
    Jump(ChainName),
}
