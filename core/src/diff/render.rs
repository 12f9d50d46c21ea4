//! A diff for people: an entry a line of the configuration, with what it does to the rules.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use super::{
    Cause, ChainDiff, Change, Count, Diff, Entries, Entry, Line, Lines, MemberIn, Placed, Presence, RuleIn,
    SetDiff, Side, Summary, TableId,
};
use crate::Family;
use crate::diag::render::{Style, visible};
use crate::ir::{ChainName, Member};

/// Names listed in one line.
const MOST_NAMES: usize = 6;

/// How to show it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// With colours or without.
    pub style: Style,
    /// Each rule and member, not only their number.
    pub rules: bool,
}

/// The whole answer. `entries` are those of the diff, `old` and `new` what it was made of, and `node` whose rules they
/// are.
pub fn text<'r>(
    diff: &Diff<'r>,
    entries: &Entries<'_, 'r>,
    old: Side<'r>,
    new: Side<'r>,
    node: Option<&str>,
    options: Options,
) -> String {
    let summary = diff.summary(entries);
    let node = node.map(|node| format!(" on node `{}`", visible(node))).unwrap_or_default();
    if diff.is_empty() {
        let lines = match summary.lines {
            0 => String::new(),
            1 => "; the line that was edited changes none".to_owned(),
            lines => format!("; the {lines} lines that were edited change none"),
        };
        return format!("no difference: the rules{node} are the same{lines}\n");
    }
    let names = |side: Side<'r>| side.files.iter().map(|(_, file)| file.name()).collect();
    let mut writer = Writer {
        out: String::new(),
        options,
        old: Lines::new(old.files),
        new: Lines::new(new.files),
        old_names: names(old),
        new_names: names(new),
    };
    writer.entries(&entries.entries);
    writer.chains(&entries.chains);
    writer.sets(&entries.sets);
    writer.hooks(diff);
    writer.summary(summary, &node);
    writer.out
}

/// What a line of the answer is.
#[derive(Clone, Copy)]
enum Tone {
    Removed,
    Added,
    Place,
    Plain,
}

struct Writer<'r> {
    out: String,
    options: Options,
    old: Lines<'r>,
    new: Lines<'r>,
    old_names: BTreeSet<&'r str>,
    new_names: BTreeSet<&'r str>,
}

// Writing to a string can't fail: the results of `write!` are dropped below.

