//! How much changes.

use super::{Change, Diff, Entries, Presence};

/// How much changes. Rules and members of what comes or goes as a whole are counted with it, not by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Summary {
    /// Lines of the configuration that are not the same.
    pub lines: usize,
    /// Rules, in chains that are on both sides.
    pub rules: Count,
    /// Members, of sets that are on both sides.
    pub members: Count,
    /// Chains.
    pub chains: Count,
    /// Sets; those with another size are changed.
    pub sets: Count,
}

/// Numbers of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Count {
    /// New ones.
    pub added: usize,
    /// Those gone.
    pub removed: usize,
    /// Those that are others now.
    pub changed: usize,
    /// Those that are elsewhere.
    pub moved: usize,
}

impl Count {
    fn add<T>(&mut self, change: &Change<T>) {
        *match change {
            Change::Added(_) => &mut self.added,
            Change::Removed(_) => &mut self.removed,
            Change::Changed { .. } => &mut self.changed,
            Change::Moved { .. } => &mut self.moved,
        } += 1;
    }

    fn whole(&mut self, presence: Presence) {
        *match presence {
            Presence::Added => &mut self.added,
            Presence::Removed => &mut self.removed,
            Presence::Kept => &mut self.changed,
        } += 1;
    }

    /// All of them.
    pub const fn total(&self) -> usize {
        self.added + self.removed + self.changed + self.moved
    }
}

impl Summary {
    /// Counts a diff. Chains of which only rules change are not counted as changed.
    pub(super) fn new(diff: &Diff<'_>, entries: &Entries<'_, '_>) -> Self {
        let lines = entries.entries.iter().filter(|entry| entry.edited).count();
        let mut summary = Self { lines, ..Self::default() };
        for chain in &diff.chains {
            if chain.presence == Presence::Kept {
                chain.rules.iter().for_each(|change| summary.rules.add(change));
            } else {
                summary.chains.whole(chain.presence);
            }
        }
        for set in &diff.sets {
            if set.presence == Presence::Kept {
                set.members.iter().for_each(|change| summary.members.add(change));
            }
            if set.presence != Presence::Kept || set.resized().is_some() {
                summary.sets.whole(set.presence);
            }
        }
        summary
    }
}
