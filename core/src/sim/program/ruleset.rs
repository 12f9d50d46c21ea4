//! Programs from compiled rulesets.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Action, AtEnd, Known, Program, Source};
use crate::ir::{
    BridgeRule, BridgeTable, BridgeTarget, BuiltIn, ChainName, Matches, Origin, SetName, Table, Target,
};
use crate::sim::check::Check;
use crate::sim::mistake::Mistake;

impl Program {
    /// A table of a ruleset. `sets` are the names of the sets in order, which makes their numbers.
    pub(in crate::sim) fn of_table(table: &Table, sets: &[SetName]) -> Result<Self, Mistake> {
        let names: Vec<ChainName> = table.chains.keys().copied().collect();
        let number = |name: &ChainName| number(&names, name);
        let set = |name: &SetName| self::number(sets, name);
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            program.open_chain(name.to_string(), AtEnd::Return);
            for rule in &chain.rules {
                let checks: Vec<_> =
                    rule.matches.iter().map(|condition| program.lists.check(condition, &set)).collect();
                let action = match &rule.target {
                    Target::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                    Target::Goto(chain) => number(chain).map_or(Action::Unknown, Action::Goto),
                    target => Action::of_target(target),
                };
                let source = Source::Target(rule.target.clone());
                let known = Known::new(rule.origin, source, rule.matches.clone());
                program.push(checks, action, known);
            }
        }
        for hook in &table.hooks {
            if let Some(to) = number(&hook.to) {
                program.hook(hook.from.name(), to);
            }
        }
        program.finish()
    }

    /// The bridge's table of a ruleset.
    pub(in crate::sim) fn of_bridge(table: &BridgeTable) -> Result<Self, Mistake> {
        let names: Vec<ChainName> = table.chains.keys().copied().collect();
        let number = |name: &ChainName| number(&names, name);
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            program.open_chain(name.to_string(), AtEnd::Return);
            for BridgeRule { matches, target, origin } in &chain.rules {
                let action = match target {
                    BridgeTarget::Accept => Action::Accept,
                    BridgeTarget::Drop => Action::Drop,
                    BridgeTarget::Return => Action::Return,
                    BridgeTarget::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                };
                let source = Source::Bridge(matches.as_slice().into(), target.clone());
                let known = Known::new(*origin, source, Matches::ANY);
                program.push(matches.iter().map(Check::of_bridge), action, known);
            }
        }
        if let Some(to) = table.forward.as_ref().and_then(number) {
            program.hook("FORWARD", to);
        }
        program.finish()
    }

    /// Makes one of the kernel's chains, which has nothing but a jump. Hooks of one chain follow each other.
    fn hook(&mut self, from: &'static str, to: u32) {
        if !self.entries.contains_key(from) {
            self.entries.insert(from, u32::try_from(self.chains.len()).unwrap_or(u32::MAX));
            self.open_chain(from, AtEnd::Return);
        }
        let known = Known::new(Origin::built_in(BuiltIn::Dispatch), Source::Hook, Matches::ANY);
        self.push([], Action::Jump(to), known);
    }
}

/// The place of a name among sorted ones.
fn number<T: Ord>(names: &[T], name: &T) -> Option<u32> {
    names.binary_search(name).ok().and_then(|at| u32::try_from(at).ok())
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
            Target::Queue(queue) if queue.bypass => Self::QueueOrPass,
            Target::Queue(_) => Self::QueueOrDrop,
            Target::Log { .. } | Target::Helper(_) => Self::Continue,
        }
    }
}
