//! `cargo xtask ci`: what continuous integration asks for, as far as this repository alone can answer.

use crate::outcome::Outcome;
use crate::steps::{Steps, done};
use crate::{Task, deny, lint, test};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "ci",
    usage: "[--quick]",
    about: "run tests, lints and dependency checks, as `.ci/run` does",
    help: "Everything of `.ci/run` but the comparison with a folder outside this repository: the commands\n\
           test, lint and deny, in this order.\n\n\
           --quick   fuzz for 5 seconds instead of 60, and 20 datacenters in the lab instead of 200",
    run,
    passes_on: false,
};

fn run(words: &[String]) -> Outcome {
    let mut steps = Steps::default();
    test::all(&mut steps, words)?;
    steps.step("Formatting", || done(lint::format()))?;
    steps.step("Lints", || done(lint::clippy()))?;
    steps.step("Documentation", || done(lint::docs()))?;
    steps.step("Dependencies", || done(deny::check()))?;
    steps.summary();
    Ok(())
}
