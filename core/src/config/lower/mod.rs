//! Lines to model, a file per section kind. A problem becomes a diagnostic and never stops the walk.

mod address;
mod again;
mod alias;
mod header;
mod member;
mod option;
mod port;
mod rule;
mod rule_syntax;

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) use again::{Change, lower_again};
pub(crate) use header::name_limit;

use super::model::{File, Rule};
use super::options::Options;
use super::value::Level;
use crate::diag::{Code, Diagnostic, Safety, Sink, codes};
use crate::facts::Names;
use crate::syntax::{BYTE_ORDER_MARK, Lexer, LineKind, SectionKind, Token, TokenKind};
use crate::text::{FileId, Span};

/// Tokens of a line, as a rule at most.
const TOKENS: usize = 32;

/// Bytes of a rule, as a rule at least.
const RULE_LENGTH: usize = 40;

/// Rules of a file that there is room for from the beginning.
const RULES: usize = 32;

/// Reads a file of the given kind.
pub fn lower(id: FileId, text: &[u8], level: Level, names: &Names<'_>, sink: &mut Sink) -> File {
    let utf16 = matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let bytes = if utf16 { &[] } else { text };
    let file = File {
        id,
        level,
        options: Options::none(level),
        aliases: Vec::new(),
        sets: Vec::new(),
        groups: Vec::new(),
        rules: Vec::with_capacity((bytes.len() / RULE_LENGTH).min(RULES)),
    };
    let mut lower = Lower {
        bytes,
        ascii: bytes.is_ascii(),
        names,
        sink,
        file,
        place: Place::None,
        named_aliases: Vec::new(),
        text: core::str::from_utf8(text).ok(),
    };
    if utf16 {
        lower.utf16();
    }
    lower.byte_order_mark();
    lower.crlf();
    lower.lines(Lexer::without_spaces(bytes));
    lower.duplicate_aliases();
    lower.file
}

/// Where the lines go that are being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before any header.
    None,
    /// Behind a header that was reported: its lines are left out without another word each.
    Skipped,
    Section(SectionKind),
}

struct Lower<'a, 'n> {
    bytes: &'a [u8],
    /// Whether all bytes are ASCII, as nearly always: then there is nothing invisible to look for.
    ascii: bool,
    names: &'a Names<'n>,
    sink: &'a mut Sink,
    file: File,
    place: Place,
    /// Which of the aliases stand in lines of the right form.
    named_aliases: Vec<usize>,
    /// The whole text, if it is UTF-8: checking it once is faster than checking every token.
    text: Option<&'a str>,
}

