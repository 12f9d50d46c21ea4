//! Byte offsets to UTF-16 code units and back, as editors count.

use alloc::vec::Vec;

/// Bytes between two remembered places, about.
const STRIDE: usize = 512;

/// The two ways of counting in one text. What is not UTF-8 counts as it is shown: each sequence as one `U+FFFD`.
///
/// ```
/// use pvefw_core::text::Utf16;
/// let text = "a😀b".as_bytes();
/// let units = Utf16::new(text);
/// assert_eq!((units.unit(5), units.byte(3)), (3, 5));
/// ```
#[derive(Clone, Debug)]
pub struct Utf16<'t> {
    text: &'t [u8],
    /// Places between characters, as byte and unit; empty where all bytes are ASCII and both are the same.
    marks: Vec<(u32, u32)>,
}

impl<'t> Utf16<'t> {
    /// Looks through a text once.
    pub fn new(text: &'t [u8]) -> Self {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            marks.reserve(text.len() / STRIDE + 1);
            let (mut next, mut byte, mut unit) = (0, 0_usize, 0_usize);
            for (bytes, units) in characters(text) {
                if byte >= next {
                    marks.push((number(byte), number(unit)));
                    next = byte + STRIDE;
                }
                byte += bytes;
                unit += units;
            }
        }
        Self { text, marks }
    }

    /// Units in front of a byte; in front of its character for a byte inside of one, and all for one behind the text.
    pub fn unit(&self, byte: u32) -> u32 {
        let byte = byte.min(number(self.text.len()));
        if self.marks.is_empty() {
            return byte;
        }
        let (at, mut unit) = self.mark(|mark| mark.0 <= byte);
        let mut left = (byte - at) as usize;
        for (bytes, units) in characters(self.rest(at)) {
            if bytes > left {
                break;
            }
            left -= bytes;
            unit += number(units);
        }
        unit
    }

    /// Bytes in front of a unit; in front of its character for the second half of a pair, and all for one behind the text.
    pub fn byte(&self, unit: u32) -> u32 {
        if self.marks.is_empty() {
            return unit.min(number(self.text.len()));
        }
        let (mut byte, at) = self.mark(|mark| mark.1 <= unit);
        let mut left = (unit - at) as usize;
        for (bytes, units) in characters(self.rest(byte)) {
            if units > left {
                break;
            }
            left -= units;
            byte += number(bytes);
        }
        byte
    }

    /// The last remembered place of those in front.
    fn mark(&self, is_before: impl Fn(&(u32, u32)) -> bool) -> (u32, u32) {
        let behind = self.marks.partition_point(is_before);
        self.marks.get(behind.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn rest(&self, at: u32) -> &'t [u8] {
        self.text.get(at as usize..).unwrap_or_default()
    }
}

/// How many bytes and units each character has.
fn characters(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    text.utf8_chunks().flat_map(|chunk| {
        let invalid = Some((chunk.invalid().len(), 1)).filter(|(bytes, _)| *bytes > 0);
        chunk.valid().chars().map(|c| (c.len_utf8(), c.len_utf16())).chain(invalid)
    })
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn agrees_with_the_text_as_it_is_shown() {
        let long = "ä".repeat(700) + "😀" + &"x".repeat(900) + "\u{feff}";
        for text in [
            &b"plain"[..],
            b"",
            b"\xff\xe2\x82 \xf0\x9f\x98\x80\xf0\x9f",
            "\u{feff}ä".as_bytes(),
            long.as_bytes(),
        ] {
            let shown = String::from_utf8_lossy(text);
            let units = Utf16::new(text);
            let end = number(text.len());
            assert_eq!(units.unit(end), number(shown.encode_utf16().count()));
            assert_eq!(units.unit(u32::MAX), units.unit(end));
            assert_eq!(units.byte(u32::MAX), end);
            for byte in 0..=end {
                let unit = units.unit(byte);
                assert!(units.byte(unit) <= byte && units.unit(units.byte(unit)) == unit, "{byte}");
                let before = text.get(..byte as usize).unwrap();
                if let Ok(before) = core::str::from_utf8(before) {
                    assert_eq!((unit, units.byte(unit)), (number(before.encode_utf16().count()), byte));
                }
            }
        }
        assert_eq!(Utf16::new("😀".as_bytes()).byte(1), 0);
    }
}
