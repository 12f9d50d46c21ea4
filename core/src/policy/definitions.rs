//! What a file defines, and from where on.

use alloc::vec::Vec;

use crate::config::{File, Set, Spanned};
use crate::ir::{Addresses, Written};
use crate::text::{ByName, Span};

/// The aliases and sets of one file by lower-case name.
#[derive(Debug, Default)]
pub struct Definitions<'c> {
    aliases: ByName<'c, Named<'c>>,
    sets: ByName<'c, Vec<&'c Set>>,
}

/// The definitions of one alias.
#[derive(Debug)]
pub(super) struct Named<'c> {
    /// Where the last one is, well or badly made.
    pub(super) place: Span,
    /// The last good one, with the place of its name.
    last: Option<Good<'c>>,
    /// The good ones before it in file order. Nearly always there is none.
    earlier: Vec<Good<'c>>,
}

/// The place of an alias's name, and what it stands for.
type Good<'c> = (Span, &'c Spanned<Written<Addresses>>);

impl<'c> Named<'c> {
    /// The value as known at `at` in the same file: the last good definition above.
    pub(super) fn above(&self, at: Span) -> Option<&'c Spanned<Written<Addresses>>> {
        let is_above = |(place, _): &Good<'_>| place.start < at.start;
        if let Some((_, value)) = self.last.filter(is_above) {
            return Some(value);
        }
        let above = self.earlier.partition_point(is_above);
        self.earlier.get(above.checked_sub(1)?).map(|(_, value)| *value)
    }

    /// The final value: the last good definition.
    pub(super) fn last(&self) -> Option<&'c Spanned<Written<Addresses>>> {
        self.last.map(|(_, value)| value)
    }
}

impl<'c> Definitions<'c> {
    /// The definitions of a file.
    pub fn new(file: &'c File) -> Self {
        let mut definitions = Self::default();
        for alias in &file.aliases {
            let empty = || Named { place: alias.span, last: None, earlier: Vec::new() };
            let named = definitions.aliases.get_or_insert_with(&alias.name, empty);
            named.place = alias.span;
            if let Some(value) = &alias.value {
                named.earlier.extend(named.last.replace((alias.span, value)));
            }
        }
        for set in &file.sets {
            definitions.sets.get_or_insert_with(&set.name, Vec::new).push(set);
        }
        definitions
    }

    /// The definitions of an alias.
    pub(super) fn named(&self, name: &str) -> Option<&Named<'c>> {
        self.aliases.get(name)
    }

    /// The final value of an alias: its last good definition.
    pub(crate) fn alias(&self, name: &str) -> Option<&'c Spanned<Written<Addresses>>> {
        self.aliases.get(name)?.last()
    }

    /// The definitions of a set in file order.
    pub(super) fn sets(&self, name: &str) -> &[&'c Set] {
        self.sets.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last definition of a set, which replaces the earlier ones.
    pub(crate) fn set(&self, name: &str) -> Option<&'c Set> {
        self.sets(name).last().copied()
    }

    /// Every definition of every set that was replaced, with the one that replaced it.
    pub(crate) fn replaced_sets(&self) -> impl Iterator<Item = (&'c Set, &'c Set)> {
        self.sets
            .values()
            .flat_map(|sets| sets.iter().zip(sets.iter().skip(1)).map(|(old, new)| (*old, *new)))
    }

    /// Names of all aliases, for suggestions.
    pub(super) fn alias_names(&self) -> impl Iterator<Item = &'c str> {
        self.aliases.names()
    }

    /// Names of all sets, for suggestions.
    pub(super) fn set_names(&self) -> impl Iterator<Item = &'c str> {
        self.sets.names()
    }
}
