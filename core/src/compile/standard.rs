//! Chains that are the same on every node (spec 05 sections 5.1 and 5.2). All are made, used or not.

use alloc::vec::Vec;
use core::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::build::{Log, addresses, destination_type, direct, from_object, port, protocol, state, to_port};
use super::{CHAINS, Compiler, log_level, on, span};
use crate::Family;
use crate::ir::{
    AddressTypes, BuiltIn, ChainName, ConnectionStates, IcmpModule, IcmpType, Mark, Match, Matches, Origin,
    PortModule, PortRange, Ports, Protocol, RejectWith, Rule, Side, Spelling, Target, TcpFlags, Test,
    Written,
};
use crate::tables::log_levels::LogLevel;
use crate::text::Span;

const STANDARD: Origin = Origin::built_in(BuiltIn::Standard);

/// 224.0.0.0/4
fn multicast_v4() -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4))
}

fn rule(tests: impl Into<Matches>, target: Target) -> Rule {
    from_object(tests, target, STANDARD)
}

fn several(ports: &[u16]) -> Test {
    let ports = Ports::Many(ports.iter().copied().map(PortRange::single).collect());
    Test::Port {
        side: Side::Destination,
        ports: Written::canonical(ports),
        module: Spelling(PortModule::Multiport),
    }
}

fn icmp(family: Family, kind: u8, code: Option<u8>) -> Test {
    let module = match family {
        Family::V4 => IcmpModule::Icmp,
        Family::V6 => IcmpModule::Icmpv6,
    };
    let kind = IcmpType { family, kind: Some(kind), code };
    Test::Icmp { kind: Written::canonical(kind), module: Spelling(Some(module)) }
}

impl Compiler<'_> {
    pub(super) fn standard_chains(&mut self, family: Family) {
        let mark = rule(Matches::ANY, Target::SetMark(Mark::ACCEPTED));
        self.add_chain(family, CHAINS.set_accept_mark, Vec::from([mark]));
        self.add_chain(family, CHAINS.drop_broadcast, drop_broadcast(family));
        self.add_chain(family, CHAINS.reject, reject(family));
        self.add_chain(family, CHAINS.policy_drop, before_policy(family, &Target::Drop));
        self.add_chain(family, CHAINS.policy_reject, before_policy(family, &Target::Jump(CHAINS.reject)));
        self.add_chain(family, CHAINS.tcp_flags, tcp_flags());
        let level = log_level(self.node.host.tcp_flags_log_level.as_ref());
        let rules = self.logged_drop(
            CHAINS.log_flags,
            level,
            BuiltIn::TcpFlags,
            span(self.node.host.tcpflags.as_ref()),
        );
        self.add_chain(family, CHAINS.log_flags, rules);
        if family == Family::V4 {
            self.add_chain(family, CHAINS.smurfs, smurfs());
            let level = log_level(self.node.host.smurf_log_level.as_ref());
            let rules = self.logged_drop(
                CHAINS.smurf_log,
                level,
                BuiltIn::Smurfs,
                span(self.node.host.nosmurfs.as_ref()),
            );
            self.add_chain(family, CHAINS.smurf_log, rules);
        }
    }

    /// A chain that drops everything, and logs it before if wanted.
    fn logged_drop(
        &mut self,
        chain: ChainName,
        level: Option<LogLevel>,
        what: BuiltIn,
        by: Option<Span>,
    ) -> Vec<Rule> {
        let origin = Origin::switched_on(what, by);
        let log = level
            .map(|level| self.log(&Matches::ANY, &Log { level, vmid: 0, chain, message: "DROP: " }, origin));
        log.into_iter().chain([from_object(Matches::ANY, Target::Drop, origin)]).collect()
    }

    /// Jumps to the filters for everything that comes in: blacklist, smurfs, TCP flags (spec 05 section 5.3).
    ///
    /// COMPAT: the chain of the blacklist is made by the first call, and logs with that call's level (Q19).
    pub(super) fn input_filters(&mut self, family: Family, level: Option<LogLevel>) -> Vec<Rule> {
        let mut rules = Vec::new();
        if let Some(set) = self.node.sets.iter().find(|set| set.name == "blacklist") {
            let origin = Origin::switched_on(BuiltIn::Blacklist, set.span);
            let name = crate::policy::set_name(set.owner, &set.name, family);
            rules.push(direct([Test::InSet(Side::Source, name)], Target::Jump(CHAINS.blacklist), origin));
            if !self.chains.of_mut(family).iter().any(|(name, _)| *name == CHAINS.blacklist) {
                let log = Log {
                    level: level.unwrap_or(LogLevel::Debug),
                    vmid: 0,
                    chain: CHAINS.blacklist,
                    message: "DROP: ",
                };
                let log = level.map(|_| self.log(&Matches::ANY, &log, origin));
                let drop = direct(Matches::ANY, Target::Drop, origin);
                self.add_chain(family, CHAINS.blacklist, log.into_iter().chain([drop]).collect());
            }
        }
        let host = self.node.host;
        if family == Family::V4 && on(host.nosmurfs.as_ref(), true) {
            let origin = Origin::switched_on(BuiltIn::Smurfs, span(host.nosmurfs.as_ref()));
            let states = ConnectionStates::INVALID.and(ConnectionStates::NEW);
            rules.push(direct([state(states)], Target::Jump(CHAINS.smurfs), origin));
        }
        if on(host.tcpflags.as_ref(), false) {
            let origin = Origin::switched_on(BuiltIn::TcpFlags, span(host.tcpflags.as_ref()));
            rules.push(direct([protocol(Protocol::TCP)], Target::Jump(CHAINS.tcp_flags), origin));
        }
        rules
    }
}

