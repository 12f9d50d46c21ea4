//! Why a condition fails, in words.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::check::Field;
use super::packet::Frame;
use super::trace::Failing;
use super::view::View;
use crate::emit::net_text;
use crate::ir::{Addresses, ConnectionStates, Match, Ports, Protocol, Side, Test};
use crate::syntax::OptionName;
use crate::tables::protocols;

/// More networks or ports than this are not listed.
const MOST_LISTED: usize = 4;

/// Explains a failing condition. `None`: it is about the way, not about the packet, so nobody wonders.
pub(super) fn failing(matches: &[Match], at: usize, view: &View<'_>) -> Option<Failing> {
    let Frame::Ip(packet) = &view.packet.frame else { return None };
    let Match { negated, test } = matches.get(at)?;
    let of = |side| match side {
        Side::Source => "source",
        Side::Destination => "destination",
    };
    let not = if *negated { "" } else { " not" };
    let (option, because) = match test {
        Test::Address(side, addresses) => {
            let name = if *side == Side::Source { OptionName::Source } else { OptionName::Destination };
            (
                Some(name),
                format!(
                    "the {} {} is{not} in {}",
                    of(*side),
                    view.address(*side)?,
                    self::addresses(addresses.value())
                ),
            )
        }
        Test::InSet(side, _) => {
            let name = if *side == Side::Source { OptionName::Source } else { OptionName::Destination };
            (Some(name), format!("the {} {} is{not} in the set", of(*side), view.address(*side)?))
        }
        Test::Protocol(protocol) => (
            Some(OptionName::Protocol),
            format!(
                "the protocol is {}, not {}",
                protocol_name(packet.protocol),
                protocol_name(*protocol.value())
            ),
        ),
        Test::Port { side, ports, .. } => {
            let port = view.port(*side)?;
            let name =
                if *side == Side::Source { OptionName::SourcePort } else { OptionName::DestinationPort };
            (Some(name), format!("the {} port is {port}, not {}", of(*side), self::ports(ports.value())))
        }
        Test::Icmp { kind, .. } => {
            let (actual, code) = view.icmp()?;
            let kind = kind.value();
            let wanted = match (kind.kind, kind.code) {
                (Some(kind), Some(code)) => format!("{kind} with code {code}"),
                (Some(kind), None) => kind.to_string(),
                (None, _) => "any".to_string(),
            };
            let actual =
                if kind.code.is_some() { format!("{actual} with code {code}") } else { actual.to_string() };
            (Some(OptionName::IcmpType), format!("the ICMP type is {actual}, not {wanted}"))
        }
        Test::InInterface(pattern) | Test::OutInterface(pattern) => {
            let (way, actual) = match test {
                Test::InInterface(_) => ("comes in by", view.interface(Field::In)),
                _ => ("leaves by", view.interface(Field::Out)),
            };
            let actual = actual.map_or_else(|| "nothing".to_string(), |name| name.to_string());
            let more = if pattern.prefix { "+" } else { "" };
            (Some(OptionName::Interface), format!("the packet {way} {actual}, not {}{more}", pattern.name))
        }
        Test::ConnectionState(states) => {
            let names = ConnectionStates::NAMES.iter().filter(|(state, _)| states.contains(*state));
            let names: Vec<_> = names.map(|(_, name)| *name).collect();
            (None, format!("the connection is {}, not {}", packet.state.name(), names.join(" or ")))
        }
        Test::SourceMac(_) => (None, "the source hardware address is another one".to_string()),
        _ => return None,
    };
    Some(Failing { option, because })
}

fn addresses(addresses: &Addresses) -> String {
    match addresses {
        Addresses::Net(net) => net_text(*net),
        Addresses::List(nets) => listed(nets.iter().map(|net| net_text(*net))),
        Addresses::Range(ends) => format!("{}-{}", ends.first, ends.last),
    }
}

fn ports(ports: &Ports) -> String {
    listed(ports.ranges().iter().map(|range| {
        if range.first == range.last {
            range.first.to_string()
        } else {
            format!("{}:{}", range.first, range.last)
        }
    }))
}

/// "a, b or c"
fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(MOST_LISTED);
    let mut words: Vec<_> = items.take(MOST_LISTED).collect();
    if more > 0 {
        words.push(format!("{more} more"));
    }
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
        None => String::new(),
    }
}

fn protocol_name(protocol: Protocol) -> String {
    let known = protocol.keyword().or_else(|| protocols::name(protocol.0));
    known.map_or_else(|| protocol.0.to_string(), ToString::to_string)
}
