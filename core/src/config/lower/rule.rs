//! Rules: what each word of a well-formed line means (spec 01 section 6.2).

use alloc::format;
use alloc::string::ToString;

use super::header::GROUP_NAME_LIMIT;
use super::{Lower, Place};
use crate::config::model::{DestinationPort, Direction, IcmpValue, MacroUse, Rule, RuleKind, Spanned};
use crate::config::value::{Action, Level, is_definable_name};
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::ir::{IcmpModule, InterfaceName, Protocol, Written};
use crate::syntax::{OptionName, SectionKind, Token, ast};
use crate::tables::log_levels::{self, LogLevel};
use crate::tables::macros;
use crate::text::{Span, split_at_byte};

/// The words of a rule by option; of a repeated one the last.
#[derive(Clone, Copy, Default)]
struct Words {
    interface: Option<Token>,
    protocol: Option<Token>,
    destination_port: Option<Token>,
    source_port: Option<Token>,
    source: Option<Token>,
    destination: Option<Token>,
    log: Option<Token>,
    icmp_type: Option<Token>,
}

impl Words {
    fn place(&mut self, name: OptionName) -> &mut Option<Token> {
        match name {
            OptionName::Interface => &mut self.interface,
            OptionName::Protocol => &mut self.protocol,
            OptionName::DestinationPort => &mut self.destination_port,
            OptionName::SourcePort => &mut self.source_port,
            OptionName::Source => &mut self.source,
            OptionName::Destination => &mut self.destination,
            OptionName::Log => &mut self.log,
            OptionName::IcmpType => &mut self.icmp_type,
        }
    }
}

/// Where ports are given.
struct PortPlace {
    /// The rule's text.
    rule: Span,
    kind: RuleKind,
    /// The ports' text.
    span: Span,
    /// The name of the option.
    option: &'static str,
}

impl Lower<'_, '_> {
    /// Reads a rule. A line that has not the form of one adds none; a rule with other errors is marked as faulty.
    pub(super) fn rule(&mut self, tokens: &[Token]) {
        let view = ast::Rule::of(tokens);
        let span = self.line_span(tokens);
        let (Some(direction), Some(action), None) = (view.direction, view.action, view.junk) else {
            self.rule_syntax(span, &view);
            return;
        };
        let mut words = Words::default();
        let mut repeated = false;
        for (name, _, value) in view.options() {
            if self.is_option(value) {
                self.option_without_value(&view);
                return;
            }
            repeated |= words.place(name).replace(value).is_some();
        }
        let before = self.sink.counts().errors;
        let kind = self.kind(direction, action);
        if repeated {
            self.repeated_options(&view);
        }
        // Without a kind nothing is known of what the options may be, but their own words can be checked all the same.
        let kind = kind.unwrap_or(RuleKind::Filter {
            direction: Direction::In,
            action: Action::Drop,
            expanded: None,
        });
        if let RuleKind::Group(_) = kind {
            self.group_options(&view);
        }
        let interface = words.interface.and_then(|token| self.interface(token));
        let protocol = words.protocol.and_then(|token| self.protocol(token));
        // A faulty protocol was reported; what depends on it can't be judged.
        let known = words.protocol.is_none() || protocol.is_some();
        let module = words.protocol.and_then(|token| icmp_module(self.text(token)));
        let icmp_type = words.icmp_type.filter(|_| known);
        let icmp_type = icmp_type.and_then(|token| self.type_of(token, module, &words, span));
        let destination_port = words.destination_port.filter(|_| known).and_then(|token| {
            let (span_of, text) = (self.span(token), self.text(token));
            let value = if let Some(module) = module {
                self.icmp_port(span_of, text, module).map(DestinationPort::Icmp)
            } else {
                let place = PortPlace { rule: span, kind, span: span_of, option: "dport" };
                self.ports_of(&place, protocol.as_ref(), text).map(DestinationPort::Ports)
            };
            Some(Spanned { value: value?, span: span_of })
        });
        let source_port = words.source_port.filter(|_| known).and_then(|token| {
            let (span_of, text) = (self.span(token), self.text(token));
            let place = PortPlace { rule: span, kind, span: span_of, option: "sport" };
            let value = self.ports_of(&place, protocol.as_ref(), text)?;
            Some(Spanned { value, span: span_of })
        });
        let source = words.source.map(|token| self.address_value(token));
        let destination = words.destination.map(|token| self.address_value(token));
        let log = words.log.and_then(|token| self.log_level(token));
        // Put together at its place: it is large.
        let faulty = self.sink.counts().errors > before;
        let enabled = view.bar.is_none();
        self.rules().push(Rule {
            span,
            enabled,
            faulty,
            kind,
            interface,
            protocol,
            source,
            destination,
            source_port,
            destination_port,
            icmp_type,
            log,
        });
    }

