//! The program `pvefw` of this tree, which cargo does not build for the tests of another package.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// Builds it, once for a process; its path.
///
/// # Errors
/// What cargo says.
pub fn pvefw() -> Result<&'static Path, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(build).as_deref().map_err(Clone::clone)
}

fn build() -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let words = ["build", "--quiet", "--locked", "-p", "pvefw", "--message-format=json"];
    let built =
        Command::new(cargo).args(words).current_dir(top).output().map_err(|error| error.to_string())?;
    let messages = String::from_utf8_lossy(&built.stdout);
    let executable = |line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    };
    let said = || messages.clone().into_owned() + &String::from_utf8_lossy(&built.stderr);
    messages.lines().find_map(executable).ok_or_else(said)
}
