//! Cutting short words, and what else is done with them.

use alloc::borrow::Cow;

/// What stands before and behind the first `byte`, which must be ASCII. For words of a few characters this is several
/// times as fast as [`str::split_once`], and every word of every line is cut.
pub(crate) fn split_at_byte(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A word with its ASCII letters in lower case, as nearly all are written.
pub(crate) fn in_lower_case(word: &str) -> Cow<'_, str> {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(word.to_ascii_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

#[cfg(test)]
mod tests {
    use super::split_at_byte;

    #[test]
    fn cuts_as_the_standard_library_does() {
        for text in ["", ":", "a:b", "a:b:c", ":b", "a:", "ä:ö", "none"] {
            assert_eq!(split_at_byte(text, b':'), text.split_once(':'), "{text}");
        }
    }
}