    fn is_option(&self, token: Token) -> bool {
        let starts_so = self.bytes.get(token.start as usize) == Some(&b'-');
        starts_so && OptionName::spelled(self.span(token).of(self.bytes)).is_some()
    }

    /// `-source -dest 10.0.0.1`: the next option was taken for the value.
    pub(super) fn option_without_value(&mut self, view: &ast::Rule<'_>) -> bool {
        let found = view.options().find(|(.., value)| self.is_option(*value));
        let Some((_, option, _)) = found else { return false };
        let (span, word) = (self.span(option), self.text(option));
        self.sink.push(
            Diagnostic::new(codes::BAD_RULE_OPTION, span, format!("`{word}` has no value"))
                .label("the rule is left out"),
        );
        true
    }

    fn repeated_options(&mut self, view: &ast::Rule<'_>) {
        let mut words = Words::default();
        for (name, option, value) in view.options() {
            if let Some(earlier) = words.place(name).replace(value) {
                let message = format!("`{}` is given twice", name.spelling());
                let (option, earlier) = (self.span_over(option, value), self.span(earlier));
                self.sink.push(
                    Diagnostic::new(codes::REPEATED_RULE_OPTION, option, message)
                        .label("this one counts")
                        .secondary(earlier, "this one does not"),
                );
            }
        }
    }

    fn address_value(&mut self, token: Token) -> Spanned<crate::config::AddressValue> {
        let span = self.span(token);
        let text = self.text(token);
        Spanned { value: self.address(span, text), span }
    }

