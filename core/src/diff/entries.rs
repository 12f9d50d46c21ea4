//! Changes by line of the configuration.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::places::Places;
use super::{ChainDiff, Change, Diff, Line, Placed, Presence, SetDiff};
use crate::ir::{BuiltIn, Maker, Member, Origin, Set};

/// A diff by cause.
#[derive(Clone, Debug, Default)]
pub struct Entries<'d, 'r> {
    /// Lines that change something, or are changed themselves, by file and line; then built-in mechanisms.
    pub entries: Vec<Entry<'d, 'r>>,
    /// Chains that come or go as a whole: their rules are in no entry.
    pub chains: Vec<&'d ChainDiff<'r>>,
    /// Sets that come or go as a whole: their members are in no entry.
    pub sets: Vec<&'d SetDiff<'r>>,
}

/// What makes rules or members change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A line: as it was, and as it is. Both may read the same: then something that it refers to has changed.
    Line {
        /// In the old files.
        old: Option<Line>,
        /// In the new files.
        new: Option<Line>,
    },
    /// No line: a mechanism of the firewall's own.
    BuiltIn(BuiltIn),
    /// No line: a policy that nobody has set.
    DefaultPolicy,
    /// No line: what was told about the node.
    Facts,
}

impl Cause {
    /// A few words for what no line causes.
    pub const fn built_in(self) -> Option<&'static str> {
        match self {
            Self::Line { .. } => None,
            Self::BuiltIn(what) => Some(what.description()),
            Self::DefaultPolicy => Some("default policy"),
            Self::Facts => Some("facts about the node"),
        }
    }
}

/// The changes that one cause has.
#[derive(Clone, Debug)]
pub struct Entry<'d, 'r> {
    /// The cause.
    pub cause: Cause,
    /// Whether the line itself says something else, or is on one side only. If not, something that it refers to has
    /// changed, or its place.
    pub edited: bool,
    /// Whether the line also makes rules or members of what comes or goes as a whole.
    pub in_whole: bool,
    /// Rules of chains that are on both sides.
    pub rules: Vec<RuleIn<'d, 'r>>,
    /// Members of sets that are on both sides.
    pub members: Vec<MemberIn<'d, 'r>>,
    /// Sets that are on both sides and get another size.
    pub resized: Vec<&'d SetDiff<'r>>,
}

/// A rule that changes, in its chain.
#[derive(Clone, Copy, Debug)]
pub struct RuleIn<'d, 'r> {
    /// The chain.
    pub chain: &'d ChainDiff<'r>,
    /// What happens to the rule.
    pub change: &'d Change<Placed<'r>>,
}

/// A member that changes, in its set.
#[derive(Clone, Copy, Debug)]
pub struct MemberIn<'d, 'r> {
    /// The set.
    pub set: &'d SetDiff<'r>,
    /// What happens to the member.
    pub change: &'d Change<&'r Member>,
}

/// Entries while they are collected.
struct Collected<'d, 'r, 'p> {
    entries: BTreeMap<Cause, Entry<'d, 'r>>,
    places: &'p mut Places<'r>,
}

