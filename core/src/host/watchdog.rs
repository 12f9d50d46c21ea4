//! Starting the process that undoes what is not confirmed ([`super::confirm::watch`]).
//!
//! It is this program once more, under the command `watchdog`. Only the caller knows how that is started: a program of its
//! own is its own file, a script is its interpreter and some words.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use core::time::Duration;
use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::error::Error;
use super::store::Store;
use super::tool::Variant;

/// What the process says on a line of its own once it needs nobody any more.
pub const READY: &str = "ready";

/// How it is called in messages, and in lists of processes.
const NAME: &str = "pvefw watchdog";

/// How to start the command line `pvefw` once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    program: OsString,
    words: alloc::vec::Vec<OsString>,
}

impl Again {
    /// This process's own program, which has to be the command line. Also where its file was replaced or removed since.
    pub fn own_program() -> Self {
        Self { program: "/proc/self/exe".into(), words: alloc::vec::Vec::new() }
    }

    /// A program, and the words before those of a command: `python3`, `-m`, `pvefw`. `None` if there is no word.
    pub fn words(words: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.is_empty())?;
        Some(Self { program, words: words.collect() })
    }

    /// Starts the watchdog for the state that waits in `store`; its process. It has left our session when this returns,
    /// and goes on whatever becomes of us.
    ///
    /// For [`super::apply::Confirm::arm`].
    ///
    /// # Errors
    /// [`Error::Start`] when it can't be started, or ends at once.
    pub fn watch(
        &self,
        store: &Store,
        variant: Option<Variant>,
        tool_limit: Option<Duration>,
    ) -> Result<u32, Error> {
        let failed = |source| Error::Start { tool: NAME.into(), source };
        let mut command = Command::new(&self.program);
        if self.words.is_empty() {
            command.arg0("pvefw");
        }
        command.args(&self.words).arg("watchdog").arg("--state").arg(store.folder());
        if let Some(pending) = store.pending().and_then(|pending| pending.state) {
            command.arg("--waits").arg(pending.to_string());
        }
        if let Some(variant) = variant {
            command.arg("--variant").arg(variant.name());
        }
        if let Some(limit) = tool_limit {
            command.arg("--tool-limit").arg(limit.as_secs().to_string());
        }
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        match first_word(&mut child) {
            Ok(word) if word == READY => {
                let id = child.id();
                // Whoever lives longer than it must not keep it among the dead.
                thread::spawn(move || drop(child.wait()));
                Ok(id)
            }
            said => {
                drop(child.kill());
                let words = child.wait_with_output().map(|output| output.stderr).unwrap_or_default();
                let words = String::from_utf8_lossy(&words);
                let last = words.trim().lines().last().unwrap_or("it ended at once").to_owned();
                Err(failed(said.err().unwrap_or_else(|| io::Error::other(last))))
            }
        }
    }
}

fn first_word(child: &mut Child) -> io::Result<String> {
    let mut line = String::new();
    if let Some(stdout) = child.stdout.as_mut() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn watch(words: &[&str]) -> Result<u32, Error> {
        Again::words(words.iter().map(OsString::from)).unwrap().watch(&Store::new("/nowhere"), None, None)
    }

    #[test]
    fn it_counts_as_started_once_it_says_so() {
        assert_eq!(Again::words([]), None);
        assert_eq!(Again::words([OsString::new()]), None);
        let id = watch(&["/bin/sh", "-c", "echo ready; exit 0"]).unwrap();
        assert!(id > 1);
    }

    #[test]
    fn what_it_said_instead_is_told() {
        let error = watch(&["/bin/sh", "-c", "echo first >&2; echo no such module >&2"]).unwrap_err();
        assert_eq!(format!("{}", error.in_full()), "can't start `pvefw watchdog`; no such module");
        let error = watch(&["/bin/true"]).unwrap_err();
        assert_eq!(error.in_full(), "can't start `pvefw watchdog`; it ended at once");
        assert!(watch(&["/nowhere/at/all"]).is_err());
    }
}
