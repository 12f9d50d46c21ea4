//! What becomes of a state that waits to be confirmed, and going back to earlier ones.
//!
//! [`watch`] runs in a process of its own that needs nobody: whoever applied, their shell and their connection may be
//! gone. It goes by the time since the machine was started, which nobody can change.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::time::Duration;
use std::thread;

use super::apply::{Applied, Applier, Failure, Left, Options, Stage, Target};
use super::error::Error;
use super::machine::Host;
use super::store::{Guard, LastError, Pending, Record};

/// How often the process that watches looks.
const LOOK: Duration = Duration::from_millis(500);

/// How long it waits for others to be done.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often it tries to put the old rules back, and the pause between.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(5);

/// How watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Somebody confirmed the state, or went on from it.
    Settled,
    /// The old rules are back.
    TakenBack,
}

/// Waits for `state` to be confirmed, and takes it back if it is not in time, or if the process that was loading it is
/// gone before the end.
///
/// # Errors
/// When the old rules could not be put back however often that was tried.
pub fn watch<H: Host + ?Sized>(applier: &Applier<'_, H>, state: Option<u64>) -> Result<Watched, Error> {
    let store = applier.store;
    loop {
        let Some(pending) = waiting(applier, state) else { return Ok(Watched::Settled) };
        let over = applier.host.clock().uptime >= pending.until;
        if !over && store.journal().is_none() {
            thread::sleep(LOOK);
            continue;
        }
        let patience = if over { PATIENCE } else { Duration::ZERO };
        match store.lock("pvefw apply --confirm-within", patience) {
            // Whoever loads is still at it, or a tool hangs. Nobody else would put the old rules back.
            Err(Error::Busy { .. }) => thread::sleep(LOOK),
            Err(error) => return Err(error),
            Ok(lock) => {
                let Some(pending) = waiting(applier, state) else { return Ok(Watched::Settled) };
                // It may have been confirmed, or given more time, while we waited.
                let over = applier.host.clock().uptime >= pending.until;
                if over || store.journal().is_some() {
                    return insist(applier, &lock, &pending).map(|()| Watched::TakenBack);
                }
            }
        }
    }
}

/// What waits, if it is that state and was not left over by an earlier run of the machine.
fn waiting<H: Host + ?Sized>(applier: &Applier<'_, H>, state: Option<u64>) -> Option<Pending> {
    let boot = applier.host.clock().boot;
    applier.store.pending().filter(|pending| pending.state == state && pending.boot == boot)
}

