//! What of a text is worth trying before it is loaded.
//!
//! `--test` lets a tool read a text, which costs as much as half of loading it, and does not ask the kernel. What it finds
//! is an option, a match, a target or a set that the tool does not know; and that is the same in thousands of rules that
//! differ by addresses, ports and interfaces. So one rule of each shape is tried. Which of many rules the *kernel* does
//! not take shows when they are loaded, all of a table at one stroke.

use alloc::string::String;
use alloc::vec::Vec;
use std::collections::HashSet;

use super::line;

/// The rules of each shape that are new in `text`, with the chains that they are in or lead to.
///
/// INVARIANT: it is valid where `text` is valid.
pub fn sample(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(table) = lines.next() {
        let mut declared = HashSet::new();
        let mut rules: Vec<&str> = Vec::new();
        let mut shapes: HashSet<Vec<&str>> = HashSet::new();
        while let Some(next) = lines.next_if(|next| *next != "COMMIT") {
            if let Some(chain) = next.strip_prefix(':') {
                declared.insert(chain.split(' ').next().unwrap_or_default());
            } else if let Some(rule) = next.strip_prefix("-A ")
                && shapes.insert(shape(rule, &declared))
            {
                rules.push(next);
            }
        }
        // `COMMIT`, unless the text ends early.
        let _ = lines.next();
        if rules.is_empty() {
            continue;
        }
        line(&mut out, &[table]);
        let named: HashSet<&str> =
            rules.iter().flat_map(|rule| rule.split(' ')).filter(|word| declared.contains(word)).collect();
        let mut named: Vec<&str> = named.into_iter().collect();
        named.sort_unstable();
        for chain in named {
            line(&mut out, &[":", chain, " - [0:0]"]);
        }
        for rule in rules {
            line(&mut out, &[rule]);
        }
        line(&mut out, &["COMMIT"]);
    }
    out
}

/// What a rule has in common with those that differ from it by numbers and names of chains alone.
fn shape<'t>(rule: &'t str, declared: &HashSet<&str>) -> Vec<&'t str> {
    let (_, rest) = rule.split_once(' ').unwrap_or((rule, ""));
    let value = |word: &str| {
        !word.starts_with('-') && (word.bytes().any(|byte| byte.is_ascii_digit()) || declared.contains(word))
    };
    rest.split(' ').map(|word| if value(word) { "1" } else { word }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_of_each_shape_is_left() {
        let text = "*filter\n:PVEFW-INPUT - [0:0]\n:tap1-IN - [0:0]\n:tap2-IN - [0:0]\n:unused - [0:0]\n-A INPUT -j PVEFW-INPUT\n\
            -A PVEFW-INPUT -s 10.0.0.1 -p tcp --dport 80 -j tap1-IN\n-A PVEFW-INPUT -s 10.0.0.2 -p tcp --dport 81 -j tap2-IN\n\
            -A tap1-IN -p tcp --dport 82 -j DROP\n-A tap2-IN -p tcp --dport 83 -j DROP\n-A tap2-IN -p tcp --dport http -j DROP\n\
            -A tap2-IN ! -s 10.0.0.9 -j DROP\n-X gone\nCOMMIT\n*raw\n:old - [0:0]\n-X old\nCOMMIT\n";
        let expected = "*filter\n:PVEFW-INPUT - [0:0]\n:tap1-IN - [0:0]\n:tap2-IN - [0:0]\n-A INPUT -j PVEFW-INPUT\n\
            -A PVEFW-INPUT -s 10.0.0.1 -p tcp --dport 80 -j tap1-IN\n-A tap1-IN -p tcp --dport 82 -j DROP\n\
            -A tap2-IN -p tcp --dport http -j DROP\n-A tap2-IN ! -s 10.0.0.9 -j DROP\nCOMMIT\n";
        assert_eq!(sample(text), expected);
        assert_eq!(sample(""), "");
    }
}
