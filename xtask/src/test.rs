//! `cargo xtask test`: every test there is.

use crate::outcome::Outcome;
use crate::steps::{Steps, done};
use crate::{
    Task, args, conformance, deb, faults, fuzz, lab, nostd, npm, playground, setup, sh, soak, try_it, wasm,
    wheel, workspace,
};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "test",
    usage: "[--quick]",
    about: "run every test there is",
    help: "Installs what is missing (as root, on Debian), builds `pvefw`, runs the Rust tests, builds\n\
           core without std, tests the npm package in Node.js and the playground in Chromium, and the\n\
           Python package, runs the lab, injects faults, torments the daemon for half a minute, gives\n\
           every fuzz target its share, builds the Debian package and installs it in a clean root,\n\
           and runs `pvefw try`, as root and as nobody.\n\
           Stops at the first failure and tells how long each step took. What a machine can't do\n\
           is left out and said so.\n\n\
           --quick   fuzz for 5 seconds instead of 60, 20 datacenters in the lab instead of 200,\n\
           \u{20}         and 20 faults instead of 100",
    run,
    passes_on: false,
};

fn run(words: &[String]) -> Outcome {
    let mut steps = Steps::default();
    all(&mut steps, words)?;
    steps.summary();
    Ok(())
}

/// Adds all tests to a row of steps; the words are those of the command line.
pub(crate) fn all(steps: &mut Steps, words: &[String]) -> Outcome {
    let mut quick = false;
    for word in words {
        match word.as_str() {
            "--quick" => quick = true,
            other => return Err(args::unknown(other, &["--quick"])),
        }
    }
    steps.step("What is missing", || done(install()))?;
    steps.step("Build of pvefw", || done(workspace::build_binary()))?;
    steps.step("Rust tests", || {
        let mut tests = workspace::cargo_build(&["test", "--workspace", "--all-features"])?;
        // Cases that may not be part of the repository are tried where they are at hand.
        if let Some(cases) = conformance::usual()? {
            tests.env("PVEFW_CONFORMANCE_DIR", cases);
        }
        done(sh::run(&mut tests))
    })?;
    steps.step("Core without std", || done(nostd::check()))?;
    steps.step("npm package", || done(npm::check()))?;
    steps.step("Playground", || done(playground::check()))?;
    steps.step("Lab", || lab::share(quick))?;
    steps.step("Faults", || faults::share(quick))?;
    steps.step("Fuzzing", || fuzz::share(if quick { 5 } else { 60 }))?;
    steps.step("pvefw try", try_it::example)?;
    steps.step("pvefw try, not as root", try_it::example_as_nobody)?;
    steps.step("Python package", wheel::share)?;
    steps.step("Soak", soak::share)?;
    steps.step("Package", deb::package_step)?;
    steps.step("Units", deb::units)?;
    steps.step("Package in a clean root", deb::clean_root)
}

/// Installs what the steps need, all of it before the first.
fn install() -> Outcome {
    setup::programs(&setup::KERNEL_TOOLS)?;
    setup::programs(&setup::CLOCK)?;
    nostd::install()?;
    deb::install()?;
    wasm::install()?;
    playground::install()?;
    if fuzz::toolchain().is_ok() { fuzz::install() } else { Ok(()) }
}
