//! What is written is read back: the texts of the restore tools are dumps, and tell the ruleset they were made from.

#![expect(clippy::unwrap_used, reason = "a test: whatever is wrong should stop it")]

extern crate alloc;

mod damage;
mod names;
mod rulesets;

use pvefw_core::diag::Sink;
use pvefw_core::emit::{self, Restore};
use pvefw_core::readback::{self, Saved};
use pvefw_core::text::Files;

#[test]
fn texts_tell_the_ruleset_they_were_made_from() {
    let rulesets = rulesets::rulesets().unwrap();
    assert!(rulesets.len() > 300, "{}", rulesets.len());
    for (name, ruleset) in rulesets {
        let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(&ruleset);
        let mut files = Files::new();
        let saved = Saved {
            iptables: Some(files.add("iptables-save", iptables)),
            ip6tables: Some(files.add("ip6tables-save", ip6tables)),
            ipset: Some(files.add("ipset", ipset)),
            ebtables: Some(files.add("ebtables", ebtables)),
        };
        let mut sink = Sink::new();
        let dump = readback::read(&files, &saved, &mut sink);
        assert_eq!(sink.into_sorted(), [], "{name}");
        let ours = dump.ours();
        let strange: Vec<_> =
            ours.strange.iter().map(|span| String::from_utf8_lossy(span.of(files.text(span.file)))).collect();
        assert_eq!(strange, [""; 0], "{name}");
        assert_eq!(rulesets::differences(&ours.ruleset, &ruleset), [""; 0], "{name}");
        assert_eq!(ours.ruleset, ruleset, "{name}");
        let normal = readback::normal(&ruleset);
        assert_eq!(rulesets::differences(&readback::normal(&normal), &normal), [""; 0], "{name}");
    }
}
