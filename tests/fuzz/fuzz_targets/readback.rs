//! Any bytes as the dumps of the kernel's tools: no panic, no hang, and what is ours stays the same when it is written
//! and read again.
//!
//! An input is one or several dumps with a NUL byte between them, in the order of [`DUMPS`]. Where an input has fewer,
//! the first stands for those that are missing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvefw_core::diag::{Sink, render};
use pvefw_core::emit::{self, Restore};
use pvefw_core::ir::{BridgeTarget, Ruleset, Target};
use pvefw_core::readback::{self, Ours, Saved};
use pvefw_core::text::Files;

/// One dump of each tool.
const DUMPS: [&str; 4] = ["iptables-save", "ip6tables-save", "ipset", "ebtables"];

fuzz_target!(|input: &[u8]| {
    let first = input.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut texts = input.split(|byte| *byte == 0).chain(core::iter::repeat(first));
    let Ours { ruleset, .. } = read(DUMPS.map(|_| texts.next().unwrap_or_default().to_vec()));
    let normal = readback::normal(&ruleset);
    assert_eq!(readback::normal(&normal), normal);
    if plain(&ruleset) {
        let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(&ruleset);
        let again = read([iptables, ip6tables, ipset, ebtables].map(String::into_bytes));
        assert!(again.strange.is_empty(), "{:?}", again.strange);
        assert_eq!(again.ruleset, ruleset);
    }
});

fn read(texts: [Vec<u8>; 4]) -> Ours {
    let mut files = Files::new();
    let mut file = DUMPS.into_iter().zip(texts).map(|(name, text)| Some(files.add(name, text)));
    let mut next = || file.next().flatten();
    let saved = Saved { iptables: next(), ip6tables: next(), ipset: next(), ebtables: next() };
    let mut sink = Sink::new();
    let dump = readback::read(&files, &saved, &mut sink);
    for diagnostic in sink.into_sorted().iter().take(20) {
        let text = files.text(diagnostic.span.file);
        assert!(diagnostic.span.range().end <= text.len(), "{diagnostic:?}");
        let shown = render::one(diagnostic, &files, &render::Options::default());
        assert!(shown.contains(diagnostic.code.name()));
    }
    dump.ours()
}

/// Whether what a ruleset says can be written to the letter: a jump needs its chain in the same table, and a log prefix
/// has no quotes.
fn plain(ruleset: &Ruleset) -> bool {
    let bridge = &ruleset.bridge.chains;
    bridge.values().flat_map(|chain| &chain.rules).all(|rule| match &rule.target {
        BridgeTarget::Jump(chain) => bridge.contains_key(chain),
        _ => true,
    }) && [&ruleset.v4, &ruleset.v6].into_iter().flat_map(|tables| [&tables.filter, &tables.raw]).all(
        |table| {
            let has = |chain| table.chains.contains_key(chain);
            let rules = table.chains.values().flat_map(|chain| &chain.rules);
            table.hooks.iter().all(|hook| has(&hook.to))
                && rules.map(|rule| &rule.target).all(|target| match target {
                    Target::Jump(chain) | Target::Goto(chain) => has(chain),
                    Target::Log { prefix } => {
                        !prefix.contains(|c: char| c == '"' || c == '\\' || c.is_control())
                    }
                    _ => true,
                })
        },
    )
}
