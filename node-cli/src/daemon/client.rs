//! Asking a daemon, from another process.

use core::time::Duration;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::SOCKET;
pub(crate) use super::tally::Tally;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the daemon says of itself; nothing if none is there, or it may not be asked.
pub(crate) fn status(run: &Path) -> Option<Tally> {
    serde_json::from_str(&ask(run, "status")?).ok()
}

/// Tells it to do something: `reload` or `stop`. Whether it will.
pub(crate) fn tell(run: &Path, what: &str) -> bool {
    ask(run, what).is_some_and(|answer| answer.trim() == "ok")
}

fn ask(run: &Path, question: &str) -> Option<String> {
    let mut stream = UnixStream::connect(run.join(SOCKET)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    writeln!(stream, "{question}").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
