//! The state directory: what was applied, what is being applied, what waits to be confirmed.
//!
//! ```text
//! lock                flock of whoever changes anything; says who
//! record.json         which state is loaded, since when; the last error
//! journal.json        a load that has begun and not ended
//! pending.json        a state that waits to be confirmed
//! loaded.json         what the kernel printed of each chain of ours: to know it again
//! applied.json        the rules that log, with their lines (for `pvefw log`)
//! states/7/           a state: state.json, the inputs of the four restore tools, the rules that log, the configuration
//! ```
//!
//! INVARIANT: every file is complete at any moment: it is written under another name, synced, and renamed. What is not
//! under its own name after a power loss never was there. `journal.json`, `loaded.json` and `applied.json` tell of rules that
//! are gone then, and are not waited for.

mod files;
mod lock;
mod model;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) use files::Unfinished;
pub use lock::{Guard, Holder};
pub use model::{Error as LastError, Form, Journal, Known, Logging, LoggingRules, Pending, Record, State};

use super::error::Error;
use super::load::Texts;
use super::rules::{Detail, Rules};
use crate::emit::Restore;

/// States that are kept for going back to.
pub const KEPT: usize = 10;

/// Where the state is unless told.
pub const USUAL: &str = "/var/lib/pvefw";

/// What pve-firewall locks while it changes rules (spec 08 section 8).
const OTHERS: &str = "/run/lock/pvefw.lck";

const RECORD: &str = "record.json";
const JOURNAL: &str = "journal.json";
const PENDING: &str = "pending.json";
const KNOWN: &str = "loaded.json";
const LOGGING: &str = "applied.json";
const STATES: &str = "states";
const STATE: &str = "state.json";
const STATE_CONFIGURATION: &str = "configuration.json";
const STATE_LOGGING: &str = "logging.json";

/// A state directory.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    /// A lock that other programs take, too.
    shared: Option<PathBuf>,
}

impl Store {
    /// The state in a folder, which need not exist. Whoever locks the [usual](USUAL) one keeps pve-firewall from changing
    /// rules, too.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let shared = (folder == Path::new(USUAL)).then(|| OTHERS.into());
        Self { folder, shared }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, and the lock ours until the guard is dropped or the process ends, however it ends.
    ///
    /// `command` is what others are told who come meanwhile.
    ///
    /// # Errors
    /// [`Error::Busy`] when somebody has it and keeps it for `patience`, or pve-firewall is at work for as long.
    pub fn lock(&self, command: &str, patience: core::time::Duration) -> Result<Guard, Error> {
        files::make_folder(&self.folder)?;
        files::make_folder(&self.folder.join(STATES))?;
        lock::take(&self.folder, self.shared.as_deref(), command, patience)
    }

    /// Who holds the lock at the moment.
    pub fn holder(&self) -> Option<Holder> {
        lock::holder(&self.folder)
    }

    /// What was done last. `None`: nothing ever, or it can't be read.
    pub fn record(&self) -> Option<Record> {
        files::read_json(&self.folder.join(RECORD))
    }

    /// The load that has begun and not ended.
    pub fn journal(&self) -> Option<Journal> {
        files::read_json(&self.folder.join(JOURNAL))
    }

    /// The state that waits to be confirmed.
    pub fn pending(&self) -> Option<Pending> {
        files::read_json(&self.folder.join(PENDING))
    }

    /// What was loaded when it was looked at last.
    pub fn known(&self) -> Option<Known> {
        files::read_json(&self.folder.join(KNOWN))
    }

    /// The rules that log, with their lines.
    pub fn logging(&self) -> Option<LoggingRules> {
        files::read_json(&self.folder.join(LOGGING))
    }

