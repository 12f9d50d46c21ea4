//! What happens to a packet.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use ipnet::IpNet;

use super::conditions::View;
use super::eval::{Carried, End, Guesses, RuleId, Unwatched, Watch};
use super::mistake::Mistake;
use super::packet::{Frame, Packet};
use super::path::Hop;
use super::program::{Program, Rule};
use super::sets::SetIndex;
use crate::Family;
use crate::ir::{Origin, RejectWith, Ruleset, Set};
use crate::text::Span;

/// The rules of a node, made to be asked about packets.
#[derive(Clone, Debug)]
pub struct Simulator {
    /// The tables, in the order of [`TableId`].
    pub(super) programs: Vec<Option<Program>>,
    pub(super) sets: Vec<(SetIndex, Set)>,
    pub(super) set_names: Vec<String>,
    networks: Vec<IpNet>,
}

/// One of the kernel's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableId {
    /// `None`: the bridge's (`ebtables`).
    pub family: Option<Family>,
    /// `raw`, `mangle`, `nat`, `filter`, `security` or `broute`.
    pub name: &'static str,
}

/// All tables, in the order in which they are numbered.
pub(super) const TABLES: [TableId; 13] = {
    const fn table(family: Option<Family>, name: &'static str) -> TableId {
        TableId { family, name }
    }
    const V4: Option<Family> = Some(Family::V4);
    const V6: Option<Family> = Some(Family::V6);
    [
        table(V4, "raw"),
        table(V4, "mangle"),
        table(V4, "nat"),
        table(V4, "filter"),
        table(V4, "security"),
        table(V6, "raw"),
        table(V6, "mangle"),
        table(V6, "nat"),
        table(V6, "filter"),
        table(V6, "security"),
        table(None, "broute"),
        table(None, "nat"),
        table(None, "filter"),
    ]
};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It arrives.
    Accept,
    /// It vanishes.
    Drop,
    /// It vanishes, and the sender is told.
    Reject(RejectWith),
    /// It vanishes unless a rule that is not understood says otherwise.
    MayAccept,
    /// It arrives unless a rule that is not understood says otherwise.
    MayDrop,
}

impl Verdict {
    /// `ACCEPT`, `DROP`, `REJECT`, `MAY ACCEPT` or `MAY DROP`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
            Self::Reject(_) => "REJECT",
            Self::MayAccept => "MAY ACCEPT",
            Self::MayDrop => "MAY DROP",
        }
    }

    const fn arrives(self) -> bool {
        matches!(self, Self::Accept)
    }
}

/// A verdict and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What becomes of the packet.
    pub verdict: Verdict,
    /// The line that decided; `None` for what is built in.
    pub by: Option<Span>,
}

/// More ways than this through rules that are not understood are not tried.
const MOST_WAYS: usize = 256;

impl Simulator {
    /// Prepares a ruleset. `networks` are those that the node has an address in ([`super::Topology::networks`]).
    ///
    /// # Errors
    /// [`Mistake`] when jumps go round in a circle, which no compiled ruleset has.
    pub fn new(ruleset: &Ruleset, networks: &[IpNet]) -> Result<Self, Mistake> {
        let numbers: BTreeMap<_, u32> = ruleset.sets.keys().copied().zip(0..).collect();
        let mut simulator = Self {
            programs: alloc::vec![None; TABLES.len()],
            sets: ruleset.sets.values().map(|set| (SetIndex::new(set), set.clone())).collect(),
            set_names: ruleset.sets.keys().map(alloc::string::ToString::to_string).collect(),
            networks: networks.to_vec(),
        };
        for family in Family::BOTH {
            let tables = ruleset.tables(family);
            for (name, table) in [("raw", &tables.raw), ("filter", &tables.filter)] {
                if !table.hooks.is_empty() {
                    simulator
                        .put(TableId { family: Some(family), name }, Program::of_table(table, &numbers)?);
                }
            }
        }
        if ruleset.bridge.forward.is_some() {
            simulator.put(TableId { family: None, name: "filter" }, Program::of_bridge(&ruleset.bridge)?);
        }
        Ok(simulator)
    }

