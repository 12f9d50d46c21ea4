//! Failures and outcomes in words.

use pvefw_core::host::Error;
use pvefw_core::host::apply::{Done, Failure, Left};
use pvefw_core::host::plan::{Changes, Plan};

use super::{WITHOUT_BRIDGE, in_words, is_of_bridge};
use crate::exit::Exit;
use crate::output::{Kind, Output};

/// Says what went wrong and what that leaves the node with.
pub(super) fn failure(failure: &Failure, output: &Output) -> Exit {
    output.notice(Kind::Error, format!("{}: {}", failure.stage, in_words(&failure.error)));
    if let Error::Refused(refusal) = &failure.error {
        for line in refusal.stderr.iter().skip(1) {
            output.aside(&format!("       {line}\n"));
        }
    }
    if let Some(help) = failure.error.advice() {
        output.notice(Kind::Help, help);
    }
    if is_of_bridge(&failure.error) {
        output.notice(Kind::Help, WITHOUT_BRIDGE);
    }
    match &failure.left {
        Left::Untouched => {
            output.notice(Kind::Note, "nothing was changed");
            Exit::Findings
        }
        Left::Undone => {
            output.notice(Kind::Note, "the old rules are back, and were found complete");
            Exit::Findings
        }
        Left::Broken(why) => {
            output.notice(Kind::Error, format!("the old rules could not be put back: {}", in_words(why)));
            output.notice(
                Kind::Help,
                "what is loaded now: `pvefw plan`; to try again: `pvefw rollback` or `pvefw apply`",
            );
            Exit::Broken
        }
    }
}

/// What was loaded, in a few words.
pub(super) fn done(done: &Done) -> String {
    match done {
        Done::Unchanged => "nothing to do".to_owned(),
        Done::Loaded(plan) if plan.is_empty() => "nothing had to be loaded: the rules were there".to_owned(),
        Done::Loaded(plan) => size(plan),
    }
}

/// How much a plan loads.
pub(super) fn size(plan: &Plan) -> String {
    let mut chains = Count::default();
    for (_, changes) in &plan.tables {
        chains.add(&changes.chains);
    }
    let hooks: usize =
        plan.tables.iter().map(|(_, changes)| changes.hooked.len() + changes.unhooked.len()).sum();
    let mut sets = Count::default();
    sets.add(&plan.sets);
    let mut parts = Vec::new();
    parts.extend(chains.words("chain"));
    parts.extend(sets.words("set"));
    if hooks > 0 {
        parts.push(format!("{hooks} hook{} changed", if hooks == 1 { "" } else { "s" }));
    }
    parts.join("; ")
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
