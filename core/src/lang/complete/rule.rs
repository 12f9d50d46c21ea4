//! Proposals in rules.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Completion, Completions, Cursor, Kind};
use crate::Family;
use crate::config::{Action, Direction, Level};
use crate::datacenter::FileKind;
use crate::lang::symbols::SymbolKind;
use crate::lang::words;
use crate::syntax::{OptionName, SectionKind};
use crate::tables::macros::{self, Macro, Template};
use crate::tables::services::Transport;
use crate::tables::{icmp, log_levels};

/// The options of rules, those written most often first.
const OPTIONS: [OptionName; 8] = [
    OptionName::Source,
    OptionName::Destination,
    OptionName::Protocol,
    OptionName::DestinationPort,
    OptionName::SourcePort,
    OptionName::Interface,
    OptionName::IcmpType,
    OptionName::Log,
];

/// The protocols written most often.
const USUAL_PROTOCOLS: [&str; 4] = ["tcp", "udp", "icmp", "icmpv6"];

impl Cursor<'_, '_> {
    /// The word of a rule that the cursor is in.
    pub(super) fn rule(&self) -> Completions {
        let before = self.before.strip_prefix('|').unwrap_or(self.before);
        let mut words: Vec<&str> = before.split_whitespace().collect();
        if before.ends_with(|letter: char| !letter.is_whitespace()) {
            words.pop();
        }
        let ends = |letter: char| letter.is_whitespace() || letter == '#' || letter == '|';
        match words.as_slice() {
            [] => self.piece(ends, self.directions()),
            [direction] if direction.eq_ignore_ascii_case("GROUP") => self.word(self.groups()),
            [direction] => self.word(self.actions(direction)),
            [direction, action, rest @ ..] => {
                let rule = Rule { direction, action, line: self.rule_words() };
                match rest.last().and_then(|word| OptionName::spelled(word.as_bytes())) {
                    // A value can look like an option, but then the rule is wrong anyway.
                    Some(option) => self.value(option, &rule),
                    None => self.word(self.rule_options(&rule)),
                }
            }
        }
    }

    /// All words of the line, also behind the cursor.
    fn rule_words(&self) -> Vec<&str> {
        let after = self.after.split('#').next().unwrap_or_default();
        self.before.split_whitespace().chain(after.split_whitespace()).collect()
    }

    fn directions(&self) -> Vec<Completion> {
        let in_group = self.here.section == Some(SectionKind::Group);
        let level = self.here.level;
        let fits = |direction: Option<Direction>| match direction {
            Some(Direction::In | Direction::Out) => level != Level::Vnet,
            Some(Direction::Forward) => level != Level::Guest,
            None => !in_group,
        };
        let rows = words::DIRECTIONS.into_iter().filter(|(_, direction, _)| fits(*direction));
        rows.map(|(word, _, about)| {
            Completion::new(Kind::Direction, word).about(about).insert(format!("{word} ")).goes_on()
        })
        .collect()
    }

    fn groups(&self) -> Vec<Completion> {
        let shared = self.here.shared();
        let mut names: Vec<(String, Completion)> = Vec::new();
        for entry in shared.iter().filter(|entry| entry.kind == SymbolKind::Group) {
            let name = entry.name.to_ascii_lowercase();
            let rules = entry.lines.len();
            let plural = if rules == 1 { "" } else { "s" };
            let item = Completion::new(Kind::Group, name.as_str())
                .detail(format!("{rules} rule{plural}"))
                .about(entry.comment);
            match names.iter_mut().find(|(other, _)| *other == name) {
                Some((_, earlier)) => *earlier = item,
                None => names.push((name, item)),
            }
        }
        names.into_iter().map(|(_, item)| item).collect()
    }

