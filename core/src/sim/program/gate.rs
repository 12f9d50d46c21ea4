//! What most packets fail at, to be asked before anything else about a rule.

use crate::ir::{PortRange, Protocol, Side};
use crate::sim::check::{Ask, Check};
use crate::sim::view::View;

/// A protocol and destination ports that a packet must have.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Gate {
    /// `None`: any, also none.
    protocol: Option<u8>,
    /// `0..=65535` lets packets without ports pass, too.
    ports: PortRange,
}

/// What gates ask of a packet. What it does not have is 0.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Key {
    protocol: u8,
    port: u16,
}

impl Key {
    pub(in crate::sim) fn new(view: &View<'_>) -> Self {
        Self {
            protocol: view.protocol.unwrap_or_default(),
            port: view.port(Side::Destination).unwrap_or_default(),
        }
    }
}

impl Gate {
    /// The gate of a rule with these conditions.
    pub(super) fn new(checks: &[Check]) -> Self {
        let mut gate = Self { protocol: None, ports: PortRange { first: 0, last: u16::MAX } };
        for check in checks.iter().filter(|check| !check.negated) {
            match check.ask {
                Ask::Protocol(number) => gate.protocol = Some(number),
                Ask::Port(Side::Destination, range) => gate.ports = range,
                _ => {}
            }
        }
        gate
    }

    /// Whether a packet gets this far.
    pub(in crate::sim) const fn lets_in(self, key: Key) -> bool {
        let known = match self.protocol {
            None => true,
            Some(wanted) => wanted == key.protocol,
        };
        known && self.ports.first <= key.port && key.port <= self.ports.last
    }

    /// Whether the gate answers a condition: it need not be asked of what is let in.
    ///
    /// 0 may stand for no protocol. Packets of protocols that have ports have some.
    pub(super) fn answers(self, check: &Check) -> bool {
        let protocol = self.protocol.filter(|number| *number != 0);
        !check.negated
            && match check.ask {
                Ask::Protocol(number) => protocol == Some(number),
                Ask::Port(Side::Destination, range) => {
                    range == self.ports && protocol.is_some_and(|number| Protocol(number).has_ports())
                }
                _ => false,
            }
    }
}
