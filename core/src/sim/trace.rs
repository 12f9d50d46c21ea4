//! The whole way of a packet, rule by rule.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::check::Ask;
use super::eval::{End, RuleId, Walk, Watch};
use super::explain;
use super::packet::Packet;
use super::path::Hop;
use super::program::{Action, Known, Source, Voice};
use super::simulator::{Answer, HopWatch, Simulator, TableKey, Verdict};
use super::view::View;
use crate::emit;
use crate::ir::{self, ChainName, Member, Origin, RejectWith, Target, Test};
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

impl Trace {
    /// Whether the packet is rejected, but the sender does not get to know: the reset is dropped on its way back.
    pub fn reset_lost(&self) -> bool {
        self.answer.verdict == Verdict::Drop
            && self.hops.last().is_some_and(|hop| matches!(hop.outcome, Outcome::Reject(_)))
    }
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
    pub table: TableKey,
    /// The chain.
    pub chain: String,
    /// How many chains were entered to get here; 1 in the kernel's own.
    pub depth: usize,
    /// The rule as the tools are told, `-A CHAIN …`; empty for the jump out of a chain of the kernel's own.
    pub rule: String,
    /// What the rule does, or would do.
    pub effect: Effect,
    /// Whether its conditions hold for sure. Otherwise that can't be told, and the way shown is the one on which they don't.
    pub certain: bool,
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

/// More steps than this are not shown of a hop. Compiled rulesets need some dozens; jumps in a dump may fan out.
const MOST_STEPS: usize = 10_000;

/// Takes notes.
#[derive(Default)]
struct Notes {
    hops: Vec<HopNotes>,
}

struct HopNotes {
    hop: Hop,
    steps: Vec<Note>,
    /// The last near miss, and how many steps were before it.
    nearly: Option<(Note, usize, Failing)>,
    end: Option<End>,
}

struct Note {
    rule: RuleId,
    certain: bool,
    depth: usize,
    members: Vec<Membership>,
}

impl Watch for Recorder<'_> {
    const NEAR_MISSES: bool = true;

    fn matched(&mut self, rule: RuleId, callers: usize, view: &View<'_>) {
        let note = self.note(rule, callers, view);
        self.add(note);
    }

    fn maybe(&mut self, rule: RuleId, callers: usize, view: &View<'_>) {
        let note = Note { certain: false, ..self.note(rule, callers, view) };
        self.add(note);
    }

    fn nearly(&mut self, rule: RuleId, callers: usize, failing: usize, view: &View<'_>) {
        let Some((found, known)) = self.simulator.rule(rule) else { return };
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
            matches!(known.origin.maker, ir::Maker::Line | ir::Maker::Macro { .. } | ir::Maker::Group);
        if !decides || !written || found.voice != Voice::Line {
            return;
        }
        let Some(failing) = explain::failing(&known.matches, failing, view) else { return };
        let note = self.note(rule, callers, view);
        if let Some(hop) = self.notes.hops.last_mut() {
            hop.nearly = Some((note, hop.steps.len(), failing));
        }
    }
}

impl HopWatch for Recorder<'_> {
    fn hop(&mut self, hop: Hop) {
        self.notes.hops.push(HopNotes { hop, steps: Vec::new(), nearly: None, end: None });
    }

    fn ended(&mut self, end: End) {
        if let Some(hop) = self.notes.hops.last_mut() {
            hop.end = Some(end);
        }
    }
}

struct Recorder<'s> {
    simulator: &'s Simulator,
    notes: Notes,
}

