//! `pvefw confirm`: keeps what waits.

use pvefw_core::host::apply::Applier;
use pvefw_core::host::confirm::{self, Unconfirmed};

use super::{Session, demand_right, unusable};
use crate::args::ConfirmArgs;
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &ConfirmArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    let session = Session::open(&args.state)?;
    let lock = session.lock("pvefw confirm")?;
    let applier = Applier { host: &session.machine, store: &session.store };
    let why = match confirm::confirm(&applier, &lock) {
        Ok(Some(id)) => {
            output.data(&[&format!("confirmed: state {id} stays\n")])?;
            return Ok(Exit::Fine);
        }
        Ok(None) => {
            output.data(&["confirmed: the rules stay removed\n"])?;
            return Ok(Exit::Fine);
        }
        Err(Unconfirmed::Store(error)) => return Err(unusable(&error)),
        Err(Unconfirmed::Nothing) => "nothing waits to be confirmed",
        Err(Unconfirmed::Incomplete) => "what waits was not loaded to the end",
        Err(Unconfirmed::Restarted) => "the machine was restarted since, and its rules with it",
    };
    output.notice(Kind::Error, why);
    if let Some(error) = session.store.record().and_then(|record| record.error) {
        output.notice(Kind::Note, error.message);
    }
    output.notice(Kind::Help, "what is loaded: `pvefw status`");
    Ok(Exit::Findings)
}
