//! Rules that were loaded, as one side of a diff.

use crate::diag::Sink;
use crate::diff::{Entries, Side};
use crate::ir::Ruleset;
use crate::readback::{self, Saved};
use crate::text::Files;

use super::configuration;
use super::rules::Rules;
use super::store::Store;

/// Rules with the texts that they come from.
#[derive(Debug)]
pub struct Before {
    files: Files,
    ruleset: Ruleset,
    /// Whether they come from a configuration. Others come from a dump, whose lines nobody has written.
    compiled: bool,
}

impl Before {
    /// A stored state: by its configuration, where it was compiled from one.
    pub fn state(store: &Store, id: u64, rules: &Rules) -> Self {
        match configuration::compiled(store, id) {
            Some((files, ruleset)) => Self { files, ruleset, compiled: true },
            None => Self::dumped(rules),
        }
    }

    /// What can be said of rules as they were dumped. Lines that nobody here understands are left out.
    pub fn dumped(rules: &Rules) -> Self {
        let texts = rules.texts();
        let mut files = Files::new();
        let saved = Saved {
            iptables: Some(files.add("loaded: iptables", texts.iptables)),
            ip6tables: Some(files.add("loaded: ip6tables", texts.ip6tables)),
            ipset: Some(files.add("loaded: ipset", texts.ipset)),
            ebtables: Some(files.add("loaded: ebtables", texts.ebtables)),
        };
        let dump = readback::read(&files, &saved, &mut Sink::new());
        Self { ruleset: readback::normal(&dump.ours().ruleset), files, compiled: false }
    }

    /// Whether they come from a configuration.
    pub const fn is_compiled(&self) -> bool {
        self.compiled
    }

    /// The form in which a compiled ruleset can be compared with this one.
    pub fn comparable(&self, ruleset: &Ruleset) -> Ruleset {
        if self.compiled { ruleset.clone() } else { readback::normal(ruleset) }
    }

    /// One side of a diff.
    pub fn side(&self) -> Side<'_> {
        Side { ruleset: &self.ruleset, files: &self.files }
    }
}

/// Leaves out lines that change no rule: between a configuration and a dump that is all of them.
pub fn only_effects(entries: &mut Entries<'_, '_>) {
    entries
        .entries
        .retain(|entry| !entry.rules.is_empty() || !entry.members.is_empty() || !entry.resized.is_empty());
}
