//! A rule's line: what its words say, and changing one of them without touching the others.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use super::document::{kind_in, tokens};
use super::error::EditError;
use crate::config::lower::lower;
use crate::config::{Action, Direction, Level};
use crate::diag::{Severity, Sink};
use crate::facts::{Facts, Names};
use crate::syntax::{LineKind, OptionName, SectionKind, Token, TokenKind, ast};
use crate::text::FileId;

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFields {
    /// Whether it is switched on.
    pub enabled: bool,
    /// Its direction; `None`: it uses a security group.
    pub direction: Option<Direction>,
    /// What it does; `None`: it uses a security group.
    pub action: Option<Action>,
    /// The macro in it.
    pub macro_name: Option<String>,
    /// The security group that it uses.
    pub group: Option<String>,
    /// Values of its options as they are written; of a repeated one the last.
    pub options: Vec<(OptionName, String)>,
    /// The comment behind it, without `#`.
    pub comment: Option<String>,
}

impl RuleFields {
    /// The value of an option.
    pub fn option(&self, name: OptionName) -> Option<&str> {
        self.options.iter().rev().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }
}

/// A part of a rule that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `IN`, `OUT` or `FORWARD`.
    Direction,
    /// `ACCEPT`, `DROP` or `REJECT`.
    Action,
    /// The macro.
    Macro,
    /// The security group.
    Group,
    /// One of the options.
    Option(OptionName),
    /// The comment.
    Comment,
}

/// The line of a rule, by itself.
///
/// ```
/// use pvefw_core::edit::{Field, RuleLine};
/// use pvefw_core::syntax::OptionName;
///
/// let mut line = RuleLine::parse("IN  SSH(ACCEPT) -source 10.0.0.0/8   # ops").unwrap();
/// line.set(Field::Option(OptionName::Source), Some("10.1.0.0/16")).unwrap();
/// line.set(Field::Option(OptionName::Log), Some("info")).unwrap();
/// assert_eq!(line.text(), b"IN  SSH(ACCEPT) -source 10.1.0.0/16 -log info   # ops");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    text: Vec<u8>,
}

impl RuleLine {
    /// Reads a rule that stands nowhere yet. References are looked up when it is put into a file.
    ///
    /// # Errors
    /// [`EditError`] with what the reader says about the line.
    pub fn parse(text: &str) -> Result<Self, EditError> {
        let text = text.trim_matches([' ', '\t']);
        let line = Self { text: text.as_bytes().to_vec() };
        line.readable()?;
        Ok(line)
    }

    /// The rule that a line of a file is, if it has the form of one.
    pub(super) fn of(content: &[u8]) -> Option<Self> {
        let line = Self { text: content.to_vec() };
        line.fields().map(|_| line)
    }

