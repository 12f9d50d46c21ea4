//! Rules with everything resolved.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Deref;

use super::family::Agreed;
use super::set_name::set_name;
use super::{Owner, Place, Resolver, template};
use crate::Family;
use crate::config::{
    self, Action, AddressValue, DestinationPort, Direction, IcmpValue, MacroUse, PortsValue, RuleKind,
    Spanned,
};
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::ir::{
    Addresses, InterfaceName, InterfacePattern, Maker, Match, Matches, PortModule, Protocol, Side, Spelling,
    Test, Written,
};
use crate::tables::log_levels::LogLevel;
use crate::tables::macros::{MACROS, Macro, Template};
use crate::text::Span;

/// A rule that is valid and switched on.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its line.
    pub span: Span,
    /// A host rule's interface.
    pub interface: Option<InterfacePattern>,
    /// A guest rule's network device: the number in `net0`, as written there.
    pub nic: Option<String>,
    /// How packets are logged.
    pub log: Option<LogLevel>,
    /// What it does.
    pub body: Body,
}

/// The two kinds of rules.
#[derive(Clone, Debug)]
pub enum Body {
    /// Conditions and an action.
    Filter {
        /// Which packets.
        direction: Direction,
        /// What happens to them.
        action: Action,
        /// The conditions; a macro has several.
        parts: Parts,
    },
    /// All rules of a security group, by its name as written.
    Group(String),
}

/// One set of conditions for one family or both.
#[derive(Clone, Debug)]
pub struct Part {
    matches: Matches,
    /// The only family that it applies to; `None` is both.
    family: Option<Family>,
    /// What made the part.
    pub maker: Maker,
}

impl Part {
    /// The conditions for a family, if the part applies there.
    pub fn matches(&self, family: Family) -> Option<&Matches> {
        self.family.is_none_or(|only| only == family).then_some(&self.matches)
    }
}

/// The parts of a rule. Nearly every rule has one, which is stored in place.
#[derive(Clone, Debug)]
pub enum Parts {
    /// A single part.
    One(Part),
    /// Any number of them.
    Many(Vec<Part>),
}

impl Deref for Parts {
    type Target = [Part];

    fn deref(&self) -> &[Part] {
        match self {
            Self::One(part) => core::slice::from_ref(part),
            Self::Many(parts) => parts,
        }
    }
}

impl Parts {
    fn push(&mut self, part: Part) {
        match self {
            Self::Many(parts) if parts.is_empty() => *self = Self::One(part),
            Self::Many(parts) => parts.push(part),
            Self::One(_) => {
                if let Self::One(first) = core::mem::replace(self, Self::Many(Vec::new())) {
                    *self = Self::Many(Vec::from([first, part]));
                }
            }
        }
    }
}

