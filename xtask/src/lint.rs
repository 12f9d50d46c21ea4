//! `cargo xtask lint`: formatting, lints and documentation, warnings denied.

use crate::outcome::Outcome;
use crate::{Task, args, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "lint",
    usage: "",
    about: "check formatting, lints and documentation",
    help: "Runs `cargo fmt --check`, clippy and `cargo doc`, all with warnings denied.",
    run: |words| {
        args::none(words)?;
        format()?;
        clippy()?;
        docs()
    },
    passes_on: false,
};

/// Checks that all code is formatted.
pub(crate) fn format() -> Outcome {
    sh::run(&mut workspace::cargo(&["fmt", "--all", "--check"])?)?;
    // Workspaces of their own, which `--all` does not reach.
    for manifest in ["tests/fuzz/Cargo.toml", "wasm/glue/Cargo.toml"] {
        sh::run(&mut workspace::cargo(&["fmt", "--manifest-path", manifest, "--check"])?)?;
    }
    Ok(())
}

/// Checks all code with clippy.
pub(crate) fn clippy() -> Outcome {
    let words = ["clippy", "--workspace", "--all-targets", "--all-features"];
    sh::run(workspace::cargo_build(&words)?.args(["--", "-D", "warnings"]))
}

/// Checks that the documentation builds without a warning.
pub(crate) fn docs() -> Outcome {
    let words = ["doc", "--workspace", "--no-deps", "--all-features"];
    sh::run(workspace::cargo_build(&words)?.env("RUSTDOCFLAGS", "-Dwarnings"))
}
