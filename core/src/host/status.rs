//! What there is to say about a node: what is loaded, since when, what of, and what went wrong.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Serialize;

use super::apply::Survey;
use super::machine::Clock;
use super::plan::Plan;
use super::store::{LastError, Pending, Record, Store};
use super::verify;

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of a JSON object")]
pub struct Status {
    /// Whether the configuration switches the firewall on.
    pub enabled: bool,
    /// Whether its rules are loaded.
    pub running: bool,
    /// Whether the configuration says something else than is loaded; nobody knows without the right to ask.
    pub pending_changes: Option<bool>,
    /// How much.
    pub changes: Option<String>,
    /// The state that is loaded.
    pub state: Option<u64>,
    /// Since when, in seconds since 1970.
    pub since: Option<u64>,
    /// The digest of what is loaded.
    pub digest: Option<String>,
    /// Whether what is loaded is no longer what was loaded.
    pub drift: Option<bool>,
    /// Chains of ours that somebody has changed.
    pub changed_chains: Vec<String>,
    /// A state that waits to be confirmed.
    pub waits: Option<Waits>,
    /// Whether a load was interrupted.
    pub interrupted: bool,
    /// Who is at work.
    pub busy: Option<String>,
    /// What went wrong last.
    pub last_error: Option<Wrong>,
    /// Whether the configuration has errors.
    pub errors: bool,
}

/// A state that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// Which; `None`: the removal of all rules.
    pub state: Option<u64>,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// When, in seconds since 1970.
    pub time: u64,
    /// What.
    pub message: String,
}

impl Status {
    /// As the state directory has it. `enabled` is what the configuration says.
    pub fn new(enabled: bool, store: &Store) -> Self {
        let Record { current, since, digest, error, .. } = store.record().unwrap_or_default();
        let loaded = current.is_some();
        Self {
            enabled,
            running: loaded,
            state: current,
            since: loaded.then_some(since),
            digest: loaded.then_some(digest),
            waits: store
                .pending()
                .filter(|pending| pending.boot == Clock::read().boot)
                .map(|Pending { state, deadline, .. }| Waits { state, until: deadline }),
            busy: store.holder().map(|holder| holder.to_string()),
            interrupted: store.journal().is_some() && store.holder().is_none(),
            last_error: error.map(|LastError { time, message }| Wrong { time, message }),
            ..Self::default()
        }
    }

    /// As the kernel has it, and what loading the configuration would change.
    pub fn look(&mut self, plan: &Plan, survey: &Survey) {
        self.pending_changes = Some(!plan.is_empty());
        self.changes = Some(plan.in_words()).filter(|words| !words.is_empty());
        self.running = !survey.kernel.rules.is_empty();
        self.drift = self.state.map(|state| survey.state != Some(state));
        self.changed_chains = survey
            .suspects
            .iter()
            .map(|(id, chain)| alloc::format!("{} {chain}", verify::name(*id)))
            .collect();
    }
}
