//! The service that keeps a node's rules true.
//!
//! ```text
//! signals ─────────┐                                        ┌─► a process: `pvefw daemon-cycle` ─► Report ─┐
//! Lookout (files) ─┤                                        │                                             │
//! News (kernel) ───┼─► run.rs: one poll ─► core's Schedule ─┤◄─────────────────────────────────────────────┘
//! Control (socket) ┤                                        ├─► systemd, the journal
//! time ────────────┘                                        └─► Tally ─► status, metrics
//! ```
//!
//! The daemon itself only waits: [`run()`] sleeps in one `poll`, [`pvefw_core::host::daemon::Schedule`] decides. Whatever
//! takes long or may hang is done elsewhere: a run is a process of its own, which takes its memory with it when it ends and
//! can be killed; files are looked at by a thread, since a cluster file system that hangs would take us along.

mod act;
mod control;
mod lookout;
mod run;
mod sight;
mod tally;
mod worker;

pub(crate) mod client;

pub(crate) use run::run;

/// Where the daemon can be met.
pub(crate) const RUN: &str = "/run/pvefw";
/// Its lock there.
const LOCK: &str = "lock";
/// Its socket there.
const SOCKET: &str = "control";
/// Where the logger writes its metrics, as its unit says.
const LOGGER_METRICS: &str = "/run/pvefw-log/metrics";
