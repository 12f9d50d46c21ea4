//! A netlink socket: requests to the kernel with their answers, and what it tells of its own.

use alloc::vec::Vec;
use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom, sendto,
    setsockopt, socket, sockopt,
};

use crate::netlink::{Message, Messages};

/// How long an answer may take. The kernel answers before `send` returns; only a full queue holds it back.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest datagram: the kernel packs at most 128 KiB of logged packets into one.
const LONGEST: usize = 256 << 10;

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Interfaces and addresses.
    Route,
    /// Packets and connections.
    Netfilter,
}

/// An open socket. It never blocks.
#[derive(Debug)]
pub struct Netlink {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// What a look into a socket gave.
#[derive(Clone, Debug)]
pub enum Received<'a> {
    /// Messages.
    Messages(Messages<'a>),
    /// The kernel had no room left for some messages; they are lost.
    Overrun,
    /// There is nothing at the moment.
    Nothing,
}

impl Netlink {
    /// Opens a socket, which from now on gets what the kernel tells these groups (a bit each).
    ///
    /// # Errors
    /// What the kernel says: no such protocol, or no permission for the groups.
    pub fn open(protocol: Protocol, groups: u32) -> Result<Self, Errno> {
        let protocol = match protocol {
            Protocol::Route => SockProtocol::NetlinkRoute,
            Protocol::Netfilter => SockProtocol::NetlinkNetFilter,
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
        Ok(Self { socket, buffer: alloc::vec![0; LONGEST] })
    }

    /// Makes the kernel keep up to so many bytes for us. Only as root (`CAP_NET_ADMIN`) more than the system's limit.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn keep(&self, bytes: usize) -> Result<(), Errno> {
        setsockopt(&self.socket, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&self.socket, sockopt::RcvBuf, &bytes))
    }

    /// Sends a request. Its answer comes among all that is received.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(&self, request: &[u8]) -> Result<(), Errno> {
        sendto(self.socket.as_raw_fd(), request, &NetlinkAddr::new(0, 0), MsgFlags::empty()).map(|_| ())
    }

    /// Sends a request and waits for its answer. Whatever else comes meanwhile is dropped.
    ///
    /// # Errors
    /// What the kernel answers; `ETIMEDOUT` if it does not.
    pub fn request(&mut self, request: &[u8], sequence: u32) -> Result<(), Errno> {
        self.send(request)?;
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(Errno::ETIMEDOUT);
            }
            let answer = |message: Message| message.error().filter(|_| message.sequence == sequence);
            match self.receive()? {
                Received::Messages(mut messages) => match messages.find_map(answer) {
                    Some(0) => return Ok(()),
                    Some(error) => return Err(Errno::from_raw(error)),
                    None => {}
                },
                Received::Overrun => {}
                Received::Nothing => self.wait(left)?,
            }
        }
    }

    /// Takes the next datagram from the kernel. Never waits.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn receive(&mut self) -> Result<Received<'_>, Errno> {
        loop {
            match recvfrom::<NetlinkAddr>(self.socket.as_raw_fd(), &mut self.buffer) {
                // Other processes may write to us; they are not the kernel.
                Ok((_, Some(from))) if from.pid() != 0 => {}
                Ok((length, _)) => {
                    let datagram = self.buffer.get(..length).unwrap_or_default();
                    return Ok(Received::Messages(Messages::new(datagram)));
                }
                Err(Errno::EAGAIN) => return Ok(Received::Nothing),
                Err(Errno::ENOBUFS) => return Ok(Received::Overrun),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn wait(&self, limit: Duration) -> Result<(), Errno> {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)], limit) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for Netlink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
