//! Who says what should become of packets.

use pvefw_core::sim::{self, Simulator};
use pvefw_wire::verdict::Wanted;

use crate::question::Question;

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
        Wanted::by(self, packet).map(Some)
    }
}