    pub(super) fn put(&mut self, id: TableId, program: Program) {
        let slot = TABLES.iter().position(|table| *table == id).and_then(|at| self.programs.get_mut(at));
        if let Some(slot) = slot {
            *slot = Some(program);
        }
    }

    /// What becomes of a packet, and the line that decides it.
    pub fn verdict(&self, packet: &Packet) -> Answer {
        let mut guesses = Guesses::default();
        let (verdict, by) = self.way(packet, &mut guesses, &mut Unwatched);
        self.answer(packet, verdict, by, guesses)
    }

    /// Turns the outcome of the way on which nothing unknown holds into an answer for all ways.
    pub(super) fn answer(
        &self,
        packet: &Packet,
        first: Option<Verdict>,
        by: Option<RuleId>,
        guesses: Guesses,
    ) -> Answer {
        let by = by.and_then(|by| self.origin(by)?.span);
        match first {
            Some(verdict) if guesses.asked == 0 => Answer { verdict, by },
            _ if self.all_agree(packet, first, guesses) => {
                Answer { verdict: first.unwrap_or(Verdict::MayDrop), by }
            }
            Some(Verdict::Accept) | None => Answer { verdict: Verdict::MayDrop, by },
            Some(_) => Answer { verdict: Verdict::MayAccept, by },
        }
    }

    /// Whether the packet fares the same, whatever holds of what is unknown.
    fn all_agree(&self, packet: &Packet, first: Option<Verdict>, mut guesses: Guesses) -> bool {
        let Some(first) = first else { return false };
        for _ in 0..MOST_WAYS {
            // The next combination: the last "no" becomes a "yes", what came after it is asked anew.
            guesses.holds.truncate(guesses.asked);
            while guesses.holds.last() == Some(&true) {
                guesses.holds.pop();
            }
            match guesses.holds.last_mut() {
                None => return true,
                Some(last) => *last = true,
            }
            guesses.asked = 0;
            match self.way(packet, &mut guesses, &mut Unwatched).0 {
                Some(verdict) if verdict.arrives() == first.arrives() => {}
                _ => return false,
            }
        }
        false
    }

    /// One way through the rules. No verdict: a rule with an unknown effect was met.
    pub(super) fn way<W: HopWatch>(
        &self,
        packet: &Packet,
        guesses: &mut Guesses,
        watch: &mut W,
    ) -> (Option<Verdict>, Option<RuleId>) {
        let mut carried = Carried::default();
        let mut accepted_by = None;
        for hop in packet.hops() {
            watch.hop(hop);
            let end = self.hop(packet, hop, &mut carried, guesses, watch);
            watch.ended(end);
            match end {
                End::Accept(by) => {
                    // The last line on the way that let it pass; what is built in counts only where no line does.
                    let has_line =
                        by.and_then(|by| self.origin(by)).is_some_and(|origin| origin.span.is_some());
                    if has_line || accepted_by.is_none() {
                        accepted_by = by.or(accepted_by);
                    }
                }
                End::Drop(by) => return (Some(Verdict::Drop), by),
                End::Reject(with, by) => return (Some(Verdict::Reject(with)), Some(by)),
                End::Unknown => return (None, None),
            }
        }
        (Some(Verdict::Accept), accepted_by)
    }

    fn hop<W: Watch>(
        &self,
        packet: &Packet,
        hop: Hop,
        carried: &mut Carried,
        guesses: &mut Guesses,
        watch: &mut W,
    ) -> End {
        let mut view = View::new(packet, hop, &self.networks, &self.sets);
        let mut accepted_by = None;
        for (table, hook) in stages(&packet.frame, hop) {
            let Some(program) = self.programs.get(usize::from(table)).and_then(Option::as_ref) else {
                continue;
            };
            let Some(entry) = program.entries.get(hook).copied() else { continue };
            match program.run(table, entry, &mut view, carried, guesses, watch) {
                End::Accept(by) => accepted_by = by.or(accepted_by),
                end => return end,
            }
        }
        End::Accept(accepted_by)
    }

