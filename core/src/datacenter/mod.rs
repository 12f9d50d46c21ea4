//! All files of a datacenter, and the two questions one asks of them: what is wrong, and what does a node load?
//!
//! ```
//! use pvefw_core::{datacenter::Datacenter, emit, facts::Facts};
//! let mut datacenter = Datacenter::new();
//! datacenter.add("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN SSH(ACCEPT) -source 10.0.0.0/8\n");
//! let facts = Facts { node: Some("pve1".into()), ..Facts::default() };
//! let (ruleset, sink) = datacenter.compile(&facts);
//! assert_eq!(sink.counts().errors, 0);
//! let lines = emit::lines(&ruleset);
//! assert!(lines.v4.filter["PVEFW-HOST-IN"].contains(&"-A PVEFW-HOST-IN -s 10.0.0.0/8 -p tcp --dport 22 -j RETURN".into()));
//! ```

mod cluster;
mod guest;
mod kept;
mod links;
mod path;
mod settings;
mod topology;

use alloc::borrow::Cow;
use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub use links::{ClusterLink, NodeNetwork};
pub use path::FileKind;
pub use settings::HostSettings;

use crate::compile::Compiler;
use crate::config::corosync::{self, Corosync};
use crate::config::lower::lower;
use crate::config::nic::{self, GuestKind};
use crate::config::options::{HostOptions, Options};
use crate::config::{File, Level, Vmid};
use crate::diag::{Diagnostic, Sink, codes};
use crate::facts::{Facts, Names};
use crate::ir::Ruleset;
use crate::lint;
use crate::parallel::in_runs;
use crate::policy::{self, Context, Definitions, Place, Resolver};
use crate::text::{FileId, Files, Span};
pub(crate) use cluster::Cluster;
use kept::Kept;

/// Fewer guests are not worth a thread.
const GUESTS_A_THREAD: usize = 50;

/// The path of the cluster file, where findings about the datacenter as a whole are reported.
const CLUSTER_PATH: &str = "firewall/cluster.fw";

/// The files of a datacenter.
#[derive(Clone, Debug)]
pub struct Datacenter {
    files: Files,
    kinds: BTreeMap<FileKind, FileId>,
    /// Files that are no longer there.
    removed: BTreeMap<FileKind, FileId>,
    /// Files that need not be read again.
    kept: Kept,
    unreadable: Vec<(FileId, String)>,
}

impl Default for Datacenter {
    fn default() -> Self {
        Self::new()
    }
}

/// What stands behind a node's firewall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Virtual machines with at least one filtered network device.
    pub vms: u64,
    /// Containers with at least one.
    pub containers: u64,
    /// Network devices that are filtered.
    pub filtered_nics: u64,
    /// Network devices of the node's guests that are not.
    pub open_nics: u64,
}

/// A guest and the files about it.
struct GuestFiles<'a> {
    vmid: Vmid,
    /// Its firewall file, if that is not empty.
    firewall: Option<FileId>,
    /// Its configuration, if the guest exists.
    config: Option<(FileId, GuestKind)>,
    /// The node it is on.
    node: Option<&'a str>,
}

impl Datacenter {
    /// No files: the firewall is off.
    pub fn new() -> Self {
        // The cluster file is always there, if only to have a place for what is said about its absence.
        let mut files = Files::new();
        files.add(CLUSTER_PATH, Vec::new());
        Self {
            files,
            kinds: BTreeMap::new(),
            removed: BTreeMap::new(),
            kept: Kept::default(),
            unreadable: Vec::new(),
        }
    }

