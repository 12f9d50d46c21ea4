//! One packet through one table.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::check::Truth;
use super::program::{Action, AtEnd, Chain, Gate, Key, Program, Voice};
use super::view::View;
use crate::ir::RejectWith;
use crate::readback::Change;

/// A rule by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleId {
    /// Which of the simulator's programs.
    pub(super) program: u8,
    /// Its number in the program.
    pub(super) rule: u32,
}

/// Who is to be named for what happens.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Responsible {
    /// The rule behind the packet's mark.
    marked: Option<RuleId>,
    /// The last rule that let the packet pass without ending its way.
    passed: Option<RuleId>,
}

/// How the way through a table ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// On to the next table.
    Accept(Option<RuleId>),
    Drop(Option<RuleId>),
    Reject(RejectWith, RuleId),
    /// A rule that is not understood may have ended it.
    Unknown,
}

/// Answers to what can't be told, by trying one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Guesses {
    /// The answer to the n-th question; what comes after the last is answered with no.
    pub(super) answers: Vec<bool>,
    /// How many have been asked.
    pub(super) asked: usize,
}

impl Guesses {
    fn next(&mut self) -> bool {
        let at = self.asked;
        self.asked += 1;
        if let Some(answer) = self.answers.get(at) {
            return *answer;
        }
        self.answers.push(false);
        false
    }
}

