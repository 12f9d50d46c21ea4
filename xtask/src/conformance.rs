//! `cargo xtask conformance`: the same rulesets and verdicts as pve-firewall, for every case of a folder.

use alloc::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{Task, args, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "conformance",
    usage: "[DIR]",
    about: "compare pvefw with what is wanted for many configurations",
    help: "Runs `DIR/run compile` and `DIR/run trace`. The verdicts that tests/conformance/disputed.txt lists must\n\
           disagree, all others agree. DIR is ../shared/conformance,\n\
           seen from the repository, if not said; where that does not exist there is nothing to compare, and no failure.",
    run,
    passes_on: false,
};

/// Recorded verdicts that are wrong.
const DISPUTED: &str = "tests/conformance/disputed.txt";

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
    let compare = |mode| {
        let mut command = Command::new("python3");
        command.arg(&program).arg("--bin").arg(&binary).args(["--show", "1000"]).arg(mode);
        command
    };
    sh::run(&mut compare("compile"))?;
    verdicts(&mut compare("trace"))
}

/// Runs the comparison of verdicts. Exactly the recorded ones that a kernel does not confirm may disagree.
fn verdicts(command: &mut Command) -> Outcome {
    let disputed = fs::read_to_string(workspace::top()?.join(DISPUTED))
        .map_err(|error| Failure::failed(format!("can't read {DISPUTED}: {error}")))?;
    let disputed: BTreeSet<&str> =
        disputed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let (status, text) = sh::status_and_stdout(command)?;
    let found = disagreements(&text);
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (found.difference(&disputed).collect(), disputed.difference(&found).collect());
    for line in &new {
        eprintln!("disagrees: {line}");
    }
    for line in &gone {
        eprintln!("agrees by now, take it out of {DISPUTED}: {line}");
    }
    eprintln!("{}", text.lines().last().unwrap_or_default());
    // The comparison must have come to its end, one way or the other.
    if new.is_empty()
        && gone.is_empty()
        && status.success() == found.is_empty()
        && text.contains("cases agree")
    {
        eprintln!("{} of the recorded verdicts are disputed, see {DISPUTED}", disputed.len());
        return Ok(());
    }
    Err(Failure::failed("the verdicts are not those that are wanted"))
}

/// Cases with their packets, as `disputed.txt` has them. Whatever else is printed of a case that disagrees counts, too.
fn disagreements(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut case = "";
    for line in text.lines() {
        match (line.strip_suffix(": disagrees"), line.strip_prefix("  ")) {
            (Some(name), _) => case = name,
            (None, Some(line)) => found.push(format!("{case} {line}")),
            (None, None) => {}
        }
    }
    found
}