/// An address condition.
enum Resolved<'r> {
    Set(Owner, &'r str),
    Addresses(&'r Written<Addresses>),
}

impl<'a> Resolver<'a, '_> {
    /// Resolves a rule. `None`: it is faulty (and was reported), or switched off.
    pub fn rule(&mut self, rule: &config::Rule) -> Option<Rule> {
        let before = self.sink.counts().errors;
        let mut agreed = Agreed::default();
        let mut fits = !rule.faulty;
        if let Some(protocol) = &rule.protocol
            && let Some(family) = icmp_family(&protocol.value)
        {
            fits &= agreed.add(family, protocol.span, self.sink);
        }
        // A faulty literal still fixes the family, so that the other address is judged by it.
        let source = rule.source.as_ref().map(|value| self.address(value, &mut agreed));
        let destination = rule.destination.as_ref().map(|value| self.address(value, &mut agreed));
        let interface = self.interface(rule);
        let body = match rule.kind {
            RuleKind::Group(name) => {
                let name = self.group(name);
                Some(Body::Group(name))
            }
            RuleKind::Filter { direction, action, expanded } => {
                fits &= self.sink.counts().errors == before;
                if fits && let Some(used) = expanded {
                    self.trial_expansion(rule, used, agreed.family());
                }
                fits &= self.sink.counts().errors == before;
                if direction == Direction::Forward && fits {
                    self.forward(rule.span);
                }
                fits.then(|| {
                    if !(self.context.wanted)(rule, self.place) {
                        return Body::Filter { direction, action, parts: Parts::Many(Vec::new()) };
                    }
                    let addresses =
                        [(Side::Source, source.flatten()), (Side::Destination, destination.flatten())];
                    let device = Self::device(direction, interface);
                    let parts = parts(
                        &mut self.tests,
                        rule,
                        device.as_ref(),
                        &addresses,
                        agreed.family(),
                        expanded.map(|used| used.index),
                    );
                    Body::Filter { direction, action, parts }
                })
            }
        };
        let valid = match (&body, rule.faulty) {
            // COMPAT: a reference to a group that does not exist makes an empty group (Q55).
            (Some(Body::Group(_)), faulty) => !faulty,
            (body, _) => body.is_some(),
        };
        if !valid || !rule.enabled {
            return None;
        }
        let nic = match self.place {
            Place::Guest(..) => {
                rule.interface.and_then(|span| self.text(span).strip_prefix("net")).map(ToString::to_string)
            }
            Place::Cluster | Place::Host | Place::Vnet => None,
        };
        Some(Rule { span: rule.span, interface, nic, log: rule.log, body: body? })
    }

    fn forward(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::new(codes::NO_EFFECT, span, "forward rules have no effect here")
                .note("this backend (iptables) filters what enters or leaves nodes and guests; the nftables backend of Proxmox VE has forward rules"),
        );
    }

    /// Resolves one side's addresses and adds their family.
    fn address<'r>(&mut self, value: &'r Spanned<AddressValue>, agreed: &mut Agreed) -> Option<Resolved<'r>>
    where
        'a: 'r,
    {
        let span = value.span;
        if let Some(family) = value.value.family()
            && !agreed.add(family, span, self.sink)
        {
            return None;
        }
        match &value.value {
            AddressValue::Faulty(_) => None,
            AddressValue::Literal(addresses) => Some(Resolved::Addresses(addresses)),
            AddressValue::Set(reference) => {
                let owner = self.set(*reference, span)?;
                Some(Resolved::Set(owner, self.text(reference.name)))
            }
            AddressValue::Alias(reference) => {
                let hit = self.alias(*reference, span, "the rule")?;
                let (family, seen) = (hit.value.value.value().family(), hit.seen.value.value().family());
                if !agreed.add(seen, span, self.sink) {
                    return None;
                }
                if family != seen {
                    self.sink.push(
                        Diagnostic::new(
                            codes::MIXED_FAMILIES,
                            span,
                            format!("alias `{}` changes its family", self.text(reference.name)),
                        )
                        .label(format!(
                            "{} here, {} in the end: the rule is left out",
                            seen.name(),
                            family.name()
                        ))
                        .secondary(hit.value.span, "its last definition"),
                    );
                    return None;
                }
                Some(Resolved::Addresses(&hit.value.value))
            }
        }
    }

    fn interface(&mut self, rule: &config::Rule) -> Option<InterfacePattern> {
        let span = rule.interface?;
        if !matches!(self.place, Place::Cluster | Place::Host) {
            return None;
        }
        let written = self.text(span);
        let real = self.context.facts.altnames.get(written).map_or(written, String::as_str);
        match InterfaceName::new(real) {
            Ok(name) => Some(InterfacePattern::exact(name)),
            Err(error) => {
                self.sink.push(
                    Diagnostic::new(
                        codes::BAD_INTERFACE,
                        span,
                        format!("`{real}` can't be the name of an interface"),
                    )
                    .label("the rule is left out")
                    .note(error.to_string()),
                );
                None
            }
        }
    }

    fn device(direction: Direction, interface: Option<InterfacePattern>) -> Option<Test> {
        let interface = interface?;
        match direction {
            Direction::In => Some(Test::InInterface(interface)),
            Direction::Out | Direction::Forward => Some(Test::OutInterface(interface)),
        }
    }

    fn group(&mut self, span: Span) -> String {
        let name = self.text(span);
        let groups = self.context.groups;
        // Both findings below have this severity.
        if !groups.contains(name) && !self.sink.only_counts(span.file, codes::UNKNOWN_GROUP.severity()) {
            let lower = name.to_ascii_lowercase();
            let diagnostic = if groups.contains(lower.as_str()) {
                Diagnostic::new(codes::REFERENCE_CASE, span, format!("security group `{name}` is called `{lower}`"))
                    .note("names of groups are lower case once defined, however the header spells them; a reference must be, too")
                    .fix(format!("write `{lower}`"), Safety::Unsafe, span, lower)
            } else {
                let diagnostic = Diagnostic::new(
                    codes::UNKNOWN_GROUP,
                    span,
                    format!("there is no security group `{name}`"),
                );
                match nearest(name, groups.iter().copied()) {
                    Some(near) => diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near),
                    None => diagnostic.note(format!("define it in the cluster file: `[group {lower}]`")),
                }
            };
            self.sink.push(diagnostic.label("an empty group takes its place: nothing is decided here"));
        }
        name.to_string()
    }

    /// Expands the macro for the family found, to see whether the rule's own words agree with it (spec 03 section 1).
    fn trial_expansion(&mut self, rule: &config::Rule, used: MacroUse, family: Option<Family>) {
        let Some(row) = MACROS.get(usize::from(used.index)) else { return };
        let templates = row.for_family(family);
        if templates.is_empty() {
            let (has, not) = (row.family.map_or("", Family::name), family.map_or("", Family::name));
            self.sink.push(
                Diagnostic::new(
                    codes::MACRO_FAMILY,
                    used.span,
                    format!("macro `{}` exists for {has} only", row.name),
                )
                .label("the rule can never match: left out")
                .note(format!("the rule's addresses or protocol are {not}")),
            );
            return;
        }
        let protocol = rule.protocol.as_ref().map(|value| value.span);
        let destination = rule.destination_port.as_ref().map(|value| value.span);
        let source = rule.source_port.as_ref().map(|value| value.span);
        for template in templates {
            let fields = [
                ("-p", protocol, Some(template.proto)),
                // The type of an ICMP template takes the place of the destination port.
                ("-dport", destination, template.dport.or(template.icmp_type)),
                ("-sport", source, template.sport),
            ];
            for (option, span, fixed) in fields {
                let (Some(span), Some(fixed)) = (span, fixed) else { continue };
                let written = self.text(span);
                if written != fixed {
                    self.macro_conflict(span, row, used, option, templates);
                    return;
                }
            }
        }
    }

    fn macro_conflict(
        &mut self,
        span: Span,
        row: &Macro,
        used: MacroUse,
        option: &str,
        templates: &[Template],
    ) {
        let rules: Vec<_> =
            templates.iter().map(|template| format!("`{}`", template_text(template))).collect();
        self.sink.push(
            Diagnostic::new(
                codes::MACRO_CONFLICT,
                span,
                format!("macro `{}` sets `{option}` itself, to something else", row.name),
            )
            .label("the rule is left out")
            .secondary(used.span, "the macro")
            .note(format!("`{}` means {}", row.name, rules.join(" and ")))
            .note("leave the option out, or write the rule without the macro"),
        );
    }
}

