//! What the word at a place means.
//!
//! ```
//! use pvefw_core::{datacenter::Datacenter, facts::Facts, lang::hover::hover};
//! let mut datacenter = Datacenter::new();
//! let file = datacenter.add("firewall/100.fw", "[RULES]\nIN SSH(ACCEPT)\n").unwrap();
//! let found = hover(&datacenter, &Facts::default(), file, 12).unwrap();
//! assert_eq!((found.title.as_str(), found.lines[0].as_str()), ("macro SSH", "-p tcp -dport 22"));
//! ```

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::outline::Entry;
use super::place::Here;
use super::symbols::{Occurrence, Role, SymbolKind, Symbols};
use super::words;
use crate::Family;
use crate::config::reference::part;
use crate::config::{Action, Level, options};
use crate::datacenter::Datacenter;
use crate::facts::{Facts, Names};
use crate::syntax::{LineKind, OptionName, Token, TokenKind, ast};
use crate::tables::icmp;
use crate::tables::macros::{self, Template};
use crate::tables::services::Transport;
use crate::text::{FileId, Span};

/// Lines of a set or group that are shown.
const MOST_LINES: usize = 12;

/// What is known about a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The word.
    pub span: Span,
    /// What it is: `macro SSH`.
    pub title: String,
    /// Sentences about it; backticks mark what would stand in a file.
    pub text: Vec<String>,
    /// What it stands for, a line each.
    pub lines: Vec<String>,
    /// Where it is defined.
    pub defined: Option<Span>,
}

impl Hover {
    fn new(span: Span, title: impl Into<String>) -> Self {
        Self { span, title: title.into(), text: Vec::new(), lines: Vec::new(), defined: None }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.text.push(text);
        }
        self
    }

    /// Shows some lines, and how many more there are.
    fn show<L: Into<String>>(mut self, lines: impl ExactSizeIterator<Item = L>) -> Self {
        let more = lines.len().saturating_sub(MOST_LINES);
        self.lines.extend(lines.take(MOST_LINES).map(Into::into));
        if more > 0 {
            self.lines.push(format!("… and {more} more"));
        }
        self
    }
}

/// What is known about the word that a byte of a file is in, or directly behind.
pub fn hover(datacenter: &Datacenter, facts: &Facts, file: FileId, offset: u32) -> Option<Hover> {
    let here = Here::find(datacenter, file, offset)?;
    let names = Names::new(facts);
    if here.section.is_none() && !matches!(here.line_kind, LineKind::Header(_)) {
        return None;
    }
    let symbols = Symbols::in_file(datacenter, file);
    if let Some(found) = symbols.at(file, offset) {
        return symbol(&here, found);
    }
    let is_here = |token: &&Token| token.start <= here.offset && here.offset <= token.end;
    let token = here.tokens.iter().rfind(is_here)?;
    word(&here, &names, *token)
}

fn word(here: &Here<'_>, names: &Names<'_>, token: Token) -> Option<Hover> {
    let (span, text) = (here.span(token), here.word(token));
    match (token.kind, here.line_kind) {
        (TokenKind::Keyword, LineKind::Header(kind)) => {
            let hover = Hover::new(span, format!("section [{}]", kind.word())).say(words::section(kind));
            let allowed = here.level.allows(kind);
            Some(if allowed {
                hover
            } else {
                hover.say(format!("{} can't have it.", capital(here.level.file())))
            })
        }
        (TokenKind::Name | TokenKind::Colon | TokenKind::Value, LineKind::Option) => option(here, names),
        (TokenKind::Bar, _) => {
            Some(Hover::new(span, "switched off").say("The rule is checked, but not used."))
        }
        (TokenKind::Bang, _) => {
            Some(Hover::new(span, "exception").say("The address counts as not being in the set."))
        }
        (TokenKind::Direction, _) => {
            let rows = words::DIRECTIONS;
            let (name, _, about) = rows.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(text))?;
            Some(Hover::new(span, name).say(about))
        }
        (TokenKind::Action, _) => action(span, text),
        (TokenKind::Option(option), _) => {
            Some(Hover::new(span, option.spelling()).say(words::rule_option(option)))
        }
        (TokenKind::Value, LineKind::Rule) => value(here, names, token),
        _ => None,
    }
}

/// An alias, set or group: where it is defined, and as what.
fn symbol(here: &Here<'_>, found: &Occurrence) -> Option<Hover> {
    let is_own = found.symbol.home == here.file;
    let entries = if is_own { here.own() } else { here.shared() };
    let is_it = |entry: &&Entry<'_>| {
        entry.kind == found.symbol.kind && entry.name.eq_ignore_ascii_case(&found.symbol.name)
    };
    // The last definition counts; but on a definition, that one is meant.
    let entry = match found.role {
        Role::Definition => entries.iter().find(|entry| entry.span == found.span)?,
        Role::Reference => entries.iter().rfind(is_it)?,
    };
    let kind = match entry.kind {
        SymbolKind::Alias => "alias",
        SymbolKind::Set => "set",
        SymbolKind::Group => "security group",
    };
    let mut hover = Hover::new(found.span, format!("{kind} {}", entry.name)).say(entry.comment);
    if entry.kind == SymbolKind::Alias {
        hover.lines.push(entry.value.to_owned());
    } else {
        hover = hover.show(entry.lines.iter().copied());
    }
    let special = words::SPECIAL_SETS.into_iter().find(|(name, _)| *name == found.symbol.name);
    if let Some((_, about)) =
        special.filter(|_| entry.kind == SymbolKind::Set && here.level == Level::Cluster)
    {
        hover = hover.say(about);
    }
    if found.role == Role::Reference {
        let file = here.datacenter.files().file(entry.span.file)?;
        let line = file.line_index().line(entry.span.start);
        hover = hover.say(format!("Defined in `{}`, line {line}.", file.name()));
    }
    Some(Hover { defined: Some(entry.span), ..hover })
}

