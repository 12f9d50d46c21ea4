//! By which interface the kernel reaches an address: where packets from there most likely come in.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use std::fs;

use nix::net::if_::if_indextoname;

use super::netlink::{Netlink, Protocol, Received};
use crate::ir::InterfaceName;
use crate::netlink::bytes::array;
use crate::netlink::{Attributes, Message, REQUEST, attribute, message};
use crate::sim::Zone;

/// The kernel's numbers of what is asked, and of the answer (`linux/rtnetlink.h`).
const NEW_ROUTE: u16 = 24;
const GET_ROUTE: u16 = 26;
/// The attributes that hold an address and the number of an interface.
const DESTINATION: u16 = 1;
const INTERFACE: u16 = 4;
/// Length of the header before the attributes; the family and the length of the address are its first two bytes.
const HEADER: usize = 12;
/// Families of addresses.
const IPV4: u8 = 2;
const IPV6: u8 = 10;

/// Ports of a bridge whose names begin so belong to guests.
const OF_GUESTS: [&str; 4] = ["tap", "veth", "fwpr", "fwln"];

/// The kernel's routes, to be asked.
#[derive(Debug)]
pub(super) struct Routes(Option<Netlink>);

impl Routes {
    /// Those of this network namespace.
    pub(super) fn open() -> Self {
        Self(Netlink::open(Protocol::Route, 0).ok())
    }

    /// The zone where packets from an address come in. `None`: the kernel knows no way to it.
    pub(super) fn zone_towards(&mut self, address: IpAddr) -> Option<Zone> {
        let socket = self.0.as_mut()?;
        socket.send(&request(address)).ok()?;
        // The kernel answers before it lets us go on.
        let index = match socket.receive() {
            Ok(Received::Messages(mut messages)) => messages.find_map(|message| interface(&message)),
            _ => None,
        }?;
        let name = if_indextoname(index).ok()?;
        let name = name.to_str().ok()?;
        Some(Zone::Port { bridge: InterfaceName::new(name).ok()?, port: port(name)? })
    }
}

/// The port of a bridge that leads out; something else is its own only port.
fn port(interface: &str) -> Option<InterfaceName> {
    let ports = fs::read_dir(format!("/sys/class/net/{interface}/brif"));
    let mut names: Vec<_> = ports
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !OF_GUESTS.iter().any(|guests| name.starts_with(guests)))
        .collect();
    names.sort();
    InterfaceName::new(names.first().map_or(interface, String::as_str)).ok()
}

fn request(address: IpAddr) -> Vec<u8> {
    let (family, bytes) = match address {
        IpAddr::V4(address) => (IPV4, address.octets().to_vec()),
        IpAddr::V6(address) => (IPV6, address.octets().to_vec()),
    };
    let bits = if family == IPV4 { 32 } else { 128 };
    let mut payload = alloc::vec![0; HEADER];
    payload.splice(..2, [family, bits]);
    attribute(&mut payload, DESTINATION, &bytes);
    message(GET_ROUTE, REQUEST, 1, &payload)
}

/// Reads the answer.
fn interface(message: &Message<'_>) -> Option<u32> {
    if message.kind != NEW_ROUTE {
        return None;
    }
    let attributes = Attributes::new(message.payload.get(HEADER..)?);
    array(attributes.find(INTERFACE)?, 0).map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn the_way_to_oneself_is_the_loopback() {
        let mut routes = Routes::open();
        for address in ["127.0.0.1", "127.8.9.10"] {
            let zone = routes.zone_towards(address.parse().unwrap()).unwrap();
            assert_eq!(zone.to_string(), "lo/lo");
        }
    }

    #[test]
    fn only_the_answer_is_read() {
        let answer = |kind| {
            let mut payload = alloc::vec![0; HEADER];
            attribute(&mut payload, DESTINATION, &[192, 0, 2, 1]);
            attribute(&mut payload, INTERFACE, &7_u32.to_ne_bytes());
            message(kind, 0, 1, &payload)
        };
        let read =
            |bytes: &[u8]| crate::netlink::Messages::new(bytes).find_map(|message| interface(&message));
        assert_eq!(read(&answer(NEW_ROUTE)), Some(7));
        assert_eq!(read(&answer(GET_ROUTE)), None);
        assert_eq!(read(&request("2001:db8::1".parse().unwrap())), None);
        assert_eq!(read(&[]), None);
    }
}
