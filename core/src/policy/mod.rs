//! References resolved, macros expanded: what the files of a datacenter say together.
//!
//! In: [`crate::config::File`]s and facts. Out: [`Rule`]s whose conditions are those of the IR, and [`Set`]s of networks;
//! only what is valid and switched on. What is not was reported.
//!
//! COMPAT: names must be defined above their use in the same file (spec 01 section 8), and a redefined alias has its
//! last value everywhere (section 4). Both come from pve-firewall, which checks line by line and compiles at the end.

mod definitions;
mod family;
mod reference;
mod rule;
mod set;
mod set_name;
mod template;

pub use definitions::Definitions;
pub use rule::{Body, Part, Parts, Rule};
pub use set::{Entry, Set};
pub use set_name::{Owner, set_name};

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use crate::config;
use crate::diag::Sink;
use crate::facts::Facts;
use crate::ir::Match;
use crate::text::{FileId, Files, Span};

/// What resolving needs to know beside the file at hand.
pub struct Context<'a> {
    /// The texts that spans point into.
    pub files: &'a Files,
    /// What the node knows.
    pub facts: &'a Facts,
    /// Definitions of the cluster file.
    pub cluster: &'a Definitions<'a>,
    /// Names of the cluster's security groups.
    pub groups: &'a BTreeSet<&'a str>,
    /// Whose conditions are wanted. Rules are checked all the same, but other ones get none.
    pub wanted: fn(&config::Rule, Place<'_>) -> bool,
}

/// Whose lines are being resolved: decides which definitions they see.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// Rules and sets of the cluster file, and rules of its groups.
    Cluster,
    /// Rules of a host file.
    Host,
    /// Rules and sets of a guest file.
    Guest(&'a Definitions<'a>, Owner),
    /// Rules of a VNet file.
    Vnet,
}

/// Resolves lines of one place.
pub struct Resolver<'a, 's> {
    context: &'a Context<'a>,
    place: Place<'a>,
    sink: &'s mut Sink,
    /// Where conditions are put together; used again for every rule.
    tests: Vec<Match>,
    /// The file asked for last, empty if it is not UTF-8: checking it once is faster than checking every name.
    read: Cell<Option<(FileId, &'a str)>>,
}

impl<'a, 's> Resolver<'a, 's> {
    /// A resolver for the lines of `place`, reporting to `sink`.
    pub const fn new(context: &'a Context<'a>, place: Place<'a>, sink: &'s mut Sink) -> Self {
        Self { context, place, sink, tests: Vec::new(), read: Cell::new(None) }
    }

    fn own(&self) -> Option<(&'a Definitions<'a>, Owner)> {
        match self.place {
            Place::Guest(definitions, owner) => Some((definitions, owner)),
            Place::Cluster | Place::Host | Place::Vnet => None,
        }
    }

    fn text(&self, span: Span) -> &'a str {
        if self.read.get().is_none_or(|(file, _)| file != span.file) {
            let text = core::str::from_utf8(self.context.files.text(span.file)).unwrap_or_default();
            self.read.set(Some((span.file, text)));
        }
        let text = self.read.get().and_then(|(_, text)| text.get(span.range()));
        text.unwrap_or_else(|| {
            core::str::from_utf8(span.of(self.context.files.text(span.file))).unwrap_or("\u{fffd}")
        })
    }
}

/// Sets of the software-defined network by name.
pub type SdnSets = BTreeMap<String, Vec<crate::facts::SdnMember>>;