impl<'a> Lower<'a, '_> {
    /// A line at a time, whose tokens take the place of the last one's.
    fn lines(&mut self, mut lexer: Lexer<'_>) {
        let mut tokens = Vec::with_capacity(TOKENS);
        while let Some(kind) = lexer.line(&mut tokens) {
            self.line(kind, &tokens);
            tokens.clear();
        }
    }

    fn line(&mut self, kind: LineKind, tokens: &[Token]) {
        match kind {
            LineKind::Blank | LineKind::Comment => {}
            LineKind::Header(section) => self.header(section, tokens),
            LineKind::BadHeader => self.bad_header(tokens),
            LineKind::Stray => self.stray(tokens),
            _ if self.place == Place::Skipped => {}
            _ if self.invisible(tokens) => {
                if let (LineKind::Member, Some(set)) = (kind, self.file.sets.last_mut()) {
                    set.faulty_lines += 1;
                }
            }
            LineKind::Option => self.option(tokens),
            LineKind::Alias => self.alias(tokens),
            LineKind::Member => self.member(tokens),
            LineKind::Rule => self.rule(tokens),
        }
    }

    /// Where the next rule goes.
    fn rules(&mut self) -> &mut Vec<Rule> {
        match (self.place, self.file.groups.last_mut()) {
            (Place::Section(SectionKind::Group), Some(group)) => &mut group.rules,
            _ => &mut self.file.rules,
        }
    }

    fn stray(&mut self, tokens: &[Token]) {
        if self.place == Place::Skipped {
            return;
        }
        let Some(junk) = tokens.iter().copied().find(|token| token.kind == TokenKind::Junk) else { return };
        let (span, text) = (self.span(junk), self.text(junk));
        self.sink.push_with(span.file, codes::STRAY_LINE.severity(), || {
            let mut diagnostic = Diagnostic::new(codes::STRAY_LINE, span, "this line belongs to no section")
                .label("left out")
                .note("a section starts with its header: `[OPTIONS]`, `[RULES]`, …");
            let word = text.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
            if let Some(section) = SectionKind::named(text.trim_matches(['[', ']', ':']).trim().as_bytes()) {
                let right = alloc::format!("[{}]", section.word());
                return diagnostic.fix(alloc::format!("write `{right}`"), Safety::Unsafe, span, right);
            }
            let header = match word.to_ascii_uppercase().as_str() {
                "IN" | "OUT" | "FORWARD" | "GROUP" => Some("[RULES]"),
                _ if text.contains(':') && super::options::names(Level::Cluster).contains(&word) => {
                    Some("[OPTIONS]")
                }
                _ => None,
            };
            if let Some(header) = header {
                let place = Span::at(span.file, span.start);
                let text = alloc::format!("{header}\n");
                diagnostic =
                    diagnostic.fix(alloc::format!("put `{header}` above it"), Safety::Unsafe, place, text);
            }
            diagnostic
        });
    }

    fn utf16(&mut self) {
        let span = Span::at(self.file.id, 0);
        self.sink.push(
            Diagnostic::new(codes::UTF16, span, "this file is UTF-16, not UTF-8")
                .label("nothing of it is used")
                .note("`iconv -f UTF-16 -t UTF-8 FILE` converts it; some editors call UTF-16 \"Unicode\""),
        );
    }

    fn byte_order_mark(&mut self) {
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            let span = self.bytes_span(0, BYTE_ORDER_MARK.len());
            self.sink.push(
                Diagnostic::new(codes::BYTE_ORDER_MARK, span, "the file starts with a byte order mark")
                    .note("pve-firewall does not understand the line it stands on; pvefw reads what is behind it")
                    .fix("remove the mark", Safety::Safe, span, ""),
            );
        }
    }

    /// Reports characters that look like blanks or nothing, as they come from web pages, and are part of a word here.
    fn invisible(&mut self, tokens: &[Token]) -> bool {
        const INVISIBLE: [char; 8] =
            ['\u{a0}', '\u{2007}', '\u{202f}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];
        if self.ascii {
            return false;
        }
        let solid =
            tokens.iter().filter(|token| !matches!(token.kind, TokenKind::Comment | TokenKind::Space));
        for token in solid {
            let (span, text) = (self.span(*token), self.text(*token));
            // Nearly every token: the search below is for the few others.
            if text.is_ascii() {
                continue;
            }
            let Some((at, found)) = text.char_indices().find(|(_, c)| INVISIBLE.contains(c)) else {
                continue;
            };
            let start = span.start.saturating_add(u32::try_from(at).unwrap_or(0));
            let place = Span::new(
                span.file,
                start,
                start.saturating_add(u32::try_from(found.len_utf8()).unwrap_or(0)),
            );
            let blank = if matches!(found, '\u{a0}' | '\u{2007}' | '\u{202f}') { " " } else { "" };
            let code = codes::INVISIBLE_CHARACTER;
            self.sink.push_with(span.file, code.severity(), || {
                let message =
                    alloc::format!("an invisible character (U+{:04X}) stands here", u32::from(found));
                let title = if blank.is_empty() { "remove it" } else { "write a blank" };
                Diagnostic::new(code, place, message)
                    .label("the line is left out")
                    .note("such characters come with text copied from web pages")
                    .fix(title, Safety::Unsafe, place, blank)
            });
            return true;
        }
        false
    }

    /// One warning for a file with CRLF line ends.
    fn crlf(&mut self) {
        let text = self.bytes;
        // Looking for one byte is much faster, and good files end here.
        if memchr::memchr(b'\r', text).is_none() {
            return;
        }
        let Some(at) = text.windows(2).position(|pair| pair == b"\r\n") else { return };
        // Where the first such line starts: the line end itself can't be shown.
        let start = text
            .get(..at)
            .unwrap_or_default()
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let span = self.bytes_span(start, at);
        self.sink.push(
            Diagnostic::new(codes::CRLF, span, "the lines of this file end in CR LF, as on Windows")
                .label("this line and maybe others")
                .note(
                    "pve-firewall ignores such a file completely; pvefw reads it as if the lines ended in LF",
                )
                .note("`dos2unix` or `sed -i 's/\\r$//'` changes the line ends"),
        );
    }

    fn bytes_span(&self, start: usize, end: usize) -> Span {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file.id, offset(start), offset(end))
    }

    fn span(&self, token: Token) -> Span {
        Span::new(self.file.id, token.start, token.end)
    }

    /// From the first token to the last.
    fn span_over(&self, first: Token, last: Token) -> Span {
        Span::new(self.file.id, first.start, last.end)
    }

    /// The text of a token. What is not UTF-8 can't be a valid name or value, so one stand-in for it is enough.
    fn text(&self, token: Token) -> &'a str {
        let valid = self.text.and_then(|text| text.get(token.start as usize..token.end as usize));
        valid.unwrap_or_else(|| core::str::from_utf8(self.span(token).of(self.bytes)).unwrap_or("\u{fffd}"))
    }

    /// Reports an error at a place.
    fn error(
        &mut self,
        code: Code,
        span: Span,
        make: impl FnOnce(Diagnostic) -> Diagnostic,
        message: impl FnOnce() -> String,
    ) {
        self.sink.push_with(span.file, code.severity(), || make(Diagnostic::new(code, span, message())));
    }
}

/// `` `a`, `b` or `c` ``
fn alternatives(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| alloc::format!("`{}`", name.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => alloc::format!("{} or {last}", first.join(", ")),
    }
}
