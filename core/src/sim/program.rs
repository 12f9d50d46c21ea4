//! Tables made for evaluation: jumps and sets resolved, long dispatch chains indexed by interface.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::mistake::Mistake;
use crate::ir::{
    BridgeMatch, BridgeRule, BridgeTable, BridgeTarget, InterfaceName, InterfacePattern, Mark, Matches,
    Origin, Queue, RejectWith, SetName, Table, Target, Test,
};

/// One table.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) chains: Vec<Chain>,
    /// The chain that each of the kernel's hooks enters.
    pub(super) entries: BTreeMap<&'static str, u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) rules: Vec<Rule>,
    /// What happens at the end of a chain of the kernel's own, where that is known to be a drop.
    pub(super) drops_at_end: bool,
    pub(super) index: Option<Index>,
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) conditions: Conditions,
    /// What can't be told from the packet, as the dump has it.
    pub(super) unknown: Box<[Box<str>]>,
    pub(super) action: Action,
    pub(super) origin: Origin,
    pub(super) source: Source,
}

/// What the rule was made from, to show it.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The target of a rule of the IR.
    Target(Target),
    /// A rule of the bridge.
    Bridge(BridgeTarget),
    /// A line of a dump.
    Dumped(Box<str>),
    /// A jump that a hook stands for.
    Hook,
}

#[derive(Clone, Debug)]
pub(super) enum Conditions {
    Ip {
        matches: Matches,
        /// The sets that the matches name, in their order.
        sets: Box<[u32]>,
    },
    Bridge(Box<[BridgeMatch]>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    Drop,
    Return,
    Jump(u32),
    Goto(u32),
    Reject(RejectWith),
    SetMark(Mark),
    SetConnectionMark(u32),
    Log(Arc<str>),
    Queue(Queue),
    /// Something that decides nothing.
    Continue,
    /// Something that may decide, who knows how.
    Unknown,
}

/// The rules of a chain by the interface they ask for.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) field: Field,
    /// For each interface the rules that name it, in order of the names.
    pub(super) named: Vec<(InterfaceName, Box<[u32]>)>,
    /// The rules that name none or many.
    pub(super) others: Box<[u32]>,
}

/// Where a rule can name an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    In,
    Out,
    PortIn,
    PortOut,
}

/// A chain with fewer rules that name an interface is walked.
const WORTH_AN_INDEX: usize = 8;

