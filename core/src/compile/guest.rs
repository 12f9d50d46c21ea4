//! Chains of guests (spec 05 section 7).

use alloc::vec::Vec;

use super::build::{Log, LogAs, Verdicts, clear_mark, direct, from_object};
use super::{CHAINS, Compiler, Guest, chains, log_level, on, span};
use crate::Family;
use crate::config::nic::Nic;
use crate::config::options::Queues;
use crate::config::{Action, Direction};
use crate::diag::{Diagnostic, codes};
use crate::ir::{
    BuiltIn, InterfaceName, InterfacePattern, Maker, Match, Matches, Origin, Rule, Side, Target, Test,
};
use crate::policy::{self, Body, Owner};

impl Compiler<'_> {
    /// The chains of one device.
    pub(super) fn guest_chains(&mut self, guest: &Guest<'_>, nic: &Nic) {
        let Some(device) = chains::device(guest.kind, guest.vmid, nic.index) else {
            self.sink.push(
                Diagnostic::new(codes::BAD_NIC, nic.span, "the device's name on the node would be too long")
                    .label("no rules are made for it")
                    .note("the kernel allows 15 characters: no such device can exist"),
            );
            return;
        };
        let (Some(to), Some(from)) = (chains::of_device(device, "IN"), chains::of_device(device, "OUT"))
        else {
            return;
        };
        for family in Family::BOTH {
            self.make_chain(family, to, |this, rules| this.chain_in(rules, family, guest, nic, to));
            self.make_chain(family, from, |this, rules| this.chain_out(rules, family, guest, nic, from));
        }
        self.dispatch(guest, device, to, from);
        if on(self.node.cluster.ebtables.as_ref(), true) {
            self.guest_bridge(guest, nic, device, from);
        }
    }

    /// Jumps to the device's chains.
    fn dispatch(
        &mut self,
        guest: &Guest<'_>,
        device: InterfaceName,
        to: crate::ir::ChainName,
        from: crate::ir::ChainName,
    ) {
        let device = InterfacePattern::exact(device);
        let origin = Origin::switched_on(BuiltIn::Dispatch, span(guest.options.enable.as_ref()));
        let into = Matches::from([Test::Bridged, Test::BridgePortOut(device)]);
        let out_of = Matches::from([Test::Bridged, Test::BridgePortIn(device)]);
        let queue = on(guest.options.ips.as_ref(), false).then(|| {
            // COMPAT: this one rule names the port first (spec 05 section 7.4).
            let tests = Matches::from([Test::BridgePortOut(device), Test::Bridged]);
            direct(
                tests,
                ips_target(guest),
                Origin::switched_on(BuiltIn::Ips, span(guest.options.ips.as_ref())),
            )
        });
        for family in Family::BOTH {
            self.to_guests.of_mut(family).push(direct(into.clone(), Target::Jump(to), origin));
            self.from_guests.of_mut(family).push(direct(out_of.clone(), Target::Jump(from), origin));
            self.ips.of_mut(family).extend(queue.clone());
        }
    }

    fn chain_in(
        &mut self,
        rules: &mut Vec<Rule>,
        family: Family,
        guest: &Guest<'_>,
        nic: &Nic,
        chain: crate::ir::ChainName,
    ) {
        let options = guest.options;
        let vmid = guest.vmid.number();
        let accept = if on(options.ips.as_ref(), false) { ips_target(guest) } else { Target::Accept };
        rules.push(connection_mark(vmid));
        if on(options.dhcp.as_ref(), true) {
            let answers = self.common.dhcp_answers.of(family).clone();
            let origin = Origin::switched_on(BuiltIn::Dhcp, span(options.dhcp.as_ref()));
            rules.push(from_object(answers, Target::Accept, origin));
        }
        if family == Family::V6 && on(options.ndp.as_ref(), true) {
            let origin = Origin::switched_on(BuiltIn::NeighborDiscovery, span(options.ndp.as_ref()));
            rules.extend(self.common.neighbor_discovery(true, &accept, origin));
        }
        let verdicts = Verdicts { accept: accept.clone() };
        let log = LogAs { chain, vmid, message: true };
        self.guest_rules(rules, family, Direction::In, guest, nic, &verdicts, &log, &accept);
        let policy = options.policy_in.as_ref();
        let origin = Origin { span: span(policy), maker: Maker::Policy };
        let log =
            log_level(options.log_level_in.as_ref()).map(|level| Log { level, vmid, chain, message: "" });
        self.policy(rules, policy.map_or(Action::Drop, |setting| setting.value), log, accept, origin);
    }

    fn chain_out(
        &mut self,
        rules: &mut Vec<Rule>,
        family: Family,
        guest: &Guest<'_>,
        nic: &Nic,
        chain: crate::ir::ChainName,
    ) {
        let options = guest.options;
        let vmid = guest.vmid.number();
        let accept = Target::Goto(CHAINS.set_accept_mark);
        rules.push(connection_mark(vmid));
        if on(options.dhcp.as_ref(), true) {
            let questions = self.common.dhcp_questions.of(family).clone();
            let origin = Origin::switched_on(BuiltIn::Dhcp, span(options.dhcp.as_ref()));
            rules.push(from_object(questions, accept.clone(), origin));
        }
        if let Some(mac) = &nic.mac
            && on(options.macfilter.as_ref(), true)
        {
            let origin = Origin::switched_on(BuiltIn::MacFilter, Some(nic.span));
            let matches = Matches::from([Match::not(Test::SourceMac(mac.clone()))]);
            rules.push(direct(matches, Target::Drop, origin));
        }
        if family == Family::V6 && !on(options.radv.as_ref(), false) {
            let origin = Origin::switched_on(BuiltIn::RouterAdvertisement, span(options.radv.as_ref()));
            rules.push(direct(self.common.router_advertisement.clone(), Target::Drop, origin));
        }
        let filter_set = nic.filter_set();
        let explicit = guest.sets.iter().find(|set| set.name == filter_set);
        if explicit.is_some() || on(options.ipfilter.as_ref(), false) {
            let place = explicit.and_then(|set| set.span).or(span(options.ipfilter.as_ref()));
            let origin = Origin::switched_on(BuiltIn::IpFilter, place);
            let name = policy::set_name(Owner::Guest(guest.vmid), filter_set, family);
            let matches = Matches::from([Match::not(Test::InSet(Side::Source, name))]);
            rules.push(direct(matches, Target::Drop, origin));
        }
        rules.push(clear_mark());
        if family == Family::V6 && on(options.ndp.as_ref(), true) {
            let origin = Origin::switched_on(BuiltIn::NeighborDiscovery, span(options.ndp.as_ref()));
            let router = on(options.radv.as_ref(), false);
            rules.extend(self.common.neighbor_discovery(router, &accept, origin));
        }
        let verdicts = Verdicts { accept: accept.clone() };
        let log = LogAs { chain, vmid, message: true };
        self.guest_rules(rules, family, Direction::Out, guest, nic, &verdicts, &log, &Target::Return);
        let policy = options.policy_out.as_ref();
        let origin = Origin { span: span(policy), maker: Maker::Policy };
        let log =
            log_level(options.log_level_out.as_ref()).map(|level| Log { level, vmid, chain, message: "" });
        self.policy(rules, policy.map_or(Action::Accept, |setting| setting.value), log, accept, origin);
    }

    /// The guest's rules for one device, in file order.
    #[expect(clippy::too_many_arguments, reason = "lines, where they go, and how verdicts are written there")]
    fn guest_rules(
        &mut self,
        out: &mut Vec<Rule>,
        family: Family,
        direction: Direction,
        guest: &Guest<'_>,
        nic: &Nic,
        verdicts: &Verdicts,
        log: &LogAs,
        group_accept: &Target,
    ) {
        for rule in guest.rules {
            // COMPAT: the text must be the key's, so `net00` is no device (spec 05 section 7.3).
            let other =
                |number: &str| number.parse() != Ok(nic.index) || number.len() > 1 && number.starts_with('0');
            if rule.nic.as_deref().is_some_and(other) {
                continue;
            }
            match &rule.body {
                Body::Group(name) => self.group_jump(out, direction, name, None, group_accept, rule),
                Body::Filter { .. } => self.filter_rule(out, family, direction, rule, verdicts, log),
            }
        }
    }
}

fn connection_mark(vmid: u32) -> Rule {
    direct(Matches::ANY, Target::SetConnectionMark(vmid), Origin::built_in(BuiltIn::ConnectionMark))
}

/// Where accepted packets go when an intrusion prevention system looks at them.
fn ips_target(guest: &Guest<'_>) -> Target {
    let queues =
        guest.options.ips_queues.as_ref().map_or(Queues { first: None, last: None }, |setting| setting.value);
    Target::Queue(queues.queue())
}