    fn kind(&mut self, direction: Token, action: Token) -> Option<RuleKind> {
        let (span, word) = (self.span(direction), self.text(direction));
        let (action_span, action) = (self.span(action), self.text(action));
        let in_group = self.place == Place::Section(SectionKind::Group);
        let directions = [
            ("in", Some(Direction::In)),
            ("out", Some(Direction::Out)),
            ("forward", Some(Direction::Forward)),
            ("group", None),
        ];
        let Some((_, direction)) = directions.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word))
        else {
            self.unknown_direction(span, word, action_span, action);
            return None;
        };
        let level = self.file.level;
        let allowed = match direction {
            _ if in_group => direction.is_some(),
            Some(Direction::In | Direction::Out) => level != Level::Vnet,
            Some(Direction::Forward) => level != Level::Guest,
            None => true,
        };
        if !allowed {
            let (code, message) = if in_group {
                (codes::NESTED_GROUP, "a security group can't contain another one".to_string())
            } else {
                (
                    codes::DIRECTION_NOT_HERE,
                    format!("{} can't have `{}` rules", level.file(), word.to_ascii_uppercase()),
                )
            };
            self.sink.push(Diagnostic::new(code, span, message).label("the rule is left out"));
            return None;
        }
        let Some(direction) = direction else {
            return self.group_name(action_span, action);
        };
        let (action, expanded) = self.action(action_span, action)?;
        if direction == Direction::Forward && action == Action::Reject {
            self.sink.push(
                Diagnostic::new(codes::REJECT_FORWARD, action_span, "forwarded packets can't be rejected")
                    .label("the rule is left out")
                    .note("use `DROP`"),
            );
            return None;
        }
        Some(RuleKind::Filter { direction, action, expanded })
    }

    pub(super) fn unknown_direction(&mut self, span: Span, word: &str, action_span: Span, action: &str) {
        if self.sink.only_counts(span.file, codes::UNKNOWN_DIRECTION.severity()) {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(codes::UNKNOWN_DIRECTION, span, format!("`{word}` is not a direction"))
                .label("the rule is left out");
        let known = ["IN", "OUT", "FORWARD", "GROUP"];
        let meant = match word.to_ascii_uppercase().as_str() {
            "INPUT" | "INGRESS" | "INBOUND" => Some("IN"),
            "OUTPUT" | "EGRESS" | "OUTBOUND" => Some("OUT"),
            _ => nearest(word, known),
        };
        if Action::named(&word.to_ascii_uppercase()).is_some()
            && known.contains(&action.to_ascii_uppercase().as_str())
        {
            let right = format!("{} {}", action.to_ascii_uppercase(), word.to_ascii_uppercase());
            let both = Span::new(span.file, span.start, action_span.end);
            diagnostic = diagnostic.note("the direction comes first").fix(
                format!("write `{right}`"),
                Safety::Unsafe,
                both,
                right,
            );
        } else if Action::named(word).is_some() || word.ends_with(')') {
            let place = Span::at(span.file, span.start);
            diagnostic = diagnostic.note("the direction is missing").fix(
                "put `IN` before it",
                Safety::Unsafe,
                place,
                "IN ",
            );
        } else if word.ends_with(':') {
            diagnostic = diagnostic.note("this looks like an option: options stand under `[OPTIONS]`");
        } else if word.starts_with("//") || word.starts_with(';') {
            diagnostic = diagnostic.note("a comment starts with `#`");
        } else if let Some(meant) = meant {
            diagnostic = diagnostic.fix(format!("write `{meant}`"), Safety::Unsafe, span, meant);
        } else {
            diagnostic = diagnostic
                .note("a rule starts with `IN`, `OUT`, `FORWARD` or `GROUP`, then comes its action");
        }
        self.sink.push(diagnostic);
    }

    fn group_name(&mut self, span: Span, name: &str) -> Option<RuleKind> {
        let why = if !is_definable_name(name) {
            "a name has at least two characters: a letter first; letters, digits, `-` and `_` may follow"
                .to_string()
        } else if name.len() > GROUP_NAME_LIMIT {
            format!("it has {} characters; at most {GROUP_NAME_LIMIT} are allowed", name.len())
        } else {
            return Some(RuleKind::Group(span));
        };
        self.sink.push(
            Diagnostic::new(codes::BAD_NAME, span, format!("`{name}` can't be the name of a security group"))
                .label("the rule is left out")
                .note(why),
        );
        None
    }

    fn action(&mut self, span: Span, word: &str) -> Option<(Action, Option<MacroUse>)> {
        if let Some(action) = Action::named(word) {
            return Some((action, None));
        }
        let parts = word.strip_suffix(')').and_then(|word| split_at_byte(word, b'('));
        if let Some((name, verdict)) = parts
            && let Some(action) = Action::named(verdict)
        {
            let name_span = crate::config::reference::part(span, word, name);
            let Some(index) = macros::index(name) else {
                self.unknown_macro(name_span, name);
                return None;
            };
            return Some((action, Some(MacroUse { index, span: name_span })));
        }
        self.unknown_action(span, word, parts);
        None
    }

    fn unknown_macro(&mut self, span: Span, name: &str) {
        if self.sink.only_counts(span.file, codes::UNKNOWN_MACRO.severity()) {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(codes::UNKNOWN_MACRO, span, format!("there is no macro `{name}`"))
                .label("the rule is left out");
        if let Some(near) = nearest(name, macros::MACROS.iter().map(|row| row.name)) {
            diagnostic = diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near);
        } else {
            diagnostic =
                diagnostic.note("write the protocol and port instead: `IN ACCEPT -p tcp -dport 8080`");
        }
        self.sink.push(diagnostic);
    }

    fn unknown_action(&mut self, span: Span, word: &str, parts: Option<(&str, &str)>) {
        if self.sink.only_counts(span.file, codes::UNKNOWN_ACTION.severity()) {
            return;
        }
        let mut diagnostic =
            Diagnostic::new(codes::UNKNOWN_ACTION, span, format!("`{word}` is not an action"))
                .label("the rule is left out");
        let right = match parts {
            Some((name, verdict)) => {
                meant_action(verdict).map(|action| format!("{name}({action})")).or_else(|| {
                    // `ACCEPT(SSH)` is the wrong way round.
                    Action::named(name)
                        .filter(|_| macros::index(verdict).is_some())
                        .map(|_| format!("{verdict}({name})"))
                })
            }
            None => meant_action(word).map(ToString::to_string),
        };
        if let Some(right) = right {
            diagnostic = diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
        } else if macros::index(word).is_some() {
            diagnostic = diagnostic
                .note("a macro needs an action in parentheses; a security group is used by `GROUP name`")
                .fix(format!("write `{word}(ACCEPT)`"), Safety::Unsafe, span, format!("{word}(ACCEPT)"));
        } else {
            diagnostic = diagnostic.note(
                "an action is `ACCEPT`, `DROP` or `REJECT`, or a macro with one of them: `SSH(ACCEPT)`",
            );
        }
        self.sink.push(diagnostic);
    }

    fn group_options(&mut self, view: &ast::Rule<'_>) {
        let others = view.options().filter(|(name, ..)| *name != OptionName::Interface);
        if let Some((name, option, value)) = others.last() {
            let span = self.span_over(option, value);
            self.sink.push(
                Diagnostic::new(
                    codes::RULE_SYNTAX,
                    span,
                    format!("`{}` can't narrow a security group", name.spelling()),
                )
                .label("the rule is left out")
                .note("a `GROUP` rule takes `-i` only; put the condition into the rules of the group"),
            );
        }
    }

    fn interface(&mut self, token: Token) -> Option<Span> {
        let (span, text) = (self.span(token), self.text(token));
        let in_group = self.place == Place::Section(SectionKind::Group);
        if in_group || self.file.level == Level::Vnet {
            let place = if in_group { "in a security group" } else { "in a VNet file" };
            self.sink.push(
                Diagnostic::new(
                    codes::INTERFACE_NOT_HERE,
                    span,
                    format!("a rule {place} can't be limited to an interface"),
                )
                .label("the rule is left out")
                .note(if in_group {
                    "give `-i` where the group is used: `GROUP name -i net0`"
                } else {
                    "the rules of a VNet apply to all of its traffic"
                }),
            );
            return None;
        }
        let guest = self.file.level == Level::Guest;
        if guest
            && !text
                .strip_prefix("net")
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        {
            let mut diagnostic = Diagnostic::new(
                codes::BAD_INTERFACE,
                span,
                format!("`{text}` is not a network device of a guest"),
            )
            .label("the rule is left out")
            .note("rules of guests name their devices as the guest's configuration does: `net0`, `net1`, …");
            let digits: alloc::string::String = text.chars().filter(char::is_ascii_digit).collect();
            if !digits.is_empty()
                && digits.len() < 3
                && ["eth", "ens", "Net", "NET"].iter().any(|p| text.starts_with(p))
            {
                diagnostic = diagnostic.fix(
                    format!("write `net{digits}`"),
                    Safety::Unsafe,
                    span,
                    format!("net{digits}"),
                );
            }
            self.sink.push(diagnostic);
            return None;
        }
        if !is_interface_name(text) || InterfaceName::new(text).is_err() {
            let why = if text.len() > InterfaceName::LIMIT && is_interface_name(text) {
                format!("it has {} characters; the kernel allows {}", text.len(), InterfaceName::LIMIT)
            } else {
                let names = "pve-firewall takes a letter, then letters, digits and `_`, then maybe `.` or `:` and a number";
                if text.ends_with('+') {
                    format!("there are no wildcards; {names}")
                } else {
                    names.to_string()
                }
            };
            self.sink.push(
                Diagnostic::new(
                    codes::BAD_INTERFACE,
                    span,
                    format!("`{text}` can't be used as an interface in a rule"),
                )
                .label("the rule is left out")
                .note(why),
            );
            return None;
        }
        Some(span)
    }

    fn protocol(&mut self, token: Token) -> Option<Spanned<Written<Protocol>>> {
        let (span, text) = (self.span(token), self.text(token));
        let number = match text.parse::<u8>() {
            Ok(number) if number.to_string() == text => {
                (number == 0 || self.names.has_protocol_number(number)).then_some(number)
            }
            _ => self.names.protocol(text),
        };
        let Some(number) = number else {
            self.unknown_protocol(span, text);
            return None;
        };
        if number == 0 && text != "ip" {
            self.sink.push(
                Diagnostic::new(
                    codes::PROTOCOL_ZERO,
                    span,
                    format!("protocol `{text}` does not mean what it says"),
                )
                .label("the rule is left out")
                .note("the kernel tools read protocol 0 as \"any\": the rule would match every protocol")
                .note("leave `-p` out if every protocol is meant"),
            );
            return None;
        }
        if number == 0 {
            self.sink.push(
                Diagnostic::new(codes::PROTOCOL_ANY, span, "protocol `ip` matches every protocol")
                    .note("the rule means the same without `-p ip`"),
            );
        }
        let protocol = Protocol(number);
        let value = if protocol.keyword() == Some(text) {
            Written::canonical(protocol)
        } else {
            Written::spelled(protocol, text)
        };
        Some(Spanned { value, span })
    }

    fn unknown_protocol(&mut self, span: Span, text: &str) {
        let lower = text.to_ascii_lowercase();
        let known = self.names.protocol(&lower).is_some();
        let names = self.names;
        self.error(
            codes::UNKNOWN_PROTOCOL,
            span,
            |diagnostic| {
                let diagnostic = diagnostic.label("the rule is left out");
                if known {
                    return diagnostic.note("names of protocols are written in lower case").fix(
                        format!("write `{lower}`"),
                        Safety::Unsafe,
                        span,
                        lower.clone(),
                    );
                }
                if ["all", "any", "both"].contains(&lower.as_str()) {
                    return diagnostic
                        .note("leave `-p` out if every protocol is meant; a rule with ports needs a protocol: one rule for `tcp`, one for `udp`");
                }
                if text.contains(['/', ',']) {
                    return diagnostic.note("a rule compares one protocol only; write a rule for each");
                }
                if ["icmp6", "icmp-v6", "icmpv4"].contains(&lower.as_str()) {
                    let right = if lower == "icmpv4" { "icmp" } else { "icmpv6" };
                    return diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
                }
                match nearest(text, names.protocol_names()) {
                    Some(near) => diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near),
                    None => diagnostic.note("protocols are those of `/etc/protocols`, by name or number"),
                }
            },
            || format!("there is no protocol `{text}`"),
        );
    }

    /// The value of `-icmp-type`, which needs an ICMP protocol.
    fn type_of(
        &mut self,
        token: Token,
        module: Option<IcmpModule>,
        words: &Words,
        rule: Span,
    ) -> Option<Spanned<IcmpValue>> {
        let (span, text) = (self.span(token), self.text(token));
        match module {
            None => {
                let mut diagnostic = Diagnostic::new(
                    codes::ICMP_WITHOUT_PROTOCOL,
                    span,
                    "an ICMP type needs an ICMP protocol",
                )
                .label("the rule is left out")
                .note("give `-p icmp` for IPv4 or `-p icmpv6` for IPv6");
                diagnostic = match words.protocol.map(|token| self.span(token)) {
                    None => {
                        let place = Span::at(span.file, rule.end);
                        diagnostic.fix("add `-p icmp`", Safety::Unsafe, place, " -p icmp")
                    }
                    Some(protocol) => diagnostic.fix("write `icmp`", Safety::Unsafe, protocol, "icmp"),
                };
                self.sink.push(diagnostic);
                None
            }
            Some(_) if words.destination_port.is_some() => {
                self.sink.push(
                    Diagnostic::new(codes::ICMP_TWICE, span, "the ICMP type is given twice")
                        .label("the rule is left out")
                        .note("with an ICMP protocol, `-dport` is the type too; keep one of the two"),
                );
                None
            }
            Some(module) => {
                let value = self.icmp_type(span, text, module)?;
                Some(Spanned { value, span })
            }
        }
    }

    fn ports_of(
        &mut self,
        place: &PortPlace,
        protocol: Option<&Spanned<Written<Protocol>>>,
        text: &str,
    ) -> Option<crate::config::PortsValue> {
        let PortPlace { rule, kind, span, option } = *place;
        let Some(protocol) = protocol else {
            // `-dport 0` without protocol is two mistakes; the one about 0 is the worse.
            let place = Span::at(span.file, rule.end);
            if let RuleKind::Filter { action, expanded: Some(used), .. } = kind {
                let name = macros::MACROS.get(usize::from(used.index)).map_or("", |row| row.name);
                let word = Span::new(
                    span.file,
                    used.span.start,
                    used.span.end + u32::try_from(action.name().len()).unwrap_or(0) + 2,
                );
                let edits = [(word, action.name()), (place, " -p tcp")];
                let edits =
                    edits.map(|(span, text)| crate::diag::Edit { span, text: text.to_string() }).into();
                let mut diagnostic = Diagnostic::new(
                    codes::PORT_WITHOUT_PROTOCOL,
                    span,
                    format!("`-{option}` needs a protocol"),
                )
                .label("the rule is left out")
                .secondary(used.span, format!("macro `{name}` sets protocol and ports itself"));
                let title = "write the rule without the macro".to_string();
                diagnostic.fixes.push(crate::diag::Fix { title, safety: Safety::Unsafe, edits });
                self.sink.push(diagnostic);
                return None;
            }
            self.sink.push(
                Diagnostic::new(codes::PORT_WITHOUT_PROTOCOL, span, format!("`-{option}` needs a protocol"))
                    .label("the rule is left out")
                    .note("only some protocols have ports: `tcp`, `udp`, `sctp`, `dccp` and `udplite`")
                    .fix("add `-p tcp`", Safety::Unsafe, place, " -p tcp"),
            );
            return None;
        };
        let number = *protocol.value.value();
        let textual = protocol.value.text().or_else(|| number.keyword());
        let by_name = matches!(
            textual,
            Some("tcp" | "6" | "udp" | "17" | "udplite" | "136" | "dccp" | "33" | "sctp" | "132")
        );
        if !number.has_ports() || !by_name {
            let name = textual.unwrap_or_default();
            self.sink.push(
                Diagnostic::new(
                    codes::PROTOCOL_WITHOUT_PORTS,
                    span,
                    format!("protocol `{name}` has no ports to compare"),
                )
                .label("the rule is left out")
                .secondary(protocol.span, "the protocol")
                .note("only `tcp`, `udp`, `sctp`, `dccp` and `udplite` have ports"),
            );
            return None;
        }
        self.ports(span, text, number)
    }

    fn log_level(&mut self, token: Token) -> Option<LogLevel> {
        let (span, text) = (self.span(token), self.text(token));
        if text == "nolog" {
            return None;
        }
        let level = LogLevel::named(text);
        if level.is_none() && !self.sink.only_counts(span.file, codes::UNKNOWN_LOG_LEVEL.severity()) {
            let names = log_levels::ALL.iter().map(|level| level.name());
            let lower = text.to_ascii_lowercase();
            let meant = match lower.as_str() {
                "warn" => Some("warning"),
                "error" => Some("err"),
                "critical" => Some("crit"),
                "none" | "off" => Some("nolog"),
                _ => names
                    .clone()
                    .chain(["nolog"])
                    .find(|name| *name == lower)
                    .or_else(|| nearest(text, names)),
            };
            let mut diagnostic =
                Diagnostic::new(codes::UNKNOWN_LOG_LEVEL, span, format!("there is no log level `{text}`"))
                    .label("the rule is left out");
            diagnostic = match meant {
                Some(meant) => diagnostic.fix(format!("write `{meant}`"), Safety::Unsafe, span, meant),
                None => diagnostic.note("levels are `emerg`, `alert`, `crit`, `err`, `warning`, `notice`, `info`, `debug` and `nolog`"),
            };
            self.sink.push(diagnostic);
        }
        level
    }
}

