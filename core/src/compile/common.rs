//! Conditions that the chains of every guest share: they are made once, not a thousand times.

use super::build::{direct, icmp, port, protocol};
use crate::Family;
use crate::family::PerFamily;
use crate::ir::{Mark, Matches, Origin, Protocol, Rule, Side, Target, Test};

/// The shared conditions.
pub(super) struct Common {
    /// Address assignment, from the server.
    pub(super) dhcp_answers: PerFamily<Matches>,
    /// Address assignment, to the server.
    pub(super) dhcp_questions: PerFamily<Matches>,
    /// Advertisements of routers.
    pub(super) router_advertisement: Matches,
    /// Solicitations of routers and neighbours, and advertisements of neighbours.
    router_solicitation: Matches,
    neighbor_solicitation: Matches,
    neighbor_advertisement: Matches,
    /// A chain has accepted the packet.
    pub(super) accepted: Matches,
}

impl Common {
    pub(super) fn new() -> Self {
        let discovery = |kind| Matches::from([protocol(Protocol::ICMPV6), icmp(Family::V6, kind)]);
        Self {
            dhcp_answers: PerFamily { v4: udp(67, 68), v6: udp(547, 546) },
            dhcp_questions: PerFamily { v4: udp(68, 67), v6: udp(546, 547) },
            router_solicitation: discovery(133),
            router_advertisement: discovery(134),
            neighbor_solicitation: discovery(135),
            neighbor_advertisement: discovery(136),
            accepted: Matches::from([Test::Mark(Mark::ACCEPTED)]),
        }
    }

    /// Solicitations and advertisements of neighbours and, if wanted, advertisements of routers.
    pub(super) fn neighbor_discovery(
        &self,
        router_advertisements: bool,
        target: &Target,
        origin: Origin,
    ) -> impl Iterator<Item = Rule> {
        let kinds = [
            Some(&self.router_solicitation),
            router_advertisements.then_some(&self.router_advertisement),
            Some(&self.neighbor_solicitation),
            Some(&self.neighbor_advertisement),
        ];
        kinds.into_iter().flatten().map(move |matches| direct(matches.clone(), target.clone(), origin))
    }
}

fn udp(from: u16, to: u16) -> Matches {
    Matches::from([protocol(Protocol::UDP), port(Side::Source, from, from), port(Side::Destination, to, to)])
}
