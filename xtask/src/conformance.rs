//! `cargo xtask conformance`: the same rulesets and verdicts as pve-firewall, for every case of a folder.

use std::path::PathBuf;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{Task, args, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "conformance",
    usage: "[DIR]",
    about: "compare pvefw with what is wanted for many configurations",
    help: "Runs `DIR/run compile`, and `DIR/run trace` once there is a `pvefw trace`. DIR is ../shared/conformance,\n\
           seen from the repository, if not said; where that does not exist there is nothing to compare, and no failure.",
    run,
    passes_on: false,
};

/// The usual folder of cases, where it exists.
pub(crate) fn usual() -> Outcome<Option<PathBuf>> {
    let usual = workspace::top()?.join("../shared/conformance");
    Ok(usual.join("run").is_file().then_some(usual))
}

fn run(words: &[String]) -> Outcome {
    let dir = match words {
        [] => {
            let Some(usual) = usual()? else {
                eprintln!("!!! LEFT OUT: there is no ../shared/conformance");
                return Ok(());
            };
            usual
        }
        [dir] if !dir.starts_with('-') => PathBuf::from(dir),
        [word, ..] if word.starts_with('-') => return Err(args::unknown(word, &[])),
        [..] => return Err(Failure::usage("`conformance` takes one folder")),
    };
    let program = dir.join("run");
    if !program.is_file() {
        return Err(Failure::usage(format!("there is no `{}`", program.display())));
    }
    workspace::build_binary()?;
    let binary = workspace::binary()?;
    let compare = |mode| sh::run(Command::new("python3").arg(&program).arg("--bin").arg(&binary).arg(mode));
    compare("compile")?;
    if sh::ask(Command::new(&binary).args(["trace", "--help"])).is_none() {
        eprintln!("!!! LEFT OUT: trace, since there is no `pvefw trace` yet");
        return Ok(());
    }
    compare("trace")
}
