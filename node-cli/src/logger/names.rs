//! Names of the node's interfaces, always up to date.

use std::os::fd::{AsFd, BorrowedFd};

use nix::net::if_::if_nameindex;
use pvefw_core::host::netlink::{Netlink, Protocol, Received};
use pvefw_core::log::Links;

/// The group that is told of every change, as a bit.
const CHANGES: u32 = 1;

/// The names, and where changes are told.
pub(super) struct Names {
    netlink: Option<Netlink>,
    pub(super) links: Links,
}

impl Names {
    /// Asks for all names. Without them, lines have numbers; `Err` says why.
    pub(super) fn new() -> (Self, Option<String>) {
        // Changes are listened to first, so that none falls between.
        let (netlink, failure) = match Netlink::open(Protocol::Route, CHANGES) {
            Ok(netlink) => (Some(netlink), None),
            Err(error) => (None, Some(format!("can't follow the names of interfaces: {error}"))),
        };
        let mut names = Self { netlink, links: Links::default() };
        let failure = failure.or(names.ask_all());
        (names, failure)
    }

    /// Takes in all changes that are waiting. What went wrong, if anything did.
    pub(super) fn update(&mut self) -> Option<String> {
        let netlink = self.netlink.as_mut()?;
        loop {
            match netlink.receive() {
                Ok(Received::Nothing) => return None,
                Ok(Received::Messages(messages)) => {
                    for message in messages {
                        self.links.take(message);
                    }
                }
                Ok(Received::Overrun) => return self.ask_all(),
                Err(error) => {
                    self.netlink = None;
                    return Some(format!("names of interfaces are no longer followed: {error}"));
                }
            }
        }
    }

    /// Where to wait for changes.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.netlink.as_ref().map(AsFd::as_fd)
    }

    fn ask_all(&mut self) -> Option<String> {
        match if_nameindex() {
            Ok(interfaces) => {
                for interface in &interfaces {
                    self.links.set(interface.index(), interface.name().to_bytes());
                }
                None
            }
            Err(error) => Some(format!("can't list the names of interfaces: {error}")),
        }
    }
}