impl Writer<'_> {
    fn line(&mut self, tone: Tone, text: &str) {
        let code = match (self.options.style, tone) {
            (Style::Plain, _) | (_, Tone::Plain) => "",
            (_, Tone::Removed) => "\u{1b}[31m",
            (_, Tone::Added) => "\u{1b}[32m",
            (_, Tone::Place) => "\u{1b}[1m",
        };
        let end = if code.is_empty() { "" } else { "\u{1b}[0m" };
        let _ = writeln!(self.out, "{code}{text}{end}");
    }

    fn place(&mut self, line: Line, new: bool) -> String {
        let lines = if new { &self.new } else { &self.old };
        format!("{}:{}", visible(lines.file(line)), line.number)
    }

    fn source(&mut self, tone: Tone, line: Line, new: bool) {
        let bytes = if new { self.new.text(line) } else { self.old.text(line) };
        let text = visible(&String::from_utf8_lossy(bytes));
        let sign = match tone {
            Tone::Removed => '-',
            Tone::Added => '+',
            Tone::Place | Tone::Plain => ' ',
        };
        self.line(tone, &format!("  {sign} {text}"));
    }

    fn entries(&mut self, entries: &[Entry<'_, '_>]) {
        let mut whole_files: BTreeMap<(bool, String), usize> = BTreeMap::new();
        let mut folded = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(file) = self.whole_file(entry) {
                *whole_files.entry(file).or_default() += 1;
                folded.insert(index);
            }
        }
        for (index, entry) in entries.iter().enumerate() {
            if !folded.contains(&index) {
                self.entry(entry);
                continue;
            }
            // Shown where its first line would stand.
            let Some((key, lines)) = self.whole_file(entry).and_then(|file| whole_files.remove_entry(&file))
            else {
                continue;
            };
            let (is_new, name) = key;
            let lines = counted(lines, "line");
            self.line(Tone::Place, &name);
            if is_new {
                self.line(Tone::Added, &format!("  + a new file with {lines}"));
            } else {
                self.line(Tone::Removed, &format!("  - the file is gone, which had {lines}"));
            }
            self.out.push('\n');
        }
    }

    /// The file of a line that only stands for it: the file is on one side, and nothing that stays is changed.
    fn whole_file(&self, entry: &Entry<'_, '_>) -> Option<(bool, String)> {
        if !entry.rules.is_empty() || !entry.members.is_empty() || !entry.resized.is_empty() {
            return None;
        }
        let (name, new) = match entry.cause {
            Cause::Line { old: None, new: Some(new) } => (self.new.file(new), true),
            Cause::Line { old: Some(old), new: None } => (self.old.file(old), false),
            _ => return None,
        };
        let other = if new { &self.old_names } else { &self.new_names };
        (!other.contains(name)).then(|| (new, visible(name)))
    }

    fn entry(&mut self, entry: &Entry<'_, '_>) {
        self.head(entry);
        for kind in ["changed", "removed", "added", "moved"] {
            let rules: Vec<_> = entry.rules.iter().filter(|found| found.change.name() == kind).collect();
            self.rules(kind, &rules);
        }
        for kind in ["changed", "removed", "added"] {
            let members: Vec<_> = entry.members.iter().filter(|found| found.change.name() == kind).collect();
            self.members(kind, &members);
        }
        for set in &entry.resized {
            if let Some((before, after)) = set.resized() {
                let name = set.name;
                self.line(
                    Tone::Plain,
                    &format!("    {name} has room for {after} members (before: {before})"),
                );
            }
        }
        let untouched = entry.rules.is_empty() && entry.members.is_empty() && entry.resized.is_empty();
        let only_moved = !untouched && entry.rules.iter().all(|found| found.change.name() == "moved");
        if untouched && entry.in_whole {
            self.line(Tone::Plain, "    what it makes comes or goes as a whole, see below");
        } else if untouched {
            self.line(Tone::Plain, "    changes nothing by itself");
        } else if !entry.edited && !only_moved && matches!(entry.cause, Cause::Line { .. }) {
            self.line(Tone::Plain, "    the line is the same: something it depends on has changed");
        }
        self.out.push('\n');
    }

    /// The place, and the line as it was and as it is.
    fn head(&mut self, entry: &Entry<'_, '_>) {
        let Cause::Line { old, new } = entry.cause else {
            let what = entry.cause.built_in().unwrap_or_default();
            self.line(Tone::Place, &format!("built in: {what}"));
            return;
        };
        let before = old.map(|old| self.place(old, false));
        let after = new.map(|new| self.place(new, true));
        let place = match (before, after) {
            (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
            (before, after) => after.or(before).unwrap_or_default(),
        };
        self.line(Tone::Place, &place);
        match (old, new) {
            (_, Some(new)) if !entry.edited => self.source(Tone::Plain, new, true),
            _ => {
                if let Some(old) = old {
                    self.source(Tone::Removed, old, false);
                }
                if let Some(new) = new {
                    self.source(Tone::Added, new, true);
                }
            }
        }
    }

    fn rules(&mut self, kind: &str, rules: &[&RuleIn<'_, '_>]) {
        if rules.is_empty() {
            return;
        }
        let chains = rules.iter().map(|found| (found.chain.table, found.chain.name));
        let place = chains_of(chains, self.options.rules);
        self.line(Tone::Plain, &format!("    {} {kind} in {place}", counted(rules.len(), "rule")));
        if self.options.rules {
            for found in rules {
                self.rule(found.chain.name, found.change);
            }
        }
    }

    fn rule(&mut self, chain: ChainName, change: &Change<Placed<'_>>) {
        if let Change::Moved { old, new } = change {
            let text = new.rule.text(chain);
            let (from, to) = (old.index + 1, new.index + 1);
            self.line(Tone::Plain, &format!("      ~ {text}  (from {from} to {to})"));
            return;
        }
        if let Some(old) = change.before() {
            self.line(Tone::Removed, &format!("      - {}", old.rule.text(chain)));
        }
        if let Some(new) = change.after() {
            self.line(Tone::Added, &format!("      + {}", new.rule.text(chain)));
        }
    }

    fn members(&mut self, kind: &str, members: &[&MemberIn<'_, '_>]) {
        if members.is_empty() {
            return;
        }
        let sets = listed(members.iter().map(|found| found.set.name.to_string()), self.options.rules);
        self.line(Tone::Plain, &format!("    {} {kind} in {sets}", counted(members.len(), "member")));
        if self.options.rules {
            for found in members {
                let name = found.set.name;
                if let Some(old) = found.change.before() {
                    self.line(Tone::Removed, &format!("      - {name} {}", shown(old)));
                }
                if let Some(new) = found.change.after() {
                    self.line(Tone::Added, &format!("      + {name} {}", shown(new)));
                }
            }
        }
    }

    fn chains(&mut self, chains: &[&ChainDiff<'_>]) {
        for (presence, sign, tone) in
            [(Presence::Removed, '-', Tone::Removed), (Presence::Added, '+', Tone::Added)]
        {
            let some: Vec<_> = chains.iter().filter(|chain| chain.presence == presence).collect();
            if some.is_empty() {
                continue;
            }
            let rules = counted(some.iter().map(|chain| chain.rules.len()).sum(), "rule");
            let places = chains_of(some.iter().map(|chain| (chain.table, chain.name)), self.options.rules);
            let what = if presence == Presence::Added { "new chains" } else { "chains that are gone" };
            self.line(Tone::Place, what);
            self.line(tone, &format!("  {sign} {places}: {rules}"));
            if self.options.rules {
                for chain in some {
                    let rules = chain.rules.iter();
                    rules.for_each(|change| self.rule(chain.name, change));
                }
            }
            self.out.push('\n');
        }
    }

    fn sets(&mut self, sets: &[&SetDiff<'_>]) {
        for (presence, sign, tone) in
            [(Presence::Removed, '-', Tone::Removed), (Presence::Added, '+', Tone::Added)]
        {
            let some: Vec<_> = sets.iter().filter(|set| set.presence == presence).collect();
            if some.is_empty() {
                continue;
            }
            let members = counted(some.iter().map(|set| set.members.len()).sum(), "member");
            let names = listed(some.iter().map(|set| set.name.to_string()), self.options.rules);
            let what = if presence == Presence::Added { "new sets" } else { "sets that are gone" };
            self.line(Tone::Place, what);
            self.line(tone, &format!("  {sign} {names}: {members}"));
            if self.options.rules {
                for set in some {
                    for member in set.members.iter().filter_map(|change| change.after().or(change.before())) {
                        self.line(tone, &format!("      {sign} {} {}", set.name, shown(member)));
                    }
                }
            }
            self.out.push('\n');
        }
    }

    fn hooks(&mut self, diff: &Diff<'_>) {
        if diff.hooks.is_empty() {
            return;
        }
        self.line(Tone::Place, "jumps from the kernel's own chains");
        for hook in &diff.hooks {
            let place = table(hook.table);
            let (sign, tone) = if hook.added { ('+', Tone::Added) } else { ('-', Tone::Removed) };
            self.line(tone, &format!("  {sign} {} → {} ({place})", hook.from.name(), hook.to));
        }
        self.out.push('\n');
    }

    fn summary(&mut self, summary: Summary, node: &str) {
        let Summary { lines, rules, members, chains, sets } = summary;
        let parts = [("rule", rules), ("set member", members), ("chain", chains), ("set", sets)];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, count)| count.total() > 0)
            .map(|(name, count)| sum(name, count))
            .collect();
        let lines = match lines {
            0 => "no line edited".to_owned(),
            lines => format!("{} edited", counted(lines, "line")),
        };
        let what = if parts.is_empty() {
            "other jumps from the kernel's chains".to_owned()
        } else {
            parts.join("; ")
        };
        self.line(Tone::Place, &format!("{lines}{node}: {what}"));
    }
}

