//! Tables made for evaluation: jumps and sets resolved, conditions in a row, long dispatch chains indexed by interface.
//!
//! What a verdict needs is apart from what only an explanation needs ([`Known`]), so that a walk touches little memory.

mod dump;
mod ruleset;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::check::{Ask, Check, Field, Lists};
use super::mistake::Mistake;
use crate::ir::{
    BridgeMatch, BridgeTarget, InterfaceName, Maker, Mark, Matches, Origin, PortRange, RejectWith, Side,
    Target, Test,
};
use crate::readback::Change;

/// One table.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) chains: Vec<Chain>,
    /// The rules of all chains, one behind the other.
    pub(super) rules: Vec<Rule>,
    /// The conditions of all rules, one behind the other.
    checks: Vec<Check>,
    pub(super) lists: Lists,
    /// What is known about each rule beside what it does.
    known: Vec<Known>,
    /// The chain that each of the kernel's hooks enters.
    pub(super) entries: BTreeMap<&'static str, u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub(super) name: String,
    /// Its rules: the first and the one behind the last.
    pub(super) rules: (u32, u32),
    pub(super) at_end: AtEnd,
    pub(super) index: Option<Index>,
}

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

#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// What most packets fail at, taken from its conditions to be asked first.
    pub(super) gate: Gate,
    first_check: u32,
    checks: u16,
    /// Whether some conditions can't be told from the packet.
    pub(super) unsure: bool,
    /// Who wants it.
    pub(super) voice: Voice,
    /// Whether it asks for a mark that an earlier rule has set.
    pub(super) tests_mark: bool,
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

/// A protocol and destination ports that a packet must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    /// `None`: any, also none.
    protocol: Option<u8>,
    /// `0..=65535` lets packets without ports pass, too.
    ports: PortRange,
}

impl Gate {
    const OPEN: Self = Self { protocol: None, ports: PortRange { first: 0, last: u16::MAX } };

    fn new(checks: &[Check]) -> Self {
        let mut gate = Self::OPEN;
        for check in checks.iter().filter(|check| !check.negated) {
            match check.ask {
                Ask::Protocol(number) => gate.protocol = Some(number),
                Ask::Port(Side::Destination, range) => gate.ports = range,
                _ => {}
            }
        }
        gate
    }

    /// Whether a packet gets this far. What it does not have comes as 0: its conditions are asked afterwards anyway.
    pub(super) const fn lets_in(self, protocol: u8, port: u16) -> bool {
        let known = match self.protocol {
            None => true,
            Some(wanted) => wanted == protocol,
        };
        known && self.ports.first <= port && port <= self.ports.last
    }
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
pub(super) struct Index {
    pub(super) field: Field,
    /// For each interface the rules that name it, in order of the names.
    named: Vec<(InterfaceName, Box<[u32]>)>,
    /// The rules that name none or many.
    pub(super) others: Box<[u32]>,
}

/// A chain with fewer rules that name an interface is walked.
const WORTH_AN_INDEX: usize = 8;

impl Program {
    fn open_chain(&mut self, name: impl Into<String>, at_end: AtEnd) {
        let first = self.next_rule();
        self.chains.push(Chain { name: name.into(), rules: (first, first), at_end, index: None });
    }

    fn next_rule(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    /// Adds a rule to the chain that was opened last.
    fn push(&mut self, checks: impl IntoIterator<Item = Check>, action: Action, known: Known) {
        let first_check = self.checks.len();
        self.checks.extend(checks);
        let count = u16::try_from(self.checks.len() - first_check);
        let tests_mark = known.matches.iter().any(|condition| {
            !condition.negated && matches!(&condition.test, Test::Mark(mark) if mark.value != 0)
        });
        let voice = match (known.origin.maker, known.origin.span) {
            (Maker::BuiltIn(_), _) => Voice::BuiltIn,
            (_, None) => Voice::Default,
            (_, Some(_)) => Voice::Line,
        };
        self.rules.push(Rule {
            gate: Gate::new(self.checks.get(first_check..).unwrap_or_default()),
            first_check: u32::try_from(first_check).unwrap_or(u32::MAX),
            checks: count.unwrap_or(u16::MAX),
            // A rule with more conditions than can be counted is not judged by the first of them.
            unsure: !known.unknown.is_empty() || count.is_err(),
            voice,
            tests_mark,
            action,
        });
        self.known.push(known);
        let end = self.next_rule();
        if let Some(chain) = self.chains.last_mut() {
            chain.rules.1 = end;
        }
    }

    /// Indexes the chains; refuses jumps that go round in a circle.
    fn finish(mut self) -> Result<Self, Mistake> {
        self.refuse_circles()?;
        for at in 0..self.chains.len() {
            let Some(chain) = self.chains.get(at) else { continue };
            let index = Index::new(&self, chain);
            if let Some(chain) = self.chains.get_mut(at) {
                chain.index = index;
            }
        }
        Ok(self)
    }

    pub(super) fn checks(&self, rule: &Rule) -> &[Check] {
        let first = rule.first_check as usize;
        self.checks.get(first..first + usize::from(rule.checks)).unwrap_or_default()
    }

    pub(super) fn rule(&self, number: u32) -> Option<(&Rule, &Known)> {
        Some((self.rules.get(number as usize)?, self.known.get(number as usize)?))
    }

    /// The chain that a rule stands in.
    pub(super) fn chain_of(&self, rule: u32) -> Option<&Chain> {
        self.chains.iter().find(|chain| (chain.rules.0..chain.rules.1).contains(&rule))
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
            chains.filter_map(|chain| Some(self.chains.get(chain)?.name.as_str())).collect();
        if names.len() > SHOWN {
            names.splice(SHOWN / 2..names.len() - SHOWN / 2, ["…"]);
        }
        Mistake::new(alloc::format!("the jumps go round in a circle: {}", names.join(" → ")))
            .help("the kernel loads no such rules; take a new dump")
    }
}

impl Index {
    fn new(program: &Program, chain: &Chain) -> Option<Self> {
        let (first, end) = chain.rules;
        let interface = |number: u32, field| {
            let rule = program.rules.get(number as usize)?;
            program.checks(rule).iter().find_map(|check| check.interface(field))
        };
        let count = |field| (first..end).filter(|number| interface(*number, field).is_some()).count();
        let fields = [Field::In, Field::Out, Field::PortIn, Field::PortOut];
        let (field, most) =
            fields.map(|field| (field, count(field))).into_iter().max_by_key(|(_, count)| *count)?;
        if most < WORTH_AN_INDEX {
            return None;
        }
        let mut named: BTreeMap<InterfaceName, Vec<u32>> = BTreeMap::new();
        let mut others = Vec::new();
        for number in first..end {
            match interface(number, field) {
                Some(interface) => named.entry(interface).or_default().push(number),
                None => others.push(number),
            }
        }
        let named = named.into_iter().map(|(name, rules)| (name, rules.into())).collect();
        Some(Self { field, named, others: others.into() })
    }

    /// The rules that name this interface.
    pub(super) fn naming(&self, interface: Option<InterfaceName>) -> &[u32] {
        let found =
            interface.and_then(|name| self.named.binary_search_by(|(other, _)| other.cmp(&name)).ok());
        found.and_then(|at| self.named.get(at)).map_or(&[], |(_, rules)| rules)
    }
}
