//! What the services have in common: how they talk to the journal and to systemd.

pub(crate) mod journal;
pub(crate) mod notify;

pub(crate) use journal::Journal;

use std::time::SystemTime;

/// Now, in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
