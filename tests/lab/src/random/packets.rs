//! Packets made up for a compiled datacenter: most are aimed at one of its rules, to hit it or to miss it by little.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use pvefw_core::Family;
use pvefw_core::ir::{
    Addresses, BridgeMatch, BridgeTable, ConnectionStates, Match, Protocol, Ruleset, Side, Tables, Test,
};
use pvefw_core::sim::{ConnectionState, Topology, Zone};

use super::dice::Dice;
use crate::question::Question;

/// Addresses that rules name, and some that none does.
const V4: [Ipv4Addr; 9] = [
    Ipv4Addr::new(10, 1, 2, 3),
    Ipv4Addr::new(10, 1, 77, 1),
    Ipv4Addr::new(172, 16, 5, 5),
    Ipv4Addr::new(192, 168, 7, 9),
    Ipv4Addr::new(192, 168, 2, 101),
    Ipv4Addr::new(203, 0, 113, 77),
    Ipv4Addr::new(198, 51, 100, 9),
    Ipv4Addr::new(198, 51, 100, 10),
    Ipv4Addr::new(100, 64, 3, 3),
];
const V6: [Ipv6Addr; 6] = [
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7),
    Ipv6Addr::new(0x2001, 0xdb8, 5, 6, 0, 0, 0, 8),
    Ipv6Addr::new(0xfd00, 2, 0, 0, 0, 0, 0, 0x101),
    Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0x77),
    Ipv6Addr::new(0x2a00, 1, 2, 3, 0, 0, 0, 4),
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0x1234, 0x56ff, 0xfe78, 0x9abc),
];
const PORTS: [u16; 16] =
    [22, 53, 80, 443, 8006, 40000, 40001, 67, 68, 135, 137, 445, 1900, 5404, 3128, 65535];
const WORDS: [&str; 12] =
    ["tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmpv6", "sctp", "esp", "gre", "udplite", "dccp"];
const FRAMES: [&str; 6] = ["arp", "arp", "arp", "0x88cc", "0x8137", "0x88b5"];

/// What is known of a packet so far.
#[derive(Clone, Debug, Default)]
struct Draft {
    from: Option<Zone>,
    to: Option<Zone>,
    source: Option<IpAddr>,
    dest: Option<IpAddr>,
    protocol: Option<Protocol>,
    sport: Option<u16>,
    dport: Option<u16>,
    icmp: Option<(u8, u8)>,
    state: Option<&'static str>,
    frame: Option<String>,
    mac: Option<String>,
}

/// Makes packets for one datacenter.
#[derive(Debug)]
pub struct Aim<'a> {
    ruleset: &'a Ruleset,
    zones: Vec<Zone>,
    topology: &'a Topology,
    /// Every rule: family, chain, conditions.
    rules: Vec<(Family, &'a str, &'a [Match])>,
    frames: Vec<&'a [BridgeMatch]>,
}

impl<'a> Aim<'a> {
    /// Aims at a ruleset on a node.
    pub fn new(ruleset: &'a Ruleset, topology: &'a Topology) -> Self {
        let mut rules = Vec::new();
        for family in Family::BOTH {
            let Tables { filter, raw } = ruleset.tables(family);
            for (name, chain) in filter.chains.iter().chain(&raw.chains) {
                rules.extend(chain.rules.iter().map(|rule| (family, name.as_str(), &*rule.matches)));
            }
        }
        let BridgeTable { chains, .. } = &ruleset.bridge;
        let frames = chains.values().flat_map(|chain| &chain.rules).map(|rule| &*rule.matches).collect();
        let mut zones: Vec<Zone> = topology.zones().filter(|zone| topology.find(*zone).is_ok()).collect();
        zones.extend(["vmbr1/eth1", "vmbr2/wan"].into_iter().filter_map(|zone| Zone::parse(zone).ok()));
        Self { ruleset, zones, topology, rules, frames }
    }

    /// A packet; what can't be sent is among them.
    pub fn packet(&self, dice: &mut Dice) -> Question {
        let mut draft = Draft::default();
        match dice.roll(20) {
            0 => draft.frame = Some(dice.word(&FRAMES).to_owned()),
            1 => {
                if let Some(matches) = dice.pick(&self.frames) {
                    self.at_frame(dice, matches, &mut draft);
                }
            }
            2..=4 => {}
            _ => {
                if let Some((family, chain, matches)) = dice.pick(&self.rules) {
                    self.at_chain(chain, &mut draft);
                    self.at_rule(dice, *family, matches, &mut draft);
                }
            }
        }
        if dice.chance(1, 6) {
            nearly(dice, &mut draft);
        }
        self.finish(dice, draft)
    }

