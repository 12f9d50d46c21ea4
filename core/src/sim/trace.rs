//! The whole way of a packet, rule by rule.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::conditions::View;
use super::eval::{End, Guesses, RuleId, Watch};
use super::explain;
use super::packet::Packet;
use super::path::Hop;
use super::program::{Action, Conditions, Rule, Source};
use super::simulator::{Answer, HopWatch, Simulator, TableId, Verdict};
use crate::emit;
use crate::ir::{self, ChainName, Member, Origin, RejectWith, Test};
use crate::syntax::OptionName;
use crate::text::{Files, Span};

/// What becomes of a packet, and why.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The verdict and the line that decided.
    pub answer: Answer,
    /// The hops it took, up to the one that ended its way.
    pub hops: Vec<HopTrace>,
}

/// One passage through the kernel's hooks.
#[derive(Clone, Debug)]
pub struct HopTrace {
    /// Which.
    pub hop: Hop,
    /// How it ended.
    pub outcome: Outcome,
    /// The rules whose conditions hold, in order.
    pub steps: Vec<Step>,
    /// Which of the steps decided; `None` when the packet passed without a decision.
    pub decided_by: Option<usize>,
    /// The last rule of the configuration before the decision that would have decided otherwise, but for one condition.
    pub nearly: Option<NearMiss>,
}

/// How a hop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The packet goes on.
    Passes,
    /// It vanishes.
    Drop,
    /// It vanishes, and the sender is told.
    Reject(RejectWith),
    /// A rule with an effect that is not known was met.
    Unknown,
}

/// A rule that a packet met.
#[derive(Clone, Debug)]
pub struct Step {
    /// The table.
    pub table: TableId,
    /// The chain.
    pub chain: String,
    /// How many chains were entered to get here; 1 in the kernel's own.
    pub depth: usize,
    /// The rule as the tools are told, `-A CHAIN …`; empty for the jump out of a chain of the kernel's own.
    pub rule: String,
    /// What the rule does.
    pub effect: Effect,
    /// Where it comes from.
    pub origin: Origin,
    /// The members of sets that made its conditions hold, or fail.
    pub members: Vec<Membership>,
    /// Conditions that can't be told from the packet.
    pub unknown: Box<[Box<str>]>,
    /// The rate that the rule is limited to; one packet is always within it.
    pub limit: Option<ir::Rate>,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lets the packet pass.
    Accept,
    /// Throws it away.
    Drop,
    /// Throws it away and tells the sender.
    Reject(RejectWith),
    /// Ends the chain.
    Return,
    /// Into another chain.
    Jump(String),
    /// Into another chain, not to come back to this one.
    Goto(String),
    /// Sets the packet's mark.
    Mark(ir::Mark),
    /// Sets the connection's mark.
    ConnectionMark(u32),
    /// Logs, with this prefix.
    Log(Arc<str>),
    /// Hands over to a program; without one the packet passes (`bypass`) or is dropped.
    Queue(ir::Queue),
    /// Nothing that decides.
    Continue,
    /// Nobody knows.
    Unknown,
}

/// The member of a set that decided whether an address is in it.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The kernel's name of the set.
    pub set: String,
    /// The line that defines the set, if a file does.
    pub defined: Option<Span>,
    /// The address that was looked up.
    pub address: core::net::IpAddr,
    /// The member; `None` when no member holds the address.
    pub member: Option<Member>,
}

/// A rule that all but one of its conditions speak for.
#[derive(Clone, Debug)]
pub struct NearMiss {
    /// The rule.
    pub step: Step,
    /// The condition that fails.
    pub failing: Failing,
}

/// A condition that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The option of the rule that asks for it, if one does.
    pub option: Option<OptionName>,
    /// Why it fails, in words: "the destination port is 22, not 443".
    pub because: String,
}

/// Takes notes.
#[derive(Default)]
struct Notes {
    hops: Vec<(Hop, Vec<Note>, Option<(Note, usize, Failing)>, Option<End>)>,
}

