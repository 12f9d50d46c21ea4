//! What the node's clock shows.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pvefw_core::log::{conntrack, stamp};

/// A clock in the node's time zone.
pub(crate) struct Clock {
    zone: TimeZone,
    /// The last stamp; there are many packets in a second.
    last: (u64, String),
}

impl Clock {
    /// In the zone that the system has now.
    pub(crate) fn new() -> Self {
        let zone = TimeZone::system();
        let last = (0, local(&zone, 0, stamp::FORMAT));
        Self { zone, last }
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since: Duration| since.as_secs())
    }

    /// The stamp of a line at some seconds since 1970.
    pub(crate) fn stamp(&mut self, seconds: u64) -> &str {
        if self.last.0 != seconds {
            self.last = (seconds, local(&self.zone, seconds, stamp::FORMAT));
        }
        &self.last.1
    }

    /// A time as lines of connections have it.
    pub(crate) fn words(&self, seconds: u64) -> String {
        local(&self.zone, seconds, conntrack::TIME_FORMAT)
    }
}

fn local(zone: &TimeZone, seconds: u64, format: &str) -> String {
    // A time beyond the year 9999, which only a broken clock shows, is the last one there is.
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX).to_zoned(zone.clone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str) -> Clock {
        Clock { zone: TimeZone::posix(zone).unwrap(), last: (1, String::new()) }
    }

    #[test]
    fn stamps_are_in_the_zone_of_the_time_they_speak_of() {
        let mut clock = clock("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(clock.stamp(1_773_488_827), "14/Mar/2026:12:47:07 +0100");
        assert_eq!(clock.stamp(1_773_488_827), "14/Mar/2026:12:47:07 +0100");
        assert_eq!(clock.stamp(1_782_900_000), "01/Jul/2026:12:00:00 +0200");
        assert_eq!(clock.words(1_782_900_000), "Wed Jul  1 12:00:00 2026");
    }

    #[test]
    fn a_broken_clock_is_no_reason_to_stop() {
        let mut clock = clock("UTC0");
        assert!(stamp::is_stamp(clock.stamp(0)));
        assert!(stamp::is_stamp(clock.stamp(u64::MAX)));
    }
}
