//! Reading a file again of which only rules have changed, as after a keystroke: the other lines mean what they meant,
//! some bytes further up or down.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Lower, Place};
use crate::config::model::{AddressValue, File, Group, MemberValue, Rule, RuleKind};
use crate::config::options::Options;
use crate::diag::Sink;
use crate::facts::Names;
use crate::syntax::{Lexer, LineKind, SectionKind};
use crate::text::Span;

/// Whole lines in the place of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    start: u32,
    /// Where the lines ended before; behind the end of the text if the last of them had no line end.
    old_end: u32,
    /// Where they end now.
    new_end: u32,
}

impl Change {
    /// The lines that differ in two texts. `None`: the first line is among them, or what could be a header, or line ends
    /// of Windows; then the whole file has to be read.
    pub(crate) fn between(old: &[u8], new: &[u8]) -> Option<Self> {
        let same = |(one, other): &(&u8, &u8)| one == other;
        let front = old.iter().zip(new).take_while(same).count();
        let (old_rest, new_rest) = (old.get(front..)?, new.get(front..)?);
        let back = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
        let start = memchr::memrchr(b'\n', new.get(..front)?)? + 1;
        // To the end of the line that both have.
        let behind = new.get(new.len() - back..)?;
        let line = memchr::memchr(b'\n', behind).map_or(back, |end| end + 1);
        let (old_end, new_end) = (old.len() - back + line, new.len() - back + line);
        let plain = |lines: &[u8]| memchr::memchr2(b'[', b'\r', lines).is_none();
        if !plain(old.get(start..old_end)?) || !plain(new.get(start..new_end)?) {
            return None;
        }
        // Where a last line ends that no line end does, a finding of it may stand.
        let is_open = !old.get(..old_end)?.ends_with(b"\n");
        let number = |at: usize| u32::try_from(at).ok();
        Some(Self {
            start: number(start)?,
            old_end: number(old_end + usize::from(is_open))?,
            new_end: number(new_end)?,
        })
    }

    /// Where a place behind the lines is now; others stay.
    const fn moved(self, span: &mut Span) {
        if span.start >= self.old_end {
            span.start = span.start - self.old_end + self.new_end;
            span.end = span.end - self.old_end + self.new_end;
        }
    }
}

/// Makes what was read of the old text (`file`, and `found` in it) what would be read of the new one. `false`: that can't be
/// told from the changed lines, and both are of no use any more.
pub(crate) fn lower_again(
    file: &mut File,
    found: &mut Sink,
    text: &[u8],
    change: Change,
    names: &Names<'_>,
) -> bool {
    let Some(home) = Home::find(file, text, change) else { return false };
    // Findings that were only counted can't be told apart any more.
    if found.left_out(file.id) > 0 {
        return false;
    }
    let mut new = Sink::new();
    let rules = read(file, text, change, home, names, &mut new);
    let list = home.rules(file);
    let before = list.partition_point(|rule| rule.span.start < change.start);
    let behind = list.partition_point(|rule| rule.span.start < change.old_end);
    list.drain(before..behind);
    spans(file, &mut |span| change.moved(span));
    home.rules(file).splice(before..before, rules);
    found.replace(change.start..change.old_end, |span| change.moved(span), new);
    found.left_out(file.id) == 0
}

/// The rules in the changed lines.
fn read(
    file: &File,
    text: &[u8],
    change: Change,
    home: Home,
    names: &Names<'_>,
    sink: &mut Sink,
) -> Vec<Rule> {
    let group = Group { name: String::new(), span: Span::at(file.id, 0), rules: Vec::new() };
    let mut part = File {
        id: file.id,
        level: file.level,
        options: Options::none(file.level),
        aliases: Vec::new(),
        sets: Vec::new(),
        groups: Vec::from([group]),
        rules: Vec::new(),
    };
    let bytes = text.get(..change.new_end as usize).unwrap_or_default();
    let lines = bytes.get(change.start as usize..).unwrap_or_default();
    let mut lower = Lower {
        bytes,
        ascii: lines.is_ascii(),
        names,
        sink,
        file: part,
        place: Place::Section(home.section()),
        named_aliases: Vec::new(),
        text: None,
    };
    lower.lines(Lexer::within(lines, Some(home.section())).counting_from(change.start));
    part = lower.file;
    core::mem::take(home.in_part().rules(&mut part))
}

