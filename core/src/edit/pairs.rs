//! Options and aliases: lines with a name and a value.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::document::{Document, Line, LineId};
use super::editor::Editor;
use super::error::EditError;
use crate::facts::Network;
use crate::syntax::{SectionKind, Token, TokenKind, ast};

/// A line of `[ALIASES]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasLine {
    /// The name as it is written.
    pub name: String,
    /// The address or network as it is written.
    pub value: String,
    /// The comment behind it, without `#`.
    pub comment: Option<String>,
    /// The line, from 1, at which it stands now.
    pub line: u32,
}

/// A pair that was found: where, its name and value.
pub(super) struct Found {
    pub(super) position: usize,
    pub(super) line: Line,
    pub(super) name: String,
    pub(super) value: String,
}

impl Document {
    /// The word of a token of a line.
    pub(super) fn word(&self, line: Line, token: Token) -> String {
        let word = self.content(line).get(token.start as usize..token.end as usize);
        String::from_utf8_lossy(word.unwrap_or_default()).into_owned()
    }

    /// The comment of a line, without `#`.
    pub(super) fn comment(&self, line: Line) -> Option<String> {
        let tokens = self.tokens(line);
        let token = tokens.into_iter().find(|token| token.kind == TokenKind::Comment)?;
        let comment = self.word(line, token).trim_start_matches('#').trim().to_string();
        (!comment.is_empty()).then_some(comment)
    }

    /// Gives a line another comment, or none.
    pub(super) fn set_comment(&mut self, position: usize, comment: Option<&str>) -> Result<(), EditError> {
        let comment = one_line(comment)?;
        let Some(line) = self.lines.get(position).copied() else { return Ok(()) };
        let tokens = self.tokens(line);
        let mut content = self.content(line).to_vec();
        let solid = tokens.iter().filter(|token| token.kind != TokenKind::Comment);
        let end = solid.map(|token| token.end as usize).max().unwrap_or(0);
        let old = tokens.iter().find(|token| token.kind == TokenKind::Comment);
        match (comment, old) {
            (Some(new), Some(old)) => {
                drop(content.splice(old.start as usize..old.end as usize, format!("# {new}").bytes()));
            }
            (Some(new), None) => drop(content.splice(end..end, format!(" # {new}").bytes())),
            (None, Some(old)) => drop(content.splice(end..old.end as usize, core::iter::empty())),
            (None, None) => return Ok(()),
        }
        self.replace(position, &content);
        Ok(())
    }

    /// The lines of a section that have a name and a value.
    pub(super) fn pairs(&self, kind: SectionKind) -> Vec<Found> {
        let sections = self.sections_of(kind, "");
        let pairs = self.entries(&sections).filter_map(|(position, line)| {
            let view = ast::Pair::of(&self.tokens(line));
            let name = self.word(line, view.name?);
            let value = view.value.map(|value| self.word(line, value)).unwrap_or_default();
            Some(Found { position, line, name, value })
        });
        pairs.collect()
    }

    /// Those of a name; case does not count.
    fn pairs_of(&self, kind: SectionKind, name: &str) -> Vec<Found> {
        let mut found = self.pairs(kind);
        found.retain(|pair| pair.name.eq_ignore_ascii_case(name));
        found
    }

    /// Writes a pair: into the line that counts, else behind the last one.
    fn set_pair(&mut self, kind: SectionKind, name: &str, value: &str) -> Vec<LineId> {
        let line_kind = super::sections::line_kind(kind);
        if let Some(pair) = self.pairs_of(kind, name).pop() {
            if pair.value == value {
                return Vec::new();
            }
            let tokens = self.tokens(pair.line);
            let mut content = self.content(pair.line).to_vec();
            match ast::Pair::of(&tokens).value {
                Some(token) => drop(content.splice(token.start as usize..token.end as usize, value.bytes())),
                None => content.extend_from_slice(format!(" {value}").as_bytes()),
            }
            self.replace(pair.position, &content);
            return Vec::from([pair.line.id]);
        }
        let separator = if kind == SectionKind::Options { ": " } else { " " };
        let content = format!("{name}{separator}{value}");
        let at = match self.sections_of(kind, "").last() {
            Some(section) => self.end_of(section),
            None => self.create(kind, "", None),
        };
        self.insert(at, [(line_kind, content.trim_end().as_bytes())])
    }

    /// Removes all lines of a name. Whether there was one.
    fn remove_pair(&mut self, kind: SectionKind, name: &str) -> bool {
        let found = self.pairs_of(kind, name);
        for pair in found.iter().rev() {
            self.remove(pair.position);
        }
        !found.is_empty()
    }
}

impl Editor {
    /// The options of a file as they are written, in order of their lines; of one that is given twice the last.
    ///
    /// # Errors
    /// The file is no firewall file.
    pub fn options(&mut self, path: &str) -> Result<Vec<(String, String)>, EditError> {
        let mut options: Vec<(String, String)> = Vec::new();
        for pair in self.open(path)?.pairs(SectionKind::Options) {
            let name = pair.name.to_ascii_lowercase();
            options.retain(|(other, _)| *other != name);
            options.push((name, pair.value));
        }
        Ok(options)
    }