    fn actions(&self, direction: &str) -> Vec<Completion> {
        let forward = direction.eq_ignore_ascii_case("FORWARD");
        let actions = Action::ALL.into_iter().filter(|action| !(forward && *action == Action::Reject));
        // `SSH(` goes on with an action.
        let written = self.before.split_whitespace().next_back().unwrap_or_default();
        if let Some(row) = written.split_once('(').and_then(|(name, _)| known_macro(name)) {
            return actions
                .map(|action| {
                    Completion::new(Kind::Macro, format!("{}({})", row.name, action.name()))
                        .detail(summary(row))
                        .about(words::action(action))
                })
                .collect();
        }
        let plain =
            actions.map(|action| Completion::new(Kind::Action, action.name()).about(words::action(action)));
        let macros = macros::MACROS.iter().map(|row| {
            Completion::new(Kind::Macro, row.name)
                .detail(summary(row))
                .about(row.description)
                .insert(format!("{}(ACCEPT)", row.name))
        });
        plain.chain(macros).collect()
    }

    fn rule_options(&self, rule: &Rule<'_>) -> Vec<Completion> {
        let in_group = self.here.section == Some(SectionKind::Group);
        let is_icmp =
            rule.value(OptionName::Protocol).is_some_and(|protocol| icmp_family(protocol).is_some());
        let fits = |option: OptionName| match option {
            OptionName::Interface => !in_group && self.here.level != Level::Vnet,
            _ if rule.direction.eq_ignore_ascii_case("GROUP") => false,
            OptionName::Protocol | OptionName::DestinationPort if rule.expanded().is_some() => false,
            OptionName::IcmpType => {
                rule.expanded().is_none() && (is_icmp || rule.value(OptionName::Protocol).is_none())
            }
            OptionName::DestinationPort | OptionName::SourcePort => !is_icmp,
            _ => true,
        };
        let free = OPTIONS.into_iter().filter(|option| fits(*option) && !rule.has(*option));
        free.map(|option| {
            let word = option.spelling();
            Completion::new(Kind::RuleOption, word)
                .about(words::rule_option(option))
                .insert(format!("{word} "))
                .goes_on()
        })
        .collect()
    }

    fn value(&self, option: OptionName, rule: &Rule<'_>) -> Completions {
        let protocol = rule.value(OptionName::Protocol);
        let in_list = |letter: char| letter.is_whitespace() || letter == ',' || letter == '#';
        match option {
            OptionName::Interface => self.word(self.interfaces()),
            OptionName::Protocol => self.word(self.protocols()),
            OptionName::Log => self.word(log_level_items()),
            OptionName::IcmpType => self.word(icmp_items(protocol.and_then(icmp_family))),
            OptionName::DestinationPort | OptionName::SourcePort => match protocol.and_then(icmp_family) {
                Some(family) if option == OptionName::DestinationPort => self.word(icmp_items(Some(family))),
                _ => self.piece(in_list, self.services(protocol)),
            },
            OptionName::Source | OptionName::Destination => {
                let mut items = self.aliases();
                items.extend(self.sets());
                self.word(items)
            }
        }
    }

    fn interfaces(&self) -> Vec<Completion> {
        if self.here.level == Level::Guest {
            let item = |nic: &crate::config::nic::Nic| {
                let bridge = nic.bridge.as_deref().unwrap_or("no bridge");
                let open = if nic.firewall { "" } else { ", without `firewall=1`" };
                Completion::new(Kind::Interface, nic.key()).detail(format!("{bridge}{open}"))
            };
            return self.here.nics().iter().map(item).collect();
        }
        let node = match self.here.kind {
            FileKind::Host(node) => Some(node.as_str()),
            _ => None,
        };
        let bridges = self.here.datacenter.bridges(node);
        let bridges = bridges.iter().map(|name| Completion::new(Kind::Interface, *name).detail("bridge"));
        let others = self.facts.altnames.iter().map(|(other, real)| {
            Completion::new(Kind::Interface, other.as_str()).detail(format!("{real} by another name"))
        });
        bridges.chain(others).collect()
    }

