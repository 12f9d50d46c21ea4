//! Looks after files in a thread of its own: a cluster file system that hangs would hold up everything else.
//!
//! Local changes are told by the kernel (inotify, also on FUSE); those of other nodes are seen by looking
//! ([`super::sight`]). Either is one byte in a pipe.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent};

use super::sight::{Sight, TICK, is_ours};
use crate::output::words;

/// Without an answer from the files for this long, something is said.
const SILENCE: Duration = Duration::from_secs(20);

/// The other end of the thread.
pub(super) struct Lookout {
    changes: UnixStream,
    /// When it looked last, in milliseconds since `start`.
    looked: Arc<AtomicU64>,
    start: Instant,
}

impl Lookout {
    /// Starts to look after the files of a node.
    pub(super) fn start(root: PathBuf, node: Option<String>, facts: Option<PathBuf>) -> Result<Self, String> {
        let failed = |error: io::Error| format!("can't look after files: {}", words(&error));
        let (changes, told) = UnixStream::pair().map_err(failed)?;
        changes.set_nonblocking(true).and_then(|()| told.set_nonblocking(true)).map_err(failed)?;
        let looked = Arc::new(AtomicU64::new(0));
        let (start, beat) = (Instant::now(), Arc::clone(&looked));
        let work = move || {
            watch(Sight::new(root, node, facts), &told, || beat.store(since(start), Ordering::Relaxed));
        };
        // It needs little, and a stack of the usual size would be most of our memory.
        thread::Builder::new().name("lookout".into()).stack_size(256 << 10).spawn(work).map_err(failed)?;
        Ok(Self { changes, looked, start })
    }

    /// Where to wait for changes.
    pub(super) fn source(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }

    /// Whether something has changed since the last call.
    pub(super) fn take(&mut self) -> bool {
        let mut bytes = [0; 64];
        let mut told = false;
        while let Ok(1..) = self.changes.read(&mut bytes) {
            told = true;
        }
        told
    }

    /// Whether the files have not answered for long.
    pub(super) fn is_stuck(&self) -> bool {
        since(self.start).saturating_sub(self.looked.load(Ordering::Relaxed)) > to_number(SILENCE)
    }
}

fn since(start: Instant) -> u64 {
    to_number(start.elapsed())
}

fn to_number(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the thread does, until nobody listens any more.
fn watch(mut sight: Sight, told: &UnixStream, alive: impl Fn()) {
    // Without it changes are seen all the same, somewhat later.
    let mut notices = Notices::new();
    notices.follow(&sight.folders());
    let mut next = Instant::now() + TICK;
    loop {
        let local = notices.wait(next.saturating_duration_since(Instant::now()));
        let mut changed = local;
        if next <= Instant::now() {
            next = Instant::now() + TICK;
            changed |= sight.look();
            if changed || notices.lost {
                notices.follow(&sight.folders());
            }
        }
        alive();
        if changed {
            match (&*told).write(&[1]) {
                // Nobody has read what was told before: it is the same.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}

/// What the kernel tells of folders.
struct Notices {
    inotify: Option<Inotify>,
    followed: BTreeSet<PathBuf>,
    /// Whether a folder is no longer followed, for example because its file system is gone.
    lost: bool,
}

impl Notices {
    fn new() -> Self {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok();
        Self { inotify, followed: BTreeSet::new(), lost: false }
    }

    /// Follows these folders. To follow one again changes nothing.
    fn follow(&mut self, folders: &[PathBuf]) {
        let Some(inotify) = &self.inotify else { return };
        let wanted = AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        self.followed =
            folders.iter().filter(|folder| inotify.add_watch(*folder, wanted).is_ok()).cloned().collect();
        self.lost = false;
    }

    /// Waits for a change that matters.
    fn wait(&mut self, limit: Duration) -> bool {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        let Some(inotify) = &self.inotify else {
            thread::sleep(TICK);
            return false;
        };
        match poll(&mut [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)], limit) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => thread::sleep(TICK),
        }
        let mut changed = false;
        while let Ok(events) = inotify.read_events() {
            for event in &events {
                self.lost |= event.mask.intersects(AddWatchFlags::IN_IGNORED | AddWatchFlags::IN_UNMOUNT);
                changed |= matters(event);
            }
        }
        changed
    }
}

/// Whether an event may have to do with the configuration.
fn matters(event: &InotifyEvent) -> bool {
    if event
        .mask
        .intersects(AddWatchFlags::IN_ISDIR | AddWatchFlags::IN_Q_OVERFLOW | AddWatchFlags::IN_UNMOUNT)
    {
        return true;
    }
    let name = event.name.as_ref().and_then(|name| name.to_str());
    // A file that is made is empty; that it is written follows.
    name.is_some_and(is_ours) && event.mask != AddWatchFlags::IN_CREATE
}
