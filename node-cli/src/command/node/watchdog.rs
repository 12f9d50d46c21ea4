//! The process that undoes what is not confirmed in time. `apply --confirm-within` starts it; it has no terminal, no
//! session of somebody else's, and nobody to talk to.

use std::io::Write as _;

use pvefw_core::host::apply::Applier;
use pvefw_core::host::watchdog::READY;
use pvefw_core::host::{confirm, process};

use super::Session;
use crate::args::WatchdogArgs;
use crate::exit::{Exit, Stop};

/// Runs the command.
pub(crate) fn run(args: &WatchdogArgs) -> Result<Exit, Stop> {
    process::detach();
    let session = Session::open(&args.state)?;
    // Whoever started us may be gone already, which changes nothing.
    let _ = writeln!(std::io::stdout(), "{READY}");
    let applier = Applier { host: &session.machine, store: &session.store };
    match confirm::watch(&applier, args.waits) {
        Ok(_) => Ok(Exit::Fine),
        Err(_) => Ok(Exit::Broken),
    }
}
