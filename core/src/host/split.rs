//! Cuts a restore text into parts that fit the kernel's small door.
//!
//! The tools over nftables send a whole table as one message, and may make room for a big one only with real root. In a
//! user namespace some 300 rules are too much. There, and only there, a table is loaded in several parts: not at one
//! stroke then, but nobody is looking while a sandbox is filled.

use alloc::string::String;
use alloc::vec::Vec;

/// Rules in one part. A rule takes up to 1.5 kB of a message that may have 208 kB.
const RULES: u64 = 100;

/// A part of a text that can be restored after the parts before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    /// Lines of the whole before the first line of this part, less the one line that was put in front.
    skipped: usize,
}

impl Part {
    /// The line of the whole text that is `line` of this part.
    pub(super) const fn line(&self, line: usize) -> usize {
        self.skipped + line
    }
}

/// Cuts `text`; each part is a table of its own, to be restored without flushing.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut table = "";
    let mut part: Option<(Part, u64)> = None;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('*') {
            parts.extend(finish(part.take()));
            table = line;
            continue;
        }
        if line.trim() == "COMMIT" || line.trim().is_empty() {
            continue;
        }
        let rules = line.strip_prefix("-A ").map_or(1, kernel_rules);
        if part.as_ref().is_some_and(|(_, size)| size + rules > RULES) {
            parts.extend(finish(part.take()));
        }
        let (part, size) = part.get_or_insert_with(|| {
            let text = alloc::format!("{table}\n");
            (Part { text, skipped: number.saturating_sub(1) }, 0)
        });
        part.text.push_str(line);
        part.text.push('\n');
        *size += rules;
    }
    parts.extend(finish(part));
    parts
}

fn finish(part: Option<(Part, u64)>) -> Option<Part> {
    part.map(|(mut part, _)| {
        part.text.push_str("COMMIT\n");
        part
    })
}

/// How many rules the kernel gets for a line: iptables makes one for each pair of listed addresses.
fn kernel_rules(rule: &str) -> u64 {
    let mut words = rule.split_whitespace();
    let mut count = 1;
    while let Some(word) = words.next() {
        match word {
            "-s" | "-d" => {
                let addresses = words.next().unwrap_or_default().split(',').count();
                count *= u64::try_from(addresses).unwrap_or(u64::MAX);
            }
            // Behind the target there are only its own options, and log prefixes that may hold anything.
            "-j" | "-g" => break,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write as _;

    #[test]
    fn small_tables_stay_whole() {
        let text = "*raw\n:PVEFW-PREROUTING - [0:0]\nCOMMIT\n*filter\n:PVEFW-X - [0:0]\n-A PVEFW-X -j DROP\nCOMMIT\n";
        let found: String = parts(text).iter().map(|part| part.text.as_str()).collect();
        assert_eq!(found, text);
    }

    #[test]
    fn nothing_is_lost_and_lines_are_found_again() {
        let mut text = String::from("*filter\n:PVEFW-X - [0:0]\n");
        for number in 0..250 {
            writeln!(text, "-A PVEFW-X -s 10.0.0.{number},10.1.0.{number} -j DROP").unwrap();
        }
        text.push_str("COMMIT\n*raw\n:PVEFW-Y - [0:0]\nCOMMIT\n");
        let parts = parts(&text);
        assert_eq!(parts.len(), 7);
        let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
        let contents = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with(['-', ':'])).map(String::from).collect()
        };
        assert_eq!(contents(&whole), contents(&text));
        for part in &parts {
            for (number, line) in part.text.lines().enumerate().filter(|(_, line)| line.starts_with("-A")) {
                assert_eq!(text.lines().nth(part.line(number + 1) - 1), Some(line));
            }
        }
    }
}
