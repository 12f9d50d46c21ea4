//! The rulesets that tests load and read back: those of all conformance cases, of all scenarios, of the example
//! datacenter, of datacenters with every name there is, of one that is made up, and of real ones with random damage.

use std::path::Path;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::Facts;
use pvefw_core::ir::Ruleset;
use pvefw_tests::load::load as read_scenarios;
use pvefw_tests::run::run;
use pvefw_tests::{conformance, generate, root};

/// Guests of the datacenter that is made up.
const GUESTS: u32 = 40;

/// How many damaged datacenters; the same ones on every run. `PROPTEST_CASES` asks for more.
const DAMAGED: usize = 100;

/// Scenarios whose rulesets can be neither loaded nor read here, and why.
const ELSEWHERE: [(&str, &str); 1] =
    [("A node may have other names", "the service is in no list of services that this machine has")];

/// Every ruleset there is, by name.
pub(crate) fn rulesets() -> Result<Vec<(String, Ruleset)>, String> {
    let mut found = Vec::new();
    for case in conformance::cases()? {
        found.push((case.name.clone(), case.compile()?));
    }
    for path in root::files(&root::package().join("suite"))? {
        let name = path.strip_prefix(root::package()).unwrap_or(&path).display().to_string();
        let text = String::from_utf8_lossy(&root::read(&path)?).into_owned();
        for case in read_scenarios(&name, &text)?.cases {
            if ELSEWHERE.iter().any(|(title, _)| *title == case.title) {
                continue;
            }
            found.push((format!("{name}: {}", case.title), run(&case)?.ruleset().clone()));
        }
    }
    let example = root::datacenter(&root::package().join(Path::new("../examples/datacenter")))?;
    let nodes: Vec<String> = example.nodes().into_iter().map(str::to_owned).collect();
    for node in nodes {
        let facts = Facts { node: Some(node.clone()), ..Facts::default() };
        found.push((format!("example, {node}"), example.compile(&facts).0));
    }
    for (kind, datacenter, facts) in crate::names::datacenters() {
        found.push((format!("all {kind}"), datacenter.compile(&facts).0));
    }
    let mut made_up = Datacenter::new();
    for (path, text) in generate::datacenter(GUESTS) {
        made_up.add(&path, text).ok_or_else(|| format!("`{path}` is no file that is read"))?;
    }
    let facts = Facts { node: Some(generate::NODE.to_owned()), ..Facts::default() };
    found.push(("made up".to_owned(), made_up.compile(&facts).0));
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let (mut runner, strategy) = (TestRunner::deterministic(), crate::damage::damaged());
    for number in 0..asked.unwrap_or(DAMAGED) {
        let real = strategy.new_tree(&mut runner).map_err(|error| error.to_string())?.current();
        let name = format!("damaged {number}, from {}", real.name);
        found.push((name, real.datacenter().compile(&real.facts).0));
    }
    // Without a firewall there is nothing to load.
    found.retain(|(_, ruleset)| !ruleset.is_empty());
    Ok(found)
}
