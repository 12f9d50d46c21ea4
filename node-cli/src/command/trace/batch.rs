//! `pvefw trace --batch`: a question a line, an answer a line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use pvefw_core::facts::Names;
use pvefw_core::report::{Answers, Refused};
use pvefw_core::sim::{Answer, Packet, Question, Simulator, Topology};
use rustc_hash::FxBuildHasher;
use serde::Deserialize;

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
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut exit = Exit::Fine;
    // The short answers as they were written first: of many packets few rules decide.
    let mut written: HashMap<Answer, Vec<u8>, FxBuildHasher> = HashMap::default();
    let (mut line, mut answer) = (Vec::new(), Vec::new());
    let mut broken = None;
    output.stream(|out| {
        loop {
            // Whoever waits for answers before asking on gets them.
            if input.buffer().is_empty() {
                out.flush()?;
            }
            answer.clear();
            match next(&mut input, &mut line) {
                Ok(Some(Length::Fits)) if line.trim_ascii().is_empty() => continue,
                Ok(Some(Length::Fits)) => match asked.packet(&line) {
                    Ok(packet) if detail => {
                        let trace = asked.simulator.trace(&packet);
                        serde_json::to_writer(&mut answer, &answers.trace(&packet, &trace))?;
                    }
                    Ok(packet) => {
                        let verdict = asked.simulator.verdict(&packet);
                        if let Some(known) = written.get(&verdict) {
                            answer.extend_from_slice(known);
                        } else {
                            serde_json::to_writer(&mut answer, &answers.short(verdict))?;
                            written.insert(verdict, answer.clone());
                        }
                    }
                    Err(error) => {
                        exit = Exit::Findings;
                        serde_json::to_writer(&mut answer, &Refused { error })?;
                    }
                },
                Ok(Some(Length::TooLong)) => {
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

enum Length {
    Fits,
    TooLong,
}

/// Reads the next line; `None` at the end of the file.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Length>> {
    line.clear();
    if input.by_ref().take(LONGEST_LINE).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Length::TooLong));
    }
    Ok(Some(Length::Fits))
}

/// A text as it stands in a line, unless something in it is escaped.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

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
        Ok(line) => serde_json::from_str(line),
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
        let (mut input, mut line) = (text.as_slice(), Vec::new());
        let mut lengths = Vec::new();
        while let Some(length) = next(&mut input, &mut line).unwrap() {
            lengths.push(if matches!(length, Length::TooLong) { None } else { Some(line.len()) });
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
