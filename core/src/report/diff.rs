//! The answer of `diff`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::answer::Line;
use crate::Family;
use crate::diff::{
    self, Cause, ChainDiff, Entries, Lines, Placed, Presence, SetDiff, Side, Summary, TableId,
};
use crate::ir::{ChainName, Member, Origin};
use crate::text::Span;

/// All that changes between two rulesets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diff<'a> {
    /// What changes, by the line that changes it.
    pub changes: Vec<Entry<'a>>,
    /// Chains that come or go as a whole.
    pub chains: Vec<Chain<'a>>,
    /// Sets that come or go as a whole.
    pub sets: Vec<Set<'a>>,
    /// Jumps from the kernel's own chains.
    pub hooks: Vec<Hook>,
    /// How much changes.
    pub summary: Summary,
}

/// The changes that one cause has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry<'a> {
    /// The line as it was.
    pub old: Option<SourceLine<'a>>,
    /// The line as it is.
    pub new: Option<SourceLine<'a>>,
    /// The mechanism, where no line is the cause.
    pub built_in: Option<&'static str>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Members of sets, and sizes.
    pub members: Vec<SetMember>,
    /// Sizes of sets.
    pub sizes: Vec<Size>,
}

/// A line of a file and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceLine<'a> {
    /// The file.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
    /// What it says.
    pub text: String,
}

/// A rule that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// `added`, `removed`, `changed` or `moved`.
    pub change: &'static str,
    /// `v4`, `v6` or `bridge`.
    pub family: &'static str,
    /// `filter` or `raw`.
    pub table: &'static str,
    /// The chain.
    pub chain: String,
    /// As it was.
    pub old: Option<Text>,
    /// As it is.
    pub new: Option<Text>,
}

/// A rule as it is fed to the restore tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Its place in the chain, from 1.
    pub number: usize,
    /// The rule.
    pub rule: String,
}

/// A member of a set that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetMember {
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// The set.
    pub set: String,
    /// The network.
    pub cidr: String,
    /// Whether it is an exception now, or was one before it was removed.
    pub nomatch: bool,
}

/// A set with another size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// The set.
    pub set: String,
    /// Members it had room for.
    pub old: u32,
    /// Members it has room for.
    pub new: u32,
}

/// A chain that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain<'a> {
    /// `added` or `removed`.
    pub change: &'static str,
    /// `v4`, `v6` or `bridge`.
    pub family: &'static str,
    /// `filter` or `raw`.
    pub table: &'static str,
    /// Its name.
    pub chain: String,
    /// Its rules.
    pub rules: Vec<ChainRule<'a>>,
}

/// A rule of a chain that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainRule<'a> {
    /// The rule.
    pub rule: String,
    /// The line it comes from; none for a built-in one.
    pub by: Option<Line<'a>>,
}

/// A set that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Set<'a> {
    /// `added` or `removed`.
    pub change: &'static str,
    /// Its name.
    pub set: String,
    /// The line that defines it; none for a built-in one.
    pub by: Option<Line<'a>>,
    /// Its members.
    pub members: Vec<WholeMember<'a>>,
}

/// A member of a set that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WholeMember<'a> {
    /// The network.
    pub cidr: String,
    /// Whether it is an exception.
    pub nomatch: bool,
    /// The line it comes from, if there is one.
    pub by: Option<Line<'a>>,
}

/// A jump from one of the kernel's own chains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// `added` or `removed`.
    pub change: &'static str,
    /// `v4`, `v6` or `bridge`.
    pub family: &'static str,
    /// `filter` or `raw`.
    pub table: &'static str,
    /// The kernel's chain.
    pub from: &'static str,
    /// Our chain.
    pub to: String,
}

impl<'a> Diff<'a> {
    /// Brings a diff into this form. `old` and `new` are what it was made of.
    pub fn new(diff: &diff::Diff<'_>, entries: &Entries<'_, '_>, old: Side<'a>, new: Side<'a>) -> Self {
        let (mut before, mut after) = (Lines::new(old.files), Lines::new(new.files));
        let changes = entries.entries.iter().map(|entry| entry_of(entry, &mut before, &mut after)).collect();
        let (mut chains, mut sets) = (Vec::new(), Vec::new());
        for chain in &entries.chains {
            chains.push(chain_of(chain, of(chain.presence, &mut before, &mut after)));
        }
        for set in &entries.sets {
            sets.extend(set_of(set, of(set.presence, &mut before, &mut after)));
        }
        let hooks = diff
            .hooks
            .iter()
            .map(|hook| Hook {
                change: if hook.added { "added" } else { "removed" },
                family: family(hook.table),
                table: hook.table.name(),
                from: hook.from.name(),
                to: hook.to.to_string(),
            })
            .collect();
        Self { changes, chains, sets, hooks, summary: diff.summary(entries) }
    }
}

