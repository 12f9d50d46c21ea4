//! The Proxmox VE firewall as an embeddable rule engine.
//!
//! It reads the `.fw` files of a whole datacenter, says what is wrong with them, and compiles the iptables, ip6tables,
//! ipset and ebtables rulesets of a node, byte for byte as pve-firewall feeds them to the restore tools.
//!
//! ```
//! use pvefw_core::{datacenter::Datacenter, diag::codes, facts::Facts};
//!
//! let mut datacenter = Datacenter::new();
//! datacenter.add("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN HTPS(ACCEPT)\n");
//! let found = datacenter.check(&Facts::default()).into_sorted();
//! assert_eq!(found[0].code, codes::UNKNOWN_MACRO);
//! assert_eq!(found[0].fixes[0].title, "write `HTTPS`");
//! ```
//!
//! # The way through the crate
//!
//! | stage | from | to |
//! | --- | --- | --- |
//! | [`syntax`] | any bytes | a lossless tree |
//! | [`config`] | a tree | a typed model, every value with its span |
//! | [`policy`] | models and [`facts`] | rules with references resolved and macros expanded |
//! | [`compile`] | a policy | [`ir`]: chains, rules and sets as types, each with its origin |
//! | [`emit`] | IR | the text of the restore tools |
//! | [`readback`] | the text of the save tools | what is loaded, and [`ir`] again |
//!
//! [`datacenter`] runs the stages over all files. Each stage returns its value *and* reports to [`diag`]: nothing stops at
//! the first mistake, and a line with an error never becomes a rule. Knowledge (macros, protocols, services, …) is in
//! [`tables`]; files, spans and lines are in [`text`].
//!
//! # Features
//!
//! Without features the crate needs `core` and `alloc` only. No stage does I/O, asks the clock or the environment, or
//! depends on hash order: same input, same bytes out.
//!
//! - `std` (default): nothing but `std` for dependencies that profit from it.
//! - `serde`: JSON of facts and reports (`report`).
//! - `render`: diagnostics for terminals (`diag::render`).
//! - `host` (Linux): the kernel's tools and throw-away namespaces (`host`).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod datacenter;

pub mod text;

pub mod diag;

pub mod family;
pub mod tables;

pub mod syntax;

pub mod config;

pub mod facts;
pub mod policy;

pub mod compile;
pub mod ir;

pub mod emit;
pub mod readback;
pub mod sim;

pub mod diff;

pub mod netlink;

pub mod log;

pub mod policy_test;

pub mod edit;
pub mod lang;
pub mod session;

mod decimal;
mod lint;
mod parallel;

#[cfg(feature = "serde")]
pub mod report;

#[cfg(all(feature = "host", target_os = "linux"))]
pub mod host;

pub use family::Family;
