//! The only place that touches a machine: the kernel's tools and throw-away network namespaces.
//!
//! ```text
//! Tools::find ─► Sandbox::enter ─► load(texts) ─► read_back ─► Loaded::differences(wanted)
//! ```
//!
//! - [`tools`] finds `ipset`, `iptables`, `ip6tables` and `ebtables` (named in [`tool`]), and runs them with a clean
//!   environment, a time limit and everything they say kept. No shell is ever involved.
//! - [`sandbox`] moves this process into an empty network namespace that dies with it: there is nothing to clean up,
//!   not even after `SIGKILL`.
//! - [`mod@load`] feeds whole rulesets to the tools and gets their dumps, which [`crate::readback`] reads.
//! - [`loaded`] counts what is in a restore text or in a dump, so that the two can be compared.
//! - [`netlink`] is a socket to the kernel; [`nflog`] reads the packets that rules log through one, and counts those that
//!   were lost. What they say, [`crate::log`] knows.
//!
//! Everything here blocks. A failure is an [`Error`] that names the tool, what it said and the line it complained about.
//! Firewall logic does not belong here: texts come in, counts go out.

pub mod apply;
pub mod before;
pub mod configuration;
pub mod confirm;
pub mod daemon;
pub mod error;
pub mod load;
pub mod loaded;
pub mod lockout;
pub mod logging;
pub mod machine;
pub mod netlink;
pub mod nflog;
pub mod plan;
pub mod process;
mod route;
pub mod rules;
pub mod sandbox;
pub mod settings;
pub mod status;
pub mod store;
pub mod tool;
pub mod tools;
pub mod verify;
pub mod watchdog;

mod generation;
mod run;
mod split;

pub use before::Before;
pub use error::{Error, Refusal};
pub use load::{Failed, Step, Texts, load, read_back, save};
pub use loaded::Loaded;
pub use machine::{Clock, Host, Machine};
pub use netlink::Netlink;
pub use nflog::Nflog;
pub use sandbox::Sandbox;
pub use store::Store;
pub use tool::{Tool, Variant};
pub use tools::Tools;
pub use watchdog::Again;
