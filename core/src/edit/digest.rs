//! Digests of what a file says, by which Proxmox VE's interface knows whether something is still as it was seen (spec 12
//! section 2). They are the same as the interface's, so that a digest from there can be checked here.
//!
//! What is written is what counts, not how: comments of their own, blanks and the order of options change nothing.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use sha1::{Digest, Sha1};

use super::document::{Document, Line};
use super::editor::{CLUSTER, Editor};
use super::error::EditError;
use super::names::Named;
use super::sections::Section;
use crate::Family;
use crate::config::lower::lower;
use crate::config::{AddressValue, Level, Scope, options};
use crate::diag::Sink;
use crate::facts::Names;
use crate::syntax::{OptionName, SectionKind, Token, TokenKind, ast};
use crate::tables::{log_levels::LogLevel, macros};
use crate::text::FileId;

/// What a digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digested<'n> {
    /// The options of a file. One that is set to a value that can't be is none.
    Options,
    /// The rules of a file, or of one of its security groups.
    Rules(Option<&'n str>),
    /// The aliases.
    Aliases,
    /// The members of a set.
    Members(&'n str),
    /// The names and comments of sets or groups; what is in them does not count.
    Names(Named),
}

impl Digested<'_> {
    const fn section(self) -> SectionKind {
        match self {
            Self::Options => SectionKind::Options,
            Self::Rules(None) => SectionKind::Rules,
            Self::Rules(Some(_)) => SectionKind::Group,
            Self::Aliases => SectionKind::Aliases,
            Self::Members(_) => SectionKind::IpSet,
            Self::Names(named) => named.section(),
        }
    }

    /// In words, for messages.
    fn what(self, path: &str) -> String {
        match self {
            Self::Options => format!("the options of `{path}`"),
            Self::Rules(None) => format!("the rules of `{path}`"),
            Self::Rules(Some(group)) => format!("the rules of the security group `{group}`"),
            Self::Aliases => format!("the aliases of `{path}`"),
            Self::Members(set) => format!("the members of the set `{set}`"),
            Self::Names(named) => format!("the {}s of `{path}`", named.what()),
        }
    }
}

/// The fields of an element by name; those without a value are not there.
type Fields = BTreeMap<&'static str, String>;

impl Editor {
    /// The digest of a part of a file as it is now: SHA-1 in 40 hexadecimal digits. Without such a file it is that of
    /// nothing.
    ///
    /// # Errors
    /// The file is no firewall file, or has no such set or group.
    pub fn digest(&mut self, path: &str, of: Digested<'_>) -> Result<String, EditError> {
        let of_cluster =
            if matches!(of, Digested::Rules(_)) { self.open(CLUSTER)?.alias_families() } else { Vec::new() };
        self.open_for(path, of.section())?;
        let Some(document) = self.documents.get(path) else { return Ok(hash(&[])) };
        let names = Names::new(&self.facts);
        Ok(hash(&match of {
            Digested::Options => Vec::from([document.option_fields(&names)]),
            Digested::Rules(group) => {
                let sections = match group {
                    Some(group) => Vec::from([document.named(Named::Group, group)?]),
                    None => document.sections_of(SectionKind::Rules, ""),
                };
                let own = if group.is_none() { document.alias_families() } else { Vec::new() };
                let aliases = Aliases { own, of_cluster, is_cluster: path == CLUSTER };
                let rules = document.entries(&sections);
                rules.filter_map(|(at, line)| document.rule_fields(line, at, &aliases, &names)).collect()
            }
            Digested::Aliases => document.alias_fields(),
            Digested::Members(set) => document.member_fields(&document.named(Named::Set, set)?),
            Digested::Names(kind) => {
                let key = if kind == Named::Set { "name" } else { "group" };
                let mut found = self.names(path, kind)?;
                found.sort_unstable();
                let fields = found.into_iter().map(|(name, comment)| {
                    let comment = comment.map(|comment| ("comment", comment));
                    [(key, name)].into_iter().chain(comment).collect()
                });
                fields.collect()
            }
        }))
    }

    /// Makes sure that a part of a file is still the one that was seen with a digest.
    ///
    /// # Errors
    /// It is another one, or what is given is no digest; else as [`Editor::digest`].
    pub fn check_digest(&mut self, path: &str, of: Digested<'_>, seen: &str) -> Result<(), EditError> {
        if seen.len() != 40 || !seen.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(EditError::refused(format!("`{}` is not a digest", seen.escape_debug()))
                .help("a digest has 40 hexadecimal digits"));
        }
        let now = self.digest(path, of)?;
        if now.eq_ignore_ascii_case(seen) {
            return Ok(());
        }
        Err(EditError::changed(format!(
            "{} are not those that were seen: their digest is `{now}`, not `{seen}`",
            of.what(path)
        ))
        .help("look at what they are now, and decide again"))
    }
}

