//! What the service has to say about itself, on stderr: the journal takes it from there.

use std::env;

use crate::output::{Kind, Output};

/// Where to say it.
pub(crate) struct Journal<'a> {
    output: &'a Output,
    /// Whether stderr leads to the journal, which reads levels in front of lines.
    levels: bool,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self { output, levels: env::var_os("JOURNAL_STREAM").is_some() }
    }

    /// Says something, with a syslog level.
    pub(crate) fn say(&self, level: u8, text: &str) {
        if self.levels {
            self.output.aside(&format!("<{level}>{text}\n"));
            return;
        }
        let kind = match level {
            0..=3 => Kind::Error,
            4 => Kind::Warning,
            _ => Kind::Note,
        };
        self.output.notice(kind, text);
    }
}
