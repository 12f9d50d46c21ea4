//! What the packets have met: chains, conditions, targets, families, ways, protocols, states, devices, verdicts.

use alloc::collections::BTreeMap;
use core::fmt::Write as _;

use pvefw_core::config::nic::GuestKind;
use pvefw_core::sim::{self, Effect, Endpoint, Frame, Trace, Zone};
use serde::{Deserialize, Serialize};

/// How often each thing was met; everything that must be is there from the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Coverage(BTreeMap<String, u64>);

/// What must be met, by kind.
const WANTED: [(&str, &[&str]); 9] = [
    (
        "chain",
        &[
            "v4/PVEFW-INPUT",
            "v4/PVEFW-OUTPUT",
            "v4/PVEFW-FORWARD",
            "v4/PVEFW-HOST-IN",
            "v4/PVEFW-HOST-OUT",
            "v4/PVEFW-FWBR-IN",
            "v4/PVEFW-FWBR-OUT",
            "v4/NIC-IN",
            "v4/NIC-OUT",
            "v4/GROUP-IN",
            "v4/GROUP-OUT",
            "v4/PVEFW-Drop",
            "v4/PVEFW-DropBroadcast",
            "v4/PVEFW-Reject",
            "v4/PVEFW-reject",
            "v4/PVEFW-SET-ACCEPT-MARK",
            "v4/PVEFW-blacklist",
            "v4/PVEFW-smurfs",
            "v4/PVEFW-tcpflags",
            "v4/PVEFW-IPS",
            "v4/PVEFW-PREROUTING",
            "v6/PVEFW-INPUT",
            "v6/PVEFW-OUTPUT",
            "v6/PVEFW-FORWARD",
            "v6/PVEFW-HOST-IN",
            "v6/PVEFW-HOST-OUT",
            "v6/PVEFW-FWBR-IN",
            "v6/PVEFW-FWBR-OUT",
            "v6/NIC-IN",
            "v6/NIC-OUT",
            "v6/GROUP-IN",
            "v6/GROUP-OUT",
            "v6/PVEFW-Drop",
            "v6/PVEFW-DropBroadcast",
            "v6/PVEFW-Reject",
            "v6/PVEFW-reject",
            "v6/PVEFW-SET-ACCEPT-MARK",
            "v6/PVEFW-blacklist",
            "v6/PVEFW-tcpflags",
            "v6/PVEFW-IPS",
            "bridge/PVEFW-FORWARD",
            "bridge/PVEFW-FWBR-OUT",
            "bridge/NIC-OUT",
            "bridge/NIC-OUT-ARP",
            "bridge/NIC-OUT-PROTO",
        ],
    ),
    (
        "condition",
        &[
            "-i",
            "-o",
            "-s",
            "-s list",
            "-d",
            "-d list",
            "--src-range",
            "--dst-range",
            "--match-set src",
            "--match-set dst",
            "! --match-set src",
            "-p",
            "--dport",
            "--dport range",
            "--sport",
            "--sport range",
            "--dports",
            "--sports",
            "--icmp-type",
            "--icmpv6-type",
            "--dst-type",
            "--ctstate",
            "--physdev-in",
            "--physdev-out",
            "! --mac-source",
            "--mark",
            "--limit",
            "--tcp-flags",
            "--arp-ip-src",
            "-s !",
        ],
    ),
    (
        "target",
        &["accept", "drop", "reject", "return", "jump", "goto", "mark", "connection mark", "log", "queue"],
    ),
    ("family", &["v4", "v6", "ARP", "other"]),
    (
        "way",
        &[
            "host to port",
            "host to open VM",
            "host to open container",
            "host to VM",
            "host to container",
            "port to host",
            "port to port",
            "port to open VM",
            "port to open container",
            "port to VM",
            "port to container",
            "open VM to host",
            "open VM to port",
            "open VM to VM",
            "open container to host",
            "open container to port",
            "open container to container",
            "VM to host",
            "VM to port",
            "VM to VM",
            "VM to container",
            "container to host",
            "container to port",
            "container to VM",
            "container to container",
            "over one bridge",
            "over two bridges",
        ],
    ),
    ("protocol", &["1", "2", "6", "17", "33", "47", "50", "51", "58", "89", "115", "132", "136"]),
    ("state", &["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"]),
    ("device", &["net0", "net1", "net2", "net10", "net31"]),
    (
        "verdict",
        &[
            "ACCEPT",
            "DROP",
            "REJECT tcp-reset",
            "REJECT icmp-port-unreachable",
            "REJECT icmp-host-prohibited",
            "REJECT icmp6-port-unreachable",
            "REJECT icmp6-adm-prohibited",
        ],
    ),
];

