//! How names refer to definitions (spec 01 section 7).

use super::model::{Reference, Scope};
use super::value::is_definable_name;
use crate::text::Span;

/// An alias: `name`, `dc/name` or `guest/name`.
pub(crate) fn alias(span: Span, text: &str) -> Option<Reference> {
    // Most of what comes here is an address.
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let (scope, name) = scoped(text, &[Scope::Datacenter, Scope::Guest]);
    is_definable_name(name).then(|| Reference { scope, name: part(span, text, name) })
}

/// A set: `+name`, `+dc/name`, `+guest/name` or `+sdn/name`.
pub(crate) fn set(span: Span, text: &str) -> Option<Reference> {
    let (scope, name) = set_scope(text.strip_prefix('+')?);
    is_definable_name(name).then(|| Reference { scope, name: part(span, text, name) })
}

/// The scope of a reference to a set, which stands behind the `+`, and the name without it.
pub(crate) fn set_scope(text: &str) -> (Scope, &str) {
    scoped(text, &[Scope::Datacenter, Scope::Guest, Scope::Sdn])
}

fn scoped<'t>(text: &'t str, scopes: &[Scope]) -> (Scope, &'t str) {
    let found = scopes.iter().find_map(|scope| Some((*scope, text.strip_prefix(scope.prefix())?)));
    found.unwrap_or((Scope::Any, text))
}

/// The span of `part`, which is a piece of `text` that stands at `span`.
pub(crate) fn part(span: Span, text: &str, part: &str) -> Span {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let offset = if offset <= text.len() { u32::try_from(offset).unwrap_or(0) } else { 0 };
    // The stand-in for text that is not UTF-8 may be longer than what stands there.
    let start = span.start.saturating_add(offset).min(span.end);
    let end = start.saturating_add(u32::try_from(part.len()).unwrap_or(0)).min(span.end);
    Span::new(span.file, start, end)
}
