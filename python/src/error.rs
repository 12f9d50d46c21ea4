//! Failures on their way to Python: which exception of `pvefw`, what is wrong, and ways out.

use pvefw_cli::Stop;
use pvefw_cli::root::save::{SaveError, Why};
use pvefw_core::edit::{EditError, Reason};
use pvefw_core::host::apply::{self, Left};
use pvefw_core::host::confirm::{NoWay, Unconfirmed};
use pvefw_core::host::{self, error::WITHOUT_BRIDGE};
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
    /// It is no longer what was seen.
    Changed,
    /// Files can't be written.
    Save,
    /// A file on disk is another one than was read.
    ChangedOnDisk,
    /// Somebody else is saving.
    Locked,
    /// Rules can't be read or loaded.
    Apply,
    /// The process may not.
    Capability,
    /// A tool is missing, or has refused.
    Tool,
    /// The configuration has errors.
    Configuration,
    /// Somebody would be cut off.
    Lockout,
    /// A state waits to be confirmed, or none does.
    Waiting,
    /// The old rules could not be put back.
    Broken,
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
            Self::Changed => "ChangedError",
            Self::Save => "SaveError",
            Self::ChangedOnDisk => "ChangedOnDiskError",
            Self::Locked => "LockedError",
            Self::Apply => "ApplyError",
            Self::Capability => "CapabilityError",
            Self::Tool => "ToolError",
            Self::Configuration => "ConfigurationError",
            Self::Lockout => "LockoutError",
            Self::Waiting => "WaitingError",
            Self::Broken => "BrokenError",
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

    /// The message alone.
    pub(crate) fn in_words(&self) -> String {
        self.message.clone()
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
        let class = match error.why {
            Why::Failed => Class::Save,
            Why::Changed => Class::ChangedOnDisk,
            Why::Locked => Class::Locked,
        };
        Self { class, message: error.message, help: error.help, code: None }
    }
}

impl Failure {
    /// What the machine says.
    pub(crate) fn of_host(error: &host::Error) -> Self {
        let class = match error {
            host::Error::Missing(_) | host::Error::Refused(_) | host::Error::TimedOut { .. } => Class::Tool,
            _ => Class::Apply,
        };
        Self { class, message: in_words(error), help: ways_out(error), code: None }
    }

    /// The same as the cause of something.
    pub(crate) fn of_host_as(class: Class, what: &str, error: &host::Error) -> Self {
        Self { class, message: format!("{what}: {}", in_words(error)), help: ways_out(error), code: None }
    }

    /// Why rules were not loaded, and what that leaves the machine with.
    pub(crate) fn of_apply(failure: &apply::Failure) -> Self {
        let what = failure.stage.to_string();
        let of = |class, left: &str| {
            let mut failure = Self::of_host_as(class, &what, &failure.error);
            failure.message.push_str(left);
            failure
        };
        let class = Self::of_host(&failure.error).class;
        match &failure.left {
            Left::Untouched => of(class, "; nothing was changed"),
            Left::Undone => of(class, "; the old rules are back, and were found complete"),
            Left::Broken(why) => {
                let why = format!("; and the old rules could not be put back: {}", in_words(why));
                of(Class::Broken, &why)
                    .help("what is loaded now: `plan()`; to try again: `rollback()` or `apply()`")
            }
        }
    }

    /// Why there is nothing to confirm.
    pub(crate) fn of_unconfirmed(why: Unconfirmed) -> Self {
        let message = match why {
            Unconfirmed::Store(error) => return Self::of_host(&error),
            Unconfirmed::Nothing => "nothing waits to be confirmed",
            Unconfirmed::Incomplete => "what waits was not loaded to the end",
            Unconfirmed::Restarted => "the machine was restarted since, and its rules with it",
        };
        Self::new(Class::Waiting, message).help("`status()` tells what is loaded, and what went wrong last")
    }

    /// Why there is no way back.
    pub(crate) fn of_no_way(why: NoWay) -> Self {
        const STATES: &str = "`history()` has the states that there are";
        match why {
            NoWay::Waits => Self::new(Class::Waiting, "a state waits to be confirmed")
                .help("take it back first: `rollback()`, or keep it: `confirm()`"),
            NoWay::First => Self::new(Class::Apply, "there is no earlier state")
                .help("to remove all rules: `stop()`")
                .help(STATES),
            NoWay::Unknown(id) => Self::new(Class::Apply, format!("there is no state {id}")).help(STATES),
        }
    }
}

/// A failure of the machine with its cause.
fn in_words(error: &host::Error) -> String {
    match core::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn ways_out(error: &host::Error) -> Vec<String> {
    let bridge = error.is_of_bridge().then(|| WITHOUT_BRIDGE.to_owned());
    error.advice().into_iter().chain(bridge).collect()
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let EditError { reason, message, help } = error;
        let (class, code) = match reason {
            Reason::Faulty(code) => (Class::Edit, Some(code.name())),
            Reason::Missing => (Class::NotFound, None),
            Reason::Changed => (Class::Changed, None),
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
