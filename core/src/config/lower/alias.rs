//! Lines of `[ALIASES]`.

use alloc::format;
use alloc::string::ToString;

use ipnet::IpNet;

use super::Lower;
use crate::config::model::{Alias, Spanned};
use crate::config::value::{NAME_LIMIT, is_definable_name};
use crate::diag::{Diagnostic, Safety, codes};
use crate::facts::Network;
use crate::syntax::{Token, ast};
use crate::text::ByName;

impl Lower<'_, '_> {
    pub(super) fn alias(&mut self, tokens: &[Token]) {
        let pair = ast::Pair::of(tokens);
        let (Some(name), Some(value)) = (pair.name, pair.value) else {
            if let Some(junk) = pair.junk {
                self.bad_alias_line(junk);
                // References to it should not be told that there is no such alias.
                let name = self.text(junk).split([' ', '\t', '=', ':']).next().unwrap_or_default();
                if is_definable_name(name) {
                    let span = crate::config::reference::part(self.span(junk), self.text(junk), name);
                    self.file.aliases.push(Alias { name: name.to_ascii_lowercase(), span, value: None });
                }
            }
            return;
        };
        let (name_span, written) = (self.span(name), self.text(name));
        let (value_span, text) = (self.span(value), self.text(value));
        let network = if is_definable_name(text) {
            self.sink.push(
                Diagnostic::new(codes::BAD_ADDRESS, value_span, format!("`{text}` is not an address"))
                    .label("left out")
                    .note(
                        "an alias stands for an IP address or network, not for another alias or a host name",
                    ),
            );
            None
        } else {
            self.network(value_span, text)
        };
        if let Some((network, _)) = network
            && network.addr() != network.network()
        {
            let right = network.trunc().to_string();
            self.sink.push(
                Diagnostic::new(codes::HOST_BITS, value_span, format!("`{text}` has bits behind its prefix"))
                    .label(format!("means the network `{right}`"))
                    .fix(format!("write `{right}`"), Safety::Safe, value_span, right.clone())
                    .fix(
                        format!("write `{}` if the one address is meant", network.addr()),
                        Safety::Unsafe,
                        value_span,
                        network.addr().to_string(),
                    ),
            );
        }
        if !is_definable_name(written) || written.len() > NAME_LIMIT {
            self.sink.push(
                Diagnostic::new(
                    codes::UNUSABLE_NAME,
                    name_span,
                    format!("no rule can refer to an alias named `{written}`"),
                )
                .note(
                    "a name has 2 to 64 characters: a letter first; letters, digits, `-` and `_` may follow",
                ),
            );
        }
        self.named_aliases.push(self.file.aliases.len());
        // A faulty line does not undo an earlier good one, but references to the name alone can say what is wrong.
        let value = network.map(|(network, text)| {
            let value = crate::facts::written(network, text);
            Spanned { value, span: value_span }
        });
        self.file.aliases.push(Alias { name: written.to_ascii_lowercase(), span: name_span, value });
    }

    /// Reports aliases that are defined twice, once all are known.
    pub(super) fn duplicate_aliases(&mut self) {
        let mut places = ByName::default();
        for alias in self.named_aliases.iter().filter_map(|at| self.file.aliases.get(*at)) {
            if let Some(earlier) = places.insert(&alias.name, alias.span)
                && alias.value.is_some()
            {
                let written = core::str::from_utf8(alias.span.of(self.bytes)).unwrap_or_default();
                self.sink.push(
                    Diagnostic::new(
                        codes::DUPLICATE_ALIAS,
                        alias.span,
                        format!("alias `{written}` is defined twice"),
                    )
                    .label("this definition counts")
                    .secondary(earlier, "this one does not"),
                );
            }
        }
    }

    /// Reads an address or network, with its text less a prefix of all bits, and reports what is wrong with it.
    pub(super) fn network<'t>(&mut self, span: crate::text::Span, text: &'t str) -> Option<(IpNet, &'t str)> {
        crate::facts::parse(text).map_err(|error| self.network_error(span, text, error)).ok()
    }

    fn bad_alias_line(&mut self, junk: Token) {
        let (span, text) = (self.span(junk), self.text(junk));
        self.error(
            codes::BAD_ALIAS_LINE,
            span,
            |diagnostic| {
                let mut diagnostic = diagnostic.label("left out: the alias does not exist");
                let mut words =
                    text.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
                let (name, value, more) = (words.next(), words.next(), words.next());
                let name = name.map(|name| name.trim_end_matches(':'));
                if let (Some(name), Some(value), None) = (name, value, more)
                    && Network::parse(value).is_ok()
                {
                    let right = format!("{name} {value}");
                    diagnostic = diagnostic
                        .note("exactly one blank must stand between the name and the address")
                        .fix(format!("write `{right}`"), Safety::Unsafe, span, right);
                } else {
                    diagnostic =
                        diagnostic.note("an alias is written `name address`, with one blank between");
                }
                diagnostic
            },
            || "this is not an alias".to_string(),
        );
    }
}
