//! Scenario files: Markdown to cases.
//!
//! In: the text of a file below `tests/suite`. Out: its [`Case`]s with their inputs and what they [`Ask`]. A block that
//! is neither an input nor an expectation is a mistake, so that a typo can't switch a test off; blocks marked `text`
//! are prose.

use core::ops::Range;

use crate::packet;

/// A scenario file.
#[derive(Debug)]
pub struct Scenario {
    /// Its path, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What it tests.
    pub cases: Vec<Case>,
}

/// One `##` section.
#[derive(Debug)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// Files and facts, those shared by all cases of the file first; later ones replace earlier ones.
    pub inputs: Vec<Input>,
    /// What must come out.
    pub expectations: Vec<Expectation>,
}

/// A file of the datacenter, or the facts.
#[derive(Clone, Debug)]
pub enum Input {
    /// A configuration file.
    File {
        /// Relative to the root.
        path: String,
        /// Its content.
        text: Vec<u8>,
    },
    /// What a tool has dumped.
    Dump {
        /// `iptables-save`, `ip6tables-save`, `ipset` or `ebtables`.
        path: String,
        /// Its content.
        text: Vec<u8>,
    },
    /// A configuration file as it was before, for `diff`; without text there was none.
    Before {
        /// Relative to the root.
        path: String,
        /// Its content.
        text: Vec<u8>,
    },
    /// A file of policy tests.
    Tests {
        /// Its name.
        path: String,
        /// Its content.
        text: Vec<u8>,
    },
    /// The facts as JSON.
    Facts(String),
}

/// A block whose body must be what [`crate::run`] answers.
#[derive(Debug)]
pub struct Expectation {
    /// The question.
    pub ask: Ask,
    /// The line of the block's beginning.
    pub line: usize,
    /// Where its body stands in the file.
    pub body: Range<usize>,
}

/// What an expectation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What `check` finds in the whole datacenter.
    Check,
    /// What `compile` finds for the node.
    Compile,
    /// What reading the dumps finds.
    Dump,
    /// What nobody knows in the rules of the dumps.
    Unknown,
    /// The lines among our part of the dumps that are not ours.
    Strange,
    /// The notes and fixes of what `check` finds.
    Help,
    /// The lines of a chain: family, table, name.
    Rules {
        /// `v4` or `v6`.
        v6: bool,
        /// Table `raw` rather than `filter`.
        raw: bool,
        /// The chain.
        chain: String,
        /// Which of its lines.
        filter: Filter,
    },
    /// The lines of a set.
    Ipset(String),
    /// The lines of a bridge chain.
    Ebtables(String),
    /// What comes of the policy tests.
    Tests,
    /// What could be written at the cursor, as far as it begins as what is written.
    Complete,
    /// What is known about the word at the cursor.
    Hover,
    /// What the name at the cursor refers to, and everything that means the same.
    References,
    /// A file in the usual layout.
    Formatted(String),
    /// What becomes of packets, one a line.
    Packets {
        /// Ask what the dumps say rather than what the files say.
        dump: bool,
        /// The questions, without the answers that stand behind them.
        questions: Vec<String>,
    },
    /// What has changed since the files were as before.
    Diff {
        /// With every rule.
        rules: bool,
    },
}

/// Which lines of a chain an expectation shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All.
    All,
    /// Those that contain a text.
    Containing(String),
    /// Those that come from a line of a file, not from the firewall itself.
    Written,
}

