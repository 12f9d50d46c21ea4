//! Lines that have not the form of a rule: which mistake is it, and what was probably meant?

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Lower;
use crate::config::reference::part;
use crate::config::value::Action;
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::syntax::{OptionName, ast};
use crate::text::Span;

/// Options of iptables, and what a rule has instead.
const IPTABLES_OPTIONS: [(&str, Option<OptionName>); 16] = [
    ("-s", Some(OptionName::Source)),
    ("--src", Some(OptionName::Source)),
    ("-d", Some(OptionName::Destination)),
    ("--dst", Some(OptionName::Destination)),
    ("--destination", Some(OptionName::Destination)),
    ("--protocol", Some(OptionName::Protocol)),
    ("--dports", Some(OptionName::DestinationPort)),
    ("--destination-port", Some(OptionName::DestinationPort)),
    ("--sports", Some(OptionName::SourcePort)),
    ("--source-port", Some(OptionName::SourcePort)),
    ("--in-interface", Some(OptionName::Interface)),
    ("-o", Some(OptionName::Interface)),
    ("--icmpv6-type", Some(OptionName::IcmpType)),
    ("-j", None),
    ("--jump", None),
    ("-m", None),
];

/// More that only iptables has.
const IPTABLES_WORDS: [&str; 8] =
    ["--ctstate", "--state", "--match", "--match-set", "--log-prefix", "--limit", "--comment", "-g"];

impl Lower<'_, '_> {
    pub(super) fn rule_syntax(&mut self, span: Span, view: &ast::Rule<'_>) {
        let text = core::str::from_utf8(span.of(self.bytes)).unwrap_or("\u{fffd}");
        if view.direction.is_none()
            || text.starts_with('-')
            || text.starts_with("iptables")
            || text.starts_with("ip6tables")
        {
            self.no_rule(span, text);
            return;
        }
        if self.option_without_value(view) {
            return;
        }
        if let (Some(direction), Some(action)) = (view.direction, view.action)
            && (Action::named(self.text(direction)).is_some() || self.text(direction).ends_with(')'))
        {
            let (direction, action) =
                ((self.span(direction), self.text(direction)), (self.span(action), self.text(action)));
            self.unknown_direction(direction.0, direction.1, action.0, action.1);
            return;
        }
        // `IN -p tcp -j ACCEPT`
        if let Some(action) = view.action
            && self.text(action).starts_with('-')
        {
            self.pasted_option(self.span(action), self.text(action), span, text);
            return;
        }
        let Some(junk) = view.junk else { return };
        let (junk_span, junk) = (self.span(junk), self.text(junk));
        let mut words = junk.split_whitespace();
        let word = words.next().unwrap_or_default();
        let word_span = part(junk_span, junk, word);
        // What stands before the junk: a list that goes on behind a blank?
        let before = Span::new(span.file, span.start, junk_span.start);
        let before = core::str::from_utf8(before.of(self.bytes)).unwrap_or_default();
        let is_item = |text: &str| {
            text.parse::<core::net::IpAddr>().is_ok() || text.parse::<u16>().is_ok() || text.contains('/')
        };
        let last = before.split_whitespace().next_back().unwrap_or_default();
        if !word.starts_with('-')
            && is_item(word.trim_matches(','))
            && is_item(last.rsplit(',').find(|item| !item.is_empty()).unwrap_or_default())
        {
            self.blank_in_list(span, junk_span, before, word_span, word);
        } else if let Some((name, value)) = word
            .split_once('=')
            .filter(|(name, value)| OptionName::spelled(name.as_bytes()).is_some() && !value.is_empty())
        {
            let right = format!("{name} {value}");
            self.sink.push(
                Diagnostic::new(
                    codes::BAD_RULE_OPTION,
                    word_span,
                    format!("a blank must stand behind `{name}`, no `=`"),
                )
                .label("the rule is left out")
                .fix(format!("write `{right}`"), Safety::Unsafe, word_span, right),
            );
        } else if iptables_option(word).is_some() || IPTABLES_WORDS.contains(&word) || word == "ctstate" {
            self.pasted_option(word_span, word, span, text);
        } else if OptionName::spelled(word.as_bytes()).is_some() {
            self.bad_rule_option(junk_span, junk, word, words.next());
        } else if word.starts_with('-') {
            self.unknown_rule_option(word_span, word);
        } else {
            self.error(
                codes::RULE_SYNTAX,
                word_span,
                |diagnostic| {
                    let mut diagnostic = diagnostic.label("the rule is left out");
                    if Action::named(word).is_some() {
                        diagnostic = diagnostic.note("a rule has one action, behind the direction");
                    } else if word == "!" {
                        diagnostic = diagnostic.note("conditions can't be negated; put a rule with the opposite action before this one");
                    } else {
                        diagnostic = diagnostic.note("behind the action come options only: `-source`, `-dest`, `-p`, `-dport`, `-sport`, `-icmp-type`, `-i`, `-log`");
                    }
                    if let Some(name) = near_option(&format!("-{word}")) {
                        diagnostic = diagnostic.fix(format!("write `{name}`"), Safety::Unsafe, word_span, name);
                    }
                    diagnostic
                },
                || format!("`{word}` is not an option of a rule"),
            );
        }
    }

