//! The lab: the referee between the simulator and a kernel. `pvefw-wire` wires the node and sends the packets.
//!
//! ```text
//! random, or a folder ─► Case ─► pvefw_wire: Outcome of each packet ─► Oracle ─► Report
//! ```

extern crate alloc;

pub mod args;
pub mod case;
pub mod coverage;
pub mod oracle;
pub mod question;
pub mod random;
pub mod session;
pub mod shrink;
