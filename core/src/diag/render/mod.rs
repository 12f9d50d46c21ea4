//! Diagnostics as terminal text, in the manner of rustc.
//!
//! In go [`Diagnostic`]s and the [`Files`] they point into, out comes text. [`one`] shows a diagnostic in full, [`all`]
//! a list of them with a cap for each file, [`concise`] a single line, [`summary`] the last line of a report.
//!
//! ```text
//! error[unknown-macro]: no macro named `HTPS`
//!  --> firewall/cluster.fw:3:4
//!   |
//! 3 | IN HTPS(ACCEPT) -i net0
//!   |    ^^^^ not a macro
//!   |
//! help: write `HTTPS`
//!   |
//! 3 | IN HTTPS(ACCEPT) -i net0
//!   |      +
//! ```
//!
//! Whatever the files hold, the text is safe to show: bytes that are not UTF-8, control characters and characters that
//! are invisible or turn the writing direction are replaced by visible ones, long lines are cut to a window around the
//! place that matters, and spans outside a file are moved to its end. Nothing here decides *whether* to use colours:
//! that is for the program that owns the terminal.

mod excerpt;
mod full;
mod list;
mod patch;
mod visible;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;

pub use list::{MOST_SHOWN, all, summary};
pub use visible::line as visible;

use super::{Diagnostic, Severity};
use crate::text::{Files, Span};

/// How the text is decorated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    #[default]
    Plain,
    /// With the colours of ANSI terminals.
    Ansi,
}

/// How to render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Plain or coloured.
    pub style: Style,
    /// Columns of the terminal. Source lines that are longer are cut; messages are left for the terminal to wrap.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { style: Style::Plain, width: 140 }
    }
}

/// One diagnostic in full, with its source lines, notes and fixes. Ends with a line feed.
pub fn one(diagnostic: &Diagnostic, files: &Files, options: &Options) -> String {
    full::render(diagnostic, &mut excerpt::Sources::new(files), options)
}

/// A place in a file with words about it, as [`one`] shows it but without a title. Ends without a line feed.
pub fn excerpt(span: Span, label: &str, severity: Severity, files: &Files, options: &Options) -> String {
    full::excerpt(span, label, severity, &mut excerpt::Sources::new(files), options)
}

/// One diagnostic as a line that editors and `grep` understand, without a line feed:
/// `firewall/cluster.fw:3:4: error[unknown-macro]: no macro named …`.
pub fn concise(diagnostic: &Diagnostic, files: &Files) -> String {
    let place = excerpt::Sources::new(files).place(diagnostic.span);
    let message = visible::line(&diagnostic.message);
    format!("{place}: {}[{}]: {message}", diagnostic.severity.name(), diagnostic.code)
}
