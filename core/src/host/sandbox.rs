//! An empty network namespace of our own, which dies with the process.
//!
//! As root a network namespace is enough; anyone else gets one inside a user namespace, where they are root. Neither
//! leaves a trace: the kernel drops both when the last process in them ends, however it ends.

use alloc::format;
use alloc::string::String;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;
use std::{fs, thread};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::error::Error;

/// How long joined threads may take to vanish.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// How the namespace was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the right to make one.
    Root,
    /// Inside a user namespace.
    User,
}

/// Proof that this thread, and every process it starts from now on, is in a network namespace of its own.
#[derive(Debug)]
pub struct Sandbox {
    kind: Kind,
    // Other threads may be elsewhere, so the proof must stay on this one.
    here: PhantomData<*const ()>,
}

impl Sandbox {
    /// Leaves the present network namespace for a new one. There is no way back but the end of the process; entering
    /// again gives another empty one.
    ///
    /// # Errors
    /// [`Error::Threads`] when the process has several threads: only the calling one would move.
    /// [`Error::Namespace`] when the system does not allow it, with advice; the process may then be left in a user
    /// namespace without rights and should end.
    pub fn enter() -> Result<Self, Error> {
        wait_for_threads()?;
        let kind = match unshare(CloneFlags::CLONE_NEWNET) {
            Ok(()) => Kind::Root,
            Err(Errno::EPERM) => {
                enter_as_user()?;
                Kind::User
            }
            Err(source) => return Err(refused("make a network namespace", source)),
        };
        Ok(Self { kind, here: PhantomData })
    }

    /// How the namespace was had.
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// Waits for the other threads to be gone. A joined thread has done its work, but the kernel may count it a moment longer.
fn wait_for_threads() -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
        if threads == 1 {
            return Ok(());
        }
        if begun.elapsed() > LAST_BREATH {
            return Err(Error::Threads(threads));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// A user namespace in which we are root, and a network namespace that belongs to it.
fn enter_as_user() -> Result<(), Error> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)
        .map_err(|source| refused("make a user namespace", source))?;
    // The kernel takes the group map only from those who gave up changing groups.
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", &format!("0 {gid} 1"))
}

fn write(path: &str, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| {
        let errno = source.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw);
        refused("become root in a user namespace", errno)
    })
}

fn refused(attempt: &'static str, source: Errno) -> Error {
    Error::Namespace { attempt, source, advice: advice(|path| fs::read_to_string(path).ok()) }
}

/// The setting that is most likely in the way.
fn advice(read: impl Fn(&str) -> Option<String>) -> &'static str {
    let is = |path: &str, value: &str| read(path).is_some_and(|text| text.trim() == value);
    if is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "run it as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1"
    } else if is("/proc/sys/user/max_user_namespaces", "0") {
        "run it as root, or allow user namespaces: sysctl user.max_user_namespaces=1000"
    } else if is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "run it as root, or allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    } else {
        "run it as root; in a container, one that may make namespaces (`docker run --privileged`)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned as _;

    #[test]
    fn advice_names_the_setting_in_the_way() {
        let machine = |setting: &'static str, value: &'static str| {
            advice(move |path| path.ends_with(setting).then(|| value.to_owned()))
        };
        assert!(machine("unprivileged_userns_clone", "0\n").contains("unprivileged_userns_clone=1"));
        assert!(machine("max_user_namespaces", "0\n").contains("max_user_namespaces="));
        assert!(machine("apparmor_restrict_unprivileged_userns", "1\n").contains("userns=0"));
        assert!(machine("unprivileged_userns_clone", "1\n").contains("as root"));
        assert!(advice(|_| None).contains("as root"));
    }

    /// The test harness runs tests in threads; a sandbox must refuse to move only one of them.
    #[test]
    fn threads_are_refused() {
        let entered = thread::spawn(|| Sandbox::enter().map(|sandbox| sandbox.kind())).join().unwrap();
        assert!(matches!(entered, Err(Error::Threads(count)) if count > 1), "{entered:?}");
    }
}
