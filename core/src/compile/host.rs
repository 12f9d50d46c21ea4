//! The node's own traffic, and the entry chains (spec 05 section 6).

use alloc::vec::Vec;

use super::build::{Log, LogAs, Verdicts, direct, from_object, port, protocol, state};
use super::{CHAINS, Compiler, log_level, on, span};
use crate::Family;
use crate::config::{Action, Direction};
use crate::ir::{
    AddressTypes, BuiltIn, ConnectionStates, HookPoint, InterfaceName, InterfacePattern, Maker, Matches,
    Origin, Protocol, Rule, Side, Target, Test,
};
use crate::policy::{self, Body, Owner};

/// Ports of the node that the management set may reach: web interface, consoles, SPICE proxy, SSH, migration.
const MANAGEMENT_PORTS: [(u16, u16); 5] =
    [(8006, 8006), (5900, 5999), (3128, 3128), (22, 22), (60000, 60050)];

/// Ports that the node may reach in its own network.
const OUTGOING_PORTS: [(u16, u16); 4] = [(8006, 8006), (22, 22), (5900, 5999), (3128, 3128)];

/// Beginning of the names of the inner ends of the links between bridges.
const FWLN: InterfacePattern = InterfacePattern::prefix(InterfaceName::literal("fwln"));

const LOOPBACK: InterfacePattern = InterfacePattern::exact(InterfaceName::literal("lo"));

