//! The number that the kernel gives every state of its nftables rules, in this network namespace.
//!
//! Each change by anybody raises it by one: as long as it is the same, nobody has touched the rules, and nothing has to
//! be read. (Rules of the legacy tools and sets have no such number.)

use alloc::vec::Vec;
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

/// The kernel's numbers of what is asked, and of the answer (`linux/netfilter/nf_tables.h`).
const SUBSYSTEM: u16 = 10;
const NEW_GENERATION: u16 = SUBSYSTEM << 8 | 15;
const GET_GENERATION: u16 = SUBSYSTEM << 8 | 16;
/// The attribute that holds the number.
const NUMBER: u16 = 1;
/// Bytes of the headers before the attributes: that of netlink, that of netfilter.
const NETLINK_HEADER: usize = 16;
const HEADERS: usize = NETLINK_HEADER + 4;
const IS_REQUEST: u16 = 1;

/// Asks the kernel. `None`: it does not say, for want of rights or of nftables.
pub(super) fn generation() -> Option<u32> {
    let socket =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkNetFilter)
            .ok()?;
    send(socket.as_raw_fd(), &question(), MsgFlags::empty()).ok()?;
    // The kernel answers before it lets us go on.
    let mut answer = [0; 4096];
    let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::MSG_DONTWAIT).ok()?;
    number(answer.get(..length)?)
}

fn question() -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADERS);
    message.extend(u32::try_from(HEADERS).unwrap_or_default().to_ne_bytes());
    message.extend(GET_GENERATION.to_ne_bytes());
    message.extend(IS_REQUEST.to_ne_bytes());
    // Our number of the message and of the sender, then family, version and resource: all of them any.
    message.extend([0; 8]);
    message.extend([0; 4]);
    message
}

/// Reads the answer.
fn number(message: &[u8]) -> Option<u32> {
    let kind = u16::from_ne_bytes(message.get(4..6)?.try_into().ok()?);
    if kind != NEW_GENERATION {
        return None;
    }
    let mut rest = message.get(HEADERS..)?;
    while let Some((header, _)) = rest.split_first_chunk::<4>() {
        let [a, b, c, d] = *header;
        let (length, name) = (usize::from(u16::from_ne_bytes([a, b])), u16::from_ne_bytes([c, d]));
        if name == NUMBER {
            return Some(u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?));
        }
        // Attributes begin at multiples of four; one shorter than its own header is none.
        rest = rest.get(length.max(4).next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_wherever_it_stands() {
        let mut message = alloc::vec![0; HEADERS];
        message[4..6].copy_from_slice(&NEW_GENERATION.to_ne_bytes());
        let mut attribute = |name: u16, value: &[u8]| {
            message.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            message.extend(name.to_ne_bytes());
            message.extend(value);
        };
        attribute(3, b"pvefw\0\0\0");
        attribute(NUMBER, &7_u32.to_be_bytes());
        assert_eq!(number(&message), Some(7));
        assert_eq!(number(&message[..HEADERS]), None);
        message[4] = 2;
        assert_eq!(number(&message), None);
        assert_eq!(number(&[]), None);
    }

    #[test]
    fn the_question_has_the_length_it_says() {
        let question = question();
        assert_eq!(question.len(), 20);
        assert_eq!(question[..4], 20_u32.to_ne_bytes());
    }
}