    /// The line has not even a direction and an action.
    fn no_rule(&mut self, span: Span, text: &str) {
        if text.starts_with("iptables")
            || text.starts_with("ip6tables")
            || text.starts_with("-A")
            || text.starts_with("-I")
        {
            let translated = translate(text);
            self.error(
                codes::IPTABLES_SYNTAX,
                span,
                |diagnostic| {
                    let diagnostic = diagnostic.label("left out").note(
                        "a rule here is a direction, an action and options: `IN ACCEPT -p tcp -dport 22`",
                    );
                    match translated {
                        Some(rule) => diagnostic.fix(format!("write `{rule}`"), Safety::Unsafe, span, rule),
                        None => diagnostic,
                    }
                },
                || "this is a rule of iptables, which has another syntax".to_string(),
            );
            return;
        }
        self.error(
            codes::RULE_SYNTAX,
            span,
            |diagnostic| {
                let diagnostic = diagnostic.label("left out");
                let bare = text.trim_start_matches('|').trim_start();
                if text.starts_with('|') && bare.len() + 1 < text.len() {
                    let right = format!("|{bare}");
                    return diagnostic
                        .note("the `|` of a disabled rule stands directly before the direction")
                        .fix(format!("write `{right}`"), Safety::Unsafe, span, right);
                }
                if text.contains(':') && !text.contains(char::is_whitespace)
                    || text.split_once(": ").is_some()
                {
                    return diagnostic.note("this looks like an option: options stand under `[OPTIONS]`");
                }
                if matches!(bare.to_ascii_uppercase().as_str(), "IN" | "OUT" | "FORWARD") {
                    return diagnostic
                        .note(format!("an action is missing: `{} ACCEPT`", bare.to_ascii_uppercase()));
                }
                if bare.eq_ignore_ascii_case("GROUP") {
                    return diagnostic.note("the name of the group is missing: `GROUP name`");
                }
                if Action::named(bare).is_some() {
                    return diagnostic.note(format!("the direction is missing: `IN {bare}`"));
                }
                diagnostic.note("a rule is a direction, an action and options: `IN ACCEPT -p tcp -dport 22`")
            },
            || format!("`{text}` is not a rule"),
        );
    }

