//! What could be written at a place.
//!
//! ```
//! use pvefw_core::{datacenter::Datacenter, facts::Facts, lang::complete::complete};
//! let mut datacenter = Datacenter::new();
//! let file = datacenter.add("firewall/100.fw", "[RULES]\nIN SS").unwrap();
//! let found = complete(&datacenter, &Facts::default(), file, 13).unwrap();
//! assert_eq!((found.start, found.end), (11, 13));
//! assert!(found.items.iter().any(|item| item.label == "SSH" && item.insert == "SSH(ACCEPT)"));
//! ```

mod rule;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::outline::Entry;
use super::place::Here;
use super::symbols::SymbolKind;
use super::words;
use crate::config::{Level, options};
use crate::datacenter::Datacenter;
use crate::facts::{Facts, Names};
use crate::syntax::SectionKind;
use crate::text::FileId;

/// What a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A header.
    Section,
    /// The name of an option.
    Option,
    /// The value of an option.
    Value,
    /// `IN`, `OUT`, `FORWARD` or `GROUP`.
    Direction,
    /// `ACCEPT`, `DROP` or `REJECT`.
    Action,
    /// A macro with an action.
    Macro,
    /// An option of a rule.
    RuleOption,
    /// A reference to an alias.
    Alias,
    /// A reference to a set, or the name of one that the firewall looks for.
    Set,
    /// A reference to a group.
    Group,
    /// A network device.
    Interface,
    /// A protocol.
    Protocol,
    /// A port by name.
    Service,
    /// An ICMP type.
    IcmpType,
    /// A log level.
    LogLevel,
}

impl Kind {
    /// The word for it: `rule-option`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Section => "section",
            Self::Option => "option",
            Self::Value => "value",
            Self::Direction => "direction",
            Self::Action => "action",
            Self::Macro => "macro",
            Self::RuleOption => "rule-option",
            Self::Alias => "alias",
            Self::Set => "set",
            Self::Group => "group",
            Self::Interface => "interface",
            Self::Protocol => "protocol",
            Self::Service => "service",
            Self::IcmpType => "icmp-type",
            Self::LogLevel => "log-level",
        }
    }
}

/// What could stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// First byte of what a proposal replaces.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// What fits, the likeliest first; not filtered by what is written.
    pub items: Vec<Completion>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// A few words beside it.
    pub detail: String,
    /// A sentence or two.
    pub documentation: String,
    /// What to write.
    pub insert: String,
    /// Whether the text goes on behind it.
    pub more: bool,
}

impl Completion {
    fn new(kind: Kind, label: impl Into<String>) -> Self {
        let label = label.into();
        let (detail, documentation) = (String::new(), String::new());
        Self { insert: label.clone(), label, kind, detail, documentation, more: false }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    fn about(self, documentation: impl Into<String>) -> Self {
        Self { documentation: documentation.into(), ..self }
    }

    fn insert(self, insert: impl Into<String>) -> Self {
        Self { insert: insert.into(), ..self }
    }

    fn goes_on(self) -> Self {
        Self { more: true, ..self }
    }
}

/// What could be written at a byte of a file. `None`: nothing is known about this place, or it is in a comment.
pub fn complete(datacenter: &Datacenter, facts: &Facts, file: FileId, offset: u32) -> Option<Completions> {
    let here = Here::find(datacenter, file, offset)?;
    let names = Names::new(facts);
    Cursor::new(&here, facts, &names)?.complete().filter(|found| !found.items.is_empty())
}

/// The line around the cursor, cut into words.
struct Cursor<'h, 't> {
    here: &'h Here<'t>,
    facts: &'h Facts,
    names: &'h Names<'h>,
    /// The line up to the cursor, without what leads.
    before: &'t str,
    /// What stands behind the cursor.
    after: &'t str,
}

impl<'h, 't> Cursor<'h, 't> {
    fn new(here: &'h Here<'t>, facts: &'h Facts, names: &'h Names<'h>) -> Option<Self> {
        let part =
            |start: u32, end: u32| core::str::from_utf8(here.text.get(start as usize..end as usize)?).ok();
        let before = part(here.line.start, here.offset)?;
        let before = before.trim_start_matches('\u{feff}').trim_start();
        let after = part(here.offset, here.line.end)?;
        (!before.contains('#')).then_some(Self { here, facts, names, before, after })
    }