impl Default for Coverage {
    fn default() -> Self {
        let wanted = WANTED.iter().flat_map(|(kind, things)| things.iter().map(move |thing| (kind, thing)));
        Self(wanted.map(|(kind, thing)| (format!("{kind}: {thing}"), 0)).collect())
    }
}

impl Coverage {
    /// Counts what a packet has met.
    pub fn count(&mut self, things: &[String]) {
        for thing in things {
            *self.0.entry(thing.clone()).or_default() += 1;
        }
    }

    /// Adds what others have counted.
    pub fn add(&mut self, other: &Self) {
        for (thing, count) in &other.0 {
            *self.0.entry(thing.clone()).or_default() += count;
        }
    }

    /// How rare the rarest of some things is; small is rare.
    pub fn rarity(&self, things: &[String]) -> u64 {
        things.iter().map(|thing| self.0.get(thing).copied().unwrap_or(0)).min().unwrap_or(u64::MAX)
    }

    /// What must be met and was not.
    pub fn missing(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, count)| **count == 0).map(|(thing, _)| thing.as_str()).collect()
    }

    /// All counts, a line for each kind.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for (thing, count) in &self.0 {
            let (kind, name) = thing.split_once(": ").unwrap_or(("", thing));
            if kind != last {
                let _ = write!(text, "{}{kind:<10}", if last.is_empty() { "" } else { "\n" });
                last = kind;
            }
            let _ = write!(text, " {name} {count},");
        }
        text.replace(",\n", "\n").trim_end_matches(',').to_owned()
    }
}

/// What a packet meets, as the simulator sees it.
pub fn met(packet: &sim::Packet, trace: &Trace) -> Vec<String> {
    let mut things = Vec::new();
    let mut add = |kind: &str, thing: &str| {
        let thing = format!("{kind}: {thing}");
        if !things.contains(&thing) {
            things.push(thing);
        }
    };
    for step in trace.hops.iter().flat_map(|hop| &hop.steps) {
        let family = step
            .table
            .family
            .map_or("bridge", |family| if family == pvefw_core::Family::V4 { "v4" } else { "v6" });
        add("chain", &format!("{family}/{}", chain(&step.chain)));
        add("target", target(&step.effect));
        for condition in conditions(&step.rule) {
            add("condition", &condition);
        }
    }
    match &packet.frame {
        Frame::Ip(ip) => {
            add("family", if ip.source.is_ipv4() { "v4" } else { "v6" });
            add("protocol", &ip.protocol.0.to_string());
            add("state", ip.state.name());
        }
        Frame::Arp { .. } => add("family", "ARP"),
        Frame::Other(_) => add("family", "other"),
    }
    add("way", &format!("{} to {}", end(packet.zones.0, &packet.from), end(packet.zones.1, &packet.to)));
    if let (Some(from), Some(to)) = (packet.from.bridge(), packet.to.bridge()) {
        add("way", if from == to { "over one bridge" } else { "over two bridges" });
    }
    for zone in [packet.zones.0, packet.zones.1] {
        if let Zone::Nic(id) = zone {
            add("device", &format!("net{}", id.index));
        }
    }
    let verdict = match trace.answer.verdict {
        sim::Verdict::Reject(with) => format!("REJECT {}", with.name()),
        other => other.name().to_owned(),
    };
    add("verdict", &verdict);
    things
}

