//! Where a rule comes from.

use crate::tables::macros::{MACROS, Macro};
use crate::text::Span;

/// The line that caused a rule and the mechanism that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The text in a configuration file, if one caused the rule.
    pub span: Option<Span>,
    /// What made the rule from it (or from nothing).
    pub maker: Maker,
}

impl Origin {
    /// A rule that is there whatever the configuration says.
    pub const fn built_in(what: BuiltIn) -> Self {
        Self { span: None, maker: Maker::BuiltIn(what) }
    }

    /// A built-in rule that a line of the configuration switched on.
    pub const fn switched_on(what: BuiltIn, by: Option<Span>) -> Self {
        Self { span: by, maker: Maker::BuiltIn(what) }
    }
}

/// What makes rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The line itself is the rule.
    Line,
    /// A template of a macro.
    Macro {
        /// Index in [`MACROS`].
        index: u8,
        /// Index of the template.
        template: u8,
    },
    /// A line that refers to a security group: the jump, and the test of the mark after it.
    Group,
    /// The policy at a chain's end.
    Policy,
    /// Something that is not written in any file.
    BuiltIn(BuiltIn),
}

impl Maker {
    /// The macro, if one made the rule.
    pub fn expanded_macro(self) -> Option<&'static Macro> {
        match self {
            Self::Macro { index, .. } => MACROS.get(usize::from(index)),
            _ => None,
        }
    }
}

macro_rules! built_ins {
    ($($(#[doc = $doc:literal])+ $name:ident: $text:literal;)+) => {
        /// The built-in mechanisms.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum BuiltIn {
            $($(#[doc = $doc])+ $name,)+
        }

        impl BuiltIn {
            /// A few words for messages.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

built_ins! {
    /// The entry chains and the way from them to the others.
    Dispatch: "dispatch between chains";
    /// The chains that are the same on every node.
    Standard: "standard chain";
    /// Connections that are known or can't be.
    ConnectionState: "connection tracking";
    /// The node talking to itself.
    Loopback: "loopback";
    /// IPv6 neighbour discovery.
    NeighborDiscovery: "neighbour discovery";
    /// Router advertisements of guests.
    RouterAdvertisement: "router advertisement filter";
    /// Multicast group membership.
    Igmp: "IGMP";
    /// The set `blacklist`.
    Blacklist: "blacklist";
    /// Broadcast source addresses.
    Smurfs: "smurf filter";
    /// Impossible combinations of TCP flags.
    TcpFlags: "TCP flags filter";
    /// Web interface, consoles, SSH and migration from the management set.
    Management: "management access";
    /// Cluster communication.
    Corosync: "cluster communication";
    /// Address assignment of guests.
    Dhcp: "DHCP";
    /// Source hardware address of guests.
    MacFilter: "MAC filter";
    /// Source address of guests.
    IpFilter: "IP filter";
    /// Addresses that guests may claim in ARP.
    ArpFilter: "ARP filter";
    /// Ethernet protocols that guests may send.
    Layer2Protocols: "layer 2 protocol filter";
    /// Marks that carry a decision from chain to chain.
    Mark: "accept mark";
    /// The guest's number on its connections.
    ConnectionMark: "connection mark";
    /// Queueing to an intrusion prevention system.
    Ips: "intrusion prevention";
    /// Limit of new connections.
    SynFlood: "SYN flood protection";
    /// Connection tracking helpers.
    Helper: "connection tracking helper";
}
