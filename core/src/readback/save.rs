//! What the dumps of iptables, ip6tables and ebtables have in common: `*table`, `:CHAIN POLICY`, `-A CHAIN …`, `COMMIT`.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use super::dump::{Chain, Counters, Name, Policy, Table};
use super::words::{Word, words};
use crate::diag::{Code, Diagnostic, Severity, Sink, codes};
use crate::text::{FileId, Files, Span};

/// What is different from tool to tool.
pub(super) trait Dialect {
    /// Names of tables.
    type Table: Name;
    /// Rules.
    type Rule;
    /// Whether every table ends with `COMMIT`.
    const COMMITS: bool;

    /// The rule of a line.
    fn rule(&self, line: &RuleLine<'_>) -> Self::Rule;
}

/// `-A CHAIN …`, taken apart as far as all tools agree.
pub(super) struct RuleLine<'l> {
    /// The whole line.
    pub(super) text: &'l str,
    /// The words behind the chain's name.
    pub(super) words: &'l [Word<'l>],
    /// Whether the table has declared a chain of this name.
    pub(super) is_chain: &'l dyn Fn(&str) -> bool,
    /// Where the line is.
    pub(super) span: Span,
    /// `[PACKETS:BYTES]` in front of it.
    pub(super) counters: Option<Counters>,
}

/// Reads a whole dump, or the input of a restore command.
pub(super) fn read<D: Dialect>(
    dialect: &D,
    files: &Files,
    file: FileId,
    sink: &mut Sink,
) -> BTreeMap<D::Table, Table<D::Rule>> {
    let mut reader = Reader { dialect, sink, tables: BTreeMap::new(), state: State::Outside };
    let text = files.text(file);
    for line in lines(file, text) {
        reader.line(&line);
    }
    if let (State::Inside(_, begun), true) = (&reader.state, D::COMMITS) {
        let span = *begun;
        reader.report(codes::DUMP_CUT_SHORT, span, || {
            ("the table has no `COMMIT`".into(), "the rest is missing; write the dump again")
        });
    }
    reader.tables
}

/// A line without its end, with its place.
pub(super) struct Line<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) span: Span,
}

impl Line<'_> {
    /// The place of some of its bytes; the whole line where not all bytes are characters.
    pub(super) fn part(&self, start: usize, end: usize) -> Span {
        match (&self.text, u32::try_from(start), u32::try_from(end)) {
            (Cow::Borrowed(_), Ok(start), Ok(end)) => {
                let at = |offset| self.span.start.saturating_add(offset).min(self.span.end);
                Span::new(self.span.file, at(start), at(end))
            }
            _ => self.span,
        }
    }
}

/// The lines of a text.
pub(super) fn lines(file: FileId, text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0_u32;
    text.split_inclusive(|byte| *byte == b'\n').map(move |whole| {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let span = Span::new(file, start, start.saturating_add(length(line)));
        start = start.saturating_add(length(whole));
        Line { text: String::from_utf8_lossy(line), span }
    })
}

enum State<T> {
    /// Before the first table, or behind a `COMMIT`.
    Outside,
    /// In a table, since this line.
    Inside(T, Span),
    /// In a table that is left out.
    LeftOut,
}

struct Reader<'s, D: Dialect> {
    dialect: &'s D,
    sink: &'s mut Sink,
    tables: BTreeMap<D::Table, Table<D::Rule>>,
    state: State<D::Table>,
}

