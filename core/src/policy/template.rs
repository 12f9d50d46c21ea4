//! Macro templates as conditions.

use alloc::vec::Vec;

use crate::Family;
use crate::config::{DestinationPort, IcmpValue, PortsValue};
use crate::ir::{IcmpModule, IcmpType, PortRange, Ports, Protocol, Written};
use crate::tables::macros::Template;
use crate::tables::{icmp, protocols};
use crate::text::split_at_byte;

/// The protocol of a template, spelled as there.
pub(super) fn protocol(template: &Template) -> Written<Protocol> {
    let text = template.proto;
    match text {
        // Nearly all of them.
        "tcp" => Written::canonical(Protocol::TCP),
        "udp" => Written::canonical(Protocol::UDP),
        "icmp" => Written::canonical(Protocol::ICMP),
        "icmpv6" => Written::canonical(Protocol::ICMPV6),
        _ => {
            let number = text.parse().ok().or_else(|| protocols::number(text)).unwrap_or_default();
            let protocol = Protocol(number);
            if protocol.keyword() == Some(text) {
                Written::canonical(protocol)
            } else {
                Written::spelled(protocol, text)
            }
        }
    }
}

/// What a template has in the place of the destination port.
pub(super) fn destination(template: &Template) -> Option<DestinationPort> {
    match template.dport {
        Some(text) => ports(text).map(DestinationPort::Ports),
        None => icmp_type(template).map(DestinationPort::Icmp),
    }
}

/// Ports of a template. They are numbers and ranges (a test holds the table to that).
pub(super) fn ports(text: &str) -> Option<PortsValue> {
    let range = |item: &str| {
        let (first, last) = split_at_byte(item, b':').unwrap_or((item, item));
        Some(PortRange { first: first.parse().ok()?, last: last.parse().ok()? })
    };
    if !text.as_bytes().contains(&b',') {
        return Some(PortsValue { ports: Written::canonical(Ports::One(range(text)?)), list: false });
    }
    let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
    Some(PortsValue { ports: Written::canonical(Ports::Many(ranges?.into())), list: true })
}

/// The ICMP type of a template.
fn icmp_type(template: &Template) -> Option<IcmpValue> {
    let name = template.icmp_type?;
    let (family, module) = match template.proto {
        "icmp" => (Family::V4, IcmpModule::Icmp),
        _ => (Family::V6, IcmpModule::Icmpv6),
    };
    let row = icmp::named(family, name)?;
    let kind = IcmpType { family, kind: row.ty, code: row.code };
    Some(IcmpValue { kind: Written::canonical(kind), module })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::macros::MACROS;

    #[test]
    fn every_template_can_be_compiled() {
        for row in MACROS {
            for template in row.templates.iter().chain(row.templates_v6) {
                assert_ne!(*protocol(template).value(), Protocol::ANY, "{}", row.name);
                for text in [template.dport, template.sport].into_iter().flatten() {
                    assert!(ports(text).is_some(), "{}: {text}", row.name);
                }
                assert_eq!(template.icmp_type.is_some(), icmp_type(template).is_some(), "{}", row.name);
            }
        }
    }
}
