//! Address sets (`hash:net`).

use alloc::vec::Vec;

use ipnet::IpNet;

use crate::Family;
use crate::text::Span;

/// One kernel set.
#[derive(Clone, Debug)]
pub struct Set {
    /// Family of the members.
    pub family: Family,
    /// Both the initial number of buckets and the most members (`hashsize`, `maxelem`).
    pub size: u32,
    /// The members in string order of their text, each network once.
    pub members: Vec<Member>,
    /// The line that defines the set, if a file does.
    pub span: Option<Span>,
}

/// Where a set comes from does not count.
impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        (self.family, self.size, &self.members) == (other.family, other.size, &other.members)
    }
}

impl Eq for Set {}

/// A network in a set.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The network, host bits cleared.
    pub net: IpNet,
    /// Whether the network is an exception from a larger one.
    pub nomatch: bool,
    /// The line that put it there, if a file did.
    pub span: Option<Span>,
}

/// Where a member comes from does not count.
impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        (self.net, self.nomatch) == (other.net, other.nomatch)
    }
}

impl Eq for Member {}