/// Where rules stand.
#[derive(Clone, Copy)]
enum Home {
    Rules,
    /// In this group of the file.
    Group(usize),
}

impl Home {
    /// Where the changed lines stand. `None`: in another section, or nobody knows.
    fn find(file: &File, text: &[u8], change: Change) -> Option<Self> {
        // Options keep their places in many fields; nobody writes them behind rules.
        let behind = text.get(change.new_end as usize..)?;
        let is_options =
            |at: usize| behind.get(at + 1..at + 8).is_some_and(|word| word.eq_ignore_ascii_case(b"options"));
        if memchr::memchr_iter(b'[', behind).any(is_options) {
            return None;
        }
        let header = header(text.get(..change.start as usize)?)?;
        let line = text.get(header.start as usize..)?;
        match Lexer::without_spaces(line).line(&mut Vec::new())? {
            LineKind::Header(SectionKind::Rules) => Some(Self::Rules),
            LineKind::Header(SectionKind::Group) => {
                let named = |group: &Group| header.contains(&group.span.start);
                file.groups.iter().position(named).map(Self::Group)
            }
            _ => None,
        }
    }

    const fn section(self) -> SectionKind {
        match self {
            Self::Rules => SectionKind::Rules,
            Self::Group(_) => SectionKind::Group,
        }
    }

    /// The same in a file that has one group only.
    const fn in_part(self) -> Self {
        match self {
            Self::Rules => Self::Rules,
            Self::Group(_) => Self::Group(0),
        }
    }

    fn rules(self, file: &mut File) -> &mut Vec<Rule> {
        match self {
            Self::Group(at) if at < file.groups.len() =>
            {
                #[expect(clippy::indexing_slicing, reason = "there are more, see above")]
                &mut file.groups[at].rules
            }
            _ => &mut file.rules,
        }
    }
}

/// The line of the last header.
fn header(before: &[u8]) -> Option<Range<u32>> {
    let mut rest = before;
    loop {
        let bracket = memchr::memrchr(b'[', rest)?;
        rest = rest.get(..bracket)?;
        let start = memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1);
        if rest.get(start..)?.trim_ascii().is_empty() {
            let end = memchr::memchr(b'\n', before.get(bracket..)?)? + bracket;
            return Some(u32::try_from(start).ok()?..u32::try_from(end).ok()?);
        }
    }
}

/// Shows all places of a file but those of its options.
fn spans(file: &mut File, see: &mut impl FnMut(&mut Span)) {
    for alias in &mut file.aliases {
        see(&mut alias.span);
        alias.value.iter_mut().for_each(|value| see(&mut value.span));
    }
    for set in &mut file.sets {
        see(&mut set.span);
        for member in &mut set.members {
            see(&mut member.span);
            if let MemberValue::Alias(reference) = &mut member.value {
                see(&mut reference.name);
            }
        }
    }
    for group in &mut file.groups {
        see(&mut group.span);
        group.rules.iter_mut().for_each(|rule| spans_of_rule(rule, see));
    }
    file.rules.iter_mut().for_each(|rule| spans_of_rule(rule, see));
}