struct Note {
    rule: RuleId,
    depth: usize,
    members: Vec<(u32, core::net::IpAddr, Option<usize>)>,
}

impl Watch for Recorder<'_> {
    const NEAR_MISSES: bool = true;

    fn matched(&mut self, rule: RuleId, depth: usize, view: &View<'_>) {
        let note = self.note(rule, depth, view);
        if let Some((_, steps, ..)) = self.notes.hops.last_mut() {
            steps.push(note);
        }
    }

    fn nearly(&mut self, rule: RuleId, depth: usize, failing: usize, view: &View<'_>) {
        let Some(found) = self.simulator.rule(rule) else { return };
        // Lines of the configuration that decide something, and not about the way (which interface, which mark).
        let decides = matches!(
            found.action,
            Action::Accept
                | Action::Drop
                | Action::Return
                | Action::Jump(_)
                | Action::Goto(_)
                | Action::Reject(_)
        );
        let written =
            matches!(found.origin.maker, ir::Maker::Line | ir::Maker::Macro { .. } | ir::Maker::Group);
        if !decides || !written || found.origin.span.is_none() {
            return;
        }
        let Some(failing) = explain::failing(&found.conditions, failing, view) else { return };
        let note = self.note(rule, depth, view);
        if let Some((_, steps, nearly, _)) = self.notes.hops.last_mut() {
            *nearly = Some((note, steps.len(), failing));
        }
    }
}

impl HopWatch for Recorder<'_> {
    fn hop(&mut self, hop: Hop) {
        self.notes.hops.push((hop, Vec::new(), None, None));
    }

    fn ended(&mut self, end: End) {
        if let Some((.., slot)) = self.notes.hops.last_mut() {
            *slot = Some(end);
        }
    }
}

struct Recorder<'s> {
    simulator: &'s Simulator,
    notes: Notes,
}

impl Recorder<'_> {
    fn note(&self, rule: RuleId, depth: usize, view: &View<'_>) -> Note {
        let mut members = Vec::new();
        if let Some(Rule { conditions: Conditions::Ip { matches, sets }, .. }) = self.simulator.rule(rule) {
            let sides = matches.iter().filter_map(|condition| match &condition.test {
                Test::InSet(side, _) => Some(*side),
                _ => None,
            });
            for (side, set) in sides.zip(sets) {
                let Some(address) = view.address(side) else { continue };
                members.push((*set, address, view.member(Some(*set), address).map(|(member, _)| member)));
            }
        }
        Note { rule, depth, members }
    }
}

impl Simulator {
    /// What becomes of a packet, with every rule on its way whose conditions hold.
    ///
    /// Where rules are not understood the way shown is the one on which they don't hold.
    pub fn trace(&self, packet: &Packet) -> Trace {
        let mut recorder = Recorder { simulator: self, notes: Notes::default() };
        let mut guesses = Guesses::default();
        let (verdict, by) = self.way(packet, &mut guesses, &mut recorder);
        let answer = self.answer(packet, verdict, by, guesses);
        let hops = recorder.notes.hops.into_iter().map(|(hop, notes, nearly, end)| {
            let (outcome, by) = match end {
                Some(End::Drop(by)) => (Outcome::Drop, by),
                Some(End::Reject(with, by)) => (Outcome::Reject(with), Some(by)),
                Some(End::Unknown) => (Outcome::Unknown, None),
                Some(End::Accept(by)) => (Outcome::Passes, by),
                None => (Outcome::Passes, None),
            };
            let decided_by = by.and_then(|by| notes.iter().rposition(|note| note.rule == by));
            let nearly = nearly
                .filter(|(_, at, _)| decided_by.is_none_or(|decided| *at <= decided))
                .and_then(|(note, _, failing)| Some(NearMiss { step: self.step(note)?, failing }))
                .filter(|near| near.step.effect.differs(outcome, answer.verdict));
            let steps = notes.into_iter().filter_map(|note| self.step(note)).collect();
            HopTrace { hop, outcome, steps, decided_by, nearly }
        });
        Trace { answer, hops: hops.collect() }
    }