    /// The line, without its end.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    fn tokens(&self) -> Vec<Token> {
        tokens(&self.text, LineKind::Rule)
    }

    fn word(&self, token: Token) -> String {
        let bytes = self.text.get(token.start as usize..token.end as usize);
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// What the rule says. `None` only for lines of files that have not the form of a rule.
    pub fn fields(&self) -> Option<RuleFields> {
        if self.text.contains(&b'\n') || kind_in(&self.text, SectionKind::Rules) != LineKind::Rule {
            return None;
        }
        let tokens = self.tokens();
        let view = ast::Rule::of(&tokens);
        if view.junk.is_some() {
            return None;
        }
        let (direction, word) = (self.word(view.direction?), self.word(view.action?));
        let comment = tokens.iter().find(|token| token.kind == TokenKind::Comment);
        let mut fields = RuleFields {
            enabled: view.bar.is_none(),
            direction: None,
            action: None,
            macro_name: None,
            group: None,
            options: view.options().map(|(name, _, value)| (name, self.word(value))).collect(),
            comment: comment
                .map(|token| self.word(*token).trim_start_matches('#').trim().to_string())
                .filter(|text| !text.is_empty()),
        };
        if direction.eq_ignore_ascii_case("GROUP") {
            fields.group = Some(word);
            return Some(fields);
        }
        let directions = [Direction::In, Direction::Out, Direction::Forward];
        fields.direction =
            Some(*directions.iter().find(|known| known.name().eq_ignore_ascii_case(&direction))?);
        if let Some((name, action)) = word.strip_suffix(')').and_then(|word| word.split_once('(')) {
            fields.macro_name = Some(name.to_string());
            fields.action = Some(Action::named(action)?);
        } else {
            fields.action = Some(Action::named(&word)?);
        }
        Some(fields)
    }

    /// Switches the rule on.
    pub fn enable(&mut self) {
        if let Some(bar) = self.tokens().iter().find(|token| token.kind == TokenKind::Bar) {
            self.splice(bar.start as usize..bar.end as usize, "");
        }
    }

    /// Switches the rule off.
    pub fn disable(&mut self) {
        let tokens = self.tokens();
        let view = ast::Rule::of(&tokens);
        if let (None, Some(direction)) = (view.bar, view.direction) {
            self.splice(direction.start as usize..direction.start as usize, "|");
        }
    }

    /// Changes a part of the rule; `None` removes it.
    ///
    /// # Errors
    /// [`EditError`] when the reader would complain about the line, or the value would mean something else in it.
    pub fn set(&mut self, field: Field, value: Option<&str>) -> Result<(), EditError> {
        let Some(before) = self.fields() else {
            return Err(EditError::missing("the rule has an error itself"));
        };
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let kept = self.text.clone();
        let done = self.write(&before, field, value).and_then(|()| {
            self.readable()?;
            let same = self.fields().is_some_and(|after| after == expected(before, field, value));
            if same { Ok(()) } else { Err(unwritable(value.unwrap_or_default())) }
        });
        if done.is_err() {
            self.text = kept;
        }
        done
    }

    fn write(&mut self, before: &RuleFields, field: Field, value: Option<&str>) -> Result<(), EditError> {
        if value.is_some_and(|value| value.contains(['\n', '\r', '\0'])) {
            return Err(unwritable(value.unwrap_or_default()));
        }
        let is_word = |value: &str| !value.contains(|c: char| c.is_whitespace() || c == '#');
        match field {
            Field::Option(name) if value.is_none_or(is_word) => self.write_option(name, value),
            Field::Option(_) => return Err(unwritable(value.unwrap_or_default())),
            Field::Comment => self.write_comment(value),
            Field::Direction | Field::Action | Field::Macro | Field::Group => {
                let (direction, word) = head(before, field, value)?;
                self.write_head(direction, &word);
            }
        }
        Ok(())
    }

    fn write_head(&mut self, direction: &str, word: &str) {
        let tokens = self.tokens();
        let view = ast::Rule::of(&tokens);
        // From the back, so that the first place stays right.
        for (token, new) in [(view.action, word), (view.direction, direction)] {
            if let Some(token) =
                token.filter(|token| !self.word(*token).eq_ignore_ascii_case(new) || new == word)
            {
                self.splice(token.start as usize..token.end as usize, new);
            }
        }
    }

    fn write_option(&mut self, name: OptionName, value: Option<&str>) {
        let tokens = self.tokens();
        let found: Vec<(Token, Token)> = ast::Rule::of(&tokens)
            .options()
            .filter(|(other, ..)| *other == name)
            .map(|(_, option, value)| (option, value))
            .collect();
        match (value, found.last()) {
            (Some(value), Some((_, old))) => self.splice(old.start as usize..old.end as usize, value),
            (Some(value), None) => {
                let end = solid_end(&tokens, u32::MAX);
                self.splice(end..end, &format!(" {} {value}", name.spelling()));
            }
            (None, _) => {
                for (option, value) in found.iter().rev() {
                    self.splice(solid_end(&tokens, option.start)..value.end as usize, "");
                }
            }
        }
    }

    fn write_comment(&mut self, value: Option<&str>) {
        let tokens = self.tokens();
        let old = tokens.iter().find(|token| token.kind == TokenKind::Comment);
        let end = solid_end(&tokens, u32::MAX);
        match (value, old) {
            (Some(value), Some(old)) => {
                self.splice(old.start as usize..old.end as usize, &format!("# {value}"));
            }
            (Some(value), None) => self.splice(end..end, &format!(" # {value}")),
            (None, Some(old)) => self.splice(end..old.end as usize, ""),
            (None, None) => {}
        }
    }

    fn splice(&mut self, range: Range<usize>, new: &str) {
        if range.start <= range.end && range.end <= self.text.len() {
            self.text.splice(range, new.bytes());
        }
    }

    /// What the reader says about the line by itself.
    fn readable(&self) -> Result<(), EditError> {
        let shown = String::from_utf8_lossy(&self.text);
        let mut text = b"[RULES]\n".to_vec();
        text.extend_from_slice(&self.text);
        let (facts, mut sink) = (Facts::default(), Sink::new());
        lower(FileId(0), &text, Level::Cluster, &Names::new(&facts), &mut sink);
        let found = sink.into_sorted().into_iter().find(|found| found.severity == Severity::Error);
        if let Some(found) = found {
            return Err(EditError::faulty(&found, &self.text));
        }
        if self.fields().is_none() {
            return Err(EditError::refused(format!("`{shown}` is not a rule"))
                .help("a rule is a direction, an action and options: `IN SSH(ACCEPT) -source 10.0.0.0/8`"));
        }
        Ok(())
    }
}

