//! Where things are, and how cargo is called on them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};

/// The top of the repository. Cargo tells where xtask's manifest is at run time, so a moved or copied tree works.
pub(crate) fn top() -> Outcome<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let top = manifest.as_deref().and_then(Path::parent);
    top.map(Path::to_path_buf).ok_or_else(|| Failure::usage("start it as `cargo xtask`"))
}

/// The folder cargo builds in.
pub(crate) fn target() -> Outcome<PathBuf> {
    let chosen =
        env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()).unwrap_or_else(|| "target".into());
    // Cargo reads it relative to where it runs, and we run it at the top.
    Ok(top()?.join(chosen))
}

/// The optimised `pvefw`.
pub(crate) fn binary() -> Outcome<PathBuf> {
    Ok(target()?.join("release").join("pvefw"))
}

/// `cargo WORDS` at the top of the repository, with the tool chain that runs xtask.
pub(crate) fn cargo(words: &[&str]) -> Outcome<Command> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    at_top(cargo, words)
}

/// `cargo WORDS` that builds the workspace: on CI the lock file must be right as it is.
pub(crate) fn cargo_build(words: &[&str]) -> Outcome<Command> {
    let mut command = cargo(words)?;
    if env::var_os("CI").is_some_and(|ci| !ci.is_empty()) {
        command.arg("--locked");
    }
    Ok(command)
}

/// A program with arguments, to be run at the top of the repository.
pub(crate) fn at_top(program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(program);
    command.args(words).current_dir(top()?);
    Ok(command)
}

/// Builds the optimised `pvefw`.
pub(crate) fn build_binary() -> Outcome {
    crate::sh::run(&mut cargo_build(&["build", "--release", "-p", "pvefw"])?)
}
