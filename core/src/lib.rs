//! The Proxmox VE firewall as an embeddable rule engine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod compile;
pub mod config;
pub mod datacenter;
pub mod diag;
pub mod emit;
pub mod facts;
pub mod family;
pub mod ir;
mod lint;
pub mod policy;
#[cfg(feature = "serde")]
pub mod report;
pub mod syntax;
pub mod tables;
pub mod text;

#[cfg(all(feature = "host", target_os = "linux"))]
pub mod host;

pub use family::Family;
