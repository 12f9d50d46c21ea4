//! Small values with names.

use core::fmt;

use crate::syntax::SectionKind;
use crate::tables::log_levels::LogLevel;

/// The kinds of firewall files, which decide what they may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `cluster.fw`
    Cluster,
    /// `host.fw`
    Host,
    /// `<vmid>.fw`
    Guest,
    /// `<vnet>.fw`
    Vnet,
}

impl Level {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Cluster, Self::Host, Self::Guest, Self::Vnet];

    /// "the cluster file" and so on, for messages.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Cluster => "the cluster file",
            Self::Host => "a host file",
            Self::Guest => "a guest file",
            Self::Vnet => "a VNet file",
        }
    }

    /// Whether its files may have sections of a kind.
    pub const fn allows(self, section: SectionKind) -> bool {
        match section {
            SectionKind::Options | SectionKind::Rules => true,
            SectionKind::Aliases | SectionKind::IpSet => matches!(self, Self::Cluster | Self::Guest),
            SectionKind::Group => matches!(self, Self::Cluster),
        }
    }
}

/// What happens to a packet that a rule or policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let it pass.
    Accept,
    /// Throw it away in silence.
    Drop,
    /// Throw it away and tell the sender.
    Reject,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Drop, Self::Reject];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
            Self::Reject => "REJECT",
        }
    }

    /// The action of a word in capitals.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == word)
    }
}

/// What a log option is set to: a level, or nothing (`nolog` and the empty value).
pub type LogSetting = Option<LogLevel>;

/// Number of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vmid(u32);

impl Vmid {
    /// The highest number Proxmox VE gives.
    pub const HIGHEST: u32 = 999_999_999;

    /// Checks the range 1 to 999999999.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > Self::HIGHEST { None } else { Some(Self(number)) }
    }

    /// Reads decimal digits without leading zeros, as in file names.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.starts_with(|first| matches!(first, '1'..='9'));
        if plain { text.parse().ok().and_then(Self::new) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What guests are sorted by: the text of the number (spec 00, "string order"), as if it was filled up with zeros at
    /// its end, and its length.
    pub const fn sort_key(self) -> (u32, u32) {
        let length = self.0.ilog10() + 1;
        (self.0 * 10_u32.pow(9 - length), length)
    }
}

impl fmt::Display for Vmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most characters of a set's or alias's name (spec 01 section 2, spec 12 section 5).
pub const NAME_LIMIT: usize = 64;

/// Whether sets, groups and aliases can be referred to by this name: `[A-Za-z][A-Za-z0-9\-_]+`.
pub fn is_definable_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.len() >= 2
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn guests_are_sorted_by_the_text_of_their_numbers() {
        let numbers =
            [1, 9, 10, 11, 19, 100, 101, 109, 110, 999, 1000, 99_999, 100_000, 999_999_998, Vmid::HIGHEST];
        for left in numbers.map(|number| Vmid::new(number).unwrap()) {
            for right in numbers.map(|number| Vmid::new(number).unwrap()) {
                let text = left.to_string().cmp(&right.to_string());
                assert_eq!(left.sort_key().cmp(&right.sort_key()), text, "{left} {right}");
            }
        }
    }
}
