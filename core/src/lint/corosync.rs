//! Host names in `corosync.conf` that nobody has resolved.

use alloc::format;

use crate::config::corosync::Corosync;
use crate::diag::{Diagnostic, Sink, codes};
use crate::facts::Facts;

pub(crate) fn check(corosync: &Corosync, facts: &Facts, sink: &mut Sink) {
    for (value, span) in corosync.nodes.values().flat_map(|node| node.links.values()) {
        if value.parse::<core::net::IpAddr>().is_err() && !facts.resolve.contains_key(value) {
            sink.push(
                Diagnostic::new(codes::UNRESOLVED_HOST, *span, format!("the address of `{value}` is not known"))
                    .label("no rules for cluster communication with this address")
                    .note("on a node it is looked up; elsewhere give it with `--facts`: `{\"resolve\":{\"name\":[\"192.0.2.1\"]}}`"),
            );
        }
    }
}
