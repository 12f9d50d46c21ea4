//! The bridge's table (spec 07): hardware addresses, ARP and Ethernet protocols of what guests send.

use alloc::vec::Vec;

use ipnet::{IpNet, Ipv4Net};

use super::{CHAINS, Compiler, Guest, chains, on, span};
use crate::config::nic::{GuestKind, Nic};
use crate::ir::{
    BridgeChain, BridgeMatch, BridgeRule, BridgeTarget, BuiltIn, ChainName, InterfaceName, InterfacePattern,
    Origin, Written,
};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const ARP: u16 = 0x0806;

fn rule(matches: impl Into<Vec<BridgeMatch>>, target: BridgeTarget, origin: Origin) -> BridgeRule {
    BridgeRule { matches: matches.into(), target, origin }
}

fn protocol(number: u16) -> BridgeMatch {
    BridgeMatch::Protocol(Written::canonical(number))
}

impl Compiler<'_> {
    /// The chains that don't depend on guests, and the jumps to those that do.
    pub(super) fn bridge_base(&mut self) {
        let origin = Origin::built_in(BuiltIn::Dispatch);
        let fwln = InterfacePattern::prefix(InterfaceName::literal("fwln"));
        // IP is filtered by iptables.
        let base = Vec::from([
            rule([protocol(IPV4)], BridgeTarget::Accept, origin),
            rule([protocol(IPV6)], BridgeTarget::Accept, origin),
            rule([BridgeMatch::OutPort(fwln)], BridgeTarget::Jump(CHAINS.from_guests), origin),
        ]);
        self.add_bridge_chain(CHAINS.forward, base);
        let dispatch = core::mem::take(&mut self.bridge_dispatch);
        self.add_bridge_chain(CHAINS.from_guests, dispatch);
        self.ruleset.bridge.forward = Some(CHAINS.forward);
    }

    fn add_bridge_chain(&mut self, name: ChainName, rules: Vec<BridgeRule>) {
        self.bridge_chains.push((name, BridgeChain { rules }));
    }

    /// The chains of one device; frames from it go into `chain`.
    pub(super) fn guest_bridge(
        &mut self,
        guest: &Guest<'_>,
        nic: &Nic,
        device: InterfaceName,
        chain: ChainName,
    ) {
        let options = guest.options;
        let mut rules = Vec::with_capacity(4);
        if let Some(mac) = &nic.mac
            && on(options.macfilter.as_ref(), true)
        {
            let origin = Origin::switched_on(BuiltIn::MacFilter, Some(nic.span));
            rules.push(rule([BridgeMatch::SourceIsNot(*mac.value())], BridgeTarget::Drop, origin));
        }
        let arp = arp_rules(guest, nic);
        if !arp.is_empty()
            && let Some(arp_chain) = chains::of_device(device, "OUT-ARP")
        {
            let origin = Origin::built_in(BuiltIn::ArpFilter);
            rules.push(rule([protocol(ARP)], BridgeTarget::Jump(arp_chain), origin));
            self.add_bridge_chain(arp_chain, arp);
        }
        if let Some(protocols) = &options.layer2_protocols
            && let Some(protocol_chain) = chains::of_device(device, "OUT-PROTO")
        {
            let origin = Origin::switched_on(BuiltIn::Layer2Protocols, Some(protocols.span));
            rules.push(rule([], BridgeTarget::Jump(protocol_chain), origin));
            let allowed = protocols.value.iter().cloned();
            let allow = |number| rule([BridgeMatch::Protocol(number)], BridgeTarget::Return, origin);
            let mut filter: Vec<_> = allowed.map(allow).collect();
            filter.push(rule([], BridgeTarget::Drop, origin));
            self.add_bridge_chain(protocol_chain, filter);
        }
        let dispatch = Origin::switched_on(BuiltIn::Dispatch, span(options.enable.as_ref()));
        rules.push(rule([], BridgeTarget::Accept, dispatch));
        self.add_bridge_chain(chain, rules);
        let port = BridgeMatch::InPort(InterfacePattern::exact(device));
        self.bridge_dispatch.push(rule([port], BridgeTarget::Jump(chain), dispatch));
    }
}

/// Addresses that the device may claim in ARP (spec 07 section 3); none when there is no such filter.
///
/// Exceptions (`!`) and faulty members are left out, aliases resolved (Q31).
fn arp_rules(guest: &Guest<'_>, nic: &Nic) -> Vec<BridgeRule> {
    let name = nic.filter_set();
    let mut rules = Vec::new();
    let mut allow = |net: Ipv4Net, origin| {
        let tests = [protocol(ARP), BridgeMatch::ArpSource(net)];
        rules.push(rule(tests, BridgeTarget::Return, origin));
    };
    for entry in guest.sets.iter().filter(|set| set.name == name).flat_map(|set| &set.entries) {
        if let (IpNet::V4(net), false) = (entry.net, entry.nomatch) {
            allow(net, Origin::switched_on(BuiltIn::ArpFilter, entry.span));
        }
    }
    if let (GuestKind::Container, true, Some(ip)) =
        (guest.kind, on(guest.options.ipfilter.as_ref(), false), nic.ip)
    {
        allow(Ipv4Net::from(ip), Origin::switched_on(BuiltIn::ArpFilter, Some(nic.span)));
    }
    if !rules.is_empty() {
        rules.push(rule([], BridgeTarget::Drop, Origin::built_in(BuiltIn::ArpFilter)));
    }
    rules
}
