//! Why an edit is refused.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::diag::{Code, Diagnostic};

/// An edit that was not made. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// Why.
    pub reason: Reason,
    /// What is wrong, in a line.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: Vec<String>,
}

/// The kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The line would have an error.
    Faulty(Code),
    /// What is to be changed is not there, or no longer.
    Missing,
    /// The file can't have it, it is there already, or it is in use.
    Refused,
    /// What was seen is no longer what is there.
    Changed,
}

impl EditError {
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self { reason: Reason::Missing, message: message.into(), help: Vec::new() }
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { reason: Reason::Refused, message: message.into(), help: Vec::new() }
    }

    pub(super) fn changed(message: String) -> Self {
        Self { reason: Reason::Changed, message, help: Vec::new() }
    }

    /// Adds a way out.
    #[must_use]
    pub(super) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// A line that the reader would complain about.
    pub(super) fn faulty(found: &Diagnostic, line: &[u8]) -> Self {
        let line = String::from_utf8_lossy(line.trim_ascii()).to_string();
        let mut help = found.notes.clone();
        help.extend(found.fixes.iter().map(|fix| fix.title.clone()));
        let shown = format!("`{line}`");
        let message = if line.is_empty() || found.message.contains(&shown) {
            found.message.clone()
        } else {
            format!("{} in {shown}", found.message)
        };
        Self { reason: Reason::Faulty(found.code), message, help }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for EditError {}
