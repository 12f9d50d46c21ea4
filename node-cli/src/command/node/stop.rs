//! `pvefw stop`: ends the daemon, and removes everything of ours.

use pvefw_core::host::apply::{Applier, Done, Options, Target, Trust};
use pvefw_core::host::process;

use super::{Session, demand_right, told};
use crate::args::StopArgs;
use crate::exit::{Exit, Stop};
use crate::output::Output;

/// Runs the command.
pub(crate) fn run(args: &StopArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    let daemon = super::start::end(&args.run.run, output)?;
    let nothing = Target::nothing();
    let session = Session::open_for(&args.state, &nothing)?;
    let lock = session.lock("pvefw stop")?;
    let applier = Applier { host: &session.machine, store: &session.store };
    let options = Options { by: &process::user(), command: "stop", confirm: None, trust: Trust::default() };
    let ended = {
        let _uninterrupted = process::Uninterrupted::begin();
        applier.apply(&lock, &nothing, &options)
    };
    match ended {
        Err(failure) => Ok(told::failure(&failure, output)),
        Ok(outcome) => {
            let what = if daemon && outcome.done == Done::Unchanged {
                "the daemon has ended and removed its rules".to_owned()
            } else {
                told::done(&outcome.done)
            };
            output.data(&[&format!("stopped: {what}\n")])?;
            Ok(Exit::Fine)
        }
    }
}
