//! One packet through one table.

use alloc::vec::Vec;
use core::slice::Iter;

use super::check::Truth;
use super::program::{Action, AtEnd, Door, Key, Program, Voice};
use super::view::View;
use crate::ir::RejectWith;
use crate::readback::Change;

/// A rule by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RuleId {
    /// Which of the simulator's programs.
    pub(super) program: u8,
    /// Who wants it.
    pub(super) voice: Voice,
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
    /// For another packet.
    pub(super) fn forget(&mut self) {
        self.answers.clear();
        self.asked = 0;
    }

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
    /// A rule's conditions hold. `callers`: how many chains wait for the one that it stands in.
    fn matched(&mut self, rule: RuleId, callers: usize, view: &View<'_>);
    /// Whether a rule's conditions hold can't be told; the walk goes on as if they did not.
    fn maybe(&mut self, rule: RuleId, callers: usize, view: &View<'_>);
    /// Exactly one condition of a rule fails.
    fn nearly(&mut self, rule: RuleId, callers: usize, failing: usize, view: &View<'_>);
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
pub(super) struct Walk<'p> {
    callers: Vec<Frame<'p>>,
    pub(super) responsible: Responsible,
    pub(super) guesses: Guesses,
}

/// Jumps are hardly ever nested deeper.
const USUAL_DEPTH: usize = 8;

impl Walk<'_> {
    pub(super) fn new() -> Self {
        Self {
            callers: Vec::with_capacity(USUAL_DEPTH),
            responsible: Responsible::default(),
            guesses: Guesses::default(),
        }
    }
}

/// Where the walk is in a chain.
struct Frame<'p> {
    /// The doors that are still to come.
    doors: Iter<'p, Door>,
    /// The innermost jump to here that is not built in.
    by: Option<RuleId>,
    at_end: AtEnd,
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
        let Walk { callers, responsible, guesses } = walk;
        let frame = |chain: u32, by, view: &View<'_>| {
            let chain = self.chains.get(chain as usize)?;
            Some(Frame { doors: self.doors(chain, view).iter(), by, at_end: chain.at_end })
        };
        callers.clear();
        responsible.passed = None;
        let Some(mut top) = frame(entry, None, view) else { return End::Accept(None) };
        let mut key = Key::new(view);
        let mut walked = 0_usize;
        loop {
            let Some(door) = top.doors.find(|door| W::NEAR_MISSES || door.lets_in(key, &self.traits)) else {
                match top.at_end {
                    AtEnd::Return => {}
                    AtEnd::Drop => return End::Drop(None),
                    AtEnd::MayAccept if guesses.next() => return End::Accept(responsible.passed),
                    AtEnd::MayAccept => {}
                }
                match callers.pop() {
                    Some(caller) => top = caller,
                    None => return End::Accept(responsible.passed),
                }
                continue;
            };
            let Door { rule: number, action, voice, is_all, .. } = *door;
            walked += 1;
            if walked > MOST_RULES {
                guesses.next();
                return End::Unknown;
            }
            let id = RuleId { program, voice, rule: number };
            // Who wants to know has come through shut gates, too; and what tracking says is for sure only behind them.
            let truth = if W::NEAR_MISSES || view.unsure.tracking {
                self.matches(number, view)
            } else if is_all {
                Truth::Yes
            } else {
                self.matches_inside(number, view)
            };
            // What can't matter is no question.
            let holds = match truth {
                Truth::Yes => true,
                Truth::No => false,
                Truth::Unknown => !action.is_idle() && guesses.next(),
            };
            if !holds {
                if truth == Truth::Unknown {
                    watch.maybe(id, callers.len(), view);
                } else if W::NEAR_MISSES
                    && let Some(failing) = self.only_failing(number, view)
                {
                    watch.nearly(id, callers.len(), failing, view);
                }
                continue;
            }
            watch.matched(id, callers.len(), view);
            // The rule that people would name: behind a mark the one that set it, in a built-in chain the line that
            // leads there.
            let named = |marked: Option<RuleId>| match (marked, top.by) {
                (Some(marked), _) if self.tests_mark(number) => marked,
                (_, Some(by)) if voice == Voice::BuiltIn => by,
                _ => id,
            };
            match action {
                Action::Continue => {}
                Action::Change(change) => match change {
                    Change::Mark => view.unsure.mark = true,
                    Change::ConnectionMark => view.connection_mark = None,
                    Change::Tracking => {
                        view.unsure.tracking = true;
                        key = Key::new(view);
                    }
                    Change::Sets => view.unsure.sets = true,
                    Change::Nothing | Change::Header => {}
                },
                Action::SetConnectionMark(value) => view.connection_mark = Some(value),
                Action::SetMark(mark) => {
                    view.mark = (view.mark & !mark.mask) | mark.value;
                    if mark.mask == u32::MAX {
                        view.unsure.mark = false;
                    }
                    let by = (mark.value != 0).then(|| named(responsible.marked));
                    responsible.marked = by;
                    responsible.passed = by.or(responsible.passed);
                }
                Action::Return => {
                    responsible.passed = Some(named(responsible.marked));
                    match (callers.pop(), top.at_end) {
                        (Some(caller), _) => top = caller,
                        // At the end of a chain of the kernel's own its policy counts.
                        (None, AtEnd::Drop) => return End::Drop(None),
                        (None, _) => return End::Accept(responsible.passed),
                    }
                }
                Action::Jump(to) | Action::Goto(to) => {
                    let by = if voice == Voice::BuiltIn { top.by } else { Some(id) };
                    let Some(next) = frame(to, by, view) else { continue };
                    let mut caller = core::mem::replace(&mut top, next);
                    if matches!(action, Action::Goto(_)) {
                        // The kernel's own chains have their policy also after `-g`; nothing else of a chain is left.
                        caller.doors = [].iter();
                        if !callers.is_empty() {
                            continue;
                        }
                    }
                    // Circles are refused beforehand, so there are never more callers than chains.
                    callers.push(caller);
                }
                // Nobody is asked here: a program that listens may still drop it.
                Action::Accept | Action::QueueOrPass => return End::Accept(Some(named(responsible.marked))),
                Action::Drop | Action::QueueOrDrop => return End::Drop(Some(named(responsible.marked))),
                Action::Reject(with) => return End::Reject(with, named(responsible.marked)),
                Action::Unknown => {
                    if guesses.next() {
                        return End::Unknown;
                    }
                }
            }
        }
    }
}
