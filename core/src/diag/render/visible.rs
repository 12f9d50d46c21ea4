//! Text that can be shown: what is invisible, or steers the terminal, becomes something to see.

use alloc::format;
use alloc::string::String;

/// Messages are cut here: they may quote a token of a megabyte.
const LONGEST_MESSAGE: usize = 1000;

/// Adds a character of a source line or message as one or more visible characters.
pub(super) fn push(text: &mut String, c: char) {
    match c {
        '\t' => text.push_str("    "),
        // The control pictures stand in the order of the control characters.
        '\0'..='\u{1f}' => text.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
        '\u{7f}' => text.push('\u{2421}'),
        _ if hidden(c) => text.extend(["<", &format!("U+{:04X}", u32::from(c)), ">"]),
        _ => text.push(c),
    }
}

/// Characters that look like nothing or like a plain space, or that change what stands next to them. A space pasted
/// from a web page is a mistake nobody sees, so these are spelt out. The private use area is among them because it
/// looks different on every machine (and [`super::full`] keeps two characters of it for itself).
fn hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text that must stay on one line (a message, a path), made safe to show: what is invisible or would steer the
/// terminal becomes something to see, and what is longer than anyone reads is cut.
pub fn line(text: &str) -> String {
    cut(text, push)
}

/// A message that may have several lines.
pub(super) fn lines(text: &str) -> String {
    cut(text, |text, c| if c == '\n' { text.push(c) } else { push(text, c) })
}

fn cut(text: &str, mut push: impl FnMut(&mut String, char)) -> String {
    let mut shown = String::with_capacity(text.len().min(LONGEST_MESSAGE));
    let mut chars = text.chars();
    chars.by_ref().take(LONGEST_MESSAGE).for_each(|c| push(&mut shown, c));
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
