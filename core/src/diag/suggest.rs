//! The nearest name to a misspelt one.

use alloc::vec::Vec;

/// More candidates than this are not searched: a suggestion is worth microseconds, not minutes.
const MOST_CANDIDATES: usize = 5_000;

/// The candidate that `name` was probably meant to be, if one is near enough (a third of the longer name's letters may
/// differ; case does not count).
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    let mut wanted = Vec::new();
    lower_case(name, &mut wanted);
    let (mut letters, mut rows) = (Vec::new(), Rows::default());
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 64 {
            continue;
        }
        lower_case(candidate, &mut letters);
        // Two letters of three differing says nothing; one may.
        let limit = wanted.len().max(letters.len()) / 3;
        let mut most = limit.max(usize::from(name.len() > 2));
        if let Some((least, _)) = best {
            let Some(less) = least.checked_sub(1) else { break };
            most = most.min(less);
        }
        if let Some(distance) = rows.distance(&wanted, &letters, most) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn lower_case(text: &str, letters: &mut Vec<char>) {
    letters.clear();
    if text.is_ascii() {
        letters.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        letters.extend(text.to_lowercase().chars());
    }
}

/// Rows of the table of distances, kept from word to word: for the last two letters and the present one.
#[derive(Default)]
struct Rows {
    before: Vec<usize>,
    last: Vec<usize>,
    current: Vec<usize>,
}

impl Rows {
    /// Letters to insert, remove, replace or swap with their neighbour to make one word of the other (optimal string
    /// alignment), if they are not more than `most`. The libraries that have it need `std`.
    fn distance(&mut self, a: &[char], b: &[char], most: usize) -> Option<usize> {
        if a.len().abs_diff(b.len()) > most {
            return None;
        }
        self.before.clear();
        self.last.clear();
        self.last.extend(0..=b.len());
        let mut previous = None;
        for (row, letter) in a.iter().enumerate() {
            self.current.clear();
            self.current.push(row + 1);
            for (column, other) in b.iter().enumerate() {
                let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
                let replaced = at(&self.last, column) + usize::from(letter != other);
                let mut best =
                    replaced.min(at(&self.last, column + 1) + 1).min(at(&self.current, column) + 1);
                let left = column.checked_sub(1).and_then(|left| b.get(left).map(|other| (left, other)));
                if let Some((left, left_letter)) = left
                    && previous == Some(other)
                    && left_letter == letter
                {
                    best = best.min(at(&self.before, left) + 1);
                }
                self.current.push(best);
            }
            // What follows is made of these two rows, and nothing gets smaller on the way.
            if self.last.iter().chain(&self.current).all(|distance| *distance > most) {
                return None;
            }
            core::mem::swap(&mut self.before, &mut self.last);
            core::mem::swap(&mut self.last, &mut self.current);
            previous = Some(letter);
        }
        self.last.last().copied().filter(|distance| *distance <= most)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Rows, nearest};

    fn distance(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut rows = Rows::default();
        let exact = rows.distance(&a, &b, 64).unwrap();
        // A tighter limit changes nothing but that there may be no answer.
        for most in 0..8 {
            assert_eq!(rows.distance(&a, &b, most), Some(exact).filter(|exact| *exact <= most));
        }
        exact
    }

    #[test]
    fn distances() {
        for (a, b, letters) in
            [("", "", 0), ("", "ab", 2), ("shs", "ssh", 1), ("kitten", "sitting", 3), ("acess", "access", 1)]
        {
            assert_eq!(distance(a, b), letters, "{a} {b}");
            assert_eq!(distance(b, a), letters, "{b} {a}");
        }
    }

    #[test]
    fn finds_typos_and_nothing_far_off() {
        let names = ["HTTP", "HTTPS", "SSH", "SMTP"];
        assert_eq!(nearest("HTPS", names), Some("HTTPS"));
        assert_eq!(nearest("shs", names), Some("SSH"));
        assert_eq!(nearest("management", names), None);
        assert_eq!(nearest("", names), None);
    }
}
