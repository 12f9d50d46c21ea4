//! A node in network namespaces, wired as Proxmox VE wires one, and real packets through the rules it has loaded.
//!
//! ```text
//! Ruleset + Questions ─► Prepared ─► Wiring::build ─► load ─► Exchange::run ─► Outcome of each packet
//! ```
//!
//! In: a ruleset, the node's networks, and questions as the simulator takes them. Out: what the kernel did with each
//! packet. What can go wrong: a packet that can't be sent says why, and the others go; a machine that does not allow
//! what it takes is an error. All that is made ends with the process, which must have a single thread.

extern crate alloc;

pub mod exchange;
pub mod frame;
pub mod lab;
pub mod machine;
pub mod observe;
pub mod packet;
pub mod topology;
pub mod verdict;
pub mod wiring;
