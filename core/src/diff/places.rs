//! Which line of the old files has become which of the new ones.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec;
use alloc::vec::Vec;

use super::sequence::{Numbers, kept};
use super::{Line, Lines, Side};
use crate::datacenter::FileKind;
use crate::ir::Origin;
use crate::text::{FileId, Files};

/// More pairs of lines than this are not compared word by word.
const MOST_PAIRS: usize = 4096;

/// Percent of the words that two versions of one line have in common at least.
const LIKENESS: usize = 50;

/// Lines of both sides and how they belong together. What nobody asks for is not worked out.
pub(super) struct Places<'r> {
    old: Lines<'r>,
    new: Lines<'r>,
    /// The old files by name, and the new ones.
    names: (BTreeMap<&'r str, FileId>, BTreeMap<&'r str, FileId>),
    /// Partners of the lines of a file, by its old id.
    pairs: BTreeMap<FileId, Pairs>,
}

/// Line numbers (from 1) that belong together, from each side.
enum Pairs {
    /// The file is the same.
    Same,
    Changed {
        to_new: BTreeMap<u32, u32>,
        to_old: BTreeMap<u32, u32>,
        /// Old lines that are the same elsewhere.
        moved: BTreeSet<u32>,
    },
}

impl<'r> Places<'r> {
    pub(super) fn new(old: Side<'r>, new: Side<'r>) -> Self {
        let named = |files: &'r Files| files.iter().map(|(id, file)| (file.name(), id)).collect();
        Self {
            old: Lines::new(old.files),
            new: Lines::new(new.files),
            names: (named(old.files), named(new.files)),
            pairs: BTreeMap::new(),
        }
    }

    /// The old line that something comes from.
    pub(super) fn old_line(&mut self, origin: Origin) -> Option<Line> {
        origin.span.map(|span| self.old.of(span))
    }

    /// The new line that something comes from.
    pub(super) fn new_line(&mut self, origin: Origin) -> Option<Line> {
        origin.span.map(|span| self.new.of(span))
    }

    /// What has become of an old line.
    pub(super) fn become_of(&mut self, old: Line) -> Option<Line> {
        let file = *self.names.1.get(self.old.file(old))?;
        let number = match self.pairs(old.file, file) {
            Pairs::Same => old.number,
            Pairs::Changed { to_new, .. } => *to_new.get(&old.number)?,
        };
        Some(Line { file, number })
    }

    /// What a new line has been.
    pub(super) fn been(&mut self, new: Line) -> Option<Line> {
        let file = *self.names.0.get(self.new.file(new))?;
        let number = match self.pairs(file, new.file) {
            Pairs::Same => new.number,
            Pairs::Changed { to_old, .. } => *to_old.get(&new.number)?,
        };
        Some(Line { file, number })
    }

    /// Whether an old line is the same elsewhere.
    pub(super) fn moved(&mut self, old: Line) -> bool {
        let Some(file) = self.names.1.get(self.old.file(old)).copied() else { return false };
        match self.pairs(old.file, file) {
            Pairs::Same => false,
            Pairs::Changed { moved, .. } => moved.contains(&old.number),
        }
    }

    fn pairs(&mut self, old: FileId, new: FileId) -> &Pairs {
        let (before, after) = (self.old.files().text(old), self.new.files().text(new));
        self.pairs.entry(old).or_insert_with(|| {
            if before == after { Pairs::Same } else { pair(&split(before), &split(after)) }
        })
    }

