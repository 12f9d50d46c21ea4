//! What is loaded, as types.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use ipnet::Ipv4Net;

use crate::Family;
use crate::ir::{AddressTypes, InterfacePattern, Mac, Mark, Match, Member, PortRange, Side, Target};
use crate::text::Span;

/// Everything that is loaded on a node, whoever loaded it.
///
/// It is complete when nothing reported an error: a line with an error is not among the rules, or stands there as one
/// that nobody can decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// IPv4: `iptables-save`.
    pub v4: Tables,
    /// IPv6: `ip6tables-save`.
    pub v6: Tables,
    /// Sets by name: `ipset save`.
    pub sets: BTreeMap<Box<str>, Set>,
    /// The bridge: `ebtables-save`.
    pub bridge: BridgeTables,
}

/// The tables of one family; those that the dump does not have hold no rules.
pub type Tables = BTreeMap<TableName, Table<Rule>>;

/// The tables of the bridge.
pub type BridgeTables = BTreeMap<BridgeTableName, Table<BridgeRule>>;

impl Dump {
    /// The tables of one family.
    pub fn tables(&self, family: Family) -> &Tables {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

/// A kind of name for a table.
pub(super) trait Name: Copy + Ord + 'static {
    /// All of them, with the tools' words.
    const ALL: &'static [(Self, &'static str)];
}

macro_rules! table_names {
    ($(#[$doc:meta])+ $kind:ident { $($(#[$line:meta])+ $name:ident: $text:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $($(#[$line])+ $name,)+
        }

        impl $kind {
            /// The tools' word.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }

        impl Name for $kind {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $text)),+];
        }
    };
}

table_names! {
    /// The tables of iptables and ip6tables, in the order in which a packet meets them.
    TableName {
        /// Before connection tracking.
        Raw: "raw",
        /// Changes of packets.
        Mangle: "mangle",
        /// Translation of addresses.
        Nat: "nat",
        /// What may pass.
        Filter: "filter",
        /// Labels of mandatory access control.
        Security: "security",
    }
}

table_names! {
    /// The tables of ebtables.
    BridgeTableName {
        /// Whether a frame is bridged or routed.
        Broute: "broute",
        /// Translation of hardware addresses.
        Nat: "nat",
        /// What may pass.
        Filter: "filter",
    }
}

/// Chains by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<R> {
    /// The kernel's chains and those that were made.
    pub chains: BTreeMap<Box<str>, Chain<R>>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { chains: BTreeMap::new() }
    }
}

/// A list of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain<R> {
    /// What becomes of packets that reach the end.
    ///
    /// In iptables and ip6tables only the kernel's own chains have one. In a dump all of those do; the input of a restore
    /// command need not say it. In ebtables every chain has one: the legacy tool obeys it at the end of every chain,
    /// ebtables-nft only at the end of the kernel's own and prints `ACCEPT` for others.
    pub policy: Option<Policy>,
    /// The rules in the order in which packets meet them.
    pub rules: Vec<R>,
    /// Where the chain is declared; `None` when a restore text adds to one of the kernel's.
    pub span: Option<Span>,
}

impl<R> Default for Chain<R> {
    fn default() -> Self {
        Self { policy: None, rules: Vec::new(), span: None }
    }
}

/// What happens at the end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// It passes.
    Accept,
    /// It is thrown away.
    Drop,
    /// Back to the calling chain (chains of ebtables).
    Return,
}

/// Packets and bytes that a rule has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A rule of iptables or ip6tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// All must hold, in the order of the line.
    pub conditions: Vec<Condition>,
    /// What happens then.
    pub action: Action,
    /// The line.
    pub span: Span,
    /// The first comment (`-m comment`).
    pub comment: Option<Box<str>>,
    /// What it has seen, where the dump says it (`-c`).
    pub counters: Option<Counters>,
}

/// Something that a rule wants of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// What we write ourselves.
    Known(Match),
    /// What others write, and a packet can be held against.
    Foreign {
        /// Whether the rule wants the test to fail (`!`).
        negated: bool,
        /// The test.
        test: ForeignTest,
    },
    /// Nobody here knows what it means: it may hold or not. The text of the dump.
    Unknown(Box<str>),
}

/// A test that others use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignTest {
    /// The source or the destination port is one of these (`-m multiport --ports`).
    EitherPort(Box<[PortRange]>),
    /// Who the frame was sent to (`-m pkttype`).
    PacketType(PacketType),
    /// The mark of the connection (`-m connmark`).
    ConnectionMark(Mark),
    /// It is a later fragment of a packet (`-f`, IPv4).
    Fragment,
    /// The length of the packet (`-m length`), from the first to the second.
    Length(u16, u16),
    /// The source or destination address is of a kind to the interface that the packet came in by or leaves by
    /// (`-m addrtype --limit-iface-in`, `--limit-iface-out`).
    AddressTypeOnInterface {
        /// Whose address.
        side: Side,
        /// The kinds.
        kinds: AddressTypes,
        /// Whether the interface is the one it leaves by.
        leaving: bool,
    },
}

