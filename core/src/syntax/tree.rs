//! The tree: lines of tokens.

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

/// One line of the text.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Index of its first token.
    first: u32,
}

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Tree<'t> {
    text: &'t [u8],
    tokens: Vec<Token>,
    lines: Vec<Line>,
}

impl<'t> Tree<'t> {
    /// Parses any bytes.
    pub fn parse(text: &'t [u8]) -> Self {
        let mut builder = Builder {
            tokens: Vec::with_capacity(text.len() / 4),
            lines: Vec::with_capacity(text.len() / 24),
            at: 0,
            section: None,
        };
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            builder.line(line);
        }
        Self { text, tokens: builder.tokens, lines: builder.lines }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Prints the tree: the bytes of all tokens, which are the bytes that were parsed.
    pub fn print(&self) -> Vec<u8> {
        self.tokens.iter().flat_map(|token| self.bytes(*token)).copied().collect()
    }

    /// The bytes of a token.
    pub fn bytes(&self, token: Token) -> &'t [u8] {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The lines in order; the first is line 1.
    pub fn lines(&self) -> impl Iterator<Item = (Line, &[Token])> {
        let ends = self.lines.iter().skip(1).map(|line| line.first as usize).chain([self.tokens.len()]);
        self.lines
            .iter()
            .zip(ends)
            .map(|(line, end)| (*line, self.tokens.get(line.first as usize..end).unwrap_or_default()))
    }
}

struct Builder {
    tokens: Vec<Token>,
    lines: Vec<Line>,
    at: u32,
    section: Option<SectionKind>,
}

impl Builder {
    /// Adds a token that starts where the last one ended. Empty tokens are left out.
    fn token(&mut self, kind: TokenKind, bytes: Bytes<'_>) {
        let end = self.at.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        if end > self.at {
            self.tokens.push(Token { kind, start: self.at, end });
        }
        self.at = end;
    }

    fn line(&mut self, line: Bytes<'_>) {
        let first = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
        let without_end = match line {
            [content @ .., b'\r', b'\n'] | [content @ .., b'\n'] => content,
            content => content,
        };
        // A byte order mark before the first line is no part of it.
        let (mark, without_mark) = match (self.at, without_end) {
            (0, [0xef, 0xbb, 0xbf, rest @ ..]) => (BYTE_ORDER_MARK, rest),
            _ => (&[][..], without_end),
        };
        self.token(TokenKind::Space, mark);
        let (lead, content, trail) = trim(without_mark);
        self.token(TokenKind::Space, lead);
        let kind = self.content(content);
        self.token(TokenKind::Space, trail);
        self.token(TokenKind::Newline, line.get(without_end.len()..).unwrap_or_default());
        self.lines.push(Line { kind, first });
    }

    fn content(&mut self, content: Bytes<'_>) -> LineKind {
        match (content.first(), self.section) {
            (None, _) => LineKind::Blank,
            (Some(b'#'), _) => {
                self.token(TokenKind::Comment, content);
                LineKind::Comment
            }
            (Some(b'['), Some(SectionKind::IpSet)) if is_bracketed_address(content) => {
                self.with_comment(content, Self::member);
                LineKind::Member
            }
            (Some(b'['), _) => self.header(content),
            (_, None) => {
                self.token(TokenKind::Junk, content);
                LineKind::Stray
            }
            (_, Some(SectionKind::Options)) => {
                self.option(content);
                LineKind::Option
            }
            (_, Some(SectionKind::Aliases)) => {
                self.with_comment(content, Self::alias);
                LineKind::Alias
            }
            (_, Some(SectionKind::IpSet)) => {
                self.with_comment(content, Self::member);
                LineKind::Member
            }
            (_, Some(SectionKind::Rules | SectionKind::Group)) => {
                self.with_comment(content, Self::rule);
                LineKind::Rule
            }
        }
    }

