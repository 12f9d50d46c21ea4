//! A trace as text for people.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::packet::{ConnectionState, Frame, IpPacket, Packet, Transport};
use super::path::Hop;
use super::simulator::Verdict;
use super::trace::{Effect, HopTrace, Membership, Outcome, Step, Trace};
use crate::diag::Severity;
use crate::diag::render::{Options, Style, excerpt, visible};
use crate::emit::net_text;
use crate::ir::{BuiltIn, Maker, RejectWith};
use crate::syntax::OptionName;
use crate::tables::{ethertypes, protocols};
use crate::text::{Files, Span};

/// The verdict, then the way of the packet hop by hop, each with the line that decided. Ends with a line feed.
pub fn trace(packet: &Packet, trace: &Trace, files: &Files, options: &Options) -> String {
    let mut text = String::new();
    let verdict = match trace.answer.verdict {
        Verdict::Reject(with) => format!("{} ({})", painted(trace.answer.verdict, options), with.name()),
        verdict => painted(verdict, options),
    };
    let (from, to) = packet.zones;
    let _ = writeln!(text, "{verdict}  {}, from {from} to {to}", describe(packet));
    if trace.hops.is_empty() {
        text.push_str("\nno rule sees it\n");
    }
    for (hop, number) in trace.hops.iter().zip(1..) {
        let _ = writeln!(text, "\n{number}. {}", way(hop.hop));
        let shown = Shown { files, options };
        shown.hop(hop, &mut text);
    }
    if trace.reset_lost() {
        text.push_str(
            "\nThe sender is not told: the reset is dropped on its way back. The node forgets the connection where the\n\
             reset enters its bridges first, and takes it for invalid where it enters the next.\n",
        );
    }
    if let Some(state) = unlikely_state(packet) {
        let _ = writeln!(
            text,
            "\nA node takes such a packet for {state} unless it knows its connection: `--state {state}`."
        );
    }
    if matches!(trace.answer.verdict, Verdict::MayAccept | Verdict::MayDrop) {
        text.push_str(
            "\nSome rules can't be understood: what is shown is the way on which they don't match.\n",
        );
    }
    text
}

/// What the kernel would rather think of a packet that is said to open a connection.
fn unlikely_state(packet: &Packet) -> Option<&'static str> {
    let Frame::Ip(ip @ IpPacket { transport: Transport::Icmp { kind, .. }, .. }) = &packet.frame else {
        return None;
    };
    let usual = ConnectionState::of_first_icmp(ip.family(), *kind);
    (ip.state == ConnectionState::New && usual != ConnectionState::New).then(|| usual.name())
}

/// A packet in a line: `tcp 203.0.113.77:40000 → 192.0.2.77:22`.
pub fn describe(packet: &Packet) -> String {
    let ip = match &packet.frame {
        Frame::Ip(ip) => ip,
        Frame::Arp { source } => return format!("ARP from {source}"),
        Frame::Other(number) => {
            let name = ethertypes::name(*number).map(|name| format!(" ({name})")).unwrap_or_default();
            return format!("frame of type 0x{number:04x}{name}");
        }
    };
    let IpPacket { source, destination, protocol, transport, state } = ip;
    let name = protocol.keyword().or_else(|| protocols::name(protocol.0));
    let name = name.map_or_else(|| format!("protocol {}", protocol.0), ToString::to_string);
    let state = match state {
        ConnectionState::New => String::new(),
        state => format!(" ({})", state.name()),
    };
    match transport {
        Transport::Ports { source: from, destination: to, .. } => {
            let end = |address: &core::net::IpAddr, port: u16| core::net::SocketAddr::new(*address, port);
            format!("{name} {} → {}{state}", end(source, *from), end(destination, *to))
        }
        Transport::Icmp { kind, code: 0 } => format!("{name} type {kind} {source} → {destination}{state}"),
        Transport::Icmp { kind, code } => {
            format!("{name} type {kind}/{code} {source} → {destination}{state}")
        }
        Transport::Opaque => format!("{name} {source} → {destination}{state}"),
    }
}

