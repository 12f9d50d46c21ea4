//! Makes a disagreement small: fewer packets, fewer files, fewer lines, as long as it stays.

use core::time::Duration;
use std::time::Instant;

use crate::case::Case;

/// After this long the case is small enough.
const LONGEST: Duration = Duration::from_mins(1);

/// The smallest case found for which `disagrees` still holds. It holds for `case`.
pub fn shrink(mut case: Case, disagrees: impl Fn(&Case) -> bool) -> Case {
    let begun = Instant::now();
    let tired = || begun.elapsed() > LONGEST;
    let mut at = 0;
    while at < case.files.len() && !tired() {
        let mut smaller = case.clone();
        smaller.files.remove(at);
        if disagrees(&smaller) {
            case = smaller;
        } else {
            at += 1;
        }
    }
    for at in 0..case.files.len() {
        // Halves first, then quarters, down to single lines.
        let mut step = lines(&case, at) / 2 + 1;
        loop {
            let mut from = 0;
            while from < lines(&case, at) && !tired() {
                let smaller = without(&case, at, from, step);
                if disagrees(&smaller) {
                    case = smaller;
                } else {
                    from += step;
                }
            }
            if step == 1 || tired() {
                break;
            }
            step /= 2;
        }
    }
    case
}

fn lines(case: &Case, at: usize) -> usize {
    case.files.get(at).map_or(0, |(_, text)| text.split_inclusive(|byte| *byte == b'\n').count())
}

/// The case without some lines of a file.
fn without(case: &Case, at: usize, from: usize, count: usize) -> Case {
    let mut smaller = case.clone();
    if let Some((_, text)) = smaller.files.get_mut(at) {
        let kept = text.split_inclusive(|byte| *byte == b'\n').enumerate();
        *text = kept
            .filter(|(line, _)| !(from..from + count).contains(line))
            .flat_map(|(_, line)| line)
            .copied()
            .collect();
    }
    smaller
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let files = [("a", "1\n2\n3\n"), ("b", "4\n5\n6\n7\n8\n"), ("c", "9\n")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).to_vec();
        let has = |case: &Case, line: &[u8]| {
            case.files.iter().any(|(_, text)| text.windows(2).any(|two| two == line))
        };
        let small = shrink(Case { files, ..Case::default() }, |case| has(case, b"2\n") && has(case, b"7\n"));
        assert_eq!(small.files, [("a".to_owned(), b"2\n".to_vec()), ("b".to_owned(), b"7\n".to_vec())]);
    }
}
