//! `corosync.conf`: which nodes talk to each other, and over which addresses (spec 00 section 3, spec 05 section 6.5).

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::text::{FileId, Span};

/// What matters of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corosync {
    /// The nodes by name.
    pub nodes: BTreeMap<String, Node>,
    /// `totem.transport`
    pub transport: Option<String>,
    /// `totem.ip_version` in lower case.
    pub ip_version: Option<String>,
}

/// A node and its links in string order of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Address or host name by key (`ring0_addr`), with the place of the value.
    pub links: BTreeMap<String, (String, Span)>,
}

impl Corosync {
    /// Whether corosync uses multicast.
    pub fn multicast(&self) -> bool {
        self.transport.as_deref() == Some("udp")
    }
}

/// A place where the file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub message: &'static str,
}

/// Reads the file: nested `name { … }` and `key: value`, words separated by white space; `#` starts a comment.
///
/// # Errors
/// Braces that don't match: then nothing of the file is used.
pub fn parse(file: FileId, text: &[u8]) -> Result<Corosync, Problem> {
    let mut corosync = Corosync::default();
    // The names of the sections around the word, and the node that is being read.
    let mut sections: Vec<String> = Vec::new();
    let mut node = Vec::new();
    // A word that may become the name of a section, and a key that waits for its value.
    let mut name: Option<&str> = None;
    let mut key: Option<&str> = None;
    for (span, word) in words(file, text) {
        match (word, key.take()) {
            ("{", _) => {
                sections.push(name.take().unwrap_or_default().to_string());
                if in_node(&sections) {
                    node.clear();
                }
            }
            ("}", _) => {
                if in_node(&sections) {
                    finish_node(&mut corosync, core::mem::take(&mut node));
                }
                if sections.pop().is_none() {
                    return Err(Problem { span, message: "this `}` closes nothing" });
                }
            }
            (value, Some(key)) => {
                if in_node(&sections) {
                    node.push((key.to_string(), value.to_string(), span));
                } else if matches!(sections.as_slice(), [totem] if totem == "totem") {
                    match key {
                        "transport" => corosync.transport = Some(value.to_string()),
                        "ip_version" => corosync.ip_version = Some(value.to_ascii_lowercase()),
                        _ => {}
                    }
                }
            }
            (word, None) => match word.strip_suffix(':') {
                Some(word) => key = Some(word),
                None => name = Some(word),
            },
        }
    }
    if sections.is_empty() {
        Ok(corosync)
    } else {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Err(Problem { span: Span::at(file, end), message: "a `}` is missing at the end" })
    }
}

/// The words of the file with their places. Braces and `key:` are words also where no blank follows.
fn words(file: FileId, text: &[u8]) -> impl Iterator<Item = (Span, &str)> {
    let mut start = 0_u32;
    let lines = text.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let at = start;
        start = start.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
        (at, line.split(|byte| *byte == b'#').next().unwrap_or_default())
    });
    lines.flat_map(move |(at, line)| {
        let mut found = Vec::new();
        let mut rest = line.trim_ascii_start();
        while let Some(first) = rest.first() {
            let braces = |byte: &u8| matches!(byte, b'{' | b'}');
            let length = match first {
                b'{' | b'}' => 1,
                _ => rest
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace() || braces(byte))
                    .unwrap_or(rest.len()),
            };
            let (mut word, mut after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            // `key:value`; a value may have colons itself.
            let expects_key = found.last().is_none_or(|(_, last): &(Span, &str)| !last.ends_with(':'));
            if let Some(colon) = word.iter().position(|byte| *byte == b':').filter(|_| expects_key)
                && colon + 1 < word.len()
            {
                (word, after) = rest.split_at_checked(colon + 1).unwrap_or((word, after));
            }
            let offset = u32::try_from(line.len() - rest.len()).unwrap_or(u32::MAX);
            let begin = at.saturating_add(offset);
            let end = begin.saturating_add(u32::try_from(word.len()).unwrap_or(u32::MAX));
            // What is not UTF-8 is no key and no address.
            found.push((Span::new(file, begin, end), core::str::from_utf8(word).unwrap_or("\u{fffd}")));
            rest = after.trim_ascii_start();
        }
        found
    })
}

fn in_node(sections: &[String]) -> bool {
    matches!(sections, [list, node] if list == "nodelist" && node == "node")
}

fn finish_node(corosync: &mut Corosync, keys: Vec<(String, String, Span)>) {
    let value = |wanted: &str| keys.iter().find(|(key, ..)| key == wanted).map(|(_, value, _)| value.clone());
    let Some(name) = value("name").or_else(|| value("ring0_addr")) else { return };
    let links =
        keys.into_iter().filter(|(key, ..)| is_link(key)).map(|(key, value, span)| (key, (value, span)));
    corosync.nodes.insert(name, Node { links: links.collect() });
}

/// `ring0_addr`, `link3_addr`
fn is_link(key: &str) -> bool {
    let number = key
        .strip_suffix("_addr")
        .and_then(|key| key.strip_prefix("ring").or_else(|| key.strip_prefix("link")));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nodes_and_totem() {
        let text = b"# x\nnodelist {\n  node {\n    name: n1\n    ring0_addr: 10.0.0.1 # here\n    link7_addr: ha\n  }\n  node {\n\
                     ring0_addr: 10.0.0.2\n  }\n}\ntotem {\n  transport: udp\n  interface {\n    transport: no\n  }\n  ip_version: IPv4-6\n}\n";
        let corosync = parse(FileId(0), text).unwrap();
        assert!(corosync.multicast());
        assert_eq!(corosync.ip_version.as_deref(), Some("ipv4-6"));
        assert_eq!(corosync.nodes.keys().collect::<Vec<_>>(), ["10.0.0.2", "n1"]);
        let (value, span) = &corosync.nodes["n1"].links["ring0_addr"];
        assert_eq!((value.as_str(), span.of(text)), ("10.0.0.1", &b"10.0.0.1"[..]));
        assert!(corosync.nodes["n1"].links.contains_key("link7_addr"));
    }

    #[test]
    fn line_ends_mean_nothing() {
        let text = b"totem { transport: udp }\nnodelist\n{ node { name: n1 ring0_addr:2001:db8::1 } node {name: n2\nring0_addr: 10.0.0.2 }\n}";
        let corosync = parse(FileId(0), text).unwrap();
        assert!(corosync.multicast());
        assert_eq!(corosync.nodes["n1"].links["ring0_addr"].0, "2001:db8::1");
        assert_eq!(corosync.nodes["n2"].links["ring0_addr"].0, "10.0.0.2");
    }

    #[test]
    fn braces_must_match() {
        assert!(parse(FileId(0), b"totem {\n").is_err());
        assert!(parse(FileId(0), b"}\n").is_err());
        assert_eq!(parse(FileId(0), b""), Ok(Corosync::default()));
    }
}
