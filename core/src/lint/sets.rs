//! Sets that are defined twice in a file.

use alloc::format;

use crate::diag::{Diagnostic, Sink, codes};
use crate::policy::Definitions;

pub(crate) fn check(definitions: &Definitions<'_>, sink: &mut Sink) {
    for (old, new) in definitions.replaced_sets() {
        sink.push(
            Diagnostic::new(codes::DUPLICATE_SET, new.span, format!("set `{}` is defined twice", new.name))
                .label("this definition counts")
                .secondary(old.span, "the members of this one are lost")
                .note("put all members under one header"),
        );
    }
}