/// Whoever wants to know what happens on the way.
pub(super) trait Watch {
    /// Whether rules that fail are of interest.
    const NEAR_MISSES: bool;
    /// A rule's conditions hold.
    fn matched(&mut self, rule: RuleId, depth: usize, view: &View<'_>);
    /// Whether a rule's conditions hold can't be told; the walk goes on as if they did not.
    fn maybe(&mut self, rule: RuleId, depth: usize, view: &View<'_>);
    /// Exactly one condition of a rule fails.
    fn nearly(&mut self, rule: RuleId, depth: usize, failing: usize, view: &View<'_>);
}

/// Nobody.
pub(super) struct Unwatched;

impl Watch for Unwatched {
    const NEAR_MISSES: bool = false;
    fn matched(&mut self, _: RuleId, _: usize, _: &View<'_>) {}
    fn maybe(&mut self, _: RuleId, _: usize, _: &View<'_>) {}
    fn nearly(&mut self, _: RuleId, _: usize, _: usize, _: &View<'_>) {}
}

/// More rules than this are not walked for one packet. Without circles only jumps that fan out a thousandfold get here.
const MOST_RULES: usize = 4_000_000;

/// What a walk needs beside the packet; kept from one to the next, for its memory.
#[derive(Default)]
pub(super) struct Walk<'p> {
    stack: SmallVec<[Frame<'p>; 8]>,
    pub(super) responsible: Responsible,
    pub(super) guesses: Guesses,
}

/// Where the walk is in a chain.
struct Frame<'p> {
    cursor: Cursor<'p>,
    /// The innermost jump to here that is not built in.
    by: Option<RuleId>,
    at_end: AtEnd,
}

/// The rules of a chain that may match, in order.
enum Cursor<'p> {
    All { next: u32, gates: &'p [Gate] },
    Indexed { named: &'p [u32], others: &'p [u32] },
}

impl<'p> Cursor<'p> {
    fn of(program: &'p Program, chain: &'p Chain, view: &View<'_>) -> Self {
        match &chain.index {
            None => {
                let (first, end) = chain.rules;
                let gates = program.gates.get(first as usize..end as usize).unwrap_or_default();
                Self::All { next: first, gates }
            }
            Some(index) => {
                Self::Indexed { named: index.naming(view.interface(index.field)), others: &index.others }
            }
        }
    }

    /// The number of the next rule whose gate lets a packet in.
    fn next(&mut self, program: &'p Program, lets_in: impl Fn(&Gate) -> bool) -> Option<u32> {
        match self {
            Self::All { next, gates } => {
                let skipped = gates.iter().position(lets_in)?;
                let number = next.saturating_add(u32::try_from(skipped).ok()?);
                (*next, *gates) = (number.saturating_add(1), gates.get(skipped + 1..)?);
                Some(number)
            }
            Self::Indexed { named, others } => loop {
                let queue = match (named.first(), others.first()) {
                    (Some(name), Some(other)) if name < other => &mut *named,
                    (Some(_), None) => &mut *named,
                    _ => &mut *others,
                };
                let (number, after) = queue.split_first()?;
                *queue = after;
                if lets_in(program.gates.get(*number as usize)?) {
                    return Some(*number);
                }
            },
        }
    }
}

impl Program {
    /// Runs a packet through the chain that a hook enters.
    pub(super) fn run<'p, W: Watch>(
        &'p self,
        program: u8,
        entry: u32,
        view: &mut View<'_>,
        walk: &mut Walk<'p>,
        watch: &mut W,
    ) -> End {
        let Walk { stack, responsible, guesses } = walk;
        let frame = |chain: u32, by, view: &View<'_>| {
            let chain = self.chains.get(chain as usize)?;
            Some(Frame { cursor: Cursor::of(self, chain, view), by, at_end: chain.at_end })
        };
        stack.clear();
        responsible.passed = None;
        let Some(mut top) = frame(entry, None, view) else { return End::Accept(None) };
        let key = Key::new(view);
        let mut walked = 0_usize;
        loop {
            let next = top.cursor.next(self, |gate| W::NEAR_MISSES || !gate.is_idle() && gate.lets_in(key));
            let at = |number: u32| Some((number, self.rules.get(number as usize)?));
            let Some((number, rule)) = next.and_then(at) else {
                match top.at_end {
                    AtEnd::Return => {}
                    AtEnd::Drop => return End::Drop(None),
                    AtEnd::MayAccept if guesses.next() => return End::Accept(responsible.passed),
                    AtEnd::MayAccept => {}
                }
                match stack.pop() {
                    Some(caller) => top = caller,
                    None => return End::Accept(responsible.passed),
                }
                continue;
            };
            walked += 1;
            if walked > MOST_RULES {
                guesses.next();
                return End::Unknown;
            }
            let (by, depth) = (top.by, stack.len() + 1);
            let id = RuleId { program, rule: number };
            // Who only wants the verdict is not here if the gate is shut, nor for rules that do nothing.
            let gate = self.gates.get(number as usize).filter(|_| W::NEAR_MISSES);
            let shut_out = gate.is_some_and(|gate| !gate.lets_in(key));
            let idle = gate.is_some_and(|gate| gate.is_idle());
            match if shut_out { Truth::No } else { self.matches(rule, view) } {
                Truth::Yes => {}
                // What can't matter is no question.
                Truth::Unknown if !idle && guesses.next() => {}
                Truth::Unknown => {
                    watch.maybe(id, depth, view);
                    continue;
                }
                Truth::No => {
                    if W::NEAR_MISSES
                        && let Some(failing) = self.only_failing(number, view)
                    {
                        watch.nearly(id, depth, failing, view);
                    }
                    continue;
                }
            }
            watch.matched(id, depth, view);
            // The rule that people would name: behind a mark the one that set it, in a built-in chain the line that
            // leads there.
            let named = match responsible.marked {
                Some(marked) if rule.tests_mark => marked,
                _ if rule.voice != Voice::BuiltIn => id,
                _ => by.unwrap_or(id),
            };
            match rule.action {
                Action::Continue => {}
                Action::Change(change) => match change {
                    Change::Mark => view.unsure.mark = true,
                    Change::ConnectionMark => view.connection_mark = None,
                    Change::Tracking => view.unsure.tracking = true,
                    Change::Sets => view.unsure.sets = true,
                    Change::Nothing | Change::Header => {}
                },
                Action::SetConnectionMark(value) => view.connection_mark = Some(value),
                Action::SetMark(mark) => {
                    view.mark = (view.mark & !mark.mask) | mark.value;
                    if mark.mask == u32::MAX {
                        view.unsure.mark = false;
                    }
                    responsible.marked = (mark.value != 0).then_some(named);
                    if mark.value != 0 {
                        responsible.passed = Some(named);
                    }
                }
                Action::Return => {
                    responsible.passed = Some(named);
                    match (stack.pop(), top.at_end) {
                        (Some(caller), _) => top = caller,
                        // At the end of a chain of the kernel's own its policy counts.
                        (None, AtEnd::Drop) => return End::Drop(None),
                        (None, _) => return End::Accept(responsible.passed),
                    }
                }
                Action::Jump(to) | Action::Goto(to) => {
                    let by = if rule.voice == Voice::BuiltIn { by } else { Some(id) };
                    let Some(next) = frame(to, by, view) else { continue };
                    let mut caller = core::mem::replace(&mut top, next);
                    if matches!(rule.action, Action::Goto(_)) {
                        // The kernel's own chains have their policy also after `-g`; nothing else of a chain is left.
                        caller.cursor = Cursor::All { next: 0, gates: &[] };
                        if !stack.is_empty() {
                            continue;
                        }
                    }
                    // Circles are refused beforehand, so the stack is never deeper than there are chains.
                    stack.push(caller);
                }
                // Nobody is asked here: a program that listens may still drop it.
                Action::Accept | Action::QueueOrPass => return End::Accept(Some(named)),
                Action::Drop | Action::QueueOrDrop => return End::Drop(Some(named)),
                Action::Reject(with) => return End::Reject(with, named),
                Action::Unknown => {
                    if guesses.next() {
                        return End::Unknown;
                    }
                }
            }
        }
    }
}
