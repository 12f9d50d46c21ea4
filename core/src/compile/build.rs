//! Rules in pve-firewall's three manners of writing (spec 05 section 1).

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Compiler;
use crate::config::Action;
use crate::config::options::RateLimit;
use crate::decimal::Decimal;
use crate::ir::{
    AddressTypes, Addresses, BuiltIn, ChainName, ConnectionStates, IcmpType, Mark, Match, Matches, Origin,
    PortModule, PortRange, Ports, Protocol, Rate, RateUnit, Rule, Side, Spelling, Target, Test, Written,
};
use crate::tables::log_levels::LogLevel;

use super::CHAINS;

/// Manner D: a rule that the compiler wrote itself.
pub(super) fn direct(matches: impl Into<Matches>, target: Target, origin: Origin) -> Rule {
    Rule { matches: matches.into(), target, origin, extra_blank: Spelling(false) }
}

/// Manner R: a rule made from a rule object. Without conditions it has two blanks before its target.
pub(super) fn from_object(matches: impl Into<Matches>, target: Target, origin: Origin) -> Rule {
    let matches = matches.into();
    let extra_blank = Spelling(matches.is_empty());
    Rule { matches, target, origin, extra_blank }
}

/// What is logged of a packet.
pub(super) struct Log<'l> {
    pub(super) level: LogLevel,
    /// The guest, or 0.
    pub(super) vmid: u32,
    pub(super) chain: ChainName,
    /// `DROP: `, or nothing.
    pub(super) message: &'l str,
}

/// How the rules of a line log.
pub(super) struct LogAs {
    pub(super) chain: ChainName,
    /// The guest, or 0.
    pub(super) vmid: u32,
    /// Whether the action is named.
    pub(super) message: bool,
}

/// The chain's verdicts in a context (spec 05 section 2).
#[derive(Clone)]
pub(super) struct Verdicts {
    pub(super) accept: Target,
}

impl Verdicts {
    pub(super) fn target(&self, action: Action) -> Target {
        match action {
            Action::Accept => self.accept.clone(),
            Action::Drop => Target::Drop,
            Action::Reject => Target::Jump(CHAINS.reject),
        }
    }
}

impl Compiler<'_> {
    /// Manner L: a log rule with the conditions of the rule it stands before.
    pub(super) fn log(&mut self, matches: &Matches, log: &Log<'_>, origin: Origin) -> Rule {
        let Log { level, vmid, chain, message } = log;
        let (vmid, level) = (Decimal::new(*vmid), Decimal::new(u32::from(level.number())));
        self.prefix.clear();
        for part in [":", vmid.as_str(), ":", level.as_str(), ":", chain.as_str(), ": ", message] {
            self.prefix.push_str(part);
        }
        let prefix = Arc::from(self.prefix.as_str());
        let extra_blank = Spelling(matches.is_empty());
        let matches = match &self.limit {
            None => matches.clone(),
            Some(limit) => {
                self.tests.extend_from_slice(matches);
                self.tests.push(limit.clone());
                Matches::take(&mut self.tests)
            }
        };
        Rule { matches, target: Target::Log { prefix }, origin, extra_blank }
    }

    /// The policy at a chain's end (spec 05 section 5.3).
    pub(super) fn policy(
        &mut self,
        out: &mut Vec<Rule>,
        action: Action,
        log: Option<Log<'_>>,
        accept: Target,
        origin: Origin,
    ) {
        let (first, message, last) = match action {
            Action::Accept => {
                out.push(from_object(Matches::ANY, accept, origin));
                return;
            }
            Action::Drop => (Target::Jump(CHAINS.policy_drop), "policy DROP: ", Target::Drop),
            Action::Reject => {
                (Target::Jump(CHAINS.policy_reject), "policy REJECT: ", Target::Goto(CHAINS.reject))
            }
        };
        out.push(direct(Matches::ANY, first, origin));
        out.extend(log.map(|log| self.log(&Matches::ANY, &Log { message, ..log }, origin)));
        out.push(direct(Matches::ANY, last, origin));
    }

    /// Rules for packets that belong to no connection, or to a known one.
    pub(super) fn connection_filters(allow_invalid: bool) -> Vec<Rule> {
        let origin = Origin::built_in(BuiltIn::ConnectionState);
        let known = ConnectionStates::RELATED.and(ConnectionStates::ESTABLISHED);
        let invalid =
            (!allow_invalid).then(|| direct([state(ConnectionStates::INVALID)], Target::Drop, origin));
        invalid.into_iter().chain([direct([state(known)], Target::Accept, origin)]).collect()
    }
}

/// The limit before every log target (spec 02 section 1.1).
pub(super) fn log_limit(limit: Option<&RateLimit>) -> Option<Match> {
    let once_a_second = || Written::spelled(Rate { count: 1, unit: RateUnit::Second }, "1/sec");
    match limit {
        None => Some(Test::Limit { rate: once_a_second(), burst: None }.into()),
        Some(RateLimit { enable: false, .. }) => None,
        Some(RateLimit { rate, burst, .. }) => {
            let rate = rate.map_or_else(once_a_second, Written::canonical);
            Some(Test::Limit { rate, burst: *burst }.into())
        }
    }
}

pub(super) fn state(states: ConnectionStates) -> Test {
    Test::ConnectionState(states)
}

pub(super) fn protocol(protocol: Protocol) -> Test {
    Test::Protocol(Written::canonical(protocol))
}

pub(super) fn port(side: Side, first: u16, last: u16) -> Test {
    let ports = Ports::One(PortRange { first, last });
    Test::Port { side, ports: Written::canonical(ports), module: Spelling(PortModule::Implied) }
}

pub(super) fn to_port(port: u16) -> Test {
    self::port(Side::Destination, port, port)
}

pub(super) fn addresses(side: Side, net: ipnet::IpNet) -> Test {
    Test::Address(side, Written::canonical(Addresses::Net(net)))
}

pub(super) fn destination_type(kind: AddressTypes) -> Test {
    Test::AddressType(Side::Destination, kind)
}

/// An ICMP type whose module is loaded by `-p`.
pub(super) fn icmp(family: crate::Family, kind: u8) -> Test {
    let kind = IcmpType { family, kind: Some(kind), code: None };
    Test::Icmp { kind: Written::canonical(kind), module: Spelling(None) }
}

pub(super) fn clear_mark() -> Rule {
    direct(Matches::ANY, Target::SetMark(Mark::CLEARED), Origin::built_in(BuiltIn::Mark))
}
