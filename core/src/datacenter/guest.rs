//! One guest's files, resolved.

use alloc::vec::Vec;

use super::cluster::Cluster;
use super::{Datacenter, FileKind, GuestFiles, is_empty_file};
use crate::compile;
use crate::config::options::{GuestOptions, Options};
use crate::config::{Level, nic};
use crate::diag::Sink;
use crate::facts::Names;
use crate::lint;
use crate::policy::{self, Context, Definitions, Owner, Place, Resolver};
use crate::text::ByName;

impl Datacenter {
    /// Checks a guest and hands it on, if it exists.
    pub(super) fn guest(
        &self,
        guest: &GuestFiles<'_>,
        names: &Names<'_>,
        context: &Context<'_>,
        cluster: &Cluster,
        sink: &mut Sink,
        mut then: impl FnMut(&compile::Guest<'_>),
    ) {
        let nics = guest.config.map(|(config, kind)| nic::parse(config, self.files.text(config), kind, sink));
        let Some(id) = guest.firewall else { return };
        let file = self.lowered(id, Level::Guest, names, sink);
        let definitions = Definitions::new(&file);
        let owner = Owner::Guest(guest.vmid);
        let mut resolver = Resolver::new(context, Place::Guest(&definitions, owner), sink);
        let mut rules = Vec::with_capacity(file.rules.len());
        rules.extend(file.rules.iter().filter_map(|rule| resolver.rule(rule)));
        let mut sets: ByName<'_, policy::Set> = ByName::default();
        for set in &file.sets {
            sets.insert(&set.name, resolver.resolve_set(set));
        }
        let sets: Vec<_> = sets.into_values().collect();
        let default_options = GuestOptions::default();
        let options = match &file.options {
            Options::Guest(options) => options,
            _ => &default_options,
        };
        lint::guest::check(guest.vmid, &file, options, nics.as_deref(), &rules, cluster.enabled, sink);
        lint::sets::check(&definitions, sink);
        if let (Some((_, kind)), Some(nics)) = (guest.config, &nics) {
            then(&compile::Guest { vmid: guest.vmid, kind, options, rules: &rules, sets: &sets, nics });
        }
    }

    /// Guests with a firewall file, in the order in which they are compiled; of one node, or all.
    pub(super) fn guests(&self, of_node: Option<&str>) -> Vec<GuestFiles<'_>> {
        let of = |vmid| GuestFiles { vmid, firewall: None, config: None, node: None };
        let mut guests: Vec<GuestFiles<'_>> = Vec::new();
        // Guests with a firewall file come first, in order.
        let mut with_file = 0;
        for (kind, id) in &self.kinds {
            match kind {
                // Guest files come before guest configurations in the order of kinds.
                FileKind::Guest(vmid) => {
                    let firewall = Some(*id).filter(|id| !is_empty_file(self.files.text(*id)));
                    guests.push(GuestFiles { firewall, ..of(*vmid) });
                    with_file = guests.len();
                }
                FileKind::GuestConfig(vmid, node, kind) => {
                    let (files, others) = guests.split_at_mut(with_file);
                    let known = files.binary_search_by_key(vmid, |guest| guest.vmid).ok();
                    let known = known.and_then(|at| files.get_mut(at));
                    // Configurations of one guest stand beside each other.
                    let guest = known.or_else(|| others.last_mut().filter(|guest| guest.vmid == *vmid));
                    // On several nodes it is that of the node in question, else the first.
                    match guest {
                        Some(guest) if guest.config.is_none() || of_node == Some(node.as_str()) => {
                            guest.config = Some((*id, *kind));
                            guest.node = Some(node);
                        }
                        Some(_) => {}
                        None => guests.push(GuestFiles {
                            config: Some((*id, *kind)),
                            node: Some(node),
                            ..of(*vmid)
                        }),
                    }
                }
                _ => {}
            }
        }
        guests.retain(|guest| of_node.is_none() || guest.node == of_node);
        guests.sort_by_cached_key(|guest| (guest.config.map(|(_, kind)| kind), guest.vmid.sort_key()));
        guests
    }
}