    /// `-dport 22, 80`
    fn blank_in_list(&mut self, line: Span, junk: Span, before: &str, word_span: Span, word: &str) {
        let end = u32::try_from(before.trim_end().trim_end_matches(',').len()).unwrap_or(0);
        let gap = Span::new(line.file, line.start.saturating_add(end), junk.start);
        let right = word.trim_start_matches(',');
        let both = Span::new(line.file, gap.start, word_span.end);
        self.sink.push(
            Diagnostic::new(
                codes::RULE_SYNTAX,
                word_span,
                format!("a list has no blanks: `{word}` is not part of it"),
            )
            .label("the rule is left out")
            .fix("join it with a comma", Safety::Unsafe, both, format!(",{right}")),
        );
    }

    fn pasted_option(&mut self, span: Span, word: &str, line: Span, text: &str) {
        let translated = translate(text);
        let own = OptionName::spelled(word.as_bytes()).is_some();
        let code = if own { codes::RULE_SYNTAX } else { codes::IPTABLES_SYNTAX };
        self.error(
            code,
            span,
            |diagnostic| {
                let mut diagnostic = diagnostic.label("the rule is left out");
                diagnostic = match word {
                    "-j" | "--jump" | "-g" => {
                        diagnostic.note("the action is the second word of the rule: `IN ACCEPT …`")
                    }
                    "-m" | "--match" => diagnostic.note("there are no match modules here"),
                    "--ctstate" | "--state" | "ctstate" => diagnostic
                        .note("packets of known connections always pass; rules see new connections only"),
                    "--match-set" => diagnostic.note("a set is used as an address: `-source +name`"),
                    "--limit" | "--log-prefix" => diagnostic
                        .note("logging is `-log info`; its rate is the cluster's option `log_ratelimit`"),
                    "--comment" => diagnostic.note("a comment stands behind `#`"),
                    _ => diagnostic,
                };
                match (translated, iptables_option(word)) {
                    (Some(rule), _) => diagnostic.fix(format!("write `{rule}`"), Safety::Unsafe, line, rule),
                    (None, Some(Some(name))) => diagnostic.fix(
                        format!("write `{}`", name.spelling()),
                        Safety::Unsafe,
                        span,
                        name.spelling(),
                    ),
                    _ => diagnostic,
                }
            },
            || {
                if own {
                    format!("an action must stand before `{word}`")
                } else {
                    format!("`{word}` is an option of iptables, not of rules here")
                }
            },
        );
    }

    fn bad_rule_option(&mut self, span: Span, junk: &str, word: &str, value: Option<&str>) {
        let word_span = part(span, junk, word);
        let Some(value) = value else {
            self.sink.push(
                Diagnostic::new(codes::BAD_RULE_OPTION, word_span, format!("`{word}` has no value"))
                    .label("the rule is left out"),
            );
            return;
        };
        let value_span = part(span, junk, value);
        let both = Span::new(span.file, word_span.start, value_span.end);
        let right = format!("{word} {value}");
        self.sink.push(
            Diagnostic::new(
                codes::BAD_RULE_OPTION,
                both,
                format!("exactly one blank must stand behind `{word}`"),
            )
            .label("the rule is left out")
            .fix(format!("write `{right}`"), Safety::Safe, both, right),
        );
    }

    fn unknown_rule_option(&mut self, span: Span, word: &str) {
        self.error(
            codes::UNKNOWN_RULE_OPTION,
            span,
            |diagnostic| {
                let diagnostic = diagnostic.label("the rule is left out");
                match near_option(word) {
                    Some(name) => diagnostic.fix(format!("write `{name}`"), Safety::Unsafe, span, name),
                    None => diagnostic.note("options are `-source`, `-dest`, `-p`, `-dport`, `-sport`, `-icmp-type`, `-i` and `-log`"),
                }
            },
            || format!("there is no option `{word}`"),
        );
    }
}

#[expect(
    clippy::option_option,
    reason = "outside: whether iptables has it; inside: whether rules have something like it"
)]
fn iptables_option(word: &str) -> Option<Option<OptionName>> {
    IPTABLES_OPTIONS.iter().find(|(option, _)| *option == word).map(|(_, name)| *name)
}

