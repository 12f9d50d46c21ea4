//! The typed model of one file: every value with the span it was read from.
//!
//! In: the lines of a `.fw` file as [`crate::syntax`] reads them ([`lower`]), or the text of a guest's configuration ([`nic`]) and of `corosync.conf`
//! ([`corosync`]). Out: [`File`] and diagnostics. A problem never stops the walk: the faulty line is marked and the next
//! one read.
//!
//! References to aliases, sets and groups are only names here; [`crate::policy`] resolves them.

pub mod corosync;
pub mod lower;
mod model;
pub mod nic;
pub mod options;
pub(crate) mod reference;
mod value;

pub use model::{
    AddressValue, Alias, DestinationPort, Direction, File, Group, IcmpValue, MacroUse, Member, MemberValue,
    PortsValue, Reference, Rule, RuleKind, Scope, Set, Spanned,
};
pub use value::{Action, Level, LogSetting, NAME_LIMIT, Vmid, is_definable_name};
