//! Laws that hold for any input: random bytes, and real files with random damage.

extern crate alloc;

mod apply;
mod damage;

use alloc::collections::BTreeSet;

use proptest::prelude::*;
use pvefw_core::Family;
use pvefw_core::diag::{Counts, Diagnostic, Severity, Sink, codes, render};
use pvefw_core::diff::{self, Diff, Entries, Presence, Side};
use pvefw_core::emit;
use pvefw_core::ir::Ruleset;
use pvefw_core::policy_test;
use pvefw_core::report::Check;
use pvefw_core::syntax::Tree;
use pvefw_core::text::{Files, Span};
use pvefw_tests::conformance;
use pvefw_tests::readback::round_trip;

use damage::{CORPUS, Real, damaged};

/// `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(cases);
    // What fails is printed in full and belongs into a scenario, not into a file of seeds.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn the_tree_prints_any_bytes(text in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(Tree::parse(&text).print(), text);
    }

    #[test]
    fn the_tree_prints_any_soup_of_words(words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..60)) {
        let text = words.concat();
        prop_assert_eq!(Tree::parse(&text).print(), text);
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn any_bytes_are_policy_tests(text in prop::collection::vec(any::<u8>(), 0..400)) {
        read_tests(&text)?;
    }

    #[test]
    fn any_soup_of_toml_is_policy_tests(words in prop::collection::vec(prop::sample::select(TOML.to_vec()), 0..60)) {
        read_tests(words.concat().as_bytes())?;
    }
}

/// What is read is within bounds, and nothing is left out in silence.
fn read_tests(text: &[u8]) -> Result<(), TestCaseError> {
    let mut files = Files::new();
    let file = files.add("tests.toml", text);
    let mut sink = Sink::new();
    let found = policy_test::read(file, text, &mut sink);
    let packets: usize = found.tests.iter().map(|test| test.questions.len()).sum();
    prop_assert!(packets <= policy_test::MOST_PACKETS);
    prop_assert!(found.tests.iter().all(|test| !test.questions.is_empty()));
    // What stands in a string over several lines is no header.
    let long_strings =
        ["\"\"\"", "'''"].iter().any(|quotes| text.windows(3).any(|three| three == quotes.as_bytes()));
    let headers = text.split(|byte| *byte == b'\n').filter(|line| *line == b"[[test]]").count();
    let counts = sink.counts();
    prop_assert!(long_strings || found.tests.len() >= headers || counts.errors > 0, "{found:?}");
    let diagnostics = sink.into_sorted();
    reports_are_safe_to_show(&files, &diagnostics, counts)?;
    spans_lie_in_their_files(&files, diagnostics.iter())
}

/// Pieces of a file of tests.
const TOML: [&str; 34] = [
    "[[test]]\n",
    "[[test]]\n",
    "[[test]]\n",
    "from = \"outside\"\n",
    "from = ['host', 'vm1']\n",
    "to = 'vm100'\n",
    "to = \"vm100\"\n",
    "expect = \"accept\"\n",
    "expect = 'blocked'\n",
    "dport = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n",
    "sport = [1, 2, 3, 4, 5, 6, 7, 8, 9, '10']\n",
    "name = \"ü\"\n",
    "rule = 'a:1'\n",
    "[test]\n",
    "test = []\n",
    "test = [{from='host',to='vm1',expect='drop'}]\n",
    "[[test.x]]\n",
    "[[tests]]\n",
    "\n",
    "\n",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "# x\n",
    "\\u0000",
    "\u{202e}",
    "1979-05-27",
    "0x1F",
];

