//! One guest's files, resolved.

use alloc::vec::Vec;

use super::cluster::Cluster;
use super::{Datacenter, GuestFiles};
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
}
