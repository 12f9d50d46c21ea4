//! Packets that rules have logged with `-j NFLOG`, as the kernel tells of them.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use super::error::Error;
use super::netlink::{Netlink, Protocol, Received};
use crate::log::Event;
use crate::log::event::{BRIDGE, CONFIGURE, INET};
use crate::netlink::request;

/// The group that rules of ours log to: they name none, and that is 0.
const GROUP: u16 = 0;

/// Bytes of each packet that we look at. Fields speak of its headers alone; this is longer than the longest header that
/// extends IPv6 and what may follow it. More would only cost room: a packet may have 64 KiB here.
const COPIED: u32 = 4096;

/// Bytes of logged packets that the kernel sends us at once.
const AT_ONCE: u32 = 32 << 10;

/// Packets that it sends at once, at most.
const PACKETS_AT_ONCE: u32 = 256;

/// Hundredths of a second that it may wait for more of them.
const PATIENCE: u32 = 10;

/// Bytes that the kernel keeps for us while we are busy: half a second of 100,000 small packets each.
const KEPT: usize = 32 << 20;

/// Kinds of what a request changes.
const COMMAND: u16 = 1;
const MODE: u16 = 2;
const BUFFER: u16 = 3;
const TIMEOUT: u16 = 4;
const THRESHOLD: u16 = 5;
const FLAGS: u16 = 6;

/// Commands.
const BIND: u8 = 1;
const UNBIND: u8 = 2;
const BIND_FAMILY: u8 = 3;
/// The mode that sends packets, not only what is known about them.
const COPY_PACKET: u8 = 2;
/// The flag that numbers packets, so that gaps show.
const NUMBERED: u16 = 1;

/// The socket that gets all packets of group 0.
#[derive(Debug)]
pub struct Nflog {
    netlink: Netlink,
    /// The number that the next packet should have.
    next: u32,
    counts: Counts,
}

/// What has come so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that came.
    pub received: u64,
    /// Packets that the kernel had numbered, but no room for.
    pub lost: u64,
    /// How often the kernel said that it ran out of room.
    pub overruns: u64,
}

impl Nflog {
    /// Becomes the reader of group 0, of which there can be one in a network namespace.
    ///
    /// # Errors
    /// [`Error::Netlink`], with advice: no permission, no NFLOG in the kernel, somebody else reads it.
    pub fn open() -> Result<Self, Error> {
        let mut netlink = Netlink::open(Protocol::Netfilter, 0)
            .map_err(|source| failed("open a netlink socket to netfilter", source))?;
        netlink.keep(KEPT).map_err(|source| failed("get room for logged packets", source))?;
        // COMPAT: these two families, as pvefw-logger has it. It makes group 0 the place where the kernel logs what it
        // logs of its own, such as packets that connection tracking finds invalid.
        for (sequence, family) in [(1, INET), (2, BRIDGE)] {
            let bind = request(CONFIGURE, sequence, family, 0, &[(COMMAND, &[BIND_FAMILY])]);
            netlink
                .request(&bind, sequence)
                .map_err(|source| failed("become the kernel's log of packets", source))?;
        }
        let [a, b, c, d] = COPIED.to_be_bytes();
        let configure = request(
            CONFIGURE,
            3,
            0,
            GROUP,
            &[
                (COMMAND, &[BIND]),
                (MODE, &[a, b, c, d, COPY_PACKET, 0]),
                (BUFFER, &AT_ONCE.to_be_bytes()),
                (TIMEOUT, &PATIENCE.to_be_bytes()),
                (THRESHOLD, &PACKETS_AT_ONCE.to_be_bytes()),
                (FLAGS, &NUMBERED.to_be_bytes()),
            ],
        );
        netlink.request(&configure, 3).map_err(|source| match source {
            // The kernel says no to a second reader as it does to one without rights, which we are not: it has let us
            // come this far.
            Errno::EPERM | Errno::EBUSY => Error::Netlink {
                attempt: "read NFLOG group 0",
                source: Errno::EBUSY,
                advice: Some("another program reads it, such as pvefw-logger or ulogd2: stop that one first"),
            },
            source => failed("read NFLOG group 0", source),
        })?;
        Ok(Self { netlink, next: 0, counts: Counts::default() })
    }

    /// Hands the packets of the next datagram to `each`. Whether there was one; never waits.
    ///
    /// # Errors
    /// [`Error::Netlink`].
    pub fn receive(&mut self, mut each: impl FnMut(&Event)) -> Result<bool, Error> {
        let received =
            self.netlink.receive().map_err(|source| failed("read what NFLOG rules have logged", source))?;
        match received {
            Received::Nothing => return Ok(false),
            Received::Overrun => self.counts.overruns += 1,
            Received::Messages(messages) => {
                for event in messages.filter_map(Event::new) {
                    if let Some(number) = event.sequence {
                        self.counts.lost += between(self.next, number);
                        self.next = number.wrapping_add(1);
                    }
                    self.counts.received += 1;
                    each(&event);
                }
            }
        }
        Ok(true)
    }

    /// Ends the reading. The kernel hands out what it was still collecting, which [`Self::receive`] then gives.
    pub fn close(&mut self) {
        // Somebody who can no longer reach the kernel has nothing left to hand back either.
        let _ = self.netlink.send(&request(CONFIGURE, 4, 0, GROUP, &[(COMMAND, &[UNBIND])]));
    }

    /// What has come so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }
}

impl AsFd for Nflog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.netlink.as_fd()
    }
}

/// How many numbers were left out before this one. After the largest they start again.
fn between(expected: u32, number: u32) -> u64 {
    u64::from(number.wrapping_sub(expected))
}

fn failed(attempt: &'static str, source: Errno) -> Error {
    let advice = match source {
        Errno::EPERM | Errno::EACCES => {
            Some("it takes the capability CAP_NET_ADMIN: run it as root, or as a service that has it")
        }
        Errno::EPROTONOSUPPORT | Errno::EINVAL | Errno::ENOENT | Errno::EOPNOTSUPP => {
            Some("the kernel has no NFLOG: load its module with `modprobe nfnetlink_log`")
        }
        _ => None,
    };
    Error::Netlink { attempt, source, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_also_where_numbers_start_again() {
        for (expected, number, lost) in [(0, 0, 0), (5, 8, 3), (u32::MAX, u32::MAX, 0), (u32::MAX, 1, 2)] {
            assert_eq!(between(expected, number), lost);
        }
    }
}
