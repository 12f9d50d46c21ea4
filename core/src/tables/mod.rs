//! What is known about the world, as rows: macros, protocols, services, ICMP types, ethertypes, conntrack helpers and
//! log levels.
//!
//! In: a name or a number as somebody wrote it. Out: the row, or nothing; `macros::index("ssh")` finds the row `SSH`.
//! Everything is constant data, one fact a row; nothing here allocates, reads a file or knows a rule.
//!
//! Where the facts come from:
//!
//! | Module | Source |
//! |---|---|
//! | [`macros`], [`icmp`], [`helpers`], [`log_levels`] | what pve-firewall 6.0.4 accepts |
//! | [`services`], [`protocols`], [`ethertypes`] | `/etc/services`, `/etc/protocols` and `/etc/ethertypes` of Debian 12 (netbase 6.4) |
//!
//! The last three stand in for the files of a node where a caller passes none; a node's own files may know more. Which
//! names are allowed where (ports need `-p`, ICMP types need an ICMP protocol) is not decided here, and numbers written
//! as text are the caller's to parse.

mod order;

pub mod ethertypes;
pub mod helpers;
pub mod icmp;
pub mod log_levels;
pub mod macros;
pub mod protocols;
pub mod services;
