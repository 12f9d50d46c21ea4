//! One logger at a time.

use core::time::Duration;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::{process, thread};

use crate::exit::Stop;
use crate::output::words;
use crate::service::Journal;

/// How often the lock is tried, a second apart: a logger that is just ending has that long.
const ATTEMPTS: usize = 11;

/// Takes the lock; it is held until the file is closed.
pub(super) fn take(path: &Path, journal: &Journal) -> Result<File, Stop> {
    let shown = path.display();
    let failed = |error: &io::Error| {
        Stop::failed(format!("can't use the lock `{shown}`: {}", words(error)))
            .help("only root can use the node's; name another file with `--lock` to try the logger")
    };
    let open = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = open.map_err(|error| failed(&error))?;
    for attempt in 1..=ATTEMPTS {
        match file.try_lock() {
            Ok(()) => {
                // For whoever waits for us. It is of no other use, so a full disk does not matter.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
                return Ok(file);
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) if attempt == 1 => {
                journal.say(5, &format!("another logger holds `{shown}`{}: waiting", holder(&mut file)));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        if attempt < ATTEMPTS {
            thread::sleep(Duration::from_secs(1));
        }
    }
    Err(Stop::failed(format!("another logger is running: it holds `{shown}`{}", holder(&mut file)))
        .help("stop it first, for example with `systemctl stop pvefw-logger`"))
}

/// The number of the process that holds the lock, if it has said so.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(16).read_to_string(&mut text));
    match text.trim().parse::<u32>() {
        Ok(pid) if read.is_ok() => format!(" (process {pid})"),
        _ => String::new(),
    }
}