fn drop_broadcast(family: Family) -> Vec<Rule> {
    match family {
        Family::V4 => Vec::from([
            rule([destination_type(AddressTypes::BROADCAST)], Target::Drop),
            rule([destination_type(AddressTypes::MULTICAST)], Target::Drop),
            rule([destination_type(AddressTypes::ANYCAST)], Target::Drop),
            rule([addresses(Side::Destination, multicast_v4())], Target::Drop),
        ]),
        Family::V6 => {
            let multicast = Ipv6Net::new_assert(core::net::Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8);
            Vec::from([rule([addresses(Side::Destination, IpNet::V6(multicast))], Target::Drop)])
        }
    }
}

fn reject(family: Family) -> Vec<Rule> {
    let with = |which, how| rule([protocol(which)], Target::Reject(how));
    match family {
        Family::V4 => Vec::from([
            rule([destination_type(AddressTypes::BROADCAST)], Target::Drop),
            rule([addresses(Side::Source, multicast_v4())], Target::Drop),
            rule([protocol(Protocol::ICMP)], Target::Drop),
            with(Protocol::TCP, RejectWith::TcpReset),
            with(Protocol::UDP, RejectWith::IcmpPortUnreachable),
            // COMPAT: never reached (Q27).
            with(Protocol::ICMP, RejectWith::IcmpHostUnreachable),
            rule(Matches::ANY, Target::Reject(RejectWith::IcmpHostProhibited)),
        ]),
        Family::V6 => Vec::from([
            rule([protocol(Protocol::ICMPV6)], Target::Drop),
            with(Protocol::TCP, RejectWith::TcpReset),
            with(Protocol::UDP, RejectWith::Icmp6PortUnreachable),
            rule(Matches::ANY, Target::Reject(RejectWith::Icmp6AdmProhibited)),
        ]),
    }
}

/// What is decided before a policy of `DROP` or `REJECT`: noise that need not be logged, errors that must pass.
fn before_policy(family: Family, windows: &Target) -> Vec<Rule> {
    let tcp = || protocol(Protocol::TCP);
    let udp = || protocol(Protocol::UDP);
    let accepted = |kinds: &[(u8, Option<u8>)]| {
        let which = match family {
            Family::V4 => Protocol::ICMP,
            Family::V6 => Protocol::ICMPV6,
        };
        let accept = |(kind, code): &(u8, Option<u8>)| {
            rule([protocol(which), icmp(family, *kind, *code)], Target::Accept)
        };
        kinds.iter().map(accept).collect::<Vec<_>>()
    };
    let broadcast = rule(Matches::ANY, Target::Jump(CHAINS.drop_broadcast));
    let mut rules = match family {
        // Fragmentation needed, time exceeded.
        Family::V4 => {
            core::iter::once(broadcast).chain(accepted(&[(3, Some(4)), (11, None)])).collect::<Vec<_>>()
        }
        // COMPAT: port 43 in IPv6 only (Q26). Destination unreachable, time exceeded, packet too big.
        Family::V6 => [rule([tcp(), to_port(43)], Target::Jump(CHAINS.reject)), broadcast]
            .into_iter()
            .chain(accepted(&[(1, None), (3, None), (2, None)]))
            .collect(),
    };
    let not_opening = Match::not(Test::TcpFlags(TcpFlags::OPENING));
    rules.extend([
        rule([state(ConnectionStates::INVALID)], Target::Drop),
        rule([udp(), several(&[135, 445])], windows.clone()),
        rule([udp(), port(Side::Destination, 137, 139)], windows.clone()),
        rule([udp(), port(Side::Source, 137, 137), port(Side::Destination, 1024, 65535)], windows.clone()),
        rule([tcp(), several(&[135, 139, 445])], windows.clone()),
        rule([udp(), to_port(1900)], Target::Drop),
        rule(Vec::from([tcp().into(), not_opening]), Target::Drop),
        rule([udp(), port(Side::Source, 53, 53)], Target::Drop),
    ]);
    rules
}

fn tcp_flags() -> Vec<Rule> {
    const FIN: u8 = TcpFlags::FIN;
    const SYN: u8 = TcpFlags::SYN;
    const RST: u8 = TcpFlags::RST;
    const PSH: u8 = TcpFlags::PSH;
    const URG: u8 = TcpFlags::URG;
    const ALL: u8 = FIN | SYN | RST | PSH | TcpFlags::ACK | URG;
    let tcp = || protocol(Protocol::TCP);
    let goto = Target::Goto(CHAINS.log_flags);
    let flags = |mask, set| rule([tcp(), Test::TcpFlags(TcpFlags { mask, set })], goto.clone());
    let mut rules = Vec::from([
        flags(ALL, FIN | PSH | URG),
        flags(ALL, 0),
        flags(SYN | RST, SYN | RST),
        flags(FIN | SYN, FIN | SYN),
    ]);
    let from_port_zero = Test::Port {
        side: Side::Source,
        ports: Written::canonical(Ports::One(PortRange::single(0))),
        module: Spelling(PortModule::Tcp),
    };
    rules.push(rule([tcp(), from_port_zero, Test::TcpFlags(TcpFlags::OPENING)], goto));
    rules
}

fn smurfs() -> Vec<Rule> {
    let goto = || Target::Goto(CHAINS.smurf_log);
    let unspecified = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 32));
    let spelled = Written::spelled(crate::ir::Addresses::Net(unspecified), "0.0.0.0/32");
    Vec::from([
        rule([Test::Address(Side::Source, spelled)], Target::Return),
        rule([Test::AddressType(Side::Source, AddressTypes::BROADCAST)], goto()),
        rule([addresses(Side::Source, multicast_v4())], goto()),
    ])
}
