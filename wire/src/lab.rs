//! Sends packets through a real kernel that has a ruleset loaded.

use alloc::collections::{BTreeMap, BTreeSet};
use core::net::IpAddr;

use pvefw_core::emit::{self, Restore};
use pvefw_core::facts::Names;
use pvefw_core::host::{Texts, Tool, Tools, load};
use pvefw_core::ir::{Protocol, Ruleset};
use pvefw_core::sim::{self, Mistake, Question, Zone};

use crate::exchange::Exchange;
use crate::frame::Tag;
use crate::machine::batch;
use crate::observe::Outcome;
use crate::packet::{Ip, Packet, Part};
use crate::topology::{Place, Topology};
use crate::wiring::{self, SINK, Wiring};

/// Packets that travel together at most: what leads them has to fit into the kernel's tables.
const MOST_TOGETHER: usize = 4096;

/// The first tag of packets that only open connections.
const FIRST_OPENER: Tag = 0x4000;

/// What became of a packet, or why it could not be sent.
pub type Answer = Result<Outcome, String>;

/// Packets with everything worked out that needs no kernel.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The ruleset of the node.
    pub ruleset: Ruleset,
    /// The node's networks, as the simulator sees them.
    pub node: sim::Topology,
    /// What the simulator is asked, for each question.
    pub asked: Vec<Result<sim::Packet, Mistake>>,
    topology: Topology,
    packets: Vec<Result<Packet, String>>,
    restore: Restore,
}

/// Packets that can travel together, and what leads them.
#[derive(Default)]
struct Batch {
    /// With their numbers among all.
    packets: Vec<(usize, Packet)>,
    flows: BTreeSet<String>,
    routes: BTreeMap<Route, Place>,
    /// Addresses of answers, which no route may lead: they are looked for where routes don't lead.
    answers: BTreeSet<(IpAddr, IpAddr)>,
}

/// A bridge that the node takes packets from, and their addresses.
type Route = (String, IpAddr, IpAddr);

impl Prepared {
    /// Works out the packets that questions to a node are.
    ///
    /// # Errors
    /// What can't be wired.
    pub fn new(
        ruleset: Ruleset,
        node: sim::Topology,
        names: &Names<'_>,
        questions: &[Question],
    ) -> Result<Self, String> {
        let zones = questions.iter().flat_map(|question| [&question.from, &question.to]);
        let topology = Topology::new(&node, zones.filter_map(|zone| Zone::parse(zone).ok()))?;
        let asked: Vec<Result<sim::Packet, Mistake>> =
            questions.iter().map(|question| question.packet(&node, names)).collect();
        let packet = |(asked, question): (&Result<sim::Packet, Mistake>, &Question)| {
            let packet = Packet::new(asked.as_ref().map_err(Mistake::to_string)?, question, &topology)?;
            for each in packet.before().iter().chain([&packet]) {
                can_get_there(each, &topology, &node)?;
            }
            Ok(packet)
        };
        let packets = asked.iter().zip(questions).map(packet).collect();
        let restore = emit::restore(&ruleset);
        Ok(Self { ruleset, node, asked, topology, packets, restore })
    }

    /// What the simulator is asked for each question, with `None` for packets that can't be sent.
    pub fn sendable(&self) -> impl Iterator<Item = Option<&sim::Packet>> {
        let both = self.asked.iter().zip(&self.packets);
        both.map(|(asked, packet)| asked.as_ref().ok().filter(|_| packet.is_ok()))
    }

    /// Forgets packets: they are not sent, for this reason.
    pub fn leave_out(&mut self, why: &str, unwanted: impl Fn(usize) -> bool) {
        for (number, packet) in self.packets.iter_mut().enumerate() {
            if packet.is_ok() && unwanted(number) {
                *packet = Err(why.to_owned());
            }
        }
    }

