//! Would anybody still reach the node? Rules are followed for the web interface and SSH, without addresses: a rule that
//! accepts somebody is good enough, one that drops everybody is not.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use crate::Family;
use crate::config::options::Options;
use crate::config::{self, Action, DestinationPort, Direction, File, RuleKind};
use crate::datacenter::Cluster;
use crate::diag::{Diagnostic, Sink, codes};
use crate::ir::{Protocol, Side, Test};
use crate::policy::{self, Body, Place};
use crate::text::Span;

/// Ports that must stay reachable, and what they are.
const PORTS: [(u16, &str); 2] = [(8006, "the web interface (port 8006)"), (22, "SSH (port 22)")];

/// Whether a rule's conditions are looked at here: it may decide about one of the ports.
pub(crate) fn concerns(rule: &config::Rule, place: Place<'_>) -> bool {
    let of_node = matches!(place, Place::Cluster | Place::Host);
    let incoming = matches!(rule.kind, RuleKind::Filter { direction: Direction::In, .. });
    let covers = |ports: &DestinationPort| match ports {
        DestinationPort::Ports(value) => PORTS.iter().any(|(port, _)| value.ports.value().contains(*port)),
        DestinationPort::Icmp(_) => false,
    };
    of_node && incoming && rule.destination_port.as_ref().is_none_or(|ports| covers(&ports.value))
}

/// What became of a port.
enum Fate {
    /// Somebody is accepted.
    Open,
    /// This rule drops everybody.
    Closed(Span),
    /// No rule decides for everybody.
    Undecided,
}

pub(crate) fn check(cluster: &Cluster, hosts: &[(Cow<'_, File>, Vec<policy::Rule>)], sink: &mut Sink) {
    if !cluster.enabled {
        return;
    }
    let none: &[policy::Rule] = &[];
    let on = |file: &File| !matches!(&file.options, Options::Host(o) if o.enable.as_ref().is_some_and(|on| !on.value));
    let mut nodes: Vec<&[policy::Rule]> =
        hosts.iter().filter(|(file, _)| on(file)).map(|(_, rules)| rules.as_slice()).collect();
    if hosts.is_empty() {
        nodes.push(none);
    }
    let mut reported: Vec<(Option<Span>, u16)> = Vec::new();
    for host_rules in nodes {
        for (port, what) in PORTS {
            let fate = fate(host_rules.iter().chain(&cluster.rules), cluster, port);
            let (place, closed_by) = match fate {
                Fate::Open => continue,
                Fate::Closed(span) => (span, Some(span)),
                Fate::Undecided if falls_through(cluster) => continue,
                Fate::Undecided => {
                    let set =
                        cluster.sets.iter().find(|set| set.name == "management").and_then(|set| set.span);
                    let enable = cluster.options.enable.as_ref().map(|enable| enable.span);
                    let Some(place) = set.or(enable) else { continue };
                    (place, None)
                }
            };
            // The same line for every node is said once.
            if reported.contains(&(closed_by, port)) {
                continue;
            }
            reported.push((closed_by, port));
            let message = format!("nobody would be able to reach {what} of the node");
            let diagnostic = Diagnostic::new(codes::LOCKOUT, place, message);
            sink.push(match closed_by {
                Some(_) => diagnostic
                    .label("this rule stops everybody, before the built-in rules for the set `management`")
                    .note("put a rule that accepts your own addresses above it"),
                None => diagnostic
                    .label("no address in the set `management` can be used to reach the node")
                    .note("add the network you work from to `[IPSET management]` of the cluster file, or accept it with a rule"),
            });
        }
    }
}

/// Whether what no rule decides is accepted: by the management set, or by the policy.
fn falls_through(cluster: &Cluster) -> bool {
    if cluster.options.policy_in.as_ref().is_some_and(|policy| policy.value == Action::Accept) {
        return true;
    }
    let management = cluster.sets.iter().find(|set| set.name == "management");
    let local = &cluster.local_network;
    // Without knowing the node's network nothing can be said, unless the set itself says enough.
    if management.is_none() && !local.known {
        return true;
    }
    let entries = management.map(|set| set.entries.as_slice()).unwrap_or_default();
    // A tree like that of the members of a set (`policy::set`), where browsers have its code already.
    let exceptions: BTreeMap<ipnet::IpNet, u32> = entries
        .iter()
        .zip(0..)
        .filter(|(entry, _)| entry.nomatch)
        .map(|(entry, at)| (entry.net, at))
        .collect();
    // A look-up for every network around it; comparing all with all would take long in large sets.
    let excepted = |net: &ipnet::IpNet| {
        core::iter::successors(Some(*net), ipnet::IpNet::supernet).any(|net| exceptions.contains_key(&net))
    };
    let usable = |net: &ipnet::IpNet| !net.addr().is_loopback() && net.prefix_len() > 0;
    let own = local.network.net().trunc();
    // A later line of the same text replaces an exception, and the node's network comes last.
    let own_usable = local.known
        && usable(&own)
        && !entries.iter().any(|e| e.nomatch && e.net != own && e.net.contains(&own));
    own_usable || entries.iter().any(|entry| !entry.nomatch && usable(&entry.net) && !excepted(&entry.net))
}

fn fate<'r>(rules: impl Iterator<Item = &'r policy::Rule>, cluster: &'r Cluster, port: u16) -> Fate {
    for rule in rules {
        match &rule.body {
            Body::Filter { direction: Direction::In, action, parts } => match decide(*action, parts, port) {
                Some(Action::Accept) => return Fate::Open,
                Some(Action::Drop | Action::Reject) => return Fate::Closed(rule.span),
                None => {}
            },
            Body::Filter { .. } => {}
            Body::Group(name) => {
                for inner in cluster.group(name, Direction::In) {
                    let Body::Filter { action, parts, .. } = &inner.body else { continue };
                    match decide(*action, parts, port) {
                        Some(Action::Accept) => return Fate::Open,
                        // Through an interface only, it does not stop everybody.
                        Some(Action::Drop | Action::Reject) if rule.interface.is_none() => {
                            return Fate::Closed(inner.span);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    Fate::Undecided
}

/// What the rule does: accept somebody, or stop everybody. `None`: neither.
fn decide(action: Action, parts: &[policy::Part], port: u16) -> Option<Action> {
    let mut all = [false, false];
    for part in parts {
        for (place, family) in all.iter_mut().zip(Family::BOTH) {
            let Some(matches) = part.matches(family) else { continue };
            let mut everybody = true;
            let mut covers = true;
            for condition in matches.iter() {
                match &condition.test {
                    Test::Protocol(protocol) => {
                        covers &= matches!(*protocol.value(), Protocol::TCP | Protocol::ANY);
                    }
                    Test::Port { side: Side::Destination, ports, .. } => {
                        covers &= ports.value().contains(port);
                    }
                    Test::Address(Side::Source, addresses) => {
                        everybody &= matches!(addresses.value(), crate::ir::Addresses::Net(net) if net.prefix_len() == 0);
                    }
                    _ => everybody = false,
                }
            }
            if covers && action == Action::Accept {
                return Some(Action::Accept);
            }
            *place |= covers && everybody;
        }
    }
    // Stopping one family leaves the other.
    (all == [true, true]).then_some(action)
}
