//! What a node loads, with the lines that it was made from.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::Family;
use crate::emit;
use crate::ir::{self, Origin, Ruleset};
use crate::report::answer::{Answers, Line};
use crate::report::trace::made_by;
use crate::session::Node;
use crate::text::{FileId, Span};

/// Numbers and names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compiled<'a> {
    /// The node.
    pub node: &'a str,
    /// Whether the firewall is on.
    pub enabled: bool,
    /// The chains, by tool, table and name.
    pub chains: Vec<Chain>,
    /// The sets, by name.
    pub sets: Vec<SetName<'a>>,
    /// Number of rules in all chains.
    pub rules: usize,
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// `iptables`, `ip6tables` or `ebtables`.
    pub tool: &'static str,
    /// `filter` or `raw`.
    pub table: &'static str,
    /// Its name.
    pub chain: String,
    /// Number of its rules.
    pub rules: usize,
}

/// A set's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetName<'a> {
    /// The kernel's name.
    pub name: String,
    /// Number of its members.
    pub members: usize,
    /// The line that defines it.
    pub at: Option<Line<'a>>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule<'a> {
    /// `iptables`, `ip6tables` or `ebtables`.
    pub tool: &'static str,
    /// `filter` or `raw`.
    pub table: &'static str,
    /// The chain.
    pub chain: String,
    /// Its place in the chain, from 0.
    pub index: usize,
    /// As the tool is told.
    pub rule: String,
    /// `line`, `macro`, `group`, `policy` or `built-in`.
    pub maker: &'static str,
    /// The macro's name, or what the built-in rule is for.
    pub what: Option<&'static str>,
    /// The line it was made from.
    pub at: Option<Line<'a>>,
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Set<'a> {
    /// The kernel's name.
    pub name: String,
    /// `create …`
    pub create: String,
    /// The line that defines it.
    pub at: Option<Line<'a>>,
    /// Its members.
    pub members: Vec<Member<'a>>,
}

/// A member of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member<'a> {
    /// `add …`
    pub text: String,
    /// The line that put it there.
    pub at: Option<Line<'a>>,
}

/// What a line became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FromLine<'a> {
    /// Its rules.
    pub rules: Vec<Rule<'a>>,
    /// Sets and members.
    pub members: Vec<FromLineMember>,
}

/// A set, or a member of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FromLineMember {
    /// The kernel's name.
    pub set: String,
    /// `create …` or `add …`
    pub text: String,
}

/// The input of the restore tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restore {
    /// For `ipset restore`.
    pub ipset: String,
    /// For `ebtables-restore`.
    pub ebtables: String,
    /// For `iptables-restore`.
    pub iptables: String,
    /// For `ip6tables-restore`.
    pub ip6tables: String,
}

impl From<emit::Restore> for Restore {
    fn from(texts: emit::Restore) -> Self {
        let emit::Restore { ipset, ebtables, iptables, ip6tables } = texts;
        Self { ipset, ebtables, iptables, ip6tables }
    }
}

/// Which rules are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesQuery {
    /// Of this tool.
    pub tool: Option<String>,
    /// Of this table.
    pub table: Option<String>,
    /// Of this chain.
    pub chain: Option<String>,
}

impl RulesQuery {
    fn wants(&self, place: &Place) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        fits(&self.tool, place.tool) && fits(&self.table, place.table) && fits(&self.chain, &place.chain)
    }
}

/// A chain's place.
struct Place {
    tool: &'static str,
    table: &'static str,
    chain: String,
}

/// A chain with what a rule's text needs.
enum Rules<'r> {
    Ip(ir::ChainName, &'r [ir::Rule]),
    Bridge(ir::ChainName, &'r [ir::BridgeRule]),
}

impl Rules<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Ip(_, rules) => rules.len(),
            Self::Bridge(_, rules) => rules.len(),
        }
    }

    /// The origins, and how to write each rule.
    fn all(&self) -> Vec<(Origin, String)> {
        self.chosen(|_| true).into_iter().map(|(_, origin, text)| (origin, text)).collect()
    }

    /// Those whose origin is asked for, with their places.
    fn chosen(&self, wanted: impl Fn(Origin) -> bool) -> Vec<(usize, Origin, String)> {
        match self {
            Self::Ip(chain, rules) => rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| wanted(rule.origin))
                .map(|(index, rule)| (index, rule.origin, emit::rule_line(*chain, rule)))
                .collect(),
            Self::Bridge(chain, rules) => rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| wanted(rule.origin))
                .map(|(index, rule)| (index, rule.origin, emit::bridge_line(*chain, rule)))
                .collect(),
        }
    }
}

