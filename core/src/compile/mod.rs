//! Policy to IR: how the datacenter's rules become the chains of one node.
//!
//! In: [`Node`] (what holds for the whole node) and [`Guest`]s, one after the other. Out: a [`Ruleset`]. The layout is
//! pve-firewall's, chain for chain and rule for rule (spec 05 to 07), so that its signatures stay the same.
//!
//! The order in which guests are added shows in the dispatch chains: virtual machines in string order of their
//! numbers, then containers likewise.

mod build;
mod chains;
mod common;
pub(crate) mod corosync;
mod group;
mod guest;
mod host;
mod layer2;
mod raw;
mod sets;
mod standard;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Family;
use crate::config::Vmid;
use crate::config::corosync::Corosync;
use crate::config::nic::{GuestKind, Nic};
use crate::config::options::{ClusterOptions, GuestOptions, HostOptions, Setting};
use crate::diag::Sink;
use crate::facts::{Facts, Network};
use crate::family::PerFamily;
use crate::ir::{BridgeChain, BridgeRule, Chain, ChainName, Hook, HookPoint, Match, Rule, Ruleset, Table};
use crate::policy;
use crate::text::Span;
use chains::Chains;
use common::Common;

/// The chains whose names don't depend on the configuration.
const CHAINS: Chains = Chains::NAMES;

/// What holds for the whole node.
pub struct Node<'a> {
    /// What is known about it.
    pub facts: &'a Facts,
    /// Its name.
    pub name: &'a str,
    /// Options of the cluster file.
    pub cluster: &'a ClusterOptions,
    /// Options of the host file.
    pub host: &'a HostOptions,
    /// Rules of the host file.
    pub host_rules: &'a [policy::Rule],
    /// Rules of the cluster file.
    pub cluster_rules: &'a [policy::Rule],
    /// Rules of security groups by name.
    pub groups: &'a BTreeMap<String, Vec<policy::Rule>>,
    /// The cluster file's sets.
    pub sets: &'a [policy::Set],
    /// The network that the node is in.
    pub local_network: &'a Network,
    /// Where `local_network` is defined, if it is an alias.
    pub local_network_span: Option<Span>,
    /// Cluster communication, if there is a cluster.
    pub corosync: Option<&'a Corosync>,
}

/// One guest whose firewall file is not empty.
pub struct Guest<'a> {
    /// Its number.
    pub vmid: Vmid,
    /// What it is.
    pub kind: GuestKind,
    /// Options of its firewall file.
    pub options: &'a GuestOptions,
    /// Rules of its firewall file.
    pub rules: &'a [policy::Rule],
    /// Sets of its firewall file.
    pub sets: &'a [policy::Set],
    /// Its network devices in string order of their keys.
    pub nics: &'a [Nic],
}

/// Makes the ruleset of a node whose firewall is on.
pub struct Compiler<'a> {
    node: &'a Node<'a>,
    sink: Sink,
    ruleset: Ruleset,
    /// Chains of the filter tables, put in order at the end; of one name the last counts.
    chains: PerFamily<Vec<(ChainName, Chain)>>,
    /// Chains of the bridge, likewise.
    bridge_chains: Vec<(ChainName, BridgeChain)>,
    /// Sets, likewise.
    sets: Vec<sets::Made>,
    ordered: sets::Ordered,
    /// The condition before every log target.
    limit: Option<Match>,
    common: Common,
    /// Where chains are made before they are stored without room to spare.
    scratch: Vec<Rule>,
    /// Where conditions and prefixes of log rules are put together.
    tests: Vec<Match>,
    prefix: String,
    /// Rules of the dispatch chains, which grow guest by guest.
    to_guests: PerFamily<Vec<Rule>>,
    from_guests: PerFamily<Vec<Rule>>,
    ips: PerFamily<Vec<Rule>>,
    bridge_dispatch: Vec<BridgeRule>,
    /// Groups whose chains are made, with their names.
    groups: BTreeMap<String, [Option<ChainName>; 2]>,
}

