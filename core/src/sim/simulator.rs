//! What happens to a packet.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use ipnet::IpNet;

use super::eval::{End, Guesses, Responsible, RuleId, Unwatched, Walk, Watch};
use super::mistake::Mistake;
use super::packet::Packet;
use super::path::Hop;
use super::program::{Known, Program, Rule, Voice};
use super::stages::Stages;
use super::view::{KnownSet, View};
use crate::Family;
use crate::ir::{RejectWith, Ruleset};
use crate::readback::Dump;
use crate::text::Span;

/// The rules of a node, made to be asked about packets.
#[derive(Clone, Debug)]
pub struct Simulator {
    /// The tables, in the order of [`TableKey`].
    programs: Vec<Option<Program>>,
    stages: Stages,
    sets: Vec<KnownSet>,
    networks: Vec<IpNet>,
}

/// One of the kernel's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableKey {
    /// `None`: the bridge's (`ebtables`).
    pub family: Option<Family>,
    /// `raw`, `mangle`, `nat`, `filter`, `security` or `broute`.
    pub name: &'static str,
}

/// All tables, in the order in which they are numbered.
pub(super) const TABLES: [TableKey; 13] = {
    const fn table(family: Option<Family>, name: &'static str) -> TableKey {
        TableKey { family, name }
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

/// A simulator that is asked about one packet after the other; keeps the memory that a walk needs.
pub struct Asker<'s> {
    simulator: &'s Simulator,
    walk: Walk<'s>,
}

impl Asker<'_> {
    /// What becomes of a packet, and the line that decides it.
    pub fn verdict(&mut self, packet: &Packet) -> Answer {
        self.walk.guesses.forget();
        let (verdict, by) = self.simulator.way(packet, &mut self.walk, &mut Unwatched);
        self.simulator.answer(packet, verdict, by, &mut self.walk)
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// What becomes of the packet.
    pub verdict: Verdict,
    /// The line that decided; `None` for what is built in.
    pub by: Option<Span>,
}

/// The kernel's own chains.
const HOOKS: [&str; 6] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING"];

/// More ways than this through rules that are not understood are not tried.
const MOST_WAYS: usize = 256;

impl Simulator {
    /// Prepares a ruleset. `networks` are those that the node has an address in ([`super::Topology::networks`]).
    ///
    /// # Errors
    /// [`Mistake`] when jumps go round in a circle, which no compiled ruleset has.
    pub fn new(ruleset: &Ruleset, networks: &[IpNet]) -> Result<Self, Mistake> {
        let sets: Vec<_> = ruleset.sets.keys().copied().collect();
        let mut simulator = Self {
            programs: alloc::vec![None; TABLES.len()],
            stages: Stages::default(),
            sets: ruleset.sets.iter().map(|(name, set)| KnownSet::new(name.as_str(), set)).collect(),
            networks: networks.to_vec(),
        };
        for family in Family::BOTH {
            let tables = ruleset.tables(family);
            for (name, table) in [("raw", &tables.raw), ("filter", &tables.filter)] {
                if !table.hooks.is_empty() {
                    simulator.put(TableKey { family: Some(family), name }, Program::of_table(table, &sets)?);
                }
            }
        }
        if ruleset.bridge.forward.is_some() {
            simulator.put(TableKey { family: None, name: "filter" }, Program::of_bridge(&ruleset.bridge)?);
        }
        simulator.stages = Stages::new(&simulator.programs);
        Ok(simulator)
    }

    /// Prepares what is loaded on a node, whoever loaded it.
    ///
    /// Conditions and actions that are not understood make answers uncertain ([`Verdict::MayAccept`],
    /// [`Verdict::MayDrop`]) where they matter.
    ///
    /// # Errors
    /// [`Mistake`] when jumps go round in a circle, which a kernel does not load.
    pub fn of_dump(dump: &Dump, networks: &[IpNet]) -> Result<Self, Mistake> {
        let numbers: BTreeMap<&str, u32> = dump.sets.keys().map(AsRef::as_ref).zip(0..).collect();
        let mut simulator = Self {
            programs: alloc::vec![None; TABLES.len()],
            stages: Stages::default(),
            sets: dump.sets.iter().map(|(name, set)| KnownSet::of_dump(name, set)).collect(),
            networks: networks.to_vec(),
        };
        for family in Family::BOTH {
            for (name, table) in dump.tables(family) {
                let id = TableKey { family: Some(family), name: name.name() };
                simulator.put(id, Program::of_dump(table, &HOOKS, &numbers)?);
            }
        }
        for (name, table) in &dump.bridge {
            let id = TableKey { family: None, name: name.name() };
            simulator.put(id, Program::of_bridge_dump(table, &HOOKS)?);
        }
        simulator.stages = Stages::new(&simulator.programs);
        Ok(simulator)
    }

    fn put(&mut self, id: TableKey, program: Program) {
        let slot = TABLES.iter().position(|table| *table == id).and_then(|at| self.programs.get_mut(at));
        if let Some(slot) = slot {
            *slot = Some(program);
        }
    }

    /// What becomes of a packet, and the line that decides it.
    pub fn verdict(&self, packet: &Packet) -> Answer {
        self.asker().verdict(packet)
    }

    /// For questions about many packets.
    pub fn asker(&self) -> Asker<'_> {
        Asker { simulator: self, walk: Walk::new() }
    }

    /// Turns the outcome of the way on which nothing unknown holds into an answer for all ways.
    pub(super) fn answer<'s>(
        &'s self,
        packet: &Packet,
        first: Option<Verdict>,
        by: Option<RuleId>,
        walk: &mut Walk<'s>,
    ) -> Answer {
        let by = by
            .filter(|by| by.voice == Voice::Line)
            .and_then(|by| self.rule(by))
            .and_then(|(_, known)| known.origin.span);
        let verdict = match first {
            Some(verdict) if walk.guesses.asked == 0 => verdict,
            Some(verdict) if self.all_agree(packet, verdict, walk) => verdict,
            Some(Verdict::Accept) | None => Verdict::MayDrop,
            Some(_) => Verdict::MayAccept,
        };
        Answer { verdict, by }
    }

    /// Whether the packet arrives or not, whatever holds of what is unknown.
    fn all_agree<'s>(&'s self, packet: &Packet, first: Verdict, walk: &mut Walk<'s>) -> bool {
        for _ in 0..MOST_WAYS {
            // The next combination: the last "no" becomes a "yes", what came after it is asked anew.
            let Guesses { answers, asked } = &mut walk.guesses;
            answers.truncate(*asked);
            while answers.last() == Some(&true) {
                answers.pop();
            }
            match answers.last_mut() {
                None => return true,
                Some(last) => *last = true,
            }
            *asked = 0;
            match self.way(packet, walk, &mut Unwatched).0 {
                Some(verdict) if verdict.arrives() == first.arrives() => {}
                _ => return false,
            }
        }
        false
    }

    /// One way through the rules. No verdict: a rule with an unknown effect was met.
    pub(super) fn way<'s, W: HopWatch>(
        &'s self,
        packet: &Packet,
        walk: &mut Walk<'s>,
        watch: &mut W,
    ) -> (Option<Verdict>, Option<RuleId>) {
        let mut view = View::new(packet, &self.networks, &self.sets);
        walk.responsible = Responsible::default();
        let mut accepted_by = None;
        for hop in packet.hops() {
            view.enter(hop);
            watch.hop(hop);
            let end = self.hop(&mut view, hop, walk, watch);
            watch.ended(end);
            match end {
                End::Accept(by) => {
                    // The last line on the way that let it pass; what is built in counts only where no line does.
                    let has_line = by.is_some_and(|by| by.voice == Voice::Line);
                    if has_line || accepted_by.is_none() {
                        accepted_by = by.or(accepted_by);
                    }
                }
                End::Drop(by) => return (Some(Verdict::Drop), by),
                End::Reject(with, by) => {
                    let told = with != RejectWith::TcpReset || self.reset_returns(packet, hop, walk);
                    return (Some(if told { Verdict::Reject(with) } else { Verdict::Drop }), Some(by));
                }
                End::Unknown => return (None, None),
            }
        }
        (Some(Verdict::Accept), accepted_by)
    }

    /// Whether the reset of a rejected connection gets back to who opened it.
    ///
    /// Connection tracking forgets a connection of which it has seen nothing but the opening and a reset. So the reset
    /// belongs to it where it enters the node's bridges first, and is taken for invalid where it enters the next: what is
    /// rejected behind a guest's firewall bridge vanishes for other guests that have one. (Errors of ICMP are not
    /// followed: they are invalid on every bridge, whichever rule sends them.)
    fn reset_returns<'s>(&'s self, packet: &Packet, at: Hop, walk: &mut Walk<'s>) -> bool {
        let (answer, hops) = packet.way_back(at);
        let mut view = View::new(&answer, &self.networks, &self.sets);
        let mut is_known = true;
        for hop in hops {
            if !is_known {
                view.lose_connection();
            }
            view.enter(hop);
            if !matches!(self.hop(&mut view, hop, walk, &mut Unwatched), End::Accept(_)) {
                return false;
            }
            // What the node sends itself it does not look at again.
            is_known &= matches!(hop, Hop::Output { .. }) || !packet.opens_connection();
        }
        true
    }

    fn hop<'s, W: Watch>(&'s self, view: &mut View<'_>, hop: Hop, walk: &mut Walk<'s>, watch: &mut W) -> End {
        let mut accepted_by = None;
        for stage in self.stages.of(&view.packet.frame, hop) {
            // Who only wants the verdict begins where packets differ.
            let entry = if W::NEAR_MISSES { Some(stage.entry) } else { stage.fork };
            let Some(program) = self.programs.get(usize::from(stage.table)).and_then(Option::as_ref) else {
                continue;
            };
            if stage.first_only && !view.opens_connection() {
                continue;
            }
            let Some(entry) = entry else { continue };
            match program.run(stage.table, entry, view, walk, watch) {
                End::Accept(by) => accepted_by = by.or(accepted_by),
                // Where the node then routes it is not known.
                End::Drop(_) if stage.drops_to_routing => return End::Unknown,
                end => return end,
            }
        }
        End::Accept(accepted_by)
    }

    pub(super) fn rule(&self, id: RuleId) -> Option<(&Rule, &Known)> {
        self.program(id)?.rule(id.rule)
    }

    pub(super) fn program(&self, id: RuleId) -> Option<&Program> {
        self.programs.get(usize::from(id.program))?.as_ref()
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
