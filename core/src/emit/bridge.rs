//! Lines for `ebtables-restore` (spec 07).

use ipnet::IpNet;

use super::write::{self, Out};
use crate::ir::{BridgeMatch, BridgeRule, BridgeTarget, ChainName};
use crate::tables::ethertypes;

pub(super) fn rule(out: &mut Out, chain: ChainName, rule: &BridgeRule) {
    out.push_str("-A ");
    out.push_bytes(chain.as_bytes());
    for condition in &rule.matches {
        out.push(b' ');
        match condition {
            BridgeMatch::Protocol(protocol) => {
                out.push_str("-p ");
                match protocol.text().or_else(|| ethertypes::name(*protocol.value())) {
                    Some(name) => out.push_str(name),
                    None => write::hexadecimal(out, u32::from(*protocol.value()), 4, write::UPPER),
                }
            }
            BridgeMatch::InPort(port) => {
                out.push_str("-i ");
                write::pattern(out, port);
            }
            BridgeMatch::OutPort(port) => {
                out.push_str("-o ");
                write::pattern(out, port);
            }
            BridgeMatch::SourceIsNot(mac) => {
                out.push_str("-s ! ");
                write::short_mac(out, *mac);
            }
            BridgeMatch::ArpSource(net) => {
                out.push_str("--arp-ip-src ");
                write::net(out, IpNet::V4(*net));
            }
        }
    }
    match &rule.target {
        BridgeTarget::Accept => out.push_str(" -j ACCEPT"),
        BridgeTarget::Drop => out.push_str(" -j DROP"),
        BridgeTarget::Return => out.push_str(" -j RETURN"),
        BridgeTarget::Jump(chain) => {
            out.push_str(" -j ");
            out.push_bytes(chain.as_bytes());
        }
    }
}
