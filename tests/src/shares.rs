//! Work that several processes share: a process can enter only one network namespace.

use std::env;
use std::process::{Child, Command, Stdio};

/// Starts this program again, `jobs` times: with its own words, and with `--jobs N --share I`. They write to pipes.
///
/// # Errors
/// Why one does not start.
pub fn start(words: &[String], jobs: u64) -> Result<Vec<Child>, String> {
    let me = env::current_exe().map_err(|error| format!("no own program: {error}"))?;
    let child = |share: u64| {
        Command::new(&me)
            .args(words)
            .args(["--jobs", &jobs.to_string(), "--share", &share.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't start `{}`: {error}", me.display()))
    };
    (0..jobs).map(child).collect()
}
