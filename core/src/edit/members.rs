//! Members of sets.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ipnet::IpNet;

use super::document::{Document, Line, LineId};
use super::editor::Editor;
use super::error::EditError;
use super::names::Named;
use super::pairs::{in_one_word, one_line, still};
use crate::syntax::{LineKind, SectionKind, ast};

/// A member of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address, network or alias as it is written.
    pub value: String,
    /// Whether it is an exception (`!`).
    pub nomatch: bool,
    /// The comment behind it, without `#`. For a member that is there already `None` leaves its comment as it is.
    pub comment: Option<String>,
}

/// What makes two members the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Net(IpNet),
    Alias(String),
}

impl Key {
    fn of(value: &str) -> Self {
        match crate::facts::parse(value) {
            Ok((net, _)) => Self::Net(net.trunc()),
            Err(_) => Self::Alias(value.to_ascii_lowercase()),
        }
    }
}

impl Entry {
    /// The line, with host bits cleared and a prefix of all bits left out, as the management interface writes it (spec 12
    /// section 6).
    fn line(&self) -> Result<String, EditError> {
        let value = self.value.trim();
        in_one_word(value)?;
        let value = match crate::facts::parse(value) {
            Ok((net, _)) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
            Ok((net, _)) if net.addr() != net.network() => net.trunc().to_string(),
            _ => value.to_string(),
        };
        let bang = if self.nomatch { "!" } else { "" };
        Ok(match one_line(self.comment.as_deref())? {
            Some(comment) => format!("{bang}{value} # {comment}"),
            None => format!("{bang}{value}"),
        })
    }
}

impl Document {
    /// The members of a set: where, and what.
    fn members(&self, name: &str) -> Result<Vec<(usize, Line, Entry)>, EditError> {
        let section = self.named(Named::Set, name)?;
        let members = self.entries(core::slice::from_ref(&section)).filter_map(|(position, line)| {
            let tokens = self.tokens(line);
            let view = ast::Member::of(&tokens);
            let value = self.word(line, view.value?);
            let entry = Entry { value, nomatch: view.bang.is_some(), comment: self.comment(line) };
            Some((position, line, entry))
        });
        Ok(members.collect())
    }

    /// Puts members behind the last one.
    fn append_members(&mut self, name: &str, entries: &[&Entry]) -> Result<Vec<LineId>, EditError> {
        let lines: Vec<String> = entries.iter().map(|entry| entry.line()).collect::<Result<_, _>>()?;
        let at = self.end_of(&self.named(Named::Set, name)?);
        Ok(self.insert(at, lines.iter().map(|line| (LineKind::Member, line.as_bytes()))))
    }
}

impl Editor {
    /// The members of a set in order, duplicates and faulty ones included.
    ///
    /// # Errors
    /// There is no such set.
    pub fn members(&mut self, path: &str, name: &str) -> Result<Vec<Entry>, EditError> {
        let members = self.open_for(path, SectionKind::IpSet)?.members(name)?;
        Ok(members.into_iter().map(|(.., entry)| entry).collect())
    }

    /// Adds a member, behind the others. One that is there already gets the comment, if one is given.
    ///
    /// # Errors
    /// There is no such set, the member can't be, or it is there as its own exception.
    pub fn add_member(&mut self, path: &str, name: &str, entry: &Entry) -> Result<(), EditError> {
        self.edit(path, SectionKind::IpSet, |document| {
            let key = Key::of(entry.value.trim());
            let known = document.members(name)?.into_iter().find(|(.., other)| Key::of(&other.value) == key);
            let ids = match known {
                Some((_, _, other)) if other.nomatch != entry.nomatch => {
                    let (now, then) =
                        if other.nomatch { ("an exception", "none") } else { ("no exception", "one") };
                    return Err(EditError::refused(format!(
                        "`{}` is {now} in the set `{name}`, and can't also be {then}",
                        entry.value
                    ))
                    .help("remove it first"));
                }
                Some((position, ..)) => {
                    if entry.comment.is_some() {
                        document.set_comment(position, entry.comment.as_deref())?;
                    }
                    Vec::new()
                }
                None => document.append_members(name, &[entry])?,
            };
            still(document, &ids, SectionKind::IpSet)?;
            Ok(((), ids))
        })
    }

    /// Removes a member, exception or not. Whether it was there.
    ///
    /// # Errors
    /// There is no such set.
    pub fn remove_member(&mut self, path: &str, name: &str, value: &str) -> Result<bool, EditError> {
        self.edit(path, SectionKind::IpSet, |document| {
            let key = Key::of(value.trim());
            let found = document.members(name)?;
            let found: Vec<_> = found.iter().filter(|(.., entry)| Key::of(&entry.value) == key).collect();
            for (position, ..) in found.iter().rev() {
                document.remove(*position);
            }
            Ok((!found.is_empty(), Vec::new()))
        })
    }

    /// Makes these the members of a set: lines of members that stay are not touched, those of others go, new ones come
    /// behind the rest in the order given. Returns how many were added and removed.
    ///
    /// # Errors
    /// There is no such set, a member can't be, or stands twice, once with and once without `!`.
    pub fn replace_members(
        &mut self,
        path: &str,
        name: &str,
        entries: &[Entry],
    ) -> Result<(usize, usize), EditError> {
        self.edit(path, SectionKind::IpSet, |document| {
            let mut wanted: BTreeMap<Key, (&Entry, bool)> = BTreeMap::new();
            let mut order = Vec::with_capacity(entries.len());
            for entry in entries {
                let key = Key::of(entry.value.trim());
                match wanted.get(&key) {
                    Some((other, _)) if other.nomatch != entry.nomatch => {
                        return Err(EditError::refused(format!(
                            "`{}` is given twice, once as an exception and once not",
                            entry.value
                        )));
                    }
                    Some(_) => {}
                    None => {
                        order.push(key.clone());
                        wanted.insert(key, (entry, false));
                    }
                }
            }
            let mut removed = Vec::new();
            for (position, line, old) in document.members(name)? {
                match wanted.get_mut(&Key::of(&old.value)) {
                    Some((entry, found)) if entry.nomatch == old.nomatch => {
                        *found = true;
                        if entry.comment.is_some() && entry.comment != old.comment {
                            document.set_comment(position, entry.comment.as_deref())?;
                        }
                    }
                    _ => removed.push(line.id),
                }
            }
            removed.sort_unstable();
            // New ones first, so that they come behind members that were there, also when all of those go.
            let missing: Vec<&Entry> = order
                .iter()
                .filter_map(|key| wanted.get(key).filter(|(_, found)| !found).map(|(entry, _)| *entry))
                .collect();
            let ids = document.append_members(name, &missing)?;
            if !removed.is_empty() {
                document.lines.retain(|line| removed.binary_search(&line.id).is_err());
            }
            if ids
                .iter()
                .zip(&missing)
                .any(|(_, entry)| entry.value.trim_start().starts_with(['[', '!', '+']))
            {
                still(document, &ids, SectionKind::IpSet)?;
            }
            Ok(((ids.len(), removed.len()), ids))
        })
    }
}