impl<'a> Compiler<'a> {
    /// Starts a ruleset: everything but the guests.
    pub fn new(node: &'a Node<'a>) -> Self {
        let mut compiler = Self::part(node);
        for family in Family::BOTH {
            compiler.standard_chains(family);
            let filters = compiler.input_filters(family, log_level(node.host.log_level_out.as_ref()));
            *compiler.to_guests.of_mut(family) = filters;
            compiler.raw(family);
        }
        if on(node.host.enable.as_ref(), true) {
            for family in Family::BOTH {
                compiler.host_chains(family);
            }
        }
        compiler
    }

    /// Starts a part of a ruleset, for some of the guests; [`Compiler::append`] adds it to the rest.
    pub fn part(node: &'a Node<'a>) -> Self {
        Self {
            node,
            sink: Sink::new(),
            ruleset: Ruleset::default(),
            chains: PerFamily::default(),
            bridge_chains: Vec::new(),
            sets: Vec::new(),
            ordered: sets::Ordered::default(),
            limit: build::log_limit(node.cluster.log_ratelimit.as_ref().map(|setting| &setting.value)),
            common: Common::new(),
            scratch: Vec::new(),
            tests: Vec::new(),
            prefix: String::new(),
            to_guests: PerFamily::default(),
            from_guests: PerFamily::default(),
            ips: PerFamily::default(),
            bridge_dispatch: Vec::new(),
            groups: BTreeMap::new(),
        }
    }

    /// Adds the guests of a part behind those that are there.
    pub fn append(&mut self, mut part: Self) {
        for family in Family::BOTH {
            self.chains.of_mut(family).append(part.chains.of_mut(family));
            self.to_guests.of_mut(family).append(part.to_guests.of_mut(family));
            self.from_guests.of_mut(family).append(part.from_guests.of_mut(family));
            self.ips.of_mut(family).append(part.ips.of_mut(family));
        }
        self.bridge_dispatch.append(&mut part.bridge_dispatch);
        self.bridge_chains.append(&mut part.bridge_chains);
        self.sets.append(&mut part.sets);
        self.groups.append(&mut part.groups);
        self.sink.append(part.sink);
    }

    /// Adds a guest.
    pub fn guest(&mut self, guest: &Guest<'_>) {
        self.guest_sets(guest);
        if on(guest.options.enable.as_ref(), false) {
            for nic in guest.nics.iter().filter(|nic| nic.firewall) {
                self.guest_chains(guest, nic);
            }
        }
    }

    /// Completes the ruleset, and says what was found on the way.
    pub fn finish(mut self) -> (Ruleset, Sink) {
        self.entry_chains();
        self.cluster_sets();
        if on(self.node.cluster.ebtables.as_ref(), true) {
            self.bridge_base();
        }
        for family in Family::BOTH {
            let chains = core::mem::take(self.chains.of_mut(family));
            self.filter(family).chains = chains.into_iter().collect();
        }
        self.ruleset.bridge.chains = core::mem::take(&mut self.bridge_chains).into_iter().collect();
        self.finish_sets();
        (self.ruleset, self.sink)
    }

    fn filter(&mut self, family: Family) -> &mut Table {
        &mut self.ruleset.tables_mut(family).filter
    }

    /// Adds a chain that `make` fills.
    #[expect(clippy::drain_collect, reason = "the chain gets the room it needs, the scratch keeps its own")]
    fn make_chain(&mut self, family: Family, name: ChainName, make: impl FnOnce(&mut Self, &mut Vec<Rule>)) {
        let mut rules = core::mem::take(&mut self.scratch);
        make(self, &mut rules);
        self.add_chain(family, name, rules.drain(..).collect());
        self.scratch = rules;
    }

    fn add_chain(&mut self, family: Family, name: ChainName, rules: Vec<Rule>) {
        self.chains.of_mut(family).push((name, Chain { rules }));
    }

    fn hook(table: &mut Table, from: HookPoint, to: ChainName) {
        table.hooks.push(Hook { from, to });
    }
}

/// The value of a switch, or what its absence means.
fn on(setting: Option<&Setting<bool>>, absent: bool) -> bool {
    setting.map_or(absent, |setting| setting.value)
}

fn log_level(
    setting: Option<&Setting<crate::config::LogSetting>>,
) -> Option<crate::tables::log_levels::LogLevel> {
    setting.and_then(|setting| setting.value)
}

fn span<T>(setting: Option<&Setting<T>>) -> Option<Span> {
    setting.map(|setting| setting.span)
}
