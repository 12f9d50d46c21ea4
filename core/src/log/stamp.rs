//! The time in a line: `14/Mar/2026:12:47:07 +0100`.
//!
//! The core has no clock and knows no time zones: whoever has them writes these, in the format [`FORMAT`].

/// How `strftime` makes one, in the C locale.
pub const FORMAT: &str = "%d/%b/%Y:%H:%M:%S %z";

/// Bytes of one.
pub const LENGTH: usize = 26;

/// Whether a text has the form of one. The calendar is not asked.
pub fn is_stamp(text: &str) -> bool {
    let form = |(letter, form): (u8, u8)| match form {
        b'0' => letter.is_ascii_digit(),
        b'A' => letter.is_ascii_uppercase(),
        b'a' => letter.is_ascii_lowercase(),
        b'+' => matches!(letter, b'+' | b'-'),
        other => letter == other,
    };
    text.len() == LENGTH && text.bytes().zip(*b"00/Aaa/0000:00:00:00 +0000").all(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        for text in ["14/Mar/2026:12:47:07 +0100", "01/Jan/1970:00:00:00 -0930"] {
            assert!(is_stamp(text), "{text}");
        }
        for text in [
            "",
            "14/Mar/2026:12:47:07",
            "14/mar/2026:12:47:07 +0100",
            "14/Mar/2026:12:47:07 *0100",
            "14/Mar/2026:12:47:07 +01x0",
            "14/Mar/2026:12:47:07 +0100 ",
        ] {
            assert!(!is_stamp(text), "{text}");
        }
    }
}
