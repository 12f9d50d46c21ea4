//! Rules that were loaded, as one side of a diff.

use pvefw_core::diag::Sink;
use pvefw_core::diff::Side;
use pvefw_core::host::rules::Rules;
use pvefw_core::ir::Ruleset;
use pvefw_core::readback::{self, Saved};
use pvefw_core::text::Files;

/// Rules with the texts that they stand in.
pub(super) struct Loaded {
    files: Files,
    ruleset: Ruleset,
}

impl Loaded {
    /// What can be said of rules as they were dumped or stored. Lines that nobody here understands are left out.
    pub(super) fn new(rules: &Rules) -> Self {
        let texts = rules.texts();
        let mut files = Files::new();
        let saved = Saved {
            iptables: Some(files.add("loaded: iptables", texts.iptables)),
            ip6tables: Some(files.add("loaded: ip6tables", texts.ip6tables)),
            ipset: Some(files.add("loaded: ipset", texts.ipset)),
            ebtables: Some(files.add("loaded: ebtables", texts.ebtables)),
        };
        let dump = readback::read(&files, &saved, &mut Sink::new());
        Self { ruleset: readback::normal(&dump.ours().ruleset), files }
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side { ruleset: &self.ruleset, files: &self.files }
    }
}
