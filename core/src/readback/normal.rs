//! What the kernel's tools make of a ruleset: the one form of all rulesets that mean the same to them.
//!
//! A tool prints what the kernel holds, not what it was fed with. So a ruleset and its dump are compared in the form
//! that loading and dumping leaves as it is ([`normal`]). It changes spelling and order, never what packets meet.

use alloc::vec::Vec;
use core::cmp::Ordering;

use ipnet::{IpNet, Ipv4Net};

use crate::Family;
use crate::emit;
use crate::ir::{
    Addresses, BridgeMatch, BridgeRule, Chain, HashLimit, IcmpType, Mark, Match, PortRange, Ports, Protocol,
    Queue, Rate, RateUnit, Rule, Ruleset, Set, Side, Table, Target, Test, Written,
};

/// A ruleset as the tools would print it.
///
/// | what | becomes | who does it |
/// | --- | --- | --- |
/// | a list of addresses | a rule for each address; for each pair if both sides have one | iptables |
/// | bits behind a prefix | 0 | iptables, ebtables |
/// | a condition that always holds (`-s 0.0.0.0/0`, `-p ip`, ports `0:65535`) | nothing | iptables |
/// | the order of conditions | addresses, interfaces, protocol, then the modules; limits keep their place | iptables |
/// | `--limit 60/minute` | `1/sec`: the shortest time in which it is a whole number | iptables |
/// | no burst of a limit | 5 | iptables |
/// | ICMP type 255, with any code (IPv4) | `any` | kernel |
/// | buckets of a hash limit | 1048576 at most | kernel |
/// | a queue without number | 0 | iptables |
/// | bits of a mark outside of the mask | part of the mask | iptables |
/// | members of a set, in any order | sorted by their text | ipset |
/// | hooks of different chains | in the order of the chains | iptables |
pub fn normal(ruleset: &Ruleset) -> Ruleset {
    let mut ruleset = ruleset.clone();
    for family in Family::BOTH {
        let tables = ruleset.tables_mut(family);
        table(&mut tables.filter);
        table(&mut tables.raw);
    }
    ruleset.sets.values_mut().for_each(set);
    for chain in ruleset.bridge.chains.values_mut() {
        chain.rules.iter_mut().for_each(bridge_rule);
    }
    ruleset
}

fn table(table: &mut Table) {
    table.hooks.sort_by_key(|hook| hook.from);
    for chain in table.chains.values_mut() {
        self::chain(chain);
    }
}

fn chain(chain: &mut Chain) {
    let rules = core::mem::take(&mut chain.rules);
    chain.rules.reserve(rules.len());
    for rule in rules {
        let sources = listed(&rule, Side::Source);
        let destinations = listed(&rule, Side::Destination);
        for source in &sources {
            for destination in &destinations {
                let matches = conditions(&rule, *source, *destination);
                chain.rules.push(Rule {
                    matches: matches.into(),
                    target: target(&rule.target),
                    ..rule.clone()
                });
            }
        }
    }
}

/// The networks of the list on one side; without a list there is one rule, which needs no choice.
fn listed(rule: &Rule, side: Side) -> Vec<Option<IpNet>> {
    let list = rule.matches.iter().find_map(|condition| match &condition.test {
        Test::Address(at, written) if *at == side => match written.value() {
            Addresses::List(nets) => Some(nets),
            Addresses::Net(_) | Addresses::Range(_) => None,
        },
        _ => None,
    });
    list.map_or_else(|| Vec::from([None]), |nets| nets.iter().copied().map(Some).collect())
}

fn conditions(rule: &Rule, source: Option<IpNet>, destination: Option<IpNet>) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::with_capacity(rule.matches.len());
    for condition in &*rule.matches {
        let chosen = match &condition.test {
            Test::Address(Side::Source, _) => source,
            Test::Address(Side::Destination, _) => destination,
            _ => None,
        };
        let test = test(&condition.test, chosen);
        if condition.negated || !always_holds(&test) {
            found.push(Match { negated: condition.negated, test });
        }
    }
    // What comes before a limit decides what it counts, so conditions don't pass it; the header is always first.
    found.sort_by_key(|condition| rank(&condition.test).min(HEADER));
    let mut rest = found.as_mut_slice();
    while !rest.is_empty() {
        let end = rest.iter().position(|condition| counts(&condition.test)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at_mut_checked(end).unwrap_or_default();
        run.sort_by(order);
        rest = behind.get_mut(1..).unwrap_or_default();
    }
    found
}

/// Whether a test depends on what it has seen.
const fn counts(test: &Test) -> bool {
    matches!(test, Test::Limit { .. } | Test::AboveHashLimit(_))
}

fn order(a: &Match, b: &Match) -> Ordering {
    rank(&a.test).cmp(&rank(&b.test)).then(a.negated.cmp(&b.negated))
}

/// Rank of the first condition that is not of the header.
const HEADER: u8 = 6;

