//! One at a time.
//!
//! The tools that are started meanwhile keep the lock, too: when its holder is killed, what a tool of theirs still loads
//! must not come behind the look of the next.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek as _, Write as _};
use std::path::Path;
use std::time::{Instant, SystemTime};
use std::{process, thread};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::host::error::Error;

const NAME: &str = "lock";

/// What comes before the number of whoever has it.
const PROCESS: &str = "process ";

/// How often to look whether it has become free.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, as long as this lives. The kernel lets go of it when the process and its tools have ended, however they end.
#[derive(Debug)]
pub struct Guard {
    pub(super) file: File,
    /// What other programs lock.
    shared: Option<File>,
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process, its command, and since when (seconds since 1970).
    words: String,
    since: Option<u64>,
    /// Whether only tools are left of it.
    is_gone: bool,
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_gone { "a tool that has survived " } else { "" };
        write!(out, "{what}{}", self.words)?;
        let Some(age) = self.since.and_then(|since| now().checked_sub(since)) else { return Ok(()) };
        match age {
            0..60 => write!(out, ", for {age} s"),
            60..3600 => write!(out, ", for {} min", age / 60),
            _ => write!(out, ", for {} h", age / 3600),
        }
    }
}

/// Takes the lock, and says in the file who we are.
pub(super) fn take(
    folder: &Path,
    shared: Option<&Path>,
    command: &str,
    patience: Duration,
) -> Result<Guard, Error> {
    let until = Instant::now() + patience;
    let path = folder.join(NAME);
    let Some(mut file) = wait_for(&path, until)? else {
        let holder = words(&path).map_or_else(|| "unknown".into(), |holder| format!("{holder}"));
        return Err(Error::Busy { holder });
    };
    let shared = shared.map(|path| the_others(path, until)).transpose()?.flatten();
    // Only for messages: a full disk must not keep anybody from working.
    let who = format!("{}\n{PROCESS}{}, `{command}`\n", now(), process::id());
    drop(file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(who.as_bytes())));
    Ok(Guard { file, shared })
}

/// Takes the lock of other programs, where their folder exists.
fn the_others(path: &Path, until: Instant) -> Result<Option<File>, Error> {
    match wait_for(path, until) {
        Ok(Some(file)) => Ok(Some(file)),
        Ok(None) => Err(Error::Busy { holder: format!("whoever holds `{}`", path.display()) }),
        Err(Error::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a file and locks it. `None`: others have it until then.
fn wait_for(path: &Path, until: Instant) -> Result<Option<File>, Error> {
    let failed = |source| Error::File { attempt: "lock", path: path.to_owned(), source };
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = open.map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => {
                fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty())).map_err(|error| failed(error.into()))?;
                return Ok(Some(file));
            }
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.file.set_len(0));
        // Closing would not do: the watchdog may not have closed what it was started with.
        for file in self.shared.iter().chain([&self.file]) {
            drop(file.unlock());
        }
    }
}

/// Who holds it; nobody if it is free.
pub(super) fn holder(folder: &Path) -> Option<Holder> {
    let path = folder.join(NAME);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => {
            words(&path).or_else(|| Some(Holder { words: "unknown".into(), since: None, is_gone: false }))
        }
    }
}

fn words(path: &Path) -> Option<Holder> {
    let text = fs::read_to_string(path).ok()?;
    let (since, words) = text.split_once('\n')?;
    let id = words.strip_prefix(PROCESS).and_then(|words| words.split_once(','));
    let is_gone = id.is_some_and(|(id, _)| !Path::new("/proc").join(id).exists());
    Some(Holder { words: words.trim().into(), since: since.parse().ok(), is_gone })
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