/// Pieces of the language.
const WORDS: [&[u8]; 32] = [
    b"[OPTIONS]",
    b"[RULES]",
    b"[ALIASES]",
    b"[IPSET a]",
    b"[group b] # c",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b" ",
    b" ",
    b"  ",
    b"\t",
    b"|",
    b"IN",
    b"OUT",
    b"GROUP",
    b"ACCEPT",
    b"SSH(DROP)",
    b"-p tcp",
    b"-dport 22",
    b"-source +a",
    b"--log info",
    b"-i eth0",
    b"# x",
    b"enable: 1",
    b"! 10.0.0.1",
    b"\xa0",
    b"\0",
    b"\xff",
    b"[",
    b"-",
];

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn laws_of_damaged_datacenters(real in damaged()) {
        for text in real.files.values() {
            prop_assert_eq!(&Tree::parse(text).print(), text);
        }
        let datacenter = real.datacenter();
        let (checked, (ruleset, compiled)) = (datacenter.check(&real.facts), datacenter.compile(&real.facts));
        let lines = emit::lines(&ruleset);

        let again = real.datacenter();
        prop_assert_eq!(again.check(&real.facts).into_sorted(), checked.clone().into_sorted());
        let (ruleset_again, compiled_again) = again.compile(&real.facts);
        prop_assert_eq!(compiled_again.into_sorted(), compiled.clone().into_sorted());
        prop_assert_eq!(&emit::lines(&ruleset_again), &lines);

        let counts = checked.counts();
        let (checked, compiled) = (kept(checked), kept(compiled));
        let files = datacenter.files();
        reports_are_safe_to_show(files, &checked, counts)?;
        spans_lie_in_their_files(files, checked.iter().chain(&compiled))?;
        lines_are_plain(&ruleset)?;
        round_trip(&ruleset).map_err(TestCaseError::fail)?;
        no_rule_from_a_faulty_line(files, &ruleset, &compiled)?;
        check_finds_what_compile_finds(&checked, &compiled)?;
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_diff_leads_from_one_ruleset_to_the_other(real in damaged()) {
        let original = CORPUS.iter().find(|other| other.name == real.name).map(Real::datacenter).unwrap_or_default();
        let (before, after) = (original.compile(&real.facts).0, real.datacenter());
        let (files, after) = (after.files(), after.compile(&real.facts).0);
        let old = Side { ruleset: &before, files: original.files() };
        let new = Side { ruleset: &after, files };
        for (old, new) in [(old, new), (new, old)] {
            let diff = Diff::new(old, new);
            prop_assert_eq!(diff.is_empty(), without_places(old.ruleset) == without_places(new.ruleset));
            prop_assert_eq!(&without_places(&apply::applied(old.ruleset, &diff)), &without_places(new.ruleset));
            prop_assert!(Diff::new(old, old).is_empty());
            every_change_has_one_entry(&diff, &diff.entries(old, new))?;
            let options = diff::render::Options { style: render::Style::Plain, rules: true };
            let text = diff::render::text(&diff, &diff.entries(old, new), old, new, None, options);
            prop_assert!(!text.contains(|c: char| c != '\n' && c.is_control()), "{text:?}");
        }
    }
}

/// Sets compare with the places of their definitions, which are no difference.
fn without_places(ruleset: &Ruleset) -> Ruleset {
    let mut ruleset = ruleset.clone();
    ruleset.sets.values_mut().for_each(|set| set.span = None);
    ruleset
}

fn every_change_has_one_entry(diff: &Diff<'_>, entries: &Entries<'_, '_>) -> Result<(), TestCaseError> {
    let chains = diff.chains.iter().filter(|chain| chain.presence == Presence::Kept);
    let rules: usize = chains.map(|chain| chain.rules.len()).sum();
    let sets = diff.sets.iter().filter(|set| set.presence == Presence::Kept);
    let members: usize = sets.map(|set| set.members.len()).sum();
    let all = &entries.entries;
    prop_assert_eq!(all.iter().map(|entry| entry.rules.len()).sum::<usize>(), rules);
    prop_assert_eq!(all.iter().map(|entry| entry.members.len()).sum::<usize>(), members);
    prop_assert!(!diff.is_empty() || all.iter().all(|entry| entry.edited));
    let summary = diff.summary(entries);
    prop_assert_eq!((summary.rules.total(), summary.members.total()), (rules, members));
    Ok(())
}

/// All findings; the corpus is too small for any to be left out.
fn kept(sink: Sink) -> Vec<Diagnostic> {
    let total = sink.counts().total();
    let kept = sink.into_sorted();
    assert_eq!(kept.len() as u64, total);
    kept
}

fn spans_lie_in_their_files<'d>(
    files: &Files,
    diagnostics: impl Iterator<Item = &'d Diagnostic>,
) -> Result<(), TestCaseError> {
    for diagnostic in diagnostics {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in labels.chain(edits).chain([diagnostic.span]) {
            let file = files.file(span.file);
            prop_assert!(file.is_some(), "no such file: {diagnostic:?}");
            let (Some(file), range) = (file, span.range()) else { continue };
            prop_assert!(range.end <= file.text().len(), "outside of the file: {diagnostic:?}");
            let position = file.line_index().position(file.text(), span.start);
            prop_assert!(position.line >= 1 && position.column >= 1, "{diagnostic:?}");
            if let Ok(text) = core::str::from_utf8(file.text()) {
                let whole = text.is_char_boundary(range.start) && text.is_char_boundary(range.end);
                prop_assert!(whole, "inside of a character: {diagnostic:?}");
            }
        }
        prop_assert!(!diagnostic.message.contains('\n'), "{diagnostic:?}");
        prop_assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
    }
    Ok(())
}

