//! A file as lines that can be changed one by one.

use alloc::vec::Vec;

use crate::config::{Action, Direction, Level};
use crate::syntax::{Lexer, LineKind, SectionKind, Token, ast};

/// A line while its file is loaded, wherever it stands and whatever it says by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub(super) u32);

impl LineId {
    /// As a number, for bindings.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// From such a number. One that was never given out names no line.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// One line: its bytes are those of the pool from `start` to `end`, with the line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) kind: LineKind,
    /// Whether it has the form of a rule.
    pub(super) is_rule: bool,
    start: u32,
    end: u32,
}

/// A file being edited. Bytes are only added to the pool, so that going back is setting the lines as they were.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) level: Level,
    pool: Vec<u8>,
    pub(super) lines: Vec<Line>,
    next: u32,
    /// Whether lines end in CR LF here.
    crlf: bool,
    /// What is on disk; `None`: there is no such file.
    pub(super) saved: Option<Vec<u8>>,
}

/// A state to go back to.
pub(super) struct Before {
    lines: Vec<Line>,
    pool: usize,
}

impl Document {
    pub(super) fn new(level: Level, text: Option<&[u8]>) -> Self {
        let pool = text.unwrap_or_default().to_vec();
        let mut document = Self {
            level,
            crlf: memchr::memchr(b'\n', &pool)
                .is_some_and(|end| end > 0 && pool.get(end - 1) == Some(&b'\r')),
            lines: Vec::with_capacity(pool.len() / 24),
            pool: Vec::new(),
            next: 0,
            saved: text.map(<[u8]>::to_vec),
        };
        let mut lexer = Lexer::without_spaces(&pool);
        let mut tokens = Vec::new();
        let mut start = 0;
        while let Some(kind) = lexer.line(&mut tokens) {
            let rest = pool.get(start..).unwrap_or_default();
            let end = start + memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let is_rule = kind == LineKind::Rule && has_form_of_rule(&pool, &tokens);
            tokens.clear();
            let line = document.line(kind, is_rule, start, end);
            document.lines.push(line);
            start = end;
        }
        document.pool = pool;
        document
    }

    fn line(&mut self, kind: LineKind, is_rule: bool, start: usize, end: usize) -> Line {
        let id = LineId(self.next);
        self.next = self.next.saturating_add(1);
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Line { id, kind, is_rule, start: offset(start), end: offset(end) }
    }

    /// The whole text.
    pub(super) fn text(&self) -> Vec<u8> {
        let length = self.lines.iter().map(|line| (line.end - line.start) as usize).sum();
        let mut text = Vec::with_capacity(length);
        for line in &self.lines {
            text.extend_from_slice(self.bytes(*line));
        }
        text
    }

    /// The bytes of a line with its end.
    pub(super) fn bytes(&self, line: Line) -> &[u8] {
        self.pool.get(line.start as usize..line.end as usize).unwrap_or_default()
    }

