//! `cargo xtask bench`: how fast it is.

use crate::{Task, playground, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "bench",
    usage: "[web|ARGS]",
    about: "measure parsing, checking, compiling and emitting",
    help: "Runs `cargo bench -p pvefw-tests ARGS`. `cargo xtask bench -- NAME` measures what has NAME in its name.\n\
           `cargo xtask bench web` measures in Chromium: from a key to the findings in a large file, and 1,000 guests.",
    run: |words| match words {
        [word] if word == "web" => playground::bench(),
        _ => Err(sh::become_it(workspace::cargo(&["bench", "-p", "pvefw-tests"])?.args(words))),
    },
    passes_on: true,
};
