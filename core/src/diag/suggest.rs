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
    let wanted = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 64 {
            continue;
        }
        let distance = distance(&wanted, &candidate.to_lowercase());
        let limit = wanted.chars().count().max(candidate.chars().count()) / 3;
        // Two letters of three differing says nothing; one may.
        if distance <= limit.max(usize::from(wanted.len() > 2))
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Letters to insert, remove, replace or swap with their neighbour to make one word of the other (optimal string
/// alignment). The libraries that have it need `std`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // The rows of the table for the last two letters of `a` and for the present one.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, letter) in a.chars().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        for (column, other) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, column) + usize::from(letter != *other);
            let mut best = replaced.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let left = column.checked_sub(1).and_then(|left| b.get(left).map(|other| (left, *other)));
            if let Some((left, left_letter)) = left
                && previous == Some(*other)
                && left_letter == letter
            {
                best = best.min(at(&before, left) + 1);
            }
            current.push(best);
        }
        before = core::mem::replace(&mut last, current);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

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
