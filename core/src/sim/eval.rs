//! One packet through one table.

use alloc::vec::Vec;

use super::check::Truth;
use super::program::{Action, AtEnd, Chain, Program, Rule};
use super::view::View;
use crate::ir::{RejectWith, Side};
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
    stack: Vec<Frame<'p>>,
    pub(super) responsible: Responsible,
    pub(super) guesses: Guesses,
}

/// Where the walk is in a chain.
struct Frame<'p> {
    cursor: Cursor<'p>,
    /// The innermost jump to here that a line made.
    by: Option<RuleId>,
    at_end: AtEnd,
}

/// The rules of a chain that may match, in order.
enum Cursor<'p> {
    All { next: u32, end: u32 },
    Indexed { named: &'p [u32], others: &'p [u32] },
}

impl<'p> Cursor<'p> {
    fn of(chain: &'p Chain, view: &View<'_>) -> Self {
        match &chain.index {
            None => Self::All { next: chain.rules.0, end: chain.rules.1 },
            Some(index) => {
                Self::Indexed { named: index.naming(view.interface(index.field)), others: &index.others }
            }
        }
    }

    fn next(&mut self) -> Option<u32> {
        let (named, others) = match self {
            Self::All { next, end } => {
                let rule = *next;
                *next += 1;
                return (rule < *end).then_some(rule);
            }
            Self::Indexed { named, others } => (named, others),
        };
        let queue = match (named.first(), others.first()) {
            (Some(name), Some(other)) if name < other => named,
            (Some(_), None) => named,
            _ => others,
        };
        let (first, rest) = queue.split_first()?;
        *queue = rest;
        Some(*first)
    }
}

impl Program {
    /// Whether a rule matches; `Err` names the first condition that fails.
    fn matches(&self, rule: &Rule, view: &View<'_>) -> Result<Truth, usize> {
        let mut truth = if rule.unsure { Truth::Unknown } else { Truth::Yes };
        for (check, at) in self.checks(rule).iter().zip(0..) {
            match check.holds(view, &self.lists) {
                Truth::Yes => {}
                Truth::No => return Err(at),
                Truth::Unknown => truth = Truth::Unknown,
            }
        }
        Ok(truth)
    }

    /// Whether all conditions but this one hold.
    fn only_failing(&self, rule: &Rule, failing: usize, view: &View<'_>) -> bool {
        let rest = self.checks(rule).iter().skip(failing + 1);
        !rest.into_iter().any(|check| check.holds(view, &self.lists) == Truth::No)
    }

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
            Some(Frame { cursor: Cursor::of(chain, view), by, at_end: chain.at_end })
        };
        stack.clear();
        stack.extend(frame(entry, None, view));
        responsible.passed = None;
        let (protocol, port) =
            (view.protocol.unwrap_or_default(), view.port(Side::Destination).unwrap_or_default());
        let mut walked = 0_usize;
        while let Some(top) = stack.last_mut() {
            let by = top.by;
            let Some(number) = top.cursor.next() else {
                match top.at_end {
                    AtEnd::Return => {}
                    AtEnd::Drop => return End::Drop(None),
                    AtEnd::MayAccept if guesses.next() => return End::Accept(responsible.passed),
                    AtEnd::MayAccept => {}
                }
                stack.pop();
                continue;
            };
            let Some(rule) = self.rules.get(number as usize) else { continue };
            walked += 1;
            if walked > MOST_RULES {
                guesses.next();
                return End::Unknown;
            }
            if !W::NEAR_MISSES && !rule.gate.lets_in(protocol, port) {
                continue;
            }
            let id = RuleId { program, rule: number };
            match self.matches(rule, view) {
                Ok(Truth::Yes) => {}
                Ok(_) if guesses.next() => {}
                Ok(_) => {
                    watch.maybe(id, stack.len(), view);
                    continue;
                }
                Err(failing) => {
                    if W::NEAR_MISSES && self.only_failing(rule, failing, view) {
                        watch.nearly(id, stack.len(), failing, view);
                    }
                    continue;
                }
            }
            watch.matched(id, stack.len(), view);
            // The rule that people would name: behind a mark the one that set it, in a built-in chain the line that
            // leads there.
            let named = match responsible.marked {
                Some(marked) if rule.tests_mark => marked,
                _ if rule.has_line => id,
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
                    // At the end of a chain of the kernel's own its policy counts.
                    if stack.len() == 1 && top_drops(stack) {
                        return End::Drop(None);
                    }
                    stack.pop();
                }
                Action::Jump(to) | Action::Goto(to) => {
                    let by = if rule.has_line { Some(id) } else { by };
                    // The kernel's own chains have their policy also after `-g`.
                    if matches!(rule.action, Action::Goto(_)) && stack.len() > 1 {
                        stack.pop();
                    } else if let (Action::Goto(_), Some(first)) = (rule.action, stack.last_mut()) {
                        first.cursor = Cursor::All { next: 0, end: 0 };
                    }
                    // Circles are refused beforehand, so the stack is never deeper than there are chains.
                    stack.extend(frame(to, by, view));
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
        End::Accept(responsible.passed)
    }
}

fn top_drops(stack: &[Frame<'_>]) -> bool {
    stack.last().is_some_and(|frame| frame.at_end == AtEnd::Drop)
}
