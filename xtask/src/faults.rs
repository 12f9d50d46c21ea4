//! `cargo xtask faults`: what goes wrong while `pvefw` changes a node.

use std::process::Command;

use crate::outcome::Outcome;
use crate::steps::Ran;
use crate::{Task, setup, sh, workspace};

/// Faults that CI injects.
const SHARE: &str = "100";

/// The command.
pub(crate) const TASK: Task = Task {
    name: "faults",
    usage: "[--count N] [--seed N] [--jobs N]",
    about: "kill, starve and disturb `pvefw` while it changes a node, and look what is left",
    help: "Brings nodes (network namespaces) into a state, injects a fault into `pvefw apply`, `rollback` or `stop`,\n\
           and looks at the kernel: all of the old state or all of the new one, the rules of others untouched; after a\n\
           SIGKILL each table for itself. Then the next run has to put everything right. Faults are SIGKILL at any\n\
           moment and around every call of a tool; tools that fail, hang or vanish; a kernel that refuses a rule; a full\n\
           disk; a second writer; a clock that was put right. Both variants of iptables. As root.\n\n\
           --count N   how many faults (100); those that come too late to meet anything are not counted\n\
           --seed N    the first case (1); `WRONG seed N` in the answer: `--seed N --count 1 --jobs 1` runs it again\n\
           --jobs N    how many processes share the work (as many as there are processors)",
    run: |words| sh::run(prepared()?.args(words)),
    passes_on: false,
};

/// The program, once all that it needs is there.
pub(crate) fn prepared() -> Outcome<Command> {
    setup::programs(&setup::KERNEL_TOOLS)?;
    workspace::build_binary()?;
    sh::run(&mut workspace::cargo_build(&["build", "--release", "--package", "pvefw-faults"])?)?;
    let mut command = Command::new(workspace::target()?.join("release").join("pvefw-faults"));
    command.arg("--pvefw").arg(workspace::binary()?);
    command.arg("--example").arg(workspace::top()?.join("examples").join("datacenter"));
    Ok(command)
}

/// What CI runs of it.
pub(crate) fn share(quick: bool) -> Outcome<Ran> {
    if !sh::is_root() {
        return Ok(Ran::LeftOut("only root can mount the small disk that a node fills up".into()));
    }
    sh::run(prepared()?.args(["--count", if quick { "20" } else { SHARE }]))?;
    Ok(Ran::Done)
}