impl Program {
    /// A table of a ruleset. `sets` are the numbers of the sets.
    pub(super) fn of_table(table: &Table, sets: &BTreeMap<SetName, u32>) -> Result<Self, Mistake> {
        let numbers: BTreeMap<_, u32> = table.chains.keys().copied().zip(0..).collect();
        let number = |name| numbers.get(name).copied();
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            let rules = chain.rules.iter().map(|rule| Rule {
                conditions: Conditions::ip(rule.matches.clone(), sets),
                unknown: Box::default(),
                action: match &rule.target {
                    Target::Accept => Action::Accept,
                    Target::Drop => Action::Drop,
                    Target::Return => Action::Return,
                    Target::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                    Target::Goto(chain) => number(chain).map_or(Action::Unknown, Action::Goto),
                    target => Action::of_target(target),
                },
                origin: rule.origin,
                source: Source::Target(rule.target.clone()),
            });
            program.chains.push(Chain { name: name.to_string(), rules: rules.collect(), ..Chain::default() });
        }
        for hook in &table.hooks {
            if let Some(to) = number(&hook.to) {
                program.hook(hook.from.name(), to);
            }
        }
        program.finish()
    }

    /// The bridge's table of a ruleset.
    pub(super) fn of_bridge(table: &BridgeTable) -> Result<Self, Mistake> {
        let numbers: BTreeMap<_, u32> = table.chains.keys().copied().zip(0..).collect();
        let number = |name| numbers.get(name).copied();
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            let rules = chain.rules.iter().map(|BridgeRule { matches, target, origin }| Rule {
                conditions: Conditions::Bridge(matches.as_slice().into()),
                unknown: Box::default(),
                action: match target {
                    BridgeTarget::Accept => Action::Accept,
                    BridgeTarget::Drop => Action::Drop,
                    BridgeTarget::Return => Action::Return,
                    BridgeTarget::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                },
                origin: *origin,
                source: Source::Bridge(target.clone()),
            });
            program.chains.push(Chain { name: name.to_string(), rules: rules.collect(), ..Chain::default() });
        }
        if let Some(to) = table.forward.as_ref().and_then(number) {
            program.hook("FORWARD", to);
        }
        program.finish()
    }

    /// Adds a jump to one of the kernel's chains.
    fn hook(&mut self, from: &'static str, to: u32) {
        let new = u32::try_from(self.chains.len()).unwrap_or(u32::MAX);
        let entry = *self.entries.entry(from).or_insert(new);
        if entry == new {
            self.chains.push(Chain { name: from.to_string(), ..Chain::default() });
        }
        if let Some(chain) = self.chains.get_mut(entry as usize) {
            chain.rules.push(Rule {
                conditions: Conditions::Bridge(Box::default()),
                unknown: Box::default(),
                action: Action::Jump(to),
                origin: Origin::built_in(crate::ir::BuiltIn::Dispatch),
                source: Source::Hook,
            });
        }
    }

    /// Indexes the chains; refuses jumps that go round in a circle.
    pub(super) fn finish(mut self) -> Result<Self, Mistake> {
        self.refuse_circles()?;
        for chain in &mut self.chains {
            chain.index = Index::new(&chain.rules);
        }
        Ok(self)
    }

    /// The kernel loads no ruleset with such jumps; a dump that somebody has edited may have them.
    fn refuse_circles(&self) -> Result<(), Mistake> {
        // Depth first without recursion: 0 unseen, 1 on the way, 2 done.
        let mut seen = alloc::vec![0_u8; self.chains.len()];
        for first in 0..self.chains.len() {
            if seen.get(first) != Some(&0) {
                continue;
            }
            let mut way: Vec<(usize, usize)> = alloc::vec![(first, 0)];
            while let Some((chain, rule)) = way.last_mut() {
                let (at, next) = (*chain, *rule);
                if let Some(mark) = seen.get_mut(at) {
                    *mark = 1;
                }
                *rule += 1;
                let Some(found) = self.chains.get(at).and_then(|chain| chain.rules.get(next)) else {
                    if let Some(mark) = seen.get_mut(at) {
                        *mark = 2;
                    }
                    way.pop();
                    continue;
                };
                let (Action::Jump(to) | Action::Goto(to)) = found.action else { continue };
                let to = to as usize;
                match seen.get(to) {
                    Some(0) => way.push((to, 0)),
                    Some(1) => {
                        let names = way.iter().skip_while(|(chain, _)| *chain != to).map(|(chain, _)| *chain);
                        let mut names: Vec<_> = names
                            .chain([to])
                            .filter_map(|chain| Some(self.chains.get(chain)?.name.as_str()))
                            .collect();
                        const SHOWN: usize = 8;
                        if names.len() > SHOWN {
                            names.splice(SHOWN / 2..names.len() - SHOWN / 2, ["…"]);
                        }
                        let circle = names.join(" → ");
                        return Err(Mistake::new(alloc::format!("the jumps go round in a circle: {circle}"))
                            .help("the kernel loads no such rules; take a new dump"));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl Conditions {
    pub(super) fn ip(matches: Matches, numbers: &BTreeMap<SetName, u32>) -> Self {
        let named = matches.iter().filter_map(|condition| match &condition.test {
            // A set that does not exist holds nothing; the tools would refuse the rule.
            Test::InSet(_, name) => Some(numbers.get(name).copied().unwrap_or(u32::MAX)),
            _ => None,
        });
        let sets = named.collect();
        Self::Ip { matches, sets }
    }

    /// The single interface that must be there for the conditions to hold.
    fn interface(&self, field: Field) -> Option<InterfaceName> {
        let exact = |pattern: &InterfacePattern| (!pattern.prefix).then_some(pattern.name);
        match self {
            Self::Ip { matches, .. } => {
                matches.iter().filter(|condition| !condition.negated).find_map(|condition| {
                    match (&condition.test, field) {
                        (Test::InInterface(pattern), Field::In)
                        | (Test::OutInterface(pattern), Field::Out)
                        | (Test::BridgePortIn(pattern), Field::PortIn)
                        | (Test::BridgePortOut(pattern), Field::PortOut) => exact(pattern),
                        _ => None,
                    }
                })
            }
            Self::Bridge(matches) => matches.iter().find_map(|condition| match (condition, field) {
                (BridgeMatch::InPort(pattern), Field::PortIn)
                | (BridgeMatch::OutPort(pattern), Field::PortOut) => exact(pattern),
                _ => None,
            }),
        }
    }
}

impl Action {
    /// What a target that names no chain does.
    pub(super) fn of_target(target: &Target) -> Self {
        match target {
            Target::Accept => Self::Accept,
            Target::Drop => Self::Drop,
            Target::Return => Self::Return,
            Target::Jump(_) | Target::Goto(_) => Self::Unknown,
            Target::Reject(with) => Self::Reject(*with),
            Target::SetMark(mark) => Self::SetMark(*mark),
            Target::SetConnectionMark(value) => Self::SetConnectionMark(*value),
            Target::Log { prefix } => Self::Log(Arc::clone(prefix)),
            Target::Queue(queue) => Self::Queue(*queue),
            Target::Helper(_) => Self::Continue,
        }
    }
}

impl Index {
    fn new(rules: &[Rule]) -> Option<Self> {
        let count = |field| rules.iter().filter(|rule| rule.conditions.interface(field).is_some()).count();
        let fields = [Field::In, Field::Out, Field::PortIn, Field::PortOut];
        let (field, most) =
            fields.map(|field| (field, count(field))).into_iter().max_by_key(|(_, count)| *count)?;
        if most < WORTH_AN_INDEX {
            return None;
        }
        let mut named: BTreeMap<InterfaceName, Vec<u32>> = BTreeMap::new();
        let mut others = Vec::new();
        for (rule, number) in rules.iter().zip(0..) {
            match rule.conditions.interface(field) {
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
