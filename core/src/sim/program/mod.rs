//! Tables made for evaluation: jumps and sets resolved, conditions in a row, long dispatch chains indexed by interface.
//!
//! What a verdict needs is apart from what only an explanation needs ([`Known`]), so that a walk touches little memory.

mod dump;
mod gate;
mod ruleset;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::check::{Ask, Check, Field, Lists, Truth};
use super::mistake::Mistake;
use super::view::View;
use crate::ir::{
    BridgeMatch, BridgeTarget, InterfaceName, Maker, Mark, Matches, Origin, RejectWith, Target, Test,
};
use crate::readback::Change;
use gate::Traits;
pub(super) use gate::{Door, Key};

/// One table.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) chains: Vec<Chain>,
    /// Their names, which no verdict needs.
    names: Vec<String>,
    /// The rules of all chains, one behind the other.
    pub(super) rules: Vec<Rule>,
    /// The ways to them, in the order in which a walk comes by them: a row for each chain, and in a chain with an index
    /// one for each interface.
    doors: Vec<Door>,
    /// What their gates ask for beside addresses and ports.
    pub(super) traits: Traits,
    /// The conditions of all rules, one behind the other.
    checks: Vec<Check>,
    /// Those of them that gates and indexes do not answer.
    left: Vec<Check>,
    pub(super) lists: Lists,
    /// What is known about each rule beside what it does.
    known: Vec<Known>,
    /// The chain that each of the kernel's hooks enters.
    pub(super) entries: BTreeMap<&'static str, u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// Its rules: the first and the one behind the last.
    rules: (u32, u32),
    pub(super) at_end: AtEnd,
    /// Its doors; in a chain with an index those for interfaces that no rule names.
    doors: Row,
    index: Option<Box<Index>>,
}

/// Doors: the first and the one behind the last.
type Row = (u32, u32);

/// What happens at the end of a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// Back to the calling chain; in a chain of the kernel's own, on to the next table.
    #[default]
    Return,
    Drop,
    /// Legacy ebtables accepts, ebtables-nft returns.
    MayAccept,
}

/// What a rule does, if its door lets a packet in, and what is left to ask of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The conditions that its door and the chain's index do not answer: from where on in [`Program::left`] and how many.
    left: (u32, u16),
    /// Whether some conditions can't be told from the packet.
    pub(super) unsure: bool,
    /// Who wants it.
    pub(super) voice: Voice,
    /// Whether it asks for a mark that an earlier rule has set.
    tests_mark: bool,
    pub(super) action: Action,
}

/// Who wants a rule, and so can be named for what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// Nobody: it is built in, maybe switched on by an option.
    BuiltIn,
    /// Nobody wrote it: it is what happens unless something is written.
    Default,
    /// A line of a file.
    Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    Drop,
    Return,
    Jump(u32),
    Goto(u32),
    Reject(RejectWith),
    SetMark(Mark),
    SetConnectionMark(u32),
    /// A program decides; without one the packet passes.
    QueueOrPass,
    /// A program decides; without one the packet is dropped.
    QueueOrDrop,
    /// Something that decides nothing and changes nothing that rules see.
    Continue,
    /// Something that decides nothing.
    Change(Change),
    /// Something that may decide, who knows how.
    Unknown,
}

/// What is known about a rule, to explain it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) origin: Origin,
    pub(super) source: Source,
    /// The conditions that stand first among its checks.
    pub(super) matches: Matches,
    /// Conditions that can't be told from a packet, as the dump has them.
    pub(super) unknown: Box<[Box<str>]>,
    /// All its conditions, from where on in [`Program::checks`] and how many.
    checks: (u32, u16),
}

impl Known {
    pub(super) fn new(origin: Origin, source: Source, matches: Matches) -> Self {
        Self { origin, source, matches, unknown: Box::default(), checks: (0, 0) }
    }
}

/// What a rule was made from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A rule of IR.
    Target(Target),
    /// A bridge rule of IR.
    Bridge(Box<[BridgeMatch]>, BridgeTarget),
    /// A line of a dump, which its origin names.
    Line {
        /// The target, where it is one of IR.
        target: Option<Target>,
    },
    /// A jump out of one of the kernel's chains.
    Hook,
}

