//! Proposals, hovers and places.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::{Edit, Editor, Fix, Span};
use crate::diag;
use crate::lang::symbols::{Occurrence, Role};
use crate::lang::{complete, fixes, format, hover};
use crate::text::{self, FileId};

/// What could stand at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completions<'a> {
    /// Where a proposal begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The likeliest first.
    pub items: Vec<Completion<'a>>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completion<'a> {
    /// What is shown.
    pub label: &'a str,
    /// What it is.
    pub kind: &'static str,
    /// A few words beside it.
    pub detail: &'a str,
    /// A sentence or two.
    pub documentation: &'a str,
    /// What to write.
    pub insert: &'a str,
    /// Whether the text goes on behind it.
    pub more: bool,
}

/// What is known about a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hover<'a> {
    /// Where the word begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// What it is.
    pub title: &'a str,
    /// Sentences about it.
    pub text: &'a [String],
    /// What it stands for.
    pub lines: &'a [String],
    /// Where it is defined.
    pub defined: Option<Span<'a>>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Definition<'a> {
    /// The name in it.
    #[serde(flatten)]
    pub span: Span<'a>,
    /// `alias`, `set` or `group`.
    pub kind: &'static str,
    /// The name, as files refer to it.
    pub name: &'a str,
}

/// A place where a name stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference<'a> {
    /// The name.
    #[serde(flatten)]
    pub span: Span<'a>,
    /// Whether it is defined here.
    pub definition: bool,
}

/// A fix and its finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferedFix<'a> {
    /// The fix.
    #[serde(flatten)]
    pub fix: Fix<'a>,
    /// The finding's code.
    pub code: &'static str,
    /// What is wrong.
    pub message: &'a str,
}

/// Safe fixes, put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixAll {
    /// The edits.
    pub edits: Vec<Edit>,
    /// Findings that they fix.
    pub applied: usize,
    /// Findings that they don't.
    pub left: usize,
}

/// A file that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed<'a> {
    /// Its path.
    pub file: &'a str,
    /// Its text.
    pub text: Cow<'a, str>,
}

impl<'f> Editor<'f> {
    /// Proposals.
    pub fn completions<'a>(&mut self, file: FileId, found: &'a complete::Completions) -> Completions<'a> {
        let item = |item: &'a complete::Completion| Completion {
            label: &item.label,
            kind: item.kind.name(),
            detail: &item.detail,
            documentation: &item.documentation,
            insert: &item.insert,
            more: item.more,
        };
        let (from, to) = (self.unit(file, found.start), self.unit(file, found.end));
        Completions { from, to, items: found.items.iter().map(item).collect() }
    }

    /// A word.
    pub fn hover<'a>(&mut self, found: &'a hover::Hover) -> Hover<'a>
    where
        'f: 'a,
    {
        let Span { from, to, .. } = self.span(found.span);
        let defined = found.defined.map(|span| self.span(span));
        Hover { from, to, title: &found.title, text: &found.text, lines: &found.lines, defined }
    }

    /// A definition.
    pub fn definition<'a>(&mut self, found: &'a Occurrence) -> Definition<'a>
    where
        'f: 'a,
    {
        let (kind, name) = (found.symbol.kind.name(), found.symbol.name.as_str());
        Definition { span: self.span(found.span), kind, name }
    }

    /// A place where a name stands.
    pub fn reference(&mut self, found: &Occurrence) -> Reference<'f> {
        Reference { span: self.span(found.span), definition: found.role == Role::Definition }
    }

    /// Changes of layout.
    pub fn layout(&mut self, file: FileId) -> Vec<Edit> {
        let changes = format::changes(self.files().text(file));
        let edit = |change: format::Change| {
            // What is put there is blanks and line ends.
            let text = String::from_utf8_lossy(&change.text).into_owned();
            self.edit(&diag::Edit { span: text::Span::new(file, change.start, change.end), text })
        };
        changes.into_iter().map(edit).collect()
    }

    /// The fixes of findings that touch a range.
    pub fn offered<'a>(
        &mut self,
        found: &'a [diag::Diagnostic],
        file: FileId,
        (from, to): (u32, u32),
    ) -> Vec<OfferedFix<'a>> {
        let at = text::Span::new(file, self.byte(file, from), self.byte(file, to));
        let fix = |(finding, fix): (&'a diag::Diagnostic, &'a diag::Fix)| OfferedFix {
            fix: self.fix(fix),
            code: finding.code.name(),
            message: &finding.message,
        };
        fixes::offered(found, at).map(fix).collect()
    }

    /// All safe fixes.
    pub fn fix_all(&mut self, found: &[diag::Diagnostic], file: Option<FileId>) -> FixAll {
        let fixes::All { edits, applied, left } = fixes::all_safe(found, file);
        FixAll { edits: edits.iter().map(|edit| self.edit(edit)).collect(), applied, left }
    }
}
