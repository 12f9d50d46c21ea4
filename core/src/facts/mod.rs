//! What a live node knows beside its configuration files, as plain data filled in by callers.
//!
//! Everything is optional. With feature `serde` the JSON of `--facts` is read into [`Facts`]:
//! `{"node":"n1","node_ip":"192.168.2.100","local_network":"192.168.0.0/20", …}`.

mod names;
mod network;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

pub use names::Names;
pub(crate) use network::written;
pub use network::{Network, NetworkError};

/// What is known about a node.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default))]
pub struct Facts {
    /// Its name.
    pub node: Option<String>,
    /// Its own address.
    pub node_ip: Option<IpAddr>,
    /// The network it is in, as detected from its routes (spec 00 section 5).
    pub local_network: Option<Network>,
    /// Alternative names of interfaces: alternative name to real name.
    pub altnames: BTreeMap<String, String>,
    /// Addresses of host names (for `corosync.conf`).
    pub resolve: BTreeMap<String, Vec<IpAddr>>,
    /// What the software-defined network provides.
    pub sdn: Sdn,
    /// Content of `/etc/services`: name, port, protocol. `None`: Debian's.
    pub services: Option<Vec<(String, u16, String)>>,
    /// Content of `/etc/protocols`: name, number. `None`: Debian's.
    pub protocols: Option<Vec<(String, u16)>>,
    /// Content of `/etc/ethertypes`: name, number. `None`: Debian's.
    pub ethertypes: Option<Vec<(String, u16)>>,
    /// The time in seconds since 1970, for `enable` above 1. `None`: such a value counts as expired.
    pub now: Option<u64>,
    /// Keys that are none of the above; callers should say so.
    #[cfg(feature = "serde")]
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "serde flattens into maps only")]
    pub unknown: BTreeMap<String, serde::de::IgnoredAny>,
}

/// The software-defined network's part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default))]
pub struct Sdn {
    /// Sets by name (`vnet0-all`); names count as they are written.
    pub ipset: BTreeMap<String, Vec<SdnMember>>,
}

/// A member of a set of the software-defined network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct SdnMember {
    /// The network.
    pub cidr: Network,
    /// Whether it is an exception.
    #[cfg_attr(feature = "serde", serde(default))]
    pub nomatch: bool,
}
