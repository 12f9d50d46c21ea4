//! A line to words, as the tools quote them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A word, and where it stands in its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'l> {
    /// Without quotes.
    pub(super) text: Cow<'l, str>,
    /// Byte offset of the first byte, be it a quote.
    pub(super) start: usize,
    /// Byte offset behind the last byte.
    pub(super) end: usize,
    /// Whether it has quotes: then it is a value, never an option.
    pub(super) quoted: bool,
}

/// The words of a line. A quoted part begins anywhere in a word; in it a backslash stands before a character that
/// means itself, as `xtables_save_string` writes it.
///
/// # Errors
/// Where a quote begins that does not end.
pub(super) fn words(line: &str) -> Result<Vec<Word<'_>>, usize> {
    let mut found = Vec::with_capacity(line.len() / 6 + 1);
    let mut rest = line.char_indices().peekable();
    while let Some((start, first)) = rest.peek().copied() {
        if is_blank(first) {
            rest.next();
            continue;
        }
        // Made only when it differs from what is written.
        let mut text: Option<String> = None;
        let mut open = None;
        let mut end = line.len();
        while let Some((at, c)) = rest.peek().copied() {
            if open.is_none() && is_blank(c) {
                end = at;
                break;
            }
            rest.next();
            let kept = match (c, open) {
                ('"', None) => {
                    open = Some(at);
                    None
                }
                ('"', Some(_)) => {
                    open = None;
                    None
                }
                ('\\', Some(_)) => rest.next().map(|(_, escaped)| escaped),
                _ => Some(c),
            };
            match &mut text {
                Some(text) => text.extend(kept),
                None if kept.is_some() => {}
                None => {
                    let mut changed = String::from(line.get(start..at).unwrap_or_default());
                    changed.extend(kept);
                    text = Some(changed);
                }
            }
        }
        if let Some(at) = open {
            return Err(at);
        }
        let quoted = text.is_some();
        let text = text.map_or_else(|| Cow::Borrowed(line.get(start..end).unwrap_or_default()), Cow::Owned);
        found.push(Word { text, start, end, quoted });
    }
    Ok(found)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_quotes_and_escapes() {
        let texts =
            |line| words(line).map(|words| words.into_iter().map(|word| word.text.into_owned()).collect());
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("-A  INPUT\t-j ACCEPT", &["-A", "INPUT", "-j", "ACCEPT"]),
            (r#"--comment "a \"b\" c""#, &["--comment", r#"a "b" c"#]),
            (r#""x\\y" it\'s"#, &[r"x\y", r"it\'s"]),
            (r#"a"b c"d """#, &["ab cd", ""]),
            (r#"":0:6:ä: ""#, &[":0:6:ä: "]),
            (r"a\ b", &[r"a\", "b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(
                texts(line),
                Ok(expected.iter().map(|word| (*word).into()).collect::<Vec<String>>()),
                "{line}"
            );
        }
        assert_eq!(texts("ab \"c"), Err(3));
        assert_eq!(texts("\"c\\"), Err(0));
    }

    #[test]
    fn places_and_quotes_are_kept() {
        let words = words(r#"ab "-j x" -j"#).unwrap();
        let places: Vec<_> = words.iter().map(|word| (word.start, word.end, word.quoted)).collect();
        assert_eq!(places, [(0, 2, false), (3, 9, true), (10, 12, false)]);
    }
}
