//! Shows what differs.

use core::fmt::Write as _;

/// A difference in lines: ` ` kept, `-` wanted but missing, `+` there but unwanted.
pub fn diff(want: &str, got: &str) -> String {
    let (want, got): (Vec<_>, Vec<_>) = (want.lines().collect(), got.lines().collect());
    let same_start = want.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let (want_rest, got_rest) =
        (want.get(same_start..).unwrap_or_default(), got.get(same_start..).unwrap_or_default());
    let same_end = want_rest.iter().rev().zip(got_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = |rest: &[&str]| rest.len() - same_end;
    let mut out = String::new();
    let mut add = |sign: char, lines: &[&str]| {
        for line in lines {
            // Writing to a string can't fail.
            let _ = writeln!(out, "    {sign}{line}");
        }
    };
    add(' ', want.get(same_start.saturating_sub(2)..same_start).unwrap_or_default());
    add('-', want_rest.get(..middle(want_rest)).unwrap_or_default());
    add('+', got_rest.get(..middle(got_rest)).unwrap_or_default());
    add(
        ' ',
        want_rest.get(middle(want_rest)..).unwrap_or_default().get(..same_end.min(2)).unwrap_or_default(),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changed_and_two_lines_around() {
        let want = "a\nb\nc\nd\ne\nf\ng\n";
        let got = "a\nb\nc\nX\ne\nf\ng\n";
        assert_eq!(diff(want, got), "     b\n     c\n    -d\n    +X\n     e\n     f\n");
        assert_eq!(diff("a\n", "a\na\n"), "     a\n    +a\n");
    }
}
