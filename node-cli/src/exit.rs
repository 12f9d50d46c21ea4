//! How a run ends: the table of exit statuses, and the reasons to stop early.

use std::process::ExitCode;

/// The exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// There are errors in the configuration, differences, or failed tests.
    Findings,
    /// The command line is wrong, or something can't be read or written.
    Usage,
    /// `plan`: something would change; `status`: nothing is loaded.
    Pending,
    /// The old rules could not be put back.
    Broken,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Pending => 3,
            Self::Broken => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The statuses for `--help`.
pub(crate) const STATUSES: &str = "\
Exit status:
  0  fine
  1  findings: errors in the configuration, differences, failed tests, rules refused or undone
  2  wrong usage, or something can't be read or written
  3  plan: something would change; status: nothing is loaded
  4  the old rules could not be put back";

/// Why a command stops before its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Whoever read our output wants no more of it (`pvefw check | head`). Nothing is wrong.
    ReaderGone,
    /// It can't go on.
    Failed {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Vec<String>,
    },
}

impl Stop {
    /// A failure with nothing more to say about it.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), help: Vec::new() }
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        if let Self::Failed { help, .. } = &mut self {
            help.push(line.into());
        }
        self
    }
}
