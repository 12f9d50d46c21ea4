//! A guest's file and its network devices.

use alloc::format;
use alloc::vec::Vec;

use crate::config::nic::Nic;
use crate::config::options::GuestOptions;
use crate::config::{File, RuleKind, Vmid};
use crate::diag::{Diagnostic, Safety, Sink, codes};
use crate::policy;
use crate::text::Span;

pub(crate) fn check(
    vmid: Vmid,
    file: &File,
    options: &GuestOptions,
    nics: Option<&[Nic]>,
    rules: &[policy::Rule],
    cluster_enabled: bool,
    sink: &mut Sink,
) {
    let start = Span::at(file.id, 0);
    let Some(nics) = nics else {
        sink.push(
            Diagnostic::new(codes::NO_SUCH_GUEST, start, format!("there is no guest {vmid}"))
                .note("a guest's configuration is `nodes/<node>/qemu-server/<vmid>.conf` or `nodes/<node>/lxc/<vmid>.conf`")
                .note("this file is not used; it may be left over from a guest that was removed"),
        );
        return;
    };
    let enabled = options.enable.as_ref().filter(|enable| enable.value);
    match enabled {
        None if !file.rules.is_empty() => {
            let place = options
                .enable
                .as_ref()
                .map(|enable| enable.span)
                .or_else(|| file.rules.first().map(|rule| rule.span));
            let mut diagnostic = Diagnostic::new(
                codes::GUEST_OFF,
                place.unwrap_or(start),
                format!("the firewall of guest {vmid} is not enabled"),
            )
            .note("its rules are not used; `enable: 1` under `[OPTIONS]` switches it on");
            if let Some(enable) = &options.enable {
                diagnostic = diagnostic.fix("write `enable: 1`", Safety::Unsafe, enable.span, "enable: 1");
            }
            sink.push(diagnostic);
        }
        None => {}
        Some(enable) => {
            if !cluster_enabled {
                sink.push(
                    Diagnostic::new(codes::CLUSTER_OFF, enable.span, "the firewall of the datacenter is off")
                        .label("so this guest is not filtered")
                        .note("`enable: 1` under `[OPTIONS]` of `firewall/cluster.fw` switches it on"),
                );
            }
            devices(vmid, enable.span, nics, sink);
        }
    }
    no_such_nic(file, rules, nics, sink);
}

fn devices(vmid: Vmid, enable: Span, nics: &[Nic], sink: &mut Sink) {
    let unfiltered: Vec<_> = nics.iter().filter(|nic| !nic.firewall).collect();
    if unfiltered.is_empty() {
        return;
    }
    let add = |diagnostic: Diagnostic, nic: &Nic| {
        let place = Span::at(nic.span.file, nic.span.end);
        diagnostic.fix(format!("add `firewall=1` to `{}`", nic.key()), Safety::Unsafe, place, ",firewall=1")
    };
    if unfiltered.len() == nics.len() {
        let message = format!("no network device of guest {vmid} has `firewall=1`");
        let mut diagnostic = Diagnostic::new(codes::NO_FIREWALLED_NIC, enable, message)
            .label("enabled, but nothing is filtered");
        for nic in unfiltered {
            diagnostic = add(diagnostic.secondary(nic.span, "not filtered"), nic);
        }
        sink.push(diagnostic);
        return;
    }
    for nic in unfiltered {
        let message = format!("`{}` of guest {vmid} has no `firewall=1`", nic.key());
        let diagnostic = Diagnostic::new(codes::UNFILTERED_NIC, nic.span, message)
            .label("not filtered")
            .secondary(enable, "though the guest's firewall is enabled");
        sink.push(add(diagnostic, nic));
    }
}

/// Rules for network devices that the guest does not have (Q48).
fn no_such_nic(file: &File, rules: &[policy::Rule], nics: &[Nic], sink: &mut Sink) {
    for rule in rules {
        let Some(number) = &rule.nic else { continue };
        // `net00` is no device: the text must be the key's.
        let index = number.parse::<u8>().ok().filter(|_| number.len() == 1 || !number.starts_with('0'));
        if index.is_some_and(|index| nics.iter().any(|nic| nic.index == index)) {
            continue;
        }
        if sink.only_counts(rule.span.file, codes::NO_SUCH_NIC.severity()) {
            continue;
        }
        let key = format!("net{number}");
        // Rules are in file order.
        let at = file.rules.binary_search_by_key(&rule.span.start, |line| line.span.start).ok();
        let line = at.and_then(|at| file.rules.get(at));
        let place = line.and_then(|line| line.interface).unwrap_or(rule.span);
        let what =
            if line.is_some_and(|line| matches!(line.kind, RuleKind::Group(_))) { "group" } else { "rule" };
        let mut diagnostic =
            Diagnostic::new(codes::NO_SUCH_NIC, place, format!("the guest has no network device `{key}`"))
                .label(format!("the {what} is never used"));
        let has: Vec<_> = nics.iter().map(|nic| format!("`{}`", nic.key())).collect();
        if !has.is_empty() {
            diagnostic = diagnostic.note(format!("it has {}", has.join(", ")));
        }
        sink.push(diagnostic);
    }
}
