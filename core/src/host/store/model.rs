//! What the files hold. They are ours alone, but for [`LoggingRules`], which the logger reads: fields are only added.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// How the texts of a state came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Compiled from a configuration.
    #[default]
    Made,
    /// Dumped from the kernel: what was found there.
    Found,
}

/// A state that was, or is, loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its number.
    pub id: u64,
    /// When, in seconds since 1970.
    pub time: u64,
    /// Who: a user, as far as known.
    pub by: String,
    /// What they ran.
    pub command: String,
    /// The node it was compiled for.
    pub node: Option<String>,
    /// SHA-1 of the texts, in hexadecimal.
    pub digest: String,
    /// How its texts came about.
    pub form: Form,
    /// The state it is a copy of, if it was gone back to.
    pub copy_of: Option<u64>,
}

/// What was done last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The state that is loaded; `None`: nothing of ours, it was stopped.
    pub current: Option<u64>,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// The digest of what is loaded.
    pub digest: String,
    /// The digest of a state that was taken back, by hand or for want of a confirmation: nobody who is not told to shall
    /// load it again.
    pub rejected: Option<String>,
    /// What went wrong last, if nothing went well since.
    pub error: Option<Error>,
}

/// Something that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Error {
    /// When, in seconds since 1970.
    pub time: u64,
    /// What, and where.
    pub message: String,
}

/// A load that has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Journal {
    /// The state that was loaded before; `None`: nothing of ours.
    pub from: Option<u64>,
    /// The state that is loaded; `None`: everything of ours goes.
    pub to: Option<u64>,
    /// Whether the way is back to `from`, since something went wrong.
    pub undoing: bool,
    /// When, in seconds since 1970.
    pub time: u64,
    /// In which run of the machine.
    pub boot: String,
    /// The process.
    pub process: u32,
}

/// A state that waits to be confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pending {
    /// The state.
    pub state: Option<u64>,
    /// What to go back to; `None`: nothing of ours.
    pub back_to: Option<u64>,
    /// When it is over, in time since the machine was started.
    pub until: Duration,
    /// When it is over, in seconds since 1970; for people.
    pub deadline: u64,
    /// In which run of the machine.
    pub boot: String,
    /// The process that watches.
    pub watchdog: u32,
}

/// What the kernel printed of our chains when they were looked at last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// The state.
    pub state: Option<u64>,
    /// In which run of the machine, and in which network namespace.
    pub boot: String,
    /// `nft` or `legacy`.
    pub variant: String,
    /// The number of the rules then.
    pub generation: Option<u32>,
    /// When, in time since the machine was started.
    pub checked: Duration,
    /// A digest of the text of each chain: `v4 filter PVEFW-INPUT`.
    pub chains: BTreeMap<String, String>,
}

/// The rules that log, with their lines: what `applied.json` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggingRules {
    /// The number of the state.
    pub id: u64,
    /// When it was loaded, in seconds since 1970.
    pub time: u64,
    /// The node.
    pub node: Option<String>,
    /// The rules, in the order of family, table, chain and place.
    pub rules: Vec<Logging>,
}

/// A rule that logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logging {
    /// `v4` or `v6`.
    pub family: String,
    /// `filter` or `raw`.
    pub table: String,
    /// The chain it is in.
    pub chain: String,
    /// Its place in the chain, from 1.
    pub number: usize,
    /// The text that it puts in front of the log line.
    pub prefix: String,
    /// The rule as the restore tools take it.
    pub rule: String,
    /// The file of the line that it comes from, relative to the configuration root; none for what is built in.
    pub file: Option<String>,
    /// That line, from 1.
    pub line: Option<u32>,
    /// What the line says.
    pub text: Option<String>,
}
