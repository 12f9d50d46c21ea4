//! Colour, where it is wanted.

use std::env;
use std::io::IsTerminal as _;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Letters only.
    Plain,
    /// With ANSI colours.
    Colour,
}

impl Style {
    /// Colour when stdout is a terminal and nobody objects (<https://no-color.org>).
    pub(super) fn of_stdout() -> Self {
        let objects = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|value| value == "dumb");
        if objects || dumb || !std::io::stdout().is_terminal() { Self::Plain } else { Self::Colour }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::Plain | Self::Colour => text.to_owned(),
        }
    }
}
