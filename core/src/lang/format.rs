//! The usual layout: one blank between words, one blank line between sections, nothing at the ends of lines.
//!
//! ```
//! use pvefw_core::lang::format;
//! assert_eq!(format::formatted(b"[RULES]\n  IN   ACCEPT -p tcp#web\n\n\n"), b"[RULES]\nIN ACCEPT -p tcp #web\n");
//! ```
//!
//! It is the layout that Proxmox VE writes itself. Comments, words and their order stay, and so does what the file means:
//! lines that are not understood are left as they are, since blanks may be what is wrong with them. Line ends are kept, too:
//! pve-firewall ignores a file whose lines end in CR LF, so changing them would change what a node loads.

use alloc::vec::Vec;

use crate::syntax::{BYTE_ORDER_MARK, LineKind, Token, TokenKind, Tree};

/// Bytes to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// What to put there.
    pub text: Vec<u8>,
}

/// What has to change for a text to have the usual layout: as little as possible, in order.
pub fn changes(text: &[u8]) -> Vec<Change> {
    // UTF-16 is no text to us, and a lone `0` is how Proxmox VE writes an empty file.
    if matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | b"0") {
        return Vec::new();
    }
    let tree = Tree::parse(text);
    let mut layout = Layout { tree: &tree, end: line_end(text), changes: Vec::new() };
    if tree.lines().all(|(line, _)| line.kind == LineKind::Blank) {
        // An empty file means the same as none; one of blanks does not.
        return Vec::new();
    }
    layout.lines();
    layout.changes
}

/// A text in the usual layout.
pub fn formatted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for change in changes(text) {
        out.extend(text.get(at..change.start as usize).unwrap_or_default());
        out.extend(&change.text);
        at = change.end as usize;
    }
    out.extend(text.get(at..).unwrap_or_default());
    out
}

struct Layout<'t> {
    tree: &'t Tree<'t>,
    /// How lines end; `None` where some end so and others otherwise, and no line may come or go.
    end: Option<&'static [u8]>,
    changes: Vec<Change>,
}

/// How all lines of a text end.
fn line_end(text: &[u8]) -> Option<&'static [u8]> {
    let all = memchr::memchr_iter(b'\n', text).count();
    let windows = memchr::memmem::find_iter(text, b"\r\n").count();
    match windows {
        0 => Some(b"\n"),
        _ if windows == all => Some(b"\r\n"),
        _ => None,
    }
}

impl Layout<'_> {
    fn lines(&mut self) {
        // Where a run of blank lines begins, if one has begun.
        let mut blank: Option<u32> = None;
        let mut above: Option<LineKind> = None;
        for (line, tokens) in self.tree.lines() {
            let Some(first) = tokens.first() else { continue };
            // A byte order mark in front of the first line stays.
            let start = first.start + mark(self.tree, *first);
            if line.kind == LineKind::Blank {
                blank = blank.or(Some(start));
                continue;
            }
            let apart = match above {
                None => false,
                // A comment directly above a section is its own.
                Some(LineKind::Comment) => blank.is_some(),
                Some(_) => blank.is_some() || matches!(line.kind, LineKind::Header(_)),
            };
            self.blank_lines(blank.take().unwrap_or(start), start, apart);
            self.line(line.kind, tokens);
            above = Some(line.kind);
        }
        if let Some(from) = blank {
            let end = u32::try_from(self.tree.text().len()).unwrap_or(u32::MAX);
            self.blank_lines(from, end, false);
        }
    }

    /// Puts one blank line, or none, in the place of those that are there.
    fn blank_lines(&mut self, from: u32, to: u32, apart: bool) {
        // A mark that is part of a word must not come to stand at the beginning, where it is one of byte order.
        let behind = self.tree.text().get(to as usize..).unwrap_or_default();
        let is_mark = from == 0 && to > 0 && behind.starts_with(BYTE_ORDER_MARK);
        if let (Some(end), false) = (self.end, is_mark) {
            self.change(from, to, if apart { end.to_vec() } else { Vec::new() });
        }
    }

    /// The blanks in a line, and its end.
    fn line(&mut self, kind: LineKind, tokens: &[Token]) {
        let is_understood = tokens.iter().all(|token| token.kind != TokenKind::Junk)
            && !matches!(kind, LineKind::BadHeader | LineKind::Stray);
        let mut before: Option<Token> = None;
        let mut gap: Option<Token> = None;
        for token in tokens {
            match token.kind {
                TokenKind::Space => {
                    gap = Some(*token);
                    continue;
                }
                TokenKind::Newline => break,
                _ => {}
            }
            if is_understood {
                let wanted = before.map_or(&b""[..], |before| between(before.kind, token.kind));
                let (from, to) =
                    gap.map_or((token.start, token.start), |gap| (gap.start + mark(self.tree, gap), gap.end));
                self.change(from, to, wanted.to_vec());
            }
            gap = None;
            before = Some(*token);
        }
        let newline = tokens.last().filter(|token| token.kind == TokenKind::Newline);
        if let (Some(gap), true) = (gap, is_understood) {
            self.change(gap.start, gap.end, Vec::new());
        }
        // A stray carriage return that stays would become part of the line's end.
        let goes_on = self.tree.text().ends_with(b"\r") && !is_understood;
        if let (None, Some(last), Some(end), false) = (newline, tokens.last(), self.end, goes_on) {
            self.change(last.end, last.end, end.to_vec());
        }
    }

    /// Notes a change unless it is none, or belongs to the one before.
    fn change(&mut self, start: u32, end: u32, text: Vec<u8>) {
        let now = self.tree.text().get(start as usize..end as usize).unwrap_or_default();
        if now == text {
            return;
        }
        if let Some(last) = self.changes.last_mut().filter(|last| last.end == start) {
            last.end = end;
            last.text.extend(text);
            return;
        }
        self.changes.push(Change { start, end, text });
    }
}

