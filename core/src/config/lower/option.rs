//! Lines of `[OPTIONS]`.

use alloc::format;
use alloc::string::ToString;

use super::Lower;
use crate::config::options::{self, Options, Outcome};
use crate::config::value::Level;
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::syntax::{Token, ast};
use crate::text::{Span, in_lower_case};

impl Lower<'_, '_> {
    pub(super) fn option(&mut self, tokens: &[Token]) {
        let pair = ast::Pair::of(tokens);
        let Some(name_token) = pair.name else {
            if let Some(junk) = pair.junk {
                self.bad_option_line(junk);
            }
            return;
        };
        let span = self.line_span(tokens);
        let (written, value) = (self.text(name_token), pair.value.map_or("", |token| self.text(token)));
        let name = in_lower_case(written);
        let name_span = self.span(name_token);
        // COMPAT: the name of this one option is case-sensitive (spec 02 section 1).
        if name == options::CASE_SENSITIVE && written != name {
            self.unknown_option(name_span, written);
            return;
        }
        let value_span = pair.value.map_or(name_span, |token| self.span(token));
        match self.file.options.set(&name, value, span, self.names) {
            Outcome::Unknown => self.unknown_option(name_span, written),
            Outcome::Bad(expected) => self.bad_value(&name, value, value_span, &expected),
            Outcome::Set(before) => {
                if let Some(before) = before {
                    let message = format!("option `{name}` is given twice");
                    self.sink.push(
                        Diagnostic::new(codes::DUPLICATE_OPTION, span, message)
                            .label("this line counts")
                            .secondary(before, "this one does not"),
                    );
                }
                self.remark(&name, span, value_span);
            }
        }
    }

    fn bad_option_line(&mut self, junk: Token) {
        let (span, text, level) = (self.span(junk), self.text(junk), self.file.level);
        self.error(
            codes::BAD_OPTION_LINE,
            span,
            |diagnostic| {
                let mut diagnostic = diagnostic.label("left out").note("an option is written `name: value`");
                let (name, value) = text.split_once(['=', ' ', ':']).unwrap_or((text, ""));
                let (name, value) = (name.trim(), value.trim_start_matches(['=', ' ', ':']).trim());
                if options::names(level).contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty() {
                    let right = format!("{}: {value}", name.to_ascii_lowercase());
                    diagnostic = diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
                } else if text.starts_with("IN ") || text.starts_with("OUT ") || text.starts_with("GROUP ") {
                    diagnostic = diagnostic.note("this looks like a rule: rules stand under `[RULES]`");
                }
                diagnostic
            },
            || format!("`{text}` is not an option"),
        );
    }