fn way(hop: Hop) -> String {
    match hop {
        Hop::Bridged { bridge, port_in, port_out } => format!("{bridge}: {port_in} → {port_out}"),
        Hop::Routed { bridge_in, port_in, bridge_out } => {
            format!("routed by the node: {bridge_in} ({port_in}) → {bridge_out}")
        }
        Hop::Input { bridge, port } => format!("into the node: {bridge} ({port})"),
        Hop::Output { bridge } => format!("out of the node: {bridge}"),
    }
}

fn painted(verdict: Verdict, options: &Options) -> String {
    let color = match verdict {
        Verdict::Accept => "\u{1b}[1m\u{1b}[92m",
        Verdict::MayAccept | Verdict::MayDrop => "\u{1b}[1m\u{1b}[93m",
        Verdict::Drop | Verdict::Reject(_) => "\u{1b}[1m\u{1b}[91m",
    };
    match options.style {
        Style::Plain => verdict.name().to_string(),
        Style::Ansi => format!("{color}{}\u{1b}[0m", verdict.name()),
    }
}

struct Shown<'a> {
    files: &'a Files,
    options: &'a Options,
}

impl Shown<'_> {
    fn hop(&self, hop: &HopTrace, text: &mut String) {
        let outcome = match hop.outcome {
            Outcome::Passes => "passes".to_string(),
            Outcome::Drop => "dropped".to_string(),
            Outcome::Reject(with) => format!("rejected with {}", RejectWith::name(with)),
            Outcome::Unknown => "a rule that is not understood decides".to_string(),
        };
        let decided = hop.decided_by.and_then(|at| hop.steps.get(at));
        match decided {
            None if hop.outcome == Outcome::Passes => text.push_str("   passes: no rule is against it\n"),
            None if hop.outcome == Outcome::Drop => {
                text.push_str(
                    "   dropped: no rule lets it pass, and the kernel's chain has the policy DROP\n",
                );
            }
            None => {
                let _ = writeln!(text, "   {outcome}");
            }
            Some(step) => {
                let chains = chains(hop);
                let _ = writeln!(text, "   {outcome} in {}", visible(&chains.join(" › ")));
                self.decision(step, hop, text);
            }
        }
        for step in hop.steps.iter().filter(|step| !step.unknown.is_empty() || step.effect == Effect::Unknown)
        {
            let _ = writeln!(text, "   may match: {}", visible(&step.text(self.files)));
        }
        if let Some(near) = &hop.nearly {
            let step = &near.step;
            let would = match &step.effect {
                Effect::Drop => "would drop it",
                Effect::Reject(_) => "would reject it",
                Effect::Accept | Effect::Return => "would let it pass",
                _ => "speaks of it",
            };
            text.push_str("   nearly:\n");
            if let Some(span) = step.origin.span {
                let label = format!("{would}, but {}", near.failing.because);
                self.place(self.option(span, near.failing.option), &label, Severity::Info, text);
            }
            self.members(&step.members, text);
        }
        for step in hop.steps.iter().filter(|step| step.certain) {
            if let Effect::Log(prefix) = &step.effect {
                let limit =
                    step.limit.map(|rate| format!(" (at most {} a {})", rate.count, rate.unit.name()));
                let _ = writeln!(text, "   logged as `{}`{}", visible(prefix), limit.unwrap_or_default());
            }
        }
    }

    fn decision(&self, step: &Step, hop: &HopTrace, text: &mut String) {
        let verb = match hop.outcome {
            Outcome::Passes => "lets it pass",
            Outcome::Drop => "drops it",
            Outcome::Reject(_) => "rejects it",
            Outcome::Unknown => "decides",
        };
        let severity = if hop.outcome == Outcome::Passes { Severity::Info } else { Severity::Error };
        let label = match step.origin.maker {
            Maker::Macro { .. } => match step.origin.maker.expanded_macro() {
                Some(found) => format!("{verb} (macro `{}`)", found.name),
                None => verb.to_string(),
            },
            Maker::Policy => format!("the policy {verb}"),
            Maker::BuiltIn(what) => format!("{verb} ({})", BuiltIn::description(what)),
            Maker::Line | Maker::Group => verb.to_string(),
        };
        if let Some(span) = step.origin.span {
            self.place(span, &label, severity, text);
        } else {
            let built_in = match step.origin.maker {
                Maker::BuiltIn(what) => format!("built in: {}", BuiltIn::description(what)),
                _ => "by the default policy".to_string(),
            };
            let _ = writeln!(text, "   {built_in}: {}", visible(&step.rule));
        }
        // The line that leads into the group.
        let decided = hop.decided_by.unwrap_or_default();
        let group = hop.steps.get(..decided).unwrap_or_default().iter().rev().find(|earlier| {
            earlier.origin.maker == Maker::Group
                && matches!(&earlier.effect, Effect::Jump(chain) if *chain == step.chain)
        });
        if let Some(span) = group.and_then(|group| group.origin.span) {
            self.place(span, "by way of this group", Severity::Info, text);
        }
        self.members(&step.members, text);
    }

    fn members(&self, members: &[Membership], text: &mut String) {
        for membership in members {
            let set = visible(&membership.label(self.files));
            let _ = match membership.member {
                None => writeln!(text, "   {set} does not contain {}", membership.address),
                Some(member) => {
                    let place = member.span.map(|span| format!(", {}", self.line(span))).unwrap_or_default();
                    let verb = if member.nomatch { "excludes" } else { "matched" };
                    writeln!(text, "   {set} {verb} {}{place}", net_text(member.net))
                }
            };
        }
    }

    /// `file:line`
    fn line(&self, span: Span) -> String {
        let line = self.files.file(span.file).map_or(1, |file| file.line_index().line(span.start));
        format!("{}:{line}", visible(self.files.name(span.file)))
    }

    fn place(&self, span: Span, label: &str, severity: Severity, text: &mut String) {
        for line in excerpt(span, label, severity, self.files, self.options).lines() {
            let _ = writeln!(text, "   {line}");
        }
    }

    /// The option of a rule with its value, or the whole rule.
    fn option(&self, rule: Span, option: Option<OptionName>) -> Span {
        let mut words = words(rule.of(self.files.text(rule.file)));
        while let Some((start, _, word)) = words.next() {
            if option.is_some() && OptionName::spelled(word) == option {
                let end = words.next().map_or(start, |(_, end, _)| end);
                return Span::new(
                    rule.file,
                    rule.start.saturating_add(start),
                    rule.start.saturating_add(end),
                );
            }
        }
        rule
    }
}

/// The words of a line with their first byte and the one behind their last.
fn words(text: &[u8]) -> impl Iterator<Item = (u32, u32, &[u8])> {
    let mut at = 0_u32;
    text.split(u8::is_ascii_whitespace).filter_map(move |word| {
        let start = at;
        let end = start.saturating_add(u32::try_from(word.len()).unwrap_or(u32::MAX));
        at = end.saturating_add(1);
        (!word.is_empty()).then_some((start, end, word))
    })
}

/// The chains from the kernel's own to the one in which the decision fell.
fn chains(hop: &HopTrace) -> Vec<&str> {
    let mut chains: Vec<&str> = Vec::new();
    let steps = hop.decided_by.and_then(|decided| hop.steps.get(..=decided)).unwrap_or_default();
    for step in steps {
        chains.truncate(step.depth.saturating_sub(1));
        chains.push(&step.chain);
    }
    // The first is the kernel's own.
    if chains.len() > 1 {
        chains.remove(0);
    }
    chains
}
