//! What most packets fail at, to be asked before anything else about a rule.

use alloc::boxed::Box;

use super::{Action, Rule, Voice};
use crate::ir::{AddressTypes, ConnectionStates, PortRange, Protocol, Side};
use crate::readback::Change;
use crate::sim::check::{Ask, Check};
use crate::sim::view::View;

/// The way to a rule. A walk looks at nothing else of most rules, so it is small.
///
/// Its gate is what a packet must have to get in: an IPv4 address, a destination port, and some traits. It is asked without
/// branches.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Door {
    /// Bits of the address on one side, and which of them matter.
    net: u32,
    mask: u32,
    /// `0..=65535` lets packets without ports pass, too.
    ports: PortRange,
    side: Side,
    /// The place of the others in [`Traits`].
    traits: u8,
    /// Whether the gate and the chain's index answer all that the rule asks.
    pub(in crate::sim) is_all: bool,
    pub(in crate::sim) voice: Voice,
    pub(in crate::sim) action: Action,
    /// The rule behind it.
    pub(in crate::sim) rule: u32,
}

/// What the traits of a [`Key`] must be, and which of them matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bits {
    wanted: u64,
    mask: u64,
}

/// All that the gates of a table ask for in traits; many ask for the same.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Traits {
    /// As many as a door can name.
    places: Box<[Bits; 256]>,
    used: u8,
}

impl Default for Traits {
    fn default() -> Self {
        Self { places: Box::new([Bits::default(); 256]), used: 0 }
    }
}

impl Traits {
    /// The place of some. The last has none, for those that come when all others are taken: their gates let in more.
    fn place(&mut self, bits: Bits) -> u8 {
        let used = usize::from(self.used);
        let known = self.places.iter().take(used).position(|known| *known == bits);
        let place = known.and_then(|at| u8::try_from(at).ok()).unwrap_or(self.used);
        if place == self.used
            && place < u8::MAX
            && let Some(free) = self.places.get_mut(used)
        {
            *free = bits;
            self.used += 1;
        }
        place
    }

    fn get(&self, place: u8) -> Bits {
        self.places.get(usize::from(place)).copied().unwrap_or_default()
    }
}

/// What gates ask of a packet. What it does not have is 0.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Key {
    /// The IPv4 addresses, that of the source first.
    addresses: [u32; 2],
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
            addresses: view.v4.unwrap_or_default(),
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

impl Bits {
    const fn new(wanted: u64, mask: u64) -> Self {
        Self { wanted, mask }
    }

    /// What a condition asks for; `None` for one that traits don't answer.
    fn of(check: &Check) -> Option<Self> {
        Some(match check.ask {
            _ if check.negated => return None,
            Ask::Protocol(number) => Self::new(number.into(), PROTOCOL),
            Ask::Flags(flags) => {
                Self::new(u64::from(flags.set) << TCP_FLAGS, u64::from(flags.mask) << TCP_FLAGS)
            }
            Ask::Kind(side, kinds) => {
                let place = match side {
                    Side::Source => SOURCE_KIND,
                    Side::Destination => DESTINATION_KIND,
                };
                Self::new(0, NO_IP | u64::from(AddressTypes::ALL.without(kinds).bits()) << place)
            }
            // Whether addresses were translated is not known.
            Ask::State(states) if states.overlap(ConnectionStates::TRANSLATED) => return None,
            Ask::State(states) => Self::new(0, NO_IP | STATES & !(u64::from(states.bits()) << STATE)),
            Ask::Bridged => Self::new(BRIDGED, BRIDGED),
            Ask::Ethertype(number) => Self::new(u64::from(number) << ETHERTYPE, 0xffff << ETHERTYPE),
            _ => return None,
        })
    }

    /// Both, if they can be had together.
    fn and(self, other: Self) -> Option<Self> {
        let both = Self::new(self.wanted | other.wanted, self.mask | other.mask);
        (both.holds(self) && both.holds(other)).then_some(both)
    }

    /// Whether whoever has these has those.
    const fn holds(self, other: Self) -> bool {
        self.mask & other.mask == other.mask && self.wanted & other.mask == other.wanted
    }
}

/// What no packet has: a bit that does not matter is never 1.
const SHUT: Bits = Bits { wanted: 1, mask: 0 };

/// What all packets have.
const ANY_PORT: PortRange = PortRange { first: 0, last: u16::MAX };

