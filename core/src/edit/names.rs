//! Sets and security groups: sections with names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::document::Document;
use super::editor::Editor;
use super::error::EditError;
use super::pairs::one_line;
use super::sections::Section;
use crate::config::is_definable_name;
use crate::config::lower::name_limit;
use crate::syntax::{LineKind, SectionKind};

/// The sections that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// `[IPSET name]`
    Set,
    /// `[group name]`
    Group,
}

impl Named {
    /// The kind of section.
    pub const fn section(self) -> SectionKind {
        match self {
            Self::Set => SectionKind::IpSet,
            Self::Group => SectionKind::Group,
        }
    }

    /// What it is, for messages.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Group => "security group",
        }
    }

    fn missing(self, name: &str) -> EditError {
        EditError::missing(format!("there is no {} `{name}`", self.what()))
    }
}

impl Document {
    /// The section of a name that counts.
    pub(super) fn named(&self, named: Named, name: &str) -> Result<Section, EditError> {
        let found = self.sections_of(named.section(), &name.to_ascii_lowercase()).pop();
        found.ok_or_else(|| named.missing(name))
    }
}

impl Editor {
    /// The sets or groups of a file with the comments of their headers, in order; each name once.
    ///
    /// # Errors
    /// The file is no firewall file, or can't have them.
    pub fn names(&mut self, path: &str, named: Named) -> Result<Vec<(String, Option<String>)>, EditError> {
        let document = self.open_for(path, named.section())?;
        let mut found: Vec<(String, Option<String>)> = Vec::new();
        for section in document.sections().into_iter().filter(|section| section.kind == named.section()) {
            let comment = document.lines.get(section.header).and_then(|line| document.comment(*line));
            // COMPAT: the earlier comment stays unless the new header has one (spec 01 section 2).
            match found.iter_mut().find(|(name, _)| *name == section.name) {
                Some((_, earlier)) => *earlier = comment.or_else(|| earlier.take()),
                None => found.push((section.name, comment)),
            }
        }
        Ok(found)
    }

    /// Makes an empty set or group.
    ///
    /// # Errors
    /// The name can't be, or is there already.
    pub fn add_named(
        &mut self,
        path: &str,
        named: Named,
        name: &str,
        comment: Option<&str>,
    ) -> Result<(), EditError> {
        definable(name, name_limit(named.section()), &format!("a {}", named.what()))?;
        let comment = one_line(comment)?;
        self.edit(path, named.section(), |document| {
            if document.named(named, name).is_ok() {
                return Err(EditError::refused(format!("there is a {} `{name}` already", named.what())));
            }
            document.create(named.section(), &name.to_ascii_lowercase(), comment);
            Ok(((), Vec::new()))
        })
    }

    /// Gives the header of a set or group a comment; `None` removes it.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn comment_named(
        &mut self,
        path: &str,
        named: Named,
        name: &str,
        comment: Option<&str>,
    ) -> Result<(), EditError> {
        self.edit(path, named.section(), |document| {
            let section = document.named(named, name)?;
            document.set_comment(section.header, comment)?;
            Ok(((), Vec::new()))
        })
    }

    /// Removes a set or group that has no lines. Comments in it stay where they are.
    ///
    /// # Errors
    /// There is none of this name, or there are lines in it.
    pub fn remove_named(&mut self, path: &str, named: Named, name: &str) -> Result<(), EditError> {
        self.remove_section(path, named, name, |count| {
            let (lines, are) = if count == 1 { ("a line", "is") } else { ("lines", "are") };
            let message = format!("there {are} {lines} in the {} `{name}`", named.what());
            if count == 0 {
                Ok(())
            } else {
                Err(EditError::refused(message).help("remove it with all that is in it, or empty it first"))
            }
        })
    }

    /// Removes a set or group with all lines in it. Comments in it stay where they are. What refers to it is left alone.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn remove_named_with_lines(&mut self, path: &str, named: Named, name: &str) -> Result<(), EditError> {
        self.remove_section(path, named, name, |_| Ok(()))
    }

    fn remove_section(
        &mut self,
        path: &str,
        named: Named,
        name: &str,
        allowed: impl Fn(usize) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        self.edit(path, named.section(), |document| {
            // Else an earlier definition of the name would come back.
            let lower = name.to_ascii_lowercase();
            let mut sections = document.sections();
            sections.retain(|section| section.kind == named.section() && section.name == lower);
            let last = sections.last().ok_or_else(|| named.missing(name))?;
            allowed(document.entries(core::slice::from_ref(last)).count())?;
            for section in sections.iter().rev() {
                document.remove_whole(section);
            }
            Ok(((), Vec::new()))
        })
    }
}

impl Document {
    /// Removes a section's header and lines, and the blank lines that would be left over.
    fn remove_whole(&mut self, section: &Section) {
        let lines: Vec<_> = self.lines.drain(section.header..section.end).collect();
        let comment = |line: &&super::document::Line| line.kind == LineKind::Comment;
        let mut kept: Vec<_> = lines.iter().skip(1).filter(comment).copied().collect();
        // Comments directly above the next header are about that one, and stay with the blank line before them.
        if !kept.is_empty()
            && let Some(blank) = lines.iter().rev().find(|line| line.kind == LineKind::Blank)
        {
            kept.push(*blank);
            let attached = lines.iter().rev().take_while(|line| line.kind == LineKind::Comment).count();
            let at = kept.len() - 1 - attached.min(kept.len() - 1);
            let blank = kept.pop();
            if let Some(blank) = blank {
                kept.insert(at, blank);
            }
        }
        self.lines.splice(section.header..section.header, kept);
    }
}

/// Refuses a name that nothing could refer to.
pub(super) fn definable(name: &str, limit: usize, what: &str) -> Result<(), EditError> {
    if is_definable_name(name) && name.len() <= limit {
        return Ok(());
    }
    Err(EditError::refused(format!("`{}` can't be the name of {what}", name.escape_debug())).help(format!(
        "a name has 2 to {limit} characters: a letter first; letters, digits, `-` and `_` may follow"
    )))
}