    /// Puts down what was done.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn set_record(&self, record: &Record) -> Result<(), Error> {
        files::write_json(&self.folder, RECORD, record)
    }

    /// Puts down what is about to be loaded; from here on a run that ends early is known to have done so.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn begin(&self, journal: &Journal) -> Result<(), Error> {
        files::write_for_now(&self.folder, JOURNAL, journal)
    }

    /// The load has ended.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn end(&self) -> Result<(), Error> {
        files::remove_for_now(&self.folder, JOURNAL)
    }

    /// Puts down what waits to be confirmed, or that nothing does.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn set_pending(&self, pending: Option<&Pending>) -> Result<(), Error> {
        match pending {
            Some(pending) => files::write_json(&self.folder, PENDING, pending),
            None => files::remove(&self.folder, PENDING),
        }
    }

    /// Puts down how a load has ended, before [`Store::end`].
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn conclude(&self, known: &Known, logging: &LoggingRules, record: &Record) -> Result<(), Error> {
        // What is loaded is gone with a restart, and what is known of it with that.
        self.set_known(known)?;
        files::write_for_now(&self.folder, LOGGING, logging)?;
        self.set_record(record)
    }

    /// Puts down what is loaded.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn set_known(&self, known: &Known) -> Result<(), Error> {
        files::write_for_now(&self.folder, KNOWN, known)
    }

    /// The states that there are, oldest first.
    pub fn states(&self) -> Vec<State> {
        let mut states: Vec<State> = self.numbers().into_iter().filter_map(|id| self.state(id)).collect();
        states.sort_by_key(|state| state.id);
        states
    }

    /// A state.
    pub fn state(&self, id: u64) -> Option<State> {
        files::read_json(&self.state_folder(id).join(STATE))
    }

    /// The rules of a state that log.
    pub fn state_logging(&self, id: u64) -> Vec<Logging> {
        files::read_json(&self.state_folder(id).join(STATE_LOGGING)).unwrap_or_default()
    }

    /// What a state was compiled from, if it was.
    pub fn configuration(&self, id: u64) -> Option<String> {
        files::read_text(&self.state_folder(id).join(STATE_CONFIGURATION))
            .ok()
            .filter(|text| !text.is_empty())
    }

    /// The texts of a state.
    ///
    /// # Errors
    /// [`Error::File`] when there is no such state.
    pub fn texts(&self, id: u64) -> Result<Restore, Error> {
        let folder = self.state_folder(id);
        let read = |name: &str| files::read_text(&folder.join(name));
        Ok(Restore {
            ipset: read("ipset")?,
            ebtables: read("ebtables")?,
            iptables: read("iptables")?,
            ip6tables: read("ip6tables")?,
        })
    }

    /// The rules of a state.
    ///
    /// # Errors
    /// As [`Store::texts`].
    pub fn rules(&self, id: u64, detail: Detail) -> Result<Rules, Error> {
        self.texts(id).map(|texts| Rules::read(&Texts::from(&texts), detail))
    }

    /// The number of the next state.
    pub fn next(&self) -> u64 {
        self.numbers().last().map_or(1, |last| last + 1)
    }

    /// Writes a state, which is there once that is finished; a text that is that of the state `like` shares its place on
    /// the disk.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(super) fn store(
        &self,
        state: &State,
        texts: &Texts<'_>,
        logging: &[Logging],
        configuration: &str,
        like: Option<u64>,
    ) -> Result<Unfinished, Error> {
        let logging = serde_json::to_string(logging).unwrap_or_default();
        let contents = [
            (STATE_LOGGING, logging.as_str()),
            (STATE_CONFIGURATION, configuration),
            ("ipset", texts.ipset),
            ("iptables", texts.iptables),
            ("ip6tables", texts.ip6tables),
            ("ebtables", texts.ebtables),
        ];
        let like = like.map(|id| self.state_folder(id));
        files::write_folder(
            &self.folder.join(STATES),
            &state.id.to_string(),
            like.as_deref(),
            STATE,
            state,
            &contents,
        )
    }

    /// Removes a state that was never loaded.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn forget(&self, id: u64) -> Result<(), Error> {
        files::remove_folder(&self.folder.join(STATES), &id.to_string())
    }

    /// Removes the oldest states beyond those that are kept, and what a killed run has left of others. Those named stay.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn prune(&self, needed: &[u64]) -> Result<(), Error> {
        files::remove_unfinished(&self.folder);
        files::remove_unfinished(&self.folder.join(STATES));
        let numbers = self.numbers();
        let old = numbers.len().saturating_sub(KEPT);
        for id in numbers.iter().take(old).filter(|id| !needed.contains(id)) {
            self.forget(*id)?;
        }
        Ok(())
    }

    fn state_folder(&self, id: u64) -> PathBuf {
        self.folder.join(STATES).join(id.to_string())
    }

    /// Numbers of all states, smallest first.
    fn numbers(&self) -> Vec<u64> {
        let Ok(entries) = fs::read_dir(self.folder.join(STATES)) else { return Vec::new() };
        let mut numbers: Vec<u64> =
            entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }
}

impl<'a> From<&'a Restore> for Texts<'a> {
    fn from(texts: &'a Restore) -> Self {
        Self {
            ipset: &texts.ipset,
            iptables: &texts.iptables,
            ip6tables: &texts.ip6tables,
            ebtables: &texts.ebtables,
        }
    }
}

#[cfg(test)]
mod tests;
