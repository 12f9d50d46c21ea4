//! What a rule does.

use alloc::sync::Arc;

use super::{ChainName, Mark};

/// The action of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Let it pass.
    Accept,
    /// Throw it away in silence.
    Drop,
    /// Back to the calling chain; at the end of a hooked chain, on to the kernel's own.
    Return,
    /// Into a chain, and on with the next rule when it returns (`-j`).
    Jump(ChainName),
    /// Into a chain, and back to the *caller's* next rule when it returns (`-g`).
    Goto(ChainName),
    /// Throw it away and tell the sender.
    Reject(RejectWith),
    /// Set bits of the packet's mark, and on.
    SetMark(Mark),
    /// Set the connection's mark, and on.
    SetConnectionMark(u32),
    /// Log, and on.
    Log {
        /// Text in front of the log line.
        prefix: Arc<str>,
    },
    /// Hand over to a program.
    Queue(Queue),
    /// Attach a connection tracking helper, and on (table raw).
    Helper(&'static str),
}

macro_rules! reject_with {
    ($($(#[doc = $doc:literal])+ $name:ident: $text:literal;)+) => {
        /// How the sender is told.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RejectWith {
            $($(#[doc = $doc])+ $name,)+
        }

        impl RejectWith {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The tools' word.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

reject_with! {
    /// TCP reset.
    TcpReset: "tcp-reset";
    /// ICMP network unreachable.
    IcmpNetUnreachable: "icmp-net-unreachable";
    /// ICMP host unreachable.
    IcmpHostUnreachable: "icmp-host-unreachable";
    /// ICMP protocol unreachable.
    IcmpProtoUnreachable: "icmp-proto-unreachable";
    /// ICMP port unreachable.
    IcmpPortUnreachable: "icmp-port-unreachable";
    /// ICMP network administratively prohibited.
    IcmpNetProhibited: "icmp-net-prohibited";
    /// ICMP host administratively prohibited.
    IcmpHostProhibited: "icmp-host-prohibited";
    /// ICMP administratively prohibited.
    IcmpAdminProhibited: "icmp-admin-prohibited";
    /// `ICMPv6` no route.
    Icmp6NoRoute: "icmp6-no-route";
    /// `ICMPv6` administratively prohibited.
    Icmp6AdmProhibited: "icmp6-adm-prohibited";
    /// `ICMPv6` address unreachable.
    Icmp6AddrUnreachable: "icmp6-addr-unreachable";
    /// `ICMPv6` port unreachable.
    Icmp6PortUnreachable: "icmp6-port-unreachable";
    /// `ICMPv6` source address failed policy.
    Icmp6PolicyFail: "icmp6-policy-fail";
    /// `ICMPv6` reject route.
    Icmp6RejectRoute: "icmp6-reject-route";
}

/// Which queue, and what happens when nobody listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queue {
    /// The first queue; `None` leaves it to the kernel (0).
    pub first: Option<u16>,
    /// The last queue when packets are spread over several.
    pub last: Option<u16>,
    /// Whether packets pass when no program listens.
    pub bypass: bool,
}