    fn protocols(&self) -> Vec<Completion> {
        let item = |name: &str| {
            let number = self.names.protocol(name).map(|number| number.to_string()).unwrap_or_default();
            Completion::new(Kind::Protocol, name).detail(number)
        };
        let others = self.names.protocol_names().into_iter().filter(|name| !USUAL_PROTOCOLS.contains(name));
        // A rule for protocol 0 means every protocol, or is refused.
        let others = others.filter(|name| self.names.protocol(name) != Some(0));
        USUAL_PROTOCOLS.into_iter().chain(others).map(item).collect()
    }

    /// Services of a protocol; without one, those of TCP.
    fn services(&self, protocol: Option<&str>) -> Vec<Completion> {
        let transport = protocol.map_or(Some(Transport::Tcp), Transport::named);
        let mut names = self.names.service_names();
        names.dedup();
        let found = names.into_iter().filter_map(|name| Some((name, self.names.service(name, transport)?)));
        let wanted = transport.map_or("", Transport::name);
        found
            .map(|(name, port)| Completion::new(Kind::Service, name).detail(format!("{port}/{wanted}")))
            .collect()
    }
}

/// What is written of a rule.
struct Rule<'t> {
    direction: &'t str,
    action: &'t str,
    /// All of its words.
    line: Vec<&'t str>,
}

impl<'t> Rule<'t> {
    fn has(&self, option: OptionName) -> bool {
        self.line.iter().any(|word| OptionName::spelled(word.as_bytes()) == Some(option))
    }

    /// The word behind an option.
    fn value(&self, option: OptionName) -> Option<&'t str> {
        let at = self.line.iter().position(|word| OptionName::spelled(word.as_bytes()) == Some(option))?;
        self.line.get(at + 1).copied()
    }

    fn expanded(&self) -> Option<&'static Macro> {
        known_macro(self.action.split_once('(')?.0)
    }
}

fn known_macro(name: &str) -> Option<&'static Macro> {
    macros::MACROS.get(usize::from(macros::index(name)?))
}

/// The family of an ICMP protocol.
fn icmp_family(protocol: &str) -> Option<Family> {
    match protocol {
        "icmp" | "1" => Some(Family::V4),
        "icmpv6" | "ipv6-icmp" | "58" => Some(Family::V6),
        _ => None,
    }
}

/// `tcp/80, udp/80`
fn summary(row: &Macro) -> String {
    let words: Vec<_> = row.templates.iter().map(template).collect();
    words.join(", ")
}

fn template(template: &Template) -> String {
    match (template.dport, template.icmp_type) {
        (Some(port), _) => format!("{}/{port}", template.proto),
        (None, Some(kind)) => format!("{} {kind}", template.proto),
        (None, None) => format!("protocol {}", template.proto),
    }
}

fn log_level_items() -> Vec<Completion> {
    let levels = log_levels::ALL.iter().map(|level| level.name());
    let nothing = Completion::new(Kind::LogLevel, "nolog").about("No log line.");
    // The usual one first.
    let usual = core::iter::once("info").chain(levels.filter(|name| *name != "info"));
    usual.map(|name| Completion::new(Kind::LogLevel, name)).chain([nothing]).collect()
}

fn icmp_items(family: Option<Family>) -> Vec<Completion> {
    let item = |row: &icmp::IcmpType, family: Family| {
        let number = match (row.ty, row.code) {
            (Some(kind), Some(code)) => format!("{kind}/{code}"),
            (Some(kind), None) => kind.to_string(),
            (None, _) => "any".to_string(),
        };
        Completion::new(Kind::IcmpType, row.name).detail(format!("{} {number}", family.name()))
    };
    let table = |family: Family| match family {
        Family::V4 => icmp::V4,
        Family::V6 => icmp::V6,
    };
    let families = Family::BOTH.into_iter().filter(|own| family.is_none_or(|wanted| wanted == *own));
    families.flat_map(|family| table(family).iter().map(move |row| item(row, family))).collect()
}
