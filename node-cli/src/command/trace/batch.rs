//! `pvefw trace --batch`: a question a line, an answer a line.

use alloc::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use pvefw_core::facts::Names;
use pvefw_core::report::{Answers, Refused};
use pvefw_core::sim::{Answer, Packet, Question, Simulator, Topology};
use rustc_hash::FxBuildHasher;
use serde::Deserialize;

use super::flat;
use crate::exit::{Exit, Stop};
use crate::output::{Output, words};

/// A line longer than this is no question.
const LONGEST_LINE: u64 = 1 << 20;

/// What is asked.
pub(super) struct Asked<'a> {
    pub(super) simulator: &'a Simulator,
    pub(super) topology: &'a Topology,
    pub(super) names: &'a Names<'a>,
}

/// Answers all lines of a file. Lines that can't be answered get an answer that says why, and status 1 at the end.
pub(super) fn run(
    path: &Path,
    asked: &Asked<'_>,
    mut answers: Answers<'_>,
    detail: bool,
    output: &Output,
) -> Result<Exit, Stop> {
    let failed =
        |error: &io::Error| Stop::failed(format!("can't read `{}`: {}", path.display(), words(error)));
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| failed(&error))?)
    };
    let mut lines = Lines::new(input);
    let mut exit = Exit::Fine;
    // The lines of short answers as they were written first: of many packets few rules decide.
    let mut written: HashMap<Answer, Vec<u8>, FxBuildHasher> = HashMap::default();
    let mut simulator = asked.simulator.asker();
    let mut answer = Vec::new();
    let mut broken = None;
    output.stream(|out| {
        loop {
            // Whoever waits for answers before asking on gets them.
            if lines.are_all_read() {
                out.flush()?;
            }
            answer.clear();
            match lines.next() {
                Ok(Some(Line::Fits(line))) if line.trim_ascii().is_empty() => continue,
                Ok(Some(Line::Fits(line))) => match asked.packet(line) {
                    Ok(packet) if detail => {
                        let trace = asked.simulator.trace(&packet);
                        serde_json::to_writer(&mut answer, &answers.trace(&packet, &trace))?;
                    }
                    Ok(packet) => {
                        let verdict = simulator.verdict(&packet);
                        if let Some(known) = written.get(&verdict) {
                            out.write_all(known)?;
                            continue;
                        }
                        serde_json::to_writer(&mut answer, &answers.short(verdict))?;
                        written.insert(verdict, [answer.as_slice(), b"\n"].concat());
                    }
                    Err(error) => {
                        exit = Exit::Findings;
                        serde_json::to_writer(&mut answer, &Refused { error })?;
                    }
                },
                Ok(Some(Line::TooLong)) => {
                    exit = Exit::Findings;
                    let error = format!("the line is longer than {LONGEST_LINE} bytes");
                    serde_json::to_writer(&mut answer, &Refused { error })?;
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    broken = Some(error);
                    return Ok(());
                }
            }
            answer.push(b'\n');
            out.write_all(&answer)?;
        }
    })?;
    match broken {
        Some(error) => Err(failed(&error)),
        None => Ok(exit),
    }
}

/// A file by lines, which are not copied unless they lie across the edge of the buffer.
struct Lines<R> {
    input: BufReader<R>,
    /// How much of the buffer the last line took.
    taken: usize,
    /// A line that did not lie in the buffer as a whole.
    pieces: Vec<u8>,
}

/// A line, with what ends it.
enum Line<'l> {
    Fits(&'l [u8]),
    TooLong,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(1 << 16, input), taken: 0, pieces: Vec::new() }
    }

    /// Whether the next line has to be waited for.
    fn are_all_read(&self) -> bool {
        self.input.buffer().len() == self.taken
    }

    /// The next line; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.input.consume(core::mem::take(&mut self.taken));
        let end = match self.input.fill_buf() {
            // Below it is read on.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            buffer => memchr::memchr(b'\n', buffer?),
        };
        if let Some(end) = end {
            self.taken = end + 1;
            return Ok(self.input.buffer().get(..=end).map(Line::Fits));
        }
        self.pieces.clear();
        if self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.pieces)? == 0 {
            return Ok(None);
        }
        if self.pieces.len() as u64 == LONGEST_LINE && self.pieces.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Fits(&self.pieces)))
    }
}

/// A text as it stands in a line, unless something in it is escaped.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

impl<'l> Text<'l> {
    /// One without escapes.
    pub(super) const fn plain(text: &'l str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Whole lines are found to be UTF-8 faster than each of their texts.
fn parse(line: &[u8]) -> serde_json::Result<Question<Text<'_>>> {
    match core::str::from_utf8(line) {
        Ok(line) => flat::question(line).map_or_else(|| serde_json::from_str(line), Ok),
        Err(_) => serde_json::from_slice(line),
    }
}

impl Asked<'_> {
    fn packet(&self, line: &[u8]) -> Result<Packet, String> {
        let question = parse(line).map_err(|error| {
            let text = error.to_string();
            // The line is known; only the column helps.
            text.replace(" at line 1 column ", " in column ")
        })?;
        question.packet(self.topology, self.names).map_err(|mistake| mistake.to_string())
    }
}

#[cfg(test)]
mod tests {
    use pvefw_core::facts::Facts;
    use pvefw_core::ir::Ruleset;

    use super::*;

    #[test]
    fn lines_are_read_up_to_a_length() {
        let longest = usize::try_from(LONGEST_LINE).unwrap();
        let mut text = vec![b'x'; longest - 1];
        text.push(b'\n');
        text.extend(vec![b'x'; longest + 7]);
        text.extend(b"\n\nlast");
        let mut lines = Lines::new(text.as_slice());
        let mut lengths = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            lengths.push(match line {
                Line::Fits(line) => Some(line.len()),
                Line::TooLong => None,
            });
        }
        assert_eq!(lengths, [Some(longest), None, Some(1), Some(4)]);
    }

    #[test]
    fn what_is_no_question_is_said_with_its_place() {
        let (topology, facts) = (Topology::default(), Facts::default());
        let asked = Asked {
            simulator: &Simulator::new(&Ruleset::default(), &[]).unwrap(),
            topology: &topology,
            names: &Names::new(&facts),
        };
        let cases: [(&[u8], &str); 10] = [
            (b"{", "EOF while parsing an object in column 1"),
            (b"[]", "invalid length 0"),
            (b"\"host\"", "invalid type: string"),
            (b"\xff", "expected value in column 1"),
            (br#"{"from":"host"}"#, "missing field `to`"),
            (br#"{"from":"host","to":"outside","port":1}"#, "unknown field `port`"),
            (br#"{"from":"host","to":"outside","dport":65536}"#, "invalid value: integer `65536`"),
            (br#"{"from":"host","to":"outside","source":"1.2.3"}"#, "invalid IP address"),
            (br#"{"from":"host","to":"outside"} {}"#, "trailing characters in column 32"),
            (br#"{"from":"host","to":"vm1"}"#, "there is no guest 1"),
        ];
        for (line, words) in cases {
            let error = asked.packet(line).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let null = br#"{"from":"host","to":"outside","proto":null,"icmp-type":null,"dport":null}"#;
        assert!(asked.packet(null).is_ok());
        assert!(asked.packet(br#"{"from":"host","to":"outside","proto":"icmp","icmp-type":8}"#).is_ok());
    }
}
