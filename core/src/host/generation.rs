//! The number that the kernel gives every state of its nftables rules, in this network namespace.
//!
//! Each change by anybody raises it by one: as long as it is the same, nobody has touched the rules, and nothing has to
//! be read. (Rules of the legacy tools and sets have no such number.)

use super::netlink::{Netlink, Protocol, Received};
use crate::netlink::bytes::be32;
use crate::netlink::{Attributes, Message, REQUEST, message};

/// The kernel's numbers of what is asked, and of the answer (`linux/netfilter/nf_tables.h`).
const SUBSYSTEM: u16 = 10;
const NEW_GENERATION: u16 = SUBSYSTEM << 8 | 15;
const GET_GENERATION: u16 = SUBSYSTEM << 8 | 16;
/// The attribute that holds the number.
const NUMBER: u16 = 1;
/// The header of netfilter before the attributes: family, version and resource, all of them any.
const HEADER: [u8; 4] = [0; 4];

/// Asks the kernel. `None`: it does not say, for want of rights or of nftables.
pub(super) fn generation() -> Option<u32> {
    let mut socket = Netlink::open(Protocol::Netfilter, 0).ok()?;
    socket.send(&message(GET_GENERATION, REQUEST, 1, &HEADER)).ok()?;
    // The kernel answers before it lets us go on.
    match socket.receive() {
        Ok(Received::Messages(mut messages)) => messages.find_map(|message| number(&message)),
        _ => None,
    }
}

/// Reads the answer.
fn number(message: &Message<'_>) -> Option<u32> {
    if message.kind != NEW_GENERATION {
        return None;
    }
    let attributes = Attributes::new(message.payload.get(HEADER.len()..)?);
    be32(attributes.find(NUMBER)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::{Messages, request};

    #[test]
    fn reads_the_number_wherever_it_stands() {
        let answer = |kind, attributes: &[(u16, &[u8])]| request(kind, 1, 0, 0, attributes);
        let read = |bytes: &[u8]| Messages::new(bytes).find_map(|message| number(&message));
        let seven = 7_u32.to_be_bytes();
        let attributes: [(u16, &[u8]); 2] = [(3, b"pvefw\0\0\0"), (NUMBER, &seven)];
        assert_eq!(read(&answer(NEW_GENERATION, &attributes)), Some(7));
        assert_eq!(read(&answer(NEW_GENERATION, &attributes[..1])), None);
        assert_eq!(read(&answer(GET_GENERATION, &attributes)), None);
        assert_eq!(read(&[]), None);
    }
}
