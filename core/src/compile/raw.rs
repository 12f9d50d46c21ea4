//! Table raw: SYN flood protection and connection tracking helpers (spec 05 section 9).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::build::{direct, protocol};
use super::{CHAINS, Compiler, on, span};
use crate::Family;
use crate::ir::{
    BuiltIn, Chain, HashLimit, HookPoint, Origin, PortModule, PortRange, Ports, Protocol, Side, Spelling,
    Target, TcpFlags, Test, Written,
};

impl Compiler<'_> {
    pub(super) fn raw(&mut self, family: Family) {
        let host = self.node.host;
        let mut rules = Vec::new();
        let flood = on(host.protection_synflood.as_ref(), false);
        if flood {
            let limit = HashLimit {
                rate: number(host.protection_synflood_rate.as_ref().map(|rate| rate.value.0), 200),
                burst: number(host.protection_synflood_burst.as_ref().map(|burst| burst.value.0), 1000),
                name: HashLimit::SYN,
                buckets: 2_097_152,
                source_prefix: if family == Family::V4 { 32 } else { 64 },
                expire: number(host.nf_conntrack_tcp_timeout_syn_recv.as_ref().map(|time| time.value.0), 60)
                    .saturating_mul(1000),
            };
            let tests = [
                protocol(Protocol::TCP),
                Test::TcpFlags(TcpFlags::OPENING),
                Test::AboveHashLimit(Box::new(limit)),
            ];
            let origin = Origin::switched_on(BuiltIn::SynFlood, span(host.protection_synflood.as_ref()));
            rules.push(direct(tests, Target::Drop, origin));
        }
        let helpers = host.nf_conntrack_helpers.as_ref();
        let origin = Origin::switched_on(BuiltIn::Helper, span(helpers));
        for helper in helpers.iter().flat_map(|setting| &setting.value) {
            if !helper.supports(family) {
                continue;
            }
            let (which, module) = match helper.protocol {
                "tcp" => (Protocol::TCP, PortModule::Tcp),
                _ => (Protocol::UDP, PortModule::Udp),
            };
            let ports = Written::canonical(Ports::One(PortRange::single(helper.port)));
            let port = Test::Port { side: Side::Destination, ports, module: Spelling(module) };
            rules.push(direct([protocol(which), port], Target::Helper(helper.name), origin));
        }
        if flood || helpers.is_some() {
            let raw = &mut self.ruleset.tables_mut(family).raw;
            raw.chains.insert(CHAINS.prerouting, Chain { rules });
            Self::hook(raw, HookPoint::Prerouting, CHAINS.prerouting);
        }
    }
}

/// The value, or `absent`; 0 counts as absent.
fn number(value: Option<u32>, absent: u32) -> u32 {
    value.filter(|value| *value != 0).unwrap_or(absent)
}
