//! Colour, where it is wanted.

use pvefw_core::diag::render;

use crate::output::Output;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Letters only.
    Plain,
    /// With ANSI colours.
    Colour,
}

impl Style {
    /// As the rest of what goes to stdout.
    pub(crate) fn of(output: &Output) -> Self {
        match output.for_data().style {
            render::Style::Ansi => Self::Colour,
            render::Style::Plain => Self::Plain,
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::Plain | Self::Colour => text.to_owned(),
        }
    }
}
