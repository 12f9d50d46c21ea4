//! Every link of COMPATIBILITY.md leads somewhere, and every deliberate fix has one.

#![expect(clippy::unwrap_used, reason = "a test: whatever is wrong should stop it")]

use std::path::Path;

use pvefw_tests::root;

/// The rows that are fixed in what is built so far.
const FIXED: [&str; 20] = [
    "Q2", "Q3", "Q4", "Q5", "Q8", "Q9", "Q10", "Q14", "Q16", "Q24", "Q28", "Q31", "Q32", "Q33", "Q34", "Q36",
    "Q39", "Q40", "Q41", "Q46",
];

fn document() -> (String, String) {
    let read = |path: &Path| String::from_utf8(root::read(path).unwrap()).unwrap();
    let top = root::package().parent().unwrap();
    (read(&top.join("COMPATIBILITY.md")), top.display().to_string())
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn links_lead_to_tests() {
    let (text, top) = document();
    let links = links(&text);
    assert!(links.len() > 50, "only {} links were found", links.len());
    for link in links {
        let (path, heading) =
            link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
        let target =
            root::read(&Path::new(&top).join(path)).unwrap_or_else(|error| panic!("{link}: {error}"));
        let target = String::from_utf8(target).unwrap();
        if let Some(heading) = heading {
            let headings = target.lines().filter_map(|line| line.strip_prefix("## "));
            assert!(headings.map(anchor).any(|anchor| anchor == heading), "no such heading: {link}");
        }
    }
}

#[test]
fn every_fix_names_its_test() {
    let (text, _) = document();
    for number in FIXED {
        let row = text.lines().find(|line| line.starts_with(&format!("| {number} |")));
        let row = row.unwrap_or_else(|| panic!("no row for {number}"));
        assert!(row.contains("](tests/suite/"), "{number} names no scenario");
    }
}
