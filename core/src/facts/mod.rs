//! What a live node knows beside its configuration files, as plain data filled in by callers.
//!
//! Everything is optional. With feature `serde` the JSON of `--facts` is read into [`Facts`]:
//! `{"node":"n1","node_ip":"192.168.2.100","local_network":"192.168.0.0/20", …}`.

mod names;
mod network;
#[cfg(feature = "serde")]
mod read;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

#[cfg(feature = "serde")]
use serde::Deserialize as _;

pub use names::Names;
pub use network::{Network, NetworkError};
pub(crate) use network::{parse, written};

/// What is known about a node.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
    /// Keys that are none of the above, in order; callers should say so.
    #[cfg_attr(feature = "serde", serde(skip_serializing))]
    pub unknown: Vec<String>,
}

/// The software-defined network's part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(default))]
pub struct Sdn {
    /// Sets by name (`vnet0-all`); names count as they are written.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "null_is_default"))]
    pub ipset: BTreeMap<String, Vec<SdnMember>>,
}

/// A member of a set of the software-defined network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct SdnMember {
    /// The network.
    pub cidr: Network,
    /// Whether it is an exception.
    #[cfg_attr(feature = "serde", serde(default))]
    pub nomatch: bool,
}

/// `null` means the same as a key that is left out.
#[cfg(feature = "serde")]
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let text = r#"{"node":"n1","node_ip":"192.168.2.100","local_network":"192.168.0.5/20","altnames":{"a":"b"},
            "resolve":{"pve3":["10.1.0.13"]},"sdn":{"ipset":{"v-all":[{"cidr":"10.0.0.1/32","nomatch":true}]}},
            "services":[["ssh",22,"tcp"]],"now":1800000000}"#;
        let facts: Facts = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&written).unwrap(), facts);
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let text = r#"{"node":null,"local_network":null,"altnames":null,"resolve":null,"sdn":{"ipset":null},"now":null}"#;
        assert_eq!(serde_json::from_str::<Facts>(text).unwrap(), Facts::default());
        assert_eq!(serde_json::from_str::<Facts>(r#"{"sdn":null}"#).unwrap(), Facts::default());
    }

    #[test]
    fn keys_that_mean_nothing_are_named_and_others_come_once() {
        let facts: Facts =
            serde_json::from_str(r#"{"nodes":[{"a":1.5}],"b":null,"node":"n1","b":2}"#).unwrap();
        assert_eq!((facts.node.as_deref(), facts.unknown), (Some("n1"), vec!["b".into(), "nodes".into()]));
        let twice = serde_json::from_str::<Facts>(r#"{"now":1,"now":2}"#).unwrap_err().to_string();
        assert_eq!(twice, "duplicate field `now` at line 1 column 17");
    }
}