fn option(here: &Here<'_>, names: &Names<'_>) -> Option<Hover> {
    let token = ast::Pair::of(&here.tokens).name?;
    let name = here.word(token).to_ascii_lowercase();
    let about = options::about(here.level, &name, names)?;
    let expected =
        if about.expected.is_empty() { String::new() } else { format!("It takes {}.", about.expected) };
    Some(Hover::new(here.span(token), format!("option {name}")).say(about.text).say(expected))
}

fn action(span: Span, text: &str) -> Option<Hover> {
    let Some((name, verdict)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
        let action = Action::named(text)?;
        return Some(Hover::new(span, action.name()).say(words::action(action)));
    };
    let row = macros::MACROS.get(usize::from(macros::index(name)?))?;
    let mut hover = Hover::new(span, format!("macro {}", row.name)).say(format!("{}.", row.description));
    if let Some(action) = Action::named(verdict) {
        hover = hover.say(words::action(action));
    }
    if let Some(family) = row.family {
        hover = hover.say(format!("It is for {} only.", family.name()));
    }
    hover = hover.show(row.templates.iter().map(template));
    if !row.templates_v6.is_empty() {
        hover = hover.show(row.templates_v6.iter().map(|line| format!("{} (IPv6)", template(line))));
    }
    Some(hover)
}

/// `-p tcp -dport 22`, as it would stand in a rule.
fn template(template: &Template) -> String {
    let parts = [("-dport", template.dport), ("-sport", template.sport), ("-icmp-type", template.icmp_type)];
    let parts = parts.into_iter().filter_map(|(option, value)| Some(format!(" {option} {}", value?)));
    format!("-p {}{}", template.proto, parts.collect::<String>())
}

/// The value of a rule's option.
fn value(here: &Here<'_>, names: &Names<'_>, token: Token) -> Option<Hover> {
    let view = ast::Rule::of(&here.tokens);
    let (option, ..) = view.options().find(|(.., value)| *value == token)?;
    let (span, text) = (here.span(token), here.word(token));
    let protocol = view.options().find(|(option, ..)| *option == OptionName::Protocol);
    let protocol = protocol.map(|(.., value)| here.word(value));
    match option {
        OptionName::Protocol => {
            let number = names.protocol(text).or_else(|| text.parse().ok())?;
            let known = crate::tables::protocols::name(number).unwrap_or(text);
            Some(Hover::new(span, format!("protocol {known}")).say(format!("Number {number}.")))
        }
        OptionName::Log => Some(Hover::new(span, format!("log level {text}"))),
        OptionName::Interface => {
            let nics = here.nics();
            let nic = nics.iter().find(|nic| nic.key() == text)?;
            let bridge = nic.bridge.as_deref().map_or_else(
                || "It is plugged into no bridge.".to_owned(),
                |bridge| format!("It is plugged into `{bridge}`."),
            );
            let open = if nic.firewall { "" } else { "It is not filtered: `firewall=1` is missing." };
            Some(Hover {
                defined: Some(nic.span),
                ..Hover::new(span, format!("device {text}")).say(bridge).say(open)
            })
        }
        OptionName::IcmpType => icmp_type(span, text, protocol),
        OptionName::DestinationPort if protocol.is_some_and(|name| name.contains("icmp")) => {
            icmp_type(span, text, protocol)
        }
        OptionName::DestinationPort | OptionName::SourcePort => port(here, names, span, text, protocol),
        OptionName::Source | OptionName::Destination => None,
    }
}

/// The port of a service, or the services of a port; of a list, the element at the place.
fn port(here: &Here<'_>, names: &Names<'_>, span: Span, text: &str, protocol: Option<&str>) -> Option<Hover> {
    let elements = text.split(',').map(|element| (part(span, text, element), element));
    let (span, element) = elements.into_iter().find(|(span, _)| here.offset <= span.end)?;
    let transport = protocol.map_or(Some(Transport::Tcp), Transport::named);
    let shown = transport.map_or("", Transport::name);
    if let Some(port) = names.service(element, transport) {
        return Some(Hover::new(span, format!("service {element}")).say(format!("Port {port} of {shown}.")));
    }
    let number: u16 = element.parse().ok()?;
    let mut known = names.service_names();
    known.retain(|name| names.service(name, transport) == Some(number));
    known.dedup();
    let hover = Hover::new(span, format!("port {number}"));
    Some(match known.as_slice() {
        [] => hover.say(format!("No service of {shown} is known for it.")),
        [service, ..] => hover.say(format!("`{service}` of {shown}.")),
    })
}

fn icmp_type(span: Span, text: &str, protocol: Option<&str>) -> Option<Hover> {
    let is_v6 = protocol.is_some_and(|name| matches!(name, "icmpv6" | "ipv6-icmp" | "58"));
    let row = icmp::named(if is_v6 { Family::V6 } else { Family::V4 }, text)?;
    let number = match (row.ty, row.code) {
        (Some(kind), Some(code)) => format!("Type {kind}, code {code}."),
        (Some(kind), None) => format!("Type {kind}."),
        (None, _) => "Any type.".to_string(),
    };
    Some(Hover::new(span, format!("ICMP type {text}")).say(number))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
