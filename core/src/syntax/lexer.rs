//! Lines to tokens: the one reader, behind the tree and behind [`crate::config::lower`], which needs no tree.

use alloc::vec::Vec;

use super::grammar::{self, Bytes, SectionKind, is_space};
use super::token::{Token, TokenKind};

/// What a line is, by its form and the section it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing, or white space.
    Blank,
    /// A comment alone.
    Comment,
    /// The well-formed header of a section.
    Header(SectionKind),
    /// Something that starts like a header and is none: an unknown word, or not the exact form.
    BadHeader,
    /// A line before any header, or behind a bad one.
    Stray,
    /// A line in `[OPTIONS]`.
    Option,
    /// A line in `[ALIASES]`.
    Alias,
    /// A line in `[IPSET]`.
    Member,
    /// A line in `[RULES]` or `[group]`.
    Rule,
}

/// Reads a text line by line.
pub(crate) struct Lexer<'t> {
    /// The lines that have not been read.
    rest: Bytes<'t>,
    /// Offset of what has not been read.
    at: u32,
    section: Option<SectionKind>,
    /// Whether white space becomes tokens, too.
    spaces: bool,
}

impl<'t> Lexer<'t> {
    /// At the start of any bytes. All of them become tokens.
    pub(super) const fn new(text: Bytes<'t>) -> Self {
        Self { rest: text, at: 0, section: None, spaces: true }
    }

    /// At the start of any bytes. White space and line ends are left out, as they mean nothing.
    pub(crate) const fn without_spaces(text: Bytes<'t>) -> Self {
        Self { spaces: false, ..Self::new(text) }
    }

    /// At the start of lines that stand in a section. White space and line ends are left out.
    pub(crate) const fn within(text: Bytes<'t>, section: Option<SectionKind>) -> Self {
        Self { section, ..Self::without_spaces(text) }
    }

    /// The same for lines that are no beginning of a text: their first byte has this offset.
    pub(crate) const fn counting_from(self, offset: u32) -> Self {
        Self { at: offset, ..self }
    }

    /// Where the next line begins.
    pub(crate) const fn offset(&self) -> u32 {
        self.at
    }

    /// Reads the next line: adds its tokens to `tokens` and says what it is. `None`: there is no more.
    pub(crate) fn line(&mut self, tokens: &mut Vec<Token>) -> Option<LineKind> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        let mut tokens = Tokens { list: tokens, at: self.at, spaces: self.spaces };
        let kind = self.read(line, &mut tokens);
        self.at = tokens.at;
        Some(kind)
    }

    fn read(&mut self, line: Bytes<'_>, tokens: &mut Tokens<'_>) -> LineKind {
        let without_end = match line {
            [content @ .., b'\r', b'\n'] | [content @ .., b'\n'] => content,
            content => content,
        };
        // A byte order mark before the first line is no part of it.
        let (mark, without_mark) = match (tokens.at, without_end) {
            (0, [0xef, 0xbb, 0xbf, rest @ ..]) => (BYTE_ORDER_MARK, rest),
            _ => (&[][..], without_end),
        };
        tokens.space(mark);
        let (lead, content, trail) = trim(without_mark);
        tokens.space(lead);
        let kind = self.content(content, tokens);
        tokens.space(trail);
        let end = line.get(without_end.len()..).unwrap_or_default();
        if self.spaces {
            tokens.add(TokenKind::Newline, end);
        } else {
            tokens.space(end);
        }
        kind
    }

    fn content(&mut self, content: Bytes<'_>, tokens: &mut Tokens<'_>) -> LineKind {
        match (content.first(), self.section) {
            (None, _) => LineKind::Blank,
            (Some(b'#'), _) => {
                tokens.add(TokenKind::Comment, content);
                LineKind::Comment
            }
            (Some(b'['), Some(SectionKind::IpSet)) if is_bracketed_address(content) => {
                with_comment(content, tokens, member);
                LineKind::Member
            }
            (Some(b'['), _) => self.header(content, tokens),
            (_, None) => {
                tokens.add(TokenKind::Junk, content);
                LineKind::Stray
            }
            (_, Some(SectionKind::Options)) => {
                option(content, tokens);
                LineKind::Option
            }
            (_, Some(SectionKind::Aliases)) => {
                with_comment(content, tokens, alias);
                LineKind::Alias
            }
            (_, Some(SectionKind::IpSet)) => {
                with_comment(content, tokens, member);
                LineKind::Member
            }
            (_, Some(SectionKind::Rules | SectionKind::Group)) => {
                with_comment(content, tokens, rule);
                LineKind::Rule
            }
        }
    }

    fn header(&mut self, content: Bytes<'_>, tokens: &mut Tokens<'_>) -> LineKind {
        let before = self.section.take();
        if let Ok((rest, header)) = grammar::header(content)
            && let Some(kind) = SectionKind::named(header.keyword)
            && kind.is_named() != header.name.is_empty()
            && let (space, comment) = split_space(rest)
            && (rest.is_empty() || kind.is_named() && matches!(comment.first(), None | Some(b'#')))
        {
            tokens.add(TokenKind::Bracket, b"[");
            tokens.add(TokenKind::Keyword, header.keyword);
            tokens.space(header.space);
            tokens.add(TokenKind::Name, header.name);
            tokens.add(TokenKind::Bracket, b"]");
            tokens.space(space);
            tokens.add(TokenKind::Comment, comment);
            self.section = Some(kind);
            return LineKind::Header(kind);
        }
        tokens.add(TokenKind::Junk, content);
        // A second, malformed header of the section that the line stands in changes nothing.
        self.section =
            before.filter(|section| !section.is_named() && grammar::meant_section(content) == Some(*section));
        LineKind::BadHeader
    }
}

