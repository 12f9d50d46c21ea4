//! `cargo xtask bench`: how fast it is.

use crate::outcome::Outcome;
use crate::{Task, playground, setup, sh, wheel, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "bench",
    usage: "[web|python|apply [VARIANT]|ARGS]",
    about: "measure parsing, checking, compiling and emitting",
    help: "Runs `cargo bench -p pvefw-tests ARGS`. `cargo xtask bench -- NAME` measures what has NAME in its name.\n\
           `cargo xtask bench web` measures in Chromium: from a key to the findings in a large file, and 1,000 guests.\n\
           `cargo xtask bench python` loads, checks and compiles 1,000 guests from Python, and natively beside it.\n\
           `cargo xtask bench apply [nft|legacy]` measures `pvefw apply` of 1,000 guests of 20 rules beside the bare tools,\n\
           in network namespaces. As root.",
    run: |words| match words {
        [word] if word == "web" => playground::bench(),
        [word] if word == "python" => wheel::bench(),
        [word, variants @ ..] if word == "apply" => apply(variants),
        _ => Err(sh::become_it(workspace::cargo(&["bench", "-p", "pvefw-tests"])?.args(words))),
    },
    passes_on: true,
};

/// Guests of the datacenter that is applied, and how often.
const GUESTS: &str = "1000";
const ROUNDS: &str = "3";

/// `pvefw apply` beside the bare tools.
fn apply(variants: &[String]) -> Outcome {
    setup::programs(&setup::KERNEL_TOOLS)?;
    workspace::build_binary()?;
    let words = ["run", "--release", "--quiet", "--package", "pvefw-tests", "--example", "apply", "--"];
    let folder = workspace::target()?.join("bench-apply");
    let mut bench = workspace::cargo(&words)?;
    bench.arg(workspace::binary()?).arg(folder).args([GUESTS, ROUNDS]).args(variants);
    sh::run(&mut bench)
}
