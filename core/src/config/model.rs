//! What a firewall file says.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::IpNet;

use super::options::Options;
use super::value::{Action, Level};
use crate::Family;
use crate::ir::{Addresses, IcmpModule, IcmpType, Ports, Protocol, Written};
use crate::tables::log_levels::LogLevel;
use crate::text::{FileId, Span};

/// A value and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The text it was read from.
    pub span: Span,
}

/// One firewall file.
#[derive(Clone, Debug)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// What kind of file.
    pub level: Level,
    /// `[OPTIONS]`
    pub options: Options,
    /// `[ALIASES]`, valid ones, in order; a name may come again.
    pub aliases: Vec<Alias>,
    /// `[IPSET]` sections in order; a name may come again.
    pub sets: Vec<Set>,
    /// `[group]` sections in order; a name may come again.
    pub groups: Vec<Group>,
    /// `[RULES]`
    pub rules: Vec<Rule>,
}

/// An alias.
#[derive(Clone, Debug)]
pub struct Alias {
    /// Its name in lower case: case does not count.
    pub name: String,
    /// The name as written.
    pub span: Span,
    /// Its network; `None` when that is faulty, so that references can say so.
    pub value: Option<Spanned<Written<Addresses>>>,
}

/// A section `[IPSET name]`.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its name in lower case.
    pub name: String,
    /// The name in the header.
    pub span: Span,
    /// The lines.
    pub members: Vec<Member>,
    /// Lines that are no members but count for the size (spec 06 section 4).
    pub faulty_lines: usize,
}

/// A line of a set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The value's text.
    pub span: Span,
    /// Whether it is an exception (`!`).
    pub nomatch: bool,
    /// What is excepted or added.
    pub value: MemberValue,
}

/// What a line of a set names.
#[derive(Clone, Debug)]
pub enum MemberValue {
    /// A network, host bits as written.
    Net(IpNet),
    /// An alias.
    Alias(Reference),
    /// Something wrong, already reported.
    Faulty,
}

/// A section `[group name]`.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name in lower case.
    pub name: String,
    /// The name in the header.
    pub span: Span,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// The direction of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the node or guest.
    In,
    /// From the node or guest.
    Out,
    /// Through the node.
    Forward,
}

impl Direction {
    /// The word in files, as Proxmox VE writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Out => "OUT",
            Self::Forward => "FORWARD",
        }
    }
}

/// A rule line.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The rule's text without comment.
    pub span: Span,
    /// Whether it is switched on (no `|`).
    pub enabled: bool,
    /// Whether an error was reported for it; it is not used then.
    pub faulty: bool,
    /// What kind of rule.
    pub kind: RuleKind,
    /// `-i`
    pub interface: Option<Span>,
    /// `-p`
    pub protocol: Option<Spanned<Written<Protocol>>>,
    /// `-source`
    pub source: Option<Spanned<AddressValue>>,
    /// `-dest`
    pub destination: Option<Spanned<AddressValue>>,
    /// `-sport`
    pub source_port: Option<Spanned<PortsValue>>,
    /// `-dport`
    pub destination_port: Option<Spanned<DestinationPort>>,
    /// `-icmp-type`
    pub icmp_type: Option<Spanned<IcmpValue>>,
    /// `-log`; `nolog` counts as absent.
    pub log: Option<LogLevel>,
}

/// The two kinds of rules.
#[derive(Clone, Copy, Debug)]
pub enum RuleKind {
    /// A rule of its own.
    Filter {
        /// Which packets.
        direction: Direction,
        /// What happens to them.
        action: Action,
        /// The macro that says more about them.
        expanded: Option<MacroUse>,
    },
    /// All rules of a security group; the span is its name.
    Group(Span),
}

/// A macro in a rule.
#[derive(Clone, Copy, Debug)]
pub struct MacroUse {
    /// Index in [`crate::tables::macros::MACROS`].
    pub index: u8,
    /// The name as written.
    pub span: Span,
}

/// Where a reference looks for its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The file's own definitions first, then the cluster's (and the SDN's).
    Any,
    /// `guest/`: the file's own.
    Guest,
    /// `dc/`: the cluster's.
    Datacenter,
    /// `sdn/`: those of the software-defined network.
    Sdn,
}

impl Scope {
    /// The prefix in files.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Guest => "guest/",
            Self::Datacenter => "dc/",
            Self::Sdn => "sdn/",
        }
    }
}

/// A name that refers to a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where to look.
    pub scope: Scope,
    /// The name without prefix and sigil.
    pub name: Span,
}

/// What `-source` or `-dest` compares with.
#[derive(Clone, Debug)]
pub enum AddressValue {
    /// `+name`
    Set(Reference),
    /// `name`
    Alias(Reference),
    /// Literal addresses.
    Literal(Written<Addresses>),
    /// Literal addresses that were wrong but whose family is known.
    Faulty(Option<Family>),
}

/// Ports as written.
#[derive(Clone, Debug)]
pub struct PortsValue {
    /// The ports.
    pub ports: Written<Ports>,
    /// Whether the text is a list (compiled with `multiport`).
    pub list: bool,
}

/// `-dport`: ports, or with an ICMP protocol a type.
#[derive(Clone, Debug)]
pub enum DestinationPort {
    /// Ports.
    Ports(PortsValue),
    /// An ICMP type.
    Icmp(IcmpValue),
}

/// An ICMP type and the module that compares it.
#[derive(Clone, Debug)]
pub struct IcmpValue {
    /// The type.
    pub kind: Written<IcmpType>,
    /// The module's name, from the protocol's.
    pub module: IcmpModule,
}

impl AddressValue {
    /// The family, where the text alone tells it.
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Literal(written) => Some(written.value().family()),
            Self::Faulty(family) => *family,
            Self::Set(_) | Self::Alias(_) => None,
        }
    }
}

/// The family of an address.
pub(super) fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::V4 } else { Family::V6 }
}
