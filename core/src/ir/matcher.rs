//! Conditions of rules.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use super::{Addresses, InterfacePattern, Mac, Ports, SetName, Spelling, Written};
use crate::Family;

/// The conditions of a rule; all must hold. Shared: the same conditions often stand in several chains.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Matches(Option<Arc<[Match]>>);

impl Matches {
    /// No condition: every packet matches.
    pub const ANY: Self = Self(None);

    /// Takes the conditions out of a vector, which can be used again.
    pub fn take(matches: &mut Vec<Match>) -> Self {
        Self((!matches.is_empty()).then(|| matches.drain(..).collect()))
    }
}

impl FromIterator<Match> for Matches {
    fn from_iter<I: IntoIterator<Item = Match>>(matches: I) -> Self {
        let matches: Arc<[Match]> = matches.into_iter().collect();
        Self((!matches.is_empty()).then_some(matches))
    }
}

impl From<Vec<Match>> for Matches {
    fn from(matches: Vec<Match>) -> Self {
        Self((!matches.is_empty()).then(|| Arc::from(matches)))
    }
}

impl<const N: usize> From<[Match; N]> for Matches {
    fn from(matches: [Match; N]) -> Self {
        Self((N > 0).then(|| Arc::from(matches)))
    }
}

impl<const N: usize> From<[Test; N]> for Matches {
    fn from(tests: [Test; N]) -> Self {
        tests.map(Match::from).into()
    }
}

impl Deref for Matches {
    type Target = [Match];

    fn deref(&self) -> &[Match] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A test, or its opposite.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// Whether the rule wants the test to fail (`!`).
    pub negated: bool,
    /// The test.
    pub test: Test,
}

impl Match {
    /// The opposite of a test.
    pub const fn not(test: Test) -> Self {
        Self { negated: true, test }
    }
}

impl From<Test> for Match {
    fn from(test: Test) -> Self {
        Self { negated: false, test }
    }
}

/// Something that is true or false of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// It came in by this interface (`-i`).
    InInterface(InterfacePattern),
    /// It leaves by this interface (`-o`).
    OutInterface(InterfacePattern),
    /// Its source or destination address is one of these (`-s`, `-d`, `-m iprange`).
    Address(Side, Written<Addresses>),
    /// Its source or destination address is in this set (`-m set`).
    InSet(Side, SetName),
    /// Its protocol (`-p`).
    Protocol(Written<Protocol>),
    /// Its source or destination port is one of these (`--sport`, `--dport`, `-m multiport`).
    Port {
        /// Which of the two.
        side: Side,
        /// The ports.
        ports: Written<Ports>,
        /// The module as named in the rule.
        module: Spelling<PortModule>,
    },
    /// Its ICMP or `ICMPv6` type.
    Icmp {
        /// The type.
        kind: Written<IcmpType>,
        /// The module as named in the rule; `None` where `-p` loads it.
        module: Spelling<Option<IcmpModule>>,
    },
    /// Its TCP flags (`-m tcp --tcp-flags`).
    TcpFlags(TcpFlags),
    /// Its source or destination address is of one of these kinds (`-m addrtype`).
    AddressType(Side, AddressTypes),
    /// What connection tracking thinks of it (`-m conntrack --ctstate`).
    ConnectionState(ConnectionStates),
    /// It passes from one port of a bridge to another (`-m physdev --physdev-is-bridged`).
    Bridged,
    /// The port of the bridge it came in by (`--physdev-in`).
    BridgePortIn(InterfacePattern),
    /// The port of the bridge it leaves by (`--physdev-out`).
    BridgePortOut(InterfacePattern),
    /// Its source hardware address (`-m mac`).
    SourceMac(Written<Mac>),
    /// Its mark (`-m mark`).
    Mark(Mark),
    /// The rule has not matched more often than this (`-m limit`).
    Limit {
        /// How often.
        rate: Written<Rate>,
        /// How many at once; the kernel's default is 5.
        burst: Option<u32>,
    },
    /// One source matches more often than this (`-m hashlimit --hashlimit-above`).
    AboveHashLimit(Box<HashLimit>),
}