    /// What the kernel did with each packet, in the order of the questions; why not, where one can't be sent. `progress`
    /// is told how many of how many have been sent.
    ///
    /// # Errors
    /// What keeps the kernel from being asked.
    pub fn run(&self, tools: &Tools, progress: &mut dyn FnMut(usize, usize)) -> Result<Vec<Answer>, String> {
        let mut answers: Vec<Answer> = self
            .packets
            .iter()
            .map(|packet| packet.as_ref().map(|_| Outcome::default()).map_err(Clone::clone))
            .collect();
        let (mut sent, all) = (0, self.packets.iter().filter(|packet| packet.is_ok()).count());
        for batch in self.batches() {
            progress(sent, all);
            for (number, outcome) in self.one(&batch, tools)? {
                if let Some(answer) = answers.get_mut(number) {
                    *answer = outcome;
                }
            }
            sent += batch.packets.len();
        }
        Ok(answers)
    }

    /// Sends packets over and over while the rules of the node change: `begin` loads those that are there first and starts
    /// what changes them, `going` says whether that is still at work. Which question each packet was of, and what became
    /// of it, in the order in which they were sent. Only packets that can travel together are sent, and none that needs a
    /// connection to be open; rejections are not told apart from drops.
    ///
    /// # Errors
    /// What keeps the kernel from being asked, and what the two say.
    pub fn stream(
        &self,
        tools: &Tools,
        begin: &mut dyn FnMut(&Tools) -> Result<(), String>,
        going: &mut dyn FnMut() -> Result<bool, String>,
    ) -> Result<Vec<(usize, Outcome)>, String> {
        let batches = self.batches();
        let batch = batches.first().ok_or("no packet can be sent")?;
        let wiring = Wiring::build(&self.topology)?;
        let mut exchange = Exchange::new(&wiring, &self.topology)?;
        exchange.ready()?;
        self.lead(batch)?;
        let packets: Vec<&(usize, Packet)> = batch
            .packets
            .iter()
            .filter(|(_, packet)| packet.before().is_empty() && packet.to != Place::Host)
            .collect();
        let tools = tools.clone().inside(&wiring.sandbox);
        begin(&tools)?;
        let sent: Vec<Packet> = packets.iter().map(|(_, packet)| packet.clone()).collect();
        let outcomes = exchange.stream(&sent, going)?;
        let question = |(at, outcome): (usize, Outcome)| Some((packets.get(at)?.0, outcome));
        Ok(outcomes.into_iter().filter_map(question).collect())
    }