    fn unknown_option(&mut self, span: Span, written: &str) {
        let name = written.to_ascii_lowercase();
        let level = self.file.level;
        let elsewhere = Level::ALL.into_iter().find(|other| options::names(*other).contains(&name.as_str()));
        if let Some(other) = elsewhere.filter(|other| *other != level) {
            self.sink.push(
                Diagnostic::new(
                    codes::OPTION_NOT_HERE,
                    span,
                    format!("{} has no option `{name}`", level.file()),
                )
                .label("left out")
                .note(format!("it is an option of {}", other.file())),
            );
            return;
        }
        self.error(
            codes::UNKNOWN_OPTION,
            span,
            |mut diagnostic| {
                diagnostic = diagnostic.label("left out");
                match nearest(&name, options::names(level).iter().copied()) {
                    Some(near) => diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near),
                    None => diagnostic.note(format!(
                        "{} has the options {}",
                        level.file(),
                        options::names(level).join(", ")
                    )),
                }
            },
            || format!("there is no option `{written}`"),
        );
    }

    fn bad_value(&mut self, name: &str, value: &str, span: Span, expected: &str) {
        if let Some((before, _)) = value.split_once('#')
            && let comment = Span::new(
                span.file,
                span.start + u32::try_from(before.trim_end().len()).unwrap_or(0),
                span.end,
            )
            && self.is_value(name, before.trim_end())
        {
            self.sink.push(
                Diagnostic::new(codes::OPTION_COMMENT, comment, "a comment can't stand behind an option")
                    .label("makes the whole line invalid: left out")
                    .note("pve-firewall ignores such a line without a word; put the comment on a line of its own")
                    .fix("remove the comment", Safety::Unsafe, comment, ""),
            );
            return;
        }
        let code = codes::BAD_VALUE;
        let mut diagnostic = Diagnostic::new(code, span, format!("option `{name}` can't be `{value}`"))
            .label("left out")
            .note(format!("expected {expected}"));
        if value.is_empty() {
            diagnostic.message = format!("option `{name}` has no value");
        }
        let boolean = match value.to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" | "enabled" => Some("1"),
            "no" | "off" | "false" | "disabled" => Some("0"),
            _ => None,
        };
        let policy = match value.to_ascii_uppercase().as_str() {
            "DENY" | "BLOCK" => Some("DROP"),
            "ALLOW" => Some("ACCEPT"),
            _ => None,
        };
        // `warn` is what most tools call it; the levels here are syslog's.
        let level = match value.to_ascii_lowercase().as_str() {
            "warn" => Some("warning"),
            "error" => Some("err"),
            "none" | "off" => Some("nolog"),
            _ => None,
        };
        let near =
            nearest(value, ["ACCEPT", "DROP", "REJECT", "warning", "notice", "info", "debug", "nolog"]);
        let candidates = [boolean, policy, level, near];
        if let Some(right) = candidates.into_iter().flatten().find(|right| self.is_value(name, right)) {
            diagnostic = diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
        }
        self.sink.push(diagnostic);
    }

    fn is_value(&self, name: &str, value: &str) -> bool {
        let mut trial = Options::none(self.file.level);
        matches!(trial.set(name, value, Span::at(self.file.id, 0), self.names), Outcome::Set(_))
    }

    /// Valid values that hardly mean what they seem to.
    fn remark(&mut self, name: &str, span: Span, value: Span) {
        let no_effect = |why: &str| {
            Diagnostic::new(codes::NO_EFFECT, span, format!("option `{name}` has no effect here"))
                .note(why.to_string())
        };
        let range = |what: &str| {
            Diagnostic::new(codes::OUT_OF_RANGE, value, format!("option `{name}` is usually {what}"))
                .note("it is used as it is, but the management interface would not accept it")
        };
        let forward = "this backend (iptables) has no forward rules; the nftables backend of Proxmox VE has";
        let diagnostic = match (&self.file.options, name) {
            (Options::Cluster(_), "policy_forward") => no_effect(forward),
            (Options::Host(_), "log_level_forward") => no_effect(forward),
            (Options::Host(_), "protection_limit") => {
                no_effect("pve-firewall reads it and does nothing with it")
            }
            (Options::Host(options), "nftables") if options.nftables.as_ref().is_some_and(|on| on.value) => {
                let message = "the nftables backend is chosen for this node";
                Diagnostic::new(codes::OTHER_BACKEND, span, message)
                    .note("where `proxmox-firewall` is installed, it makes the node's rules and pve-firewall removes its own")
            }
            (Options::Host(options), "nf_conntrack_max") => match &options.nf_conntrack_max {
                Some(max) if max.value < 262_144 => {
                    no_effect("only values above 262144, the least that is set anyway, do anything")
                }
                _ => return,
            },
            (Options::Host(options), "nf_conntrack_tcp_timeout_established") => {
                match &options.nf_conntrack_tcp_timeout_established {
                    Some(time) if time.value < 7875 => range("at least 7875 seconds"),
                    _ => return,
                }
            }
            (Options::Host(options), "nf_conntrack_tcp_timeout_syn_recv") => {
                match &options.nf_conntrack_tcp_timeout_syn_recv {
                    Some(time) if !(30..=60).contains(&time.value.0) => range("30 to 60 seconds"),
                    _ => return,
                }
            }
            _ => return,
        };
        self.sink.push(diagnostic);
    }
}