/// A chain without what it is for: `tap100i0-IN` is `NIC-IN`.
fn chain(name: &str) -> String {
    for prefix in ["tap", "veth"] {
        if let Some(rest) = name.strip_prefix(prefix)
            && let Some((_, rest)) = rest.split_once('-')
        {
            return format!("NIC-{rest}");
        }
    }
    match name.strip_prefix("GROUP-").and_then(|rest| rest.rsplit_once('-')) {
        Some((_, direction)) => format!("GROUP-{direction}"),
        None => name.to_owned(),
    }
}

const fn target(effect: &Effect) -> &'static str {
    match effect {
        Effect::Accept => "accept",
        Effect::Drop => "drop",
        Effect::Reject(_) => "reject",
        Effect::Return => "return",
        Effect::Jump(_) => "jump",
        Effect::Goto(_) => "goto",
        Effect::Mark(_) => "mark",
        Effect::ConnectionMark(_) => "connection mark",
        Effect::Log(_) => "log",
        Effect::Queue(_) => "queue",
        Effect::Continue => "continue",
        Effect::Unknown => "unknown",
    }
}

/// The conditions in a rule's text, without their values.
fn conditions(rule: &str) -> Vec<String> {
    let words: Vec<&str> = rule.split_whitespace().skip(2).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let not = at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|word| *word == "!");
        let sign = if not { "! " } else { "" };
        match *word {
            // What follows a target is no condition.
            "-j" | "-g" => break,
            "-m" | "--match" => {}
            "-s" if next == "!" => found.push("-s !".to_owned()),
            "-s" | "-d" if next.contains(',') => found.push(format!("{word} list")),
            "--dport" | "--sport" if next.contains(':') => found.push(format!("{word} range")),
            "--match-set" => {
                found.push(format!("{sign}--match-set {}", words.get(at + 2).copied().unwrap_or_default()));
            }
            _ if word.starts_with('-') => found.push(format!("{sign}{word}")),
            _ => {}
        }
    }
    found
}

fn end(zone: Zone, endpoint: &Endpoint) -> &'static str {
    match (zone, endpoint) {
        (Zone::Host, _) => "host",
        (Zone::Port { .. }, _) => "port",
        (Zone::Nic(id), Endpoint::Filtered(_)) if id.kind == GuestKind::Vm => "VM",
        (Zone::Nic(_), Endpoint::Filtered(_)) => "container",
        (Zone::Nic(id), _) if id.kind == GuestKind::Vm => "open VM",
        (Zone::Nic(_), _) => "open container",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_taken_apart() {
        let rows = [
            ("-A tap1i0-IN -s 10.0.0.0/8 -p tcp --dport 80:90 -j ACCEPT", "-s, -p, --dport range"),
            ("-A x -m set ! --match-set PVEFW-0-a-v4 src -j DROP", "! --match-set src"),
            ("-A x -s ! bc:24:11:eb:bd:8d -j DROP", "-s !"),
            (
                "-A x -d 10.0.0.1,10.0.0.2 -m limit --limit 1/sec -j NFLOG --nflog-prefix \"-d\"",
                "-d list, --limit",
            ),
        ];
        for (rule, expected) in rows {
            assert_eq!(conditions(rule).join(", "), expected);
        }
    }

    #[test]
    fn chains_lose_what_they_are_for() {
        for (name, kind) in [
            ("veth200i1-OUT-ARP", "NIC-OUT-ARP"),
            ("GROUP-web-x-IN", "GROUP-IN"),
            ("PVEFW-HOST-IN", "PVEFW-HOST-IN"),
        ] {
            assert_eq!(chain(name), kind);
        }
    }

    #[test]
    fn what_was_not_met_is_told() {
        let mut coverage = Coverage::default();
        let all: Vec<String> = coverage.missing().iter().map(|thing| (*thing).to_owned()).collect();
        coverage.count(all.get(1..).unwrap());
        assert_eq!(coverage.missing(), [all.first().unwrap()]);
        assert_eq!((coverage.rarity(&all), coverage.rarity(all.get(1..).unwrap())), (0, 1));
    }
}
