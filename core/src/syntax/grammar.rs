//! The grammar of lines, in nom. Every parser takes the rest of a line (without its end) and leaves what it did not
//! understand.

use nom::bytes::complete::{tag, take, take_while1};
use nom::combinator::{map_opt, opt, verify};
use nom::error::{Error, ErrorKind};
use nom::{IResult, Parser};

/// Sections by the word of their header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionKind {
    /// `[OPTIONS]`
    Options,
    /// `[ALIASES]`
    Aliases,
    /// `[RULES]`
    Rules,
    /// `[group NAME]`
    Group,
    /// `[IPSET NAME]`
    IpSet,
}

impl SectionKind {
    /// All sections with the word of their header, as Proxmox VE writes it.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Options, "OPTIONS"),
        (Self::Aliases, "ALIASES"),
        (Self::Rules, "RULES"),
        (Self::Group, "group"),
        (Self::IpSet, "IPSET"),
    ];

    /// The section that a header word means; case does not count.
    pub fn named(word: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| name.as_bytes().eq_ignore_ascii_case(word)).map(|(kind, _)| *kind)
    }

    /// The word of its header.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::Aliases => "ALIASES",
            Self::Rules => "RULES",
            Self::Group => "group",
            Self::IpSet => "IPSET",
        }
    }

    /// Whether its header carries a name.
    pub const fn is_named(self) -> bool {
        matches!(self, Self::Group | Self::IpSet)
    }
}

/// Options of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionName {
    /// `-i`
    Interface,
    /// `-p`, `-proto`
    Protocol,
    /// `-dport`
    DestinationPort,
    /// `-sport`
    SourcePort,
    /// `-source`
    Source,
    /// `-dest`
    Destination,
    /// `-log`
    Log,
    /// `-icmp-type`
    IcmpType,
}

impl OptionName {
    /// Every spelling; the first of each option is the one Proxmox VE writes.
    pub const SPELLINGS: [(&'static str, Self); 16] = [
        ("-i", Self::Interface),
        ("-source", Self::Source),
        ("--source", Self::Source),
        ("-dest", Self::Destination),
        ("--dest", Self::Destination),
        ("-p", Self::Protocol),
        ("-proto", Self::Protocol),
        ("--proto", Self::Protocol),
        ("-dport", Self::DestinationPort),
        ("--dport", Self::DestinationPort),
        ("-sport", Self::SourcePort),
        ("--sport", Self::SourcePort),
        ("-log", Self::Log),
        ("--log", Self::Log),
        ("-icmp-type", Self::IcmpType),
        ("--icmp-type", Self::IcmpType),
    ];

    /// The option with this spelling; case counts.
    pub fn spelled(text: &[u8]) -> Option<Self> {
        // Asked for every word of every rule, most of which are none.
        if text.first() != Some(&b'-') {
            return None;
        }
        Some(match text {
            b"-i" => Self::Interface,
            b"-p" | b"-proto" | b"--proto" => Self::Protocol,
            b"-dport" | b"--dport" => Self::DestinationPort,
            b"-sport" | b"--sport" => Self::SourcePort,
            b"-source" | b"--source" => Self::Source,
            b"-dest" | b"--dest" => Self::Destination,
            b"-log" | b"--log" => Self::Log,
            b"-icmp-type" | b"--icmp-type" => Self::IcmpType,
            _ => return None,
        })
    }

    /// The spelling that Proxmox VE writes.
    pub fn spelling(self) -> &'static str {
        Self::SPELLINGS.iter().find(|(_, name)| *name == self).map_or("", |(spelling, _)| spelling)
    }
}

pub(super) type Bytes<'t> = &'t [u8];

