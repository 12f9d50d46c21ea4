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

/// How the sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectWith {
    /// TCP reset.
    TcpReset,
    /// ICMP port unreachable.
    IcmpPortUnreachable,
    /// ICMP host unreachable.
    IcmpHostUnreachable,
    /// ICMP host administratively prohibited.
    IcmpHostProhibited,
    /// `ICMPv6` port unreachable.
    Icmp6PortUnreachable,
    /// `ICMPv6` administratively prohibited.
    Icmp6AdmProhibited,
}

impl RejectWith {
    /// The tools' word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TcpReset => "tcp-reset",
            Self::IcmpPortUnreachable => "icmp-port-unreachable",
            Self::IcmpHostUnreachable => "icmp-host-unreachable",
            Self::IcmpHostProhibited => "icmp-host-prohibited",
            Self::Icmp6PortUnreachable => "icmp6-port-unreachable",
            Self::Icmp6AdmProhibited => "icmp6-adm-prohibited",
        }
    }
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
