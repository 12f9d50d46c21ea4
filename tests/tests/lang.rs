//! What editors ask, of every configuration there is in the tests, and of any bytes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: whatever is wrong should stop it")]

use proptest::prelude::*;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::lang::{complete::complete, format, hover::hover, symbols};
use pvefw_tests::load::{Input, load};
use pvefw_tests::{conformance, root};

/// The files of all scenarios and cases, and the facts of the latter.
fn datacenters() -> Vec<(String, conformance::Texts, Facts)> {
    let mut found = Vec::new();
    for path in root::files(&root::package().join("suite")).unwrap() {
        let text = String::from_utf8(root::read(&path).unwrap()).unwrap();
        for case in load("suite", &text).unwrap_or_else(|error| panic!("{error}")).cases {
            let name = format!("{}:{}", path.display(), case.line);
            let files = case.inputs.into_iter().filter_map(|input| match input {
                Input::File { path, text } => Some((path, text)),
                _ => None,
            });
            let facts = Facts { node: Some("pve1".to_owned()), ..Facts::default() };
            found.push((name, files.collect(), facts));
        }
    }
    for case in conformance::cases().unwrap() {
        let (files, facts) = case.files().unwrap();
        found.push((case.name.clone(), files, serde_json::from_str(&facts).unwrap()));
    }
    found
}

fn datacenter(files: &[(String, Vec<u8>)]) -> Datacenter {
    let mut datacenter = Datacenter::new();
    for (path, text) in files {
        datacenter.add(path, text.clone()).unwrap();
    }
    datacenter
}

/// The codes found in each file.
fn codes(datacenter: &Datacenter, facts: &Facts) -> Vec<(u32, &'static str)> {
    let found = datacenter.check(facts).into_sorted();
    let mut codes: Vec<_> = found.iter().map(|found| (found.span.file.0, found.code.name())).collect();
    codes.sort_unstable();
    codes
}

/// The same rules are loaded, and the same is wrong; and what has the layout keeps it.
#[test]
fn layout_changes_no_meaning() {
    let mut changed = 0;
    for (name, files, facts) in datacenters() {
        let before = datacenter(&files);
        let firewall: Vec<_> =
            before.firewall_files().map(|(id, _)| before.files().name(id).to_owned()).collect();
        let after = files.iter().map(|(path, text)| {
            let text = if firewall.contains(path) { format::formatted(text) } else { text.clone() };
            assert!(format::formatted(&text) == text || !firewall.contains(path), "{name}: {path}");
            (path.clone(), text)
        });
        let after: Vec<_> = after.collect();
        changed += usize::from(after != files);
        let after = datacenter(&after);
        let rulesets = [&before, &after].map(|datacenter| datacenter.compile(&facts).0);
        assert_eq!(emit::lines(&rulesets[0]), emit::lines(&rulesets[1]), "{name}");
        assert_eq!(codes(&before, &facts), codes(&after, &facts), "{name}");
    }
    assert!(changed > 20, "only {changed} were changed");
}

/// Asks everything at every byte.
fn ask(text: &[u8]) -> Result<(), TestCaseError> {
    for path in ["firewall/cluster.fw", "firewall/100.fw", "nodes/n1/host.fw", "sdn/firewall/v.fw"] {
        let mut datacenter = Datacenter::new();
        let file = datacenter.add(path, text).unwrap();
        let facts = Facts::default();
        let end = u32::try_from(text.len()).unwrap();
        for offset in 0..=end + 1 {
            if let Some(found) = complete(&datacenter, &facts, file, offset) {
                prop_assert!(
                    found.start <= offset.min(end) && offset.min(end) <= found.end && found.end <= end
                );
            }
            if let Some(found) = hover(&datacenter, &facts, file, offset) {
                prop_assert!(found.span.start <= offset && offset <= found.span.end);
            }
            symbols::definitions(&datacenter, file, offset);
        }
        let once = format::formatted(text);
        prop_assert_eq!(&format::formatted(&once), &once);
        let mut formatted = Datacenter::new();
        formatted.add(path, once).unwrap();
        prop_assert_eq!(codes(&datacenter, &facts), codes(&formatted, &facts));
    }
    Ok(())
}

/// What files are made of.
const WORDS: [&str; 44] = [
    "[RULES]",
    "[OPTIONS]",
    "[ALIASES]",
    "[IPSET s1]",
    "[group g1]",
    "[",
    "]",
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    "  ",
    "\t",
    "|",
    "!",
    "#",
    ":",
    ",",
    "+",
    "IN",
    "OUT",
    "GROUP",
    "ACCEPT",
    "SSH(ACCEPT)",
    "SSH(",
    "-source",
    "-p",
    "-dport",
    "-i",
    "-log",
    "tcp",
    "80",
    "10.0.0.1",
    "10.0.0.0/8",
    "s1",
    "a1",
    "g1",
    "enable",
    "policy_in",
    "dc/",
    "\u{feff}",
    "\u{a0}",
    "0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(text in prop::collection::vec(any::<u8>(), 0..40)) {
        ask(&text)?;
    }

    #[test]
    fn any_soup_of_words_is_answered(words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..30)) {
        ask(words.concat().as_bytes())?;
    }
}