    /// Adds a file. `path` is relative to the root, with `/` between folders. A path that was added before gets the new
    /// text. `None`: no file that the firewall reads.
    pub fn add(&mut self, path: &str, text: impl Into<Vec<u8>>) -> Option<FileId> {
        let kind = FileKind::of(path)?;
        let text = text.into();
        let entry = self.kinds.entry(kind);
        let known = match &entry {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) if *entry.key() == FileKind::Cluster => Some(FileId(0)),
            Entry::Vacant(entry) => self.removed.remove(entry.key()),
        };
        let id = match known {
            Some(id) => {
                self.kept.change(id, self.files.text(id), &text);
                self.files.replace(id, text);
                id
            }
            None => self.files.add(path, text),
        };
        if let Entry::Vacant(entry) = entry {
            entry.insert(id);
        }
        Some(id)
    }

    /// Removes a file. Whether it was there. Its id stays its own: it is given to no other file.
    pub fn remove(&mut self, path: &str) -> bool {
        let Some(kind) = FileKind::of(path) else { return false };
        let Some(id) = self.kinds.remove(&kind) else { return false };
        self.files.replace(id, Vec::new());
        self.kept.forget(id);
        self.removed.insert(kind, id);
        true
    }

    /// The id of a file that was added.
    pub fn id(&self, path: &str) -> Option<FileId> {
        self.kinds.get(&FileKind::of(path)?).copied()
    }

    /// What there is, in order of kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&FileKind, FileId)> {
        self.kinds.iter().map(|(kind, id)| (kind, *id))
    }

    /// The firewall files that were added, with what they may contain.
    pub fn firewall_files(&self) -> impl Iterator<Item = (FileId, Level)> {
        self.kinds.iter().filter_map(|(kind, id)| Some((*id, kind.level()?)))
    }

    /// The cluster file, which has an id and no text where there is none.
    pub const fn cluster_file(&self) -> FileId {
        FileId(0)
    }

    /// The configuration of a guest on a node.
    pub fn guest_config(&self, vmid: Vmid, node: &str) -> Option<FileId> {
        self.kinds.iter().find_map(|(kind, id)| match kind {
            FileKind::GuestConfig(of, on, _) if *of == vmid && on == node => Some(*id),
            _ => None,
        })
    }

    /// Whether the firewall of a guest is on in its own file.
    pub fn is_guest_enabled(&self, vmid: Vmid) -> bool {
        let Some(id) = self.kinds.get(&FileKind::Guest(vmid)) else { return false };
        let facts = Facts::default();
        // No option that is asked for here depends on names.
        let file = lower(*id, self.used_text(*id), Level::Guest, &Names::new(&facts), &mut Sink::new());
        matches!(&file.options, Options::Guest(o) if o.enable.as_ref().is_some_and(|enable| enable.value))
    }

    /// Records that a file exists but could not be read; `why` is shown.
    pub fn unreadable(&mut self, path: &str, why: impl Into<String>) {
        let id = match FileKind::of(path) {
            Some(FileKind::Cluster) => FileId(0),
            _ => self.files.add(path, Vec::new()),
        };
        self.unreadable.push((id, why.into()));
    }

    /// The files, for showing diagnostics.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The files alone.
    pub fn into_files(self) -> Files {
        self.files
    }

    /// Number of files that were added or could not be read.
    pub fn file_count(&self) -> usize {
        self.kinds.len() + self.unreadable.len()
    }

    /// The names of the nodes that have files.
    pub fn nodes(&self) -> BTreeSet<&str> {
        self.kinds
            .keys()
            .filter_map(|kind| match kind {
                FileKind::Host(node) | FileKind::GuestConfig(_, node, _) => Some(node.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Everything that is wrong in any file.
    pub fn check(&self, facts: &Facts) -> Sink {
        let mut sink = Sink::new();
        let names = Names::new(facts);
        self.report_unreadable(&mut sink);
        let cluster_file = self.lower_cluster(&names, &mut sink);
        let definitions = Definitions::new(&cluster_file);
        let groups = group_names(&cluster_file);
        let context = Context {
            files: &self.files,
            facts,
            cluster: &definitions,
            groups: &groups,
            wanted: lint::lockout::concerns,
        };
        let cluster = self.cluster(&cluster_file, &context, &mut sink);
        self.corosync(facts, &mut sink);
        let mut host_rules = Vec::new();
        for (kind, id) in &self.kinds {
            match kind {
                FileKind::Host(_) => {
                    let (file, rules) = self.host(*id, &names, &context, &mut sink);
                    host_rules.push((file, rules));
                }
                FileKind::Vnet(_) => self.vnet(*id, &names, &context, &mut sink),
                _ => {}
            }
        }
        lint::lockout::check(&cluster, &host_rules, &mut sink);
        let sinks = in_runs(&self.guests(None), GUESTS_A_THREAD, |guests| {
            let mut sink = Sink::new();
            for guest in guests {
                self.guest(guest, &names, &context, &cluster, &mut sink, |_| {});
            }
            sink
        });
        for part in sinks {
            sink.append(part);
        }
        self.guests_on_several_nodes(&mut sink);
        let bridges = self.bridges(None);
        for file in host_rules.iter().map(|(file, _)| file).chain([&cluster_file]) {
            lint::interface::check(&self.files, file, &bridges, facts, &mut sink);
        }
        sink
    }

    /// What a node (`facts.node`, or the only one there is) loads, and what is wrong in the files that this needs. The
    /// ruleset is empty when the firewall is off.
    pub fn compile(&self, facts: &Facts) -> (Ruleset, Sink) {
        let mut sink = Sink::new();
        let names = Names::new(facts);
        self.report_unreadable(&mut sink);
        let cluster_file = self.lower_cluster(&names, &mut sink);
        let definitions = Definitions::new(&cluster_file);
        let groups = group_names(&cluster_file);
        let context = Context {
            files: &self.files,
            facts,
            cluster: &definitions,
            groups: &groups,
            wanted: |_, _| true,
        };
        let cluster = self.cluster(&cluster_file, &context, &mut sink);
        let node = self.node_name(facts);
        let corosync = self.corosync(facts, &mut sink);
        let host = self
            .kinds
            .get(&FileKind::Host(node.into()))
            .map(|id| self.host(*id, &names, &context, &mut sink));
        let default_options = HostOptions::default();
        let host_options = match host.as_ref().map(|(file, _)| &file.options) {
            Some(Options::Host(options)) => options,
            _ => &default_options,
        };
        lint::lockout::check(&cluster, host.as_slice(), &mut sink);
        if cluster.enabled {
            lint::cluster::local_network(&cluster, &mut sink);
        }
        let host_rules = host.as_ref().map(|(_, rules)| rules.as_slice()).unwrap_or_default();
        let compiled_node = cluster.node(facts, node, host_options, host_rules, corosync.as_ref());
        let parts = in_runs(&self.guests(Some(node)), GUESTS_A_THREAD, |guests| {
            let mut sink = Sink::new();
            let mut part = cluster.enabled.then(|| Compiler::part(&compiled_node));
            for guest in guests {
                self.guest(guest, &names, &context, &cluster, &mut sink, |guest| {
                    if let Some(part) = &mut part {
                        part.guest(guest);
                    }
                });
            }
            (part, sink)
        });
        let mut compiler = cluster.enabled.then(|| Compiler::new(&compiled_node));
        for (part, found) in parts {
            sink.append(found);
            if let (Some(compiler), Some(part)) = (&mut compiler, part) {
                compiler.append(part);
            }
        }
        let bridges = self.bridges(Some(node));
        for file in host.iter().map(|(file, _)| file).chain([&cluster_file]) {
            lint::interface::check(&self.files, file, &bridges, facts, &mut sink);
        }
        let (ruleset, found) = compiler.map(Compiler::finish).unwrap_or_default();
        sink.append(found);
        (ruleset, sink)
    }

    /// What the node of [`Datacenter::compile`] filters.
    pub fn inventory(&self, facts: &Facts) -> Inventory {
        let mut inventory = Inventory::default();
        let names = Names::new(facts);
        let mut ignored = Sink::new();
        for guest in self.guests(Some(self.node_name(facts))) {
            let Some((config, kind)) = guest.config else { continue };
            let nics = nic::parse(config, self.files.text(config), kind, &mut ignored);
            let enabled = guest.firewall.is_some_and(|id| {
                let file = lower(id, self.files.text(id), Level::Guest, &names, &mut ignored);
                matches!(&file.options, Options::Guest(o) if o.enable.as_ref().is_some_and(|enable| enable.value))
            });
            let filtered = if enabled { nics.iter().filter(|nic| nic.firewall).count() as u64 } else { 0 };
            match kind {
                _ if filtered == 0 => {}
                GuestKind::Vm => inventory.vms += 1,
                GuestKind::Container => inventory.containers += 1,
            }
            inventory.filtered_nics += filtered;
            inventory.open_nics += nics.len() as u64 - filtered;
        }
        inventory
    }

    /// The node to compile for: the one in the facts, or the only one there is.
    fn node_name<'n>(&'n self, facts: &'n Facts) -> &'n str {
        if let Some(node) = &facts.node {
            return node;
        }
        let nodes = self.nodes();
        nodes.first().filter(|_| nodes.len() == 1).copied().unwrap_or_default()
    }

    fn report_unreadable(&self, sink: &mut Sink) {
        for (file, why) in &self.unreadable {
            let message = format!("can't read `{}`: {why}", self.files.name(*file));
            sink.push(
                Diagnostic::new(codes::UNREADABLE, Span::at(*file, 0), message)
                    .label("nothing of it is used"),
            );
        }
    }

    fn has_cluster_file(&self) -> bool {
        self.kinds.contains_key(&FileKind::Cluster) && !is_empty_file(self.files.text(FileId(0)))
    }

    fn lower_cluster(&self, names: &Names<'_>, sink: &mut Sink) -> Cow<'_, File> {
        self.lowered(FileId(0), Level::Cluster, names, sink)
    }

    /// The text of a file; nothing if it counts as empty.
    fn used_text(&self, id: FileId) -> &[u8] {
        let text = self.files.text(id);
        if is_empty_file(text) { &[] } else { text }
    }

    fn host(
        &self,
        id: FileId,
        names: &Names<'_>,
        context: &Context<'_>,
        sink: &mut Sink,
    ) -> (Cow<'_, File>, Vec<policy::Rule>) {
        let file = self.lowered(id, Level::Host, names, sink);
        let mut resolver = Resolver::new(context, Place::Host, sink);
        let rules = file.rules.iter().filter_map(|rule| resolver.rule(rule)).collect();
        (file, rules)
    }

    /// VNet files are checked and have no effect.
    fn vnet(&self, id: FileId, names: &Names<'_>, context: &Context<'_>, sink: &mut Sink) {
        let text = self.used_text(id);
        if text.is_empty() {
            return;
        }
        let file = self.lowered(id, Level::Vnet, names, sink);
        lint::vnet::check(&file, text, sink);
        let mut quiet = Sink::new();
        let mut resolver = Resolver::new(context, Place::Vnet, &mut quiet);
        for rule in &file.rules {
            resolver.rule(rule);
        }
        // Each rule's lack of effect is said once, for the file.
        sink.append_without(quiet, codes::NO_EFFECT);
    }

    fn corosync(&self, facts: &Facts, sink: &mut Sink) -> Option<Corosync> {
        let id = *self.kinds.get(&FileKind::Corosync)?;
        match corosync::parse(id, self.files.text(id)) {
            Ok(corosync) => {
                lint::corosync::check(&corosync, facts, sink);
                Some(corosync)
            }
            Err(problem) => {
                sink.push(
                    Diagnostic::new(codes::BAD_COROSYNC, problem.span, problem.message)
                        .label("nothing of the file is used")
                        .note("rules for cluster communication are missing then"),
                );
                None
            }
        }
    }

    /// What the cluster file says, once it is checked.
    fn cluster(&self, file: &File, context: &Context<'_>, sink: &mut Sink) -> Cluster {
        let Context { facts, cluster: definitions, .. } = *context;
        let cluster = Cluster::resolve(file, context, facts, sink);
        lint::cluster::check(self.has_cluster_file(), file, definitions, &cluster, facts, sink);
        cluster
    }

    /// A guest is on one node at a time.
    fn guests_on_several_nodes(&self, sink: &mut Sink) {
        // Kinds are in order, and with that configurations of one guest beside each other.
        let mut last: Option<(Vmid, FileId, &str)> = None;
        for (kind, id) in &self.kinds {
            let FileKind::GuestConfig(vmid, node, _) = kind else { continue };
            if let Some((_, first, other)) = last.replace((*vmid, *id, node)).filter(|(of, ..)| of == vmid) {
                sink.push(
                    Diagnostic::new(
                        codes::DUPLICATE_GUEST,
                        Span::at(*id, 0),
                        format!("guest {vmid} is there twice"),
                    )
                    .label(format!("on node `{node}`"))
                    .secondary(Span::at(first, 0), format!("on node `{other}`"))
                    .note("numbers of guests are unique in a datacenter; each node uses the one it has"),
                );
            }
        }
    }

    /// The bridges that guests are plugged into; of one node, or all.
    pub(crate) fn bridges(&self, of_node: Option<&str>) -> BTreeSet<&str> {
        let texts = self.kinds.iter().filter_map(|(kind, id)| match kind {
            FileKind::GuestConfig(_, node, _) if of_node.is_none_or(|wanted| wanted == node) => {
                Some(self.files.text(*id))
            }
            _ => None,
        });
        let mut bridges = BTreeSet::new();
        // Thousands of guests share a few bridges: to collect them would sort them all.
        bridges.extend(texts.flat_map(nic::bridges));
        bridges
    }
}

/// A missing file, an empty one, and one that is a single `0` are no configuration (spec 00 section 1).
fn is_empty_file(text: &[u8]) -> bool {
    text.is_empty() || text == b"0"
}

fn group_names(file: &File) -> BTreeSet<&str> {
    file.groups.iter().map(|group| group.name.as_str()).collect()
}
