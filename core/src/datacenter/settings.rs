//! What `host.fw` says of the node beyond its rules.

use super::Datacenter;
use super::path::FileKind;
use crate::config::Level;
use crate::config::lower::lower;
use crate::config::options::Options;
use crate::diag::Sink;
use crate::facts::{Facts, Names};

/// Settings of the kernel and of other services. Absent is what nobody has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostSettings {
    /// Most tracked connections.
    pub conntrack_max: Option<u64>,
    /// Time after which a silent connection is forgotten, in seconds.
    pub established_timeout: Option<u64>,
    /// Time after which a half-open connection is forgotten, in seconds.
    pub syn_received_timeout: Option<u64>,
    /// Whether connections are logged.
    pub log_connections: bool,
    /// Whether another backend makes the node's rules.
    pub nftables: bool,
}

impl Datacenter {
    /// What the node of [`Datacenter::compile`] is set to.
    pub fn host_settings(&self, facts: &Facts) -> HostSettings {
        let Some(id) = self.kinds.get(&FileKind::Host(self.node_name(facts).into())) else {
            return HostSettings::default();
        };
        let file = lower(*id, self.files.text(*id), Level::Host, &Names::new(facts), &mut Sink::new());
        let Options::Host(options) = &file.options else { return HostSettings::default() };
        HostSettings {
            conntrack_max: options.nf_conntrack_max.as_ref().map(|max| max.value),
            established_timeout: options.nf_conntrack_tcp_timeout_established.as_ref().map(|time| time.value),
            syn_received_timeout: options
                .nf_conntrack_tcp_timeout_syn_recv
                .as_ref()
                .map(|time| u64::from(time.value.0)),
            log_connections: options.log_nf_conntrack.as_ref().is_some_and(|on| on.value),
            nftables: options.nftables.as_ref().is_some_and(|on| on.value),
        }
    }
}
