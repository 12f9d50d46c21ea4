//! Runs a case: its inputs through check and compile, and the answer to each of its questions.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Write as _;

use pvefw_core::Family;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::render::Style;
use pvefw_core::diag::{Diagnostic, Safety, Severity, Sink};
use pvefw_core::diff::{self, Diff, Side};
use pvefw_core::emit::{self, Lines};
use pvefw_core::facts::{Facts, Names};
use pvefw_core::ir::{ChainName, Maker, Rule, Ruleset};
use pvefw_core::policy_test::{self, PolicyTests};
use pvefw_core::readback::{self, Action, BridgeAction, BridgeCondition, Condition, Dump, Saved};
use pvefw_core::sim::{Simulator, Topology};
use pvefw_core::text::{Files, Span};

use crate::cursor::{self, Cursor};
use crate::load::{Ask, Case, Filter, Input};
use crate::packet::Asked;

/// The facts of a case that gives none.
pub const USUAL_FACTS: &str = r#"{"node":"pve1","local_network":"192.0.2.0/24"}"#;

/// What a case says for a chain or set that does not exist.
const ABSENT: &str = "(none)\n";

/// What became of a case's inputs.
#[derive(Debug)]
pub struct Outcome {
    files: Files,
    check: Vec<Diagnostic>,
    compile: Vec<Diagnostic>,
    read: Vec<Diagnostic>,
    dump: Dump,
    ruleset: Ruleset,
    lines: Lines,
    /// What was loaded before, and from which files.
    before: (Ruleset, Files),
    /// What came of the policy tests.
    results: Option<String>,
    topology: Topology,
    facts: Facts,
    datacenter: Datacenter,
    cursor: Option<Cursor>,
}

/// Runs a case.
///
/// # Errors
/// What is wrong with its inputs.
pub fn run(case: &Case) -> Result<Outcome, String> {
    let mut facts = USUAL_FACTS;
    let mut dumps: BTreeMap<&str, &[u8]> = BTreeMap::new();
    let mut tests = None;
    let (mut now, mut before) = (Vec::new(), BTreeMap::new());
    for input in &case.inputs {
        match input {
            Input::Facts(text) => facts = text,
            Input::Dump { path, text } => drop(dumps.insert(path, text)),
            Input::File { path, text } => now.push((path.as_str(), text)),
            Input::Tests { path, text } => tests = Some((path, text)),
            Input::Before { path, text } => drop(before.insert(path.as_str(), text)),
        }
    }
    let (now, cursor) = cursor::take(now);
    let mut now: Vec<_> = now.iter().map(|(path, text)| (*path, text)).collect();
    let datacenter = datacenter(&now)?;
    let facts: Facts = serde_json::from_str(facts).map_err(|error| format!("the facts: {error}"))?;
    if let Some(key) = facts.unknown.first() {
        return Err(format!("the facts have no key `{key}`"));
    }
    let mut check = datacenter.check(&facts).into_sorted();
    let (ruleset, sink) = datacenter.compile(&facts);
    let compile = sink.into_sorted();
    let lines = emit::lines(&ruleset);
    now.retain(|(path, _)| !before.contains_key(path));
    now.extend(before.into_iter().filter(|(_, text)| !text.is_empty()));
    let then = self::datacenter(&now)?;
    let mut results = None;
    let mut files = datacenter.files().clone();
    if let Some((path, text)) = tests {
        let file = files.add(path.as_str(), text.clone());
        let mut sink = Sink::new();
        let found = policy_test::read(file, text, &mut sink);
        check.extend(sink.into_sorted());
        results = Some(self::results(&found, &datacenter, &ruleset, &facts)?);
    }
    let (mut saved, mut sink) = (Saved::default(), Sink::new());
    for (path, text) in dumps {
        let file = match path {
            "iptables-save" => &mut saved.iptables,
            "ip6tables-save" => &mut saved.ip6tables,
            "ipset" => &mut saved.ipset,
            "ebtables" => &mut saved.ebtables,
            other => return Err(format!("`{other}` is no dump that is read")),
        };
        *file = Some(files.add(path, text.to_vec()));
    }
    let dump = readback::read(&files, &saved, &mut sink);
    let read = sink.into_sorted();
    let before = (then.compile(&facts).0, then.into_files());
    let topology = datacenter.topology(&facts);
    Ok(Outcome {
        files,
        check,
        compile,
        read,
        dump,
        ruleset,
        lines,
        before,
        results,
        topology,
        facts,
        datacenter,
        cursor,
    })
}