/// The list of tokens, and where the next one starts.
struct Tokens<'l> {
    list: &'l mut Vec<Token>,
    at: u32,
    spaces: bool,
}

impl Tokens<'_> {
    /// Passes white space.
    fn space(&mut self, bytes: Bytes<'_>) {
        if self.spaces {
            self.add(TokenKind::Space, bytes);
        } else {
            self.at = self.behind(bytes);
        }
    }

    /// Where a token ends that starts where the last one ended.
    fn behind(&self, bytes: Bytes<'_>) -> u32 {
        self.at.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
    }

    /// Adds a token that starts where the last one ended. Empty tokens are left out.
    fn add(&mut self, kind: TokenKind, bytes: Bytes<'_>) {
        let end = self.behind(bytes);
        if end > self.at {
            self.list.push(Token { kind, start: self.at, end });
        }
        self.at = end;
    }
}

/// Reads `content` up to the first `#` and the white space before it, then that white space and the comment.
fn with_comment<'t>(
    content: Bytes<'t>,
    tokens: &mut Tokens<'_>,
    read: impl FnOnce(Bytes<'t>, &mut Tokens<'_>),
) {
    let comment = memchr::memchr(b'#', content).unwrap_or(content.len());
    let (before, comment) = content.split_at_checked(comment).unwrap_or((content, &[]));
    let end = before.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    let (before, space) = before.split_at_checked(end).unwrap_or((before, &[]));
    read(before, tokens);
    tokens.space(space);
    tokens.add(TokenKind::Comment, comment);
}

fn option(content: Bytes<'_>, tokens: &mut Tokens<'_>) {
    if let Ok((value, (name, colon, space))) = grammar::option_name(content) {
        tokens.add(TokenKind::Name, name);
        tokens.add(TokenKind::Colon, colon);
        tokens.space(space);
        tokens.add(TokenKind::Value, value);
    } else {
        tokens.add(TokenKind::Junk, content);
    }
}

fn alias(content: Bytes<'_>, tokens: &mut Tokens<'_>) {
    match grammar::alias(content) {
        Ok(([], (name, space, value))) => {
            tokens.add(TokenKind::Name, name);
            tokens.space(space);
            tokens.add(TokenKind::Value, value);
        }
        _ => tokens.add(TokenKind::Junk, content),
    }
}

fn member(content: Bytes<'_>, tokens: &mut Tokens<'_>) {
    let mut rest = content;
    if let [b'!', after @ ..] = content {
        tokens.add(TokenKind::Bang, b"!");
        let (space, after) = split_space(after);
        tokens.space(space);
        rest = after;
    }
    if rest.iter().any(|byte| is_space(*byte)) {
        tokens.add(TokenKind::Junk, rest);
    } else {
        tokens.add(TokenKind::Value, rest);
    }
}

fn rule(content: Bytes<'_>, tokens: &mut Tokens<'_>) {
    let Ok((mut rest, (bar, direction, space, action, after))) = grammar::rule_head(content) else {
        tokens.add(TokenKind::Junk, content);
        return;
    };
    tokens.add(TokenKind::Bar, bar.unwrap_or_default());
    tokens.add(TokenKind::Direction, direction);
    tokens.space(space);
    tokens.add(TokenKind::Action, action);
    tokens.space(after);
    while let Ok((left, ((option, name), blank, value, after))) = grammar::rule_option(rest) {
        tokens.add(TokenKind::Option(option), name);
        tokens.space(blank);
        tokens.add(TokenKind::Value, value);
        tokens.space(after);
        rest = left;
    }
    tokens.add(TokenKind::Junk, rest);
}

/// A byte order mark in UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `[2001:db8::1]`: a member of a set in the manner of URLs, no header.
fn is_bracketed_address(content: Bytes<'_>) -> bool {
    let inner = content.get(1..).unwrap_or_default();
    let inner = inner.split(|byte| *byte == b']').next().unwrap_or_default();
    core::str::from_utf8(inner).is_ok_and(|inner| inner.parse::<core::net::IpAddr>().is_ok())
}

fn split_space(bytes: Bytes<'_>) -> (Bytes<'_>, Bytes<'_>) {
    grammar::cut(bytes, |byte| !is_space(byte))
}

/// Cuts white space off both ends. Byte 0xA0 (Latin-1's no-break space) counts, unless it is the end of a UTF-8
/// character.
fn trim(line: Bytes<'_>) -> (Bytes<'_>, Bytes<'_>, Bytes<'_>) {
    let start = line.iter().position(|byte| !is_space(*byte) && *byte != 0xa0).unwrap_or(line.len());
    let (lead, rest) = line.split_at_checked(start).unwrap_or((line, &[]));
    let mut end = rest.len();
    while let Some(last) = end.checked_sub(1) {
        let byte = rest.get(last).copied().unwrap_or_default();
        let inside_character =
            last.checked_sub(1).and_then(|i| rest.get(i)).is_some_and(|byte| *byte >= 0x80);
        if is_space(byte) || byte == 0xa0 && !inside_character {
            end = last;
        } else {
            break;
        }
    }
    let (content, trail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    (lead, content, trail)
}
