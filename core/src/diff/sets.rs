//! Address sets and their members.

use alloc::vec::Vec;

use super::{Change, Presence};
use crate::ir::{Member, Ruleset, Set, SetName};

/// What changes in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetDiff<'r> {
    /// Its name.
    pub name: SetName,
    /// Whether the set itself comes or goes.
    pub presence: Presence,
    /// The set as it was.
    pub old: Option<&'r Set>,
    /// The set as it is.
    pub new: Option<&'r Set>,
    /// Its members that change, in order of their networks.
    pub members: Vec<Change<&'r Member>>,
}

impl SetDiff<'_> {
    /// Old and new size, if they differ.
    pub fn resized(&self) -> Option<(u32, u32)> {
        let (old, new) = (self.old?.size, self.new?.size);
        (old != new).then_some((old, new))
    }
}

/// The sets that differ.
pub(super) fn sets<'r>(old: &'r Ruleset, new: &'r Ruleset) -> Vec<SetDiff<'r>> {
    let mut names: Vec<SetName> = old.sets.keys().chain(new.sets.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let mut sets = Vec::new();
    for name in names {
        match (old.sets.get(&name), new.sets.get(&name)) {
            // A set can't change its family: it goes, and another one comes.
            (Some(old), Some(new)) if old.family != new.family => {
                sets.extend([diff(name, Some(old), None), diff(name, None, Some(new))]);
            }
            (old, new) => {
                let diff = diff(name, old, new);
                if diff.presence != Presence::Kept || !diff.members.is_empty() || diff.resized().is_some() {
                    sets.push(diff);
                }
            }
        }
    }
    sets
}

fn diff<'r>(name: SetName, old: Option<&'r Set>, new: Option<&'r Set>) -> SetDiff<'r> {
    let sorted = |set: Option<&'r Set>| {
        let mut members: Vec<&Member> = set.map(|set| set.members.iter().collect()).unwrap_or_default();
        members.sort_by_key(|member| member.net);
        members
    };
    let (before, after) = (sorted(old), sorted(new));
    let mut after = after.into_iter().peekable();
    let mut members = Vec::new();
    for old in before {
        while let Some(new) = after.next_if(|new| new.net < old.net) {
            members.push(Change::Added(new));
        }
        match after.next_if(|new| new.net == old.net) {
            Some(new) if new == old => {}
            Some(new) => members.push(Change::Changed { old, new }),
            None => members.push(Change::Removed(old)),
        }
    }
    members.extend(after.map(Change::Added));
    SetDiff { name, presence: Presence::of(old, new), old, new, members }
}
