//! The keys of a test.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::document::{Kind, Value};
use super::{DecidingLine, Expect};
use crate::diag::suggest::nearest;
use crate::ir::Mac;
use crate::sim::{ConnectionState, Question, Zone};

/// What is wrong with a value, and a way out.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: String,
    /// What was probably meant, in place of the value.
    pub(super) instead: Option<String>,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), instead: None }
    }
}

/// A key that describes a packet.
#[derive(Clone, Copy)]
pub(super) struct PacketKey {
    pub(super) name: &'static str,
    /// Puts a value into a question; the text is how it was written, without quotes.
    pub(super) set: fn(&mut Question, &str) -> Result<(), Wrong>,
    /// Whether a number may stand for the text.
    pub(super) number: bool,
}

/// Every key of `trace --batch`.
pub(super) const PACKET_KEYS: [PacketKey; 10] = [
    text_key("from", |question, text| {
        question.from = zone(text)?;
        Ok(())
    }),
    text_key("to", |question, text| {
        question.to = zone(text)?;
        Ok(())
    }),
    number_key("proto", |question, text| {
        if text.is_empty() {
            return Err(Wrong::new(
                "the protocol is empty",
                "write a name of /etc/protocols, a number, or `arp`",
            ));
        }
        question.proto = Some(text.to_string());
        Ok(())
    }),
    text_key("source", |question, text| {
        question.source = Some(address(text)?);
        Ok(())
    }),
    text_key("dest", |question, text| {
        question.dest = Some(address(text)?);
        Ok(())
    }),
    number_key("sport", |question, text| {
        question.sport = Some(port(text)?);
        Ok(())
    }),
    number_key("dport", |question, text| {
        question.dport = Some(port(text)?);
        Ok(())
    }),
    number_key("icmp-type", |question, text| {
        if text.is_empty() {
            return Err(Wrong::new("the ICMP type is empty", "write a name, a number, or number/code"));
        }
        question.icmp_type = Some(text.to_string());
        Ok(())
    }),
    text_key("state", |question, text| {
        question.state = Some(state(text)?);
        Ok(())
    }),
    text_key("mac", |question, text| {
        if Mac::parse(text).is_none() {
            return Err(Wrong::new(
                format!("`{text}` is no hardware address"),
                "write six pairs: `BC:24:11:00:01:00`",
            ));
        }
        question.mac = Some(text.to_string());
        Ok(())
    }),
];

/// The keys that are about the test itself.
pub(super) const NAME: &str = "name";
pub(super) const EXPECT: &str = "expect";
pub(super) const RULE: &str = "rule";

const fn text_key(name: &'static str, set: fn(&mut Question, &str) -> Result<(), Wrong>) -> PacketKey {
    PacketKey { name, set, number: false }
}

const fn number_key(name: &'static str, set: fn(&mut Question, &str) -> Result<(), Wrong>) -> PacketKey {
    PacketKey { name, set, number: true }
}

/// The names of all keys.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PACKET_KEYS.iter().map(|key| key.name).chain([NAME, EXPECT, RULE])
}

fn zone(text: &str) -> Result<String, Wrong> {
    match Zone::parse(text) {
        Ok(_) => Ok(text.to_string()),
        Err(mistake) => Err(Wrong::new(mistake.message, mistake.help.unwrap_or_default())),
    }
}

fn address(text: &str) -> Result<IpAddr, Wrong> {
    text.parse().map_err(|_| {
        Wrong::new(
            format!("`{text}` is no address"),
            "write one address, such as `192.0.2.1` or `2001:db8::1`; several are a list",
        )
    })
}

fn port(text: &str) -> Result<u16, Wrong> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        Wrong::new(format!("`{text}` is no port"), "write a number up to 65535; several ports are a list")
    })
}

fn state(text: &str) -> Result<String, Wrong> {
    let names = || ConnectionState::ALL.iter().map(|(_, name)| *name);
    if names().any(|name| name.eq_ignore_ascii_case(text)) {
        return Ok(text.to_string());
    }
    Err(Wrong {
        instead: nearest(text, names()).map(String::from),
        ..Wrong::new(
            format!("`{text}` is no state of a connection"),
            format!("states are {}", names().collect::<Vec<_>>().join(", ")),
        )
    })
}

/// The value of `expect`.
pub(super) fn expect(text: &str) -> Result<Expect, Wrong> {
    if let Some((expect, _)) = Expect::ALL.iter().find(|(_, name)| *name == text) {
        return Ok(*expect);
    }
    Err(Wrong {
        instead: nearest(text, Expect::ALL.iter().map(|(_, name)| *name)).map(String::from),
        ..Wrong::new(
            format!("nothing is expected by `{text}`"),
            "expect `accept`, `drop`, `reject`, or `blocked` for any of the last two",
        )
    })
}

/// The value of `rule`.
pub(super) fn rule(text: &str) -> Result<DecidingLine, Wrong> {
    let parts = text.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    match parts {
        Some((file, line)) if !file.is_empty() && line > 0 => {
            Ok(DecidingLine { file: file.to_string(), line })
        }
        _ => Err(Wrong::new(
            format!("`{text}` is no line of a file"),
            "write the file below the root and the line: `firewall/100.fw:12`",
        )),
    }
}

/// What a value is as text; numbers as they were written, if the key may have one.
pub(super) fn text<'v>(value: &'v Value<'_>, number: bool) -> Result<&'v str, Wrong> {
    match &value.kind {
        Kind::Text(text) => Ok(text),
        Kind::Integer { digits, decimal: true } if number => Ok(digits),
        Kind::Integer { .. } if number => {
            Err(Wrong::new("this number is not decimal", "write it in decimal"))
        }
        other => {
            let wanted = if number { "a string or a number" } else { "a string" };
            let article = if matches!(other, Kind::Integer { .. } | Kind::List { .. }) { "an" } else { "a" };
            Err(Wrong::new(
                format!("{article} {} is no value for this key", value.kind_name()),
                format!("write {wanted}"),
            ))
        }
    }
}
