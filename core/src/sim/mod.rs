//! What happens to a packet, and which line decides it.
//!
//! ```text
//! Question ─► Packet ─┬─► Simulator::verdict ─► Answer (verdict, deciding line)
//! Topology ───────────┤
//! Ruleset ► Simulator ┘─► Simulator::trace ───► Trace (every hop, rule by rule)
//! ```
//!
//! In: a compiled [`crate::ir::Ruleset`], the [`Topology`] of its node, and a [`Question`]: a packet described by what
//! matters about it. Out: the verdict that the kernel would come to. Nothing is taken from the configuration but what
//! the IR says: the rules are walked as the kernel walks them, hop by hop.
//!
//! What can go wrong: a question may name zones that don't exist or values that don't fit together ([`Mistake`]).
//!
//! Rate limits count as kept: one packet is always within them. `tests/lab` holds the answers against a real kernel.

mod check;
mod eval;
mod explain;
mod mistake;
mod packet;
mod path;
mod program;
mod question;
#[cfg(feature = "render")]
pub mod render;
mod sets;
mod simulator;
mod stages;
mod topology;
mod trace;
mod view;
mod zone;

pub use mistake::Mistake;
pub use packet::{ConnectionState, Frame, IpPacket, Packet, Transport};
pub use path::Hop;
pub use question::Question;
#[cfg(feature = "serde")]
pub(crate) use question::text_or_number;
pub use simulator::{Answer, Asker, Simulator, TableKey, Verdict};
pub use topology::{Endpoint, Filtered, NicPlace, Topology};
pub use trace::{Effect, Failing, HopTrace, Membership, NearMiss, Outcome, Step, Trace};
pub use zone::{NicId, Zone};
