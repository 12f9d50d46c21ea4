//! Runs a case: packets through a real kernel that has its ruleset loaded.

use alloc::collections::{BTreeMap, BTreeSet};
use core::error::Error as _;
use core::net::IpAddr;

use pvefw_core::emit;
use pvefw_core::facts::Names;
use pvefw_core::host::{self, Texts, Tools, load};

use crate::case::Case;
use crate::exchange::Exchange;
use crate::frame::Tag;
use crate::machine::batch;
use crate::observe::Outcome;
use crate::packet::{Ip, Packet};
use crate::topology::{Place, Topology};
use crate::wiring::{self, SINK, Wiring};

/// Packets that can travel together.
type Batch = Vec<(Tag, Packet)>;

/// What the kernel did with each packet of a case, in their order.
///
/// # Errors
/// What keeps the lab from working; a packet that can't be made is an error of its own.
pub fn run(case: &Case, tools: &Tools) -> Result<Vec<Result<Outcome, String>>, String> {
    let topology = Topology::new(case)?;
    let names = Names::new(&case.facts);
    let mut answers: Vec<Result<Outcome, String>> = Vec::new();
    let mut packets: Batch = Vec::new();
    for (at, question) in case.questions.iter().enumerate() {
        let tag = Tag::try_from(at).map_err(|_| "too many packets for one case".to_owned())?;
        match Packet::new(question, &topology, &names) {
            Ok(packet) => {
                packets.push((tag, packet));
                answers.push(Ok(Outcome::default()));
            }
            Err(why) => answers.push(Err(why)),
        }
    }
    let (ruleset, _) = case.datacenter().compile(&case.facts);
    let restore = emit::restore(&ruleset);
    let texts = Texts {
        ipset: &restore.ipset,
        iptables: &restore.iptables,
        ip6tables: &restore.ip6tables,
        ebtables: &restore.ebtables,
    };
    for batch in batches(packets, &topology) {
        for (tag, outcome) in one(&batch, &topology, &texts, tools)? {
            if let Some(answer) = answers.get_mut(usize::from(tag)) {
                *answer = Ok(outcome);
            }
        }
    }
    Ok(answers)
}

/// Parts packets so that no two of a part have the same flow, or would be routed by the same rule to different places.
fn batches(packets: Batch, topology: &Topology) -> Vec<Batch> {
    let mut parts: Vec<(Batch, BTreeSet<_>, BTreeMap<_, Place>)> = Vec::new();
    for (tag, packet) in packets {
        let flow = packet.ip().map(Ip::flow);
        let route = packet.ip().zip(routed(&packet, topology)).map(|(ip, from)| (from, ip.source, ip.dest));
        let fits = |(_, flows, routes): &(Batch, BTreeSet<_>, BTreeMap<_, Place>)| {
            flow.as_ref().is_none_or(|flow| !flows.contains(flow))
                && route.as_ref().and_then(|route| routes.get(route)).is_none_or(|to| *to == packet.to)
        };
        let at = parts.iter().position(fits).unwrap_or(parts.len());
        if at == parts.len() {
            parts.push((Batch::new(), BTreeSet::new(), BTreeMap::new()));
        }
        if let Some((batch, flows, routes)) = parts.get_mut(at) {
            flows.extend(flow);
            routes.extend(route.map(|route| (route, packet.to)));
            batch.push((tag, packet));
        }
    }
    parts.into_iter().map(|(batch, ..)| batch).collect()
}

/// The bridge from which the node takes a packet, to route it or for itself.
fn routed<'t>(packet: &Packet, topology: &'t Topology) -> Option<String> {
    let from = topology.port(packet.from)?;
    let there = topology.port(packet.to).is_some_and(|to| to.bridge == from.bridge);
    (!there).then(|| from.bridge.clone())
}

fn one(
    packets: &[(Tag, Packet)],
    topology: &Topology,
    texts: &Texts<'_>,
    tools: &Tools,
) -> Result<BTreeMap<Tag, Outcome>, String> {
    let wiring = Wiring::build(topology)?;
    let mut exchange = Exchange::new(&wiring, topology)?;
    exchange.ready()?;
    let mut rules = [String::new(), String::new()];
    let mut own = BTreeSet::new();
    for (number, (_, packet)) in packets.iter().enumerate() {
        if let (Place::Host, Some(IpAddr::V4(dest))) = (packet.to, packet.ip().map(|ip| ip.dest))
            && !(dest.is_multicast() || dest.is_broadcast() || dest.is_loopback() || dest.is_unspecified())
        {
            own.insert(dest);
        }
        if let (Some(ip), Some(bridge)) = (packet.ip(), routed(packet, topology)) {
            let [four, six] = &mut rules;
            let text = if ip.source.is_ipv6() { six } else { four };
            text.push_str(&wiring::rule(number, &bridge, (ip.source, ip.dest), packet.to));
        }
    }
    let [four, six] = &rules;
    let speak: String = own.into_iter().map(wiring::speak_as).collect();
    batch("ip", &[], &(speak + four))?;
    batch("ip", &["-6"], six)?;
    let tools = tools.clone().inside(&wiring.sandbox);
    load(&tools, texts).map_err(|failed| format!("{failed}: {}", words(&failed.error)))?;
    // What the node itself says leaves by the sink, which is no part of the node.
    let gate = format!("*filter\n-I OUTPUT -o {SINK} -j ACCEPT\n-I FORWARD -o {SINK} -j ACCEPT\nCOMMIT\n");
    for tool in [host::Tool::Iptables, host::Tool::Ip6tables] {
        tools.restore(tool, &gate).map_err(|error| words(&error))?;
    }
    exchange.run(packets)
}

/// An error with its causes.
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
    parts.join("; ")
}
