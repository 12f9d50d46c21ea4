//! Section headers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Lower, Place, alternatives};
use crate::config::model::{Group, Set};
use crate::config::value::{Level, NAME_LIMIT, is_definable_name};
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::syntax::{SectionKind, Token, TokenKind, ast, meant_section};
use crate::text::Span;

/// The most characters of a group's name: the chain `GROUP-<name>-OUT` must fit into 28.
pub(super) const GROUP_NAME_LIMIT: usize = 18;

/// The most characters of the name in a header.
pub(crate) fn name_limit(section: SectionKind) -> usize {
    if section == SectionKind::Group { GROUP_NAME_LIMIT } else { NAME_LIMIT }
}

impl Lower<'_, '_> {
    pub(super) fn header(&mut self, section: SectionKind, tokens: &[Token]) {
        self.place = Place::Section(section);
        let level = self.file.level;
        if !level.allows(section) {
            self.place = Place::Skipped;
            let span = self.line_span(tokens);
            let files = Level::ALL.into_iter().filter(|level| level.allows(section)).map(Level::file);
            let files: Vec<_> = files.collect();
            self.sink.push(
                Diagnostic::new(
                    codes::SECTION_NOT_HERE,
                    span,
                    format!("{} can't have a section `[{}]`", level.file(), section.word()),
                )
                .label("its lines are left out")
                .note(format!("only {} can have one", files.join(" and "))),
            );
            return;
        }
        if let Some(token) = ast::Header::of(tokens).name {
            self.named(section, token);
        }
    }

    fn named(&mut self, section: SectionKind, token: Token) {
        let (span, written) = (self.span(token), self.text(token));
        let limit = name_limit(section);
        let name = written.to_ascii_lowercase();
        if written.len() > limit || !is_definable_name(written) {
            self.place = Place::Skipped;
            let what = if section == SectionKind::Group { "security group" } else { "set" };
            let why = if written.len() > limit {
                format!("it has {} characters; at most {limit} are allowed", written.len())
            } else if written.len() < 2 {
                "it must have at least two characters".to_string()
            } else {
                "it must start with a letter; letters, digits, `-` and `_` may follow".to_string()
            };
            self.sink.push(
                Diagnostic::new(codes::BAD_NAME, span, format!("`{written}` can't be the name of a {what}"))
                    .label("the lines of this section are left out")
                    .note(why),
            );
            return;
        }
        if section == SectionKind::Group {
            self.file.groups.push(Group { name, span, rules: Vec::new() });
        } else {
            self.file.sets.push(Set { name, span, members: Vec::new(), faulty_lines: 0 });
        }
    }

    /// A line that starts with `[` and is no header.
    pub(super) fn bad_header(&mut self, tokens: &[Token]) {
        let Some(junk) = tokens.iter().copied().find(|token| token.kind == TokenKind::Junk) else { return };
        let (span, text) = (self.span(junk), self.text(junk));
        let meant = meant_section(text.as_bytes());
        let goes_on = meant.is_some_and(|meant| !meant.is_named() && self.place == Place::Section(meant));
        if !goes_on {
            self.place = Place::Skipped;
        }
        let left_out = if goes_on { "left out: the section goes on" } else { "its lines are left out" };
        let (inside, behind) =
            text.trim_start_matches('[').split_once(']').unwrap_or((text.trim_start_matches('['), ""));
        let mut words = inside.split_whitespace();
        let (word, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Some(section) = SectionKind::named(word.as_bytes()) else {
            self.unknown_section(span, word, name);
            return;
        };
        let right = if section.is_named() {
            format!("[{} {name}]", section.word())
        } else {
            format!("[{}]", section.word())
        };
        let mut diagnostic =
            Diagnostic::new(codes::BAD_HEADER, span, format!("this is not a header of the form `{right}`"))
                .label(left_out);
        let comment = behind.trim_start();
        if section.is_named() && name.is_empty() {
            diagnostic =
                Diagnostic::new(codes::BAD_HEADER, span, format!("`[{}]` needs a name", section.word()))
                    .label("its lines are left out")
                    .note(format!("write `[{} name]`", section.word()));
        } else if section.is_named() && words.next().is_some() {
            diagnostic = diagnostic.note("a name has no blanks; join its words with `-`");
        } else {
            if !comment.is_empty() && !section.is_named() {
                diagnostic = diagnostic.note("nothing may stand behind it, not even a comment; only `[group]` and `[IPSET]` can have one");
            }
            let comment = comment
                .strip_prefix('#')
                .map_or_else(String::new, |comment| format!("# {}\n", comment.trim()));
            let text = format!("{comment}{right}");
            diagnostic = diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, text);
        }
        self.sink.push(diagnostic);
    }

    fn unknown_section(&mut self, span: Span, word: &str, name: &str) {
        if self.sink.only_counts(span.file, codes::UNKNOWN_SECTION.severity()) {
            return;
        }
        let words: Vec<_> =
            SectionKind::ALL.iter().filter(|(kind, _)| self.file.level.allows(*kind)).collect();
        let known = alternatives(words.iter().map(|(_, word)| format!("[{word}]")));
        let mut diagnostic =
            Diagnostic::new(codes::UNKNOWN_SECTION, span, format!("there is no section `[{word}]`"))
                .label("its lines are left out")
                .note(format!("{} can have {known}", self.file.level.file()));
        // What people bring along from other tools and older documents.
        let near = match word.to_ascii_lowercase().as_str() {
            "set" | "ipsets" => Some("IPSET"),
            "rule" => Some("RULES"),
            "security" => Some("group"),
            _ => nearest(word, words.iter().map(|(_, word)| *word)),
        };
        if let Some(section) = near.and_then(|near| SectionKind::named(near.as_bytes()))
            && section.is_named() != name.is_empty()
        {
            let right = if section.is_named() {
                format!("[{} {name}]", section.word())
            } else {
                format!("[{}]", section.word())
            };
            diagnostic = diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
        }
        self.sink.push(diagnostic);
    }

    /// From the first to the last token that is not white space.
    pub(super) fn line_span(&self, tokens: &[Token]) -> Span {
        let mut solid = tokens
            .iter()
            .filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Newline | TokenKind::Comment));
        let first = solid.next().copied();
        let last = solid.next_back().copied().or(first);
        match (first, last) {
            (Some(first), Some(last)) => self.span_over(first, last),
            _ => Span::at(self.file.id, 0),
        }
    }
}