impl<D: Dialect> Reader<'_, D> {
    fn report(&mut self, code: Code, span: Span, words: impl FnOnce() -> (String, &'static str)) {
        report(self.sink, code, span, words);
    }

    fn line(&mut self, line: &Line<'_>) {
        let text = line.text.trim();
        let Some(first) = text.chars().next() else { return };
        match (first, &self.state) {
            ('#', _) => self.remark(line, text),
            ('*', _) => self.table(line, text),
            (_, State::LeftOut) => {
                if text == "COMMIT" {
                    self.state = State::Outside;
                }
            }
            (_, State::Inside(..)) if text == "COMMIT" => self.state = State::Outside,
            (':', State::Inside(name, _)) => {
                let name = *name;
                self.chain(line, text, name);
            }
            ('-' | '[', State::Inside(name, _)) => {
                let name = *name;
                self.rule(line, name);
            }
            (_, State::Inside(..)) => self.report(codes::DUMP_SYNTAX, line.span, || {
                ("this is no line of a dump".into(), "lines begin with `*`, `:`, `-A`, `[`, `#` or `COMMIT`")
            }),
            (_, State::Outside) => self.report(codes::DUMP_SYNTAX, line.span, || {
                ("this line is in no table".into(), "a table begins with a line like `*filter`")
            }),
        }
    }

    /// The tools say in comments when there is more than they show.
    fn remark(&mut self, line: &Line<'_>, text: &str) {
        let elsewhere = text.contains("tables present, use ") || text.contains("is incompatible, use ");
        if elsewhere {
            self.report(codes::DUMP_OTHER_RULES, line.span, || {
                (
                    "there are rules that this dump does not show".into(),
                    "packets meet those rules, too: dump them with the tool that the line names",
                )
            });
        }
    }

    fn table(&mut self, line: &Line<'_>, text: &str) {
        if let (State::Inside(_, begun), true) = (&self.state, D::COMMITS) {
            let span = *begun;
            self.report(codes::DUMP_CUT_SHORT, span, || {
                ("the table has no `COMMIT`".into(), "its end is missing; write the dump again")
            });
        }
        let word = text.strip_prefix('*').unwrap_or(text);
        let Some((name, _)) = D::Table::ALL.iter().find(|(_, name)| *name == word) else {
            self.report(codes::DUMP_SYNTAX, line.span, || {
                (format!("there is no table `{}`", shown(word)), "the table is left out")
            });
            self.state = State::LeftOut;
            return;
        };
        if self.tables.contains_key(name) {
            self.report(codes::DUMP_TWICE, line.span, || {
                (
                    format!("the table `{word}` stands here a second time"),
                    "the second is left out; give one dump of one tool",
                )
            });
            self.state = State::LeftOut;
            return;
        }
        self.tables.insert(*name, Table::default());
        self.state = State::Inside(*name, line.span);
    }

    /// `:INPUT ACCEPT [0:0]`
    fn chain(&mut self, line: &Line<'_>, text: &str, table: D::Table) {
        // Names of chains may begin with a colon themselves.
        let mut words = text.strip_prefix(':').unwrap_or(text).split_whitespace();
        let name = words.next().unwrap_or_default();
        let policy = match words.next() {
            Some("ACCEPT") => Some(Policy::Accept),
            Some("DROP") => Some(Policy::Drop),
            Some("RETURN") => Some(Policy::Return),
            Some("-") => None,
            _ => {
                return self.report(codes::DUMP_SYNTAX, line.span, || {
                    (
                        "this is no chain with its policy".into(),
                        "chains are declared like `:INPUT ACCEPT [0:0]`",
                    )
                });
            }
        };
        let chains = &mut self.tables.entry(table).or_default().chains;
        if chains.contains_key(name) {
            return self.report(codes::DUMP_TWICE, line.span, || {
                (
                    format!("the chain `{}` stands here a second time", shown(name)),
                    "the first declaration counts; give one dump of one tool",
                )
            });
        }
        chains.insert(name.into(), Chain { policy, span: Some(line.span), ..Chain::default() });
    }

    /// `-A CHAIN …`, maybe with counters before it.
    fn rule(&mut self, line: &Line<'_>, table: D::Table) {
        let words = match words(&line.text) {
            Ok(words) => words,
            Err(at) => {
                return self.report(codes::DUMP_SYNTAX, line.part(at, line.text.len()), || {
                    ("this quote does not end".into(), "the rule is left out; write the dump again")
                });
            }
        };
        let (counters, words) = match words.as_slice() {
            [first, rest @ ..] if first.text.starts_with('[') => {
                let counters = bracketed(&first.text);
                if counters.is_none() {
                    return self.report(codes::DUMP_SYNTAX, line.part(first.start, first.end), || {
                        (
                            "these are no counters".into(),
                            "counters are `[PACKETS:BYTES]`; the rule is left out",
                        )
                    });
                }
                (counters, rest)
            }
            all => (None, all),
        };
        let [verb, chain, rest @ ..] = words else { return self.no_rule(line) };
        if verb.text != "-A" {
            return self.no_rule(line);
        }
        let (at, name) = (line.part(chain.start, chain.end), &*chain.text);
        let chains = &mut self.tables.entry(table).or_default().chains;
        let rule = self.dialect.rule(&RuleLine {
            text: &line.text,
            words: rest,
            is_chain: &|name| chains.contains_key(name),
            span: line.span,
            counters,
        });
        if let Some(chain) = chains.get_mut(name) {
            chain.rules.push(rule);
            return;
        }
        chains.insert(name.into(), Chain { rules: [rule].into(), ..Chain::default() });
        // The input of a restore command need not declare the kernel's own chains.
        if !BUILT_IN.contains(&name) {
            self.report(codes::DUMP_UNDECLARED, at, || {
                (
                    format!("the chain `{}` is not declared", shown(name)),
                    "a part of the dump is missing; write it again",
                )
            });
        }
    }

    fn no_rule(&mut self, line: &Line<'_>) {
        self.report(codes::DUMP_SYNTAX, line.span, || {
            ("this is no rule of a dump".into(), "rules are written like `-A CHAIN …`; this one is left out")
        });
    }
}

/// The kernel's own chains, of all tables.
pub(super) const BUILT_IN: [&str; 6] =
    ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING"];

/// Reports something that makes the dump incomplete.
pub(super) fn report(
    sink: &mut Sink,
    code: Code,
    span: Span,
    words: impl FnOnce() -> (String, &'static str),
) {
    let severity: Severity = code.severity();
    sink.push_with(span.file, severity, || {
        let (message, note) = words();
        Diagnostic::new(code, span, message).note(note)
    });
}

/// The beginning of a name, for messages.
pub(super) fn shown(name: &str) -> Box<str> {
    const MOST: usize = 40;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()).into(),
        None => name.into(),
    }
}

/// `[PACKETS:BYTES]`
fn bracketed(text: &str) -> Option<Counters> {
    let (packets, bytes) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
    Some(Counters { packets: super::value::decimal(packets)?, bytes: super::value::decimal(bytes)? })
}
