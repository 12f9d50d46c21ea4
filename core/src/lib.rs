//! The Proxmox VE firewall as an embeddable rule engine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod diag;
pub mod family;
pub mod tables;
pub mod text;

#[cfg(all(feature = "host", target_os = "linux"))]
pub mod host;

pub use family::Family;
