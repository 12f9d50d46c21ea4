//! What most packets fail at, to be asked before anything else about a rule.

use super::Action;
use crate::ir::{AddressTypes, ConnectionStates, PortRange, Protocol, Side};
use crate::readback::Change;
use crate::sim::check::{Ask, Check};
use crate::sim::view::View;

/// The way to a rule. A walk looks at nothing else of most rules.
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
    traits: u64,
    trait_mask: u64,
}

/// What gates ask of a packet. What it does not have is 0.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Key {
    /// The IPv4 addresses, that of the source first.
    addresses: u64,
    /// All the rest.
    traits: u64,
    port: u16,
}

// The places of traits. Of states and kinds of address a packet has one bit, and a condition forbids the others.
const PROTOCOL: u64 = 0xff;
const TCP_FLAGS: u32 = 8;
const ETHERTYPE: u32 = 16;
const STATE: u32 = 32;
const STATES: u64 = 0x1f << STATE;
const NO_IP: u64 = 1 << 37;
const BRIDGED: u64 = 1 << 38;
const SOURCE_KIND: u32 = 40;
const DESTINATION_KIND: u32 = 50;

impl Key {
    pub(in crate::sim) fn new(view: &View<'_>) -> Self {
        let state = match view.state() {
            // What it is then can't be told, so no gate decides.
            _ if view.unsure.tracking => 0,
            Some(state) => u64::from(state.bits()) << STATE,
            None => NO_IP,
        };
        let [source, destination] = view.kinds;
        Self {
            addresses: view
                .v4
                .map_or(0, |[source, destination]| on(Side::Source, source) | u64::from(destination)),
            traits: u64::from(view.protocol.unwrap_or_default())
                | u64::from(view.flags.unwrap_or_default()) << TCP_FLAGS
                | u64::from(view.ethertype) << ETHERTYPE
                | state
                | if view.is_bridged() { BRIDGED } else { 0 }
                | u64::from(source.bits()) << SOURCE_KIND
                | u64::from(destination.bits()) << DESTINATION_KIND,
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
            Ask::Flags(flags) => {
                traits(u64::from(flags.set) << TCP_FLAGS, u64::from(flags.mask) << TCP_FLAGS)
            }
            Ask::Kind(side, kinds) => {
                let place = match side {
                    Side::Source => SOURCE_KIND,
                    Side::Destination => DESTINATION_KIND,
                };
                traits(0, NO_IP | u64::from(AddressTypes::ALL.without(kinds).bits()) << place)
            }
            Ask::Net(side, net, mask) => {
                Some(Self { addresses: on(side, net), address_mask: on(side, mask), ..Self::default() })
            }
            // Whether addresses were translated is not known.
            Ask::State(states) if states.overlap(ConnectionStates::TRANSLATED) => None,
            Ask::State(states) => traits(0, NO_IP | STATES & !(u64::from(states.bits()) << STATE)),
            Ask::Bridged => traits(BRIDGED, BRIDGED),
            Ask::Ethertype(number) => traits(u64::from(number) << ETHERTYPE, 0xffff << ETHERTYPE),
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
    /// 0 may stand for no protocol, no address and no flags. Packets of protocols that have ports have some.
    pub(super) fn answers(&self, check: &Check) -> bool {
        let protocol =
            if self.wanted.trait_mask & PROTOCOL == 0 { 0 } else { self.wanted.traits.to_le_bytes()[0] };
        match check.ask {
            _ if check.negated => false,
            Ask::Port(Side::Destination, range) => {
                range == self.ports && protocol != 0 && Protocol(protocol).has_ports()
            }
            Ask::Protocol(0) | Ask::Net(_, 0, _) => false,
            Ask::Flags(_) if Protocol(protocol) != Protocol::TCP => false,
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
