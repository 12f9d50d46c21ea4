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
mod rulesets;

use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use pvefw_core::diag::Sink;
use pvefw_core::emit::{self, Restore};
use pvefw_core::host::{self, Loaded, Sandbox, Texts, Tools, Variant, load, save};
use pvefw_core::ir::Ruleset;
use pvefw_core::readback;
use pvefw_tests::readback::{differences as rulesets_differ, ours};
use pvefw_tests::words::words;

use rulesets::rulesets;

/// Tells a child which share of the rulesets is its own: `1/2`.
const SHARE: &str = "PVEFW_KERNEL_SHARE";

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
    let (files, saved) = save(&tools).map_err(|error| words(&error))?;
    let mut differences =
        Loaded::of(&readback::read(&files, &saved, &mut Sink::new())).differences(&texts.count());
    let ours = ours(&files, &saved)?;
    differences.extend(rulesets_differ(&readback::normal(&ours), &readback::normal(ruleset)));
    if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
}