const fn rank(test: &Test) -> u8 {
    match test {
        Test::Address(side, written) => match (written.value(), side) {
            (Addresses::Range(_), Side::Source) => 6,
            (Addresses::Range(_), Side::Destination) => 7,
            (_, Side::Source) => 0,
            (_, Side::Destination) => 1,
        },
        Test::InInterface(_) => 2,
        Test::OutInterface(_) => 3,
        Test::Protocol(_) => 4,
        Test::InSet(Side::Source, _) => 8,
        Test::InSet(Side::Destination, _) => 9,
        Test::Port { side: Side::Source, .. } => 10,
        Test::Port { side: Side::Destination, .. } => 11,
        Test::Icmp { .. } => 12,
        Test::TcpFlags(_) => 13,
        Test::AddressType(Side::Source, _) => 14,
        Test::AddressType(Side::Destination, _) => 15,
        Test::ConnectionState(_) => 16,
        Test::BridgePortIn(_) => 17,
        Test::BridgePortOut(_) => 18,
        Test::Bridged => 19,
        Test::SourceMac(_) => 20,
        Test::Mark(_) => 21,
        Test::Limit { .. } | Test::AboveHashLimit(_) => 22,
    }
}

/// A test in its one form; `chosen` is the address of a list.
fn test(test: &Test, chosen: Option<IpNet>) -> Test {
    match test {
        Test::Address(side, written) => {
            let addresses = match (written.value(), chosen) {
                (Addresses::List(_), Some(net)) => Addresses::Net(net.trunc()),
                (Addresses::Net(net), _) => Addresses::Net(net.trunc()),
                (other, _) => other.clone(),
            };
            Test::Address(*side, Written::canonical(addresses))
        }
        Test::Limit { rate, burst } => Test::Limit {
            rate: Written::canonical(self::rate(*rate.value())),
            burst: Some(burst.unwrap_or(5)),
        },
        Test::AboveHashLimit(limit) => {
            let buckets = limit.buckets.min(HashLimit::MOST_BUCKETS);
            Test::AboveHashLimit(HashLimit { buckets, ..(**limit).clone() }.into())
        }
        Test::Icmp { kind, module } => {
            let kind = match *kind.value() {
                IcmpType { family: family @ Family::V4, kind: Some(255), .. } => {
                    IcmpType { family, kind: None, code: None }
                }
                kind => kind,
            };
            Test::Icmp { kind: Written::canonical(kind), module: *module }
        }
        other => other.clone(),
    }
}

fn always_holds(test: &Test) -> bool {
    match test {
        Test::Address(_, written) => matches!(written.value(), Addresses::Net(net) if net.prefix_len() == 0),
        Test::Protocol(protocol) => *protocol.value() == Protocol::ANY,
        Test::Port { ports, .. } => *ports.value() == Ports::One(PortRange { first: 0, last: u16::MAX }),
        _ => false,
    }
}

/// The kernel keeps the time between two matches, in ten-thousandths of a second.
const TICKS: u64 = 10_000;

/// A rate as the tool prints it: by the longest unit in which enough of the number is left.
fn rate(rate: Rate) -> Rate {
    let ticks = |unit| {
        TICKS
            * match unit {
                RateUnit::Second => 1,
                RateUnit::Minute => 60,
                RateUnit::Hour => 60 * 60,
                RateUnit::Day => 24 * 60 * 60,
            }
    };
    let Some(period) = ticks(rate.unit).checked_div(rate.count.into()).filter(|period| *period > 0) else {
        return rate;
    };
    let mut best = RateUnit::Day;
    for unit in [RateUnit::Hour, RateUnit::Minute, RateUnit::Second] {
        if period > ticks(unit) || ticks(unit) / period < ticks(unit) % period {
            break;
        }
        best = unit;
    }
    Rate { count: u32::try_from(ticks(best) / period).unwrap_or(rate.count), unit: best }
}

fn target(target: &Target) -> Target {
    match target {
        Target::Queue(Queue { first: None, bypass, .. }) => {
            Target::Queue(Queue { first: Some(0), last: None, bypass: *bypass })
        }
        Target::SetMark(Mark { value, mask }) => Target::SetMark(Mark { value: *value, mask: mask | value }),
        other => other.clone(),
    }
}

fn set(set: &mut Set) {
    set.members.iter_mut().for_each(|member| member.net = member.net.trunc());
    set.members.sort_by_cached_key(|member| emit::net_text(member.net));
}

fn bridge_rule(rule: &mut BridgeRule) {
    for condition in &mut rule.matches {
        if let BridgeMatch::ArpSource(net) = condition {
            *net = Ipv4Net::trunc(net);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `iptables -m limit` 1.8.9 prints them.
    #[test]
    fn rates_are_printed_as_the_tool_does() {
        let rate = |count, unit| rate(Rate { count, unit });
        let cases = [
            ((60, RateUnit::Minute), (1, RateUnit::Second)),
            ((7, RateUnit::Minute), (7, RateUnit::Minute)),
            ((3600, RateUnit::Hour), (1, RateUnit::Second)),
            ((100, RateUnit::Hour), (100, RateUnit::Hour)),
            ((7, RateUnit::Day), (7, RateUnit::Day)),
            ((123, RateUnit::Second), (123, RateUnit::Second)),
            ((0, RateUnit::Second), (0, RateUnit::Second)),
            ((20_000, RateUnit::Second), (20_000, RateUnit::Second)),
        ];
        for ((count, unit), (printed, in_unit)) in cases {
            assert_eq!(rate(count, unit), Rate { count: printed, unit: in_unit }, "{count}/{}", unit.name());
        }
    }
}
