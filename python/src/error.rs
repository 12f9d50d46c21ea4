//! Failures on their way to Python: which exception of `pvefw`, what is wrong, and ways out.

use pvefw_cli::Stop;
use pvefw_cli::root::save::SaveError;
use pvefw_core::edit::{EditError, Reason};
use pvefw_core::sim::Mistake;
use pyo3::prelude::*;

/// The classes of `pvefw._errors`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Class {
    /// A root or file can't be read.
    Load,
    /// Facts that are none.
    Facts,
    /// No node, or one of several must be chosen.
    Node,
    /// A question about a packet that can't be.
    Question,
    /// An edit that can't be.
    Edit,
    /// What is to be edited is not there.
    NotFound,
    /// Files can't be written.
    Save,
    /// A file on disk is another one than was read.
    ChangedOnDisk,
}

impl Class {
    const fn name(self) -> &'static str {
        match self {
            Self::Load => "LoadError",
            Self::Facts => "FactsError",
            Self::Node => "NodeError",
            Self::Question => "QuestionError",
            Self::Edit => "EditError",
            Self::NotFound => "NotFoundError",
            Self::Save => "SaveError",
            Self::ChangedOnDisk => "ChangedOnDiskError",
        }
    }
}

/// Something that becomes an exception.
#[derive(Debug)]
pub(crate) struct Failure {
    class: Class,
    message: String,
    help: Vec<String>,
    /// The diagnostic that an edit would cause.
    code: Option<&'static str>,
}

/// A value, or an exception to be.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// Without a way out.
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), help: Vec::new(), code: None }
    }

    /// Adds a way out.
    pub(crate) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// What the command line would stop with. Its ways out name commands; only the first is about the root itself.
    pub(crate) fn of_stop(stop: Stop) -> Self {
        match stop {
            Stop::ReaderGone => Self::new(Class::Load, "the reader is gone"),
            Stop::Failed { message, mut help } => {
                help.truncate(1);
                Self { class: Class::Load, message, help, code: None }
            }
        }
    }
}

impl Failure {
    /// Why files could not be written.
    pub(crate) fn of_save(error: SaveError) -> Self {
        let class = if error.changed { Class::ChangedOnDisk } else { Class::Save };
        Self { class, message: error.message, help: error.help, code: None }
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let EditError { reason, message, help } = error;
        let (class, code) = match reason {
            Reason::Faulty(code) => (Class::Edit, Some(code.name())),
            Reason::Missing => (Class::NotFound, None),
            Reason::Refused => (Class::Edit, None),
        };
        Self { class, message, help, code }
    }
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        let Mistake { message, help } = mistake;
        Self { class: Class::Question, message, help: help.into_iter().collect(), code: None }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| {
            let made = py
                .import("pvefw._errors")
                .and_then(|module| module.getattr(failure.class.name()))
                .and_then(|class| match failure.code {
                    Some(code) => class.call1((failure.message, failure.help, code)),
                    None => class.call1((failure.message, failure.help)),
                });
            match made {
                Ok(exception) => Self::from_value(exception),
                Err(error) => error,
            }
        })
    }
}