    /// The zone of a device, by the name that chains and rules have for it.
    fn zone_of(&self, device: &str) -> Option<Zone> {
        self.zones.iter().copied().find(|zone| match zone {
            Zone::Nic(id) => device == format!("{}{}i{}", id.kind.device_prefix(), id.vmid, id.index),
            Zone::Host | Zone::Port { .. } => false,
        })
    }

    /// The ends that a chain speaks of.
    fn at_chain(&self, chain: &str, draft: &mut Draft) {
        if chain.contains("HOST-IN") {
            draft.to = Some(Zone::Host);
        } else if chain.contains("HOST-OUT") {
            draft.from = Some(Zone::Host);
        } else if let Some(device) = chain.strip_suffix("-IN") {
            draft.to = self.zone_of(device);
        } else if let Some(device) = chain.strip_suffix("-OUT") {
            draft.from = self.zone_of(device);
        }
    }

    fn at_rule(&self, dice: &mut Dice, family: Family, matches: &[Match], draft: &mut Draft) {
        for condition in matches {
            let negated = condition.negated;
            match &condition.test {
                Test::Address(side, addresses) => {
                    let address = if negated { any(dice, family) } else { one_of(dice, addresses.value()) };
                    *end(draft, *side) = Some(address);
                }
                Test::InSet(side, name) => {
                    let members =
                        self.ruleset.sets.get(name).map(|set| set.members.as_slice()).unwrap_or_default();
                    if let Some(member) = dice.pick(members).filter(|_| !negated) {
                        *end(draft, *side) = Some(inside(dice, member.net));
                    }
                }
                Test::Protocol(protocol) if !negated => draft.protocol = Some(*protocol.value()),
                Test::Port { side, ports, .. } if !negated => {
                    let port = dice.pick(ports.value().ranges()).map(|range| match dice.roll(3) {
                        0 => range.first,
                        1 => range.last,
                        _ => dice.number(range.first, range.last),
                    });
                    match side {
                        Side::Source => draft.sport = port,
                        Side::Destination => draft.dport = port,
                    }
                }
                Test::Icmp { kind, .. } => {
                    let kind = kind.value();
                    draft.protocol =
                        Some(if kind.family == Family::V4 { Protocol::ICMP } else { Protocol::ICMPV6 });
                    draft.icmp = kind.kind.map(|ty| (ty, kind.code.unwrap_or(0)));
                }
                Test::InInterface(pattern) | Test::BridgePortIn(pattern) => {
                    draft.from = self.zone_of(pattern.name.as_str()).or(draft.from);
                }
                Test::OutInterface(pattern) | Test::BridgePortOut(pattern) => {
                    draft.to = self.zone_of(pattern.name.as_str()).or(draft.to);
                }
                Test::ConnectionState(states) => {
                    let known = [
                        (ConnectionStates::INVALID, "INVALID"),
                        (ConnectionStates::ESTABLISHED, "ESTABLISHED"),
                        (ConnectionStates::RELATED, "RELATED"),
                    ];
                    let wanted: Vec<&'static str> = known
                        .iter()
                        .filter(|(state, _)| states.contains(*state))
                        .map(|(_, name)| *name)
                        .collect();
                    draft.state = dice.pick(&wanted).copied();
                }
                Test::SourceMac(_) => draft.mac = Some("02:AA:BB:CC:DD:EE".to_owned()),
                _ => {}
            }
        }
        if draft.source.is_none() && draft.dest.is_none() {
            draft.source = Some(any(dice, family));
        }
    }

    fn at_frame(&self, dice: &mut Dice, matches: &[BridgeMatch], draft: &mut Draft) {
        draft.frame = Some(dice.word(&FRAMES).to_owned());
        for condition in matches {
            match condition {
                BridgeMatch::Protocol(number) if *number.value() != 0x0800 && *number.value() != 0x86dd => {
                    draft.frame = Some(format!("{:#06x}", number.value()));
                }
                BridgeMatch::InPort(pattern) => draft.from = self.zone_of(pattern.name.as_str()),
                BridgeMatch::SourceIsNot(mac) => {
                    let mut nics = self.topology.nics();
                    draft.from = nics.find(|(_, nic)| nic.mac == Some(*mac)).map(|(id, _)| Zone::Nic(id));
                    draft.mac = Some("02:AA:BB:CC:DD:EE".to_owned());
                }
                BridgeMatch::ArpSource(net) => {
                    draft.frame = Some("arp".to_owned());
                    draft.source = Some(inside(dice, IpNet::V4(*net)));
                }
                _ => {}
            }
        }
    }

