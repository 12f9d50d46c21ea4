//! What the kernel tells without being asked: that interfaces, addresses or rules have changed.

use std::os::fd::{AsFd as _, BorrowedFd};

use crate::host::generation::generation;
use crate::host::netlink::{Netlink, Protocol, Received};

/// Groups of the routing protocol, a bit each: interfaces, addresses, and routes of both families.
const ROUTES: u32 = 1 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10;

/// The group that is told of every change of nftables.
const RULES: u32 = 1 << 6;

/// Datagrams read in one go, at most.
const AT_ONCE: usize = 256;

/// Ears.
#[derive(Debug)]
pub struct News {
    links: Option<Netlink>,
    rules: Option<Netlink>,
}

impl News {
    /// Begins to listen to what becomes of interfaces and addresses. Without permission nothing is heard.
    pub fn new() -> Self {
        Self { links: Netlink::open(Protocol::Route, ROUTES).ok(), rules: None }
    }

    /// Where to wait for news of interfaces.
    pub fn links(&self) -> Option<BorrowedFd<'_>> {
        self.links.as_ref().map(Netlink::as_fd)
    }

    /// Where to wait for news of rules.
    pub fn rules(&self) -> Option<BorrowedFd<'_>> {
        self.rules.as_ref().map(Netlink::as_fd)
    }

    /// Whether something was said of interfaces or addresses.
    pub fn take_links(&mut self) -> bool {
        self.links.as_mut().is_some_and(drain)
    }

    /// Whether the rules have another number than this one.
    pub fn take_rules(&mut self, expected: Option<u32>) -> bool {
        self.rules.as_mut().is_some_and(drain) && expected.is_some() && generation() != expected
    }

    /// Listens to what becomes of rules. While somebody does, the kernel makes a message of every rule that is loaded.
    pub fn follow_rules(&mut self) {
        self.rules = Netlink::open(Protocol::Netfilter, RULES).ok();
    }

    /// Stops listening: we are about to load rules ourselves.
    pub fn ignore_rules(&mut self) {
        self.rules = None;
    }

    /// Whether the rules have another number than this one, right now.
    pub fn differ(expected: Option<u32>) -> bool {
        expected.is_some() && generation() != expected
    }
}

impl Default for News {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads what there is. Lost messages were messages, too.
fn drain(socket: &mut Netlink) -> bool {
    let mut heard = false;
    for _ in 0..AT_ONCE {
        match socket.receive() {
            Ok(Received::Nothing) | Err(_) => break,
            Ok(Received::Messages(_) | Received::Overrun) => heard = true,
        }
    }
    heard
}