    /// Reads `content` up to the first `#` and the white space before it, then that white space and the comment.
    fn with_comment(&mut self, content: Bytes<'_>, read: fn(&mut Self, Bytes<'_>)) {
        let comment = content.iter().position(|byte| *byte == b'#').unwrap_or(content.len());
        let (before, comment) = content.split_at_checked(comment).unwrap_or((content, &[]));
        let end = before.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
        let (before, space) = before.split_at_checked(end).unwrap_or((before, &[]));
        read(self, before);
        self.token(TokenKind::Space, space);
        self.token(TokenKind::Comment, comment);
    }

    fn header(&mut self, content: Bytes<'_>) -> LineKind {
        let before = self.section.take();
        if let Ok((rest, header)) = grammar::header(content)
            && let Some(kind) = SectionKind::named(header.keyword)
            && kind.is_named() != header.name.is_empty()
            && let (space, comment) = split_space(rest)
            && (rest.is_empty() || kind.is_named() && matches!(comment.first(), None | Some(b'#')))
        {
            self.token(TokenKind::Bracket, b"[");
            self.token(TokenKind::Keyword, header.keyword);
            self.token(TokenKind::Space, header.space);
            self.token(TokenKind::Name, header.name);
            self.token(TokenKind::Bracket, b"]");
            self.token(TokenKind::Space, space);
            self.token(TokenKind::Comment, comment);
            self.section = Some(kind);
            return LineKind::Header(kind);
        }
        self.token(TokenKind::Junk, content);
        // A second, malformed header of the section that the line stands in changes nothing.
        self.section =
            before.filter(|section| !section.is_named() && grammar::meant_section(content) == Some(*section));
        LineKind::BadHeader
    }

    fn option(&mut self, content: Bytes<'_>) {
        if let Ok((value, (name, colon, space))) = grammar::option_name(content) {
            self.token(TokenKind::Name, name);
            self.token(TokenKind::Colon, colon);
            self.token(TokenKind::Space, space);
            self.token(TokenKind::Value, value);
        } else {
            self.token(TokenKind::Junk, content);
        }
    }

    fn alias(&mut self, content: Bytes<'_>) {
        match grammar::alias(content) {
            Ok(([], (name, space, value))) => {
                self.token(TokenKind::Name, name);
                self.token(TokenKind::Space, space);
                self.token(TokenKind::Value, value);
            }
            _ => self.token(TokenKind::Junk, content),
        }
    }

    fn member(&mut self, content: Bytes<'_>) {
        let mut rest = content;
        if let [b'!', after @ ..] = content {
            self.token(TokenKind::Bang, b"!");
            let (space, after) = split_space(after);
            self.token(TokenKind::Space, space);
            rest = after;
        }
        if rest.iter().any(|byte| is_space(*byte)) {
            self.token(TokenKind::Junk, rest);
        } else {
            self.token(TokenKind::Value, rest);
        }
    }

    fn rule(&mut self, content: Bytes<'_>) {
        let Ok((mut rest, (bar, direction, space, action, after))) = grammar::rule_head(content) else {
            self.token(TokenKind::Junk, content);
            return;
        };
        self.token(TokenKind::Bar, bar.unwrap_or_default());
        self.token(TokenKind::Direction, direction);
        self.token(TokenKind::Space, space);
        self.token(TokenKind::Action, action);
        self.token(TokenKind::Space, after);
        while let Ok((left, (name, blank, value, after))) = grammar::rule_option(rest) {
            self.token(TokenKind::Option, name);
            self.token(TokenKind::Space, blank);
            self.token(TokenKind::Value, value);
            self.token(TokenKind::Space, after);
            rest = left;
        }
        self.token(TokenKind::Junk, rest);
    }
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
    let end = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
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

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::fmt::Write;

    use super::*;

    /// The tokens of a text, a line each: `Direction "IN"`.
    fn shape(text: &str) -> String {
        let tree = Tree::parse(text.as_bytes());
        assert_eq!(tree.print(), text.as_bytes());
        let mut out = String::new();
        for (line, tokens) in tree.lines() {
            let _ = write!(out, "{:?}:", line.kind);
            for token in tokens.iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Newline)) {
                let _ = write!(out, " {:?}={}", token.kind, String::from_utf8_lossy(tree.bytes(*token)));
            }
            out.push('\n');
        }
        out
    }

    #[test]
    fn sections_decide_how_lines_are_read() {
        let text = "x\n[OPTIONS]\nenable:  1 \n[aliases]\nsrv 10.0.0.1 # c\nbad  10.0.0.1\n[IPSET s] # set\n! 10.0.0.0/8#x\n\
                    [group g]\n|IN SSH(ACCEPT) -i net0  -log info # hm\nIN ACCEPT -p  tcp\n[RULES] # no\nIN ACCEPT\n";
        assert_eq!(
            shape(text),
            "Stray: Junk=x\n\
             Header(Options): Bracket=[ Keyword=OPTIONS Bracket=]\n\
             Option: Name=enable Colon=: Value=1\n\
             Header(Aliases): Bracket=[ Keyword=aliases Bracket=]\n\
             Alias: Name=srv Value=10.0.0.1 Comment=# c\n\
             Alias: Junk=bad  10.0.0.1\n\
             Header(IpSet): Bracket=[ Keyword=IPSET Name=s Bracket=] Comment=# set\n\
             Member: Bang=! Value=10.0.0.0/8 Comment=#x\n\
             Header(Group): Bracket=[ Keyword=group Name=g Bracket=]\n\
             Rule: Bar=| Direction=IN Action=SSH(ACCEPT) Option=-i Value=net0 Option=-log Value=info Comment=# hm\n\
             Rule: Direction=IN Action=ACCEPT Junk=-p  tcp\n\
             BadHeader: Junk=[RULES] # no\n\
             Stray: Junk=IN ACCEPT\n"
        );
    }

    #[test]
    fn any_bytes_print_back() {
        for text in [
            &b""[..],
            b"\n",
            b"\r\n\r",
            b"[RULES]\r\nIN\xa0 ACCEPT\xa0\xa0\n",
            b"[IPSET \xff]\n!\n!!",
            b"\xc3\xa0\n#\xc3\xa0",
        ] {
            assert_eq!(Tree::parse(text).print(), text, "{text:?}");
        }
    }
}
