//! Tree to model, a file per section kind. A problem becomes a diagnostic and never stops the walk.

mod address;
mod alias;
mod header;
mod member;
mod option;
mod port;
mod rule;
mod rule_syntax;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::model::{File, Rule};
use super::options::Options;
use super::value::Level;
use crate::diag::{Code, Diagnostic, Safety, Sink, codes};
use crate::facts::Names;
use crate::syntax::{LineKind, SectionKind, Token, TokenKind, Tree};
use crate::text::{FileId, Span};

/// Reads a file of the given kind.
pub fn lower(id: FileId, text: &[u8], level: Level, names: &Names<'_>, sink: &mut Sink) -> File {
    let tree = Tree::parse(text);
    let file = File {
        id,
        level,
        options: Options::none(level),
        aliases: Vec::new(),
        sets: Vec::new(),
        groups: Vec::new(),
        rules: Vec::new(),
    };
    let mut lower =
        Lower { tree: &tree, names, sink, file, place: Place::None, alias_places: BTreeMap::new() };
    lower.crlf();
    for (line, tokens) in tree.lines() {
        lower.line(line.kind, tokens);
    }
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
    tree: &'a Tree<'a>,
    names: &'a Names<'n>,
    sink: &'a mut Sink,
    file: File,
    place: Place,
    /// Where each alias was defined last.
    alias_places: BTreeMap<String, Span>,
}

impl<'a> Lower<'a, '_> {
    fn line(&mut self, kind: LineKind, tokens: &[Token]) {
        match kind {
            LineKind::Blank | LineKind::Comment => {}
            LineKind::Header(section) => self.header(section, tokens),
            LineKind::BadHeader => self.bad_header(tokens),
            LineKind::Stray => self.stray(tokens),
            _ if self.place == Place::Skipped => {}
            LineKind::Option => self.option(tokens),
            LineKind::Alias => self.alias(tokens),
            LineKind::Member => self.member(tokens),
            LineKind::Rule => {
                if let Some(rule) = self.rule(tokens) {
                    self.push_rule(rule);
                }
            }
        }
    }

    fn push_rule(&mut self, rule: Rule) {
        let rules = match self.place {
            Place::Section(SectionKind::Group) => self.file.groups.last_mut().map(|group| &mut group.rules),
            _ => Some(&mut self.file.rules),
        };
        if let Some(rules) = rules {
            rules.push(rule);
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

    /// One warning for a file with CRLF line ends.
    fn crlf(&mut self) {
        let text = self.tree.text();
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
        core::str::from_utf8(self.tree.bytes(token)).unwrap_or("\u{fffd}")
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
        [only] => only.to_string(),
        [first @ .., last] => alloc::format!("{} or {last}", first.join(", ")),
    }
}
