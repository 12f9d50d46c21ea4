//! The lab: rulesets in a real kernel, on a node wired as Proxmox VE wires one, and real packets through it.
//!
//! ```text
//! Case ─► Topology ─► Wiring::build ─► load ─► Exchange::run ─► Outcome of each packet
//! ```

extern crate alloc;

pub mod args;
pub mod case;
pub mod coverage;
pub mod exchange;
pub mod frame;
pub mod lab;
pub mod machine;
pub mod observe;
pub mod oracle;
pub mod packet;
pub mod question;
pub mod random;
pub mod session;
pub mod shrink;
pub mod topology;
pub mod wiring;
