//! Names of protocols, services and Ethernet types: the node's own files where it gave them, else Debian's.

use alloc::vec::Vec;

use super::Facts;
use crate::tables::services::Transport;
use crate::tables::{ethertypes, protocols, services};
use crate::text::ByName;

/// Look-ups by name.
#[derive(Clone, Debug, Default)]
pub struct Names<'f> {
    services: Option<ByName<'f, Vec<(u16, &'f str)>>>,
    protocols: Option<ByName<'f, u16>>,
    ethertypes: Option<ByName<'f, u16>>,
}

impl<'f> Names<'f> {
    /// The names of a node.
    pub fn new(facts: &'f Facts) -> Self {
        let services = facts.services.as_ref().map(|rows| {
            let mut map: ByName<'_, Vec<_>> = ByName::default();
            for (name, port, protocol) in rows {
                map.get_or_insert_with(name, Vec::new).push((*port, protocol.as_str()));
            }
            map
        });
        let pairs = |rows: &'f Option<Vec<_>>| {
            rows.as_ref().map(|rows| {
                let mut map = ByName::default();
                for (name, number) in rows {
                    map.insert(alloc::string::String::as_str(name), *number);
                }
                map
            })
        };
        Self { services, protocols: pairs(&facts.protocols), ethertypes: pairs(&facts.ethertypes) }
    }

    /// The number of a protocol. `icmpv6` is always known (spec 04 section 3.1).
    pub fn protocol(&self, name: &str) -> Option<u8> {
        match &self.protocols {
            _ if name == "icmpv6" => Some(58),
            // Nearly every rule has one of these; the search takes as long as the rest of the check.
            None if name == "tcp" => Some(6),
            None if name == "udp" => Some(17),
            None if name == "icmp" => Some(1),
            Some(map) => map.get(name).and_then(|number| u8::try_from(*number).ok()),
            None => protocols::number(name),
        }
    }

    /// Whether a protocol with this number is listed.
    pub fn has_protocol_number(&self, number: u8) -> bool {
        match &self.protocols {
            Some(map) => number == 58 || map.values().any(|listed| *listed == u16::from(number)),
            None => protocols::name(number).is_some(),
        }
    }

    /// The names of all protocols, for suggestions.
    pub fn protocol_names(&self) -> Vec<&str> {
        match &self.protocols {
            Some(map) => map.names().collect(),
            None => protocols::PROTOCOLS.iter().map(|row| row.name).collect(),
        }
    }

    /// Whether any protocol has a service of this name.
    pub fn has_service(&self, name: &str) -> bool {
        match &self.services {
            Some(map) => map.get(name).is_some(),
            None => !services::ports(name).is_empty(),
        }
    }

    /// The port of a service for the protocol that the tools look it up with. `None` for no such service.
    pub fn service(&self, name: &str, transport: Option<Transport>) -> Option<u16> {
        let transport = transport?;
        match &self.services {
            Some(map) => map
                .get(name)?
                .iter()
                .rev()
                .find(|(_, protocol)| *protocol == transport.name())
                .map(|(port, _)| *port),
            None => services::ports(name).iter().find(|row| row.transport == transport).map(|row| row.port),
        }
    }

    /// The protocols that a service exists for, for messages.
    pub fn service_protocols(&self, name: &str) -> Vec<&str> {
        match &self.services {
            Some(map) => map.get(name).into_iter().flatten().map(|(_, protocol)| *protocol).collect(),
            None => services::ports(name).iter().map(|row| row.transport.name()).collect(),
        }
    }

    /// The names of all services, for suggestions.
    pub fn service_names(&self) -> Vec<&str> {
        match &self.services {
            Some(map) => map.names().collect(),
            None => services::SERVICES.iter().map(|row| row.name).collect(),
        }
    }

    /// The number of an Ethernet type, by name or as the four hexadecimal digits of a listed one.
    pub fn ethertype(&self, text: &str) -> Option<u16> {
        let by_name = match &self.ethertypes {
            Some(map) => map.get(text).copied(),
            None => ethertypes::number(text),
        };
        by_name.or_else(|| {
            let digits = text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
            let number = u16::from_str_radix(text, 16).ok().filter(|_| digits)?;
            let listed = match &self.ethertypes {
                Some(map) => map.values().any(|listed| *listed == number),
                None => ethertypes::name(number).is_some(),
            };
            listed.then_some(number)
        })
    }

    /// The names of all Ethernet types, for suggestions.
    pub fn ethertype_names(&self) -> Vec<&str> {
        match &self.ethertypes {
            Some(map) => map.names().collect(),
            None => ethertypes::ETHERTYPES.iter().map(|row| row.name).collect(),
        }
    }
}
