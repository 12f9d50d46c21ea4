//! What an address is compared with.

use alloc::boxed::Box;
use core::net::IpAddr;

use ipnet::IpNet;

use crate::Family;

/// One network, several, or a range; all of one family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// One address or network. Host bits may be set; they don't count.
    Net(IpNet),
    /// Any of these, at least two.
    List(Box<[IpNet]>),
    /// From the first to the last, both included.
    Range(Box<AddressRange>),
}

/// Addresses from the first to the last, both of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRange {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address; not below `first`.
    pub last: IpAddr,
}

impl Addresses {
    /// The family of all of them.
    pub fn family(&self) -> Family {
        let v4 = match self {
            Self::Net(net) => net.addr().is_ipv4(),
            Self::List(nets) => nets.first().is_none_or(|net| net.addr().is_ipv4()),
            Self::Range(ends) => ends.first.is_ipv4(),
        };
        if v4 { Family::V4 } else { Family::V6 }
    }

    /// Whether `address` is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Net(net) => net.contains(&address),
            Self::List(nets) => nets.iter().any(|net| net.contains(&address)),
            Self::Range(ends) => {
                ends.first.is_ipv4() == address.is_ipv4() && ends.first <= address && address <= ends.last
            }
        }
    }
}
