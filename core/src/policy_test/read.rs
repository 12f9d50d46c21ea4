//! From TOML to tests.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use super::document::{self, Entry, Kind, Value};
use super::keys::{self, PACKET_KEYS, PacketKey, Wrong};
use super::{MOST_PACKETS, PolicyTest, PolicyTests};
use crate::diag::suggest::nearest;
use crate::diag::{Code, Diagnostic, Safety, Sink, codes};
use crate::sim::Question;
use crate::text::{FileId, LineIndex, Span};

/// The keys of the file itself.
const TEST: &str = "test";
const NODE: &str = "node";

/// What a test looks like.
const EXAMPLE: &str = "a test begins with `[[test]]`, and has at least `from`, `to` and `expect`";

/// Reads the tests of a file.
pub fn read(file: FileId, text: &[u8], sink: &mut Sink) -> PolicyTests {
    let mut reader = Reader { file, lines: LineIndex::new(text), sink, packets: 0 };
    let mut found = PolicyTests::default();
    let text = match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            reader.report(
                codes::BAD_TOML,
                at..at + 1,
                "this byte is not UTF-8, as TOML has to be",
                "nothing is tested",
            );
            return found;
        }
    };
    let (entries, problems) = document::read(text);
    let mut broken = Vec::new();
    for problem in problems {
        let place = problem.place.unwrap_or(0..text.len());
        reader.report(
            codes::BAD_TOML,
            place.clone(),
            format!("this is not TOML: {}", problem.message),
            "the test is left out",
        );
        broken.push(place);
    }
    reader.file(&entries, text.len(), &broken, &mut found);
    if found.tests.is_empty() && reader.sink.counts_of(file).errors == 0 {
        let nothing = Diagnostic::new(codes::NO_TESTS, Span::at(file, 0), "there is no test in this file");
        reader.sink.push(nothing.note(format!("help: {EXAMPLE}")));
    }
    found
}