fn insist<H: Host + ?Sized>(applier: &Applier<'_, H>, lock: &Guard, pending: &Pending) -> Result<(), Error> {
    let mut tries = TRIES;
    loop {
        match take_back(applier, lock, pending, "it was not confirmed in time") {
            Ok(()) => return Ok(()),
            Err(error) => {
                tries = tries.saturating_sub(1);
                if tries == 0 {
                    return Err(error);
                }
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Puts back what was there before a state that waits.
///
/// # Errors
/// When that fails. The state goes on waiting then.
pub fn take_back<H: Host + ?Sized>(
    applier: &Applier<'_, H>,
    _lock: &Guard,
    pending: &Pending,
    why: &str,
) -> Result<(), Error> {
    let store = applier.store;
    let before = store.record().unwrap_or_default();
    let rejected = pending.state.and_then(|id| store.state(id)).map(|state| state.digest);
    let clock = applier.host.clock();
    if let Err(error) = applier.undo(pending.back_to) {
        let message = alloc::format!("can't put the old rules back: {}", error.in_full());
        drop(store.set_record(&Record { error: Some(LastError { time: clock.now, message }), ..before }));
        return Err(error);
    }
    let target = Target::stored(store, pending.back_to)?;
    let name = pending.state.map_or_else(|| "the removal".to_owned(), |id| alloc::format!("state {id}"));
    store.set_record(&Record {
        current: pending.back_to,
        since: clock.now,
        digest: target.digest,
        rejected: rejected.or(before.rejected),
        error: Some(LastError { time: clock.now, message: alloc::format!("{name} was taken back: {why}") }),
    })?;
    store.set_pending(None)?;
    store.end()
}

/// Why there is nothing to confirm.
#[derive(Debug)]
pub enum Unconfirmed {
    /// Nothing waits.
    Nothing,
    /// It was not loaded to the end.
    Incomplete,
    /// The machine was restarted since, and the rules with it.
    Restarted,
    /// The state directory can't be written.
    Store(Error),
}

/// Keeps the state that waits; its number.
///
/// # Errors
/// [`Unconfirmed`].
pub fn confirm<H: Host + ?Sized>(
    applier: &Applier<'_, H>,
    _lock: &Guard,
) -> Result<Option<u64>, Unconfirmed> {
    let store = applier.store;
    let Some(pending) = store.pending() else { return Err(Unconfirmed::Nothing) };
    if pending.boot != applier.host.clock().boot {
        return Err(Unconfirmed::Restarted);
    }
    if store.journal().is_some() {
        return Err(Unconfirmed::Incomplete);
    }
    store.set_pending(None).map_err(Unconfirmed::Store)?;
    Ok(pending.state)
}

/// Goes back to a state that was stored. What is left for it is not to be loaded again unasked.
///
/// # Errors
/// [`Failure`].
pub fn go_back<H: Host + ?Sized>(
    applier: &Applier<'_, H>,
    lock: &Guard,
    to: Option<u64>,
    options: &Options<'_>,
) -> Result<Applied, Failure> {
    let state = |error| Failure { stage: Stage::State, error, left: Left::Untouched };
    let target = Target::stored(applier.store, to).map_err(state)?;
    let left: Option<String> = applier.store.record().map(|record| record.digest);
    let outcome = applier.apply(lock, &target, options)?;
    let mut record = applier.store.record().unwrap_or_default();
    record.rejected = left.filter(|left| *left != record.digest);
    applier.store.set_record(&record).map_err(state)?;
    Ok(outcome)
}

/// Where the way back leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// From a state that waits to what was there before it: [`take_back`].
    Waiting(Pending),
    /// To a state; `None`: nothing of ours. [`go_back`].
    To(Option<u64>),
}

/// Why there is no way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// A state waits to be confirmed, and another one was asked for.
    Waits,
    /// There is no earlier state.
    First,
    /// There is no such state.
    Unknown(u64),
}

/// The way back: to a state by its number, else from the one that waits, else from a load that was interrupted, else to
/// the state before the one that is loaded.
///
/// # Errors
/// [`NoWay`].
pub fn back<H: Host + ?Sized>(applier: &Applier<'_, H>, number: Option<u64>) -> Result<Back, NoWay> {
    let store = applier.store;
    let boot = applier.host.clock().boot;
    let pending = store.pending().filter(|pending| pending.boot == boot);
    let to = match (number, pending, store.journal()) {
        (None, Some(pending), _) => return Ok(Back::Waiting(pending)),
        (Some(_), Some(_), _) => return Err(NoWay::Waits),
        (Some(number), None, _) => Some(number),
        (None, None, Some(journal)) => journal.from,
        (None, None, None) => Some(previous(applier).ok_or(NoWay::First)?),
    };
    match to.filter(|id| store.state(*id).is_none()) {
        Some(id) => Err(NoWay::Unknown(id)),
        None => Ok(Back::To(to)),
    }
}

/// The state before the one that is loaded.
fn previous<H: Host + ?Sized>(applier: &Applier<'_, H>) -> Option<u64> {
    let current = applier.store.record().and_then(|record| record.current);
    applier
        .store
        .states()
        .iter()
        .rev()
        .map(|state| state.id)
        .find(|id| current.is_none_or(|current| *id < current))
}
