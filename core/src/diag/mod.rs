//! Diagnostics as data: what is wrong, where, why, and the way out.
//!
//! A [`Diagnostic`] knows no output format. The terminal report is in `render` (feature `render`), JSON in
//! `report` (feature `serde`). Every kind of problem is one row of [`codes`].
//!
//! Messages follow one grammar: lower case, no full stop, the user's own text in backticks. What to do about it goes
//! into notes (`help: …` is added by the renderer) and [`Fix`]es.

pub mod codes;
mod sink;
pub mod suggest;

#[cfg(feature = "render")]
pub mod render;

use alloc::string::String;
use alloc::vec::Vec;

pub use codes::Code;
pub use sink::{Counts, Sink};

use crate::text::Span;

/// How bad it is, and with that what becomes of the line (DESIGN: an error's line is left out of the rulesets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It can't mean what it says; the line is left out.
    Error,
    /// It works, but hardly as meant.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A span with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub message: String,
}

/// Whether a tool may apply a [`Fix`] unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Certainly what was meant, and no packet is treated more openly than the author wrote.
    Safe,
    /// Probably what was meant: a person should look.
    Unsafe,
}

/// Replacement of a span by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to replace; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A way out: edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the fix does, as an order: ``write `tcp` in lower case``.
    pub title: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// The edits; they don't overlap.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem.
    pub code: Code,
    /// How bad it is; by default that of the code.
    pub severity: Severity,
    /// One line saying what is wrong.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// A few words at the primary span; may be empty.
    pub label: String,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// Why, and what to do.
    pub notes: Vec<String>,
    /// Ready-made ways out, the best first.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding of the code's own severity at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            span,
            label: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Sets the words at the primary span.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn secondary(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a fix that replaces one span.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        safety: Safety,
        span: Span,
        text: impl Into<String>,
    ) -> Self {
        let edits = alloc::vec![Edit { span, text: text.into() }];
        self.fixes.push(Fix { title: title.into(), safety, edits });
        self
    }
}