impl Recorder<'_> {
    fn add(&mut self, note: Note) {
        if let Some(hop) = self.notes.hops.last_mut() {
            // The last may be the one that decides.
            hop.steps.truncate(MOST_STEPS - 1);
            hop.steps.push(note);
        }
    }

    fn note(&self, rule: RuleId, callers: usize, view: &View<'_>) -> Note {
        let program = self.simulator.program(rule);
        let checks = program.and_then(|program| Some(program.checks(program.rule(rule.rule)?.1)));
        let asked = checks.unwrap_or_default().iter().filter_map(|check| match check.ask {
            Ask::Set(side, number) => Some((side, number)),
            _ => None,
        });
        let members = asked.filter_map(|(side, number)| {
            let (set, address) = (view.set(number)?, view.address(side)?);
            let member = set.index.find(address).and_then(|member| set.members.get(member as usize));
            Some(Membership {
                set: set.name.to_string(),
                defined: set.span,
                address,
                member: member.copied(),
            })
        });
        Note { rule, certain: true, depth: callers + 1, members: members.collect() }
    }
}

impl Simulator {
    /// What becomes of a packet, with every rule on its way whose conditions hold.
    ///
    /// Where rules are not understood the way shown is the one on which they don't hold.
    pub fn trace(&self, packet: &Packet) -> Trace {
        let mut recorder = Recorder { simulator: self, notes: Notes::default() };
        let mut walk = Walk::new();
        let (verdict, by) = self.way(packet, &mut walk, &mut recorder);
        let answer = self.answer(packet, verdict, by, &mut walk);
        let hops = recorder.notes.hops.into_iter().map(|HopNotes { hop, steps: notes, nearly, end }| {
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
        let program = self.program(note.rule)?;
        let (rule, known) = program.rule(note.rule.rule)?;
        let table = *super::simulator::TABLES.get(usize::from(note.rule.program))?;
        let chain = program.chain_of(note.rule.rule)?.to_string();
        let name_of = |chain: u32| program.name(chain).map(ToString::to_string);
        let target = match &known.source {
            Source::Target(target) | Source::Line { target: Some(target) } => Some(target),
            _ => None,
        };
        let effect = match (rule.action, target) {
            (_, Some(Target::Log { prefix })) => Effect::Log(Arc::clone(prefix)),
            (_, Some(Target::Queue(queue))) => Effect::Queue(*queue),
            (Action::Accept, _) => Effect::Accept,
            (Action::Drop, _) => Effect::Drop,
            (Action::Return, _) => Effect::Return,
            (Action::Jump(to), _) => Effect::Jump(name_of(to).unwrap_or_default()),
            (Action::Goto(to), _) => Effect::Goto(name_of(to).unwrap_or_default()),
            (Action::Reject(with), _) => Effect::Reject(with),
            (Action::SetMark(mark), _) => Effect::Mark(mark),
            (Action::SetConnectionMark(value), _) => Effect::ConnectionMark(value),
            (Action::Unknown, _) => Effect::Unknown,
            _ => Effect::Continue,
        };
        Some(Step {
            table,
            depth: note.depth,
            rule: text(&chain, known),
            chain,
            effect,
            certain: note.certain,
            origin: known.origin,
            members: note.members,
            unknown: known.unknown.clone(),
            limit: limit(known),
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

/// The rule as the tools are told; empty for what stands in no chain of ours.
fn text(chain: &str, known: &Known) -> String {
    let Ok(chain) = ChainName::new(chain) else { return String::new() };
    let origin = known.origin;
    match &known.source {
        Source::Target(target) => {
            let (matches, target) = (known.matches.clone(), target.clone());
            emit::rule_line(chain, &ir::Rule { matches, target, origin, extra_blank: ir::Spelling(false) })
        }
        Source::Bridge(matches, target) => emit::bridge_line(
            chain,
            &ir::BridgeRule { matches: matches.to_vec(), target: target.clone(), origin },
        ),
        Source::Line { .. } | Source::Hook => String::new(),
    }
}

fn limit(known: &Known) -> Option<ir::Rate> {
    known.matches.iter().find_map(|condition| match &condition.test {
        Test::Limit { rate, .. } => Some(*rate.value()),
        _ => None,
    })
}

impl Step {
    /// The rule as the tool is told, or as a dump has it.
    pub fn text(&self, files: &Files) -> String {
        match self.origin.span {
            Some(span) if self.rule.is_empty() => {
                String::from_utf8_lossy(span.of(files.text(span.file))).into_owned()
            }
            _ => self.rule.clone(),
        }
    }
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
