//! The cluster file as a whole.

use alloc::format;

use crate::config::File;
use crate::datacenter::Cluster;
use crate::diag::{Diagnostic, Sink, codes};
use crate::facts::Facts;
use crate::policy::Definitions;
use crate::text::{ByName, Span};

pub(crate) fn check(
    exists: bool,
    file: &File,
    definitions: &Definitions<'_>,
    cluster: &Cluster,
    facts: &Facts,
    sink: &mut Sink,
) {
    if !exists {
        sink.push(
            Diagnostic::new(
                codes::NO_CLUSTER_FILE,
                Span::at(file.id, 0),
                "there is no cluster file: the firewall is off",
            )
            .note("it is switched on by `enable: 1` under `[OPTIONS]` of `firewall/cluster.fw`"),
        );
    }
    super::sets::check(definitions, sink);
    groups(file, sink);
    for set in cluster.sets.iter().filter(|set| facts.sdn.ipset.contains_key(&set.name)) {
        let Some(span) = set.span else { continue };
        sink.push(
            Diagnostic::new(
                codes::SET_COLLISION,
                span,
                format!("the software-defined network has a set `{}` too", set.name),
            )
            .label("its members take the place of these")
            .note("both have the same name in the kernel; rename this one"),
        );
    }
    if let Some(enable) = &cluster.options.enable
        && enable.value > 1
    {
        let (state, why) = match facts.now {
            _ if cluster.enabled => ("on", "less than a minute ago"),
            Some(_) => ("off", "more than a minute ago"),
            None => ("off", "at a time that can't be compared without a clock"),
        };
        let message =
            format!("`enable: {}` is not a switch but a time: the firewall is {state}", enable.value);
        sink.push(
            Diagnostic::new(codes::ENABLE_TIMESTAMP, enable.span, message)
                .label(format!("{why}, in seconds since 1970"))
                .note("Proxmox VE tries the firewall out for a minute this way; write `enable: 1` to switch it on"),
        );
    }
}

fn groups(file: &File, sink: &mut Sink) {
    let mut seen: ByName<'_, Span> = ByName::default();
    for group in &file.groups {
        if let Some(earlier) = seen.insert(&group.name, group.span) {
            sink.push(
                Diagnostic::new(
                    codes::DUPLICATE_GROUP,
                    group.span,
                    format!("security group `{}` is defined twice", group.name),
                )
                .label("this definition counts")
                .secondary(earlier, "the rules of this one are lost")
                .note("put all rules under one header"),
            );
        }
    }
}

/// Says that the node's network is assumed. Only worth knowing where a node's rules are made.
pub(crate) fn local_network(cluster: &Cluster, sink: &mut Sink) {
    let local = &cluster.local_network;
    if !local.known {
        let place =
            cluster.options.enable.as_ref().map_or(Span::at(crate::text::FileId(0), 0), |enable| enable.span);
        let message = format!("the node's own network is not known; `{}` is assumed", local.network.text());
        sink.push(
            Diagnostic::new(codes::UNKNOWN_LOCAL_NETWORK, place, message)
                .note("give it with `--facts`, or define the alias `local_network` in the cluster file"),
        );
    }
}