/// White space inside a line (Perl's `\s`).
pub(super) const fn is_space(byte: u8) -> bool {
    // Nearly every byte is above the blank, and then nothing else is asked.
    byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// Cuts before the first byte that `ends`, or behind the last one.
pub(super) fn cut(input: Bytes<'_>, ends: impl Fn(u8) -> bool) -> (Bytes<'_>, Bytes<'_>) {
    let end = input.iter().position(|byte| ends(*byte)).unwrap_or(input.len());
    input.split_at_checked(end).unwrap_or((input, &[]))
}

/// Any white space, maybe none.
#[expect(clippy::unnecessary_wraps, reason = "a parser like the others, to be put together with them")]
pub(super) fn space(input: Bytes<'_>) -> IResult<Bytes<'_>, Bytes<'_>> {
    let (space, rest) = cut(input, |byte| !is_space(byte));
    Ok((rest, space))
}

/// White space, at least one byte.
pub(super) fn space1(input: Bytes<'_>) -> IResult<Bytes<'_>, Bytes<'_>> {
    some(cut(input, |byte| !is_space(byte)), ErrorKind::Space)
}

/// A run of anything but white space.
pub(super) fn word(input: Bytes<'_>) -> IResult<Bytes<'_>, Bytes<'_>> {
    some(cut(input, is_space), ErrorKind::TakeTill1)
}

/// What was cut off, unless that is nothing.
fn some<'t>((found, rest): (Bytes<'t>, Bytes<'t>), kind: ErrorKind) -> IResult<Bytes<'t>, Bytes<'t>> {
    if found.is_empty() { Err(nom::Err::Error(Error::new(rest, kind))) } else { Ok((rest, found)) }
}

/// The parts of a well-formed header.
pub(super) struct Header<'t> {
    pub(super) keyword: Bytes<'t>,
    pub(super) space: Bytes<'t>,
    pub(super) name: Bytes<'t>,
}

/// `[KEYWORD]`, or `[KEYWORD NAME]`; what may follow is left.
pub(super) fn header(input: Bytes<'_>) -> IResult<Bytes<'_>, Header<'_>> {
    let keyword = take_while1(|byte: u8| byte.is_ascii_alphabetic());
    let named = (space1, take_while1(|byte| !is_space(byte) && byte != b']' && byte != b'['));
    let (rest, (_, keyword, named, _)) = (tag("["), keyword, opt(named), tag("]")).parse(input)?;
    let (space, name) = named.unwrap_or_default();
    Ok((rest, Header { keyword, space, name }))
}

/// The section that a line starting with `[` probably means.
pub(crate) fn meant_section(input: Bytes<'_>) -> Option<SectionKind> {
    let inside = input.get(1..)?.trim_ascii_start();
    let end = inside.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(inside.len());
    SectionKind::named(inside.get(..end)?)
}

/// `name:` with the white space behind the colon; the value is left.
pub(super) fn option_name(input: Bytes<'_>) -> IResult<Bytes<'_>, (Bytes<'_>, Bytes<'_>, Bytes<'_>)> {
    let name = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    (name, tag(":"), space).parse(input)
}

/// `NAME CIDR` with exactly one byte of white space between.
pub(super) fn alias(input: Bytes<'_>) -> IResult<Bytes<'_>, (Bytes<'_>, Bytes<'_>, Bytes<'_>)> {
    (word, one_space, word).parse(input)
}

fn one_space(input: Bytes<'_>) -> IResult<Bytes<'_>, Bytes<'_>> {
    verify(take(1usize), |blank: &[u8]| blank.iter().all(|byte| is_space(*byte))).parse(input)
}

/// `IN ACCEPT` with the white space behind both.
pub(super) type RuleHead<'t> = (Option<Bytes<'t>>, Bytes<'t>, Bytes<'t>, Bytes<'t>, Bytes<'t>);

/// `|`, direction, white space, action, white space.
pub(super) fn rule_head(input: Bytes<'_>) -> IResult<Bytes<'_>, RuleHead<'_>> {
    (opt(tag("|")), word, space1, word, space).parse(input)
}

/// An option with its spelling, a blank, its value, and white space.
pub(super) type RuleOption<'t> = ((OptionName, Bytes<'t>), Bytes<'t>, Bytes<'t>, Bytes<'t>);

/// `-dport 22` with the white space behind it: exactly one blank between option and value (spec 01 section 6.1).
pub(super) fn rule_option(input: Bytes<'_>) -> IResult<Bytes<'_>, RuleOption<'_>> {
    let name = map_opt(word, |word| Some((OptionName::spelled(word)?, word)));
    (name, tag(" "), word, space).parse(input)
}