    pub(super) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.programs.get(usize::from(id.program))?.as_ref()?.rule(id)
    }

    pub(super) fn origin(&self, id: RuleId) -> Option<Origin> {
        Some(self.rule(id)?.origin)
    }
}

/// A [`Watch`] that is told of hops, too.
pub(super) trait HopWatch: Watch {
    fn hop(&mut self, hop: Hop);
    fn ended(&mut self, end: End);
}

impl HopWatch for Unwatched {
    fn hop(&mut self, _: Hop) {}
    fn ended(&mut self, _: End) {}
}

/// The tables that see a packet at a hop, in order, and the hooks by which they do.
///
/// A bridged packet meets the bridge's tables and, by `br_netfilter`, those of IP; what is not IP meets the former only.
fn stages(frame: &Frame, hop: Hop) -> impl Iterator<Item = (u8, &'static str)> {
    const RAW: u8 = 0;
    const MANGLE: u8 = 1;
    const NAT: u8 = 2;
    const FILTER: u8 = 3;
    const SECURITY: u8 = 4;
    const BRIDGE_NAT: u8 = 11;
    const BRIDGE_FILTER: u8 = 12;
    type Stages = &'static [(u8, &'static str)];
    const BEFORE: Stages = &[(RAW, "PREROUTING"), (MANGLE, "PREROUTING"), (NAT, "PREROUTING")];
    const AFTER: Stages = &[(MANGLE, "POSTROUTING"), (NAT, "POSTROUTING")];
    const FORWARD: Stages = &[(MANGLE, "FORWARD"), (FILTER, "FORWARD"), (SECURITY, "FORWARD")];
    const INPUT: Stages = &[(MANGLE, "INPUT"), (FILTER, "INPUT"), (SECURITY, "INPUT"), (NAT, "INPUT")];
    const OUTPUT: Stages =
        &[(RAW, "OUTPUT"), (MANGLE, "OUTPUT"), (NAT, "OUTPUT"), (FILTER, "OUTPUT"), (SECURITY, "OUTPUT")];
    let first_table = match frame {
        Frame::Ip(packet) => Some(match packet.family() {
            Family::V4 => 0,
            Family::V6 => 5,
        }),
        _ => None,
    };
    let (bridge_before, before, bridge, ip, after, bridge_after): (
        Stages,
        Stages,
        Stages,
        Stages,
        Stages,
        Stages,
    ) = match hop {
        Hop::Bridged { .. } => (
            &[(BRIDGE_NAT, "PREROUTING")],
            BEFORE,
            &[(BRIDGE_FILTER, "FORWARD")],
            FORWARD,
            AFTER,
            &[(BRIDGE_NAT, "POSTROUTING")],
        ),
        Hop::Routed { .. } => (
            &[(BRIDGE_NAT, "PREROUTING")],
            BEFORE,
            &[(BRIDGE_FILTER, "INPUT")],
            FORWARD,
            AFTER,
            &[(BRIDGE_NAT, "OUTPUT"), (BRIDGE_FILTER, "OUTPUT"), (BRIDGE_NAT, "POSTROUTING")],
        ),
        Hop::Input { .. } => {
            (&[(BRIDGE_NAT, "PREROUTING")], BEFORE, &[(BRIDGE_FILTER, "INPUT")], INPUT, &[], &[])
        }
        Hop::Output { .. } => (
            &[],
            &[],
            &[],
            OUTPUT,
            AFTER,
            &[(BRIDGE_NAT, "OUTPUT"), (BRIDGE_FILTER, "OUTPUT"), (BRIDGE_NAT, "POSTROUTING")],
        ),
    };
    let of_ip = move |stages: Stages| {
        let first = first_table;
        stages.iter().filter_map(move |(table, hook)| Some((first? + table, *hook)))
    };
    bridge_before
        .iter()
        .copied()
        .chain(of_ip(before))
        .chain(bridge.iter().copied())
        .chain(of_ip(ip))
        .chain(of_ip(after))
        .chain(bridge_after.iter().copied())
}