fn reports_are_safe_to_show(
    files: &Files,
    diagnostics: &[Diagnostic],
    counts: Counts,
) -> Result<(), TestCaseError> {
    let text = render::all(diagnostics, files, |_| 0, &render::Options::default());
    let hidden = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    prop_assert!(!text.contains(hidden), "{text:?}");
    for diagnostic in diagnostics {
        let line = render::concise(diagnostic, files);
        prop_assert!(!line.contains(|c| c == '\n' || hidden(c)), "{line:?}");
    }
    let report = Check::new(diagnostics, files, counts);
    let json = serde_json::to_value(&report).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let listed = json.get("diagnostics").and_then(serde_json::Value::as_array).map(Vec::len);
    prop_assert_eq!(listed, Some(diagnostics.len()));
    Ok(())
}

fn lines_are_plain(ruleset: &Ruleset) -> Result<(), TestCaseError> {
    let lines = conformance::flat(emit::lines(ruleset));
    for line in lines.values().flatten() {
        prop_assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
    }
    Ok(())
}

/// Where each rule comes from.
fn origins(ruleset: &Ruleset) -> impl Iterator<Item = (Span, String)> {
    let tables = Family::BOTH.into_iter().flat_map(|family| {
        let tables = ruleset.tables(family);
        [&tables.filter, &tables.raw]
    });
    let rules = tables
        .flat_map(|table| &table.chains)
        .flat_map(|(name, chain)| chain.rules.iter().map(|rule| (rule.origin, emit::rule_line(*name, rule))));
    let bridge = ruleset.bridge.chains.iter().flat_map(|(name, chain)| {
        chain.rules.iter().map(|rule| (rule.origin, emit::bridge_line(*name, rule)))
    });
    let members = ruleset.sets.values().flat_map(|set| &set.members);
    let members = members.filter_map(|member| Some((member.span?, format!("{member:?}"))));
    rules.chain(bridge).filter_map(|(origin, line)| Some((origin.span?, line))).chain(members)
}

/// What an error does not take the line away for: the reference to a group stays, as one to an empty group, and of two
/// sets with one name one stays.
const HARMLESS: [codes::Code; 3] = [codes::UNKNOWN_GROUP, codes::REFERENCE_CASE, codes::SET_COLLISION];

fn no_rule_from_a_faulty_line(
    files: &Files,
    ruleset: &Ruleset,
    diagnostics: &[Diagnostic],
) -> Result<(), TestCaseError> {
    let line_of = |span: Span| {
        let file = files.file(span.file)?;
        Some((span.file, file.line_index().line(span.start)))
    };
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let faulty: BTreeSet<_> = errors
        .filter(|diagnostic| !HARMLESS.contains(&diagnostic.code))
        .filter_map(|diagnostic| line_of(diagnostic.span))
        .collect();
    for (span, line) in origins(ruleset) {
        let place = line_of(span);
        prop_assert!(place.is_some() && span.range().end <= files.text(span.file).len(), "{line}: {span:?}");
        prop_assert!(
            !place.is_some_and(|place| faulty.contains(&place)),
            "{line} from a faulty line: {place:?}"
        );
    }
    Ok(())
}

/// What only compiling for a node can find.
const COMPILE_ONLY: [codes::Code; 2] = [codes::UNKNOWN_LOCAL_NETWORK, codes::SET_COLLISION];

fn check_finds_what_compile_finds(
    checked: &[Diagnostic],
    compiled: &[Diagnostic],
) -> Result<(), TestCaseError> {
    for diagnostic in compiled {
        let known = checked.contains(diagnostic) || COMPILE_ONLY.contains(&diagnostic.code);
        prop_assert!(known, "only compile finds {diagnostic:?}");
    }
    Ok(())
}

#[test]
fn the_corpus_is_read() {
    assert!(CORPUS.len() > 160);
    assert!(CORPUS.iter().all(|real| !real.files.is_empty()), "{:?}", CORPUS.last().map(|real| &real.name));
}
