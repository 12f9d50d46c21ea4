//! `pvefw rollback`: goes back to an earlier state.

use pvefw_core::host::apply::{Applier, Options, Target, Trust};
use pvefw_core::host::confirm::{self, Back, NoWay};
use pvefw_core::host::store::Pending;
use pvefw_core::host::{Error, process};

use super::{Session, demand_right, in_words, told};
use crate::args::RollbackArgs;
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &RollbackArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    let session = Session::open(&args.state)?;
    let lock = session.lock("pvefw rollback")?;
    let applier = Applier { host: &session.machine, store: &session.store };
    let uninterrupted = process::Uninterrupted::begin();
    let to = match confirm::back(&applier, args.number) {
        Ok(Back::To(to)) => to,
        Ok(Back::Waiting(pending)) => {
            let outcome = confirm::take_back(&applier, &lock, &pending, "rolled back by hand");
            drop(uninterrupted);
            return taken_back(&pending, outcome, output);
        }
        Err(NoWay::Waits) => {
            output.notice(Kind::Error, "a state waits to be confirmed");
            output.notice(Kind::Help, "take it back first: `pvefw rollback`, or keep it: `pvefw confirm`");
            return Ok(Exit::Findings);
        }
        Err(NoWay::First) => {
            return Err(Stop::failed("there is no earlier state")
                .help("to remove all rules: `pvefw stop`")
                .help("the states that there are: `pvefw history`"));
        }
        Err(NoWay::Unknown(id)) => {
            return Err(Stop::failed(format!("there is no state {id}"))
                .help("the states that there are: `pvefw history`"));
        }
    };
    let target = Target::stored(&session.store, to).map_err(|error| super::unusable(&error))?;
    session.demand(&target)?;
    let command = to.map_or_else(|| "rollback".to_owned(), |id| format!("rollback {id}"));
    let options = Options { by: &process::user(), command: &command, confirm: None, trust: Trust::default() };
    let ended = confirm::go_back(&applier, &lock, to, &options);
    drop(uninterrupted);
    match ended {
        Err(failure) => Ok(told::failure(&failure, output)),
        Ok(outcome) => {
            let to = to.map_or_else(|| "without rules".to_owned(), |id| format!("to state {id}"));
            output.data(&[&format!("rolled back {to}: {}\n", told::done(&outcome.done))])?;
            Ok(Exit::Fine)
        }
    }
}

/// What came of taking back a state that waited.
fn taken_back(pending: &Pending, outcome: Result<(), Error>, output: &Output) -> Result<Exit, Stop> {
    match outcome {
        Ok(()) => {
            let state =
                pending.back_to.map_or_else(|| "without rules".to_owned(), |id| format!("state {id}"));
            output.data(&[&format!("rolled back: {state}\n")])?;
            Ok(Exit::Fine)
        }
        Err(error) => {
            output.notice(Kind::Error, format!("can't put the old rules back: {}", in_words(&error)));
            Ok(Exit::Broken)
        }
    }
}
