//! Which rules may have logged a line.
//!
//! A line has the chain and the prefix of its rule, and several rules of a chain may share both. So those are left out
//! whose conditions the packet in the line can't have met, and all others are named. What a line does not show (sets,
//! states of connections, marks) leaves no rule out: nothing is guessed.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::entry::Entry;
use super::prefix::Prefix;
use crate::Family;
use crate::ir::{Match, Matches, Ruleset, Side, Target, Test};
use crate::tables::protocols;
use crate::text::Span;

/// A rule that logs.
#[derive(Clone, Debug)]
pub struct LogRule {
    /// The family of its table.
    pub family: Family,
    /// The chain it stands in.
    pub chain: String,
    /// What it puts in front of its lines.
    pub prefix: Arc<str>,
    /// Its conditions.
    pub matches: Matches,
    /// The line of the configuration that it comes from; `None` for built-in ones.
    pub span: Option<Span>,
}

/// All rules of a ruleset that log, by family, table, chain and place.
pub fn log_rules(ruleset: &Ruleset) -> Vec<LogRule> {
    let mut found = Vec::new();
    for family in Family::BOTH {
        let tables = ruleset.tables(family);
        for (name, chain) in tables.filter.chains.iter().chain(&tables.raw.chains) {
            for rule in &chain.rules {
                if let Target::Log { prefix } = &rule.target {
                    found.push(LogRule {
                        family,
                        chain: name.to_string(),
                        prefix: prefix.clone(),
                        matches: rule.matches.clone(),
                        span: rule.origin.span,
                    });
                }
            }
        }
    }
    found
}

/// Rules that log, for looking them up by a line.
#[derive(Clone, Debug, Default)]
pub struct LogRules {
    rules: Vec<LogRule>,
    /// Indices into them by what a line has of its rule: guest, level, chain and message.
    by_line: BTreeMap<(u32, u8, String, String), Vec<usize>>,
}

impl LogRules {
    /// Takes rules; [`Self::of`] answers with their numbers.
    pub fn new(rules: Vec<LogRule>) -> Self {
        let mut by_line: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let Prefix { vmid, level, chain, message } = Prefix::new(rule.prefix.as_bytes());
            // Blanks at the end of a prefix may get lost on the way through the tools.
            let message = String::from_utf8_lossy(message).trim_end().to_string();
            by_line.entry((vmid, level, chain.to_string(), message)).or_default().push(index);
        }
        Self { rules, by_line }
    }

    /// The rules that may have logged a line, in their order; none if no rule has its prefix.
    pub fn of(&self, entry: &Entry) -> impl Iterator<Item = (usize, &LogRule)> {
        let key =
            (entry.vmid, entry.level.number(), entry.chain.to_string(), entry.message.trim_end().to_string());
        let packet = Packet::new(entry);
        let indices = self.by_line.get(&key).map(Vec::as_slice).unwrap_or_default();
        indices
            .iter()
            .filter_map(|index| Some((*index, self.rules.get(*index)?)))
            .filter(move |(_, rule)| packet.may_match(rule))
    }
}

/// What a line shows of a packet.
struct Packet<'a> {
    family: Option<Family>,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    protocol: Option<u8>,
    ports: [Option<u16>; 2],
    icmp: Option<(u8, u8)>,
    interfaces: [Option<&'a str>; 4],
}

impl<'a> Packet<'a> {
    fn new(entry: &Entry<'a>) -> Self {
        let value = |name| entry.fields.value(name);
        let address = |name| value(name).and_then(|text| text.parse::<IpAddr>().ok());
        let mut after = entry.fields.clone();
        let protocol = after.find(|field| field.name == "PROTO").and_then(|field| field.value);
        let number = |name: &str| after.clone().find(|field| field.name == name)?.value?.parse::<u16>().ok();
        let byte = |name| number(name).and_then(|number| u8::try_from(number).ok());
        // The rest of a fragmented packet has no ports: what stands there is its content.
        let whole = value("FRAG").is_none_or(|offset| offset == "0");
        let source = address("SRC");
        Self {
            family: source.map(Family::of),
            source,
            destination: address("DST"),
            protocol: protocol.and_then(protocol_number),
            ports: if whole { [number("SPT"), number("DPT")] } else { [None; 2] },
            icmp: byte("TYPE").zip(byte("CODE")).filter(|_| whole),
            interfaces: ["IN", "OUT", "PHYSIN", "PHYSOUT"].map(value),
        }
    }

    fn may_match(&self, rule: &LogRule) -> bool {
        self.family.is_none_or(|family| family == rule.family)
            && rule.matches.iter().all(|Match { negated, test }| self.holds(test) != Some(*negated))
    }

