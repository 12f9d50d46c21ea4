//! What a daemon thinks: when to do what, what to load, and what it tells about itself. Nothing here waits, and nothing
//! but [`cycle`] touches the node.
//!
//! ```text
//! events ─► Schedule (a value) ─► actions ─► a process of its own: cycle ─► Report ─► Schedule, status, metrics
//! ```
//!
//! - [`schedule`] is the state machine: events and the time go in, actions come out.
//! - [`mod@cycle`] is one run: what is to be loaded, given what the configuration is like, and loading it.
//! - [`report`] is what a run says, and what it all adds up to.
//! - [`news`] hears what the kernel tells of interfaces, addresses and rules.

pub mod cycle;
pub mod news;
pub mod report;
pub mod schedule;
#[cfg(test)]
mod tests;

pub use cycle::Wish;
pub use news::News;
pub use report::{Configuration, Report, Result};
pub use schedule::{Action, Cause, Ended, Event, Schedule, Work};
