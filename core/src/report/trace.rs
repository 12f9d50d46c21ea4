//! The long answer to a question about a packet.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::Serialize;

use super::answer::{Answers, Line};
use crate::emit::net_text;
use crate::ir::{BuiltIn, Maker, Origin, RejectWith};
use crate::sim::{self, Effect, Frame, Hop, Outcome, Packet, Transport};
use crate::tables::protocols;

/// What becomes of a packet, and why: the answer of `trace --format json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace<'a> {
    /// As in [`super::Answer`].
    pub verdict: &'static str,
    /// How the sender is told, where it is (`tcp-reset`, `icmp-port-unreachable`, …).
    pub reject_with: Option<&'static str>,
    /// Whether the packet is rejected but the reset gets lost on its way back; the verdict is `DROP` then.
    pub reset_lost: bool,
    /// The line that decided; `None` for built-in rules.
    pub by: Option<Line<'a>>,
    /// The packet, with everything that was filled in.
    pub packet: Described,
    /// Its way, hop by hop.
    pub hops: Vec<HopReport<'a>>,
    /// What would be logged, in order.
    pub logs: Vec<Log>,
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Described {
    /// The zone it comes from.
    pub from: String,
    /// The zone it goes to.
    pub to: String,
    /// Its protocol by name where it has one, `arp`, or an Ethernet type (`0x88cc`).
    pub proto: Cow<'static, str>,
    /// Source address; of ARP the one that is claimed.
    pub source: Option<IpAddr>,
    /// Destination address.
    pub dest: Option<IpAddr>,
    /// Source port.
    pub sport: Option<u16>,
    /// Destination port.
    pub dport: Option<u16>,
    /// ICMP type.
    pub icmp_type: Option<u8>,
    /// ICMP code.
    pub icmp_code: Option<u8>,
    /// State of the connection.
    pub state: Option<&'static str>,
    /// Source hardware address, where known.
    pub mac: Option<String>,
}

/// One passage through the kernel's hooks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HopReport<'a> {
    /// `bridged`, `routed`, `input` or `output`.
    pub kind: &'static str,
    /// The bridge it comes in by, if any.
    pub bridge_in: Option<String>,
    /// The port of that bridge.
    pub port_in: Option<String>,
    /// The bridge it leaves by, if any.
    pub bridge_out: Option<String>,
    /// The port of that bridge.
    pub port_out: Option<String>,
    /// `PASSES`, `DROP`, `REJECT` or `UNKNOWN`.
    pub outcome: &'static str,
    /// Which of the steps decided, from 0; `None` when none did.
    pub decided_by: Option<usize>,
    /// The rules whose conditions hold, in order.
    pub steps: Vec<StepReport<'a>>,
    /// The last rule that would have decided otherwise, but for one condition.
    pub nearly: Option<Nearly<'a>>,
}

/// A rule that a packet met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport<'a> {
    /// `iptables`, `ip6tables` or `ebtables`.
    pub tool: &'static str,
    /// The table.
    pub table: &'static str,
    /// The chain.
    pub chain: String,
    /// The rule as the tool is told, or as the dump has it.
    pub rule: String,
    /// `accept`, `drop`, `reject`, `return`, `jump`, `goto`, `mark`, `connmark`, `log`, `queue`, `continue` or `unknown`.
    pub effect: &'static str,
    /// Whether its conditions hold for sure; where not, the way goes on as if they did not.
    pub certain: bool,
    /// The chain that `jump` and `goto` lead to.
    pub target: Option<String>,
    /// What made the rule: `line`, `macro`, `group`, `policy` or `built-in`.
    pub maker: &'static str,
    /// The macro's name, or what the built-in rule is for.
    pub what: Option<&'static str>,
    /// The line it was made from, if any.
    pub at: Option<Line<'a>>,
    /// Members of sets that decided its conditions.
    pub sets: Vec<SetReport<'a>>,
    /// Conditions that could not be understood.
    pub unknown: Vec<String>,
}

/// Whether an address is in a set, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetReport<'a> {
    /// As rules name it (`+management`), or the kernel's name where no file defines it.
    pub set: String,
    /// The kernel's name.
    pub kernel_name: String,
    /// The address.
    pub address: IpAddr,
    /// The member that decided; `None` when no member holds the address.
    pub member: Option<String>,
    /// Whether that member is an exception.
    pub nomatch: bool,
    /// The line of the member, if a file has one.
    pub at: Option<Line<'a>>,
}

/// A rule that nearly decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearly<'a> {
    /// Why it did not.
    pub because: String,
    /// The rule.
    pub step: StepReport<'a>,
}

/// What would be logged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// The text in front of the log line.
    pub prefix: String,
    /// At most so many are logged (`5/second`).
    pub limit: Option<String>,
    /// The hop, from 0.
    pub hop: usize,
}

