//! Command lines: the little that the commands here need.

use crate::outcome::{Failure, Outcome};

/// Refuses arguments to a command that takes none.
pub(crate) fn none(words: &[String]) -> Outcome {
    match words.first() {
        None => Ok(()),
        Some(word) => Err(unknown(word, &[])),
    }
}

/// The failure for an argument that is none of the known ones.
pub(crate) fn unknown(word: &str, known: &[&str]) -> Failure {
    Failure::usage(format!("unknown argument `{word}`{}", did_you_mean(word, known)))
}

/// A number that is an option's value.
pub(crate) fn number(option: &str, value: Option<&String>) -> Outcome<u64> {
    let value = value.ok_or_else(|| Failure::usage(format!("`{option}` wants a number after it")))?;
    value.parse().map_err(|_| Failure::usage(format!("`{option}` wants a number, not `{value}`")))
}

/// `, did you mean …?` with the names near to a word; empty where there is none.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    let word = word.to_lowercase();
    let near: Vec<String> = known
        .iter()
        .filter(|name| {
            name.starts_with(&word) || strsim::damerau_levenshtein(&word, name) <= 1 + word.len() / 4
        })
        .map(|name| format!("`{name}`"))
        .collect();
    if near.is_empty() { String::new() } else { format!(", did you mean {}?", near.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered() {
        let known = ["try", "test", "deny", "nostd"];
        assert_eq!(did_you_mean("tets", &known), ", did you mean `test`?");
        assert_eq!(did_you_mean("no", &known), ", did you mean `nostd`?");
        assert_eq!(did_you_mean("T", &known), ", did you mean `try` or `test`?");
        assert_eq!(did_you_mean("release", &known), "");
    }

    #[test]
    fn numbers_are_checked() {
        assert_eq!(number("--seconds", Some(&"60".into())).unwrap(), 60);
        assert_eq!(number("--seconds", Some(&"-1".into())).unwrap_err().status, 2);
        assert_eq!(number("--seconds", None).unwrap_err().status, 2);
    }
}
