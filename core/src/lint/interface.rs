//! Misspelt interfaces in rules of the node.
//!
//! Which interfaces a node has is not in its configuration, but the bridges of its guests are. A name that is nearly
//! one of them, and differs in more than its number, is probably a typo.

use alloc::collections::BTreeSet;
use alloc::format;

use crate::config::File;
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, Sink, codes};
use crate::facts::Facts;
use crate::text::Files;

pub(crate) fn check(files: &Files, file: &File, bridges: &BTreeSet<&str>, facts: &Facts, sink: &mut Sink) {
    for rule in file.rules.iter().filter(|rule| !rule.faulty) {
        let Some(span) = rule.interface else { continue };
        let name = core::str::from_utf8(span.of(files.text(span.file))).unwrap_or_default();
        if bridges.contains(name) || facts.altnames.contains_key(name) {
            continue;
        }
        let Some(near) = nearest(name, bridges.iter().copied()) else { continue };
        if letters(near) == letters(name) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                codes::UNKNOWN_INTERFACE,
                span,
                format!("no guest is plugged into a bridge `{name}`"),
            )
            .label("is this interface spelled right?")
            .fix(format!("write `{near}`"), Safety::Unsafe, span, near),
        );
    }
}

/// The name without its number.
fn letters(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ':')
}