/// Reads a scenario file.
///
/// # Errors
/// `path:line: what is wrong` for a block that can't be understood.
pub fn load(path: &str, text: &str) -> Result<Scenario, String> {
    let mut reader = Reader { path, shared: Vec::new(), cases: Vec::new() };
    let mut lines = Lines { text, at: 0, number: 0 };
    while let Some((line, _)) = lines.next() {
        let fence = line.len() - line.trim_start_matches('`').len();
        if fence >= 3 {
            let info = line.trim_start_matches('`').trim();
            let begun = lines.number;
            let body =
                lines.until_fence(fence).ok_or_else(|| reader.wrong(begun, "this block has no end"))?;
            reader.block(info, begun, body.clone(), text.get(body).unwrap_or_default())?;
        } else if let Some(title) = line.strip_prefix("## ") {
            reader.cases.push(Case {
                title: title.trim().to_owned(),
                line: lines.number,
                inputs: reader.shared.clone(),
                expectations: Vec::new(),
            });
        }
    }
    for case in &reader.cases {
        if case.inputs.is_empty() && case.expectations.is_empty() {
            return Err(reader.wrong(case.line, "this case has neither inputs nor expectations"));
        }
    }
    Ok(Scenario { path: path.to_owned(), text: text.to_owned(), cases: reader.cases })
}

struct Reader<'t> {
    path: &'t str,
    shared: Vec<Input>,
    cases: Vec<Case>,
}

impl Reader<'_> {
    fn wrong(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    fn block(&mut self, info: &str, line: usize, body: Range<usize>, text: &str) -> Result<(), String> {
        let words: Vec<&str> = info.split_whitespace().collect();
        if let Some(input) = input(&words, text).map_err(|what| self.wrong(line, &what))? {
            match self.cases.last_mut() {
                Some(case) => case.inputs.push(input),
                None => self.shared.push(input),
            }
            return Ok(());
        }
        if matches!(words.as_slice(), ["text"]) {
            return Ok(());
        }
        let ask = packets(&words, text)
            .or_else(|| ask(&words, info))
            .ok_or_else(|| self.wrong(line, &format!("what is a block of `{info}`?")))?;
        let path = self.path;
        let case = self
            .cases
            .last_mut()
            .ok_or_else(|| format!("{path}:{line}: expectations belong under a `##` heading"))?;
        case.expectations.push(Expectation { ask, line, body });
        Ok(())
    }
}

fn input(words: &[&str], text: &str) -> Result<Option<Input>, String> {
    let (file, escaped) = match words {
        ["toml", file] => {
            return Ok(Some(Input::Tests { path: named(file)?, text: text.as_bytes().to_vec() }));
        }
        ["fw" | "conf", file, "before"] => {
            let path = named(file)?;
            return Ok(Some(Input::Before { path, text: text.as_bytes().to_vec() }));
        }
        ["json", "facts"] => return Ok(Some(Input::Facts(text.to_owned()))),
        ["fw" | "conf" | "dump", file] => (file, false),
        ["fw" | "conf" | "dump", file, "escaped"] => (file, true),
        _ => return Ok(None),
    };
    let text = if escaped { unescape(text)? } else { text.as_bytes().to_vec() };
    let path = named(file)?;
    Ok(Some(if words.first() == Some(&"dump") {
        Input::Dump { path, text }
    } else {
        Input::File { path, text }
    }))
}

fn named(file: &str) -> Result<String, String> {
    let path = file.strip_prefix("file=").ok_or_else(|| format!("`file=PATH` instead of `{file}`"))?;
    Ok(path.to_owned())
}

/// A block of packets holds the questions as well as the answers.
fn packets(words: &[&str], text: &str) -> Option<Ask> {
    let dump = match words {
        ["packets"] => false,
        ["packets", "dump"] => true,
        _ => return None,
    };
    let question = |line: &str| line.split(packet::ANSWER).next().unwrap_or_default().trim_end().to_owned();
    Some(Ask::Packets { dump, questions: text.lines().map(question).collect() })
}

