//! Times that people write, and those of lines.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _, Zoned};
use pvefw_core::log::stamp;

use crate::exit::Stop;

/// Unix times below are years or hours, not seconds.
const FIRST_SECONDS: i64 = 100_000_000;

/// A time, in seconds since 1970.
pub(super) fn parse(text: &str) -> Result<i64, Stop> {
    at(text.trim(), &Zoned::now()).ok_or_else(|| {
        Stop::failed(format!("`{text}` is no time")).help(
            "write `10m`, `2h`, `3d`, `08:00`, `yesterday`, `2026-11-22`, `2026-11-22 08:00` or Unix seconds",
        )
    })
}

/// The time of a line, in seconds since 1970.
pub(super) fn seconds(time: &str) -> Option<i64> {
    Some(when(time)?.timestamp().as_second())
}

/// The time of a line, with its own offset.
pub(super) fn when(time: &str) -> Option<Zoned> {
    Zoned::strptime(stamp::FORMAT, time).ok()
}

fn at(text: &str, now: &Zoned) -> Option<i64> {
    let local = |time: DateTime| Some(time.to_zoned(now.time_zone().clone()).ok()?.timestamp().as_second());
    match text {
        "now" => return Some(now.timestamp().as_second()),
        "today" => return local(now.date().to_datetime(Time::midnight())),
        "yesterday" => return local(now.date().yesterday().ok()?.to_datetime(Time::midnight())),
        _ => {}
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return (seconds >= FIRST_SECONDS).then_some(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return local(time);
    }
    if let Ok(date) = text.parse::<Date>() {
        return local(date.to_datetime(Time::midnight()));
    }
    if let Some(time) = ["%H:%M:%S", "%H:%M"].iter().find_map(|form| Time::strptime(form, text).ok()) {
        return local(now.date().to_datetime(time));
    }
    let ago = text.strip_suffix("ago").unwrap_or(text).trim();
    let span: Span = ago.parse().ok()?;
    let then = now.checked_sub(span).ok()?;
    // `-10m` would be in ten minutes.
    (now.duration_since(&then) >= SignedDuration::ZERO && span.fieldwise() != 0.seconds().fieldwise())
        .then(|| then.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let now: Zoned = "2026-11-22T22:52:26+01:00[Europe/Vienna]".parse().unwrap();
        let time = at(text, &now)?;
        Some(Timestamp::from_second(time).unwrap().to_zoned(now.time_zone().clone()).datetime().to_string())
    }

    #[test]
    fn times_as_people_write_them() {
        for (text, wanted) in [
            ("10m", "2026-11-22T22:42:26"),
            ("2h", "2026-11-22T20:52:26"),
            ("3d", "2026-11-19T22:52:26"),
            ("1h 30m ago", "2026-11-22T21:22:26"),
            ("5 minutes", "2026-11-22T22:47:26"),
            ("08:00", "2026-11-22T08:00:00"),
            ("08:00:01", "2026-11-22T08:00:01"),
            ("today", "2026-11-22T00:00:00"),
            ("yesterday", "2026-11-21T00:00:00"),
            ("2026-11-20", "2026-11-20T00:00:00"),
            ("2026-11-20 08:30", "2026-11-20T08:30:00"),
            ("2026-11-20T08:30:05", "2026-11-20T08:30:05"),
            ("2026-11-20T08:30:05Z", "2026-11-20T09:30:05"),
            ("1773488827", "2026-03-14T12:47:07"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in ["", "x", "10", "2026", "25:00", "-10m", "10 bananas", "2026-13-01"] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert!(matches!(parse("soon"), Err(Stop::Failed { .. })));
    }

    #[test]
    fn times_of_lines() {
        assert_eq!(seconds("14/Mar/2026:12:47:07 +0100"), Some(1_773_488_827));
        assert_eq!(seconds("14/Mar/2026:11:47:07 +0000"), Some(1_773_488_827));
        assert_eq!(seconds("31/Feb/2026:11:47:07 +0000"), None);
    }
}
