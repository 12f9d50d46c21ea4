//! `pvefw`: the command line of the firewall engine. No firewall logic in here: it reads files, asks
//! [`pvefw_core`], and prints.

extern crate alloc;

mod args;
mod command;
mod example;
mod exit;
mod logger;
mod output;
mod root;

use std::process::ExitCode;

use clap::Parser;

use args::{Command, Line};
use exit::{Exit, Stop};
use output::{Kind, Output};

fn main() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        // Help and version are among these, and go to stdout with status 0.
        Err(answer) => {
            let _ = answer.print();
            return if answer.use_stderr() { Exit::Usage.into() } else { Exit::Fine.into() };
        }
    };
    let output = Output::new(line.color);
    let ended = match line.command {
        Command::Apply(args) => command::node::apply::run(&args, &output),
        Command::Check(args) => command::check::run(&args, &output),
        Command::Compile(args) => command::compile::run(&args, &output),
        Command::Confirm(args) => command::node::confirm::run(&args, &output),
        Command::Diff(args) => command::diff::run(&args, &output),
        Command::History(args) => command::node::history::run(&args, &output),
        Command::Localnet(args) => command::node::localnet::run(&args, &output),
        Command::Plan(args) => command::node::plan::run(&args, &output),
        Command::Rollback(args) => command::node::rollback::run(&args, &output),
        Command::Documents(args) => command::documents::run(&args),
        Command::Log(args) => command::log::run(&args, &output),
        Command::Logger(args) => logger::run(&args, &output),
        Command::Simulate(args) => command::simulate::run(&args, &output),
        Command::Status(args) => command::node::status::run(&args, &output),
        Command::Stop(args) => command::node::stop::run(&args, &output),
        Command::Test(args) => command::test::run(&args, &output),
        Command::Trace(args) => command::trace::run(&args, &output),
        Command::Try(args) => command::try_namespace(args, &output),
        Command::Watchdog(args) => command::node::watchdog::run(&args),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(Stop::ReaderGone) => Exit::Fine.into(),
        Err(Stop::Failed { message, help }) => {
            output.notice(Kind::Error, message);
            for line in help {
                output.notice(Kind::Help, line);
            }
            Exit::Usage.into()
        }
    }
}