/// A line a test, and one a packet that fails.
fn results(
    tests: &PolicyTests,
    datacenter: &Datacenter,
    ruleset: &Ruleset,
    facts: &Facts,
) -> Result<String, String> {
    let (names, topology) = (Names::new(facts), datacenter.topology(facts));
    let simulator = Simulator::new(ruleset, &topology.networks).map_err(|mistake| mistake.to_string())?;
    let mut text = String::new();
    for test in &tests.tests {
        let run = test.run(&simulator, &topology, &names, datacenter.files());
        let (name, packets) = (&test.name, test.questions.len());
        // Writing to a string can't fail.
        let _ = writeln!(text, "{} {packets} {name}", if run.passed() { "passed" } else { "failed" });
        for failure in &run.failures {
            let _ = writeln!(text, "  {failure}: {}", test.reason(failure, datacenter.files()));
        }
    }
    Ok(text)
}

fn datacenter(files: &[(&str, &Vec<u8>)]) -> Result<Datacenter, String> {
    let mut datacenter = Datacenter::new();
    for (path, text) in files {
        let text = (*text).clone();
        datacenter.add(path, text).ok_or_else(|| format!("`{path}` is no file that is read"))?;
    }
    Ok(datacenter)
}

impl Outcome {
    /// The answer, a line each.
    pub fn answer(&self, ask: &Ask) -> String {
        match ask {
            Ask::Check => self.show(&self.check),
            Ask::Compile => self.show(&self.compile),
            Ask::Dump => self.show(&self.read),
            Ask::Unknown => self.unknown(),
            Ask::Strange => self.dump.ours().strange.iter().fold(String::new(), |text, span| {
                let line = String::from_utf8_lossy(span.of(self.files.text(span.file))).into_owned();
                text + &format!("{} {}\n", self.place(*span), printable(&line))
            }),
            Ask::Help => self.help(),
            Ask::Rules { v6, raw, chain, filter } => {
                let tables = if *v6 { &self.ruleset.v6 } else { &self.ruleset.v4 };
                let table = if *raw { &tables.raw } else { &tables.filter };
                let found = table.chains.iter().find(|(name, _)| name.as_str() == chain);
                found.map_or_else(|| ABSENT.to_owned(), |(name, chain)| chosen(*name, &chain.rules, filter))
            }
            Ask::Ipset(name) => joined(self.lines.ipset.get(name)),
            Ask::Tests => self.results.clone().unwrap_or_else(|| ABSENT.to_owned()),
            Ask::Complete => self.at_cursor(Cursor::complete),
            Ask::Hover => self.at_cursor(Cursor::hover),
            Ask::References => self.at_cursor(Cursor::references),
            Ask::Formatted(path) => {
                cursor::formatted(&self.datacenter, path).unwrap_or_else(|| ABSENT.to_owned())
            }
            Ask::Packets { dump, questions } => self.packets(*dump, questions),
            Ask::Diff { rules } => self.diff(*rules),
            Ask::Ebtables(chain) => joined(self.lines.ebtables.get(chain)),
        }
    }

    /// What `check` finds.
    pub fn check(&self) -> &[Diagnostic] {
        &self.check
    }