    fn complete(&self) -> Option<Completions> {
        let in_set = self.here.section == Some(SectionKind::IpSet);
        if self.before.starts_with('[') && !(in_set && self.before.contains(['.', ':'])) {
            return self.header();
        }
        let mut found = match self.here.section {
            None => self.word(Vec::new()),
            Some(SectionKind::Options) => self.option()?,
            Some(SectionKind::Aliases) => self.alias(),
            Some(SectionKind::IpSet) => self.member(),
            Some(SectionKind::Rules | SectionKind::Group) => self.rule(),
        };
        if self.before.is_empty() && self.after.trim().is_empty() {
            found.items.extend(self.sections());
        }
        Some(found)
    }

    /// Proposals for the word that the cursor is in.
    fn word(&self, items: Vec<Completion>) -> Completions {
        self.piece(|letter| letter.is_whitespace() || letter == '#', items)
    }

    /// Proposals for the piece of text that the cursor is in; what ends a piece is no part of it.
    fn piece(&self, ends: impl Fn(char) -> bool, items: Vec<Completion>) -> Completions {
        let in_front = self.before.rsplit(&ends).next().unwrap_or_default().len();
        let behind = self.after.split(&ends).next().unwrap_or_default().len();
        let number = |length: usize| u32::try_from(length).unwrap_or(0);
        let (start, end) = (
            self.here.offset.saturating_sub(number(in_front)),
            self.here.offset.saturating_add(number(behind)),
        );
        Completions { start, end, items }
    }

    fn sections(&self) -> impl Iterator<Item = Completion> {
        let allowed = SectionKind::ALL.into_iter().filter(|(kind, _)| self.here.level.allows(*kind));
        allowed.map(|(kind, word)| {
            let about = words::section(kind);
            if kind.is_named() {
                Completion::new(Kind::Section, format!("[{word} name]"))
                    .about(about)
                    .insert(format!("[{word} "))
                    .goes_on()
            } else {
                Completion::new(Kind::Section, format!("[{word}]")).about(about)
            }
        })
    }

    /// `[RU`, or `[IPSET man`.
    fn header(&self) -> Option<Completions> {
        let inside = self.before.strip_prefix('[')?;
        if inside.contains(']') {
            return None;
        }
        let closed = self.after.split_once(']').map_or("", |(name, _)| name);
        let Some((word, name)) = inside.split_once(char::is_whitespace) else {
            // The whole header gives way.
            let rest = if self.after.contains(']') { closed.len() + 1 } else { self.after.trim_end().len() };
            let number = |length: usize| u32::try_from(length).unwrap_or(0);
            return Some(Completions {
                start: self.here.offset.saturating_sub(number(self.before.len())),
                end: self.here.offset.saturating_add(number(rest)),
                items: self.sections().collect(),
            });
        };
        if SectionKind::named(word.as_bytes()) != Some(SectionKind::IpSet)
            || name.contains(char::is_whitespace)
        {
            return None;
        }
        let end = if self.after.contains(']') { "" } else { "]" };
        let item = |name: &str, about: &str| {
            Completion::new(Kind::Set, name).about(about).insert(format!("{name}{end}"))
        };
        let items = match self.here.level {
            Level::Cluster => words::SPECIAL_SETS.map(|(name, about)| item(name, about)).into(),
            Level::Guest => {
                let nics = self.here.nics();
                nics.iter().map(|nic| item(nic.filter_set(), words::FILTER_SET)).collect()
            }
            Level::Host | Level::Vnet => return None,
        };
        Some(self.piece(|letter| letter.is_whitespace() || letter == ']', items))
    }

    /// `poli`, or `policy_in: DR`.
    fn option(&self) -> Option<Completions> {
        let level = self.here.level;
        let Some((name, value)) = self.before.split_once(':') else {
            if self.before.contains(char::is_whitespace) {
                return None;
            }
            let ends_in_colon =
                self.after.trim_start_matches(|c: char| !c.is_whitespace() && c != ':').starts_with(':');
            let items = options::names(level).iter().filter_map(|name| {
                let about = options::about(level, name, self.names)?;
                let values = if about.is_list { String::new() } else { about.proposals.join(" | ") };
                let insert = if ends_in_colon { (*name).to_string() } else { format!("{name}: ") };
                let item =
                    Completion::new(Kind::Option, *name).detail(values).about(about.text).insert(insert);
                Some(item.goes_on())
            });
            return Some(self.piece(|letter| letter.is_whitespace() || letter == ':', items.collect()));
        };
        let about = options::about(level, &name.to_ascii_lowercase(), self.names)?;
        if value.trim_start().contains(char::is_whitespace) {
            return None;
        }
        let items = about.proposals.iter().map(|value| Completion::new(Kind::Value, value.as_str()));
        let is_list = about.is_list;
        // A colon is not part of the value where it ends the name.
        let ends = |letter: char| letter.is_whitespace() || letter == ':' || is_list && letter == ',';
        Some(self.piece(ends, items.collect()))
    }

