//! `pvefw apply`: loads a configuration.

use core::time::Duration;

use pvefw_core::host::apply::{Applied, Applier, Confirm, Done, Options, Trust};
use pvefw_core::host::store::Store;
use pvefw_core::host::{Again, Clock, Host as _, process};
use serde::Serialize;

use super::{Desired, Errors, Session, demand_right, lockout, told};
use crate::args::{ApplyArgs, Format};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &ApplyArgs, again: &Again, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    let desired = Desired::read(args.root.as_deref(), &args.node, Errors::of(args.allow_errors), output)?;
    if desired.refused {
        Desired::refuse(output, "nothing is applied");
        return Ok(Exit::Findings);
    }
    let session = Session::open_for(&args.state, &desired.target)?;
    let lock = session.lock("pvefw apply")?;
    let applier = Applier { host: &session.machine, store: &session.store };
    if waits(&session.store, &session.machine.clock(), output) {
        return Ok(Exit::Findings);
    }
    if !lockout::passes(&desired, &session.machine, args, output)? {
        return Ok(Exit::Findings);
    }
    let command = words(args);
    let arm = || again.watch(&session.store, args.state.variant, args.state.tool_limit);
    let confirm = args.confirm_within.map(|within| Confirm { within, arm: &arm });
    let options = Options { by: &process::user(), command: &command, confirm, trust: Trust::default() };
    let ended = {
        let _uninterrupted = process::Uninterrupted::begin();
        applier.apply(&lock, &desired.target, &options)
    };
    drop(lock);
    match ended {
        Err(failure) => Ok(told::failure(&failure, output)),
        Ok(outcome) if args.format == Format::Json => {
            output.json(|out| serde_json::to_writer(out, &Answer::new(&outcome, args.confirm_within)))?;
            Ok(Exit::Fine)
        }
        Ok(outcome) => {
            let state = outcome.state.map(|id| format!(" (state {id})")).unwrap_or_default();
            let verb = if outcome.done == Done::Unchanged { "unchanged" } else { "applied" };
            output.data(&[&format!("{verb}{state}: {}\n", told::done(&outcome.done))])?;
            if let Some(within) = args.confirm_within {
                output.data(&[&format!(
                    "unless `pvefw confirm` comes within {}, the old rules come back\n",
                    time(within)
                )])?;
            }
            Ok(Exit::Fine)
        }
    }
}

/// Whether an earlier state waits to be confirmed, which comes first. Said so.
fn waits(store: &Store, clock: &Clock, output: &Output) -> bool {
    let Some(pending) = store.pending() else { return false };
    let name =
        pending.state.map_or_else(|| "the removal of all rules".to_owned(), |id| format!("state {id}"));
    if pending.boot != clock.boot {
        output.notice(
            Kind::Note,
            format!(
                "{name} was not confirmed before the machine was restarted; it is not waited for any more"
            ),
        );
        return false;
    }
    let left = pending.until.saturating_sub(clock.uptime);
    output.notice(Kind::Error, format!("{name} waits to be confirmed, for another {}", time(left)));
    output.notice(Kind::Help, "keep it with `pvefw confirm`, or take it back with `pvefw rollback`");
    true
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer {
    /// Whether anything had to be done.
    applied: bool,
    /// The state that is loaded; nothing of ours is if there is none.
    state: Option<u64>,
    /// The state before, if it was ours.
    before: Option<u64>,
    /// How much was loaded.
    changes: String,
    /// Seconds in which it has to be confirmed.
    confirm_within: Option<u64>,
}

impl Answer {
    fn new(outcome: &Applied, within: Option<Duration>) -> Self {
        Self {
            applied: outcome.done != Done::Unchanged,
            state: outcome.state,
            before: outcome.before,
            changes: told::done(&outcome.done),
            confirm_within: within.map(|within| within.as_secs()),
        }
    }
}

/// What was run, for the history.
fn words(args: &ApplyArgs) -> String {
    let mut words = vec!["apply".to_owned()];
    words.extend(args.root.as_ref().map(|root| root.display().to_string()));
    words.extend(args.confirm_within.map(|within| format!("--confirm-within {}", time(within))));
    words.extend(args.allow_errors.then(|| "--allow-errors".to_owned()));
    words.extend(args.force.then(|| "--force".to_owned()));
    words.join(" ")
}

/// `90 s`, `5 min`
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 60 && seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}
