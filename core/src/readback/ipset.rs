//! `ipset save`, and the input of `ipset restore`.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::dump::{Set, SetMembers};
use super::save::{Line, lines, report, shown};
use super::value;
use super::words::{Word, words};
use crate::Family;
use crate::diag::{Sink, codes};
use crate::ir::Member;
use crate::text::{FileId, Files};

/// Options with a value that say nothing about what the set contains.
const IRRELEVANT: [&str; 5] = ["hashsize", "maxelem", "timeout", "bucketsize", "initval"];

/// Options without a value of the same kind.
const IRRELEVANT_FLAGS: [&str; 4] = ["counters", "comment", "skbinfo", "forceadd"];

/// Reads all sets.
pub(super) fn read(files: &Files, file: FileId, sink: &mut Sink) -> BTreeMap<Box<str>, Set> {
    let mut sets = BTreeMap::new();
    for line in lines(file, files.text(file)) {
        // Only comments of members are quoted; a name with a quote in it is reported below.
        let words = words(&line.text).unwrap_or_default();
        match words.as_slice() {
            [] if line.text.trim().is_empty() => {}
            [first, ..] if first.text.starts_with('#') => {}
            [verb, name, kind, options @ ..] if verb.text == "create" => {
                create(&mut sets, &line, name, &kind.text, options, sink);
            }
            [verb, name, member, options @ ..] if verb.text == "add" => {
                add(&mut sets, &line, name, member, options, sink);
            }
            _ => report(sink, codes::DUMP_SYNTAX, line.span, || {
                (
                    "this is no line of `ipset save`".into(),
                    "lines begin with `create` or `add`; this one is left out",
                )
            }),
        }
    }
    sets
}

fn create(
    sets: &mut BTreeMap<Box<str>, Set>,
    line: &Line<'_>,
    name: &Word<'_>,
    kind: &str,
    options: &[Word<'_>],
    sink: &mut Sink,
) {
    if sets.contains_key(&*name.text) {
        return report(sink, codes::DUMP_TWICE, line.part(name.start, name.end), || {
            (format!("the set `{}` stands here a second time", shown(&name.text)), "the second is left out")
        });
    }
    let mut family = None;
    let mut limit = None;
    let mut plain = matches!(kind, "hash:net" | "hash:ip" | "bitmap:ip");
    let mut rest = options;
    while let [option, behind @ ..] = rest {
        let value = behind.first().map_or("", |word| &*word.text);
        rest = behind;
        let mut takes_value = true;
        match &*option.text {
            "family" if value == "inet" => family = Some(Family::V4),
            "family" if value == "inet6" => family = Some(Family::V6),
            "maxelem" => limit = value::decimal(value),
            // Addresses outside of the range are in no such set.
            "range" => family = family.or(Some(Family::V4).filter(|_| kind == "bitmap:ip")),
            other if IRRELEVANT.contains(&other) => {}
            other if IRRELEVANT_FLAGS.contains(&other) => takes_value = false,
            // `netmask` and what may come: it may change what is compared.
            _ => {
                plain = false;
                takes_value = false;
            }
        }
        if takes_value {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    let members = match family {
        Some(_) if plain => SetMembers::Nets(Vec::new()),
        _ => SetMembers::Other(Vec::new()),
    };
    sets.insert((&*name.text).into(), Set { kind: kind.into(), family, limit, members, span: line.span });
}

fn add(
    sets: &mut BTreeMap<Box<str>, Set>,
    line: &Line<'_>,
    name: &Word<'_>,
    member: &Word<'_>,
    options: &[Word<'_>],
    sink: &mut Sink,
) {
    let Some(set) = sets.get_mut(&*name.text) else {
        return report(sink, codes::DUMP_UNDECLARED, line.part(name.start, name.end), || {
            (
                format!("there is no set `{}` so far", shown(&name.text)),
                "a part of the dump is missing; write it again",
            )
        });
    };
    match (&mut set.members, set.family) {
        (SetMembers::Nets(nets), Some(family)) => match value::net(&member.text, family) {
            Some(net) => {
                let nomatch = options.iter().any(|option| option.text == "nomatch" && !option.quoted);
                nets.push(Member { net: net.trunc(), nomatch, span: Some(line.span) });
            }
            None => report(sink, codes::DUMP_SYNTAX, line.part(member.start, member.end), || {
                (
                    format!("`{}` is no address or network of the set's family", shown(&member.text)),
                    "the member is left out",
                )
            }),
        },
        (SetMembers::Other(others), _) => others.push((&*member.text).into()),
        (SetMembers::Nets(_), None) => {}
    }
}