pub(super) fn entries<'d, 'r>(diff: &'d Diff<'r>, places: &mut Places<'r>) -> Entries<'d, 'r> {
    let mut found = Entries::default();
    let mut all = Collected { entries: BTreeMap::new(), places };
    for chain in &diff.chains {
        if chain.presence != Presence::Kept {
            found.chains.push(chain);
            continue;
        }
        let policy = all.policy(chain);
        for change in &chain.rules {
            let (old, new) = (change.before(), change.after());
            let cause = all.rule(old.map(|old| old.rule.origin()), new.map(|new| new.rule.origin()));
            let cause = if cause == Cause::DefaultPolicy { policy.unwrap_or(cause) } else { cause };
            all.at(cause).rules.push(RuleIn { chain, change });
        }
    }
    for set in &diff.sets {
        if set.presence != Presence::Kept {
            found.sets.push(set);
            continue;
        }
        for change in &set.members {
            let place = |member: Option<&Member>| member.and_then(|member| member.span).map(line_origin);
            let cause = all.line(place(change.before()), place(change.after())).unwrap_or(Cause::Facts);
            all.at(cause).members.push(MemberIn { set, change });
        }
        if set.resized().is_some() {
            let place = |set: Option<&Set>| set.and_then(|set| set.span).map(line_origin);
            let cause = all.line(place(set.old), place(set.new)).unwrap_or(Cause::Facts);
            all.at(cause).resized.push(set);
        }
    }
    for (old, new) in all.places.changed() {
        all.at(Cause::Line { old, new });
    }
    let whole = lines_of_whole(&found, all.places);
    let Collected { mut entries, places } = all;
    for (cause, entry) in &mut entries {
        if let Cause::Line { old, new } = *cause {
            entry.edited = places.edited(old, new);
            entry.in_whole = old.is_some_and(|old| whole.0.contains(&old))
                || new.is_some_and(|new| whole.1.contains(&new));
        }
    }
    found.entries = entries.into_values().collect();
    found.entries.sort_by_key(|entry| match entry.cause {
        Cause::Line { old, new } => (false, places.rank(old, new), entry.cause),
        other => (true, places.rank(None, None), other),
    });
    found
}

/// The old lines behind what goes as a whole, and the new ones behind what comes.
fn lines_of_whole(found: &Entries<'_, '_>, places: &mut Places<'_>) -> (BTreeSet<Line>, BTreeSet<Line>) {
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    for change in found.chains.iter().flat_map(|chain| &chain.rules) {
        old.extend(change.before().and_then(|placed| places.old_line(placed.rule.origin())));
        new.extend(change.after().and_then(|placed| places.new_line(placed.rule.origin())));
    }
    for set in &found.sets {
        let own = |set: &Set| set.span.map(line_origin);
        old.extend(set.old.and_then(own).and_then(|origin| places.old_line(origin)));
        new.extend(set.new.and_then(own).and_then(|origin| places.new_line(origin)));
        for change in &set.members {
            let place = |member: &Member| member.span.map(line_origin);
            old.extend(change.before().and_then(place).and_then(|origin| places.old_line(origin)));
            new.extend(change.after().and_then(place).and_then(|origin| places.new_line(origin)));
        }
    }
    (old, new)
}

const fn line_origin(span: crate::text::Span) -> Origin {
    Origin { span: Some(span), maker: Maker::Line }
}

impl<'d, 'r> Collected<'d, 'r, '_> {
    fn at(&mut self, cause: Cause) -> &mut Entry<'d, 'r> {
        self.entries.entry(cause).or_insert_with(|| Entry {
            cause,
            edited: false,
            in_whole: false,
            rules: Vec::new(),
            members: Vec::new(),
            resized: Vec::new(),
        })
    }

    /// The line behind the policy of a chain: what goes or comes with another default is its doing, too.
    fn policy(&mut self, chain: &ChainDiff<'r>) -> Option<Cause> {
        chain.rules.iter().find_map(|change| {
            let of_policy = |placed: Option<Placed<'r>>| {
                placed.map(|placed| placed.rule.origin()).filter(|origin| origin.maker == Maker::Policy)
            };
            self.line(of_policy(change.before()), of_policy(change.after()))
        })
    }

    fn rule(&mut self, old: Option<Origin>, new: Option<Origin>) -> Cause {
        if let Some(line) = self.line(old, new) {
            return line;
        }
        match new.or(old).map(|origin| origin.maker) {
            Some(Maker::BuiltIn(what)) => Cause::BuiltIn(what),
            _ => Cause::DefaultPolicy,
        }
    }

    /// The line, with its partner on the other side. What counts is what is there now.
    fn line(&mut self, old: Option<Origin>, new: Option<Origin>) -> Option<Cause> {
        let new = new.and_then(|origin| self.places.new_line(origin));
        let old = old.and_then(|origin| self.places.old_line(origin));
        match (old, new) {
            (_, Some(new)) => Some(Cause::Line { old: self.places.been(new), new: Some(new) }),
            (Some(old), None) => Some(Cause::Line { old: Some(old), new: self.places.become_of(old) }),
            (None, None) => None,
        }
    }
}
