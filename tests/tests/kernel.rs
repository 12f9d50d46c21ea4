//! Loads rulesets with the real tools into throw-away namespaces, and reads them back: those of all conformance cases,
//! of all scenarios, of the example datacenter, of datacenters with every name there is, and of real ones with
//! random damage, with both variants of iptables. Of the dumps the same becomes of packets as of what was compiled.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness; it
//! starts itself once for each processor. Works as root and, where user namespaces allow, without. Where it can't run
//! it fails and says why.

extern crate alloc;

mod damage;
mod names;
mod rulesets;

use alloc::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use pvefw_core::diag::Sink;
use pvefw_core::emit::{self, Restore};
use pvefw_core::host::{self, Loaded, Sandbox, Texts, Tools, Variant, load, save};
use pvefw_core::ir::Ruleset;
use pvefw_core::readback::{self, Dump};
use pvefw_core::sim::{Packet, Simulator, Topology};
use pvefw_tests::conformance;
use pvefw_tests::readback::{differences as rulesets_differ, ours};

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
    let mut packets: BTreeMap<String, Packets> = BTreeMap::new();
    let disputed = conformance::disputed()?;
    for case in conformance::cases()? {
        packets.insert(case.name.clone(), case.packets(&disputed)?);
    }
    let none = Packets::default();
    let mut failures = Vec::new();
    let mut loaded = 0;
    for variant in Variant::BOTH {
        let tools = Tools::find(Some(variant)).map_err(|error| error.in_full())?;
        for (_, (name, ruleset)) in &mine {
            loaded += 1;
            if let Err(what) = one(&tools, ruleset, packets.get(name).unwrap_or(&none)) {
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

/// Networks, and packets in them with their verdicts.
type Packets = (Topology, Vec<(Packet, String)>);

fn one(tools: &Tools, ruleset: &Ruleset, packets: &Packets) -> Result<(), String> {
    let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(ruleset);
    let texts = Texts { ipset: &ipset, iptables: &iptables, ip6tables: &ip6tables, ebtables: &ebtables };
    let sandbox = Sandbox::enter().map_err(|error| error.in_full())?;
    let tools = tools.clone().inside(&sandbox);
    load(&tools, &texts).map_err(|failed| {
        let line = match &failed.error {
            host::Error::Refused(refusal) => {
                refusal.line.and_then(|line| texts.of(failed.tool).lines().nth(line.saturating_sub(1)))
            }
            _ => None,
        };
        format!("{failed}: {} ({})", failed.error.in_full(), line.unwrap_or("no line named"))
    })?;
    let (files, saved) = save(&tools).map_err(|error| error.in_full())?;
    let dump = readback::read(&files, &saved, &mut Sink::new());
    let mut differences = Loaded::of(&dump).differences(&texts.count());
    let ours = ours(&files, &saved)?;
    differences.extend(rulesets_differ(&readback::normal(&ours), &readback::normal(ruleset)));
    differences.extend(packets_differ(&dump, ruleset, packets)?);
    if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
}

/// The packets that fare otherwise by what is loaded than by what was compiled.
fn packets_differ(
    dump: &Dump,
    ruleset: &Ruleset,
    (topology, packets): &Packets,
) -> Result<Vec<String>, String> {
    let networks = &topology.networks;
    let compiled = Simulator::new(ruleset, networks).map_err(|mistake| mistake.to_string())?;
    let loaded = Simulator::of_dump(dump, networks).map_err(|mistake| mistake.to_string())?;
    let verdicts = |packet| [&compiled, &loaded].map(|simulator| simulator.verdict(packet).verdict);
    Ok(packets
        .iter()
        .filter_map(|(packet, _)| match verdicts(packet) {
            [compiled, loaded] if compiled == loaded => None,
            [compiled, loaded] => Some(format!("{compiled:?} became {loaded:?}: {packet:?}")),
        })
        .collect())
}