    fn step(&self, note: Note) -> Option<Step> {
        let RuleId { program, chain, .. } = note.rule;
        let rule = self.rule(note.rule)?;
        let table = *super::simulator::TABLES.get(usize::from(program))?;
        let chains = &self.programs.get(usize::from(program))?.as_ref()?.chains;
        let name_of =
            |chain: u32| chains.get(chain as usize).map(|chain| chain.name.clone()).unwrap_or_default();
        let effect = match &rule.action {
            Action::Accept => Effect::Accept,
            Action::Drop => Effect::Drop,
            Action::Return => Effect::Return,
            Action::Jump(to) => Effect::Jump(name_of(*to)),
            Action::Goto(to) => Effect::Goto(name_of(*to)),
            Action::Reject(with) => Effect::Reject(*with),
            Action::SetMark(mark) => Effect::Mark(*mark),
            Action::SetConnectionMark(value) => Effect::ConnectionMark(*value),
            Action::Log(prefix) => Effect::Log(Arc::clone(prefix)),
            Action::Queue(queue) => Effect::Queue(*queue),
            Action::Continue => Effect::Continue,
            Action::Unknown => Effect::Unknown,
        };
        let members = note.members.into_iter().filter_map(|(set, address, member)| {
            let (_, found) = self.sets.get(set as usize)?;
            let member = member.and_then(|member| found.members.get(member)).copied();
            Some(Membership {
                set: self.set_names.get(set as usize)?.clone(),
                defined: found.span,
                address,
                member,
            })
        });
        let chain = name_of(chain);
        Some(Step {
            table,
            depth: note.depth,
            rule: text(&chain, rule),
            chain,
            effect,
            origin: rule.origin,
            members: members.collect(),
            unknown: rule.unknown.clone(),
            limit: limit(rule),
        })
    }
}

impl Effect {
    /// Whether it would have led to something else than what came out.
    fn differs(&self, outcome: Outcome, verdict: Verdict) -> bool {
        match self {
            Self::Accept | Self::Return => outcome != Outcome::Passes,
            Self::Drop => outcome != Outcome::Drop,
            Self::Reject(_) => !matches!(outcome, Outcome::Reject(_)),
            // Jumps of lines go to groups, to rejection, and to the acceptance of outgoing packets.
            _ => outcome != Outcome::Passes || verdict == Verdict::Accept,
        }
    }
}

/// The rule as the tools are told.
fn text(chain: &str, rule: &Rule) -> String {
    let Ok(chain) = ChainName::new(chain) else { return String::new() };
    match (&rule.source, &rule.conditions) {
        (Source::Target(target), Conditions::Ip { matches, .. }) => {
            let rule = ir::Rule {
                matches: matches.clone(),
                target: target.clone(),
                origin: rule.origin,
                extra_blank: ir::Spelling(false),
            };
            emit::rule_line(chain, &rule)
        }
        (Source::Bridge(target), Conditions::Bridge(matches)) => {
            let rule =
                ir::BridgeRule { matches: matches.to_vec(), target: target.clone(), origin: rule.origin };
            emit::bridge_line(chain, &rule)
        }
        (Source::Dumped(line), _) => line.to_string(),
        _ => String::new(),
    }
}

fn limit(rule: &Rule) -> Option<ir::Rate> {
    let Conditions::Ip { matches, .. } = &rule.conditions else { return None };
    matches.iter().find_map(|condition| match &condition.test {
        Test::Limit { rate, .. } => Some(*rate.value()),
        _ => None,
    })
}

impl Membership {
    /// The set's name as rules have it (`+management`), or the kernel's where no line of the files defines it.
    pub fn label(&self, files: &Files) -> String {
        let written = self.defined.and_then(|span| {
            let text = core::str::from_utf8(span.of(files.text(span.file))).ok()?;
            let inner = text.trim().trim_start_matches('[').split(']').next()?;
            let name = inner.split_whitespace().last()?;
            Some(format!("+{}", name.to_lowercase()))
        });
        written.unwrap_or_else(|| self.set.clone())
    }
}
