//! How much a plan loads, in words.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Changes, Plan};

impl Plan {
    /// How much it loads: `4 chains created, 1 changed; 2 sets created`. Empty if it loads nothing.
    pub fn in_words(&self) -> String {
        let mut chains = Count::default();
        for (_, changes) in &self.tables {
            chains.add(&changes.chains);
        }
        let hooks: usize =
            self.tables.iter().map(|(_, changes)| changes.hooked.len() + changes.unhooked.len()).sum();
        let mut sets = Count::default();
        sets.add(&self.sets);
        let mut parts = Vec::new();
        parts.extend(chains.words("chain"));
        parts.extend(sets.words("set"));
        if hooks > 0 {
            parts.push(format!("{hooks} hook{} changed", if hooks == 1 { "" } else { "s" }));
        }
        parts.join("; ")
    }
}

#[derive(Default)]
struct Count {
    created: usize,
    changed: usize,
    removed: usize,
}

impl Count {
    fn add(&mut self, changes: &Changes) {
        self.created += changes.created.len();
        self.changed += changes.changed.len();
        self.removed += changes.removed.len();
    }

    /// `1 chain created, 3 changed`
    fn words(&self, noun: &str) -> Option<String> {
        let counts = [(self.created, "created"), (self.changed, "changed"), (self.removed, "removed")];
        let mut parts: Vec<String> = Vec::new();
        for (count, verb) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let noun = match (parts.is_empty(), count) {
                (false, _) => String::new(),
                (true, 1) => format!(" {noun}"),
                (true, _) => format!(" {noun}s"),
            };
            parts.push(format!("{count}{noun} {verb}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