    /// Sets an option; `None` removes it, and nothing happens if it is not set.
    ///
    /// # Errors
    /// There is no such option in such files, or it can't have this value.
    pub fn set_option(&mut self, path: &str, name: &str, value: Option<&str>) -> Result<(), EditError> {
        let value = value.map(|value| in_one_line(value).map(|()| value.trim())).transpose()?;
        in_one_line(name)?;
        self.edit(path, SectionKind::Options, |document| {
            let ids = if let Some(value) = value {
                document.set_pair(SectionKind::Options, name, value)
            } else {
                document.remove_pair(SectionKind::Options, name);
                Vec::new()
            };
            still(document, &ids, SectionKind::Options)?;
            Ok(((), ids))
        })
    }

    /// The aliases of a file in order of their lines; of one that is defined twice the last.
    ///
    /// # Errors
    /// The file is no firewall file, or can't have aliases.
    pub fn aliases(&mut self, path: &str) -> Result<Vec<AliasLine>, EditError> {
        let document = self.open_for(path, SectionKind::Aliases)?;
        let mut aliases: Vec<AliasLine> = Vec::new();
        for Found { position, line, name, value } in document.pairs(SectionKind::Aliases) {
            if Network::parse(&value).is_err() {
                continue;
            }
            aliases.retain(|other| !other.name.eq_ignore_ascii_case(&name));
            let comment = document.comment(line);
            aliases.push(AliasLine {
                name,
                value,
                comment,
                line: u32::try_from(position + 1).unwrap_or(u32::MAX),
            });
        }
        Ok(aliases)
    }

    /// Defines an alias, or gives it another value.
    ///
    /// # Errors
    /// The name can't be, or the value is no address or network.
    pub fn set_alias(&mut self, path: &str, name: &str, value: &str) -> Result<(), EditError> {
        super::names::definable(name, crate::config::NAME_LIMIT, "an alias")?;
        in_one_word(value.trim())?;
        self.edit(path, SectionKind::Aliases, |document| {
            let ids = document.set_pair(SectionKind::Aliases, name, value.trim());
            still(document, &ids, SectionKind::Aliases)?;
            Ok(((), ids))
        })
    }

    /// Gives an alias a comment; `None` removes it.
    ///
    /// # Errors
    /// There is no such alias.
    pub fn set_alias_comment(
        &mut self,
        path: &str,
        name: &str,
        comment: Option<&str>,
    ) -> Result<(), EditError> {
        self.edit(path, SectionKind::Aliases, |document| {
            let found = document.pairs_of(SectionKind::Aliases, name).pop().ok_or_else(|| no_alias(name))?;
            document.set_comment(found.position, comment)?;
            Ok(((), Vec::new()))
        })
    }

    /// Removes an alias. What refers to it is left alone.
    ///
    /// # Errors
    /// There is no such alias.
    pub fn remove_alias(&mut self, path: &str, name: &str) -> Result<(), EditError> {
        self.edit(path, SectionKind::Aliases, |document| {
            if document.remove_pair(SectionKind::Aliases, name) {
                Ok(((), Vec::new()))
            } else {
                Err(no_alias(name))
            }
        })
    }
}

fn no_alias(name: &str) -> EditError {
    EditError::missing(format!("there is no alias `{name}`"))
}

/// A comment as it may stand behind a line.
pub(super) fn one_line(comment: Option<&str>) -> Result<Option<&str>, EditError> {
    let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
    in_one_line(comment.unwrap_or_default())?;
    Ok(comment)
}

/// Refuses what would be several lines.
pub(super) fn in_one_line(text: &str) -> Result<(), EditError> {
    if text.contains(['\n', '\r', '\0']) {
        return Err(EditError::refused(format!("`{}` is not one line", text.escape_debug())));
    }
    Ok(())
}

/// Refuses a value that would be read as several, or as a comment.
pub(super) fn in_one_word(text: &str) -> Result<(), EditError> {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '#' || c == '\0') {
        return Err(EditError::refused(format!("`{}` is not one value", text.escape_debug()))
            .help("a value has no blanks and no `#`"));
    }
    Ok(())
}

/// Refuses lines that would be something else: an option named `# x` would be a comment.
pub(super) fn still(document: &Document, ids: &[LineId], section: SectionKind) -> Result<(), EditError> {
    for line in ids.iter().filter_map(|id| document.lines.get(document.position(*id)?)) {
        let content = document.content(*line);
        if super::document::kind_in(content, section) != line.kind {
            let shown = String::from_utf8_lossy(content);
            return Err(EditError::refused(format!("`{shown}` would not be read as meant")));
        }
    }
    Ok(())
}
