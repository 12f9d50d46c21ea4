//! The log: from what the kernel tells about packets to lines, and from lines back.
//!
//! ```text
//! netlink datagram ─► netlink::Messages ─► event::Event ──────► line::packet ─────┐
//!                                      └─► conntrack::Event ─► line::connection ─┴─► line ─► entry::Entry
//! ```
//!
//! A line is what pvefw-logger writes for the same packet, byte for byte, but for its mistakes (Q37):
//!
//! ```text
//! 117 6 tap117i0-IN 14/Mar/2026:12:47:07 +0100 policy DROP: IN=fwbr117i0 OUT=fwbr117i0 … SRC=10.0.0.1 DST=… PROTO=TCP …
//! ```
//!
//! Nothing here reads a socket, a clock or a file. Any bytes are input: what is too short or makes no sense is said so in
//! the line, or left out.

pub mod conntrack;
pub mod entry;
pub mod event;
pub mod line;
pub mod links;
pub mod packet;
pub mod prefix;
pub mod responsible;
pub mod stamp;
mod write;

pub use entry::Entry;
pub use event::Event;
pub use links::Links;