    /// Fills in what is still open.
    fn finish(&self, dice: &mut Dice, mut draft: Draft) -> Question {
        let from = draft.from.unwrap_or_else(|| self.some_zone(dice, draft.to));
        let to = draft.to.filter(|to| *to != from).unwrap_or_else(|| self.some_zone(dice, Some(from)));
        let mut question = Question { from: from.to_string(), to: to.to_string(), ..Question::default() };
        if let Zone::Nic(_) = from {
            if dice.chance(1, 20) {
                draft.mac = Some("02:AA:BB:CC:DD:EE".to_owned());
            }
            question.mac = draft.mac.filter(|_| dice.chance(1, 2));
        }
        if let Some(frame) = draft.frame {
            question.source = draft
                .source
                .filter(|address| address.is_ipv4() && frame == "arp")
                .or_else(|| (frame == "arp").then(|| any(dice, Family::V4)).filter(|_| dice.chance(2, 3)));
            question.proto = Some(frame);
            return question;
        }
        let protocol = draft.protocol.filter(|protocol| *protocol != Protocol::ANY);
        let word = match protocol {
            Some(protocol) => protocol.0.to_string(),
            None => dice.word(&WORDS).to_owned(),
        };
        let number = match word.as_str() {
            "icmp" | "1" => 1,
            "icmpv6" | "58" => 58,
            _ => 0,
        };
        let known = draft.source.or(draft.dest);
        let family = match (number, known) {
            (1, _) => Family::V4,
            (58, _) => Family::V6,
            (_, Some(address)) if address.is_ipv6() => Family::V6,
            (_, Some(_)) => Family::V4,
            _ if dice.chance(1, 3) => Family::V6,
            _ => Family::V4,
        };
        let fits = |address: &IpAddr| address.is_ipv6() == (family == Family::V6);
        question.source = draft.source.filter(fits).or_else(|| self.own(dice, from, family));
        question.dest = draft.dest.filter(fits).or_else(|| self.own(dice, to, family));
        if question.source.is_none() && question.dest.is_none() && family == Family::V6 {
            question.source = Some(any(dice, family));
        }
        if number != 0 {
            let (ty, code) = draft.icmp.unwrap_or_else(|| some_type(dice, family));
            question.icmp_type = Some(if code == 0 { ty.to_string() } else { format!("{ty}/{code}") });
        } else if ["tcp", "udp", "sctp", "udplite", "dccp", "6", "17", "33", "132", "136"]
            .contains(&word.as_str())
        {
            question.sport = draft.sport.or_else(|| some_port(dice, true));
            question.dport = draft.dport.or_else(|| some_port(dice, false));
        }
        question.proto = Some(word);
        question.state = draft
            .state
            .or_else(|| {
                dice.chance(1, 12).then(|| dice.word(&["ESTABLISHED", "RELATED", "INVALID"])).map(|word| {
                    match word {
                        "ESTABLISHED" => "ESTABLISHED",
                        "RELATED" => "RELATED",
                        _ => "INVALID",
                    }
                })
            })
            .map(str::to_owned);
        fit_state(&mut question, family);
        say_state(&mut question, family);
        question
    }

    /// A zone that is not `other`. Places without rules of their own let packets reach the rules of others.
    fn some_zone(&self, dice: &mut Dice, other: Option<Zone>) -> Zone {
        if dice.chance(1, 3) && other != Some(Zone::OUTSIDE) {
            return Zone::OUTSIDE;
        }
        let others: Vec<Zone> = self.zones.iter().copied().filter(|zone| Some(*zone) != other).collect();
        dice.pick(&others).copied().unwrap_or(Zone::OUTSIDE)
    }

    /// The address of a place, or another.
    fn own(&self, dice: &mut Dice, zone: Zone, family: Family) -> Option<IpAddr> {
        let sure = zone == Zone::Host;
        if dice.chance(if sure { 19 } else { 3 }, if sure { 20 } else { 5 }) {
            let own = match zone {
                Zone::Host => self.topology.node_address,
                Zone::Nic(id) => {
                    let (_, nic) = self.topology.nics().find(|(nic, _)| *nic == id)?;
                    match family {
                        Family::V4 => nic.v4.map(IpAddr::V4),
                        Family::V6 => nic.v6.map(IpAddr::V6),
                    }
                }
                Zone::Port { .. } => None,
            };
            return own.filter(|own| own.is_ipv6() == (family == Family::V6));
        }
        Some(any(dice, family))
    }
}

/// Makes a packet that a rule would match miss it, by one thing.
fn nearly(dice: &mut Dice, draft: &mut Draft) {
    match dice.roll(6) {
        0 => draft.dport = draft.dport.map(|port| port.wrapping_add(1)),
        1 => draft.sport = draft.sport.map(|port| port.wrapping_sub(1)),
        2 => draft.source = draft.source.map(next_to),
        3 => draft.dest = draft.dest.map(next_to),
        4 => draft.protocol = None,
        _ => draft.state = None,
    }
}

