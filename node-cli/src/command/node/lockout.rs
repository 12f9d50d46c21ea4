//! Refuses what would lock somebody out.

use core::net::SocketAddr;
use std::env;

use pvefw_core::diag::Sink;
use pvefw_core::facts::Names;
use pvefw_core::host::lockout::{Connection, Way, ways};
use pvefw_core::host::{self, Machine};
use pvefw_core::readback;
use pvefw_core::sim::{Packet, Simulator, Topology, Verdict, Zone, render};

use super::{Desired, unusable};
use crate::args::ApplyArgs;
use crate::command::trace::refused;
use crate::exit::Stop;
use crate::output::{Kind, Output};

/// Ways that are shown with their trace; more are named only.
const MOST_SHOWN: usize = 3;

/// Whether it may be loaded. Says why not, or what it cuts all the same.
pub(super) fn passes(
    desired: &Desired,
    machine: &Machine,
    args: &ApplyArgs,
    output: &Output,
) -> Result<bool, Stop> {
    if args.force || desired.ruleset.is_empty() {
        return Ok(true);
    }
    let Desired { datacenter, facts, ruleset, .. } = desired;
    let topology = datacenter.topology(facts);
    let simulator = Simulator::new(ruleset, &topology.networks).map_err(refused)?;
    let links = datacenter.cluster_links(facts).unwrap_or_default();
    let from = Zone::OUTSIDE.to_string();
    let names = Names::new(facts);
    let ways = ways(ruleset, &connections(&args.keep), &links, &from);
    let mut cut: Vec<(Way, Packet)> = ways
        .into_iter()
        .filter_map(|way| way.question.packet(&topology, &names).ok().map(|packet| (way, packet)))
        .filter(|(_, packet)| stopped(simulator.verdict(packet).verdict))
        .collect();
    if cut.is_empty() {
        return Ok(true);
    }
    let before = loaded(machine, &topology)?;
    cut.retain(|(_, packet)| !stopped(before.verdict(packet).verdict));
    if cut.is_empty() {
        return Ok(true);
    }
    let kind = if args.confirm_within.is_some() { Kind::Warning } else { Kind::Error };
    for (at, (way, packet)) in cut.iter().enumerate() {
        output.notice(kind, format!("this would cut {}", way.what));
        if at < MOST_SHOWN {
            let trace = simulator.trace(packet);
            output.aside(&render::trace(packet, &trace, datacenter.files(), &output.for_notices()));
        }
    }
    if args.confirm_within.is_some() {
        return Ok(true);
    }
    output.notice(Kind::Note, "nothing was changed");
    output.notice(Kind::Help, "put a rule that accepts it above the one that decides");
    output.notice(Kind::Help, "or try it and have it undone: `--confirm-within 60s`; or insist: `--force`");
    Ok(false)
}

const fn stopped(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Accept)
}

/// Whom to keep connected: those named, else the one who runs this.
fn connections(keep: &[SocketAddr]) -> Vec<Connection> {
    if keep.is_empty() {
        return env::var("SSH_CONNECTION").ok().as_deref().and_then(Connection::parse).into_iter().collect();
    }
    let named = |keep: &SocketAddr| Connection {
        client: SocketAddr::new(keep.ip(), 0),
        port: keep.port(),
        server: None,
    };
    keep.iter().map(named).collect()
}

/// What decides now: everybody's rules.
fn loaded(machine: &Machine, topology: &Topology) -> Result<Simulator, Stop> {
    let (files, saved) = host::save(machine.tools()).map_err(|error| unusable(&error))?;
    let dump = readback::read(&files, &saved, &mut Sink::new());
    Simulator::of_dump(&dump, &topology.networks).map_err(refused)
}
