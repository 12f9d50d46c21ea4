//! What most packets fail at, to be asked before anything else about a rule.

use super::Action;
use crate::ir::{PortRange, Protocol, Side};
use crate::readback::Change;
use crate::sim::check::{Ask, Check};
use crate::sim::view::View;

/// A protocol, destination ports and an IPv4 network that a packet must have. A quarter of a cache line, without branches.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Gate {
    /// Bits of an address; 0 and 0: any, also none.
    net: u32,
    mask: u32,
    /// `0..=65535` lets packets without ports pass, too.
    ports: PortRange,
    /// Bits of the protocol; 0 and 0: any, also none.
    protocol: u8,
    protocol_mask: u8,
    /// Which address.
    side: Side,
    /// Whether the rule does nothing that a verdict depends on, as one that logs. Only explanations look at it.
    idle: bool,
}

/// What gates ask of a packet. What it does not have is 0.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Key {
    source: u32,
    destination: u32,
    port: u16,
    protocol: u8,
}

impl Key {
    pub(in crate::sim) fn new(view: &View<'_>) -> Self {
        Self {
            source: view.v4(Side::Source).unwrap_or_default(),
            destination: view.v4(Side::Destination).unwrap_or_default(),
            port: view.port(Side::Destination).unwrap_or_default(),
            protocol: view.protocol.unwrap_or_default(),
        }
    }
}

impl Gate {
    /// The gate of a rule with these conditions.
    pub(super) fn new(checks: &[Check], action: Action) -> Self {
        let mut gate = Self {
            net: 0,
            mask: 0,
            ports: PortRange { first: 0, last: u16::MAX },
            protocol: 0,
            protocol_mask: 0,
            side: Side::Source,
            idle: matches!(action, Action::Continue | Action::Change(Change::Nothing | Change::Header)),
        };
        for check in checks.iter().filter(|check| !check.negated) {
            match check.ask {
                Ask::Protocol(number) => (gate.protocol, gate.protocol_mask) = (number, u8::MAX),
                Ask::Port(Side::Destination, range) => gate.ports = range,
                // One of two addresses; the shorter mask decides less.
                Ask::Net(side, net, mask) if mask > gate.mask => {
                    (gate.side, gate.net, gate.mask) = (side, net, mask);
                }
                _ => {}
            }
        }
        gate
    }

    /// Whether the rule can change nothing of what becomes of a packet.
    pub(in crate::sim) const fn is_idle(self) -> bool {
        self.idle
    }

    /// Whether a packet gets this far.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch here is taken as often as not")]
    pub(in crate::sim) const fn lets_in(self, key: Key) -> bool {
        let address = match self.side {
            Side::Source => key.source,
            Side::Destination => key.destination,
        };
        (address & self.mask == self.net)
            & (key.protocol & self.protocol_mask == self.protocol)
            & (self.ports.first <= key.port)
            & (key.port <= self.ports.last)
    }

    /// Whether the gate answers a condition: it need not be asked of what is let in.
    ///
    /// 0 may stand for no protocol and no address. Packets of protocols that have ports have some.
    pub(super) fn answers(self, check: &Check) -> bool {
        !check.negated
            && match check.ask {
                Ask::Protocol(number) => number != 0 && number == self.protocol,
                Ask::Port(Side::Destination, range) => {
                    range == self.ports && self.protocol != 0 && Protocol(self.protocol).has_ports()
                }
                Ask::Net(side, net, mask) => {
                    net != 0 && (side, net, mask) == (self.side, self.net, self.mask)
                }
                _ => false,
            }
    }
}
