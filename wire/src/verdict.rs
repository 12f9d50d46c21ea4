//! Verdicts in one word: what a kernel did with a packet, held against what should become of it.

use core::fmt;

use pvefw_core::ir::RejectWith;
use pvefw_core::sim::{self, Simulator};
use serde::{Deserialize, Serialize};

use crate::observe::{Outcome, Rejection};

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// It arrives.
    Accept,
    /// It vanishes.
    Drop,
    /// It vanishes, and its sender is told.
    Reject,
}

impl Verdict {
    /// As `trace` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
            Self::Reject => "REJECT",
        }
    }
}

/// What should become of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// In one word.
    pub verdict: Verdict,
    /// How its sender should be told, where that is known.
    pub rejection: Option<Rejection>,
}

impl Wanted {
    /// What the simulator says. What a kernel shows of it is not always the same: see below.
    ///
    /// # Errors
    /// When the simulator does not know, which is a fault: it knows all that we compile.
    pub fn by(simulator: &Simulator, packet: &sim::Packet) -> Result<Self, String> {
        let (verdict, rejection) = match simulator.verdict(packet).verdict {
            // Such a reset is lost at the last bridge on its way back; here all resets get back (`answers_pass` in `lab`).
            // That they are lost is among the recorded verdicts of tests/conformance.
            sim::Verdict::Drop if simulator.trace(packet).reset_lost() => {
                (Verdict::Reject, Some(Rejection::Reset))
            }
            sim::Verdict::Accept => (Verdict::Accept, None),
            sim::Verdict::Drop => (Verdict::Drop, None),
            sim::Verdict::Reject(with) => (Verdict::Reject, Some(rejection(with))),
            other => return Err(format!("{} of a compiled ruleset", other.name())),
        };
        Ok(Self { verdict, rejection })
    }

    /// Whether that is what became of it.
    pub fn is(&self, outcome: &Outcome) -> bool {
        let verdict = match self.verdict {
            Verdict::Reject if outcome.mute => return outcome.verdict() != Verdict::Accept,
            verdict => verdict,
        };
        verdict == outcome.verdict()
            && self.rejection.is_none_or(|rejection| outcome.rejected == Some(rejection))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_verdict(f, self.verdict, self.rejection)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_verdict(f, self.verdict(), self.rejected)?;
        if self.astray.is_empty() { Ok(()) } else { write!(f, " (astray at {:?})", self.astray) }
    }
}

fn write_verdict(f: &mut fmt::Formatter<'_>, verdict: Verdict, rejection: Option<Rejection>) -> fmt::Result {
    match rejection.filter(|_| verdict == Verdict::Reject) {
        None => f.write_str(verdict.name()),
        Some(Rejection::Reset) => f.write_str("REJECT by reset"),
        Some(Rejection::Unreachable(code)) => write!(f, "REJECT by ICMP unreachable {code}"),
    }
}

/// What a rejection looks like from outside.
const fn rejection(with: RejectWith) -> Rejection {
    match with {
        RejectWith::TcpReset => Rejection::Reset,
        RejectWith::IcmpNetUnreachable | RejectWith::Icmp6NoRoute => Rejection::Unreachable(0),
        RejectWith::IcmpHostUnreachable | RejectWith::Icmp6AdmProhibited => Rejection::Unreachable(1),
        RejectWith::IcmpProtoUnreachable => Rejection::Unreachable(2),
        RejectWith::IcmpPortUnreachable | RejectWith::Icmp6AddrUnreachable => Rejection::Unreachable(3),
        RejectWith::Icmp6PortUnreachable => Rejection::Unreachable(4),
        RejectWith::Icmp6PolicyFail => Rejection::Unreachable(5),
        RejectWith::Icmp6RejectRoute => Rejection::Unreachable(6),
        RejectWith::IcmpNetProhibited => Rejection::Unreachable(9),
        RejectWith::IcmpHostProhibited => Rejection::Unreachable(10),
        RejectWith::IcmpAdminProhibited => Rejection::Unreachable(13),
    }
}
