//! What systemd is told: that the service is ready, lives, and how it fares.

use core::time::Duration;
use std::time::Instant;

use sd_notify::NotifyState;

/// How often the line of `systemctl status` is renewed, at most.
const RENEW: Duration = Duration::from_secs(10);

/// Everything is set up.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The file is being opened again.
pub(crate) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The end has begun.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
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
        // Half the time that systemd waits before it takes us for hung.
        let beat = sd_notify::watchdog_enabled().map(|limit| limit / 2);
        Self { beat, last_beat: now, told: (String::new(), now) }
    }

    /// Says that we live, if it is time to, and how we fare, if that has changed.
    pub(crate) fn beat(&mut self, now: Instant, fares: impl FnOnce() -> String) {
        if self.beat.is_some_and(|beat| now.duration_since(self.last_beat) >= beat) {
            self.last_beat = now;
            tell(&[NotifyState::Watchdog]);
        }
        if now.duration_since(self.told.1) >= RENEW || self.told.0.is_empty() {
            let fares = fares();
            if fares != self.told.0 {
                tell(&[NotifyState::Status(&fares)]);
            }
            self.told = (fares, now);
        }
    }

    /// When the next sign of life is due.
    pub(crate) fn next(&self, now: Instant) -> Option<Duration> {
        self.beat.map(|beat| beat.saturating_sub(now.duration_since(self.last_beat)))
    }
}

/// systemd may be gone for a moment; the next sign of life will do.
fn tell(state: &[NotifyState]) {
    let _ = sd_notify::notify(state);
}
