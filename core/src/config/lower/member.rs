//! Lines of `[IPSET name]`.

use alloc::format;
use alloc::string::ToString;

use ipnet::IpNet;

use super::Lower;
use crate::config::model::{Member, MemberValue};
use crate::diag::{Diagnostic, Safety, codes};
use crate::syntax::{Token, ast};
use crate::text::Span;

impl Lower<'_, '_> {
    pub(super) fn member(&mut self, tokens: &[Token]) {
        let member = ast::Member::of(tokens);
        let nomatch = member.bang.is_some();
        let Some(value) = member.value else {
            let span =
                member.junk.or(member.bang).map_or_else(|| self.line_span(tokens), |token| self.span(token));
            let text = member.junk.map_or("", |token| self.text(token));
            self.bad_member(span, text, nomatch);
            if let Some(set) = self.file.sets.last_mut() {
                set.faulty_lines += 1;
            }
            return;
        };
        let (span, text) = (self.span(value), self.text(value));
        let value = self.member_value(span, text);
        if let Some(set) = self.file.sets.last_mut() {
            set.members.push(Member { span, nomatch, value });
        }
    }

    fn member_value(&mut self, span: Span, text: &str) -> MemberValue {
        if let Some(reference) = crate::config::reference::alias(span, text) {
            return MemberValue::Alias(reference);
        }
        if let Some(name) = text.strip_prefix('+') {
            self.sink.push(
                Diagnostic::new(codes::BAD_MEMBER, span, "a set can't contain another set")
                    .label("left out")
                    .note(format!(
                        "list the members of `{name}` here, or use both sets in rules of their own"
                    )),
            );
            return MemberValue::Faulty;
        }
        if text.as_bytes().contains(&b'-')
            && text.split('-').all(|part| part.parse::<core::net::IpAddr>().is_ok())
        {
            self.sink.push(
                Diagnostic::new(codes::BAD_MEMBER, span, "a set can't contain a range")
                    .label("left out")
                    .note("write the networks that make up the range, a line each"),
            );
            return MemberValue::Faulty;
        }
        if text.as_bytes().contains(&b',') {
            self.sink.push(
                Diagnostic::new(codes::BAD_MEMBER, span, "a line of a set has one member only")
                    .label("left out")
                    .fix("put each on a line of its own", Safety::Unsafe, span, text.replace(',', "\n")),
            );
            return MemberValue::Faulty;
        }
        let Some((network, _)) = self.network(span, text) else { return MemberValue::Faulty };
        if network.prefix_len() == 0 {
            self.sink.push(
                Diagnostic::new(codes::ZERO_PREFIX, span, format!("a set can't contain `{text}`"))
                    .label("left out")
                    .note("the kernel takes no prefix 0; two networks with prefix 1 cover everything"),
            );
            return MemberValue::Faulty;
        }
        if network.addr() != network.network() {
            self.host_bits(span, text, network);
        }
        MemberValue::Net(network)
    }

    fn host_bits(&mut self, span: Span, text: &str, network: IpNet) {
        let right = network.trunc().to_string();
        self.sink.push_with(span.file, codes::HOST_BITS.severity(), || {
            let address = network.addr().to_string();
            Diagnostic::new(codes::HOST_BITS, span, format!("`{text}` has bits behind its prefix"))
                .label(format!("means the network `{right}`"))
                .note("pve-firewall loads it so too, but then takes the set for changed on every run")
                .fix(format!("write `{right}`"), Safety::Safe, span, right)
                .fix(format!("write `{address}` if the one address is meant"), Safety::Unsafe, span, address)
        });
    }

    fn bad_member(&mut self, span: Span, text: &str, nomatch: bool) {
        self.error(
            codes::BAD_MEMBER,
            span,
            |diagnostic| {
                let diagnostic = diagnostic.label("left out");
                let looks_like_rule = ["IN ", "OUT ", "GROUP ", "FORWARD "].iter().any(|word| text.starts_with(word));
                if looks_like_rule {
                    diagnostic.note("this looks like a rule: rules stand under `[RULES]`")
                } else {
                    diagnostic.note("a line of a set is one address, network or alias, with `!` in front for an exception")
                }
            },
            || if text.is_empty() && nomatch { "nothing stands behind the `!`".to_string() } else { "this is not one member".to_string() },
        );
    }
}