    /// The bytes of a line without its end.
    pub(super) fn content(&self, line: Line) -> &[u8] {
        let bytes = self.bytes(line);
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// The tokens of a line's content, at their places in it.
    pub(super) fn tokens(&self, line: Line) -> Vec<Token> {
        tokens(self.content(line), line.kind)
    }

    /// Where a line stands.
    pub(super) fn position(&self, id: LineId) -> Option<usize> {
        self.lines.iter().position(|line| line.id == id)
    }

    /// Puts lines before the one at `at`; returns their ids.
    pub(super) fn insert<'l>(
        &mut self,
        at: usize,
        new: impl IntoIterator<Item = (LineKind, &'l [u8])>,
    ) -> Vec<LineId> {
        let at = at.min(self.lines.len());
        self.end_line_before(at);
        let lines: Vec<Line> = new.into_iter().map(|(kind, content)| self.made(kind, content)).collect();
        let ids = lines.iter().map(|line| line.id).collect();
        self.lines.splice(at..at, lines);
        ids
    }

    /// A line that stands nowhere yet.
    pub(super) fn made(&mut self, kind: LineKind, content: &[u8]) -> Line {
        let start = self.pool.len();
        self.pool.extend_from_slice(content);
        self.pool.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
        let is_rule = kind == LineKind::Rule && has_form_of_rule(content, &tokens(content, kind));
        self.line(kind, is_rule, start, self.pool.len())
    }

    /// The last line of a file may have no end; it gets one when something is to stand behind it.
    fn end_line_before(&mut self, at: usize) {
        let Some(line) = at.checked_sub(1).and_then(|last| self.lines.get(last)).copied() else { return };
        if !self.bytes(line).ends_with(b"\n") {
            let content = self.bytes(line).to_vec();
            let Line { start, end, .. } = self.made(line.kind, &content);
            if let Some(line) = self.lines.get_mut(at - 1) {
                (line.start, line.end) = (start, end);
            }
        }
    }

    /// Gives the line at a position another content. Its end and identity stay.
    pub(super) fn replace(&mut self, position: usize, content: &[u8]) {
        let Some(line) = self.lines.get(position).copied() else { return };
        let length = self.content(line).len();
        let end = self.bytes(line).get(length..).unwrap_or_default().to_vec();
        let start = self.pool.len();
        self.pool.extend_from_slice(content);
        self.pool.extend_from_slice(&end);
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        let is_rule = line.kind == LineKind::Rule && has_form_of_rule(content, &tokens(content, line.kind));
        if let Some(line) = self.lines.get_mut(position) {
            (line.start, line.end, line.is_rule) = (offset(start), offset(self.pool.len()), is_rule);
        }
    }

    /// Takes a line out.
    pub(super) fn remove(&mut self, position: usize) -> Option<Line> {
        (position < self.lines.len()).then(|| self.lines.remove(position))
    }

    /// Puts a line that was taken out before the one at `at`.
    pub(super) fn put(&mut self, at: usize, line: Line) {
        let at = at.min(self.lines.len());
        self.end_line_before(at);
        // It may have been the last one, without an end.
        let content = self.content(line).to_vec();
        let ended = if self.bytes(line).ends_with(b"\n") { line } else { self.made(line.kind, &content) };
        self.lines.insert(at, Line { id: line.id, ..ended });
    }

    /// The state to go back to if what follows is refused.
    pub(super) fn before(&self) -> Before {
        Before { lines: self.lines.clone(), pool: self.pool.len() }
    }

    /// Goes back.
    pub(super) fn restore(&mut self, before: Before) {
        self.lines = before.lines;
        self.pool.truncate(before.pool);
    }
}

/// Whether a line of kind [`LineKind::Rule`] is one that [`super::RuleLine::fields`] can tell the parts of.
fn has_form_of_rule(text: &[u8], tokens: &[Token]) -> bool {
    let view = ast::Rule::of(tokens);
    let (Some(direction), Some(action), None) = (view.direction, view.action, view.junk) else {
        return false;
    };
    let word = |token: Token| text.get(token.start as usize..token.end as usize).unwrap_or_default();
    let (direction, action) = (word(direction), word(action));
    let verdict = match action.strip_suffix(b")") {
        Some(inner) => inner.splitn(2, |byte| *byte == b'(').nth(1).unwrap_or_default(),
        None => action,
    };
    direction.eq_ignore_ascii_case(b"GROUP")
        || [Direction::In, Direction::Out, Direction::Forward]
            .iter()
            .any(|known| known.name().as_bytes().eq_ignore_ascii_case(direction))
            && Action::ALL.iter().any(|known| known.name().as_bytes() == verdict)
}

/// The tokens of a line's content that is of a kind.
pub(super) fn tokens(content: &[u8], kind: LineKind) -> Vec<Token> {
    let section = match kind {
        LineKind::Option => Some(SectionKind::Options),
        LineKind::Alias => Some(SectionKind::Aliases),
        LineKind::Member => Some(SectionKind::IpSet),
        LineKind::Rule => Some(SectionKind::Rules),
        _ => None,
    };
    let mut found = Vec::new();
    Lexer::within(content, section).line(&mut found);
    found
}

/// What a content would be in a section.
pub(super) fn kind_in(content: &[u8], section: SectionKind) -> LineKind {
    Lexer::within(content, Some(section)).line(&mut Vec::new()).unwrap_or(LineKind::Blank)
}