/// The rules of a chain by the interface they ask for.
#[derive(Clone, Debug)]
struct Index {
    field: Field,
    /// For each interface the doors of the rules that name it, and of those that name none or many.
    rows: HashMap<InterfaceName, Row, FxBuildHasher>,
}

impl Index {
    #[inline(never)]
    fn row(&self, view: &View<'_>) -> Option<Row> {
        self.rows.get(&view.interface(self.field)?).copied()
    }
}

/// A chain with fewer rules that name an interface is walked.
const WORTH_AN_INDEX: usize = 8;

/// So many doors are not made for one chain: rules that name no interface have one in each row.
const MOST_DOORS: usize = 1 << 20;

impl Program {
    fn open_chain(&mut self, name: impl Into<String>, at_end: AtEnd) {
        let first = self.next_rule();
        self.chains.push(Chain { rules: (first, first), at_end, ..Chain::default() });
        self.names.push(name.into());
    }

    fn next_rule(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    /// Adds a rule to the chain that was opened last.
    fn push(&mut self, checks: impl IntoIterator<Item = Check>, action: Action, known: Known) {
        let first = self.checks.len();
        self.checks.extend(checks);
        let count = u16::try_from(self.checks.len() - first);
        let tests_mark = known.matches.iter().any(|condition| {
            !condition.negated && matches!(&condition.test, Test::Mark(mark) if mark.value != 0)
        });
        let voice = match (known.origin.maker, known.origin.span) {
            (Maker::BuiltIn(_), _) => Voice::BuiltIn,
            (_, None) => Voice::Default,
            (_, Some(_)) => Voice::Line,
        };
        self.rules.push(Rule {
            left: (0, 0),
            // A rule with more conditions than can be counted is not judged by the first of them.
            unsure: !known.unknown.is_empty() || count.is_err(),
            voice,
            tests_mark,
            action,
        });
        let checks = (u32::try_from(first).unwrap_or(u32::MAX), count.unwrap_or(u16::MAX));
        self.known.push(Known { checks, ..known });
        let end = self.next_rule();
        if let Some(chain) = self.chains.last_mut() {
            chain.rules.1 = end;
        }
    }

    /// Indexes the chains, and works out what is left to be asked; refuses jumps that go round in a circle.
    fn finish(mut self) -> Result<Self, Mistake> {
        self.refuse_circles()?;
        for at in 0..self.chains.len() {
            let Some(chain) = self.chains.get(at) else { continue };
            let (first, end) = chain.rules;
            let by_interface = ByInterface::new(&self, chain);
            let indexed = by_interface.as_ref().map(|index| index.field);
            let doors: Vec<_> = (first..end).filter_map(|number| self.door(number, indexed)).collect();
            let (doors, index) = match by_interface {
                None => (self.row(doors), None),
                Some(ByInterface { field, named, others }) => {
                    // Each rule of the chain has its door, so doors have the places of rules.
                    let door = |number: u32| doors.get((number - first) as usize).copied();
                    let rows = named.into_iter().map(|(interface, mut rules)| {
                        rules.extend(&others);
                        rules.sort_unstable();
                        (interface, self.row(rules.into_iter().filter_map(door)))
                    });
                    let rows = rows.collect();
                    (self.row(others.into_iter().filter_map(door)), Some(Box::new(Index { field, rows })))
                }
            };
            if let Some(chain) = self.chains.get_mut(at) {
                (chain.doors, chain.index) = (doors, index);
            }
        }
        Ok(self)
    }

    /// A row of these doors.
    fn row(&mut self, doors: impl IntoIterator<Item = Door>) -> Row {
        let next = |doors: &Vec<Door>| u32::try_from(doors.len()).unwrap_or(u32::MAX);
        let first = next(&self.doors);
        self.doors.extend(doors);
        (first, next(&self.doors))
    }

    /// The doors to the rules of a chain that a packet may match.
    #[inline]
    pub(super) fn doors(&self, chain: &Chain, view: &View<'_>) -> &[Door] {
        let row = chain.index.as_ref().and_then(|index| index.row(view));
        let (first, end) = row.unwrap_or(chain.doors);
        self.doors.get(first as usize..end as usize).unwrap_or_default()
    }

    /// The chain in which frames of an Ethernet type go different ways, behind jumps that all of them take and that
    /// nobody asked for; `None` if all of them pass.
    pub(super) fn fork(&self, entry: u32, ethertype: Option<u16>) -> Option<u32> {
        let holds = |check: &Check| match check.ask {
            Ask::Ethertype(number) if !check.negated => Some(ethertype? == number),
            _ => None,
        };
        let mut at = entry;
        loop {
            let Some(Chain { rules: (first, end), at_end: AtEnd::Return, .. }) = self.chains.get(at as usize)
            else {
                return Some(at);
            };
            let mut rules = (*first..*end).filter_map(|number| self.rule(number)).filter(|(rule, known)| {
                !rule.action.is_idle() && self.checks(known).iter().all(|check| holds(check) != Some(false))
            });
            let (rule, known) = rules.next()?;
            let is_for_all = rule.voice == Voice::BuiltIn
                && !rule.unsure
                && self.checks(known).iter().all(|check| holds(check) == Some(true));
            match rule.action {
                Action::Accept if is_for_all => return None,
                Action::Jump(to) if is_for_all && rules.next().is_none() => at = to,
                _ => return Some(at),
            }
        }
    }

    /// The door to a rule. Keeps the conditions that neither its door nor the index by this field of its chain answers.
    fn door(&mut self, number: u32, indexed: Option<Field>) -> Option<Door> {
        let place = number as usize;
        let (rule, known) = (self.rules.get_mut(place)?, self.known.get(place)?);
        let checks = stretch(&self.checks, known.checks);
        let mut door = Door::new(number, rule, checks, &mut self.traits);
        let mut by_name = indexed;
        let first = self.left.len();
        self.left.extend(checks.iter().filter(|check| {
            // The index knows a rule by the first interface that it names.
            let named = by_name.is_some_and(|field| check.interface(field).is_some());
            if named {
                by_name = None;
            }
            !named && !door.answers(check, &self.traits)
        }));
        let count = u16::try_from(self.left.len() - first).unwrap_or(u16::MAX);
        rule.left = (u32::try_from(first).unwrap_or(u32::MAX), count);
        door.is_all = count == 0 && !rule.unsure;
        Some(door)
    }

    /// All conditions of a rule.
    pub(super) fn checks(&self, known: &Known) -> &[Check] {
        stretch(&self.checks, known.checks)
    }

    /// Whether a rule matches a packet that its door and its chain's index let through.
    pub(super) fn matches_inside(&self, number: u32, view: &View<'_>) -> Truth {
        self.rules
            .get(number as usize)
            .map_or(Truth::No, |rule| self.all_hold(stretch(&self.left, rule.left), rule.unsure, view))
    }

    /// Whether a rule matches a packet.
    pub(super) fn matches(&self, number: u32, view: &View<'_>) -> Truth {
        self.rule(number)
            .map_or(Truth::No, |(rule, known)| self.all_hold(self.checks(known), rule.unsure, view))
    }

    fn all_hold(&self, checks: &[Check], unsure: bool, view: &View<'_>) -> Truth {
        let mut truth = if unsure { Truth::Unknown } else { Truth::Yes };
        for check in checks {
            truth = truth.and(check.holds(view, &self.lists));
            if truth == Truth::No {
                break;
            }
        }
        truth
    }

    /// The one condition of a rule that does not hold, by its place; `None` if there is none or more than one.
    pub(super) fn only_failing(&self, number: u32, view: &View<'_>) -> Option<usize> {
        let checks = self.checks(self.known.get(number as usize)?).iter().enumerate();
        let mut failing = checks.filter(|(_, check)| check.holds(view, &self.lists) == Truth::No);
        let (at, _) = failing.next()?;
        failing.next().is_none().then_some(at)
    }

    /// Whether a rule asks for a mark that an earlier one has set.
    pub(super) fn tests_mark(&self, number: u32) -> bool {
        self.rules.get(number as usize).is_some_and(|rule| rule.tests_mark)
    }

    pub(super) fn rule(&self, number: u32) -> Option<(&Rule, &Known)> {
        Some((self.rules.get(number as usize)?, self.known.get(number as usize)?))
    }

    /// The name of the chain that a rule stands in.
    pub(super) fn chain_of(&self, rule: u32) -> Option<&str> {
        let at = self.chains.iter().position(|chain| (chain.rules.0..chain.rules.1).contains(&rule))?;
        self.name(u32::try_from(at).ok()?)
    }

    /// The name of a chain.
    pub(super) fn name(&self, chain: u32) -> Option<&str> {
        self.names.get(chain as usize).map(String::as_str)
    }

    /// The kernel loads no ruleset with such jumps; a dump that somebody has edited may have them.
    fn refuse_circles(&self) -> Result<(), Mistake> {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            OnTheWay,
            Done,
        }
        let mut seen = alloc::vec![Seen::No; self.chains.len()];
        for first in 0..self.chains.len() {
            if seen.get(first) != Some(&Seen::No) {
                continue;
            }
            // Depth first, without recursion: chains and their next rules.
            let mut way: Vec<(usize, u32)> = Vec::new();
            let mut enter = Some(first);
            loop {
                if let Some(chain) = enter.take() {
                    if let Some(mark) = seen.get_mut(chain) {
                        *mark = Seen::OnTheWay;
                    }
                    way.push((chain, self.chains.get(chain).map_or(0, |chain| chain.rules.0)));
                }
                let Some((at, next)) = way.last_mut() else { break };
                let end = self.chains.get(*at).map_or(0, |chain| chain.rules.1);
                let rule = self.rules.get(*next as usize).filter(|_| *next < end);
                *next = next.saturating_add(1);
                match rule.map(|rule| rule.action) {
                    None => {
                        if let Some(mark) = seen.get_mut(*at) {
                            *mark = Seen::Done;
                        }
                        way.pop();
                    }
                    Some(Action::Jump(to) | Action::Goto(to)) => match seen.get(to as usize) {
                        Some(Seen::No) => enter = Some(to as usize),
                        Some(Seen::OnTheWay) => return Err(self.circle(&way, to as usize)),
                        _ => {}
                    },
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    fn circle(&self, way: &[(usize, u32)], to: usize) -> Mistake {
        const SHOWN: usize = 8;
        let chains = way.iter().map(|(chain, _)| *chain).skip_while(|chain| *chain != to).chain([to]);
        let mut names: Vec<_> =
            chains.filter_map(|chain| self.names.get(chain).map(String::as_str)).collect();
        if names.len() > SHOWN {
            names.splice(SHOWN / 2..names.len() - SHOWN / 2, ["…"]);
        }
        Mistake::new(alloc::format!("the jumps go round in a circle: {}", names.join(" → ")))
            .help("the kernel loads no such rules; take a new dump")
    }
}

/// So many of a list, from there on.
fn stretch(list: &[Check], (first, count): (u32, u16)) -> &[Check] {
    let first = first as usize;
    list.get(first..first + usize::from(count)).unwrap_or_default()
}

/// The rules of a chain by the interface they name.
struct ByInterface {
    field: Field,
    named: BTreeMap<InterfaceName, Vec<u32>>,
    /// The rules that name none or many.
    others: Vec<u32>,
}

impl ByInterface {
    /// `None` where an index does not pay.
    fn new(program: &Program, chain: &Chain) -> Option<Self> {
        let (first, end) = chain.rules;
        let interface = |number: u32, field| {
            let known = program.known.get(number as usize)?;
            program.checks(known).iter().find_map(|check| check.interface(field))
        };
        let count = |field| (first..end).filter(|number| interface(*number, field).is_some()).count();
        let fields = [Field::In, Field::Out, Field::PortIn, Field::PortOut];
        let (field, most) =
            fields.map(|field| (field, count(field))).into_iter().max_by_key(|(_, count)| *count)?;
        if most < WORTH_AN_INDEX {
            return None;
        }
        let (mut named, mut others) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
        for number in first..end {
            match interface(number, field) {
                Some(interface) => named.entry(interface).or_default().push(number),
                None => others.push(number),
            }
        }
        let doors = named.len().saturating_mul(others.len());
        (doors <= MOST_DOORS).then_some(Self { field, named, others })
    }
}
