//! What a file defines, with the lines that say it: read from tokens, so that half-written files have one, too.

use alloc::vec::Vec;

use super::symbols::SymbolKind;
use crate::config::{Level, is_definable_name};
use crate::syntax::{Lexer, LineKind, SectionKind, Token, TokenKind, ast};
use crate::text::{FileId, Span};

/// A definition.
pub(super) struct Entry<'t> {
    pub(super) kind: SymbolKind,
    /// The name as written.
    pub(super) name: &'t str,
    /// Where the name stands.
    pub(super) span: Span,
    /// Of an alias, its address.
    pub(super) value: &'t str,
    /// What stands behind it, without `#`.
    pub(super) comment: &'t str,
    /// Of a set or group, its lines, without comments.
    pub(super) lines: Vec<&'t str>,
}

/// The definitions of a file, in order.
pub(super) fn entries(file: FileId, text: &[u8], level: Level) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut lexer = Lexer::without_spaces(text);
    let mut tokens = Vec::new();
    // Whether lines belong to the last entry.
    let mut open = false;
    let mut section = None;
    while let Some(kind) = lexer.line(&mut tokens) {
        let word = |token: Token| {
            let span = Span::new(file, token.start, token.end);
            (span, core::str::from_utf8(span.of(text)).unwrap_or_default())
        };
        let comment = tokens.iter().find(|token| token.kind == TokenKind::Comment);
        let comment = comment.map_or("", |token| word(*token).1.trim_start_matches('#').trim());
        let entry = |kind, token, value| {
            let (span, name) = word(token);
            is_definable_name(name).then_some(Entry { kind, name, span, value, comment, lines: Vec::new() })
        };
        match kind {
            LineKind::Header(found) => {
                section = level.allows(found).then_some(found);
                let kind = match section {
                    Some(SectionKind::IpSet) => Some(SymbolKind::Set),
                    Some(SectionKind::Group) => Some(SymbolKind::Group),
                    _ => None,
                };
                let name = ast::Header::of(&tokens).name;
                let found = kind.zip(name).and_then(|(kind, name)| entry(kind, name, ""));
                open = found.is_some();
                entries.extend(found);
            }
            LineKind::BadHeader => (section, open) = (None, false),
            LineKind::Alias if section == Some(SectionKind::Aliases) => {
                let pair = ast::Pair::of(&tokens);
                if let (Some(name), Some(value)) = (pair.name, pair.value) {
                    entries.extend(entry(SymbolKind::Alias, name, word(value).1));
                }
            }
            LineKind::Member | LineKind::Rule if open => {
                let solid = || tokens.iter().filter(|token| token.kind != TokenKind::Comment);
                if let (Some(first), Some(last)) = (solid().next(), solid().next_back()) {
                    let (_, line) = word(Token { end: last.end, ..*first });
                    if let Some(entry) = entries.last_mut() {
                        entry.lines.push(line);
                    }
                }
            }
            _ => {}
        }
        tokens.clear();
    }
    entries
}