    /// Whether a line says something else on either side, or is on one only.
    pub(super) fn edited(&mut self, old: Option<Line>, new: Option<Line>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.old.text(old).trim_ascii() != self.new.text(new).trim_ascii(),
            _ => true,
        }
    }

    /// Every line that is edited, blank ones and comments aside; those of files that are on one side only among them.
    pub(super) fn changed(&mut self) -> Vec<(Option<Line>, Option<Line>)> {
        let (before, after) = (self.old.files(), self.new.files());
        let mut changed = Vec::new();
        for (name, old) in self.names.0.clone() {
            let new = self.names.1.get(name).copied();
            if new.is_some_and(|new| matches!(self.pairs(old, new), Pairs::Same)) {
                continue;
            }
            for line in meaningful(name, old, &split(before.text(old))) {
                let partner = self.become_of(line);
                if self.edited(Some(line), partner) {
                    changed.push((Some(line), partner));
                }
            }
        }
        for (name, new) in self.names.1.clone() {
            let old = self.names.0.get(name).copied();
            if old.is_some_and(|old| matches!(self.pairs(old, new), Pairs::Same)) {
                continue;
            }
            let lines = split(after.text(new));
            let added = meaningful(name, new, &lines);
            changed.extend(added.filter(|line| self.been(*line).is_none()).map(|line| (None, Some(line))));
        }
        changed
    }

    /// Where a pair of lines stands among all: by the new file, then by the new line. Files that are gone come last.
    pub(super) fn rank(&self, old: Option<Line>, new: Option<Line>) -> (u32, u32, bool) {
        let files = u32::try_from(self.names.1.len()).unwrap_or(u32::MAX);
        match (old, new) {
            (_, Some(new)) => (new.file.0, new.number, true),
            (Some(old), None) => match self.names.1.get(self.old.file(old)) {
                Some(file) => (file.0, old.number, false),
                None => (files.saturating_add(old.file.0), old.number, false),
            },
            (None, None) => (u32::MAX, 0, false),
        }
    }
}

/// The lines of a text, without their ends and what is around them.
fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect()
}

/// Lines that say something to the firewall.
fn meaningful<'t>(name: &str, file: FileId, lines: &'t [&[u8]]) -> impl Iterator<Item = Line> + use<'t> {
    // Of a guest's configuration the firewall reads its network devices.
    let devices = matches!(FileKind::of(name), Some(FileKind::GuestConfig(..)));
    let says = move |line: &[u8]| match line.first() {
        None | Some(b'#') => false,
        Some(_) => !devices || line.starts_with(b"net"),
    };
    let numbered = lines.iter().zip(1..).filter(move |(line, _)| says(line));
    numbered.map(move |(_, number)| Line { file, number })
}

/// Pairs lines: what is the same in order, what is the same elsewhere, and what is much alike between two that stay.
fn pair(old: &[&[u8]], new: &[&[u8]]) -> Pairs {
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    let mut join = |a: usize, b: usize, taken: &mut [bool]| {
        if let (Some(partner), Some(taken)) = (partner.get_mut(a), taken.get_mut(b)) {
            *partner = Some(b);
            *taken = true;
        }
    };
    let kept = kept(old, new);
    let mut gaps = Vec::new();
    let mut from = (0, 0);
    for (a, b) in kept.iter().copied().chain([(old.len(), new.len())]) {
        gaps.push((from.0..a, from.1..b));
        from = (a + 1, b + 1);
    }
    for (a, b) in kept {
        join(a, b, &mut taken);
    }
    let mut numbers = Numbers::default();
    let mut moved: BTreeMap<usize, VecDeque<usize>> = BTreeMap::new();
    for (place, line) in
        gaps.iter().flat_map(|(_, after)| after.clone()).filter_map(|at| Some((at, new.get(at)?)))
    {
        if !line.is_empty() {
            moved.entry(numbers.of(line)).or_default().push_back(place);
        }
    }
    let mut elsewhere = Vec::new();
    let mut left: Vec<(Vec<usize>, core::ops::Range<usize>)> = Vec::new();
    for (before, after) in gaps {
        let mut stays = Vec::new();
        for at in before {
            let number = old.get(at).and_then(|line| numbers.known(line));
            match number.and_then(|number| moved.get_mut(&number)?.pop_front()) {
                Some(place) => {
                    join(at, place, &mut taken);
                    elsewhere.push(at);
                }
                None if old.get(at).is_some_and(|line| !line.is_empty()) => stays.push(at),
                None => {}
            }
        }
        left.push((stays, after));
    }
    for (before, after) in left {
        let free =
            |at: &usize| taken.get(*at) == Some(&false) && new.get(*at).is_some_and(|line| !line.is_empty());
        let after: Vec<usize> = after.filter(free).collect();
        for (a, b) in alike(old, &before, new, &after) {
            join(a, b, &mut taken);
        }
    }
    let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
    let to_new: BTreeMap<u32, u32> =
        partner.iter().enumerate().filter_map(|(a, b)| Some((number(a), number((*b)?)))).collect();
    let to_old = to_new.iter().map(|(a, b)| (*b, *a)).collect();
    Pairs::Changed { to_new, to_old, moved: elsewhere.into_iter().map(number).collect() }
}

