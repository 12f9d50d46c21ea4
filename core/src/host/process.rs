//! What a process does about itself: to live on alone, and not to be stopped half-way.

use alloc::string::String;
use alloc::vec::Vec;
use std::fs;
use std::os::fd::RawFd;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::unistd::{User, close, getuid, setsid};

/// The capability that changing rules takes, and its bit.
const NET_ADMIN: u32 = 12;

/// Leaves the terminal and the session of whoever started us, and every file that is not one of the standard three. To be
/// called first thing.
pub fn detach() {
    // It fails for the leader of a session, who needs it no more.
    let _ = setsid();
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers: Vec<RawFd> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // Among them is the one that listed them, which is closed already.
        let _ = close(number);
    }
}

/// Signals that end a process wait until this is dropped: Ctrl-C, the end of a terminal, `kill`.
#[derive(Debug)]
pub struct Uninterrupted {
    before: Option<SigSet>,
}

impl Uninterrupted {
    /// From here on, for this thread and those that it starts.
    pub fn begin() -> Self {
        let signals = SigSet::from_iter([
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
            Signal::SIGPIPE,
        ]);
        Self { before: signals.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() }
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = before.thread_set_mask();
        }
    }
}

/// Whether this process may change the rules of its network namespace (`CAP_NET_ADMIN`).
pub fn may_change_rules() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    has_capability(&status, NET_ADMIN)
}

fn has_capability(status: &str, bit: u32) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> bit & 1 == 1)
}

/// Who runs this, as far as the environment says: the user who called `sudo`, else the user.
pub fn user() -> String {
    let named = |name| std::env::var(name).ok().filter(|name: &String| !name.is_empty());
    named("SUDO_USER")
        .or_else(|| named("USER"))
        .or_else(|| User::from_uid(getuid()).ok().flatten().map(|user| user.name))
        .unwrap_or_else(|| alloc::format!("user {}", getuid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_bits() {
        assert!(has_capability("Name:\tx\nCapEff:\t0000000000001000\n", NET_ADMIN));
        assert!(!has_capability("CapEff:\t0000000000000800\n", NET_ADMIN));
        assert!(!has_capability("", NET_ADMIN));
    }
}