impl Door {
    /// The door to a rule with these conditions, of which others may answer some, too. That to a rule which does nothing
    /// that a verdict depends on is shut.
    pub(super) fn new(number: u32, rule: &Rule, checks: &[Check], traits: &mut Traits) -> Self {
        let Rule { action, voice, .. } = *rule;
        let mut door = Self {
            net: 0,
            mask: 0,
            ports: ANY_PORT,
            side: Side::Source,
            traits: 0,
            is_all: false,
            voice,
            action,
            rule: number,
        };
        let mut wanted = if action.is_idle() { SHUT } else { Bits::default() };
        for check in checks {
            match check.ask {
                Ask::Port(Side::Destination, range) if !check.negated => door.ports = range,
                Ask::Net(side, net, mask) if !check.negated => {
                    (door.side, door.net, door.mask) = (side, net, mask);
                }
                _ => {
                    // Of conditions that exclude each other the first is asked here.
                    wanted = Bits::of(check).and_then(|bits| wanted.and(bits)).unwrap_or(wanted);
                }
            }
        }
        door.traits = traits.place(wanted);
        door
    }

    /// Whether a packet gets this far.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch here is taken as often as not")]
    #[inline]
    pub(in crate::sim) fn lets_in(&self, key: Key, traits: &Traits) -> bool {
        let [source, destination] = key.addresses;
        let address = if self.side == Side::Source { source } else { destination };
        let Bits { wanted, mask } = traits.get(self.traits);
        (key.traits & mask == wanted)
            & (address & self.mask == self.net)
            & (self.ports.first <= key.port)
            & (key.port <= self.ports.last)
    }

    /// Whether the gate answers a condition: it need not be asked of what is let in, unless tracking can't be relied on.
    ///
    /// 0 may stand for no protocol, no address and no flags. Packets of protocols that have ports have some.
    pub(super) fn answers(&self, check: &Check, traits: &Traits) -> bool {
        let own = traits.get(self.traits);
        let protocol = if own.mask & PROTOCOL == 0 { 0 } else { own.wanted.to_le_bytes()[0] };
        match check.ask {
            _ if check.negated => false,
            Ask::Port(Side::Destination, range) => {
                range == self.ports && protocol != 0 && Protocol(protocol).has_ports()
            }
            Ask::Net(side, net, mask) => net != 0 && (side, net, mask) == (self.side, self.net, self.mask),
            Ask::Protocol(0) => false,
            Ask::Flags(_) if Protocol(protocol) != Protocol::TCP => false,
            _ => Bits::of(check).is_some_and(|bits| own.holds(bits)),
        }
    }
}

impl Action {
    /// Whether it can change nothing of what becomes of a packet, as that of rules that log. Only explanations want it.
    pub(in crate::sim) const fn is_idle(self) -> bool {
        matches!(self, Self::Continue | Self::Change(Change::Nothing | Change::Header))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::ir::TcpFlags;

    /// Rules that drop what has some flags set and others not: more kinds of gate than doors can name.
    fn flags() -> impl Iterator<Item = [Check; 2]> {
        let ask = |ask| Check { negated: false, ask };
        (0..64_u8).flat_map(move |mask| {
            let sets = (0..=mask).filter(move |set| set & mask == *set);
            sets.map(move |set| {
                [ask(Ask::Protocol(Protocol::TCP.0)), ask(Ask::Flags(TcpFlags { mask, set }))]
            })
        })
    }

    #[test]
    fn gates_beyond_those_that_doors_can_name_let_in_more_and_leave_the_rest_to_be_asked() {
        let rule =
            Rule { left: (0, 0), unsure: false, voice: Voice::Line, tests_mark: false, action: Action::Drop };
        let mut traits = Traits::default();
        let doors: Vec<_> =
            flags().map(|checks| (Door::new(0, &rule, &checks, &mut traits), checks)).collect();
        assert!(doors.len() > 700, "{}", doors.len());
        let key = |flags| Key {
            addresses: [0; 2],
            traits: u64::from(Protocol::TCP.0) | u64::from(flags) << TCP_FLAGS,
            port: 1,
        };
        let mut open = 0;
        for (door, checks) in &doors {
            let [_, Check { ask: Ask::Flags(wanted), .. }] = checks else { panic!("{checks:?}") };
            let answered = checks.iter().filter(|check| door.answers(check, &traits)).count();
            open += usize::from(answered == 0);
            assert_eq!(answered, if door.traits == u8::MAX { 0 } else { 2 }, "{wanted:?}");
            for flags in 0..64_u8 {
                let matches = flags & wanted.mask == wanted.set;
                assert_eq!(door.lets_in(key(flags), &traits), matches || answered == 0, "{wanted:?} {flags}");
            }
        }
        assert_eq!(open, doors.len() - 255);
    }
}
