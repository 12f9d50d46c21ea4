//! One packet through one table.

use alloc::vec::Vec;

use super::conditions::View;
use super::program::{Action, Chain, Conditions, Program, Rule};
use crate::ir::{RejectWith, Test};

/// A rule by its place: chain, rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleId {
    /// Which of the simulator's programs.
    pub(super) program: u8,
    pub(super) chain: u32,
    pub(super) rule: u32,
}

/// What travels with a packet from rule to rule and from hop to hop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    /// The packet's mark.
    pub(super) mark: u32,
    /// The rule that is behind the mark.
    pub(super) marked_by: Option<RuleId>,
    /// The last rule that let the packet pass without ending its way.
    pub(super) passed_by: Option<RuleId>,
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

/// Answers for conditions that can't be told, by trying one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Guesses {
    /// Whether the n-th unknown condition holds; those after the last don't.
    pub(super) holds: Vec<bool>,
    /// How many have been asked about.
    pub(super) asked: usize,
    /// Whether a rule was met whose effect is not known.
    pub(super) effect: bool,
}

impl Guesses {
    fn next(&mut self) -> bool {
        let at = self.asked;
        self.asked += 1;
        if let Some(holds) = self.holds.get(at) {
            return *holds;
        }
        self.holds.push(false);
        false
    }
}

/// Whoever wants to know what happens on the way.
pub(super) trait Watch {
    /// Whether rules that fail are of interest.
    const NEAR_MISSES: bool;
    /// A rule's conditions hold.
    fn matched(&mut self, rule: RuleId, depth: usize, view: &View<'_>);
    /// Exactly one condition of a rule fails.
    fn nearly(&mut self, rule: RuleId, depth: usize, failing: usize, view: &View<'_>);
}

/// Nobody.
pub(super) struct Unwatched;

impl Watch for Unwatched {
    const NEAR_MISSES: bool = false;
    fn matched(&mut self, _: RuleId, _: usize, _: &View<'_>) {}
    fn nearly(&mut self, _: RuleId, _: usize, _: usize, _: &View<'_>) {}
}

/// More rules than this are not walked for one packet. Without circles only jumps that fan out a thousandfold get here.
const MOST_RULES: usize = 4_000_000;

/// Where the walk is in a chain.
struct Frame<'p> {
    chain: u32,
    rules: &'p Chain,
    cursor: Cursor<'p>,
    /// The innermost jump to here that a line of the configuration made.
    by: Option<RuleId>,
}

/// The rules of a chain that may match, in order.
enum Cursor<'p> {
    All(u32),
    Indexed { named: &'p [u32], others: &'p [u32] },
}

impl Cursor<'_> {
    fn of<'p>(chain: &'p Chain, view: &View<'_>) -> Cursor<'p> {
        match &chain.index {
            None => Cursor::All(0),
            Some(index) => {
                Cursor::Indexed { named: index.naming(view.interface(index.field)), others: &index.others }
            }
        }
    }

    fn next(&mut self) -> Option<u32> {
        let (named, others) = match self {
            Self::All(next) => {
                let rule = *next;
                *next += 1;
                return Some(rule);
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
    pub(super) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.chains.get(id.chain as usize)?.rules.get(id.rule as usize)
    }

    /// Runs a packet through the chain that a hook enters.
    pub(super) fn run<W: Watch>(
        &self,
        program: u8,
        entry: u32,
        view: &mut View<'_>,
        carried: &mut Carried,
        guesses: &mut Guesses,
        watch: &mut W,
    ) -> End {
        let frame = |chain: u32, by, view: &View<'_>| {
            let rules = self.chains.get(chain as usize)?;
            Some(Frame { chain, rules, cursor: Cursor::of(rules, view), by })
        };
        let Some(first) = frame(entry, None, view) else { return End::Accept(None) };
        let drops_at_end = first.rules.drops_at_end;
        let mut stack = Vec::with_capacity(8);
        stack.push(first);
        carried.passed_by = None;
        let mut walked = 0_usize;
        while let Some(top) = stack.last_mut() {
            let Some((number, rule)) =
                top.cursor.next().and_then(|n| Some((n, top.rules.rules.get(n as usize)?)))
            else {
                stack.pop();
                continue;
            };
            walked += 1;
            if walked > MOST_RULES {
                guesses.effect = true;
                return End::Unknown;
            }
            let id = RuleId { program, chain: top.chain, rule: number };
            let by = top.by;
            view.mark = carried.mark;
            if let Some(failing) = view.first_failing(&rule.conditions) {
                if W::NEAR_MISSES && view.failing(&rule.conditions).nth(1).is_none() {
                    watch.nearly(id, stack.len(), failing, view);
                }
                continue;
            }
            if !rule.unknown.is_empty() && !guesses.next() {
                continue;
            }
            watch.matched(id, stack.len(), view);
            match &rule.action {
                Action::Continue | Action::Log(_) | Action::SetConnectionMark(_) => {}
                Action::SetMark(mark) => {
                    carried.mark = (carried.mark & !mark.mask) | mark.value;
                    carried.marked_by = (mark.value != 0).then(|| by.unwrap_or(id));
                    if mark.value != 0 {
                        carried.passed_by = carried.marked_by;
                    }
                }
                Action::Return => {
                    carried.passed_by = Some(self.responsible(rule, id, by, carried));
                    // At the end of a chain of the kernel's own its policy counts.
                    stack.pop();
                }
                Action::Jump(to) | Action::Goto(to) => {
                    let by = if rule.origin.span.is_some() { Some(id) } else { by };
                    if matches!(rule.action, Action::Goto(_)) {
                        stack.pop();
                    }
                    // Circles are refused beforehand, so the stack is never deeper than there are chains.
                    stack.extend(frame(*to, by, view));
                }
                Action::Accept => return End::Accept(Some(self.responsible(rule, id, by, carried))),
                Action::Drop => return End::Drop(Some(self.responsible(rule, id, by, carried))),
                Action::Reject(with) => return End::Reject(*with, self.responsible(rule, id, by, carried)),
                // Nobody is asked here: a program that listens may still drop it.
                Action::Queue(queue) if queue.bypass => {
                    return End::Accept(Some(self.responsible(rule, id, by, carried)));
                }
                Action::Queue(_) => return End::Drop(Some(self.responsible(rule, id, by, carried))),
                Action::Unknown => {
                    guesses.effect = true;
                    if guesses.next() {
                        return End::Unknown;
                    }
                }
            }
        }
        if drops_at_end { End::Drop(None) } else { End::Accept(carried.passed_by) }
    }

    /// The rule that people would name: behind a mark the rule that set it, in a built-in chain the line that leads there.
    fn responsible(&self, rule: &Rule, id: RuleId, by: Option<RuleId>, carried: &Carried) -> RuleId {
        if tests_for_mark(rule) {
            return carried.marked_by.unwrap_or(id);
        }
        if rule.origin.span.is_some() { id } else { by.unwrap_or(id) }
    }
}

fn tests_for_mark(rule: &Rule) -> bool {
    let Conditions::Ip { matches, .. } = &rule.conditions else { return false };
    matches
        .iter()
        .any(|condition| !condition.negated && matches!(&condition.test, Test::Mark(mark) if mark.value != 0))
}
