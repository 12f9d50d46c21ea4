//! Cluster communication (spec 05 section 6.5).

use alloc::vec::Vec;
use core::net::IpAddr;

use super::Compiler;
use super::build::{direct, port, protocol};
use super::host::multicast_type;
use crate::Family;
use crate::config::Direction;
use crate::config::corosync::Corosync;
use crate::facts::{Facts, Network};
use crate::ir::{Addresses, BuiltIn, Origin, Protocol, Rule, Side, Target, Test, Written};
use crate::text::{ByName, Span};

/// COMPAT: only the ports of link 0 (Q25).
const PORTS: (u16, u16) = (5404, 5405);

/// An address of a node on one link.
struct LinkAddress<'c> {
    link: &'c str,
    address: Written<Addresses>,
    span: Span,
}

impl Compiler<'_> {
    pub(super) fn corosync(&self, family: Family, direction: Direction) -> Vec<Rule> {
        let Some(corosync) = self.node.corosync else { return Vec::new() };
        let mut rules = Vec::new();
        let ports = || [protocol(Protocol::UDP), port(Side::Destination, PORTS.0, PORTS.1)];
        if corosync.multicast() {
            let [udp, ports] = ports();
            let origin = Origin::built_in(BuiltIn::Corosync);
            rules.push(direct([multicast_type(), udp, ports], Target::Return, origin));
        }
        let own = self.node.name;
        let mut local = ByName::default();
        for address in addresses(corosync, self.node.facts, family, |node| node == own) {
            local.insert(address.link, address.address);
        }
        for remote in addresses(corosync, self.node.facts, family, |node| node != own) {
            let Some(local) = local.get(remote.link) else { continue };
            let ends = match direction {
                Direction::In => [(Side::Destination, local), (Side::Source, &remote.address)],
                Direction::Out | Direction::Forward => {
                    [(Side::Source, local), (Side::Destination, &remote.address)]
                }
            };
            let tests =
                ends.into_iter().map(|(side, address)| Test::Address(side, address.clone())).chain(ports());
            let matches: Vec<_> = tests.map(crate::ir::Match::from).collect();
            let origin = Origin::switched_on(BuiltIn::Corosync, Some(remote.span));
            rules.push(direct(matches, Target::Return, origin));
        }
        rules
    }
}

fn addresses<'c>(
    corosync: &'c Corosync,
    facts: &'c Facts,
    family: Family,
    wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = LinkAddress<'c>> {
    let nodes = corosync.nodes.iter().filter(move |(name, _)| wanted(name));
    nodes.flat_map(|(_, node)| &node.links).filter_map(move |(link, (value, span))| {
        let address = resolve(value, corosync.ip_version.as_deref(), facts)?;
        (address.family() == family).then(|| LinkAddress { link, address: address.addresses(), span: *span })
    })
}

/// Node, link (`ring0_addr`) and address of every link of a family.
pub(crate) fn link_addresses<'c>(
    corosync: &'c Corosync,
    facts: &'c Facts,
    family: Family,
) -> impl Iterator<Item = (&'c str, &'c str, IpAddr)> {
    let of_node = |(name, node): (&'c alloc::string::String, &'c crate::config::corosync::Node)| {
        node.links.iter().map(move |(link, (value, _))| (name.as_str(), link.as_str(), value))
    };
    corosync.nodes.iter().flat_map(of_node).filter_map(move |(name, link, value)| {
        let address = resolve(value, corosync.ip_version.as_deref(), facts)?;
        (address.family() == family).then(|| (name, link, address.net().addr()))
    })
}

/// The address of a link: a literal, or the host name's in the preferred family.
fn resolve(value: &str, ip_version: Option<&str>, facts: &Facts) -> Option<Network> {
    if value.parse::<IpAddr>().is_ok() {
        return Network::parse(value).ok();
    }
    let known = facts.resolve.get(value)?;
    let first = |v4: bool| known.iter().find(|address| address.is_ipv4() == v4);
    let address = match ip_version.unwrap_or("ipv6-4") {
        "ipv4" => first(true),
        "ipv6" => first(false),
        "ipv6-4" => first(false).or_else(|| first(true)),
        "ipv4-6" => first(true).or_else(|| first(false)),
        _ => None,
    }?;
    Some(Network::from(*address))
}
