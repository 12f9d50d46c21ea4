//! The syslog levels a rule or a policy can log with.
//!
//! `nolog`, which configurations may write as well, is no level but the wish for none; it is left to the caller.

/// How urgent a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// 0, the system is unusable.
    Emerg,
    /// 1, act at once.
    Alert,
    /// 2, critical.
    Crit,
    /// 3, an error.
    Err,
    /// 4, a warning.
    Warning,
    /// 5, normal but worth a look.
    Notice,
    /// 6, for information.
    Info,
    /// 7, for debugging.
    Debug,
}

/// All levels, the most urgent first.
pub const ALL: [LogLevel; 8] = [
    LogLevel::Emerg,
    LogLevel::Alert,
    LogLevel::Crit,
    LogLevel::Err,
    LogLevel::Warning,
    LogLevel::Notice,
    LogLevel::Info,
    LogLevel::Debug,
];

impl LogLevel {
    /// The number in the log prefix: 0 for `emerg` to 7 for `debug`.
    pub const fn number(self) -> u8 {
        match self {
            Self::Emerg => 0,
            Self::Alert => 1,
            Self::Crit => 2,
            Self::Err => 3,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Info => 6,
            Self::Debug => 7,
        }
    }

    /// The name as configurations write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emerg => "emerg",
            Self::Alert => "alert",
            Self::Crit => "crit",
            Self::Err => "err",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// The level of this name, in lower case as rules demand it; options lower theirs before they ask.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|level| level.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, LogLevel};

    #[test]
    fn every_level_is_found_by_its_name_and_numbers_follow_the_order() {
        for (number, level) in (0u8..).zip(ALL) {
            assert_eq!(level.number(), number);
            assert_eq!(LogLevel::named(level.name()), Some(level));
        }
    }

    #[test]
    fn neither_nolog_nor_capitals_name_a_level() {
        for name in ["nolog", "Info", "", "warn"] {
            assert_eq!(LogLevel::named(name), None, "{name}");
        }
    }
}
