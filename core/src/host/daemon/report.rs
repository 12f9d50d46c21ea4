//! What a run says of itself: one line of JSON on its stdout.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::schedule::Ended;
use crate::diff::TableId;
use crate::host::rules::Rules;

/// What the configuration is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Configuration {
    /// It has no errors.
    #[default]
    Good,
    /// It has errors: the last good rules stay.
    Faulty,
    /// It has errors, and is loaded without the faulty lines: that was asked for, or there is nothing else to load.
    Partial,
    /// It was taken back by somebody: the rules that were put back stay.
    Rejected,
    /// It is not there: the last rules stay.
    Gone,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// Everything was as it should be.
    #[default]
    Unchanged,
    /// Something was loaded.
    Loaded,
    /// It has to wait for somebody: see the message.
    Waits,
    /// It failed, and the old rules are there: see the message.
    Failed,
    /// It failed, and the old rules could not be put back.
    Broken,
}

/// What a run says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// What it came to.
    pub result: Result,
    /// What the configuration is like.
    pub configuration: Configuration,
    /// Whether the firewall is switched on.
    pub enabled: bool,
    /// What was loaded, or what is wrong.
    pub message: String,
    /// What is wrong with the configuration, the first few: `firewall/100.fw:12: …`.
    pub findings: Vec<String>,
    /// How many errors there are.
    pub errors: u64,
    /// Things that do not stop it: a kernel setting that can't be written, for example.
    pub warnings: Vec<String>,
    /// The state that is loaded.
    pub state: Option<u64>,
    /// Whether somebody else had changed what was loaded.
    pub drift: bool,
    /// The number of the rules in the kernel, where it counts.
    pub generation: Option<u32>,
    /// What is loaded now,
    pub loaded: Loaded,
    /// if the run knows: it does not where it leaves alone what somebody else has loaded.
    pub loaded_known: bool,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// How much is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Loaded {
    /// Chains of all tables.
    pub chains: usize,
    /// Rules of all chains.
    pub rules: usize,
    /// Sets.
    pub sets: usize,
    /// Members of all sets.
    pub members: usize,
}

impl Loaded {
    /// Counts.
    pub fn of(rules: &Rules) -> Self {
        let chains = || TableId::ALL.into_iter().flat_map(|id| rules.table(id).chains.values());
        Self {
            chains: chains().count(),
            rules: chains().map(super::super::rules::Chain::rules).sum(),
            sets: rules.sets.len(),
            members: rules.sets.values().map(|set| set.members.len()).sum(),
        }
    }
}

impl Report {
    /// Of a run that could not do anything.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { result: Result::Failed, message: message.into(), ..Self::default() }
    }

    /// What the schedule has to know of it.
    pub const fn ended(&self) -> Ended {
        match (self.result, self.configuration) {
            (Result::Failed | Result::Broken, _) => Ended::Failed,
            (Result::Waits, _) | (_, Configuration::Gone) => Ended::Waits,
            (Result::Unchanged | Result::Loaded, _) => Ended::Settled { told: self.generation.is_some() },
        }
    }
}