    /// The name of an alias that the firewall looks for.
    fn alias(&self) -> Completions {
        let known = self.here.level == Level::Cluster
            && !self.before.contains(char::is_whitespace)
            && !self.here.own().iter().any(|entry| {
                entry.kind == SymbolKind::Alias && entry.name.eq_ignore_ascii_case("local_network")
            });
        let item = Completion::new(Kind::Alias, "local_network")
            .about("The network of the nodes, in place of the one that is detected.")
            .insert("local_network ");
        self.word(if known { Vec::from([item]) } else { Vec::new() })
    }

    /// A member of a set.
    fn member(&self) -> Completions {
        let text = self.before.trim_start_matches('!').trim_start();
        let items = if text.contains(char::is_whitespace) { Vec::new() } else { self.aliases() };
        self.piece(|letter| letter.is_whitespace() || letter == '!' || letter == '#', items)
    }

    /// References to the aliases that can be used here.
    fn aliases(&self) -> Vec<Completion> {
        let item = |entry: &Entry<'_>, prefix: &str| {
            Completion::new(Kind::Alias, format!("{prefix}{}", entry.name))
                .detail(entry.value)
                .about(entry.comment)
        };
        self.references(SymbolKind::Alias, item)
    }

    /// References to the sets that can be used here.
    fn sets(&self) -> Vec<Completion> {
        let item = |entry: &Entry<'_>, prefix: &str| {
            let members = entry.lines.len();
            let plural = if members == 1 { "" } else { "s" };
            Completion::new(Kind::Set, format!("+{prefix}{}", entry.name.to_ascii_lowercase()))
                .detail(format!("{members} member{plural}"))
                .about(entry.comment)
        };
        let mut found = self.references(SymbolKind::Set, item);
        found.extend(self.facts.sdn.ipset.iter().map(|(name, members)| {
            Completion::new(Kind::Set, format!("+sdn/{name}"))
                .detail(format!("{} members", members.len()))
                .about("A set of the software-defined network.")
        }));
        found
    }

    /// The last definition of each name that stands where this line can see it: its own file's first.
    fn references(&self, kind: SymbolKind, item: impl Fn(&Entry<'_>, &str) -> Completion) -> Vec<Completion> {
        let (own, shared) = match self.here.level {
            // pve-firewall knows only what stands above.
            Level::Cluster => (self.here.own(), Vec::new()),
            Level::Guest => (self.here.own(), self.here.shared()),
            Level::Host | Level::Vnet => (Vec::new(), self.here.shared()),
        };
        let above = own.iter().filter(|entry| entry.span.start < self.here.line.start);
        let all = above.map(|entry| (entry, "")).chain(shared.iter().map(|entry| (entry, "dc/")));
        let mut found: Vec<(String, Completion)> = Vec::new();
        // Who has begun to write the name alone goes on with it.
        let written =
            self.before.rsplit([' ', '\t', '+', '!']).next().unwrap_or_default().to_ascii_lowercase();
        for (entry, mut prefix) in all.filter(|(entry, _)| entry.kind == kind) {
            if !written.is_empty() && entry.name.to_ascii_lowercase().starts_with(&written) {
                prefix = "";
            }
            let key = format!("{prefix}{}", entry.name.to_ascii_lowercase());
            let made = item(entry, prefix);
            match found.iter_mut().find(|(other, _)| *other == key) {
                // A file's own definition hides that of the cluster; of several in a file the last counts.
                Some(_) if prefix.is_empty() && entry.span.file != self.here.file => {}
                Some((_, earlier)) => *earlier = made,
                None => found.push((key, made)),
            }
        }
        found.into_iter().map(|(_, made)| made).collect()
    }
}
