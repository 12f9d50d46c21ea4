//! Set-up, checks and tests, run as `cargo xtask …`.
//!
//! Each command is a file that exports one [`Task`]; they start other programs through [`sh`] alone, install what is
//! missing through [`setup`] alone, and answer with an [`outcome::Outcome`]. Nothing here is needed to use pvefw.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program that talks to the person who runs it")]

extern crate alloc;

mod args;
mod compiler;
mod node;
mod outcome;
mod python;
mod setup;
mod sh;
mod steps;
mod workspace;

mod bench;
mod ci;
mod conformance;
mod deb;
mod deny;
mod faults;
mod fuzz;
mod lab;
mod lint;
mod nostd;
mod npm;
mod playground;
mod soak;
mod test;
mod try_it;
mod wasm;
mod wheel;

use std::io::Write;
use std::process::ExitCode;

use outcome::{Failure, Outcome};

/// A command of `cargo xtask`.
struct Task {
    /// The word on the command line.
    name: &'static str,
    /// What may follow it.
    usage: &'static str,
    /// One line for the list of commands.
    about: &'static str,
    /// The rest of the help.
    help: &'static str,
    /// What it does with its arguments.
    run: fn(&[String]) -> Outcome,
    /// Whether the arguments belong to another program, so that all but a first `--help` are passed on.
    passes_on: bool,
}

/// All commands, in the order of the list.
const TASKS: [&Task; 17] = [
    &try_it::TASK,
    &test::TASK,
    &lab::TASK,
    &faults::TASK,
    &soak::TASK,
    &deb::TASK,
    &lint::TASK,
    &deny::TASK,
    &ci::TASK,
    &nostd::TASK,
    &wasm::TASK,
    &npm::TASK,
    &playground::TASK,
    &wheel::TASK,
    &fuzz::TASK,
    &conformance::TASK,
    &bench::TASK,
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

/// Runs the command that the words name.
fn dispatch(words: &[String]) -> Outcome {
    let Some((name, rest)) = words.split_first() else {
        say(&list());
        return Ok(());
    };
    if matches!(name.as_str(), "-h" | "--help" | "help") {
        match rest.first() {
            Some(of) => say(&explain(find(of)?)),
            None => say(&list()),
        }
        return Ok(());
    }
    if name == try_it::AS_NOBODY {
        return try_it::as_nobody(rest);
    }
    let task = find(name)?;
    let asked = if task.passes_on { rest.get(..1).unwrap_or_default() } else { rest };
    if asked.iter().take_while(|word| *word != "--").any(|word| word == "-h" || word == "--help") {
        say(&explain(task));
        return Ok(());
    }
    (task.run)(rest)
}

/// The command of a name.
fn find(name: &str) -> Result<&'static Task, Failure> {
    TASKS.into_iter().find(|task| task.name == name).ok_or_else(|| {
        let known: Vec<&str> = TASKS.iter().map(|task| task.name).collect();
        Failure::usage(format!(
            "no command `{name}`{}; `cargo xtask` lists them",
            args::did_you_mean(name, &known)
        ))
    })
}

/// All commands, one a line.
fn list() -> String {
    let lines = TASKS.map(|task| format!("  {:<12} {}\n", task.name, task.about)).concat();
    format!(
        "Set-up, checks and tests of pvefw.\n\nusage: cargo xtask COMMAND [ARGS]\n\n{lines}\n\
         `cargo xtask COMMAND --help` says more. New here: `cargo xtask try`."
    )
}

/// The help of one command.
fn explain(task: &Task) -> String {
    let usage = format!("cargo xtask {} {}", task.name, task.usage);
    format!("{}\n\nusage: {}\n\n{}", task.about, usage.trim_end(), task.help)
}

/// Prints a text. A reader who has seen enough (`| head`) is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