    /// Parts packets so that no two of a part have the same flow, or would be routed by the same rule to different
    /// places.
    fn batches(&self) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        for (number, packet) in self.packets.iter().enumerate() {
            let Ok(packet) = packet else { continue };
            let flows: Vec<String> =
                packet.ip().into_iter().flat_map(Ip::flows).map(|flow| format!("{flow:?}")).collect();
            let all = packet.before().into_iter().chain([packet.clone()]);
            let routes: Vec<(Route, Place)> = all.filter_map(|packet| self.route(&packet)).collect();
            let answer = packet.ip().map(|ip| (ip.dest, ip.source));
            let leads = |(_, source, dest): &Route, answer: &(IpAddr, IpAddr)| *answer == (*source, *dest);
            let fits = |batch: &Batch| {
                let answered = answer
                    .is_some_and(|answer| batch.routes.keys().any(|route| leads(route, &answer)))
                    || routes
                        .iter()
                        .any(|(route, _)| batch.answers.iter().any(|answer| leads(route, answer)));
                !answered
                    && batch.packets.len() < MOST_TOGETHER
                    && flows.iter().all(|flow| !batch.flows.contains(flow))
                    && routes
                        .iter()
                        .all(|(route, to)| batch.routes.get(route).is_none_or(|other| other == to))
            };
            let found = batches.iter().position(fits).unwrap_or(batches.len());
            if found == batches.len() {
                batches.push(Batch::default());
            }
            if let Some(batch) = batches.get_mut(found) {
                batch.flows.extend(flows);
                batch.routes.extend(routes);
                batch.answers.extend(answer);
                batch.packets.push((number, packet.clone()));
            }
        }
        batches
    }

    /// What the node must be told to lead a packet on, if it is not bridged all the way.
    fn route(&self, packet: &Packet) -> Option<(Route, Place)> {
        let from = self.topology.port(packet.from)?;
        let bridged = self.topology.port(packet.to).is_some_and(|to| to.bridge == from.bridge);
        let ip = packet.ip()?;
        (!bridged).then(|| ((from.bridge.clone(), ip.source, ip.dest), packet.to))
    }

    /// Sends packets; their numbers, and what became of them.
    fn one(&self, batch: &Batch, tools: &Tools) -> Result<Vec<(usize, Answer)>, String> {
        let wiring = Wiring::build(&self.topology)?;
        let mut exchange = Exchange::new(&wiring, &self.topology)?;
        exchange.ready()?;
        self.lead(batch)?;
        let tools = tools.clone().inside(&wiring.sandbox);
        let packets: Vec<(Tag, Packet)> =
            (0..FIRST_OPENER).zip(batch.packets.iter().map(|(_, packet)| packet.clone())).collect();
        let openers: Vec<(Tag, Vec<Packet>)> = packets
            .iter()
            .map(|(tag, packet)| (*tag, packet.before()))
            .filter(|(_, all)| !all.is_empty())
            .collect();
        let mut unopened = BTreeSet::new();
        if !openers.is_empty() {
            gate(&tools, 'A')?;
            unopened = open(&mut exchange, &openers)?;
        }
        let texts = Texts {
            ipset: &self.restore.ipset,
            iptables: &self.restore.iptables,
            ip6tables: &self.restore.ip6tables,
            ebtables: &self.restore.ebtables,
        };
        load(&tools, &texts).map_err(|failed| format!("{failed}: {}", failed.error.in_full()))?;
        if !openers.is_empty() {
            gate(&tools, 'D')?;
        }
        both(&tools, &answers_pass())?;
        let outcomes = exchange.run(&packets)?;
        let numbers = batch.packets.iter().map(|(number, _)| *number);
        let answer = |((tag, outcome), number)| {
            let opened = !unopened.contains(&tag);
            (number, if opened { Ok(outcome) } else { Err("its connection could not be opened".to_owned()) })
        };
        Ok(outcomes.into_iter().zip(numbers).map(answer).collect())
    }

    /// Tells the node where packets go on, and which addresses are its own.
    fn lead(&self, batch: &Batch) -> Result<(), String> {
        let mut texts = [String::new(), String::new()];
        let mut own = BTreeSet::new();
        for network in &self.node.networks {
            text_of(&mut texts, network.addr()).push_str(&wiring::member_of(*network));
        }
        let mut joined = BTreeSet::new();
        for (number, ((bridge, source, dest), to)) in batch.routes.iter().enumerate() {
            text_of(&mut texts, *source).push_str(&wiring::rule(number, bridge, (*source, *dest), *to));
            match dest {
                _ if *to != Place::Host => {}
                _ if dest.is_multicast() => {
                    joined.insert((bridge, *dest));
                }
                IpAddr::V4(four) if !four.is_broadcast() && !four.is_loopback() => {
                    own.insert(*four);
                }
                _ => {}
            }
        }
        let [four, _] = &mut texts;
        four.extend(own.into_iter().map(wiring::speak_as));
        for (bridge, group) in joined {
            text_of(&mut texts, group).push_str(&wiring::join(bridge, group));
        }
        let [four, six] = texts;
        batch_both(&four, &six)
    }
}

fn text_of(texts: &mut [String; 2], address: IpAddr) -> &mut String {
    let [four, six] = texts;
    if address.is_ipv6() { six } else { four }
}

fn batch_both(four: &str, six: &str) -> Result<(), String> {
    batch("ip", &[], four)?;
    batch("ip", &["-6"], six)
}

