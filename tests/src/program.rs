//! The program `pvefw` of this tree, which cargo does not build for the tests of another package.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Builds it; its path.
///
/// # Errors
/// What cargo says.
pub fn pvefw() -> Result<PathBuf, String> {
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