/// Takes back a state that a packet of its kind can't have, and gives it a type that can have it.
fn fit_state(question: &mut Question, family: Family) {
    let icmp = question.icmp_type.is_some();
    let protocol = question.proto.as_deref().unwrap_or_default();
    match question.state.as_deref() {
        Some("RELATED") => {
            question.sport = None;
            question.dport = None;
            question.proto = Some(if family == Family::V4 { "icmp" } else { "icmpv6" }.to_owned());
            question.icmp_type = Some(if family == Family::V4 { "3/1" } else { "1/3" }.to_owned());
        }
        Some("INVALID") if !["tcp", "udp", "6", "17"].contains(&protocol) => {
            question.state = None;
            if icmp {
                question.icmp_type = Some(if family == Family::V4 { "0" } else { "129" }.to_owned());
            }
        }
        Some("ESTABLISHED") if icmp => {
            question.icmp_type = Some(if family == Family::V4 { "0" } else { "129" }.to_owned());
        }
        Some("ESTABLISHED") if ["sctp", "132"].contains(&protocol) => question.state = None,
        _ => {}
    }
}

/// Says the state of ICMP that can't be the first of a connection, as the kernel sees it.
fn say_state(question: &mut Question, family: Family) {
    if question.state.is_some() {
        return;
    }
    let ty = question.icmp_type.as_deref().and_then(|text| text.split('/').next()?.parse().ok());
    let state = ty.map_or(ConnectionState::New, |ty| ConnectionState::of_first_icmp(family, ty));
    if state != ConnectionState::New {
        question.state = Some(state.name().to_owned());
    }
}

fn end(draft: &mut Draft, side: Side) -> &mut Option<IpAddr> {
    match side {
        Side::Source => &mut draft.source,
        Side::Destination => &mut draft.dest,
    }
}

fn some_type(dice: &mut Dice, family: Family) -> (u8, u8) {
    let types: &[(u8, u8)] = match family {
        Family::V4 => &[(8, 0), (8, 0), (13, 0), (17, 0), (0, 0), (3, 1), (11, 0), (3, 4)],
        Family::V6 => {
            &[(128, 0), (128, 0), (133, 0), (134, 0), (135, 0), (136, 0), (129, 0), (1, 4), (143, 0)]
        }
    };
    dice.pick(types).copied().unwrap_or((8, 0))
}

fn some_port(dice: &mut Dice, source: bool) -> Option<u16> {
    match dice.roll(4) {
        // Many sources, since each flow is used once.
        0 | 1 if source => Some(dice.number(1024, 65000)),
        0 => None,
        _ => dice.pick(&PORTS).copied(),
    }
}

fn any(dice: &mut Dice, family: Family) -> IpAddr {
    match family {
        Family::V4 => dice.pick(&V4).copied().unwrap_or(Ipv4Addr::new(10, 0, 0, 1)).into(),
        Family::V6 => {
            dice.pick(&V6).copied().unwrap_or(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)).into()
        }
    }
}

fn one_of(dice: &mut Dice, addresses: &Addresses) -> IpAddr {
    match addresses {
        Addresses::Net(net) => inside(dice, *net),
        Addresses::List(nets) => match dice.pick(nets) {
            Some(net) => inside(dice, *net),
            None => any(dice, addresses.family()),
        },
        Addresses::Range(ends) => {
            if dice.chance(1, 2) {
                ends.first
            } else {
                ends.last
            }
        }
    }
}

/// An address of a network: the second one, the last but one, or one in between.
fn inside(dice: &mut Dice, net: IpNet) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
            let span = last - first;
            let at = match span {
                0 | 1 => 0,
                _ => match dice.roll(3) {
                    0 => 1,
                    1 => span - 1,
                    _ => 1 + u32::try_from(dice.next() % u64::from(span - 1)).unwrap_or(0),
                },
            };
            Ipv4Addr::from(first + at).into()
        }
        IpNet::V6(net) => {
            let (first, last) = (u128::from(net.network()), u128::from(net.broadcast()));
            let span = last - first;
            let at = if span < 2 { 0 } else { 1 + u128::from(dice.next()) % (span - 1) };
            Ipv6Addr::from(first + at).into()
        }
    }
}

fn next_to(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(four) => Ipv4Addr::from(u32::from(four) ^ 0x100).into(),
        IpAddr::V6(six) => Ipv6Addr::from(u128::from(six) ^ (1 << 64)).into(),
    }
}