struct Reader<'s> {
    file: FileId,
    lines: LineIndex,
    sink: &'s mut Sink,
    /// Packets of the tests so far.
    packets: usize,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, number(range.start), number(range.end))
    }

    fn report(&mut self, code: Code, range: Range<usize>, message: impl Into<String>, label: &str) {
        let found = Diagnostic::new(code, self.span(range), message).label(label);
        self.sink.push(found);
    }

    /// Reports a value that can't be.
    fn wrong(&mut self, range: Range<usize>, wrong: Wrong) {
        let span = self.span(range);
        let mut found =
            Diagnostic::new(codes::BAD_TEST_VALUE, span, wrong.message).label("the test is left out");
        found = found.note(format!("help: {}", wrong.help));
        if let Some(instead) = wrong.instead {
            found = found.fix(format!("write `{instead}`"), Safety::Unsafe, span, format!("\"{instead}\""));
        }
        self.sink.push(found);
    }

    fn unknown(&mut self, entry: &Entry<'_>, known: &[&str], label: &str) {
        let (name, span) = (&entry.key, self.span(entry.place.clone()));
        let mut found = Diagnostic::new(codes::UNKNOWN_TEST_KEY, span, format!("there is no key `{name}`"))
            .label(label)
            .note(format!(
                "keys are {}",
                known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ));
        if let Some(near) = nearest(name, known.iter().copied()) {
            found = found.fix(format!("write `{near}`"), Safety::Unsafe, span, near);
        }
        self.sink.push(found);
    }

    fn file(&mut self, entries: &[Entry<'_>], end: usize, broken: &[Range<usize>], found: &mut PolicyTests) {
        for entry in entries {
            let value = &entry.value;
            match (entry.key.as_ref(), &value.kind) {
                (TEST, Kind::List { values: tests, .. }) => {
                    let starts: Vec<usize> = tests.iter().map(|test| test.place.start).collect();
                    let ends = starts.iter().copied().skip(1).chain([end]);
                    for (test, end) in tests.iter().zip(ends) {
                        let place = test.place.start..end.max(test.place.end);
                        if !broken.iter().any(|error| overlaps(error, &place)) {
                            found.tests.extend(self.test(test));
                        }
                    }
                }
                (TEST, Kind::Table { .. }) => self.wrong(
                    entry.place.clone(),
                    Wrong::new("`test` is a list of tests", "write the header with two brackets: `[[test]]`"),
                ),
                (TEST, _) => self.wrong(value.place.clone(), Wrong::new("this is no test", EXAMPLE)),
                (NODE, _) => match keys::text(value, false) {
                    Ok(node) => found.node = Some(node.to_string()),
                    Err(wrong) => self.wrong(value.place.clone(), wrong),
                },
                _ => self.unknown(entry, &[TEST, NODE], "it is not looked at"),
            }
        }
    }

    fn test(&mut self, test: &Value<'_>) -> Option<PolicyTest> {
        let Kind::Table { entries, .. } = &test.kind else {
            self.wrong(test.place.clone(), Wrong::new("this is no test", EXAMPLE));
            return None;
        };
        let errors = self.sink.counts_of(self.file).errors;
        let mut name = None;
        let (mut expect, mut rule, mut misspelt) = (None, None, false);
        let mut lists: Vec<(&PacketKey, Vec<&str>)> = Vec::new();
        for entry in entries {
            let (key_name, value) = (entry.key.as_ref(), &entry.value);
            if let Some(packet_key) = PACKET_KEYS.iter().find(|known| known.name == key_name) {
                lists.push((packet_key, self.values(packet_key, value)));
                continue;
            }
            let read = match key_name {
                keys::NAME => keys::text(value, false).map(|text| name = Some(text.to_string())),
                keys::EXPECT => {
                    keys::text(value, false).and_then(keys::expect).map(|found| expect = Some(found))
                }
                keys::RULE => keys::text(value, false).and_then(keys::rule).map(|found| rule = Some(found)),
                _ => {
                    self.unknown(entry, &keys::names().collect::<Vec<_>>(), "the test is left out");
                    misspelt = true;
                    continue;
                }
            };
            if let Err(wrong) = read {
                self.wrong(value.place.clone(), wrong);
            }
        }
        let has = |wanted: &str| entries.iter().any(|entry| entry.key == wanted);
        let missing: Vec<&str> =
            ["from", "to", keys::EXPECT].into_iter().filter(|wanted| !has(wanted)).collect();
        // One of these may be the missing one.
        if !missing.is_empty() && !misspelt {
            let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
            let span = self.span(test.place.clone());
            let found = Diagnostic::new(codes::MISSING_TEST_KEY, span, format!("this test has no {names}"))
                .label("the test is left out")
                .note(format!("help: {}", what_to_add(&missing)));
            self.sink.push(found);
        }
        if self.sink.counts_of(self.file).errors > errors {
            return None;
        }
        lists.sort_by_key(|(key, _)| PACKET_KEYS.iter().position(|other| other.name == key.name));
        let questions = self.product(test.place.clone(), lists)?;
        let line = self.lines.line(self.span(test.place.clone()).start);
        Some(PolicyTest {
            name: name.unwrap_or_else(|| format!("the test in line {line}")),
            span: self.span(test.place.clone()),
            questions,
            expect: expect?,
            rule,
        })
    }

    /// The values of a key that it can have.
    fn values<'v>(&mut self, key: &PacketKey, value: &'v Value<'_>) -> Vec<&'v str> {
        let all: Vec<_> = match &value.kind {
            Kind::List { values, .. } => values.iter().collect(),
            _ => Vec::from([value]),
        };
        if all.is_empty() {
            let message = format!("an empty list for `{}` makes no packet", key.name);
            self.wrong(value.place.clone(), Wrong::new(message, "write a value, or leave the key out"));
        }
        let mut texts = Vec::new();
        for value in all {
            let text = keys::text(value, key.number);
            match text.and_then(|text| (key.set)(&mut Question::default(), text).map(|()| text)) {
                Ok(text) => texts.push(text),
                Err(wrong) => self.wrong(value.place.clone(), wrong),
            }
        }
        texts
    }

    /// All combinations; the last key changes first.
    fn product(&mut self, place: Range<usize>, lists: Vec<(&PacketKey, Vec<&str>)>) -> Option<Vec<Question>> {
        let count = lists.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()));
        let packets = count.and_then(|count| count.checked_add(self.packets));
        self.packets = packets.unwrap_or(usize::MAX);
        if self.packets > MOST_PACKETS {
            let asks = count.map_or_else(
                || "more packets than can be counted".to_string(),
                |count| format!("{count} packet{}", if count == 1 { "" } else { "s" }),
            );
            let span = self.span(place);
            let found = Diagnostic::new(
                codes::TOO_MANY_PACKETS,
                span,
                format!(
                    "with this test, which asks about {asks}, the file asks about more than {MOST_PACKETS}"
                ),
            )
            .label("the test is left out, and all behind it")
            .note("lists are combined with each other: three lists of 100 values make a million packets")
            .note("help: shorten the lists, or move tests to another file: `pvefw test ROOT FILE`");
            self.sink.push(found);
            return None;
        }
        let mut questions = Vec::from([Question::default()]);
        for (key, values) in lists {
            let with = |question: &Question| {
                let mut all = alloc::vec![question.clone(); values.len()];
                // All values were tried before.
                let set =
                    all.iter_mut().zip(&values).all(|(question, text)| (key.set)(question, text).is_ok());
                set.then_some(all)
            };
            questions = questions.iter().map(with).collect::<Option<Vec<_>>>()?.concat();
        }
        Some(questions)
    }
}

fn overlaps(error: &Range<usize>, place: &Range<usize>) -> bool {
    error.start < place.end && place.start <= error.end
}

fn what_to_add(missing: &[&str]) -> String {
    let lines = missing.iter().map(|name| match *name {
        "from" => "`from = \"outside\"`",
        "to" => "`to = \"vm100\"`",
        _ => "`expect = \"accept\"`",
    });
    format!("add {}, or whatever is meant", lines.collect::<Vec<_>>().join(" and "))
}
