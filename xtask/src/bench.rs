//! `cargo xtask bench`: how fast it is.

use crate::{Task, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "bench",
    usage: "[ARGS]",
    about: "measure parsing, checking, compiling and emitting",
    help: "Runs `cargo bench -p pvefw-tests ARGS`. `cargo xtask bench -- NAME` measures what has NAME in its name.",
    run: |words| Err(sh::become_it(workspace::cargo(&["bench", "-p", "pvefw-tests"])?.args(words))),
    passes_on: true,
};