fn spans_of_rule(rule: &mut Rule, see: &mut impl FnMut(&mut Span)) {
    let Rule {
        span,
        enabled: _,
        faulty: _,
        kind,
        interface,
        protocol,
        source,
        destination,
        source_port,
        destination_port,
        icmp_type,
        log: _,
    } = rule;
    see(span);
    match kind {
        RuleKind::Group(name) => see(name),
        RuleKind::Filter { expanded: Some(used), .. } => see(&mut used.span),
        RuleKind::Filter { expanded: None, .. } => {}
    }
    interface.iter_mut().for_each(&mut *see);
    let others = [
        protocol.as_mut().map(|value| &mut value.span),
        source_port.as_mut().map(|value| &mut value.span),
        destination_port.as_mut().map(|value| &mut value.span),
        icmp_type.as_mut().map(|value| &mut value.span),
    ];
    others.into_iter().flatten().for_each(&mut *see);
    for value in [source, destination].into_iter().flatten() {
        see(&mut value.span);
        if let AddressValue::Set(reference) | AddressValue::Alias(reference) = &mut value.value {
            see(&mut reference.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::config::lower::lower;
    use crate::config::value::Level;
    use crate::facts::Facts;
    use crate::text::FileId;

    const TEXT: &str = "[OPTIONS]\nenable: 2x\n[ALIASES]\nshop 10.0.0.1\n[group web] # x\nIN HTPS(ACCEPT) -p\n\
                        GROUP web\nIN ACCEPT -source shop\n[RULES]\n|IN SSH(ACCEPT) -source +desks\n\n# a [b] c\n\
                        IN ACCEPT -p tcp -p udp -dport 80 -sport 1:2 -i vmbr0 -log info # y\nGROUP web -i vmbr0\n\
                        OUT DRP -dest 10.0.0.1,10.0.0.2 -p icmp -icmp-type echo-request\n[IPSET desks]\n!shop\nx y\n\
                        [group \u{e4}]\nIN ACCEPT\n[aliases]\nshop 10.0.0.2\n[RULES]\nFORWARD DROP -x\nIN\u{a0}ACCEPT\n\
                        IN ACCEPT -p tcp -dport 1,";

    fn whole(text: &str) -> (String, File, Sink) {
        let (facts, mut sink) = (Facts::default(), Sink::new());
        let file = lower(FileId(3), text.as_bytes(), Level::Cluster, &Names::new(&facts), &mut sink);
        (shown(&file, &sink), file, sink)
    }

    fn shown(file: &File, sink: &Sink) -> String {
        format!("{file:?} {:?} {:?}", sink.counts(), sink.clone().into_sorted())
    }

    #[test]
    fn reading_the_changed_lines_is_as_good_as_reading_all() {
        let facts = Facts::default();
        let (mut again, mut tried) = (0, 0);
        let places = TEXT.char_indices().map(|(at, _)| at).step_by(4).chain([TEXT.len()]);
        for (at, piece) in
            places.flat_map(|at| ["", "x", " ", "#", "\n", "IN DROP\nOUT X\n"].map(|piece| (at, piece)))
        {
            for gone in [0, 1, 30] {
                let Some(behind) = TEXT.get((at + gone).min(TEXT.len())..) else { continue };
                let text = format!("{}{piece}{behind}", TEXT.get(..at).unwrap());
                tried += 1;
                let Some(change) = Change::between(TEXT.as_bytes(), text.as_bytes()) else { continue };
                let (_, mut file, mut found) = whole(TEXT);
                if lower_again(&mut file, &mut found, text.as_bytes(), change, &Names::new(&facts)) {
                    again += 1;
                    assert_eq!(shown(&file, &found), whole(&text).0, "{text}");
                }
            }
        }
        assert!(again * 4 > tried, "{again} of {tried}");
    }

    #[test]
    fn headers_and_first_lines_are_no_mere_change_of_lines() {
        let between = |old: &str, new: &str| Change::between(old.as_bytes(), new.as_bytes());
        assert_eq!(
            between("[RULES]\na\nb\n", "[RULES]\nax\nb\n"),
            Some(Change { start: 8, old_end: 10, new_end: 11 })
        );
        assert_eq!(
            between("[RULES]\na", "[RULES]\na\nb"),
            Some(Change { start: 8, old_end: 10, new_end: 11 })
        );
        for new in ["[RULE]\na\n", "x\n[RULES]\na\n", "[RULES]\n[a\n", "[RULES]\na\r\n", ""] {
            assert_eq!(between("[RULES]\na\n", new), None, "{new}");
        }
    }

    #[test]
    fn more_findings_than_are_kept_are_found_again() {
        let facts = Facts::default();
        let old = format!("[RULES]\n{}", "x\n".repeat(1000));
        let new = format!("{old}x\n");
        let change = Change::between(old.as_bytes(), new.as_bytes()).unwrap();
        let (_, mut file, mut found) = whole(&old);
        assert!(!lower_again(&mut file, &mut found, new.as_bytes(), change, &Names::new(&facts)));
    }
}
