//! The address family that the parts of a rule agree on.

use alloc::format;

use crate::Family;
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Span;

/// The family known so far and the part of the rule that fixed it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Agreed {
    known: Option<(Family, Span)>,
}

impl Agreed {
    pub(super) fn family(self) -> Option<Family> {
        self.known.map(|(family, _)| family)
    }

    /// Adds a part; reports and returns `false` if it belongs to the other family.
    pub(super) fn add(&mut self, family: Family, span: Span, sink: &mut Sink) -> bool {
        match self.known {
            None => self.known = Some((family, span)),
            Some((known, place)) if known != family => {
                sink.push(
                    Diagnostic::new(codes::MIXED_FAMILIES, span, "the rule mixes IPv4 and IPv6")
                        .label(format!("{}: the rule is left out", family.name()))
                        .secondary(place, known.name())
                        .note("no packet is both; write one rule for each family"),
                );
                return false;
            }
            Some(_) => {}
        }
        true
    }
}