/// The only two, or the pairs of lines that have most in common altogether, without crossing each other.
fn alike(old: &[&[u8]], before: &[usize], new: &[&[u8]], after: &[usize]) -> Vec<(usize, usize)> {
    if let ([before], [after]) = (before, after) {
        return Vec::from([(*before, *after)]);
    }
    if before.len() * after.len() > MOST_PAIRS {
        return Vec::new();
    }
    let right: Vec<_> = after.iter().map(|at| words(new.get(*at))).collect();
    // Best sums of likeness for the first lines of either side, and the likeness of each pair.
    let mut sums = vec![vec![0_usize; after.len() + 1]];
    let mut likeness: Vec<Vec<usize>> = Vec::new();
    for at in before {
        let left = words(old.get(*at));
        let row: Vec<usize> = right.iter().map(|right| in_common(&left, right)).collect();
        let above = sums.last().cloned().unwrap_or_default();
        let mut sum = vec![0];
        for (column, score) in row.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or_default();
            let joined = if *score >= LIKENESS { at(&above, column) + score } else { 0 };
            sum.push(joined.max(at(&above, column + 1)).max(at(&sum, column)));
        }
        sums.push(sum);
        likeness.push(row);
    }
    let sum = |row: usize, column: usize| {
        sums.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
    };
    let mut pairs = Vec::new();
    let (mut row, mut column) = (before.len(), after.len());
    while let (Some(up), Some(left)) = (row.checked_sub(1), column.checked_sub(1)) {
        if sum(row, column) == sum(up, column) {
            row = up;
        } else if sum(row, column) == sum(row, left) {
            column = left;
        } else {
            pairs.extend(before.get(up).copied().zip(after.get(left).copied()));
            (row, column) = (up, left);
        }
    }
    pairs
}

/// The words of a line, in order of their bytes.
fn words<'t>(line: Option<&&'t [u8]>) -> Vec<&'t [u8]> {
    let Some(line) = line else { return Vec::new() };
    // Nobody compares lines of a megabyte by eye.
    let line = line.get(..4096).unwrap_or(line);
    let mut words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

/// Percent of the words that two lines share.
fn in_common(left: &[&[u8]], right: &[&[u8]]) -> usize {
    let (mut shared, mut rest) = (0, right.iter().peekable());
    for word in left {
        while rest.next_if(|other| *other < word).is_some() {}
        shared += usize::from(rest.next_if(|other| *other == word).is_some());
    }
    shared * 200 / (left.len() + right.len()).max(1)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn pairs(old: &str, new: &str) -> Vec<(u32, u32)> {
        let lines = |text: &'static str| text.split('/').map(str::as_bytes).collect::<Vec<_>>();
        let leak = |text: &str| -> &'static str { String::from(text).leak() };
        match pair(&lines(leak(old)), &lines(leak(new))) {
            Pairs::Same => Vec::new(),
            Pairs::Changed { to_new, to_old, .. } => {
                assert_eq!(to_new.len(), to_old.len());
                to_new.into_iter().collect()
            }
        }
    }

    #[test]
    fn lines_find_what_they_have_become() {
        // Another value.
        assert_eq!(pairs("[R]/IN SSH -s 1/x", "[R]/IN SSH -s 2/x"), [(1, 1), (2, 2), (3, 3)]);
        // One in front of it.
        assert_eq!(pairs("a/IN b c/d", "a/OUT new/IN b e/d"), [(1, 1), (2, 3), (3, 4)]);
        // Moved.
        assert_eq!(pairs("a a/b b/c c", "b b/c c/a a"), [(1, 3), (2, 1), (3, 2)]);
        // The only one there.
        assert_eq!(pairs("a b", "c d"), [(1, 1)]);
        // Nothing in common.
        assert_eq!(pairs("a b/c", "d e/f"), []);
    }
}
