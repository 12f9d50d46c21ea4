//! Tokens.

use super::grammar::OptionName;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks and the like.
    Space,
    /// `\n` or `\r\n`.
    Newline,
    /// `#` and what follows.
    Comment,
    /// `[` or `]` of a header.
    Bracket,
    /// The word of a header: `RULES`.
    Keyword,
    /// What a line defines: a group, set, alias or option.
    Name,
    /// `:` behind an option's name.
    Colon,
    /// The value of an option, alias, set member, or of an option of a rule.
    Value,
    /// `!` in front of a set member.
    Bang,
    /// `|` in front of a disabled rule.
    Bar,
    /// First word of a rule: `IN`.
    Direction,
    /// Second word of a rule: `SSH(ACCEPT)`.
    Action,
    /// An option of a rule: `-dport`. A blank and its value follow.
    Option(OptionName),
    /// What fits no rule of the grammar.
    Junk,
}

/// A piece of the text; it ends where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Offset of its first byte.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
}
