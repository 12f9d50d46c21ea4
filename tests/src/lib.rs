//! Tests of pvefw: scenarios in Markdown, conformance with pve-firewall, laws, and rulesets in a real kernel.
//!
//! `tests/suite/readme.md` explains how a scenario is written. What is here reads, runs and blesses them; the tests
//! themselves are in `tests/tests`.

extern crate alloc;

pub mod bless;
pub mod conformance;
pub mod cursor;
pub mod folder;
pub mod generate;
pub mod load;
pub mod packet;
pub mod program;
pub mod readback;
pub mod report;
pub mod root;
pub mod run;
pub mod shares;
