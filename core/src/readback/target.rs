//! Targets with their options.

use alloc::boxed::Box;

use super::dump::{Action, Change};
use super::rule::Opt;
use super::value;
use crate::Family;
use crate::ir::{Mark, Queue, RejectWith, Target};
use crate::tables::helpers;

/// Targets of others that never decide, with what they change; sorted.
const CONTINUE: [(&str, Change); 25] = [
    ("AUDIT", Change::Nothing),
    ("CHECKSUM", Change::Header),
    ("CLASSIFY", Change::Nothing),
    ("CONNMARK", Change::ConnectionMark),
    ("CONNSECMARK", Change::Nothing),
    ("CT", Change::Tracking),
    ("DSCP", Change::Header),
    ("ECN", Change::Header),
    ("HL", Change::Header),
    ("HMARK", Change::Mark),
    ("IDLETIMER", Change::Nothing),
    ("LED", Change::Nothing),
    ("LOG", Change::Nothing),
    ("MARK", Change::Mark),
    ("NFLOG", Change::Nothing),
    ("NOTRACK", Change::Tracking),
    ("RATEEST", Change::Nothing),
    ("SECMARK", Change::Nothing),
    ("SET", Change::Sets),
    ("TCPMSS", Change::Header),
    ("TCPOPTSTRIP", Change::Header),
    ("TEE", Change::Nothing),
    ("TOS", Change::Header),
    ("TRACE", Change::Nothing),
    ("TTL", Change::Header),
];

/// Reads a target that is no chain; `text` is the whole of it.
pub(super) fn read(
    name: &str,
    options: &[Opt<'_, '_>],
    family: Family,
    text: impl FnOnce() -> Box<str>,
) -> Action {
    if let Some(target) = known(name, options, family) {
        return Action::Known(target);
    }
    let restores = || options.iter().any(|option| option.name == "--restore-mark");
    match CONTINUE.binary_search_by_key(&name, |(name, _)| name).ok().and_then(|at| CONTINUE.get(at)) {
        Some(("CONNMARK", _)) if restores() => Action::Continue { change: Change::Mark, text: text() },
        Some((_, change)) => Action::Continue { change: *change, text: text() },
        None => Action::Unknown(text()),
    }
}

fn known(name: &str, options: &[Opt<'_, '_>], family: Family) -> Option<Target> {
    match (name, options) {
        ("ACCEPT", []) => Some(Target::Accept),
        ("DROP", []) => Some(Target::Drop),
        ("RETURN", []) => Some(Target::Return),
        ("REJECT", []) => Some(Target::Reject(match family {
            Family::V4 => RejectWith::IcmpPortUnreachable,
            Family::V6 => RejectWith::Icmp6PortUnreachable,
        })),
        ("QUEUE", []) => Some(Target::Queue(Queue { first: None, last: None, bypass: false })),
        ("NFQUEUE", _) => queue(options).map(Target::Queue),
        (_, [option]) => {
            let [word] = option.values else { return None };
            let value = &*word.text;
            match (name, option.name) {
                ("REJECT", "--reject-with") => {
                    RejectWith::ALL.iter().copied().find(|with| with.name() == value).map(Target::Reject)
                }
                // The tool sets bits of the value even outside of the mask.
                ("MARK", "--set-mark") => value::mark(value)
                    .map(|mark| Target::SetMark(Mark { mask: mark.mask | mark.value, ..mark })),
                // Bits outside of the mask would be turned over.
                ("MARK", "--set-xmark") => {
                    value::mark(value).filter(|mark| mark.value & !mark.mask == 0).map(Target::SetMark)
                }
                ("CONNMARK", "--set-mark" | "--set-xmark") => value::mark(value)
                    .filter(|mark| mark.mask == u32::MAX)
                    .map(|mark| Target::SetConnectionMark(mark.value)),
                ("NFLOG", "--nflog-prefix") => Some(Target::Log { prefix: value.into() }),
                ("CT", "--helper") => helpers::named(value)
                    .filter(|helper| helper.name == value)
                    .map(|helper| Target::Helper(helper.name)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn queue(options: &[Opt<'_, '_>]) -> Option<Queue> {
    let mut queue = Queue { first: None, last: None, bypass: false };
    for option in options {
        match (option.name, option.values) {
            ("--queue-num", [number]) => queue.first = Some(value::decimal(&number.text)?),
            ("--queue-balance", [range]) => {
                let (first, last) = range.text.split_once(':')?;
                queue.first = Some(value::decimal(first)?);
                queue.last = Some(value::decimal(last)?);
            }
            ("--queue-bypass", []) => queue.bypass = true,
            _ => return None,
        }
    }
    Some(queue)
}
