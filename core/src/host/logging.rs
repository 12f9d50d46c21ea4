//! Which rules log, and the lines they come from: what `pvefw log` needs to name the rule of a log line.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::store::Logging;
use crate::Family;
use crate::diff::Lines;
use crate::emit;
use crate::ir::{Ruleset, Target};
use crate::text::Files;

/// The rules of a ruleset that log. `files` are those that it was compiled from.
pub fn logging(ruleset: &Ruleset, files: &Files) -> Vec<Logging> {
    let mut lines = Lines::new(files);
    let mut found = Vec::new();
    for (family, name) in [(Family::V4, "v4"), (Family::V6, "v6")] {
        let tables = ruleset.tables(family);
        for (table, chains) in [("filter", &tables.filter.chains), ("raw", &tables.raw.chains)] {
            for (chain, rules) in chains {
                for (number, rule) in (1..).zip(&rules.rules) {
                    let Target::Log { prefix } = &rule.target else { continue };
                    let line = rule.origin.span.map(|span| lines.of(span));
                    let text = line.map(|line| String::from_utf8_lossy(lines.text(line)).into_owned());
                    found.push(Logging {
                        family: name.to_owned(),
                        table: table.to_owned(),
                        chain: chain.to_string(),
                        number,
                        prefix: (**prefix).to_owned(),
                        rule: emit::rule_line(*chain, rule),
                        file: line.map(|line| lines.file(line).to_owned()),
                        line: line.map(|line| line.number),
                        text,
                    });
                }
            }
        }
    }
    found
}