    /// Whether a test holds, if the line tells.
    fn holds(&self, test: &Test) -> Option<bool> {
        let [input, output, port_in, port_out] = self.interfaces;
        match test {
            Test::InInterface(pattern) => input.map(|name| pattern.covers(name)),
            Test::OutInterface(pattern) => output.map(|name| pattern.covers(name)),
            Test::BridgePortIn(pattern) => port_in.map(|name| pattern.covers(name)),
            Test::BridgePortOut(pattern) => port_out.map(|name| pattern.covers(name)),
            Test::Address(side, addresses) => {
                let address = match side {
                    Side::Source => self.source,
                    Side::Destination => self.destination,
                };
                address.map(|address| addresses.value().contains(address))
            }
            Test::Protocol(protocol) => {
                let wanted = protocol.value().0;
                self.protocol.filter(|_| wanted != 0).map(|number| number == wanted)
            }
            Test::Port { side, ports, .. } => {
                let [source, destination] = self.ports;
                let port = match side {
                    Side::Source => source,
                    Side::Destination => destination,
                };
                port.map(|port| ports.value().contains(port))
            }
            Test::Icmp { kind, .. } => {
                let wanted = kind.value();
                let is = |wanted: Option<u8>, number| wanted.is_none_or(|wanted| wanted == number);
                self.icmp.map(|(kind, code)| is(wanted.kind, kind) && is(wanted.code, code))
            }
            Test::InSet(..)
            | Test::TcpFlags(_)
            | Test::AddressType(..)
            | Test::ConnectionState(_)
            | Test::Bridged
            | Test::SourceMac(_)
            | Test::Mark(_)
            | Test::Limit { .. }
            | Test::AboveHashLimit(_) => None,
        }
    }
}

/// The number of a protocol as lines name it.
fn protocol_number(name: &str) -> Option<u8> {
    match name {
        "ICMPV6" => Some(58),
        "ARP" => None,
        _ => name.parse().ok().or_else(|| protocols::number(&name.to_ascii_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datacenter::Datacenter;
    use crate::facts::Facts;

    const TIME: &str = "14/Mar/2026:12:47:07 +0100";

    /// The lines of 100.fw that may have logged something on the way into the guest.
    #[track_caller]
    fn check(message: &str, packet: &str, wanted: &[u32]) {
        let mut datacenter = Datacenter::new();
        datacenter.add("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n");
        datacenter
            .add("nodes/n/qemu-server/100.conf", "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n");
        let file = datacenter
            .add(
                "firewall/100.fw",
                "[OPTIONS]\nenable: 1\npolicy_in: DROP\nlog_level_in: info\n[RULES]\n\
                 IN DROP -p tcp -dport 80 -log info\n\
                 IN DROP -source 10.0.0.0/8 -p tcp -dport 1:100 -log info\n\
                 IN DROP -source 2001:db8::/32 -log info\n\
                 IN DROP -p icmp -dport echo-request -log info\n\
                 IN DROP -p udp -sport 53 -log info\n",
            )
            .unwrap();
        let (ruleset, _) = datacenter.compile(&Facts { node: Some("n".into()), ..Facts::default() });
        let rules = LogRules::new(log_rules(&ruleset));
        let line = alloc::format!("100 6 tap100i0-IN {TIME} {message}{packet} ");
        let lines = datacenter.files().file(file).unwrap().line_index();
        let found: Vec<u32> = rules
            .of(&Entry::parse(&line).unwrap())
            .filter_map(|(_, rule)| rule.span.map(|span| lines.line(span.start)))
            .collect();
        assert_eq!(found, wanted, "{line}");
    }

    #[test]
    fn rules_that_can_not_have_matched_are_left_out() {
        let tcp = "SRC=192.168.0.1 DST=10.0.0.2 LEN=60 DF PROTO=TCP SPT=1 DPT=80 SEQ=1 SYN";
        check("DROP: ", tcp, &[6]);
        check("DROP: ", &tcp.replace("192.168.0.1", "10.0.0.1"), &[6, 7]);
        check("DROP: ", &tcp.replace("192.168.0.1", "10.0.0.1").replace("=80", "=81"), &[7]);
        check("DROP: ", "SRC=2001:db8::1 DST=2001:db8::2 LEN=60 PROTO=TCP SPT=1 DPT=80 SYN", &[6, 8]);
        check("DROP: ", "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ICMP TYPE=8 CODE=0 ID=1", &[9]);
        check("DROP: ", "SRC=10.0.0.1 DST=10.0.0.2 PROTO=ICMP TYPE=13 CODE=0", &[]);
        check("DROP: ", "SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=53 DPT=9 LEN=9", &[10]);
        check("DROP: ", "SRC=10.0.0.1 DST=10.0.0.2 FRAG=185 PROTO=UDP SPT=54 DPT=9 LEN=9", &[10]);
    }

    #[test]
    fn what_a_line_does_not_show_leaves_no_rule_out() {
        check("DROP: ", "LEN=3 INVALID=LEN", &[6, 7, 9, 10, 6, 8, 10]);
        check("ACCEPT: ", "SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=53 DPT=9 LEN=9", &[]);
    }

    #[test]
    fn policies_are_their_option() {
        check("policy DROP: ", "SRC=10.0.0.1 DST=10.0.0.2 PROTO=UDP SPT=53 DPT=9 LEN=9", &[3]);
    }
}