impl Compiler<'_> {
    /// The chains that the kernel's own chains jump to, made last: they show what the guests need.
    pub(super) fn entry_chains(&mut self) {
        let host = on(self.node.host.enable.as_ref(), true);
        for family in Family::BOTH {
            let dispatch = Origin::built_in(BuiltIn::Dispatch);
            let ips = core::mem::take(self.ips.of_mut(family));
            let mut forward = Vec::with_capacity(5);
            if !ips.is_empty() {
                let known = ConnectionStates::RELATED.and(ConnectionStates::ESTABLISHED);
                let origin = Origin::built_in(BuiltIn::Ips);
                forward.push(from_object([state(known)], Target::Jump(CHAINS.ips), origin));
                self.add_chain(family, CHAINS.ips, ips);
            }
            forward.extend(Self::connection_filters(on(
                self.node.host.nf_conntrack_allow_invalid.as_ref(),
                false,
            )));
            let to_guests = [Test::Bridged, Test::BridgePortIn(FWLN)];
            forward.push(direct(to_guests, Target::Jump(CHAINS.to_guests), dispatch));
            let from_guests = [Test::Bridged, Test::BridgePortOut(FWLN)];
            forward.push(direct(from_guests, Target::Jump(CHAINS.from_guests), dispatch));
            let rules = core::mem::take(self.to_guests.of_mut(family));
            self.add_chain(family, CHAINS.to_guests, rules);
            let rules = core::mem::take(self.from_guests.of_mut(family));
            self.add_chain(family, CHAINS.from_guests, rules);

            let jump =
                |to| host.then(|| direct(Matches::ANY, Target::Jump(to), dispatch)).into_iter().collect();
            let entries = [
                (HookPoint::Input, CHAINS.input, jump(CHAINS.host_in)),
                (HookPoint::Output, CHAINS.output, jump(CHAINS.host_out)),
                (HookPoint::Forward, CHAINS.forward, forward),
            ];
            for (from, name, rules) in entries {
                self.add_chain(family, name, rules);
                Self::hook(self.filter(family), from, name);
            }
        }
    }

    pub(super) fn host_chains(&mut self, family: Family) {
        let rules = self.host_in(family);
        self.add_chain(family, CHAINS.host_in, rules);
        let rules = self.host_out(family);
        self.add_chain(family, CHAINS.host_out, rules);
    }

    fn host_in(&mut self, family: Family) -> Vec<Rule> {
        let level = log_level(self.node.host.log_level_in.as_ref());
        let mut rules = Vec::new();
        let loopback = Origin::built_in(BuiltIn::Loopback);
        rules.push(direct([Test::InInterface(LOOPBACK)], Target::Accept, loopback));
        rules.extend(Self::connection_filters(false));
        rules.extend(self.neighbor_discovery(family, Direction::In));
        rules.extend(self.input_filters(family, level));
        rules.push(igmp());
        self.host_rules(&mut rules, family, Direction::In);

        let management = policy::set_name(Owner::Datacenter, "management", family);
        let place = self.node.sets.iter().find(|set| set.name == "management").and_then(|set| set.span);
        let origin = Origin::switched_on(BuiltIn::Management, place);
        for (first, last) in MANAGEMENT_PORTS {
            let tests = [
                Test::InSet(Side::Source, management),
                protocol(Protocol::TCP),
                port(Side::Destination, first, last),
            ];
            rules.push(direct(tests, Target::Return, origin));
        }
        rules.extend(self.corosync(family, Direction::In));
        let policy = self.node.cluster.policy_in.as_ref();
        let action = policy.map_or(Action::Drop, |setting| setting.value);
        let origin = Origin { span: span(policy), maker: Maker::Policy };
        let log = level.map(|level| Log { level, vmid: 0, chain: CHAINS.host_in, message: "" });
        self.policy(&mut rules, action, log, Target::Return, origin);
        rules
    }

    fn host_out(&mut self, family: Family) -> Vec<Rule> {
        let level = log_level(self.node.host.log_level_out.as_ref());
        let mut rules = Vec::new();
        let loopback = Origin::built_in(BuiltIn::Loopback);
        rules.push(direct([Test::OutInterface(LOOPBACK)], Target::Accept, loopback));
        rules.extend(Self::connection_filters(false));
        rules.extend(self.neighbor_discovery(family, Direction::Out));
        rules.push(igmp());
        self.host_rules(&mut rules, family, Direction::Out);

        let network = self.node.local_network;
        if network.family() == family {
            let origin = Origin::switched_on(BuiltIn::Management, self.node.local_network_span);
            for (first, last) in OUTGOING_PORTS {
                let tests = [
                    Test::Address(Side::Destination, network.addresses()),
                    protocol(Protocol::TCP),
                    port(Side::Destination, first, last),
                ];
                rules.push(direct(tests, Target::Return, origin));
            }
        }
        rules.extend(self.corosync(family, Direction::Out));
        let policy = self.node.cluster.policy_out.as_ref();
        let action = policy.map_or(Action::Accept, |setting| setting.value);
        let origin = Origin { span: span(policy), maker: Maker::Policy };
        let log = level.map(|level| Log { level, vmid: 0, chain: CHAINS.host_out, message: "" });
        self.policy(&mut rules, action, log, Target::Return, origin);
        rules
    }

    /// Host rules, then cluster rules.
    fn host_rules(&mut self, out: &mut Vec<Rule>, family: Family, direction: Direction) {
        let verdicts = Verdicts { accept: Target::Return };
        let chain = if direction == Direction::In { CHAINS.host_in } else { CHAINS.host_out };
        for rule in self.node.host_rules.iter().chain(self.node.cluster_rules) {
            match &rule.body {
                Body::Group(name) => {
                    let device = rule.interface.map(|device| match direction {
                        Direction::In => Test::InInterface(device),
                        Direction::Out | Direction::Forward => Test::OutInterface(device),
                    });
                    self.group_jump(out, direction, name, device, &Target::Return, rule);
                }
                Body::Filter { .. } => {
                    let log = LogAs { chain, vmid: 0, message: true };
                    self.filter_rule(out, family, direction, rule, &verdicts, &log);
                }
            }
        }
    }

    /// The rules of one line, for one chain.
    pub(super) fn filter_rule(
        &mut self,
        out: &mut Vec<Rule>,
        family: Family,
        direction: Direction,
        rule: &policy::Rule,
        verdicts: &Verdicts,
        log: &LogAs,
    ) {
        let Body::Filter { direction: own, action, parts } = &rule.body else { return };
        if *own != direction {
            return;
        }
        for part in parts.iter() {
            let Some(matches) = part.matches(family) else { continue };
            let origin = Origin { span: Some(rule.span), maker: part.maker };
            if let Some(level) = rule.log {
                let LogAs { chain, vmid, message } = *log;
                let message = if message { self::message(*action) } else { "" };
                out.push(self.log(matches, &Log { level, vmid, chain, message }, origin));
            }
            out.push(from_object(matches.clone(), verdicts.target(*action), origin));
        }
    }

    /// IPv6 neighbour discovery of the node (spec 05 section 5.3).
    fn neighbor_discovery(&self, family: Family, direction: Direction) -> Vec<Rule> {
        let ndp = self.node.host.ndp.as_ref();
        if family == Family::V4 || !on(ndp, true) {
            return Vec::new();
        }
        let origin = Origin::switched_on(BuiltIn::NeighborDiscovery, span(ndp));
        self.common.neighbor_discovery(direction == Direction::In, &Target::Return, origin).collect()
    }
}

/// What is logged of a decision (spec 05 section 1).
///
/// COMPAT: always the configured action; pve-firewall logs a translated one where a rule was compiled before (Q2).
const fn message(action: Action) -> &'static str {
    match action {
        Action::Accept => "ACCEPT: ",
        Action::Drop => "DROP: ",
        Action::Reject => "REJECT: ",
    }
}

fn igmp() -> Rule {
    direct([protocol(Protocol::IGMP)], Target::Return, Origin::built_in(BuiltIn::Igmp))
}

/// UDP to a multicast address, for corosync.
pub(super) fn multicast_type() -> Test {
    super::build::destination_type(AddressTypes::MULTICAST)
}
