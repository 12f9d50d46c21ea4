//! The service that writes what rules log.
//!
//! ```text
//! NFLOG, conntrack ─► pvefw_core::log (lines) ─► LogFile ─► /var/log/pve-firewall.log
//! ```
//!
//! One thread, one loop (`run.rs`): it sleeps until the kernel has something, turns that into lines, and writes them in
//! one go. While the disk is slow or full the kernel keeps packets, then counts what it drops; nothing here grows without
//! bound, and nothing is lost without being counted.

mod clock;
mod file;
mod lock;
mod metrics;
mod names;
mod run;

pub(crate) use run::run;

/// Where lines go.
pub(crate) const LOG: &str = "/var/log/pve-firewall.log";
/// The lock of pvefw-logger: it and this service exclude each other.
pub(crate) const LOCK: &str = "/run/lock/pvefw-logger.lck";
/// Where the daemon says whether connections are logged: the first byte is `1`.
const CONNTRACK: &str = "/var/lib/pve-firewall/log_nf_conntrack";