fn hash(elements: &[Fields]) -> String {
    let mut hash = Sha1::new();
    for (name, value) in elements.iter().flatten() {
        for part in [name, ":", value, "\n"] {
            hash.update(part);
        }
    }
    let mut text = String::with_capacity(40);
    for byte in hash.finalize() {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// An alias that is defined at a position: its name in lower case, and its family.
type AliasFamily = (usize, String, Family);

/// What rules can refer to.
struct Aliases {
    /// Of the rule's file; a security group has none of its own.
    own: Vec<AliasFamily>,
    of_cluster: Vec<AliasFamily>,
    /// Whether the rule stands in the cluster file: of that, only what stands above is known.
    is_cluster: bool,
}

impl Aliases {
    /// The family of an alias for a rule at a position (spec 01 section 7.1).
    fn family(&self, scope: Scope, name: &str, at: usize) -> Option<Family> {
        let name = name.to_ascii_lowercase();
        let find = |aliases: &[AliasFamily], limit: usize| {
            let known = |(place, other, _): &&AliasFamily| *place < limit && *other == name;
            aliases.iter().rev().find(known).map(|(_, _, family)| *family)
        };
        let own = || find(&self.own, at);
        let of_cluster = || find(&self.of_cluster, if self.is_cluster { at } else { usize::MAX });
        match scope {
            Scope::Guest => own(),
            Scope::Datacenter => of_cluster(),
            Scope::Any | Scope::Sdn => own().or_else(of_cluster),
        }
    }
}

impl Document {
    /// The comment of a line; empty if there is only a `#`.
    fn whole_comment(&self, line: Line) -> Option<String> {
        let token = self.tokens(line).into_iter().find(|token| token.kind == TokenKind::Comment)?;
        let word = self.word(line, token);
        Some(word.strip_prefix('#').unwrap_or(&word).trim().to_string())
    }

    fn comment_text(&self, line: Line) -> Option<String> {
        self.whole_comment(line).filter(|comment| !comment.is_empty())
    }

    fn option_fields(&self, names: &Names<'_>) -> Fields {
        let mut fields = Fields::new();
        for pair in self.pairs(SectionKind::Options) {
            let Some(name) = options::read(self.level, &pair.name, &pair.value, names) else { continue };
            // As they are stored (spec 02).
            let value = if name.starts_with("policy_") {
                pair.value.to_ascii_uppercase()
            } else if name.contains("log_level") || name == "nf_conntrack_helpers" {
                pair.value.to_ascii_lowercase()
            } else {
                pair.value
            };
            fields.insert(name, value);
        }
        fields
    }

    /// Where aliases are defined, in order.
    fn alias_families(&self) -> Vec<AliasFamily> {
        let aliases = self.pairs(SectionKind::Aliases).into_iter();
        let found = aliases
            .filter_map(|pair| Some((pair.position, pair.name.to_ascii_lowercase(), family(&pair.value)?)));
        found.collect()
    }

    fn alias_fields(&self) -> Vec<Fields> {
        let mut aliases: BTreeMap<String, Fields> = BTreeMap::new();
        for pair in self.pairs(SectionKind::Aliases) {
            let Some(family) = family(&pair.value) else { continue };
            let mut fields = Fields::from([
                ("cidr", short(&pair.value).to_string()),
                ("ipversion", version(family).to_string()),
                ("name", pair.name),
            ]);
            fields.extend(self.comment_text(pair.line).map(|comment| ("comment", comment)));
            aliases
                .insert(fields.get("name").map(|name| name.to_ascii_lowercase()).unwrap_or_default(), fields);
        }
        aliases.into_values().collect()
    }

    fn member_fields(&self, section: &Section) -> Vec<Fields> {
        let members = self.entries(core::slice::from_ref(section)).map(|(_, line)| {
            let tokens = self.tokens(line);
            let view = ast::Member::of(&tokens);
            let value = view.value.map(|value| ("cidr", short(&self.word(line, value)).to_string()));
            let nomatch = view.bang.map(|_| ("nomatch", "1".to_string()));
            let comment = self.comment_text(line);
            [value, nomatch, comment.map(|comment| ("comment", comment))].into_iter().flatten().collect()
        });
        members.collect()
    }

    /// The fields of a rule (spec 01 section 6.2); `None` for a line that counts as none.
    fn rule_fields(&self, line: Line, at: usize, aliases: &Aliases, names: &Names<'_>) -> Option<Fields> {
        let tokens = self.tokens(line);
        let view = ast::Rule::of(&tokens);
        let word = |token: Token| self.word(line, token);
        let kind = word(view.direction?).to_ascii_lowercase();
        let enabled = if view.bar.is_some() { "0" } else { "1" };
        let mut fields = Fields::from([("enable", enabled.to_string())]);
        let action = word(view.action?);
        let parts = action.strip_suffix(')').and_then(|action| action.split_once('('));
        match parts.filter(|(_, action)| kind != "group" && ["ACCEPT", "DROP", "REJECT"].contains(action)) {
            Some((name, action)) => {
                let row = macros::index(name).and_then(|index| macros::MACROS.get(usize::from(index)));
                fields.insert("macro", row.map_or(name, |row| row.name).to_string());
                fields.insert("action", action.to_string());
            }
            None => drop(fields.insert("action", action)),
        }
        for (name, _, value) in view.options() {
            fields.insert(field(name), word(value));
        }
        if kind == "group" && view.options().any(|(name, ..)| name != OptionName::Interface) {
            return None;
        }
        if fields.get("log").is_some_and(|level| level != "nolog" && LogLevel::named(level).is_none()) {
            return None;
        }
        if let Some(family) = self.rule_family(line, at, &fields, (aliases, names))? {
            fields.insert("ipversion", version(family).to_string());
        }
        fields.insert("type", kind);
        // COMPAT: of rules alone an empty comment is one.
        fields.extend(self.whole_comment(line).map(|comment| ("comment", comment)));
        Some(fields)
    }

    /// The family that the parts of a rule agree on. `None`: the line is no rule.
    #[expect(
        clippy::option_option,
        reason = "outside: whether there is a rule; inside: whether it has a family"
    )]
    fn rule_family(
        &self,
        line: Line,
        at: usize,
        fields: &Fields,
        (aliases, names): (&Aliases, &Names<'_>),
    ) -> Option<Option<Family>> {
        let mut text = b"[RULES]\n".to_vec();
        text.extend_from_slice(self.content(line));
        let rule = lower(FileId(0), &text, Level::Cluster, names, &mut Sink::new()).rules.pop()?;
        let mut family = match fields.get("proto").map(String::as_str) {
            Some("icmp") => Some(Family::V4),
            Some("icmpv6" | "ipv6-icmp") => Some(Family::V6),
            _ => None,
        };
        for value in [rule.source, rule.destination].into_iter().flatten() {
            match value.value {
                AddressValue::Literal(literal) => family = family.or(Some(literal.value().family())),
                AddressValue::Alias(reference) => {
                    let name = core::str::from_utf8(reference.name.of(&text)).unwrap_or_default();
                    let seen = aliases.family(reference.scope, name, at);
                    // COMPAT: with another one, such a rule is as good as not there [Q4].
                    if family.is_some() && seen.is_some() && family != seen {
                        return None;
                    }
                    family = family.or(seen);
                }
                AddressValue::Set(_) | AddressValue::Faulty(_) => {}
            }
        }
        Some(family)
    }
}

/// The name of an option of rules, as a field.
const fn field(name: OptionName) -> &'static str {
    match name {
        OptionName::Interface => "iface",
        OptionName::Protocol => "proto",
        OptionName::DestinationPort => "dport",
        OptionName::SourcePort => "sport",
        OptionName::Source => "source",
        OptionName::Destination => "dest",
        OptionName::Log => "log",
        OptionName::IcmpType => "icmp-type",
    }
}

/// The family of the network that an alias stands for.
fn family(network: &str) -> Option<Family> {
    let (net, _) = crate::facts::parse(network).ok()?;
    Some(if net.addr().is_ipv4() { Family::V4 } else { Family::V6 })
}

const fn version(family: Family) -> &'static str {
    match family {
        Family::V4 => "4",
        Family::V6 => "6",
    }
}

/// An address or network without a prefix of all bits.
fn short(network: &str) -> &str {
    let all = if network.contains(':') { "/128" } else { "/32" };
    network.strip_suffix(all).unwrap_or(network)
}