fn template_text(template: &Template) -> String {
    let mut text = format!("-p {}", template.proto);
    for (option, value) in
        [("-dport", template.dport), ("-sport", template.sport), ("-icmp-type", template.icmp_type)]
    {
        if let Some(value) = value {
            text.extend([" ", option, " ", value]);
        }
    }
    text
}

/// The family that a protocol's name fixes (spec 01 section 6.2, check 7). Numbers fix none.
fn icmp_family(protocol: &Written<Protocol>) -> Option<Family> {
    let number = *protocol.value();
    match protocol.text().or_else(|| number.keyword()) {
        Some("icmp") => Some(Family::V4),
        Some("icmpv6" | "ipv6-icmp") => Some(Family::V6),
        _ => None,
    }
}

fn parts(
    tests: &mut Vec<Match>,
    rule: &config::Rule,
    device: Option<&Test>,
    addresses: &[(Side, Option<Resolved<'_>>)],
    family: Option<Family>,
    expanded: Option<u8>,
) -> Parts {
    let families: &[Family] = match family {
        Some(Family::V4) => &[Family::V4],
        Some(Family::V6) => &[Family::V6],
        None => &Family::BOTH,
    };
    let mut parts = Parts::Many(Vec::new());
    // The same conditions serve both families, unless the families differ in a set's name or in the macro's templates.
    let has_set = addresses.iter().any(|(_, value)| matches!(value, Some(Resolved::Set(..))));
    let row = expanded.and_then(|index| Some((index, MACROS.get(usize::from(index))?)));
    let same_templates = row.is_none_or(|(_, row)| row.templates_v6.is_empty() && row.family.is_none());
    let shared = families.len() == 2 && !has_set && same_templates;
    for family in families {
        let mut add = |template: Option<&Template>, maker: Maker| {
            conditions(tests, rule, device, addresses, *family, template);
            parts.push(Part { matches: Matches::take(tests), family: (!shared).then_some(*family), maker });
        };
        match row {
            None => add(None, Maker::Line),
            Some((index, row)) => {
                for (template, position) in row.for_family(Some(*family)).iter().zip(0..) {
                    add(Some(template), Maker::Macro { index, template: position });
                }
            }
        }
        if shared {
            break;
        }
    }
    parts
}

/// The conditions in pve-firewall's order (spec 05 section 4).
fn conditions(
    tests: &mut Vec<Match>,
    rule: &config::Rule,
    device: Option<&Test>,
    addresses: &[(Side, Option<Resolved<'_>>)],
    family: Family,
    template: Option<&Template>,
) {
    let mut add = |test: Test| tests.push(test.into());
    if let Some(device) = device {
        add(device.clone());
    }
    for (side, value) in addresses {
        match value {
            None => {}
            Some(Resolved::Set(owner, name)) => add(Test::InSet(*side, set_name(*owner, name, family))),
            Some(Resolved::Addresses(addresses)) => add(Test::Address(*side, Written::clone(addresses))),
        }
    }
    let protocol = match template {
        Some(template) => Some(template::protocol(template)),
        None => rule.protocol.as_ref().map(|value| value.value.clone()),
    };
    // The tools' module for UDP-Lite knows no single ports (Q34).
    let always_multiport = protocol.as_ref().is_some_and(|protocol| *protocol.value() == Protocol::UDPLITE);
    if let Some(protocol) = protocol {
        add(Test::Protocol(protocol));
    }
    if let Some(kind) = &rule.icmp_type {
        add(icmp(kind.value.clone()));
    }
    let port = |side, value: PortsValue| Test::Port {
        side,
        module: Spelling(if value.list || always_multiport {
            PortModule::Multiport
        } else {
            PortModule::Implied
        }),
        ports: value.ports,
    };
    let fixed = template.and_then(|template| template.sport.and_then(template::ports));
    let mut source = fixed.or_else(|| rule.source_port.as_ref().map(|value| value.value.clone()));
    // COMPAT: a list of source ports stands behind the destination port, a single one before it.
    if let Some(single) = source.take_if(|source| !source.list) {
        add(port(Side::Source, single));
    }
    let own = || rule.destination_port.as_ref().map(|value| value.value.clone());
    match template.and_then(template::destination).or_else(own) {
        Some(DestinationPort::Ports(ports)) => add(port(Side::Destination, ports)),
        Some(DestinationPort::Icmp(kind)) => add(icmp(kind)),
        None => {}
    }
    if let Some(list) = source {
        add(port(Side::Source, list));
    }
}

fn icmp(value: IcmpValue) -> Test {
    Test::Icmp { kind: value.kind, module: Spelling(Some(value.module)) }
}