/// What stands between two words of a line that is understood.
const fn between(before: TokenKind, behind: TokenKind) -> &'static [u8] {
    match (before, behind) {
        (_, TokenKind::Comment) => b" ",
        (TokenKind::Bracket, _) | (_, TokenKind::Bracket | TokenKind::Colon) => b"",
        (TokenKind::Bar | TokenKind::Bang, _) => b"",
        _ => b" ",
    }
}

/// The bytes of a byte order mark in front of blanks.
fn mark(tree: &Tree<'_>, space: Token) -> u32 {
    if space.start == 0 && tree.bytes(space).starts_with(BYTE_ORDER_MARK) { 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let once = String::from_utf8(formatted(before.as_bytes())).unwrap();
        assert_eq!(once, after);
        assert!(changes(once.as_bytes()).is_empty(), "{:?}", changes(once.as_bytes()));
    }

    #[test]
    fn words_are_one_blank_apart() {
        check(
            "[OPTIONS]\nenable:1\n policy_in:   DROP\t\n[ALIASES]\na1 10.0.0.1#x\n[IPSET  s]  # y\n! 10.0.0.0/8 # z\n\
             [RULES]\n|IN\tSSH(ACCEPT)   -i net0    -log info\t#  two\n",
            "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[ALIASES]\na1 10.0.0.1 #x\n\n[IPSET s] # y\n!10.0.0.0/8 # z\n\n\
             [RULES]\n|IN SSH(ACCEPT) -i net0 -log info #  two\n",
        );
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is() {
        check("  x\n[RULES]  # no\n", "  x\n[RULES]  # no\n");
        check("[ALIASES]\na1  10.0.0.1 \n", "[ALIASES]\na1  10.0.0.1 \n");
        check("[RULES]\n IN ACCEPT -p  tcp\n", "[RULES]\n IN ACCEPT -p  tcp\n");
    }

    #[test]
    fn sections_are_one_blank_line_apart() {
        check(
            "\n\n# a\n\n\n\n# b\n[RULES]\n\n\nIN DROP\n# c\n[group g1]\n\n",
            "# a\n\n# b\n[RULES]\n\nIN DROP\n# c\n[group g1]\n",
        );
        check("[RULES]\nIN DROP\n \t\n\n[group g1]", "[RULES]\nIN DROP\n\n[group g1]\n");
    }

    #[test]
    fn line_ends_and_marks_stay() {
        check(
            "\u{feff} [RULES]\r\nIN  DROP\r\n[group g1]\r\n",
            "\u{feff}[RULES]\r\nIN DROP\r\n\r\n[group g1]\r\n",
        );
        check("\u{feff}\n\n[RULES]\n", "\u{feff}[RULES]\n");
        for text in ["0", "", "\n", " \n\n", "\u{feff}"] {
            check(text, text);
        }
        assert!(changes(b"\xff\xfe[\0R\0").is_empty());
    }
}