/// Source or destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Source.
    Source,
    /// Destination.
    Destination,
}

/// An IP protocol number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Any protocol: the tools read 0 and `ip` so.
    pub const ANY: Self = Self(0);
    /// ICMP (IPv4).
    pub const ICMP: Self = Self(1);
    /// IGMP.
    pub const IGMP: Self = Self(2);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// DCCP.
    pub const DCCP: Self = Self(33);
    /// `ICMPv6`.
    pub const ICMPV6: Self = Self(58);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDPLITE: Self = Self(136);

    /// The canonical spelling in rules, where it is not the number.
    pub const fn keyword(self) -> Option<&'static str> {
        Some(match self {
            Self::ICMP => "icmp",
            Self::IGMP => "igmp",
            Self::TCP => "tcp",
            Self::UDP => "udp",
            Self::ICMPV6 => "icmpv6",
            _ => return None,
        })
    }

    /// Whether packets of it have ports that the tools can compare.
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP | Self::DCCP | Self::SCTP | Self::UDPLITE)
    }
}

/// An ICMP type, maybe narrowed to one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IcmpType {
    /// The family whose numbers these are.
    pub family: Family,
    /// The type; `None` for all of them (`any`).
    pub kind: Option<u8>,
    /// The code; `None` for all of them.
    pub code: Option<u8>,
}

/// The module that compares ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortModule {
    /// That of the protocol, loaded by `-p`.
    #[default]
    Implied,
    /// `-m tcp`
    Tcp,
    /// `-m udp`
    Udp,
    /// `--match multiport`, which takes lists.
    Multiport,
}

/// The name under which a rule loads the module that compares ICMP types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpModule {
    /// `-m icmp`.
    Icmp,
    /// `-m icmpv6`.
    Icmpv6,
    /// `-m ipv6-icmp`, another name of the same.
    Ipv6Icmp,
}

/// Bits of the TCP header: of those in `mask`, exactly those in `set` are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcpFlags {
    /// The bits to look at.
    pub mask: u8,
    /// The bits that must be one.
    pub set: u8,
}

impl TcpFlags {
    /// FIN.
    pub const FIN: u8 = 0x01;
    /// SYN.
    pub const SYN: u8 = 0x02;
    /// RST.
    pub const RST: u8 = 0x04;
    /// PSH.
    pub const PSH: u8 = 0x08;
    /// ACK.
    pub const ACK: u8 = 0x10;
    /// URG.
    pub const URG: u8 = 0x20;

    /// The first packet of a connection: SYN alone among FIN, SYN, RST and ACK.
    pub const OPENING: Self = Self { mask: Self::FIN | Self::SYN | Self::RST | Self::ACK, set: Self::SYN };

