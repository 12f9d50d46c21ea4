//! The command line of the firewall engine. No firewall logic in here: it reads files, asks [`pvefw_core`], and prints.
//!
//! It is a library so that others can be the same program: the binary `pvefw` and the Python package call [`run`]. What
//! reads a configuration root from disk, and writes files of it, is in [`root`].

extern crate alloc;

mod args;
mod command;
mod daemon;
mod example;
mod exit;
mod logger;
mod output;
pub mod root;
mod service;

use std::ffi::OsString;

use clap::Parser;
use pvefw_core::host::Again;

use args::{Command, Line};
pub use exit::{Exit, Stop};
use output::{Kind, Output};

/// Runs a command line, whose first word is the name of the program, and tells how it ended. Data goes to stdout, the
/// rest to stderr. `again` is how to run another one, which outlives this: the undo of `apply --confirm-within`.
pub fn run(words: impl IntoIterator<Item = OsString>, again: &Again) -> Exit {
    let line = match Line::try_parse_from(words) {
        Ok(line) => line,
        // Help and version are among these, and go to stdout with status 0.
        Err(answer) => {
            let _ = answer.print();
            return if answer.use_stderr() { Exit::Usage } else { Exit::Fine };
        }
    };
    let output = Output::new(line.color);
    let ended = match line.command {
        Command::Apply(args) => command::node::apply::run(&args, again, &output),
        Command::Check(args) => command::check::run(&args, &output),
        Command::Compile(args) => command::compile::run(&args, &output),
        Command::Confirm(args) => command::node::confirm::run(&args, &output),
        Command::Daemon(args) => daemon::run(&args, &output),
        Command::DaemonCycle(args) => command::node::cycle::run(&args, &output),
        Command::Diff(args) => command::diff::run(&args, &output),
        Command::History(args) => command::node::history::run(&args, &output),
        Command::Localnet(args) => command::node::localnet::run(&args, &output),
        Command::Plan(args) => command::node::plan::run(&args, &output),
        Command::Restart(args) => command::node::start::restart(&args, &output),
        Command::Rollback(args) => command::node::rollback::run(&args, &output),
        Command::Documents(args) => command::documents::run(&args),
        Command::Log(args) => command::log::run(&args, &output),
        Command::Logger(args) => logger::run(&args, &output),
        Command::Simulate(args) => command::simulate::run(&args, &output),
        Command::Start(args) => command::node::start::run(&args, &output),
        Command::Status(args) => command::node::status::run(&args, &output),
        Command::Stop(args) => command::node::stop::run(&args, &output),
        Command::Test(args) => command::test::run(&args, &output),
        Command::Trace(args) => command::trace::run(&args, &output),
        Command::Try(args) => command::try_namespace(args, &output),
        Command::Watchdog(args) => command::node::watchdog::run(&args),
    };
    match ended {
        Ok(exit) => exit,
        Err(Stop::ReaderGone) => Exit::Fine,
        Err(Stop::Failed { message, help }) => {
            output.notice(Kind::Error, message);
            for line in help {
                output.notice(Kind::Help, line);
            }
            Exit::Usage
        }
    }
}
