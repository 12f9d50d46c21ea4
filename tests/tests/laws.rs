//! Laws that hold for any input: random bytes, and real files with random damage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use pvefw_core::Family;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Diagnostic, Severity, Sink, codes};
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Ruleset;
use pvefw_core::syntax::Tree;
use pvefw_core::text::{Files, Span};
use pvefw_tests::{conformance, root};

/// The files of one datacenter, by path, and its facts.
#[derive(Clone, Debug)]
struct Real {
    name: String,
    files: BTreeMap<String, Vec<u8>>,
    facts: Facts,
}

/// Every conformance case and the example datacenter.
static CORPUS: LazyLock<Vec<Real>> = LazyLock::new(|| {
    let read = |name: &str, datacenter: Datacenter, facts| {
        let files = datacenter.files().iter().map(|(_, file)| (file.name().to_owned(), file.text().to_vec()));
        Real { name: name.to_owned(), files: files.collect(), facts }
    };
    let mut corpus = Vec::new();
    for case in conformance::cases().unwrap() {
        let (datacenter, facts) = case.input().unwrap();
        corpus.push(read(&case.name, datacenter, facts));
    }
    let example = root::datacenter(&root::package().join("../examples/datacenter")).unwrap();
    corpus.push(read("example", example, Facts { node: Some("pve1".into()), ..Facts::default() }));
    corpus
});

/// Bytes that have broken parsers before.
const NASTY: [&[u8]; 22] = [
    b"\0", b"\xa0", b"\xff", b"\xc3", "ü".as_bytes(), "\u{202e}".as_bytes(), b"\r", b"\r\n", b"\n", b"\t", b" ", b"#", b"|",
    b"!", b"+", b"/", b",", b":", b"-", b"0", b"[", b"]",
];

/// Something that happens to a file. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Damage {
    Delete { at: usize, length: usize },
    Duplicate { at: usize, length: usize },
    SwapBytes(usize, usize),
    Flip(usize, u8),
    Insert(usize, &'static [u8]),
    Truncate(usize),
    Crlf,
    DeleteLine(usize),
    DuplicateLine { line: usize, to: usize },
    SwapLines(usize, usize),
    /// A line of another file of the corpus.
    Foreign { to: usize, datacenter: usize, file: usize, line: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    let n = any::<usize>;
    prop_oneof![
        (n(), 1..9_usize).prop_map(|(at, length)| Damage::Delete { at, length }),
        (n(), 1..40_usize).prop_map(|(at, length)| Damage::Duplicate { at, length }),
        (n(), n()).prop_map(|(a, b)| Damage::SwapBytes(a, b)),
        (n(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (n(), prop::sample::select(NASTY.to_vec())).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        n().prop_map(Damage::Truncate),
        Just(Damage::Crlf),
        n().prop_map(Damage::DeleteLine),
        (n(), n()).prop_map(|(line, to)| Damage::DuplicateLine { line, to }),
        (n(), n()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        (n(), n(), n(), n())
            .prop_map(|(to, datacenter, file, line)| Damage::Foreign { to, datacenter, file, line }),
    ]
}

fn inflict(text: &mut Vec<u8>, damage: &Damage) {
    let place = |at: usize| at % (text.len() + 1);
    match *damage {
        Damage::Delete { at, length } => {
            let at = place(at);
            text.drain(at..(at + length).min(text.len()));
        }
        Damage::Duplicate { at, length } => {
            let at = place(at);
            let piece = text[at..(at + length).min(text.len())].to_vec();
            text.splice(at..at, piece);
        }
        Damage::SwapBytes(a, b) if !text.is_empty() => {
            let (a, b) = (a % text.len(), b % text.len());
            text.swap(a, b);
        }
        Damage::Flip(at, byte) if !text.is_empty() => {
            let at = at % text.len();
            text[at] = byte;
        }
        Damage::SwapBytes(..) | Damage::Flip(..) => {}
        Damage::Insert(at, bytes) => {
            let at = place(at);
            text.splice(at..at, bytes.iter().copied());
        }
        Damage::Truncate(at) => text.truncate(place(at)),
        Damage::Crlf => *text = text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect(),
        _ => inflict_lines(text, damage),
    }
}

fn inflict_lines(text: &mut Vec<u8>, damage: &Damage) {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match *damage {
        Damage::Foreign { to, datacenter, file, line } => {
            let files = &CORPUS[datacenter % CORPUS.len()].files;
            let text = files.values().nth(file % files.len()).unwrap();
            let all: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
            if !all.is_empty() {
                lines.insert(to % (count + 1), all[line % all.len()].to_vec());
            }
        }
        _ if count == 0 => {}
        Damage::DeleteLine(line) => drop(lines.remove(line % count)),
        Damage::DuplicateLine { line, to } => {
            let line = lines[line % count].clone();
            lines.insert(to % (count + 1), line);
        }
        Damage::SwapLines(a, b) => lines.swap(a % count, b % count),
        _ => unreachable!("the others are about bytes"),
    }
    *text = lines.concat();
}

/// A real datacenter with some damage to some of its files.
fn damaged() -> impl Strategy<Value = Real> {
    let damages = prop::collection::vec((any::<usize>(), damage()), 1..8);
    (0..CORPUS.len(), damages).prop_map(|(index, damages)| {
        let mut real = CORPUS[index].clone();
        let paths: Vec<String> = real.files.keys().cloned().collect();
        for (file, damage) in damages {
            inflict(real.files.get_mut(&paths[file % paths.len()]).unwrap(), &damage);
        }
        real
    })
}

impl Real {
    fn datacenter(&self) -> Datacenter {
        let mut datacenter = Datacenter::new();
        for (path, text) in &self.files {
            datacenter.add(path, text.clone());
        }
        datacenter
    }
}

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

/// Pieces of the language.
const WORDS: [&[u8]; 32] = [
    b"[OPTIONS]", b"[RULES]", b"[ALIASES]", b"[IPSET a]", b"[group b] # c", b"\n", b"\n", b"\n", b"\r\n", b" ", b" ", b"  ", b"\t",
    b"|", b"IN", b"OUT", b"GROUP", b"ACCEPT", b"SSH(DROP)", b"-p tcp", b"-dport 22", b"-source +a", b"--log info", b"-i eth0",
    b"# x", b"enable: 1", b"! 10.0.0.1", b"\xa0", b"\0", b"\xff", b"[", b"-",
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

        let (checked, compiled) = (kept(checked), kept(compiled));
        let files = datacenter.files();
        spans_lie_in_their_files(files, checked.iter().chain(&compiled))?;
        lines_are_plain(&ruleset)?;
        no_rule_from_a_faulty_line(files, &ruleset, &compiled)?;
        check_finds_what_compile_finds(&checked, &compiled)?;
    }
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
    let rules = tables.flat_map(|table| &table.chains).flat_map(|(name, chain)| {
        chain.rules.iter().map(|rule| (rule.origin, emit::rule_line(*name, rule)))
    });
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
        prop_assert!(!place.is_some_and(|place| faulty.contains(&place)), "{line} from a faulty line: {place:?}");
    }
    Ok(())
}

/// What only compiling for a node can find.
const COMPILE_ONLY: [codes::Code; 2] = [codes::UNKNOWN_LOCAL_NETWORK, codes::SET_COLLISION];

fn check_finds_what_compile_finds(checked: &[Diagnostic], compiled: &[Diagnostic]) -> Result<(), TestCaseError> {
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
