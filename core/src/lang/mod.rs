//! What editors ask about a place in a file: what could stand here, what is this, where is it defined?
//!
//! In: a [`Datacenter`](crate::datacenter::Datacenter), a file of it, and a byte offset. Out: plain data with spans. Nothing
//! here changes anything or can fail; where there is nothing to say, nothing is said. Answers are for half-written lines,
//! too: they are found from tokens, not from rules that are right.

pub mod complete;
pub mod fixes;
pub mod format;
pub mod hover;
mod outline;
mod place;
pub mod symbols;
mod words;
