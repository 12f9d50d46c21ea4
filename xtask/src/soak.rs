//! `cargo xtask soak`: a daemon that is killed again and again.

use crate::outcome::Outcome;
use crate::steps::Ran;
use crate::{Task, args, faults, sh};

/// Seconds, unless told.
const USUAL: &str = "600";
/// Seconds of it that CI runs.
const SHARE: &str = "30";

/// The command.
pub(crate) const TASK: Task = Task {
    name: "soak",
    usage: "[--seconds N] [--seed N]",
    about: "kill the daemon at random times while its configuration changes",
    help: "Runs `pvefw daemon` in a network namespace, half of the time with either variant of iptables. SIGKILL meets\n\
           it, or its runs, or both at random times; its configuration changes, turns bad, goes and comes back; others\n\
           change its rules. Every six seconds it is left in peace, and the kernel has to get what the configuration\n\
           says. In the end its memory and its open files have to be what they were. As root.\n\n\
           --seconds N   how long (600)\n\
           --seed N      another row of events (1)",
    run,
    passes_on: false,
};

fn run(words: &[String]) -> Outcome {
    let (mut seconds, mut seed) = (USUAL.to_owned(), "1".to_owned());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "--seconds" => &mut seconds,
            "--seed" => &mut seed,
            other => return Err(args::unknown(other, &["--seconds", "--seed"])),
        };
        *value = words.next().cloned().unwrap_or_default();
    }
    sh::run(faults::prepared()?.args(["--soak", &seconds, "--seed", &seed]))
}

/// What CI runs of it.
pub(crate) fn share() -> Outcome<Ran> {
    if !sh::is_root() {
        return Ok(Ran::LeftOut("only root can keep what it mounts to itself".into()));
    }
    sh::run(faults::prepared()?.args(["--soak", SHARE]))?;
    Ok(Ran::Done)
}
