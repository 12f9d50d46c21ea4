//! A line of `trace --batch`, with the verdict wanted where it is known.

use core::net::IpAddr;

use pvefw_core::sim;
use pvefw_wire::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// A packet as a person or a file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Question {
    /// The zone it comes from.
    pub from: String,
    /// The zone it goes to.
    pub to: String,
    /// Its source address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// Its destination address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dest: Option<IpAddr>,
    /// Its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proto: Option<String>,
    /// Its source port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sport: Option<u16>,
    /// Its destination port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dport: Option<u16>,
    /// Its ICMP type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<String>,
    /// What conntrack is to think of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The hardware address it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// What should happen to it, as recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

impl Question {
    /// Without what should happen.
    pub fn asked(&self) -> sim::Question {
        let Self { from, to, source, dest, proto, sport, dport, icmp_type, state, mac, verdict: _ } =
            self.clone();
        sim::Question { from, to, proto, source, dest, sport, dport, icmp_type, state, mac }
    }
}
