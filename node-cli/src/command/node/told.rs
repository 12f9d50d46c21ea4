//! Failures and outcomes in words.

use pvefw_core::host::Error;
use pvefw_core::host::apply::{Done, Failure, Left};

use super::{WITHOUT_BRIDGE, in_words};
use crate::exit::Exit;
use crate::output::{Kind, Output};

/// Says what went wrong and what that leaves the node with.
pub(super) fn failure(failure: &Failure, output: &Output) -> Exit {
    output.notice(Kind::Error, format!("{}: {}", failure.stage, in_words(&failure.error)));
    if let Error::Refused(refusal) = &failure.error {
        for line in refusal.stderr.iter().skip(1) {
            output.aside(&format!("       {line}\n"));
        }
    }
    if let Some(help) = failure.error.advice() {
        output.notice(Kind::Help, help);
    }
    if failure.error.is_of_bridge() {
        output.notice(Kind::Help, WITHOUT_BRIDGE);
    }
    match &failure.left {
        Left::Untouched => {
            output.notice(Kind::Note, "nothing was changed");
            Exit::Findings
        }
        Left::Undone => {
            output.notice(Kind::Note, "the old rules are back, and were found complete");
            Exit::Findings
        }
        Left::Broken(why) => {
            output.notice(Kind::Error, format!("the old rules could not be put back: {}", in_words(why)));
            output.notice(
                Kind::Help,
                "what is loaded now: `pvefw plan`; to try again: `pvefw rollback` or `pvefw apply`",
            );
            Exit::Broken
        }
    }
}

/// What was loaded, in a few words.
pub(super) fn done(done: &Done) -> String {
    match done {
        Done::Unchanged => "nothing to do".to_owned(),
        Done::Loaded(plan) if plan.is_empty() => "nothing had to be loaded: the rules were there".to_owned(),
        Done::Loaded(plan) => plan.in_words(),
    }
}