    /// The bits with the tools' names, in the tools' order.
    pub const NAMES: [(u8, &'static str); 6] = [
        (Self::FIN, "FIN"),
        (Self::SYN, "SYN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
    ];
}

/// A set of kinds of address, as the node's routing sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressTypes(u16);

impl AddressTypes {
    /// The unspecified address.
    pub const UNSPECIFIED: Self = Self(1);
    /// An address of one other machine.
    pub const UNICAST: Self = Self(1 << 1);
    /// One of the node's own addresses.
    pub const LOCAL: Self = Self(1 << 2);
    /// One of the node's broadcast addresses.
    pub const BROADCAST: Self = Self(1 << 3);
    /// An anycast address.
    pub const ANYCAST: Self = Self(1 << 4);
    /// A multicast address.
    pub const MULTICAST: Self = Self(1 << 5);
    /// An address whose packets the node throws away.
    pub const BLACKHOLE: Self = Self(1 << 6);
    /// An address that the node calls unreachable.
    pub const UNREACHABLE: Self = Self(1 << 7);
    /// An address that the node forbids.
    pub const PROHIBIT: Self = Self(1 << 8);

    /// The kinds with the tools' names, in the order in which the tools print them.
    pub const NAMES: [(Self, &'static str); 9] = [
        (Self::UNSPECIFIED, "UNSPEC"),
        (Self::UNICAST, "UNICAST"),
        (Self::LOCAL, "LOCAL"),
        (Self::BROADCAST, "BROADCAST"),
        (Self::ANYCAST, "ANYCAST"),
        (Self::MULTICAST, "MULTICAST"),
        (Self::BLACKHOLE, "BLACKHOLE"),
        (Self::UNREACHABLE, "UNREACHABLE"),
        (Self::PROHIBIT, "PROHIBIT"),
    ];

    /// None of them.
    pub(crate) const NONE: Self = Self(0);
    /// All of them.
    pub(crate) const ALL: Self = Self(0x1ff);

    /// A bit for each, the lowest nine.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// Those of these that are not among `others`.
    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether any kind of `other` is among these.
    pub(crate) const fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The kinds of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all kinds of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A set of connection tracking states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionStates(u8);

impl ConnectionStates {
    /// It belongs to no connection and can't open one.
    pub const INVALID: Self = Self(1);
    /// It opens a connection.
    pub const NEW: Self = Self(2);
    /// It opens a connection that belongs to a known one, or is an error about one.
    pub const RELATED: Self = Self(4);
    /// It belongs to a known connection.
    pub const ESTABLISHED: Self = Self(8);

    /// Nobody tracks its connection (`CT --notrack`).
    pub const UNTRACKED: Self = Self(16);
    /// Its connection has another source address than it seems.
    pub const SOURCE_TRANSLATED: Self = Self(32);
    /// Its connection has another destination address than it seems.
    pub const DESTINATION_TRANSLATED: Self = Self(64);
    /// Its connection has another address than it seems.
    pub const TRANSLATED: Self = Self::SOURCE_TRANSLATED.and(Self::DESTINATION_TRANSLATED);

    /// The states with the tools' names, in the order in which we write them.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::INVALID, "INVALID"),
        (Self::NEW, "NEW"),
        (Self::RELATED, "RELATED"),
        (Self::ESTABLISHED, "ESTABLISHED"),
        (Self::UNTRACKED, "UNTRACKED"),
        (Self::SOURCE_TRANSLATED, "SNAT"),
        (Self::DESTINATION_TRANSLATED, "DNAT"),
    ];

    /// The states of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// A bit for each of the first five states, from the lowest in the order in which they are written; above them the
    /// translated addresses.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// Whether any state of `other` is among these.
    pub const fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all states of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Bits of the packet mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The value of the bits in `mask`.
    pub value: u32,
    /// The bits meant.
    pub mask: u32,
}

impl Mark {
    /// "A chain has accepted the packet."
    pub const ACCEPTED: Self = Self { value: 0x8000_0000, mask: 0x8000_0000 };
    /// "No chain has accepted the packet yet."
    pub const CLEARED: Self = Self { value: 0, mask: 0x8000_0000 };
}

/// So many in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub unit: RateUnit,
}

/// Times of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl RateUnit {
    /// The units with their names.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Second, "second"), (Self::Minute, "minute"), (Self::Hour, "hour"), (Self::Day, "day")];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// A limit kept for every source network apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HashLimit {
    /// Matches a second.
    pub rate: u32,
    /// Matches at once.
    pub burst: u32,
    /// Name of the kernel's table: [`HashLimit::SYN`] is the only one we make.
    pub name: &'static str,
    /// Buckets of the kernel's table.
    pub buckets: u32,
    /// Bits of the source address that make one source.
    pub source_prefix: u8,
    /// Time after which a silent source is forgotten, in milliseconds.
    pub expire: u32,
}

impl HashLimit {
    /// The kernel's table of the protection from SYN floods.
    pub const SYN: &'static str = "syn";

    /// The kernel makes no larger tables, whatever it is asked for.
    pub const MOST_BUCKETS: u32 = 1_048_576;
}
