//! The rules that may have logged a line: those that were applied, or those of a configuration.

use std::fs;
use std::io::ErrorKind;

use pvefw_core::diag::Sink;
use pvefw_core::host::store::{LoggingRules, Store};
use pvefw_core::log::Entry;
use pvefw_core::log::responsible::{LogRule, LogRules, log_rules};
use pvefw_core::readback::{self, Saved};
use pvefw_core::text::Files;

use super::is_human;
use crate::args::LogArgs;
use crate::command::warn;
use crate::exit::Stop;
use crate::output::{Output, words};
use crate::root;
use crate::root::node::{self, Need};

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, relative to the root.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: u32,
}

/// Rules, and where they come from.
pub(super) struct Rules {
    known: LogRules,
    /// By the number of the rule; `None` for built-in ones.
    places: Vec<Option<Place>>,
    /// When they were loaded, in seconds since 1970; lines before are of others.
    since: Option<i64>,
    unknown: Option<String>,
}

impl Rules {
    /// The rules of `--root`, else those that were applied here, else none.
    pub(super) fn find(args: &LogArgs, output: &Output) -> Result<Self, Stop> {
        if args.root.is_some() || args.node.node.is_some() || args.node.facts.is_some() {
            return compiled(args, output);
        }
        let store = Store::new(&args.state);
        if let Some(applied) = store.logging() {
            return Ok(of_applied(&applied));
        }
        let why = match fs::read_dir(store.folder()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                format!("no rules are named: can't read `{}`: {}", store.folder().display(), words(&error))
            }
            _ if !is_human(args.format) => return Ok(none(None)),
            _ => "no rules are named: nothing was applied here by pvefw; `--root /etc/pve` names those of a \
                  configuration"
                .into(),
        };
        Ok(none(Some(why)))
    }

    /// Why no rule is named, if that is worth a note.
    pub(super) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    /// Where the rules come from that may have logged a line; `None` within for built-in ones. Each place is named once.
    pub(super) fn of(&self, entry: &Entry, time: Option<i64>) -> Vec<Option<&Place>> {
        let before = |since| time.is_none_or(|time| time < since);
        if self.since.is_some_and(before) {
            return Vec::new();
        }
        let mut places: Vec<Option<&Place>> = Vec::new();
        for (index, _) in self.known.of(entry) {
            let place = self.places.get(index).and_then(Option::as_ref);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

fn none(unknown: Option<String>) -> Rules {
    Rules { known: LogRules::default(), places: Vec::new(), since: None, unknown }
}

/// Compiles the configuration.
fn compiled(args: &LogArgs, output: &Output) -> Result<Rules, Stop> {
    let mut root = root::read(args.root.as_deref())?;
    let mut facts = node::facts(&args.node, &mut root.warnings)?;
    node::settle(&mut facts, &mut root, Need::One)?;
    warn(&root.warnings, output);
    let (ruleset, _) = root.datacenter.compile(&facts);
    let rules = log_rules(&ruleset);
    let files = root.datacenter.files();
    let place = |rule: &LogRule| {
        let span = rule.span?;
        let file = files.file(span.file)?;
        Some(Place { file: file.name().to_owned(), line: file.line_index().line(span.start) })
    };
    let places = rules.iter().map(place).collect();
    let unknown =
        ruleset.is_empty().then(|| "no rules are named: the firewall is off in this configuration".into());
    Ok(Rules { known: LogRules::new(rules), places, since: None, unknown })
}

/// Reads the rules that were applied. Their text is what the restore tools took, so it is read as a dump.
fn of_applied(applied: &LoggingRules) -> Rules {
    let mut rules = Vec::new();
    let mut places = Vec::new();
    for logging in &applied.rules {
        let text = format!("*{}\n:{} - [0:0]\n{}\nCOMMIT\n", logging.table, logging.chain, logging.rule);
        let mut files = Files::new();
        let file = Some(files.add("a rule that was applied", text));
        let saved = match logging.family.as_str() {
            "v6" => Saved { ip6tables: file, ..Saved::default() },
            _ => Saved { iptables: file, ..Saved::default() },
        };
        let ours = readback::read(&files, &saved, &mut Sink::new()).ours();
        for rule in log_rules(&ours.ruleset) {
            let place = logging.file.clone().zip(logging.line);
            places.push(place.map(|(file, line)| Place { file, line }));
            rules.push(LogRule { span: None, ..rule });
        }
    }
    Rules {
        known: LogRules::new(rules),
        places,
        since: Some(i64::try_from(applied.time).unwrap_or(i64::MAX)),
        unknown: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLIED_NOW: &str = r#"{"id":7,"time":1773488000,"node":"pve1","rules":[
        {"family":"v4","table":"filter","chain":"tap100i0-IN","number":3,"prefix":":100:6:tap100i0-IN: DROP: ",
         "rule":"-A tap100i0-IN -p tcp --dport 80 -m limit --limit 1/sec -j NFLOG --nflog-prefix \":100:6:tap100i0-IN: DROP: \"",
         "file":"firewall/100.fw","line":12,"text":"IN DROP -p tcp -dport 80 -log info"},
        {"family":"v4","table":"filter","chain":"tap100i0-IN","number":5,"prefix":":100:6:tap100i0-IN: DROP: ",
         "rule":"-A tap100i0-IN -p tcp --dport 81 -m limit --limit 1/sec -j NFLOG --nflog-prefix \":100:6:tap100i0-IN: DROP: \"",
         "file":"firewall/100.fw","line":13},
        {"family":"v4","table":"filter","chain":"tap100i0-IN","number":9,"prefix":":100:6:tap100i0-IN: policy DROP: ",
         "rule":"-A tap100i0-IN  -m limit --limit 1/sec -j NFLOG --nflog-prefix \":100:6:tap100i0-IN: policy DROP: \"",
         "file":null,"line":null}]}"#;

    fn of(line: &str) -> Vec<String> {
        let rules = of_applied(&serde_json::from_str(APPLIED_NOW).unwrap());
        let entry = Entry::parse(line).unwrap();
        let places = rules.of(&entry, super::super::since::seconds(entry.time));
        let name = |place: Option<&Place>| {
            place.map_or("-".into(), |place| format!("{}:{}", place.file, place.line))
        };
        places.into_iter().map(name).collect()
    }

    #[test]
    fn what_was_applied_names_its_lines() {
        let line = "100 6 tap100i0-IN 14/Mar/2026:12:47:07 +0100 DROP: SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=80 SYN ";
        assert_eq!(of(line), ["firewall/100.fw:12"]);
        assert_eq!(of(&line.replace("=80", "=81")), ["firewall/100.fw:13"]);
        assert_eq!(of(&line.replace("DROP", "policy DROP")), ["-"]);
        assert!(of(&line.replace("=80", "=82")).is_empty());
        // It was logged before these rules were there.
        assert!(of(&line.replace("14/Mar", "13/Mar")).is_empty());
    }
}
