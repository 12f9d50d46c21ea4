//! `pvefw stop`: removes everything of ours.

use pvefw_core::host::apply::{Applier, Options, Target, Trust};
use pvefw_core::host::process;

use super::{Session, demand_right, told};
use crate::args::StopArgs;
use crate::exit::{Exit, Stop};
use crate::output::Output;

/// Runs the command.
pub(crate) fn run(args: &StopArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
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
            output.data(&[&format!("stopped: {}\n", told::done(&outcome.done))])?;
            Ok(Exit::Fine)
        }
    }
}