fn chains(ruleset: &Ruleset) -> impl Iterator<Item = (Place, Rules<'_>)> {
    let families = [(Family::V4, "iptables"), (Family::V6, "ip6tables")];
    let ip = families.into_iter().flat_map(|(family, tool)| {
        let tables = ruleset.tables(family);
        [("raw", &tables.raw), ("filter", &tables.filter)].into_iter().flat_map(move |(table, rows)| {
            rows.chains.iter().map(move |(name, chain)| {
                (Place { tool, table, chain: name.to_string() }, Rules::Ip(*name, &chain.rules))
            })
        })
    });
    let bridge = ruleset.bridge.chains.iter().map(|(name, chain)| {
        let place = Place { tool: "ebtables", table: "filter", chain: name.to_string() };
        (place, Rules::Bridge(*name, &chain.rules))
    });
    ip.chain(bridge)
}

impl<'f> Answers<'f> {
    /// Numbers and names.
    pub fn compiled<'a>(&mut self, node: &'a Node) -> Compiled<'a>
    where
        'f: 'a,
    {
        let chains: Vec<_> = chains(&node.ruleset)
            .map(|(Place { tool, table, chain }, rules)| Chain { tool, table, chain, rules: rules.len() })
            .collect();
        let name = |(name, set): (&ir::SetName, &ir::Set)| SetName {
            name: name.to_string(),
            members: set.members.len(),
            at: set.span.map(|span| self.line(span)),
        };
        Compiled {
            node: &node.name,
            enabled: node.is_enabled(),
            sets: node.ruleset.sets.iter().map(name).collect(),
            rules: chains.iter().map(|chain| chain.rules).sum(),
            chains,
        }
    }

    /// Rules.
    pub fn rules(&mut self, ruleset: &Ruleset, query: &RulesQuery) -> Vec<Rule<'f>> {
        let mut found = Vec::new();
        for (place, rules) in chains(ruleset).filter(|(place, _)| query.wants(place)) {
            for (index, (origin, text)) in rules.all().into_iter().enumerate() {
                found.push(self.rule(&place, index, origin, text));
            }
        }
        found
    }

    fn rule(&mut self, place: &Place, index: usize, origin: Origin, rule: String) -> Rule<'f> {
        let (maker, what) = made_by(origin);
        let at = origin.span.map(|span| self.line(span));
        Rule {
            tool: place.tool,
            table: place.table,
            chain: place.chain.clone(),
            index,
            rule,
            maker,
            what,
            at,
        }
    }

    /// A set by the kernel's name.
    pub fn compiled_set(&mut self, ruleset: &Ruleset, name: &str) -> Option<Set<'f>> {
        let (kernel, set) = ruleset.sets.iter().find(|(kernel, _)| kernel.as_str() == name)?;
        let mut lines = emit::set_lines(*kernel, set).into_iter();
        let create = lines.next()?;
        let members = lines
            .zip(&set.members)
            .map(|(text, member)| Member { text, at: member.span.map(|span| self.line(span)) })
            .collect();
        Some(Set { name: name.to_string(), create, at: set.span.map(|span| self.line(span)), members })
    }

    /// What the bytes of a line became.
    pub fn from_line(&mut self, ruleset: &Ruleset, line: Span) -> FromLine<'f> {
        let begins_there = |span: Option<Span>| {
            span.is_some_and(|span| span.file == line.file && (line.start..line.end).contains(&span.start))
        };
        let mut found = FromLine { rules: Vec::new(), members: Vec::new() };
        for (place, rules) in chains(ruleset) {
            for (index, origin, text) in rules.chosen(|origin| begins_there(origin.span)) {
                let rule = self.rule(&place, index, origin, text);
                found.rules.push(rule);
            }
        }
        for (name, set) in &ruleset.sets {
            let all = core::iter::once(set.span).chain(set.members.iter().map(|member| member.span));
            if !all.clone().any(begins_there) {
                continue;
            }
            let lines = emit::set_lines(*name, set).into_iter().zip(all);
            found.members.extend(
                lines
                    .filter(|(_, span)| begins_there(*span))
                    .map(|(text, _)| FromLineMember { set: name.to_string(), text }),
            );
        }
        found
    }

    /// The bytes of a line (from 1) with its end; `None` if the file has no such line.
    pub fn line_span(&mut self, file: FileId, line: u32) -> Option<Span> {
        let text = self.files().text(file);
        let lines = self.lines(file);
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let last = lines.line(end);
        let behind = if line < last { lines.start(line + 1) } else { end.saturating_add(1) };
        (1..=last).contains(&line).then(|| Span::new(file, lines.start(line), behind))
    }
}
