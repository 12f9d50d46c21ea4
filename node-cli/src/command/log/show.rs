//! Lines for people, and as JSON.

use core::fmt::Write as _;
use std::io::{self, Write};

use pvefw_core::diag::render::visible;
use pvefw_core::log::Entry;
use pvefw_core::log::prefix::NO_CHAIN;
use serde::Serialize;
use serde_json::{Map, Value};

use super::rules::{Place, Rules};
use super::{is_human, since};
use crate::args::LogFormat;
use crate::command::style::Style;
use crate::output::Output;

/// Fields that stand where a person looks for them, or tell little.
const ELSEWHERE: [&str; 18] = [
    "IN", "OUT", "PHYSIN", "PHYSOUT", "MAC", "SRC", "DST", "LEN", "TOS", "PREC", "TTL", "ID", "PROTO", "SPT",
    "DPT", "SEQ", "ACK", "WINDOW",
];
const LITTLE: [&str; 5] = ["TC", "FLOWLBL", "HOPLIMIT", "DF", "URGP"];

/// How to show lines.
pub(super) struct Show {
    rules: Rules,
    format: LogFormat,
    style: Style,
}

/// A line as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    /// In RFC 3339.
    time: Option<String>,
    guest: Option<u32>,
    level: Option<&'static str>,
    chain: Option<&'a str>,
    message: Option<&'a str>,
    /// What is known of the packet up to its protocol.
    packet: Map<String, Value>,
    /// What is known of what it carries.
    payload: Map<String, Value>,
    rules: Vec<Responsible<'a>>,
    /// The line as it is.
    line: &'a str,
}

/// A rule that may have logged a line: its file and line, or nothing for built-in ones.
#[derive(Serialize)]
struct Responsible<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
}

impl Show {
    pub(super) fn new(rules: Rules, format: LogFormat, output: &Output) -> Self {
        Self { rules, format, style: Style::of(output) }
    }

    /// Shows a line.
    pub(super) fn line(&mut self, line: &str, out: &mut dyn Write) -> io::Result<()> {
        let entry = Entry::parse(line);
        let time = entry.as_ref().and_then(|entry| since::when(entry.time));
        let rules = entry
            .as_ref()
            .map(|entry| self.rules.of(entry, time.as_ref().map(|time| time.timestamp().as_second())))
            .unwrap_or_default();
        if is_human(self.format) {
            let text = match &entry {
                Some(entry) => {
                    let time =
                        time.map_or_else(|| entry.time.into(), |time| time.strftime("%F %T").to_string());
                    self.human(entry, &time, &rules)
                }
                None => self.style.dim(&visible(line)),
            };
            return writeln!(out, "{text}");
        }
        let shown = Shown {
            time: time.map(|time| time.strftime("%FT%T%:z").to_string()),
            guest: entry.as_ref().map(|entry| entry.vmid).filter(|vmid| *vmid != 0),
            level: entry.as_ref().map(|entry| entry.level.name()),
            chain: entry.as_ref().map(|entry| entry.chain).filter(|chain| *chain != NO_CHAIN),
            message: entry.as_ref().map(Entry::action),
            packet: entry.as_ref().map(|entry| fields(entry, Part::Packet)).unwrap_or_default(),
            payload: entry.as_ref().map(|entry| fields(entry, Part::Payload)).unwrap_or_default(),
            rules: rules.into_iter().map(responsible).collect(),
            line,
        };
        serde_json::to_writer(&mut *out, &shown)?;
        writeln!(out)
    }

    /// Time, guest, action, packet, rule.
    fn human(&self, entry: &Entry, time: &str, rules: &[Option<&Place>]) -> String {
        let style = self.style;
        let mut text = style.dim(time);
        let about = if entry.vmid != 0 {
            style.bold(&format!("{:>6}", entry.vmid))
        } else if entry.chain == NO_CHAIN {
            "     -".into()
        } else {
            style.bold("  host")
        };
        let action = visible(entry.action());
        // Writing to a string can't fail, here and below.
        let _ = write!(text, " {about}  {}", self.action(&format!("{action:<13}")));
        let words = packet(entry);
        if !words.is_empty() {
            let _ = write!(text, "  {}", visible(&words));
        }
        if entry.chain != NO_CHAIN {
            let _ = write!(text, "  {}", style.dim(&visible(entry.chain)));
        }
        match rules {
            [] => {}
            [only] => _ = write!(text, "  {}", style.good(&named(*only))),
            several => {
                let names: Vec<String> = several.iter().map(|place| named(*place)).collect();
                let _ = write!(text, "  {}", style.good(&names.join(" or ")));
            }
        }
        text.trim_end().to_owned()
    }

    fn action(&self, action: &str) -> String {
        if action.contains("DROP") || action.contains("REJECT") {
            self.style.bad(action)
        } else if action.contains("ACCEPT") {
            self.style.good(action)
        } else {
            action.to_owned()
        }
    }
}

/// `tcp 10.0.0.1:40000 → 10.0.0.2:80 SYN via fwbr100i0`.
fn packet(entry: &Entry) -> String {
    let value = |name| entry.fields.value(name);
    let end = |address, port| match (value(address), value(port)) {
        (Some(address), Some(port)) if address.contains(':') => format!("[{address}]:{port}"),
        (Some(address), Some(port)) => format!("{address}:{port}"),
        (Some(address), None) => address.to_owned(),
        (None, _) => String::new(),
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(value("PROTO").map(str::to_ascii_lowercase));
    let (from, to) = (end("SRC", "SPT"), end("DST", "DPT"));
    if !from.is_empty() {
        words.push(format!("{from} → {to}"));
    }
    for field in entry.fields.clone() {
        if ELSEWHERE.contains(&field.name) && !(field.name == "ACK" && field.value.is_none())
            || LITTLE.contains(&field.name)
        {
            continue;
        }
        words.push(match field.value {
            Some(value) => format!("{}={value}", field.name),
            None => field.name.to_owned(),
        });
    }
    // The ports of a bridge say more than the bridge.
    let by = |port, interface| value(port).or(value(interface));
    match (by("PHYSIN", "IN"), by("PHYSOUT", "OUT")) {
        (Some(input), Some(output)) => words.push(format!("({input} → {output})")),
        (Some(input), None) => words.push(format!("({input} →)")),
        (None, Some(output)) => words.push(format!("(→ {output})")),
        (None, None) => {}
    }
    words.join(" ")
}

fn named(place: Option<&Place>) -> String {
    place.map_or("built in".into(), |place| format!("{}:{}", visible(&place.file), place.line))
}

fn responsible(place: Option<&Place>) -> Responsible<'_> {
    Responsible { file: place.map(|place| place.file.as_str()), line: place.map(|place| place.line) }
}

/// The two halves of a line's fields: some names are in both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Packet,
    Payload,
}

fn fields(entry: &Entry, wanted: Part) -> Map<String, Value> {
    let mut part = Part::Packet;
    let mut map = Map::new();
    for field in entry.fields.clone() {
        // The packet's mark is the last field of all.
        let of = if field.name == "mark" { Part::Packet } else { part };
        if of == wanted && !map.contains_key(field.name) {
            map.insert(field.name.into(), field.value.map_or(Value::Bool(true), Value::from));
        }
        if field.name == "PROTO" {
            part = Part::Payload;
        }
    }
    map
}
