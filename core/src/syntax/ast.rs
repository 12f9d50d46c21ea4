//! Typed views of a line's tokens.
//!
//! A view exists whether or not the line is right: what is missing is `None`, what fits nowhere is in `junk`.

use super::grammar::OptionName;
use super::token::{Token, TokenKind};

fn first(tokens: &[Token], kind: TokenKind) -> Option<Token> {
    tokens.iter().copied().find(|token| token.kind == kind)
}

/// The header of a section.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The name in it.
    pub name: Option<Token>,
    /// The comment behind it.
    pub comment: Option<Token>,
}

impl Header {
    /// The view of a line of kind [`super::LineKind::Header`].
    pub fn of(tokens: &[Token]) -> Self {
        Self { name: first(tokens, TokenKind::Name), comment: first(tokens, TokenKind::Comment) }
    }
}

/// A line of `[OPTIONS]` or `[ALIASES]`: a name and a value.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The name.
    pub name: Option<Token>,
    /// The value.
    pub value: Option<Token>,
    /// The whole line, when it does not have the form.
    pub junk: Option<Token>,
}

impl Pair {
    /// The view of a line of kind [`super::LineKind::Option`] or [`super::LineKind::Alias`].
    pub fn of(tokens: &[Token]) -> Self {
        Self {
            name: first(tokens, TokenKind::Name),
            value: first(tokens, TokenKind::Value),
            junk: first(tokens, TokenKind::Junk),
        }
    }
}

/// A line of a set.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The `!` in front.
    pub bang: Option<Token>,
    /// The address or alias.
    pub value: Option<Token>,
    /// Several words where one should be.
    pub junk: Option<Token>,
}

impl Member {
    /// The view of a line of kind [`super::LineKind::Member`].
    pub fn of(tokens: &[Token]) -> Self {
        Self {
            bang: first(tokens, TokenKind::Bang),
            value: first(tokens, TokenKind::Value),
            junk: first(tokens, TokenKind::Junk),
        }
    }
}

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// From the first option on.
    options: &'a [Token],
    /// The `|` of a disabled rule.
    pub bar: Option<Token>,
    /// `IN`, `OUT`, `FORWARD`, `GROUP` or something wrong.
    pub direction: Option<Token>,
    /// The word behind it.
    pub action: Option<Token>,
    /// From the first word that is no option, to the comment.
    pub junk: Option<Token>,
}

impl<'a> Rule<'a> {
    /// The view of a line of kind [`super::LineKind::Rule`].
    pub fn of(tokens: &'a [Token]) -> Self {
        let is_option = |token: &Token| matches!(token.kind, TokenKind::Option(_));
        let options = tokens.iter().position(is_option).unwrap_or(tokens.len());
        let (head, options) = tokens.split_at_checked(options).unwrap_or((tokens, &[]));
        let mut view = Self { options, bar: None, direction: None, action: None, junk: None };
        for token in head {
            match token.kind {
                TokenKind::Bar => view.bar = Some(*token),
                TokenKind::Direction => view.direction = Some(*token),
                TokenKind::Action => view.action = Some(*token),
                TokenKind::Junk => view.junk = Some(*token),
                _ => {}
            }
        }
        // Behind options there is junk at the end only.
        let mut behind = options.iter().rev().take_while(|token| token.kind != TokenKind::Value);
        view.junk = behind.find(|token| token.kind == TokenKind::Junk).copied().or(view.junk);
        view
    }

    /// The options in order: which one, its word, and its value.
    pub fn options(&self) -> impl Iterator<Item = (OptionName, Token, Token)> + use<'a> {
        let mut rest = self.options.iter();
        core::iter::from_fn(move || {
            loop {
                let option = rest.next()?;
                if let TokenKind::Option(name) = option.kind {
                    let value = rest.find(|token| token.kind == TokenKind::Value)?;
                    return Some((name, *option, *value));
                }
            }
        })
    }
}
