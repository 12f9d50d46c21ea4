//! Loads rulesets with the real tools into throw-away namespaces, and reads them back: those of all conformance cases,
//! of all scenarios, of the example datacenter, of datacenters with every name there is, and of real ones with
//! random damage, with both variants of iptables.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness; it
//! starts itself once for each processor. Works as root and, where user namespaces allow, without. Where it can't run
//! it fails and says why.

extern crate alloc;

mod damage;
mod names;

use core::error::Error as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use pvefw_core::emit::{self, Restore};
use pvefw_core::facts::Facts;
use pvefw_core::host::{self, Sandbox, Texts, Tools, Variant, load, read_back};
use pvefw_core::ir::Ruleset;
use pvefw_tests::load::load as read_scenarios;
use pvefw_tests::run::run;
use pvefw_tests::{conformance, root};

/// Tells a child which share of the rulesets is its own: `1/2`.
const SHARE: &str = "PVEFW_KERNEL_SHARE";

/// How many damaged datacenters; the same ones on every run. `PROPTEST_CASES` asks for more.
const DAMAGED: usize = 100;

/// Scenarios whose rulesets this machine can't load, and why.
const ELSEWHERE: [(&str, &str); 1] =
    [("A node may have other names", "the service is not in this machine's `/etc/services`")];

fn main() -> ExitCode {
    let outcome = match std::env::var(SHARE) {
        Ok(share) => child(&share),
        Err(_) => parent(),
    };
    let mut out = std::io::stdout();
    match outcome {
        Ok(words) => {
            let _ = writeln!(out, "{words}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            let _ = writeln!(out, "FAILED: {words}");
            ExitCode::FAILURE
        }
    }
}

fn parent() -> Result<String, String> {
    let begun = Instant::now();
    let me = std::env::current_exe().map_err(|error| format!("no own program: {error}"))?;
    let shares = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let mut children = Vec::new();
    for share in 0..shares {
        let child = Command::new(&me).env(SHARE, format!("{share}/{shares}")).stdin(Stdio::null()).spawn();
        children.push(child.map_err(|error| format!("can't start `{}`: {error}", me.display()))?);
    }
    let mut bad = 0;
    for mut child in children {
        let status = child.wait().map_err(|error| format!("can't wait: {error}"))?;
        bad += usize::from(!status.success());
    }
    if bad > 0 {
        return Err(format!("{bad} of {shares} shares did not pass"));
    }
    Ok(format!("all rulesets loaded in {:.1} s", begun.elapsed().as_secs_f32()))
}

fn child(share: &str) -> Result<String, String> {
    let (number, of) = share.split_once('/').ok_or("a share is written as `1/2`")?;
    let (number, of): (usize, usize) =
        (number.parse().map_err(|_| "not a share")?, of.parse().map_err(|_| "not a share")?);
    let mine: Vec<_> = rulesets()?.into_iter().enumerate().filter(|(at, _)| at % of == number).collect();
    if mine.is_empty() {
        return Err("there is nothing to load".to_owned());
    }
    let mut failures = Vec::new();
    let mut loaded = 0;
    for variant in Variant::BOTH {
        let tools = Tools::find(Some(variant)).map_err(|error| words(&error))?;
        for (_, (name, ruleset)) in &mine {
            loaded += 1;
            if let Err(what) = one(&tools, ruleset) {
                failures.push(format!("{name}, {}: {what}", variant.name()));
                // Whatever keeps us from having a namespace does so every time.
                if loaded == 1 {
                    break;
                }
            }
        }
    }
    if failures.is_empty() {
        Ok(format!("share {share}: {loaded} rulesets loaded and read back"))
    } else {
        Err(format!("share {share}\n  {}", failures.join("\n  ")))
    }
}

fn one(tools: &Tools, ruleset: &Ruleset) -> Result<(), String> {
    let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(ruleset);
    let texts = Texts { ipset: &ipset, iptables: &iptables, ip6tables: &ip6tables, ebtables: &ebtables };
    let sandbox = Sandbox::enter().map_err(|error| words(&error))?;
    let tools = tools.clone().inside(&sandbox);
    load(&tools, &texts).map_err(|failed| {
        let line = match &failed.error {
            host::Error::Refused(refusal) => {
                refusal.line.and_then(|line| texts.of(failed.tool).lines().nth(line.saturating_sub(1)))
            }
            _ => None,
        };
        format!("{failed}: {} ({})", words(&failed.error), line.unwrap_or("no line named"))
    })?;
    let differences = read_back(&tools).map_err(|error| words(&error))?.differences(&texts.count());
    if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
}

/// Everything to load, by name.
fn rulesets() -> Result<Vec<(String, Ruleset)>, String> {
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
    for (kind, datacenter, facts) in names::datacenters() {
        found.push((format!("all {kind}"), datacenter.compile(&facts).0));
    }
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let (mut runner, strategy) = (TestRunner::deterministic(), damage::damaged());
    for number in 0..asked.unwrap_or(DAMAGED) {
        let real = strategy.new_tree(&mut runner).map_err(|error| error.to_string())?.current();
        let name = format!("damaged {number}, from {}", real.name);
        found.push((name, real.datacenter().compile(&real.facts).0));
    }
    // Without a firewall there is nothing to load.
    found.retain(|(_, ruleset)| !ruleset.is_empty());
    Ok(found)
}

/// An error with its causes and advice.
fn words(error: &host::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(deeper) = cause {
        parts.push(deeper.to_string());
        cause = deeper.source();
    }
    if let host::Error::Refused(refusal) = error {
        parts.extend(refusal.stderr.iter().cloned());
    }
    parts.extend(error.advice().map(|advice| format!("help: {advice}")));
    parts.join("; ")
}