/// Who a frame was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketType {
    /// This node.
    Unicast,
    /// Everybody.
    Broadcast,
    /// A group.
    Multicast,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: there is no target, the rule only counts.
    Count,
    /// What we write ourselves; never a jump.
    Known(Target),
    /// Into a chain of the table, and on with the next rule when it returns (`-j`).
    Jump(Box<str>),
    /// Into a chain of the table, and back to the *caller's* next rule when it returns (`-g`).
    Goto(Box<str>),
    /// Something that decides nothing: the packet goes on to the next rule.
    Continue {
        /// What later rules may see of it.
        change: Change,
        /// The text of the dump from the target's name on.
        text: Box<str>,
    },
    /// Nobody here knows what it does; it may decide or not. The text of the dump from the target's name on.
    Unknown(Box<str>),
}

/// What a target that decides nothing changes, as far as later rules could notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Nothing (it logs, copies, labels for the queues).
    Nothing,
    /// The packet's mark, in a way that IR can't say.
    Mark,
    /// The connection's mark, in a way that IR can't say.
    ConnectionMark,
    /// Whether and how its connection is tracked.
    Tracking,
    /// Fields of its header.
    Header,
    /// Members of a set.
    Sets,
}

/// A set of ipset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The type: `hash:net`, `list:set`, ….
    pub kind: Box<str>,
    /// The family of the members, where the type has one.
    pub family: Option<Family>,
    /// The most members, where the type has such a limit.
    pub limit: Option<u32>,
    /// What is in it.
    pub members: SetMembers,
    /// The line that makes it.
    pub span: Span,
}

/// What is in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetMembers {
    /// Addresses and networks (`hash:net`, `hash:ip`, `bitmap:ip`), in the order of the dump; the longest prefix that
    /// an address has decides. Time-outs are not kept: they were in it when the dump was made.
    Nets(Vec<Member>),
    /// Something else: whether a packet is in it is unknown. The members as the dump has them.
    Other(Vec<Box<str>>),
}

/// A rule of ebtables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeRule {
    /// All must hold, in the order of the line.
    pub conditions: Vec<BridgeCondition>,
    /// What happens then.
    pub action: BridgeAction,
    /// The line.
    pub span: Span,
    /// What it has seen, where the dump says it.
    pub counters: Option<Counters>,
}

/// Something that a bridge rule wants of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeCondition {
    /// A test, or its opposite.
    Known {
        /// Whether the rule wants the test to fail (`!`).
        negated: bool,
        /// The test.
        test: BridgeTest,
    },
    /// Nobody here knows what it means: it may hold or not. The text of the dump.
    Unknown(Box<str>),
}

/// Something that is true or false of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeTest {
    /// Its Ethernet type (`-p`).
    Protocol(u16),
    /// It has a length instead of a type (`-p Length`): IEEE 802.3.
    Length,
    /// It came in by this port (`-i`).
    InPort(InterfacePattern),
    /// It leaves by this port (`-o`).
    OutPort(InterfacePattern),
    /// It came in by a port of this bridge (`--logical-in`).
    InBridge(InterfacePattern),
    /// It leaves by a port of this bridge (`--logical-out`).
    OutBridge(InterfacePattern),
    /// Its source or destination hardware address, in the bits of the mask (`-s`, `-d`).
    Address {
        /// Whose.
        side: Side,
        /// The address.
        mac: Mac,
        /// The bits that count.
        mask: Mac,
    },
    /// It is ARP, and this is the IPv4 address of the sender or the target (`--arp-ip-src`, `--arp-ip-dst`).
    ArpAddress(Side, Ipv4Net),
    /// It is IPv4, and this is its source or destination (`--ip-src`, `--ip-dst`).
    Ipv4Address(Side, Ipv4Net),
    /// The packet's mark (`--mark`).
    Mark(Mark),
}

/// What a bridge rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeAction {
    /// Nothing: on with the next rule (`CONTINUE`, which also stands where there is no target).
    Continue,
    /// It passes.
    Accept,
    /// It is thrown away.
    Drop,
    /// Back to the calling chain.
    Return,
    /// Into a chain of the table.
    Jump(Box<str>),
    /// Nobody here knows what it does. The text of the dump from the target's name on.
    Unknown(Box<str>),
}