/// Opens connections. The tags of those that would not open.
fn open(exchange: &mut Exchange<'_>, openers: &[(Tag, Vec<Packet>)]) -> Result<BTreeSet<Tag>, String> {
    let steps = openers.iter().map(|(_, all)| all.len()).max().unwrap_or(0);
    let mut unopened = BTreeSet::new();
    for step in 0..steps {
        let mut packets = Vec::new();
        for (tag, all) in openers {
            packets.extend(all.get(step).map(|packet| (FIRST_OPENER + tag, packet.clone())));
        }
        for (tag, outcome) in exchange.run(&packets)? {
            if !outcome.arrived {
                unopened.insert(tag - FIRST_OPENER);
            }
        }
    }
    Ok(unopened)
}

/// Makes (`A`) or unmakes (`D`) what opening connections needs: connection tracking, which no rule asks for yet, and a
/// node that does not answer what it knows nothing of.
fn gate(tools: &Tools, how: char) -> Result<(), String> {
    let text = format!(
        "*raw\n-{how} OUTPUT -o {SINK} -j DROP\nCOMMIT\n*filter\n-{how} INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n"
    );
    both(tools, &text)
}

/// Lets rejections get back to where they can be seen: what the node itself says leaves by the sink, which is no part of
/// the node, and resets cross its bridges whatever connection tracking thinks of them, so that they can be counted. No packet
/// that the lab sends meets these rules.
fn answers_pass() -> String {
    format!(
        "*filter\n-I OUTPUT -o {SINK} -j ACCEPT\n-I FORWARD -o {SINK} -j ACCEPT\n\
         -I FORWARD -p tcp --tcp-flags RST RST -j ACCEPT\nCOMMIT\n"
    )
}

fn both(tools: &Tools, text: &str) -> Result<(), String> {
    for tool in [Tool::Iptables, Tool::Ip6tables] {
        tools.restore(tool, text).map_err(|error| error.in_full())?;
    }
    Ok(())
}

/// Refuses packets that the kernel itself stops before any rule sees them, or after all have.
fn can_get_there(packet: &Packet, topology: &Topology, node: &sim::Topology) -> Result<(), String> {
    let Some(ip) = packet.ip() else { return Ok(()) };
    if ip.source == ip.dest {
        return Err(format!("conntrack takes a packet from {} to itself for its own answer", ip.source));
    }
    let bridge = |place| topology.port(place).map(|port| port.bridge.as_str());
    let same_bridge = bridge(packet.from).is_some() && bridge(packet.from) == bridge(packet.to);
    if same_bridge {
        return Ok(());
    }
    let sender = |address: IpAddr| match address {
        IpAddr::V4(four) => !(four.is_multicast() || four.is_broadcast() || four.is_unspecified()),
        IpAddr::V6(six) => !(six.is_multicast() || six.is_unspecified() || six.is_loopback()),
    };
    let own = packet.from == Place::Host;
    if !own && !sender(ip.source) || ip.source.is_unspecified() || ip.source.is_loopback() {
        return Err(format!("no node takes or sends packets from {}", ip.source));
    }
    let local = |address: IpAddr| match address {
        IpAddr::V4(four) => four.is_link_local() || four.is_loopback() || four.is_unspecified(),
        IpAddr::V6(six) => six.is_unicast_link_local() || six.is_loopback() || six.is_unspecified(),
    };
    let broadcast = |address: IpAddr| {
        address.is_ipv4()
            && node.networks.iter().any(|network| network.prefix_len() < 31 && network.broadcast() == address)
    };
    let routed = !own && packet.to != Place::Host;
    if routed && (local(ip.source) || local(ip.dest) || !sender(ip.dest) || broadcast(ip.dest)) {
        return Err(format!("no node routes packets from {} to {}", ip.source, ip.dest));
    }
    let never = match ip.dest {
        // Groups without a scope, or of one interface.
        IpAddr::V6(six) if six.is_multicast() => six.octets()[1] & 0xf < 2,
        // Answers from such an address would not be routed to where they can be seen.
        IpAddr::V6(_) => local(ip.dest),
        IpAddr::V4(_) => false,
    };
    if never {
        return Err(format!("no node takes or sends packets to {}", ip.dest));
    }
    if ip.part == Part::Stray && ip.protocol == Protocol::UDP && own {
        return Err("what the node itself sends by UDP is never invalid".to_owned());
    }
    Ok(())
}