/// The side that something comes from or goes to.
const fn of<'s, 'f>(presence: Presence, old: &'s mut Lines<'f>, new: &'s mut Lines<'f>) -> &'s mut Lines<'f> {
    match presence {
        Presence::Removed => old,
        Presence::Kept | Presence::Added => new,
    }
}

/// `v4`, `v6` or `bridge`.
const fn family(table: TableId) -> &'static str {
    match table.family() {
        Some(Family::V4) => "v4",
        Some(Family::V6) => "v6",
        None => "bridge",
    }
}

const fn whole(presence: Presence) -> &'static str {
    match presence {
        Presence::Removed => "removed",
        Presence::Added => "added",
        Presence::Kept => "changed",
    }
}

fn entry_of<'a>(entry: &diff::Entry<'_, '_>, before: &mut Lines<'a>, after: &mut Lines<'a>) -> Entry<'a> {
    let (old, new) = match entry.cause {
        Cause::Line { old, new } => (old.map(|old| source(old, before)), new.map(|new| source(new, after))),
        _ => (None, None),
    };
    let rule = |found: &diff::RuleIn<'_, '_>| Rule {
        change: found.change.name(),
        family: family(found.chain.table),
        table: found.chain.table.name(),
        chain: found.chain.name.to_string(),
        old: found.change.before().map(|old| text(found.chain.name, old)),
        new: found.change.after().map(|new| text(found.chain.name, new)),
    };
    let member = |found: &diff::MemberIn<'_, '_>| {
        let member = found.change.after().or(found.change.before())?;
        Some(SetMember {
            change: found.change.name(),
            set: found.set.name.to_string(),
            cidr: member.net.to_string(),
            nomatch: member.nomatch,
        })
    };
    let size = |set: &&SetDiff<'_>| {
        let (old, new) = set.resized()?;
        Some(Size { set: set.name.to_string(), old, new })
    };
    Entry {
        old,
        new,
        built_in: entry.cause.built_in(),
        rules: entry.rules.iter().map(rule).collect(),
        members: entry.members.iter().filter_map(member).collect(),
        sizes: entry.resized.iter().filter_map(size).collect(),
    }
}

fn text(chain: ChainName, placed: Placed<'_>) -> Text {
    Text { number: placed.index + 1, rule: placed.rule.text(chain) }
}

fn chain_of<'a>(chain: &ChainDiff<'_>, lines: &mut Lines<'a>) -> Chain<'a> {
    let rules = chain.rules.iter().filter_map(|change| {
        let placed = change.after().or(change.before())?;
        let Origin { span, .. } = placed.rule.origin();
        Some(ChainRule { rule: placed.rule.text(chain.name), by: span.map(|span| place(span, lines)) })
    });
    Chain {
        change: whole(chain.presence),
        family: family(chain.table),
        table: chain.table.name(),
        chain: chain.name.to_string(),
        rules: rules.collect(),
    }
}

fn set_of<'a>(set: &SetDiff<'_>, lines: &mut Lines<'a>) -> Option<Set<'a>> {
    let whole_set = set.new.or(set.old)?;
    let member = |member: &Member| WholeMember {
        cidr: member.net.to_string(),
        nomatch: member.nomatch,
        by: member.span.map(|span| place(span, lines)),
    };
    let members = whole_set.members.iter().map(member).collect();
    Some(Set {
        change: whole(set.presence),
        set: set.name.to_string(),
        by: whole_set.span.map(|span| place(span, lines)),
        members,
    })
}

fn source<'a>(line: diff::Line, lines: &mut Lines<'a>) -> SourceLine<'a> {
    let text = String::from_utf8_lossy(lines.text(line)).into_owned();
    SourceLine { file: lines.file(line), line: line.number, text }
}

fn place<'a>(span: Span, lines: &mut Lines<'a>) -> Line<'a> {
    let line = lines.of(span);
    Line { file: lines.file(line), line: line.number }
}