fn ask(words: &[&str], info: &str) -> Option<Ask> {
    let (words, filter) = match words.iter().position(|word| *word == "containing") {
        Some(at) => {
            let (_, wanted) = info.split_once(" containing ")?;
            (words.get(..at)?, Filter::Containing(wanted.to_owned()))
        }
        None => match words {
            [words @ .., "written"] => (words, Filter::Written),
            _ => (words, Filter::All),
        },
    };
    // Only chains have lines to choose from.
    if filter != Filter::All && words.first() != Some(&"rules") {
        return None;
    }
    Some(match words {
        ["diagnostics"] => Ask::Check,
        ["diagnostics", "compile"] => Ask::Compile,
        ["diagnostics", "dump"] => Ask::Dump,
        ["unknown"] => Ask::Unknown,
        ["strange"] => Ask::Strange,
        ["help"] => Ask::Help,
        ["rules", family @ ("v4" | "v6"), rest @ ..] => {
            let (raw, chain) = match rest {
                ["raw", chain] => (true, chain),
                [chain] => (false, chain),
                _ => return None,
            };
            Ask::Rules { v6: *family == "v6", raw, chain: (*chain).to_owned(), filter }
        }
        ["ipset", name] => Ask::Ipset((*name).to_owned()),
        ["ebtables", chain] => Ask::Ebtables((*chain).to_owned()),
        ["tests"] => Ask::Tests,
        ["complete"] => Ask::Complete,
        ["hover"] => Ask::Hover,
        ["references"] => Ask::References,
        ["formatted", file] => Ask::Formatted(named(file).ok()?),
        ["diff"] => Ask::Diff { rules: false },
        ["diff", "rules"] => Ask::Diff { rules: true },
        _ => return None,
    })
}

/// `\r`, `\t`, `\\`, `\xNN`, and `\` before the end of a line for no line end.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'\n') => {}
            Some(b'x') => {
                let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.unwrap_or(b'?')));
                let number = u8::from_str_radix(&String::from_iter(digits), 16);
                bytes.push(number.map_err(|_| "`\\x` takes two hexadecimal digits".to_owned())?);
            }
            _ => {
                return Err(
                    "escapes are `\\r`, `\\t`, `\\xNN`, `\\\\` and `\\` at the end of a line".to_owned()
                );
            }
        }
    }
    Ok(bytes)
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
    number: usize,
}

impl<'t> Lines<'t> {
    /// The next line without its end, and where it starts.
    fn next(&mut self) -> Option<(&'t str, usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let line = rest.split_inclusive('\n').next()?;
        self.at += line.len();
        self.number += 1;
        Some((line.trim_end_matches('\n'), start))
    }

    /// The body of a block whose fence has `fence` backticks.
    fn until_fence(&mut self, fence: usize) -> Option<Range<usize>> {
        let begun = self.at;
        while let Some((line, start)) = self.next() {
            if line.len() >= fence && line.bytes().all(|byte| byte == b'`') {
                return Some(begun..start);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_inputs_and_expectations() {
        let text = "# T\n```fw file=a\nx\n```\n## One\n```fw file=b escaped\ny\\r\n\\xa0\\\n```\n````text\n```\n````\n\
                    ```rules v6 raw C containing a b\n```\n## Two\n```diagnostics\nd\n```\n";
        let scenario = load("p.md", text).unwrap();
        let [one, two] = scenario.cases.as_slice() else { panic!("{scenario:?}") };
        assert_eq!((one.title.as_str(), one.line, one.inputs.len(), two.inputs.len()), ("One", 5, 2, 1));
        let Input::File { text: bytes, .. } = &one.inputs[1] else { panic!("{one:?}") };
        assert_eq!(bytes, b"y\r\n\xa0");
        let wanted =
            Ask::Rules { v6: true, raw: true, chain: "C".into(), filter: Filter::Containing("a b".into()) };
        assert_eq!(one.expectations[0].ask, wanted);
        assert_eq!(text.get(two.expectations[0].body.clone()), Some("d\n"));
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(load("p", "\n## T\n```rulse\n```\n").unwrap_err(), "p:3: what is a block of `rulse`?");
        assert_eq!(load("p", "## T\n```diagnostics\n").unwrap_err(), "p:2: this block has no end");
        assert!(load("p", "# T\n```diagnostics\n```\n").is_err());
        assert!(load("p", "## T\n").is_err());
        assert!(load("p", "```fw path=a\n```\n").is_err());
    }
}