impl<'f> Answers<'f> {
    /// The long form of an answer.
    pub fn trace(&mut self, packet: &Packet, trace: &sim::Trace) -> Trace<'f> {
        let reject_with = match trace.answer.verdict {
            sim::Verdict::Reject(with) => Some(RejectWith::name(with)),
            _ => None,
        };
        let short = self.short(trace.answer);
        let logs = trace.hops.iter().enumerate().flat_map(|(hop, passed)| {
            passed.steps.iter().filter(|step| step.certain).filter_map(move |step| match &step.effect {
                Effect::Log(prefix) => Some(Log { prefix: prefix.to_string(), limit: limit_text(step), hop }),
                _ => None,
            })
        });
        Trace {
            verdict: short.verdict,
            reject_with,
            reset_lost: trace.reset_lost(),
            by: short.by,
            packet: Described::new(packet),
            hops: trace.hops.iter().map(|hop| self.hop(hop)).collect(),
            logs: logs.collect(),
        }
    }

    fn hop(&mut self, passed: &sim::HopTrace) -> HopReport<'f> {
        let name = |name: crate::ir::InterfaceName| Some(name.to_string());
        let (kind, bridge_in, port_in, bridge_out, port_out) = match passed.hop {
            Hop::Bridged { bridge, port_in, port_out } => {
                ("bridged", name(bridge), name(port_in), name(bridge), name(port_out))
            }
            Hop::Routed { bridge_in, port_in, bridge_out } => {
                ("routed", name(bridge_in), name(port_in), name(bridge_out), None)
            }
            Hop::Input { bridge, port } => ("input", name(bridge), name(port), None, None),
            Hop::Output { bridge } => ("output", None, None, name(bridge), None),
        };
        let outcome = match passed.outcome {
            Outcome::Passes => "PASSES",
            Outcome::Drop => "DROP",
            Outcome::Reject(_) => "REJECT",
            Outcome::Unknown => "UNKNOWN",
        };
        HopReport {
            kind,
            bridge_in,
            port_in,
            bridge_out,
            port_out,
            outcome,
            decided_by: passed.decided_by,
            steps: passed.steps.iter().map(|step| self.step(step)).collect(),
            nearly: passed
                .nearly
                .as_ref()
                .map(|near| Nearly { because: near.failing.because.clone(), step: self.step(&near.step) }),
        }
    }

    fn step(&mut self, step: &sim::Step) -> StepReport<'f> {
        let (effect, target) = match &step.effect {
            Effect::Accept => ("accept", None),
            Effect::Drop => ("drop", None),
            Effect::Reject(_) => ("reject", None),
            Effect::Return => ("return", None),
            Effect::Jump(chain) => ("jump", Some(chain.clone())),
            Effect::Goto(chain) => ("goto", Some(chain.clone())),
            Effect::Mark(_) => ("mark", None),
            Effect::ConnectionMark(_) => ("connmark", None),
            Effect::Log(_) => ("log", None),
            Effect::Queue(_) => ("queue", None),
            Effect::Continue => ("continue", None),
            Effect::Unknown => ("unknown", None),
        };
        let (maker, what) = made_by(step.origin);
        StepReport {
            tool: match step.table.family {
                Some(crate::Family::V4) => "iptables",
                Some(crate::Family::V6) => "ip6tables",
                None => "ebtables",
            },
            table: step.table.name,
            chain: step.chain.clone(),
            rule: step.text(self.files()),
            effect,
            certain: step.certain,
            target,
            maker,
            what,
            at: step.origin.span.map(|span| self.line(span)),
            sets: step.members.iter().map(|membership| self.set(membership)).collect(),
            unknown: step.unknown.iter().map(ToString::to_string).collect(),
        }
    }

    fn set(&mut self, membership: &sim::Membership) -> SetReport<'f> {
        let member = membership.member;
        SetReport {
            set: membership.label(self.files()),
            kernel_name: membership.set.clone(),
            address: membership.address,
            member: member.map(|member| net_text(member.net)),
            nomatch: member.is_some_and(|member| member.nomatch),
            at: member.and_then(|member| member.span).map(|span| self.line(span)),
        }
    }
}

/// What made a rule, in the words of the shape.
pub(super) fn made_by(origin: Origin) -> (&'static str, Option<&'static str>) {
    match origin.maker {
        Maker::Line => ("line", None),
        Maker::Macro { .. } => ("macro", origin.maker.expanded_macro().map(|found| found.name)),
        Maker::Group => ("group", None),
        Maker::Policy => ("policy", None),
        Maker::BuiltIn(what) => ("built-in", Some(BuiltIn::description(what))),
    }
}

fn limit_text(step: &sim::Step) -> Option<String> {
    step.limit.map(|rate| alloc::format!("{}/{}", rate.count, rate.unit.name()))
}

impl Described {
    /// The description of a packet.
    pub fn new(packet: &Packet) -> Self {
        let (from, to) = packet.zones;
        let nothing = Self {
            from: from.to_string(),
            to: to.to_string(),
            proto: Cow::Borrowed("arp"),
            source: None,
            dest: None,
            sport: None,
            dport: None,
            icmp_type: None,
            icmp_code: None,
            state: None,
            mac: packet.mac.map(|mac| mac.to_string()),
        };
        let ip = match &packet.frame {
            Frame::Ip(ip) => ip,
            Frame::Arp { source } => return Self { source: Some((*source).into()), ..nothing },
            Frame::Other(number) => {
                return Self { proto: Cow::Owned(alloc::format!("0x{number:04x}")), ..nothing };
            }
        };
        let name = ip.protocol.keyword().or_else(|| protocols::name(ip.protocol.0));
        let described = Self {
            proto: name.map_or_else(|| Cow::Owned(ip.protocol.0.to_string()), Cow::Borrowed),
            source: Some(ip.source),
            dest: Some(ip.destination),
            state: Some(ip.state.name()),
            ..nothing
        };
        match ip.transport {
            Transport::Ports { source, destination, .. } => {
                Self { sport: Some(source), dport: Some(destination), ..described }
            }
            Transport::Icmp { kind, code } => {
                Self { icmp_type: Some(kind), icmp_code: Some(code), ..described }
            }
            Transport::Opaque => described,
        }
    }
}
