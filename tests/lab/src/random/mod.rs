//! Datacenters and packets made up, the same for the same seed.

pub mod config;
pub mod dice;
