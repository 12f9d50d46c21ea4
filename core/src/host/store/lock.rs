//! One at a time.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::{Instant, SystemTime};
use std::{process, thread};

use crate::host::error::Error;

const NAME: &str = "lock";

/// How often to look whether it has become free.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, as long as this lives. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Guard {
    file: File,
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process, its command, and since when (seconds since 1970).
    words: String,
    since: Option<u64>,
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words)?;
        let Some(age) = self.since.and_then(|since| now().checked_sub(since)) else { return Ok(()) };
        match age {
            0..60 => write!(out, ", for {age} s"),
            60..3600 => write!(out, ", for {} min", age / 60),
            _ => write!(out, ", for {} h", age / 3600),
        }
    }
}

/// Takes the lock, and says in the file who we are.
pub(super) fn take(folder: &Path, command: &str, patience: Duration) -> Result<Guard, Error> {
    let path = folder.join(NAME);
    let failed = |source| Error::File { attempt: "lock", path: path.clone(), source };
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(failed)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                let holder = words(&path).map_or_else(|| "unknown".into(), |holder| format!("{holder}"));
                return Err(Error::Busy { holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    // Only for messages: a full disk must not keep anybody from working.
    let who = format!("{}\nprocess {}, `{command}`\n", now(), process::id());
    drop(file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(who.as_bytes())));
    Ok(Guard { file })
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.file.set_len(0));
        drop(self.file.unlock());
    }
}

/// Who holds it; nobody if it is free.
pub(super) fn holder(folder: &Path) -> Option<Holder> {
    let path = folder.join(NAME);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => words(&path).or_else(|| Some(Holder { words: "unknown".into(), since: None })),
    }
}

fn words(path: &Path) -> Option<Holder> {
    let text = fs::read_to_string(path).ok()?;
    let (since, words) = text.split_once('\n')?;
    Some(Holder { words: words.trim().into(), since: since.parse().ok() })
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
