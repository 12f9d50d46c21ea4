//! One run: what is to be loaded, and loading it.
//!
//! | the configuration | what is loaded |
//! | --- | --- |
//! | is good | it |
//! | has errors, is gone, or was taken back | what was loaded last; where nothing is known of that, what is there |
//! | has errors, and nothing is or was loaded | it, without the faulty lines: as good as nothing would be worse |

use alloc::format;

use super::report::{Configuration, Loaded, Report, Result};
use super::schedule::Cause;
use crate::host::apply::{Applied, Applier, Done, Failure, Left, Options, Target, Trust};
use crate::host::error::Error;
use crate::host::machine::{self, Host};
use crate::host::store::{Guard, Pending};

/// What is wished for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What the configuration is like, as far as its text tells.
    pub configuration: Configuration,
    /// What it was compiled to; of a faulty one, without the faulty lines. `None`: it is gone.
    pub target: Option<Target>,
    /// Why this run.
    pub cause: Cause,
}

/// Loads it.
pub fn run<H: Host + ?Sized>(applier: &Applier<'_, H>, lock: &Guard, wish: Wish) -> Report {
    let mut report = Report { configuration: wish.configuration, ..Report::default() };
    if let Some(pending) = waits(applier) {
        report.result = Result::Waits;
        report.message = match pending.state {
            Some(id) => format!("state {id} waits to be confirmed"),
            None => "the removal of all rules waits to be confirmed".into(),
        };
        return report;
    }
    let cause = wish.cause;
    let chosen = match choose(applier, wish, &mut report.configuration) {
        Ok(chosen) => chosen,
        Err(error) => {
            return Report { result: Result::Failed, message: error.in_full(), ..report };
        }
    };
    let record = applier.store.record().unwrap_or_default();
    let Some(target) = chosen else {
        report.message = "what is loaded stays as it is".into();
        report.state = record.current;
        report.generation = applier.host.generation();
        return report;
    };
    (report.loaded, report.loaded_known) = (Loaded::of(&target.rules), true);
    let same = record.digest == target.digest;
    if same && !cause.is_thorough() && is_loaded(applier) {
        report.state = record.current;
        report.generation = vouched(applier);
        return report;
    }
    let command = format!("daemon ({})", cause.word());
    // Who looks after everything takes nothing for known.
    let trust = if cause.is_thorough() { Trust::Nothing } else { Trust::Recent };
    let options = Options { by: "pvefw", command: &command, confirm: None, trust };
    match applier.apply(lock, &target, &options) {
        Ok(Applied { done, state, .. }) => {
            report.state = state;
            report.generation = vouched(applier);
            if let Done::Loaded(plan) = done {
                report.result = Result::Loaded;
                report.drift = same && !plan.is_empty() && cause != Cause::Start;
                report.message = plan.in_words();
            }
        }
        Err(failure) => {
            report.generation = applier.host.generation();
            tell(&failure, &mut report);
        }
    }
    report
}

/// The number that the rules had when they were last found to be ours, where the kernel counts. It must not be asked for
/// now: somebody may have changed them since.
fn vouched<H: Host + ?Sized>(applier: &Applier<'_, H>) -> Option<u32> {
    let now = applier.host.generation()?;
    // What was changed behind our look has no number: then every number is another one, and there is another run.
    Some(applier.store.known().and_then(|known| known.generation).unwrap_or(now.wrapping_sub(1)))
}

/// Removes everything of ours.
pub fn remove<H: Host + ?Sized>(applier: &Applier<'_, H>, lock: &Guard) -> Report {
    let mut report = Report::default();
    let options = Options { by: "pvefw", command: "daemon (end)", confirm: None, trust: Trust::Nothing };
    match applier.apply(lock, &Target::nothing(), &options) {
        Ok(Applied { done: Done::Unchanged, .. }) => {}
        Ok(Applied { done: Done::Loaded(plan), .. }) => {
            report.result = Result::Loaded;
            report.message = plan.in_words();
        }
        Err(failure) => tell(&failure, &mut report),
    }
    report
}

fn tell(failure: &Failure, report: &mut Report) {
    let what = format!("{}: {}", failure.stage, failure.error.in_full());
    (report.result, report.message) = match &failure.left {
        Left::Untouched => (Result::Failed, format!("{what}; nothing was changed")),
        Left::Undone => (Result::Failed, format!("{what}; the old rules are back")),
        Left::Broken(why) => {
            (Result::Broken, format!("{what}; the old rules could not be put back: {}", why.in_full()))
        }
    };
}

/// What waits to be confirmed in this run of the machine.
fn waits<H: Host + ?Sized>(applier: &Applier<'_, H>) -> Option<Pending> {
    let boot = applier.host.clock().boot;
    applier.store.pending().filter(|pending| pending.boot == boot)
}

/// What is to be loaded; nothing: whatever is there stays.
fn choose<H: Host + ?Sized>(
    applier: &Applier<'_, H>,
    wish: Wish,
    configuration: &mut Configuration,
) -> core::result::Result<Option<Target>, Error> {
    let record = applier.store.record().unwrap_or_default();
    let rejected =
        wish.target.as_ref().is_some_and(|target| record.rejected.as_ref() == Some(&target.digest));
    match (wish.configuration, wish.target) {
        (Configuration::Good | Configuration::Partial, Some(target)) if !rejected => return Ok(Some(target)),
        (Configuration::Good | Configuration::Partial, Some(_)) => *configuration = Configuration::Rejected,
        (_, target) => {
            let known = record.current.is_some_and(|id| applier.store.state(id).is_some());
            if !known && machine::read(applier.host)?.rules.is_empty() {
                if target.is_some() {
                    *configuration = Configuration::Partial;
                }
                return Ok(target);
            }
        }
    }
    match record.current {
        Some(id) if applier.store.state(id).is_some() => Target::stored(applier.store, Some(id)).map(Some),
        _ => Ok(None),
    }
}

/// Whether what was loaded last was loaded to the end, and in this run of the machine.
fn is_loaded<H: Host + ?Sized>(applier: &Applier<'_, H>) -> bool {
    let store = applier.store;
    let current = store.record().and_then(|record| record.current);
    store.journal().is_none()
        && store
            .known()
            .is_some_and(|known| known.state == current && known.boot == applier.host.clock().boot)
}
