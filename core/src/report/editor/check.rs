//! Findings.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Editor, Span};
use crate::diag::{self, Safety};
use crate::report::Summary;
use crate::session::Found;

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check<'a> {
    /// In order of file and place.
    pub diagnostics: Vec<Diagnostic<'a>>,
    /// How much is wrong.
    pub summary: Summary,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic<'a> {
    /// Where.
    #[serde(flatten)]
    pub span: Span<'a>,
    /// The kind of problem.
    pub code: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// What is wrong, in a line.
    pub message: &'a str,
    /// A few words about the place.
    pub label: &'a str,
    /// Words about other places.
    pub labels: Vec<Label<'a>>,
    /// Why, and what to do.
    pub notes: Vec<&'a str>,
    /// Ready-made ways out, the best first.
    pub fixes: Vec<Fix<'a>>,
}

/// A few words about a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label<'a> {
    /// Where.
    #[serde(flatten)]
    pub span: Span<'a>,
    /// What is there.
    pub message: &'a str,
}

/// Edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix<'a> {
    /// What they do, as an order.
    pub title: &'a str,
    /// `safe` or `unsafe`.
    pub safety: &'static str,
    /// The edits; they don't overlap.
    pub edits: Vec<Edit>,
}

/// Text to replace. It is read as well as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The file to change.
    pub file: String,
    /// Where to begin.
    pub from: u32,
    /// Where to end.
    pub to: u32,
    /// What to put there.
    pub text: String,
}

impl<'f> Editor<'f> {
    /// Everything found.
    pub fn check<'a>(&mut self, found: &'a Found) -> Check<'a>
    where
        'f: 'a,
    {
        let diagnostics = found.diagnostics.iter().map(|found| self.diagnostic(found)).collect();
        Check { diagnostics, summary: found.counts.into() }
    }

    fn diagnostic<'a>(&mut self, found: &'a diag::Diagnostic) -> Diagnostic<'a>
    where
        'f: 'a,
    {
        Diagnostic {
            span: self.span(found.span),
            code: found.code.name(),
            severity: found.severity.name(),
            message: &found.message,
            label: &found.label,
            labels: found
                .labels
                .iter()
                .map(|label| Label { span: self.span(label.span), message: &label.message })
                .collect(),
            notes: found.notes.iter().map(String::as_str).collect(),
            fixes: found.fixes.iter().map(|fix| self.fix(fix)).collect(),
        }
    }

    /// A way out.
    pub fn fix<'a>(&mut self, fix: &'a diag::Fix) -> Fix<'a> {
        Fix {
            title: &fix.title,
            safety: match fix.safety {
                Safety::Safe => "safe",
                Safety::Unsafe => "unsafe",
            },
            edits: fix.edits.iter().map(|edit| self.edit(edit)).collect(),
        }
    }

    /// An edit.
    pub fn edit(&mut self, edit: &diag::Edit) -> Edit {
        let Span { file, from, to, .. } = self.span(edit.span);
        Edit { file: file.into(), from, to, text: edit.text.clone() }
    }
}
