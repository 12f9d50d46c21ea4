//! The tree: lines of tokens.

use alloc::vec::Vec;

use super::lexer::{Lexer, LineKind};
use super::token::Token;

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
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::with_capacity(text.len() / 4);
        let mut lines = Vec::with_capacity(text.len() / 24);
        loop {
            let first = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
            let Some(kind) = lexer.line(&mut tokens) else { break };
            lines.push(Line { kind, first });
        }
        Self { text, tokens, lines }
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

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::fmt::Write;

    use super::*;
    use crate::syntax::TokenKind;

    /// The tokens of a text, a line each: `Direction "IN"`.
    fn shape(text: &str) -> String {
        let tree = Tree::parse(text.as_bytes());
        assert_eq!(tree.print(), text.as_bytes());
        let mut out = String::new();
        for (line, tokens) in tree.lines() {
            let _ = write!(out, "{:?}:", line.kind);
            for token in tokens.iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Newline)) {
                let kind = match token.kind {
                    TokenKind::Option(_) => "Option".into(),
                    kind => alloc::format!("{kind:?}"),
                };
                let _ = write!(out, " {kind}={}", String::from_utf8_lossy(tree.bytes(*token)));
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
