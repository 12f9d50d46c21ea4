//! Lines of the log, read.

use super::stamp;
use crate::tables::log_levels::{self, LogLevel};

/// Fields that can be a line's first.
const FIRST: [&str; 9] = ["IN=", "OUT=", "PHYSIN=", "PHYSOUT=", "MAC=", "SRC=", "LEN=", "INVALID=", "mark="];

/// A line about a packet, or of the logger itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The guest; 0 for the node, groups and the logger.
    pub vmid: u32,
    /// How urgent.
    pub level: LogLevel,
    /// The chain that has logged; [`NO_CHAIN`](super::prefix::NO_CHAIN) for lines of the logger and of rules that are not
    /// ours.
    pub chain: &'a str,
    /// When, in the form of [`stamp::FORMAT`].
    pub time: &'a str,
    /// What the rule says, with the blank at its end: `policy DROP: `. All of the rest for a line without fields.
    pub message: &'a str,
    /// The packet.
    pub fields: Fields<'a>,
}

impl<'a> Entry<'a> {
    /// Reads a line, without its end. `None` for lines of another form: connections, or torn ones.
    pub fn parse(line: &'a str) -> Option<Self> {
        let (vmid, rest) = line.split_once(' ')?;
        let (level, rest) = rest.split_once(' ')?;
        let (chain, rest) = rest.split_once(' ')?;
        let time = rest.get(..stamp::LENGTH).filter(|time| stamp::is_stamp(time))?;
        let rest = rest.get(stamp::LENGTH..)?.strip_prefix(' ')?;
        let (message, fields) = rest.split_at_checked(fields_at(rest))?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self {
            vmid: vmid.parse().ok().filter(|_| digits(vmid))?,
            level: level_of(level)?,
            chain,
            time,
            message,
            fields: Fields(fields),
        })
    }

    /// What the rule says, without the punctuation that is there for the fields' sake: `policy DROP`.
    pub fn action(&self) -> &'a str {
        self.message.trim_end().trim_end_matches(':')
    }
}

/// The level of a digit.
fn level_of(text: &str) -> Option<LogLevel> {
    let [digit] = text.as_bytes() else { return None };
    log_levels::ALL.into_iter().find(|level| level.number() + b'0' == *digit)
}

/// Where fields begin; the end if there are none.
fn fields_at(rest: &str) -> usize {
    let starts = core::iter::once(0).chain(rest.match_indices(' ').map(|(blank, _)| blank + 1));
    let is_first =
        |at: &usize| rest.get(*at..).is_some_and(|rest| FIRST.iter().any(|field| rest.starts_with(field)));
    starts.into_iter().find(is_first).unwrap_or(rest.len())
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name: `SRC`, `DPT`, `SYN`.
    pub name: &'a str,
    /// Its value; `None` for flags such as `SYN`.
    pub value: Option<&'a str>,
}

/// The fields of a line, in order. A name can come twice: `LEN` of the packet, then `LEN` of UDP in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    /// The value of the first field of a name.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.clone().find(|field| field.name == name)?.value
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.0.trim_start_matches(' ');
        let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        self.0 = rest;
        let field = match word.split_once('=') {
            Some((name, value)) => Field { name, value: Some(value) },
            None => Field { name: word, value: None },
        };
        (!word.is_empty()).then_some(field)
    }
}

/// What a line about a connection says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It began.
    New,
    /// It ended.
    Destroy,
}

/// A line about a connection: what happened, and the rest of it.
pub fn connection(line: &str) -> Option<(Happened, &str)> {
    let line = line.trim_start_matches(' ');
    let new = line.strip_prefix("[NEW] ").map(|rest| (Happened::New, rest));
    new.or_else(|| line.strip_prefix("[DESTROY] ").map(|rest| (Happened::Destroy, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const TIME: &str = "14/Mar/2026:12:47:07 +0100";

    #[test]
    fn a_line_of_a_packet() {
        let line = alloc::format!(
            "117 6 tap117i0-IN {TIME} policy REJECT: IN=fwbr117i0 OUT=fwbr117i0 SRC=10.0.0.1 DST=10.0.0.2 LEN=48 DF \
             PROTO=UDP SPT=1 DPT=2 LEN=28 mark=40 "
        );
        let entry = Entry::parse(&line).unwrap();
        assert_eq!(
            (entry.vmid, entry.level, entry.chain, entry.time),
            (117, LogLevel::Info, "tap117i0-IN", TIME)
        );
        assert_eq!((entry.message, entry.action()), ("policy REJECT: ", "policy REJECT"));
        let fields: Vec<_> = entry.fields.clone().map(|field| (field.name, field.value)).collect();
        assert_eq!(fields[..2], [("IN", Some("fwbr117i0")), ("OUT", Some("fwbr117i0"))]);
        assert_eq!(fields[5], ("DF", None));
        assert_eq!(fields[9..], [("LEN", Some("28")), ("mark", Some("40"))]);
        assert_eq!((entry.fields.value("LEN"), entry.fields.value("SYN")), (Some("48"), None));
    }

    #[test]
    fn other_lines_of_ours() {
        let line = alloc::format!("0 5 - {TIME} starting pvefw logger");
        let entry = Entry::parse(&line).unwrap();
        assert_eq!((entry.chain, entry.message), ("-", "starting pvefw logger"));
        assert_eq!(entry.fields.count(), 0);
        let line = alloc::format!("0 6 GROUP-web-IN {TIME} IN=eth0 SRC=::1 ");
        let entry = Entry::parse(&line).unwrap();
        assert_eq!((entry.message, entry.action(), entry.fields.count()), ("", "", 2));
        // A prefix that is not ours may lack the blank.
        let line = alloc::format!("0 6 - {TIME} dockerIN=eth0 OUT=eth1 ");
        assert_eq!(Entry::parse(&line).unwrap().message, "dockerIN=eth0 ");
    }

    #[test]
    fn lines_of_another_form() {
        let cut = alloc::format!("117 6 x {TIME}");
        for line in [
            "",
            "[DESTROY] ipv4 2 tcp",
            "x 6 tap117i0-IN 14/Mar/2026:12:47:07 +0100 y",
            "+1 6 tap117i0-IN 14/Mar/2026:12:47:07 +0100 y",
            "1 06 tap117i0-IN 14/Mar/2026:12:47:07 +0100 y",
            "1 8 tap117i0-IN 14/Mar/2026:12:47:07 +0100 y",
            "1 6 tap117i0-IN 14/Mar/2026 12:47:07 +0100 y",
            &cut,
            "17 6 x 1",
        ] {
            assert_eq!(Entry::parse(line), None, "{line}");
        }
    }

    #[test]
    fn lines_of_connections() {
        assert_eq!(connection("    [NEW] ipv4     2 tcp"), Some((Happened::New, "ipv4     2 tcp")));
        assert_eq!(connection("[DESTROY] x"), Some((Happened::Destroy, "x")));
        assert_eq!(connection("[UPDATE] x"), None);
    }
}
