//! References to aliases and sets (spec 01 section 7).

use alloc::format;
use alloc::string::String;

use super::definitions::Named;
use super::{Owner, Place, Resolver};
use crate::config::{Reference, Scope, Set, Spanned};
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::ir::{Addresses, Written};
use crate::text::{Span, in_lower_case};

/// An alias found.
pub(super) struct AliasHit<'a> {
    /// Its final value.
    pub(super) value: &'a Spanned<Written<Addresses>>,
    /// The value it has where the reference stands, whose family the line was checked with.
    pub(super) seen: &'a Spanned<Written<Addresses>>,
}

impl<'a> Resolver<'a, '_> {
    /// Finds an alias; reports at `span` if there is none. `what` is left out then: "the rule", "the member".
    pub(super) fn alias(&mut self, reference: Reference, span: Span, what: &str) -> Option<AliasHit<'a>> {
        let written = self.text(reference.name);
        let name = in_lower_case(written);
        let cluster = self.context.cluster.named(&name);
        let own = self.own().and_then(|(definitions, _)| definitions.named(&name));
        let own_above = own.and_then(|own| own.above(span));
        let cluster_above = match self.place {
            Place::Cluster => cluster.and_then(|cluster| cluster.above(span)),
            Place::Host | Place::Guest(..) | Place::Vnet => cluster.and_then(Named::last),
        };
        let in_own = reference.scope != Scope::Datacenter;
        let in_cluster = reference.scope != Scope::Guest;
        let found = own
            .filter(|_| in_own)
            .and_then(Named::last)
            .or_else(|| cluster.and_then(Named::last).filter(|_| in_cluster));
        let seen = own_above.filter(|_| in_own).or(cluster_above.filter(|_| in_cluster));
        match (found, own_above.or(cluster_above)) {
            (Some(value), Some(_)) => Some(AliasHit { value, seen: seen.unwrap_or(value) }),
            (found, above) => {
                let elsewhere = own.or(cluster).map(|alias| alias.place);
                let defined = [own, cluster].into_iter().flatten().any(|alias| alias.last().is_some());
                if found.is_some() || above.is_some() || defined {
                    self.not_visible(span, reference, &name, "alias", elsewhere, found.is_some(), what);
                } else {
                    self.unknown_alias(span, reference, &name, elsewhere, what);
                }
                None
            }
        }
    }

    /// Finds a set; reports at `span` if there is none.
    pub(super) fn set(&mut self, reference: Reference, span: Span) -> Option<Owner> {
        let name = self.text(reference.name);
        let own = self.own().map(|(own, owner)| (own.sets(name), owner));
        let cluster = self.context.cluster.sets(name);
        let is_above = |sets: &[&Set]| sets.first().is_some_and(|set| set.span.start < span.start);
        let own_above = own.is_some_and(|(sets, _)| is_above(sets));
        let cluster_above = match self.place {
            Place::Cluster => is_above(cluster),
            Place::Host | Place::Guest(..) | Place::Vnet => !cluster.is_empty(),
        };
        let sdn = self.context.facts.sdn.ipset.contains_key(name);
        let in_own = matches!(reference.scope, Scope::Any | Scope::Guest);
        let in_cluster = matches!(reference.scope, Scope::Any | Scope::Datacenter);
        let in_sdn = matches!(reference.scope, Scope::Any | Scope::Sdn);
        let owner = own
            .filter(|(sets, _)| in_own && !sets.is_empty())
            .map(|(_, owner)| owner)
            .or_else(|| (in_cluster && !cluster.is_empty() || in_sdn && sdn).then_some(Owner::Datacenter));
        let above = own_above || cluster_above || sdn;
        if owner.is_some() && above {
            return owner;
        }
        let elsewhere = own.and_then(|(sets, _)| sets.last()).or_else(|| cluster.last()).map(|set| set.span);
        if owner.is_some() || above || elsewhere.is_some() {
            self.not_visible(span, reference, name, "set", elsewhere, owner.is_some(), "the rule");
        } else {
            self.unknown_set(span, reference, name);
        }
        None
    }

    /// The definition exists, but further down or in another scope.
    #[expect(clippy::too_many_arguments, reason = "the parts of one message")]
    fn not_visible(
        &mut self,
        span: Span,
        reference: Reference,
        name: &str,
        kind: &str,
        elsewhere: Option<Span>,
        later: bool,
        what: &str,
    ) {
        let mut diagnostic = if later {
            Diagnostic::new(codes::DEFINED_LATER, span, format!("{kind} `{name}` is defined further down"))
                .note("pve-firewall knows only what stands above; move the definition up")
        } else {
            let message = match (reference.scope, self.place) {
                (Scope::Guest, Place::Cluster | Place::Host | Place::Vnet) => {
                    format!("`guest/{name}` can be used in guest files only")
                }
                (Scope::Guest, _) => format!("this guest's file defines no {kind} `{name}`"),
                (Scope::Datacenter, _) => format!("the cluster file defines no {kind} `{name}`"),
                (Scope::Sdn, _) => format!("the software-defined network has no set `{name}`"),
                (Scope::Any, _) => format!("{kind} `{name}` can't be used here"),
            };
            let prefix = Span::new(reference.name.file, prefix_start(span, reference), reference.name.start);
            let diagnostic = Diagnostic::new(codes::WRONG_SCOPE, span, message);
            let title = format!("remove `{}`", reference.scope.prefix());
            if prefix.is_empty() { diagnostic } else { diagnostic.fix(title, Safety::Unsafe, prefix, "") }
        };
        diagnostic = diagnostic.label(format!("{what} is left out"));
        if let Some(elsewhere) = elsewhere {
            diagnostic = diagnostic.secondary(elsewhere, "defined here");
        }
        self.sink.push(diagnostic);
    }

    fn unknown_alias(
        &mut self,
        span: Span,
        reference: Reference,
        name: &str,
        faulty: Option<Span>,
        what: &str,
    ) {
        // Each of the findings below has this severity.
        if self.sink.only_counts(span.file, codes::UNKNOWN_ALIAS.severity()) {
            return;
        }
        let written = self.text(reference.name);
        let left_out = format!("{what} is left out");
        if let Some(faulty) = faulty {
            self.sink.push(
                Diagnostic::new(codes::FAULTY_ALIAS, span, format!("alias `{written}` is not valid itself"))
                    .label(left_out)
                    .secondary(faulty, "defined here, with an error"),
            );
            return;
        }
        if self.is_set(written) || self.is_set(name) {
            self.sink.push(
                Diagnostic::new(codes::WRONG_SIGIL, span, format!("`{written}` is a set, not an alias"))
                    .label(left_out)
                    .note("a set is referred to with a `+`")
                    .fix("add the `+`", Safety::Unsafe, Span::at(span.file, span.start), "+"),
            );
            return;
        }
        let mut diagnostic =
            Diagnostic::new(codes::UNKNOWN_ALIAS, span, format!("there is no alias `{written}`"))
                .label(left_out);
        if name == "local_network" {
            diagnostic = diagnostic
                .note("the node's own network is detected after the rules are read; to use its name, define it: `local_network 192.0.2.0/24` under `[ALIASES]` of the cluster file");
        } else if ["any", "all", "everywhere", "anywhere"].contains(&name) {
            diagnostic = diagnostic.note("leave the option out if every address is meant");
        } else if let Some(near) = nearest(written, self.known_aliases()).filter(|near| *near != name) {
            diagnostic = diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, reference.name, near);
        } else {
            diagnostic = diagnostic.note("define it under `[ALIASES]`, or write the address");
        }
        self.sink.push(diagnostic);
    }

    fn unknown_set(&mut self, span: Span, reference: Reference, name: &str) {
        // Each of the findings below has this severity.
        if self.sink.only_counts(span.file, codes::UNKNOWN_SET.severity()) {
            return;
        }
        let lower = name.to_ascii_lowercase();
        if lower != name && self.is_set(&lower) {
            self.sink.push(
                Diagnostic::new(codes::REFERENCE_CASE, span, format!("set `{name}` is called `{lower}`"))
                    .label("the rule is left out")
                    .note("names of sets are lower case once defined, however the header spells them; a reference must be, too")
                    .fix(format!("write `{lower}`"), Safety::Unsafe, reference.name, lower),
            );
            return;
        }
        if self.is_alias(&lower) {
            let sigil = Span::new(span.file, span.start, span.start.saturating_add(1));
            self.sink.push(
                Diagnostic::new(codes::WRONG_SIGIL, span, format!("`{name}` is an alias, not a set"))
                    .label("the rule is left out")
                    .note("an alias is referred to without `+`")
                    .fix("remove the `+`", Safety::Unsafe, sigil, ""),
            );
            return;
        }
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_SET, span, format!("there is no set `{name}`"))
            .label("the rule is left out");
        if name == "management" {
            diagnostic = diagnostic
                .note("this set exists, but is made after the rules are read; to use its name, define it: `[IPSET management]` in the cluster file");
        } else if let Some(near) = nearest(name, self.known_sets()).filter(|near| *near != name) {
            diagnostic = diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, reference.name, near);
        } else {
            diagnostic = diagnostic.note(format!("define it: `[IPSET {lower}]`, above its use"));
        }
        self.sink.push(diagnostic);
    }

    fn known_aliases(&self) -> impl Iterator<Item = &'a str> {
        let own = self.own().into_iter().flat_map(|(own, _)| own.alias_names());
        own.chain(self.context.cluster.alias_names())
    }

    fn is_alias(&self, name: &str) -> bool {
        let own = self.own().is_some_and(|(own, _)| own.named(name).is_some());
        own || self.context.cluster.named(name).is_some()
    }

    fn is_set(&self, name: &str) -> bool {
        let own = self.own().is_some_and(|(own, _)| own.set(name).is_some());
        own || self.context.cluster.set(name).is_some() || self.context.facts.sdn.ipset.contains_key(name)
    }

    fn known_sets(&self) -> impl Iterator<Item = &'a str> {
        let own = self.own().into_iter().flat_map(|(own, _)| own.set_names());
        let sdn = self.context.facts.sdn.ipset.keys().map(String::as_str);
        own.chain(self.context.cluster.set_names()).chain(sdn)
    }
}

/// Where the scope's prefix starts: before the name, behind a `+`.
fn prefix_start(span: Span, reference: Reference) -> u32 {
    let length = u32::try_from(reference.scope.prefix().len()).unwrap_or(0);
    reference.name.start.saturating_sub(length).max(span.start)
}