fn near_option(word: &str) -> Option<&'static str> {
    let known = match word.trim_start_matches('-').to_ascii_lowercase().as_str() {
        "src" | "from" | "saddr" => Some("-source"),
        "dst" | "destination" | "to" | "daddr" => Some("-dest"),
        "port" | "destport" | "ports" => Some("-dport"),
        "srcport" => Some("-sport"),
        "protocol" => Some("-p"),
        "iface" | "interface" | "if" => Some("-i"),
        "icmp_type" | "icmptype" | "type" => Some("-icmp-type"),
        "dest-port" | "dst-port" => Some("-dport"),
        "src-port" => Some("-sport"),
        _ => None,
    };
    known.or_else(|| nearest(word, OptionName::SPELLINGS.iter().map(|(spelling, _)| *spelling)))
}

/// What a rule of iptables would be here, if everything in it has a counterpart.
fn translate(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().peekable();
    let (mut direction, mut action) = (None, None);
    let mut options: Vec<String> = Vec::new();
    if let Some(first) = words.peek().copied() {
        match first.to_ascii_uppercase().as_str() {
            "IPTABLES" | "IP6TABLES" => {
                words.next();
            }
            // `IN -p tcp -j ACCEPT`: the action may come at the end.
            "IN" | "OUT" | "FORWARD" if words.clone().nth(1).is_some_and(|word| word.starts_with('-')) => {
                direction = Some(first.to_ascii_uppercase());
                words.next();
            }
            "IN" | "OUT" | "FORWARD" => {
                direction = Some(first.to_ascii_uppercase());
                words.next();
                action = Some(words.next().filter(|word| Action::named(word).is_some())?.to_string());
            }
            _ => {}
        }
    }
    while let Some(word) = words.next() {
        match word {
            "-A" | "-I" | "--append" | "--insert" => {
                direction = Some(
                    match words.next()? {
                        "INPUT" => "IN",
                        "OUTPUT" => "OUT",
                        "FORWARD" => "FORWARD",
                        _ => return None,
                    }
                    .to_string(),
                );
            }
            "-j" | "--jump" => {
                action = Some(words.next().filter(|word| Action::named(word).is_some())?.to_string());
            }
            "-m" | "--match" => {
                // Modules that only say where the options behind them come from.
                if !["tcp", "udp", "icmp", "multiport", "iprange", "conntrack", "state"]
                    .contains(&words.next()?)
                {
                    return None;
                }
            }
            // Known connections pass anyway.
            "--ctstate" | "--state" if words.peek()?.split(',').any(|state| state == "NEW") => {
                words.next();
            }
            _ => {
                let name =
                    OptionName::spelled(word.as_bytes()).or_else(|| iptables_option(word).flatten())?;
                options.push(format!("{} {}", name.spelling(), words.next()?));
            }
        }
    }
    let mut rule = format!("{} {}", direction?, action?);
    for option in options {
        rule.push(' ');
        rule.push_str(&option);
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn translates_what_has_a_counterpart() {
        for (iptables, rule) in [
            (
                "iptables -A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT",
                Some("IN ACCEPT -source 10.0.0.0/8 -p tcp -dport 22"),
            ),
            ("-A OUTPUT -o vmbr0 -d 10.0.0.1 -j DROP", Some("OUT DROP -i vmbr0 -dest 10.0.0.1")),
            ("IN ACCEPT -p tcp -m conntrack --ctstate NEW --dport 22", Some("IN ACCEPT -p tcp -dport 22")),
            ("-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", None),
            ("-A INPUT -m hashlimit --hashlimit 1/s -j ACCEPT", None),
            ("-A INPUT -p tcp", None),
            ("-A PREROUTING -j ACCEPT", None),
        ] {
            assert_eq!(translate(iptables).as_deref(), rule, "{iptables}");
        }
    }
}
