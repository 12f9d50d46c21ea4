//! The cluster file, resolved.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::compile;
use crate::config::corosync::Corosync;
use crate::config::options::{ClusterOptions, HostOptions, Options};
use crate::config::{Direction, File};
use crate::diag::Sink;
use crate::facts::{Facts, Network};
use crate::policy::{self, Context, Place, Resolver};
use crate::text::{ByName, Span};

/// What the cluster file says.
pub(crate) struct Cluster {
    /// Whether the firewall is on.
    pub(crate) enabled: bool,
    pub(crate) options: ClusterOptions,
    pub(crate) rules: Vec<policy::Rule>,
    pub(crate) groups: BTreeMap<String, Vec<policy::Rule>>,
    pub(crate) sets: Vec<policy::Set>,
    pub(crate) local_network: LocalNetwork,
}

/// The network that the node is in.
pub(crate) struct LocalNetwork {
    pub(crate) network: Network,
    /// Whether it is known, not just assumed.
    pub(crate) known: bool,
    /// The alias that defines it.
    pub(crate) span: Option<Span>,
}

/// Seconds for which `enable` above 1 counts.
const ENABLE_TIME: u64 = 60;

impl Cluster {
    pub(crate) fn resolve(file: &File, context: &Context<'_>, facts: &Facts, sink: &mut Sink) -> Self {
        let options = match &file.options {
            Options::Cluster(options) => ClusterOptions::clone(options),
            _ => ClusterOptions::default(),
        };
        let enabled = match options.enable.as_ref().map(|enable| enable.value) {
            None | Some(0) => false,
            Some(1) => true,
            Some(since) => facts.now.is_some_and(|now| now.saturating_sub(since) <= ENABLE_TIME),
        };
        let mut resolver = Resolver::new(context, Place::Cluster, sink);
        let rules = file.rules.iter().filter_map(|rule| resolver.rule(rule)).collect();
        let mut groups = BTreeMap::new();
        // A later group of the same name replaces an earlier one; both are checked.
        for group in &file.groups {
            let rules = group.rules.iter().filter_map(|rule| resolver.rule(rule)).collect();
            groups.insert(group.name.clone(), rules);
        }
        let mut sets: ByName<'_, policy::Set> = ByName::default();
        for set in &file.sets {
            sets.insert(&set.name, resolver.resolve_set(set));
        }
        let sets = sets.into_values().collect();
        Self { enabled, options, rules, groups, sets, local_network: LocalNetwork::find(context, facts) }
    }

    /// For the compiler.
    pub(crate) fn node<'a>(
        &'a self,
        facts: &'a Facts,
        name: &'a str,
        host: &'a HostOptions,
        host_rules: &'a [policy::Rule],
        corosync: Option<&'a Corosync>,
    ) -> compile::Node<'a> {
        compile::Node {
            facts,
            name,
            cluster: &self.options,
            host,
            host_rules,
            cluster_rules: &self.rules,
            groups: &self.groups,
            sets: &self.sets,
            local_network: &self.local_network.network,
            local_network_span: self.local_network.span,
            corosync,
        }
    }

    /// The rules of a group that apply to a direction.
    pub(crate) fn group(&self, name: &str, direction: Direction) -> impl Iterator<Item = &policy::Rule> {
        self.groups.get(name).into_iter().flatten().filter(
            move |rule| matches!(rule.body, policy::Body::Filter { direction: own, .. } if own == direction),
        )
    }
}

impl LocalNetwork {
    /// The alias `local_network`, else what the node detected, else the loopback network (spec 00 section 5).
    fn find(context: &Context<'_>, facts: &Facts) -> Self {
        if let Some(alias) = context.cluster.alias("local_network") {
            let text =
                core::str::from_utf8(alias.span.of(context.files.text(alias.span.file))).unwrap_or_default();
            if let Ok(network) = Network::parse(text) {
                return Self { network, known: true, span: Some(alias.span) };
            }
        }
        match &facts.local_network {
            Some(network) => Self { network: network.clone(), known: true, span: None },
            None => Self { network: Network::loopback(), known: false, span: None },
        }
    }
}