/// The module that compares ICMP types, by the name of the protocol.
fn icmp_module(protocol: &str) -> Option<IcmpModule> {
    match protocol {
        "icmp" => Some(IcmpModule::Icmp),
        "icmpv6" => Some(IcmpModule::Icmpv6),
        "ipv6-icmp" => Some(IcmpModule::Ipv6Icmp),
        _ => None,
    }
}

/// The action that a word was probably meant to be.
fn meant_action(word: &str) -> Option<&'static str> {
    let upper = word.to_ascii_uppercase();
    match upper.as_str() {
        "ALLOW" | "PERMIT" | "PASS" => Some("ACCEPT"),
        "DENY" | "BLOCK" | "DISCARD" => Some("DROP"),
        _ => nearest(&upper, Action::ALL.map(Action::name)),
    }
}

/// `^[a-z][a-z0-9_]{1,20}([:\.]\d+)?$`, case-insensitive (spec 01 section 6.2, check 5).
fn is_interface_name(text: &str) -> bool {
    let (name, number) = match text.find([':', '.']) {
        Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
        None => (text, ""),
    };
    let number_fits =
        number.is_empty() || number.len() > 1 && number.bytes().skip(1).all(|digit| digit.is_ascii_digit());
    (2..=21).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && number_fits
}
