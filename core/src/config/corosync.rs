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

/// Reads the file: nested `name { … }` and `key: value`; `#` starts a comment.
///
/// # Errors
/// Braces that don't match: then nothing of the file is used.
pub fn parse(file: FileId, text: &[u8]) -> Result<Corosync, Problem> {
    let mut corosync = Corosync::default();
    // The names of the sections around the line, and the node that is being read.
    let mut sections: Vec<String> = Vec::new();
    let mut node = Vec::new();
    let mut at = 0_u32;
    for raw in text.split_inclusive(|byte| *byte == b'\n') {
        let length = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        let line_span = Span::new(file, at, at.saturating_add(length));
        let line = String::from_utf8_lossy(raw);
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_suffix('{') {
            sections.push(name.trim().to_string());
            if in_node(&sections) {
                node.clear();
            }
        } else if line == "}" {
            if in_node(&sections) {
                finish_node(&mut corosync, core::mem::take(&mut node));
            }
            if sections.pop().is_none() {
                return Err(Problem { span: line_span, message: "this `}` closes nothing" });
            }
        } else if let Some((key, value)) = line.split_once(':') {
            let (key, value) = (key.trim(), value.trim());
            if in_node(&sections) {
                node.push((key.to_string(), value.to_string(), value_span(line_span, raw, value)));
            } else if matches!(sections.as_slice(), [totem] if totem == "totem") {
                match key {
                    "transport" => corosync.transport = Some(value.to_string()),
                    "ip_version" => corosync.ip_version = Some(value.to_ascii_lowercase()),
                    _ => {}
                }
            }
        }
        at = at.saturating_add(length);
    }
    if sections.is_empty() {
        Ok(corosync)
    } else {
        Err(Problem { span: Span::at(file, at), message: "a `}` is missing at the end" })
    }
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

fn value_span(line: Span, raw: &[u8], value: &str) -> Span {
    let offset = raw.windows(value.len().max(1)).rposition(|window| window == value.as_bytes()).unwrap_or(0);
    let offset = u32::try_from(offset).unwrap_or(0);
    let length = u32::try_from(value.len()).unwrap_or(0);
    Span::new(line.file, line.start + offset, line.start + offset + length)
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
    fn braces_must_match() {
        assert!(parse(FileId(0), b"totem {\n").is_err());
        assert!(parse(FileId(0), b"}\n").is_err());
        assert_eq!(parse(FileId(0), b""), Ok(Corosync::default()));
    }
}
