//! `cargo xtask bench`: how fast it is.

use crate::{Task, playground, sh, wheel, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "bench",
    usage: "[web|python|ARGS]",
    about: "measure parsing, checking, compiling and emitting",
    help: "Runs `cargo bench -p pvefw-tests ARGS`. `cargo xtask bench -- NAME` measures what has NAME in its name.\n\
           `cargo xtask bench web` measures in Chromium: from a key to the findings in a large file, and 1,000 guests.\n\
           `cargo xtask bench python` loads, checks and compiles 1,000 guests from Python, and natively beside it.",
    run: |words| match words {
        [word] if word == "web" => playground::bench(),
        [word] if word == "python" => wheel::bench(),
        _ => Err(sh::become_it(workspace::cargo(&["bench", "-p", "pvefw-tests"])?.args(words))),
    },
    passes_on: true,
};
