//! What most packets fail at, to be asked before anything else about a rule.

use super::Action;
use crate::ir::{ConnectionStates, PortRange, Protocol, Side};
use crate::readback::Change;
use crate::sim::check::{Ask, Check};
use crate::sim::view::View;

/// The way to a rule. Half a cache line; a walk looks at nothing else of most rules.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Door {
    pub(in crate::sim) gate: Gate,
    /// The rule behind it.
    pub(in crate::sim) rule: u32,
}

/// What a packet must have to get to a rule: some bits, and a destination port. It is asked without branches.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Gate {
    wanted: Bits,
    /// `0..=65535` lets packets without ports pass, too.
    ports: PortRange,
}

/// What the bits of a [`Key`] must be, and which of them matter.
#[derive(Clone, Copy, Debug, Default)]
struct Bits {
    addresses: u64,
    address_mask: u64,
    traits: u32,
    trait_mask: u32,
}

/// What gates ask of a packet. What it does not have is 0.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Key {
    /// The IPv4 addresses, that of the source first.
    addresses: u64,
    /// The protocol, the state of the connection (a bit for each) and the Ethernet type.
    traits: u32,
    port: u16,
}

const PROTOCOL: u32 = 0xff;
/// One of the five states; none of them where tracking can't be relied on, which lets all pass.
const STATES: u32 = 0x1f << FIRST_STATE;
const FIRST_STATE: u32 = 8;
/// It is no packet of IP, so nothing tracks it.
const NO_STATE: u32 = 1 << 13;
const BRIDGED: u32 = 1 << 14;
const ETHERTYPE: u32 = 0xffff << FIRST_OF_ETHERTYPE;
const FIRST_OF_ETHERTYPE: u32 = 16;

impl Key {
    pub(in crate::sim) fn new(view: &View<'_>) -> Self {
        let state = match view.state() {
            _ if view.unsure.tracking => 0,
            Some(state) => u32::from(state.bits()) << FIRST_STATE,
            None => NO_STATE,
        };
        let bridged = if view.is_bridged() { BRIDGED } else { 0 };
        Self {
            addresses: view
                .v4
                .map_or(0, |[source, destination]| on(Side::Source, source) | u64::from(destination)),
            traits: u32::from(view.protocol.unwrap_or_default())
                | state
                | bridged
                | u32::from(view.ethertype) << FIRST_OF_ETHERTYPE,
            port: view.port(Side::Destination).unwrap_or_default(),
        }
    }
}

/// Bits of an address in their place.
const fn on(side: Side, bits: u32) -> u64 {
    match side {
        Side::Source => (bits as u64) << 32,
        Side::Destination => bits as u64,
    }
}

impl Bits {
    /// What a condition asks for; `None` for one that gates can't ask.
    fn of(check: &Check) -> Option<Self> {
        let traits = |traits, trait_mask| Some(Self { traits, trait_mask, ..Self::default() });
        match check.ask {
            _ if check.negated => None,
            Ask::Protocol(number) => traits(number.into(), PROTOCOL),
            Ask::Net(side, net, mask) => {
                Some(Self { addresses: on(side, net), address_mask: on(side, mask), ..Self::default() })
            }
            // Whether addresses were translated is not known.
            Ask::State(states) if states.overlap(ConnectionStates::TRANSLATED) => None,
            Ask::State(states) => traits(0, (STATES | NO_STATE) & !(u32::from(states.bits()) << FIRST_STATE)),
            Ask::Bridged => traits(BRIDGED, BRIDGED),
            Ask::Ethertype(number) => traits(u32::from(number) << FIRST_OF_ETHERTYPE, ETHERTYPE),
            _ => None,
        }
    }

    /// Whether both can be had, which is then what both ask for.
    const fn and(self, other: Self) -> Option<Self> {
        let common = (self.address_mask & other.address_mask, self.trait_mask & other.trait_mask);
        if (self.addresses ^ other.addresses) & common.0 != 0 || (self.traits ^ other.traits) & common.1 != 0
        {
            return None;
        }
        Some(Self {
            addresses: self.addresses | other.addresses,
            address_mask: self.address_mask | other.address_mask,
            traits: self.traits | other.traits,
            trait_mask: self.trait_mask | other.trait_mask,
        })
    }
}

impl Gate {
    /// Lets nothing in: a bit that does not matter is never 1.
    const SHUT: Self = Self {
        wanted: Bits { addresses: 0, address_mask: 0, traits: 1, trait_mask: 0 },
        ports: PortRange { first: 0, last: u16::MAX },
    };

    /// The gate of a rule with these conditions. That of a rule which does nothing that a verdict depends on is shut.
    pub(super) fn new(checks: &[Check], action: Action) -> Self {
        if action.is_idle() {
            return Self::SHUT;
        }
        let mut gate = Self { wanted: Bits::default(), ports: Self::SHUT.ports };
        for check in checks {
            match check.ask {
                Ask::Port(Side::Destination, range) if !check.negated => gate.ports = range,
                _ => {
                    // Of conditions that exclude each other the first is asked here.
                    let both = Bits::of(check).and_then(|bits| gate.wanted.and(bits));
                    gate.wanted = both.unwrap_or(gate.wanted);
                }
            }
        }
        gate
    }

    /// Whether a packet gets this far.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch here is taken as often as not")]
    pub(in crate::sim) const fn lets_in(&self, key: Key) -> bool {
        let Self { wanted, ports } = self;
        (key.addresses & wanted.address_mask == wanted.addresses)
            & (key.traits & wanted.trait_mask == wanted.traits)
            & (ports.first <= key.port)
            & (key.port <= ports.last)
    }

    /// Whether the gate answers a condition: it need not be asked of what is let in, unless tracking can't be relied on.
    ///
    /// 0 may stand for no protocol and no address. Packets of protocols that have ports have some.
    pub(super) fn answers(&self, check: &Check) -> bool {
        let protocol =
            if self.wanted.trait_mask & PROTOCOL == 0 { 0 } else { self.wanted.traits.to_le_bytes()[0] };
        match check.ask {
            _ if check.negated => false,
            Ask::Port(Side::Destination, range) => {
                range == self.ports && protocol != 0 && Protocol(protocol).has_ports()
            }
            Ask::Protocol(0) | Ask::Net(_, 0, _) => false,
            _ => Bits::of(check).is_some_and(|bits| {
                let own = self.wanted;
                (own.address_mask & bits.address_mask, own.addresses & bits.address_mask)
                    == (bits.address_mask, bits.addresses)
                    && (own.trait_mask & bits.trait_mask, own.traits & bits.trait_mask)
                        == (bits.trait_mask, bits.traits)
            }),
        }
    }
}

impl Action {
    /// Whether it can change nothing of what becomes of a packet, as that of rules that log. Only explanations want it.
    pub(in crate::sim) const fn is_idle(self) -> bool {
        matches!(self, Self::Continue | Self::Change(Change::Nothing | Change::Header))
    }
}
