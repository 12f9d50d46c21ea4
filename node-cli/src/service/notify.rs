//! What systemd is told: that the service is ready, lives, and how it fares.
//!
//! A datagram of our own rather than the crate `sd-notify`, which waits while systemd does not read: a service that hangs
//! because of that would be killed for not saying that it lives.

use core::time::Duration;
use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};

/// How often the line of `systemctl status` is renewed, at most.
const RENEW: Duration = Duration::from_secs(10);

/// Everything is set up.
pub(crate) fn ready() {
    tell("READY=1");
}

/// The service is starting anew, or looks at its files again.
pub(crate) fn reloading() {
    if let Ok(now) = clock_gettime(ClockId::CLOCK_MONOTONIC) {
        tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", Duration::from(now).as_micros()));
    }
}

/// The end has begun.
pub(crate) fn stopping() {
    tell("STOPPING=1");
}

/// The service as systemd sees it. Without systemd, nothing is told to anybody.
pub(crate) struct Status {
    /// How often to say that we live.
    beat: Option<Duration>,
    last_beat: Instant,
    told: (String, Instant),
}

impl Status {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { beat: beat(), last_beat: now, told: (String::new(), now) }
    }

    /// Says that we live, if it is time to, and how we fare, if that has changed.
    pub(crate) fn beat(&mut self, now: Instant, fares: impl FnOnce() -> String) {
        if self.beat.is_some_and(|beat| now.duration_since(self.last_beat) >= beat) {
            self.last_beat = now;
            tell("WATCHDOG=1");
        }
        if now.duration_since(self.told.1) >= RENEW || self.told.0.is_empty() {
            let fares = fares();
            if fares != self.told.0 {
                tell(&format!("STATUS={}", fares.replace('\n', " ")));
            }
            self.told = (fares, now);
        }
    }

    /// When the next sign of life is due.
    pub(crate) fn next(&self, now: Instant) -> Option<Duration> {
        self.beat.map(|beat| beat.saturating_sub(now.duration_since(self.last_beat)))
    }
}

/// Half the time that systemd waits before it takes us for hung, if it waits for us.
fn beat() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let meant = env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(process::id().into());
    let limit = number("WATCHDOG_USEC").filter(|limit| meant && *limit > 0)?;
    Some(Duration::from_micros(limit / 2))
}

/// systemd may be gone or busy for a moment; the next sign of life will do.
fn tell(state: &str) {
    let _ = send(state);
}

fn send(state: &str) -> io::Result<()> {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), &address).map(drop)
}