/// Where the last token before `limit` ends that is no comment.
fn solid_end(tokens: &[Token], limit: u32) -> usize {
    let solid = tokens.iter().filter(|token| token.kind != TokenKind::Comment && token.end <= limit);
    solid.map(|token| token.end as usize).max().unwrap_or(0)
}

/// Direction and action word of a rule with a part changed.
fn head(before: &RuleFields, field: Field, value: Option<&str>) -> Result<(&'static str, String), EditError> {
    let needs = |what: &str| {
        EditError::refused(format!("a rule can't be without {what}"))
            .help("remove the rule, or switch it off")
    };
    if field == Field::Group {
        let group = value.ok_or_else(|| needs("its group"))?;
        return Ok(("GROUP", group.to_string()));
    }
    let (Some(direction), Some(action)) = (before.direction, before.action) else {
        return Err(EditError::refused(
            "a rule that uses a security group has no direction, action or macro",
        )
        .help("replace the rule: `IN ACCEPT`"));
    };
    let (mut direction, mut action, mut name) =
        (direction.name(), action.name(), before.macro_name.as_deref());
    match field {
        Field::Direction => {
            let word = value.ok_or_else(|| needs("a direction"))?;
            let known = [Direction::In, Direction::Out, Direction::Forward].map(Direction::name);
            let found = known.into_iter().find(|known| known.eq_ignore_ascii_case(word));
            direction = found.ok_or_else(|| {
                EditError::refused(format!("`{word}` is not a direction"))
                    .help("directions are IN, OUT and FORWARD")
            })?;
        }
        Field::Action => {
            let word = value.ok_or_else(|| needs("an action"))?;
            action = Action::named(word).map(Action::name).ok_or_else(|| {
                EditError::refused(format!("`{word}` is not an action"))
                    .help("actions are ACCEPT, DROP and REJECT")
            })?;
        }
        _ => name = value,
    }
    Ok((direction, name.map_or_else(|| action.to_string(), |name| format!("{name}({action})"))))
}

/// What a rule must say after a change.
fn expected(mut fields: RuleFields, field: Field, value: Option<&str>) -> RuleFields {
    let text = value.map(ToString::to_string);
    match field {
        Field::Direction => {
            let all = [Direction::In, Direction::Out, Direction::Forward];
            let word = value.unwrap_or_default();
            fields.direction = all.into_iter().find(|known| known.name().eq_ignore_ascii_case(word));
        }
        Field::Action => fields.action = value.and_then(Action::named),
        Field::Macro => fields.macro_name = text,
        Field::Group => {
            (fields.direction, fields.action, fields.macro_name) = (None, None, None);
            fields.group = text;
        }
        Field::Comment => {
            fields.comment = text.map(|text| text.trim_start_matches('#').trim().to_string());
        }
        Field::Option(name) => match text {
            None => fields.options.retain(|(other, _)| *other != name),
            Some(text) => match fields.options.iter_mut().rev().find(|(other, _)| *other == name) {
                Some((_, value)) => *value = text,
                None => fields.options.push((name, text)),
            },
        },
    }
    fields
}

fn unwritable(value: &str) -> EditError {
    EditError::refused(format!("`{}` can't stand in a rule as one value", value.escape_debug()))
        .help("a value has no blanks, no `#` and no line ends; a comment has no line ends")
}
