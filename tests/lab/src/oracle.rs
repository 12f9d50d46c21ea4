//! Who says what should become of packets.

use pvefw_core::ir::RejectWith;
use pvefw_core::sim::{self, Simulator};

use crate::observe::{Outcome, Rejection};
use crate::question::{Question, Verdict};

/// What should become of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// In one word.
    pub verdict: Verdict,
    /// How its sender should be told, where that is known.
    pub rejection: Option<Rejection>,
}

impl Wanted {
    /// Whether that is what became of it.
    pub fn is(&self, outcome: &Outcome) -> bool {
        self.verdict == outcome.verdict()
            && self.rejection.is_none_or(|rejection| outcome.rejected == Some(rejection))
    }
}

/// Someone who knows.
pub trait Oracle {
    /// The oracle's name, for messages.
    fn name(&self) -> &'static str;

    /// What should become of a packet; `None` when the oracle does not know.
    ///
    /// # Errors
    /// When it can't say for a reason that is a fault.
    fn wanted(&self, question: &Question, packet: &sim::Packet) -> Result<Option<Wanted>, String>;
}

/// What was recorded with the question.
#[derive(Debug)]
pub struct Recorded;

impl Oracle for Recorded {
    fn name(&self) -> &'static str {
        "recorded"
    }

    fn wanted(&self, question: &Question, _: &sim::Packet) -> Result<Option<Wanted>, String> {
        Ok(question.verdict.map(|verdict| Wanted { verdict, rejection: None }))
    }
}

impl Oracle for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn wanted(&self, _: &Question, packet: &sim::Packet) -> Result<Option<Wanted>, String> {
        let (verdict, rejection) = match self.verdict(packet).verdict {
            sim::Verdict::Accept => (Verdict::Accept, None),
            sim::Verdict::Drop => (Verdict::Drop, None),
            sim::Verdict::Reject(with) => (Verdict::Reject, Some(rejection(with))),
            other => return Err(format!("{} of a compiled ruleset", other.name())),
        };
        Ok(Some(Wanted { verdict, rejection }))
    }
}

/// What a rejection looks like from outside.
const fn rejection(with: RejectWith) -> Rejection {
    match with {
        RejectWith::TcpReset => Rejection::Reset,
        RejectWith::IcmpPortUnreachable => Rejection::Unreachable(3),
        RejectWith::IcmpHostUnreachable => Rejection::Unreachable(1),
        RejectWith::IcmpHostProhibited => Rejection::Unreachable(10),
        RejectWith::Icmp6PortUnreachable => Rejection::Unreachable(4),
        RejectWith::Icmp6AdmProhibited => Rejection::Unreachable(1),
    }
}