/// `2 rules added, 1 removed`
fn sum(name: &str, count: Count) -> String {
    let kinds = [
        (count.added, "added"),
        (count.removed, "removed"),
        (count.changed, "changed"),
        (count.moved, "moved"),
    ];
    let mut text = String::new();
    for (number, kind) in kinds.into_iter().filter(|(number, _)| *number > 0) {
        if text.is_empty() {
            let _ = write!(text, "{} {kind}", counted(number, name));
        } else {
            let _ = write!(text, ", {number} {kind}");
        }
    }
    text
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A member as it is written in a set.
fn shown(member: &Member) -> String {
    let not = if member.nomatch { "!" } else { "" };
    if member.net.prefix_len() == member.net.max_prefix_len() {
        format!("{not}{}", member.net.addr())
    } else {
        format!("{not}{}", member.net)
    }
}

/// Names, each once; the first few of many.
fn listed(names: impl Iterator<Item = String>, all: bool) -> String {
    let mut seen = BTreeSet::new();
    let names: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    let most = if all || names.len() <= MOST_NAMES + 1 { names.len() } else { MOST_NAMES };
    let mut text = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    if most < names.len() {
        let _ = write!(text, " and {} more", names.len() - most);
    }
    text
}

/// `tap100i0-IN, tap100i0-OUT (v4, v6)`
fn chains_of(chains: impl Iterator<Item = (TableId, ChainName)>, all: bool) -> String {
    let chains: Vec<_> = chains.collect();
    let tables: BTreeSet<TableId> = chains.iter().map(|(table, _)| *table).collect();
    let names = listed(chains.iter().map(|(_, name)| name.to_string()), all);
    let tables: Vec<&str> = tables.into_iter().map(table).collect();
    format!("{names} ({})", tables.join(", "))
}

const fn table(id: TableId) -> &'static str {
    match id {
        TableId::Filter(Family::V4) => "v4",
        TableId::Filter(Family::V6) => "v6",
        TableId::Raw(Family::V4) => "v4 raw",
        TableId::Raw(Family::V6) => "v6 raw",
        TableId::Bridge => "bridge",
    }
}