    /// The files checked.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What is loaded.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// The codes of everything that was found.
    pub fn codes(&self) -> BTreeSet<&'static str> {
        self.check
            .iter()
            .chain(&self.compile)
            .chain(&self.read)
            .map(|diagnostic| diagnostic.code.name())
            .collect()
    }

    /// Whether reading the dumps found something.
    pub fn is_damaged(&self) -> bool {
        !self.read.is_empty()
    }

    fn at_cursor(&self, ask: impl FnOnce(&Cursor, &Datacenter, &Facts) -> Option<String>) -> String {
        let answer = self.cursor.as_ref().and_then(|cursor| ask(cursor, &self.datacenter, &self.facts));
        answer.unwrap_or_else(|| ABSENT.to_owned())
    }

    /// Whether `check` found something to complain about. What is being written may be wrong.
    pub fn complains(&self) -> bool {
        self.cursor.is_none() && self.check.iter().any(|diagnostic| diagnostic.severity != Severity::Info)
    }

    fn show(&self, diagnostics: &[Diagnostic]) -> String {
        let mut text = String::new();
        for diagnostic in diagnostics {
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "{} {}[{}] {}",
                self.place(diagnostic.span),
                diagnostic.severity.name(),
                diagnostic.code,
                printable(&diagnostic.message)
            );
        }
        text
    }

    fn diff(&self, rules: bool) -> String {
        let (ruleset, files) = &self.before;
        let (old, new) = (Side { ruleset, files }, Side { ruleset: &self.ruleset, files: &self.files });
        let diff = Diff::new(old, new);
        let options = diff::render::Options { style: Style::Plain, rules };
        diff::render::text(&diff, &diff.entries(old, new), old, new, None, options)
    }

    fn packets(&self, dump: bool, questions: &[String]) -> String {
        let networks = &self.topology.networks;
        let simulator = if dump {
            Simulator::of_dump(&self.dump, networks)
        } else {
            Simulator::new(&self.ruleset, networks)
        };
        match simulator {
            Ok(simulator) => {
                let names = Names::new(&self.facts);
                Asked { simulator: &simulator, topology: &self.topology, names: &names, files: &self.files }
                    .answers(questions)
            }
            Err(mistake) => format!("error: {mistake}\n"),
        }
    }

    fn help(&self) -> String {
        let mut text = String::new();
        for diagnostic in &self.check {
            let place = self.place(diagnostic.span);
            let notes = diagnostic.notes.iter().map(|note| ("note", note));
            let fixes = diagnostic.fixes.iter().map(|fix| match fix.safety {
                Safety::Safe => ("safe fix", &fix.title),
                Safety::Unsafe => ("unsafe fix", &fix.title),
            });
            for (kind, words) in notes.chain(fixes) {
                let _ = writeln!(text, "{place} {kind}: {}", printable(words));
            }
        }
        text
    }

    fn unknown(&self) -> String {
        let mut text = String::new();
        let mut say = |span, what: &str| {
            let _ = writeln!(text, "{} {}", self.place(span), printable(what));
        };
        let tables = Family::BOTH.into_iter().flat_map(|family| self.dump.tables(family).values());
        for rule in tables.flat_map(|table| table.chains.values()).flat_map(|chain| &chain.rules) {
            for condition in &rule.conditions {
                if let Condition::Unknown(what) = condition {
                    say(rule.span, what);
                }
            }
            if let Action::Unknown(what) = &rule.action {
                say(rule.span, &format!("-j {what}"));
            }
        }
        let tables = self.dump.bridge.values();
        for rule in tables.flat_map(|table| table.chains.values()).flat_map(|chain| &chain.rules) {
            for condition in &rule.conditions {
                if let BridgeCondition::Unknown(what) = condition {
                    say(rule.span, what);
                }
            }
            if let BridgeAction::Unknown(what) = &rule.action {
                say(rule.span, &format!("-j {what}"));
            }
        }
        text
    }

    /// `firewall/cluster.fw:3:5`
    fn place(&self, span: Span) -> String {
        let file = self.files.file(span.file);
        let position = file.map(|file| file.line_index().position(file.text(), span.start));
        let (line, column) = position.map_or((0, 0), |position| (position.line, position.column));
        format!("{}:{line}:{column}", self.files.name(span.file))
    }
}

fn chosen(chain: ChainName, rules: &[Rule], filter: &Filter) -> String {
    let mut text = String::new();
    for rule in rules {
        let line = emit::rule_line(chain, rule);
        let wanted = match filter {
            Filter::All => true,
            Filter::Containing(wanted) => line.contains(wanted),
            Filter::Written => matches!(rule.origin.maker, Maker::Line | Maker::Macro { .. } | Maker::Group),
        };
        if wanted {
            text += &line;
            text.push('\n');
        }
    }
    text
}

/// Control characters as `\\xNN`, so that scenarios stay text.
fn printable(message: &str) -> String {
    message.chars().fold(String::new(), |text, c| {
        if c.is_control() {
            text + &format!("\\x{:02x}", u32::from(c))
        } else {
            text + c.encode_utf8(&mut [0; 4])
        }
    })
}

fn joined(lines: Option<&Vec<String>>) -> String {
    let Some(lines) = lines else { return ABSENT.to_owned() };
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}
