//! Any bytes as the files of a datacenter, from text to restore input: no panic, no hang. And after an edit, the lines that
//! have changed say what the whole file would.
//!
//! An input is one or several files with a NUL byte between them, in the order of [`FILES`]. Where an input has fewer
//! files than there are names, the first stands for those that are missing: so a plain `.fw` file is a good seed, and
//! is read as a file of every kind at once.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use pvefw_core::Family;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Severity, codes, render};
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Maker;
use pvefw_core::syntax::Tree;
use pvefw_core::text::{LineIndex, Span};

/// One file of each kind, named as below `/etc/pve`.
const FILES: [&str; 6] = [
    "firewall/cluster.fw",
    "firewall/100.fw",
    "nodes/n1/host.fw",
    "sdn/firewall/vnet0.fw",
    "nodes/n1/qemu-server/100.conf",
    "corosync.conf",
];

fuzz_target!(|input: &[u8]| {
    run(files(input));
    edit(files(input).next().unwrap_or_default().1);
});

/// The files an input stands for.
fn files(input: &[u8]) -> impl Iterator<Item = (&'static str, &[u8])> {
    let first = input.split(|byte| *byte == 0).next().unwrap_or_default();
    let texts = input.split(|byte| *byte == 0).chain(core::iter::repeat(first));
    FILES.into_iter().zip(texts)
}

/// What edits put in the place of some bytes.
const PIECES: [&[u8]; 4] = [b"", b"\n", b" -x", b"IN DROP -p tcp -dport 1\n"];

/// Edits a file in several places, one behind the other, and reads it again after each.
fn edit(text: &[u8]) {
    let facts = Facts { node: Some("n1".to_owned()), ..Facts::default() };
    let mut text = [b"[OPTIONS]\nenable: 1\n", text].concat();
    let mut kept = Datacenter::new();
    kept.add(FILES[0], text.clone());
    kept.keep_read(&facts);
    for (turn, piece) in PIECES.into_iter().enumerate() {
        let sum = text.iter().fold(turn, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        let at = sum % (text.len() + 1);
        let end = (at + sum % 3).min(text.len());
        text.splice(at..end, piece.iter().copied());
        kept.add(FILES[0], text.clone());
        kept.keep_read(&facts);
        let mut anew = Datacenter::new();
        anew.add(FILES[0], text.clone());
        let all = |datacenter: &Datacenter| {
            let (ruleset, sink) = datacenter.compile(&facts);
            (
                format!("{:?}", datacenter.check(&facts).into_sorted()),
                sink.into_sorted(),
                emit::restore(&ruleset),
            )
        };
        assert_eq!(all(&kept), all(&anew), "{}", String::from_utf8_lossy(&text));
    }
}

/// What is tried: the trees print back every byte; the datacenter is checked, compiled with the firewall on, and
/// written; every finding has a place that can be shown; no line with an error makes a rule.
fn run<'a>(files: impl Iterator<Item = (&'static str, &'a [u8])>) {
    let mut datacenter = Datacenter::new();
    for (name, text) in files {
        assert_eq!(Tree::parse(text).print(), text);
        let mut text = text.to_vec();
        if name == "firewall/cluster.fw" {
            text.extend_from_slice(b"\n[OPTIONS]\nenable: 1\n");
        }
        datacenter.add(name, text);
    }
    let facts = Facts { node: Some("n1".to_owned()), ..Facts::default() };
    let checked = datacenter.check(&facts);
    let (ruleset, sink) = datacenter.compile(&facts);
    let options = render::Options::default();
    let mut faulty = BTreeSet::new();
    for diagnostic in sink.into_sorted() {
        if diagnostic.severity == Severity::Error && diagnostic.code != codes::UNKNOWN_GROUP {
            faulty.insert(line(&datacenter, diagnostic.span));
        }
        assert!(!render::concise(&diagnostic, datacenter.files()).is_empty());
    }
    for diagnostic in checked.into_sorted().iter().take(20) {
        assert!(render::one(diagnostic, datacenter.files(), &options).contains(diagnostic.code.name()));
    }
    for family in Family::BOTH {
        for rule in ruleset.tables(family).filter.chains.values().flat_map(|chain| &chain.rules) {
            if let (Some(span), Maker::Line | Maker::Macro { .. }) = (rule.origin.span, rule.origin.maker) {
                let place = line(&datacenter, span);
                assert!(!faulty.contains(&place), "{place:?} has an error and makes {rule:?}");
            }
        }
    }
    let restore = emit::restore(&ruleset);
    for text in [&restore.ipset, &restore.ebtables, &restore.iptables, &restore.ip6tables] {
        for line in text.lines() {
            assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
            let known = ["-A ", ":", "*", "COMMIT", "create ", "add "];
            assert!(known.iter().any(|start| line.starts_with(start)), "{line:?}");
        }
    }
}

fn line(datacenter: &Datacenter, span: Span) -> (u32, u32) {
    let text = datacenter.files().text(span.file);
    assert!(span.end as usize <= text.len(), "{span:?} lies outside of its file");
    (span.file.0, LineIndex::new(text).line(span.start))
}
