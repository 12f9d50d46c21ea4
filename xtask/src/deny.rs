//! `cargo xtask deny`: licences, sources and known holes of the dependencies.

use crate::outcome::Outcome;
use crate::{Task, args, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "deny",
    usage: "",
    about: "check licences, sources and advisories of the dependencies",
    help: "Runs `cargo deny check` by the rules of deny.toml, installing cargo-deny if it is missing.\n\
           Advisories are left out, and said so, where their database can't be fetched.",
    run: |words| {
        args::none(words)?;
        check()
    },
    passes_on: false,
};

/// Checks what can be checked here.
pub(crate) fn check() -> Outcome {
    setup::cargo_tool("cargo-deny")?;
    sh::run(&mut workspace::cargo(&["deny", "check", "licenses", "bans", "sources"])?)?;
    // Where packets are dropped rather than refused, fetching would wait for minutes.
    let mut fetch = workspace::at_top("timeout", &["120", "cargo", "deny", "fetch", "db"])?;
    let (fetched, _) = sh::status_and_stderr(&mut fetch)?;
    if !fetched.success() {
        eprintln!("!!! LEFT OUT: advisories, since their database can't be fetched from here");
        return Ok(());
    }
    sh::run(&mut workspace::cargo(&["deny", "check", "--disable-fetch", "advisories"])?)
}
