//! What changes between two rulesets, and the lines of the configuration that change it.
//!
//! In: two compiled [`Ruleset`]s, each with the files that it was made from. Out: a [`Diff`], rule by rule for each chain
//! and member by member for each set; [`Diff::entries`] tells the same by line of the configuration, which is how
//! people think of it: one line makes rules in several chains and both families. Nothing can go wrong.
//!
//! Rules are compared as IR, so another spelling of the same is no change. What counts as *changed* rather than removed
//! and added: the rule comes from what has become of the old rule's line, by the same way of making it; or it is the only
//! one of its making between the same two neighbours (a policy). A rule that is removed here and added there in the same
//! chain has *moved*.

mod entries;
mod lines;
mod places;
#[cfg(feature = "render")]
pub mod render;
mod rules;
mod sequence;
mod sets;
mod summary;

use alloc::string::String;
use alloc::vec::Vec;

pub use entries::{Cause, Entries, Entry, MemberIn, RuleIn};
pub use lines::{Line, Lines};
pub use sets::SetDiff;
pub use summary::{Count, Summary};

use crate::emit;
use crate::ir::{BridgeRule, ChainName, Origin, Rule, Ruleset};
use crate::text::Files;
use crate::{Family, ir};
use places::Places;

/// One of the two rulesets.
#[derive(Clone, Copy, Debug)]
pub struct Side<'r> {
    /// What is loaded.
    pub ruleset: &'r Ruleset,
    /// What it was made from.
    pub files: &'r Files,
}

/// A table that has chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableId {
    /// Table `filter` of iptables or ip6tables.
    Filter(Family),
    /// Table `raw` of iptables or ip6tables.
    Raw(Family),
    /// The bridge's table `filter`.
    Bridge,
}

impl TableId {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Filter(Family::V4),
        Self::Filter(Family::V6),
        Self::Raw(Family::V4),
        Self::Raw(Family::V6),
        Self::Bridge,
    ];

    /// The family, if the table has one.
    pub const fn family(self) -> Option<Family> {
        match self {
            Self::Filter(family) | Self::Raw(family) => Some(family),
            Self::Bridge => None,
        }
    }

    /// `filter` or `raw`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter(_) | Self::Bridge => "filter",
            Self::Raw(_) => "raw",
        }
    }
}

/// A rule of any table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleRef<'r> {
    /// Of iptables or ip6tables.
    Ip(&'r Rule),
    /// Of ebtables.
    Bridge(&'r BridgeRule),
}

impl RuleRef<'_> {
    /// Where it comes from.
    pub const fn origin(self) -> Origin {
        match self {
            Self::Ip(rule) => rule.origin,
            Self::Bridge(rule) => rule.origin,
        }
    }

    /// The rule as the restore tools are told.
    pub fn text(self, chain: ChainName) -> String {
        match self {
            Self::Ip(rule) => emit::rule_line(chain, rule),
            Self::Bridge(rule) => emit::bridge_line(chain, rule),
        }
    }
}

/// A rule and its place in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<'r> {
    /// Number of rules before it.
    pub index: usize,
    /// The rule.
    pub rule: RuleRef<'r>,
}

/// What happens to a rule, or to a member of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It is gone.
    Removed(T),
    /// It is new.
    Added(T),
    /// It is another one: a rule has other conditions or does something else, a member has become an exception or is
    /// none any more.
    Changed {
        /// As it was.
        old: T,
        /// As it is.
        new: T,
    },
    /// It is the same in another place. Members have no order.
    Moved {
        /// Where it was.
        old: T,
        /// Where it is.
        new: T,
    },
}

impl<T: Copy> Change<T> {
    /// As it was.
    pub const fn before(&self) -> Option<T> {
        match self {
            Self::Removed(old) | Self::Changed { old, .. } | Self::Moved { old, .. } => Some(*old),
            Self::Added(_) => None,
        }
    }

    /// As it is.
    pub const fn after(&self) -> Option<T> {
        match self {
            Self::Added(new) | Self::Changed { new, .. } | Self::Moved { new, .. } => Some(*new),
            Self::Removed(_) => None,
        }
    }

    /// `removed`, `added`, `changed` or `moved`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Removed(_) => "removed",
            Self::Added(_) => "added",
            Self::Changed { .. } => "changed",
            Self::Moved { .. } => "moved",
        }
    }
}

/// On which sides something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// On both.
    Kept,
    /// Only among the old.
    Removed,
    /// Only among the new.
    Added,
}

impl Presence {
    const fn of<T>(old: Option<&T>, new: Option<&T>) -> Self {
        match (old, new) {
            (Some(_), None) => Self::Removed,
            (None, Some(_)) => Self::Added,
            _ => Self::Kept,
        }
    }
}

/// What changes in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainDiff<'r> {
    /// The table it is in.
    pub table: TableId,
    /// Its name.
    pub name: ChainName,
    /// Whether the chain itself comes or goes.
    pub presence: Presence,
    /// Its rules that change, in their order.
    pub rules: Vec<Change<Placed<'r>>>,
}

/// A jump from one of the kernel's own chains that comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookChange {
    /// The table.
    pub table: TableId,
    /// The kernel's chain.
    pub from: ir::HookPoint,
    /// Our chain.
    pub to: ChainName,
    /// Whether it comes rather than goes. One that moves does both.
    pub added: bool,
    /// Number of our jumps in the table before it.
    pub index: usize,
}

/// Everything that changes between two rulesets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff<'r> {
    /// Chains that change, in order of table and name.
    pub chains: Vec<ChainDiff<'r>>,
    /// Jumps from the kernel's own chains that change.
    pub hooks: Vec<HookChange>,
    /// Sets that change, in order of their names.
    pub sets: Vec<SetDiff<'r>>,
}

impl<'r> Diff<'r> {
    /// Compares two rulesets.
    pub fn new(old: Side<'r>, new: Side<'r>) -> Self {
        let mut places = Places::new(old, new);
        let chains = rules::chains(old.ruleset, new.ruleset, &mut places);
        let hooks = rules::hooks(old.ruleset, new.ruleset);
        Self { chains, hooks, sets: sets::sets(old.ruleset, new.ruleset) }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.hooks.is_empty() && self.sets.is_empty()
    }

    /// The same by lines of the configuration. `old` and `new` are what the diff was made of.
    pub fn entries(&self, old: Side<'r>, new: Side<'r>) -> Entries<'_, 'r> {
        entries::entries(self, &mut Places::new(old, new))
    }

    /// How much changes. `entries` are those of this diff.
    pub fn summary(&self, entries: &Entries<'_, '_>) -> Summary {
        Summary::new(self, entries)
    }
}
