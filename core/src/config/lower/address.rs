//! Addresses and references in rules and sets (spec 01 section 6.3).

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::IpNet;

use super::Lower;
use crate::Family;
use crate::config::model::{AddressValue, Reference, family_of};
use crate::config::reference::{self, part};
use crate::config::value::{NAME_LIMIT, is_definable_name};
use crate::diag::{Diagnostic, Safety, codes};
use crate::facts::NetworkError;
use crate::ir::{AddressRange, Addresses, Written};
use crate::text::Span;

/// The longest argument that the restore tools take (a buffer of 1024 bytes in iptables' `xshared`).
const LONGEST_LIST: usize = 1023;

/// What people put around values.
const QUOTES: [char; 7] = ['"', '\'', '“', '”', '„', '‘', '’'];

impl Lower<'_, '_> {
    /// The value of `-source` or `-dest`. Errors are reported; the value then still tells the family if it can.
    pub(super) fn address(&mut self, span: Span, text: &str) -> AddressValue {
        if let Some(name) = text.strip_prefix('+') {
            return self
                .set_reference(span, text, name)
                .map_or(AddressValue::Faulty(None), AddressValue::Set);
        }
        if let Some(reference) = reference::alias(span, text) {
            if text.len() > NAME_LIMIT {
                self.name_too_long(span, text);
                return AddressValue::Faulty(None);
            }
            return AddressValue::Alias(reference);
        }
        self.literal(span, text)
    }

    fn set_reference(&mut self, span: Span, text: &str, name: &str) -> Option<Reference> {
        if text.len() > NAME_LIMIT + 1 {
            self.name_too_long(span, text);
            return None;
        }
        let (scope, name) = reference::set_scope(name);
        if !is_definable_name(name) {
            let diagnostic =
                Diagnostic::new(codes::UNKNOWN_SET, span, format!("`{name}` can't be the name of a set"));
            let diagnostic = if name.contains(',') {
                diagnostic.note(
                    "a rule compares an address with one set only; write a rule for each, or one set of both",
                )
            } else {
                diagnostic
            };
            self.sink.push(
                diagnostic
                    .label("the rule is left out")
                    .note("a name starts with a letter; letters, digits, `-` and `_` may follow. `dc/`, `guest/` or `sdn/` may stand before it"),
            );
            return None;
        }
        Some(Reference { scope, name: part(span, text, name) })
    }

    fn name_too_long(&mut self, span: Span, text: &str) {
        self.sink.push(
            Diagnostic::new(codes::NAME_TOO_LONG, span, "this name is too long")
                .label("the rule is left out")
                .note(format!(
                    "it has {} characters; at most {} are allowed, prefix included",
                    text.len(),
                    NAME_LIMIT + usize::from(text.starts_with('+'))
                )),
        );
    }

    fn literal(&mut self, span: Span, text: &str) -> AddressValue {
        if text.len() > LONGEST_LIST {
            self.sink.push(
                Diagnostic::new(codes::LIST_TOO_LONG, span, "the list of addresses is too long")
                    .label("the rule is left out")
                    .note(format!("the kernel tools take at most {LONGEST_LIST} characters and refuse the whole table for more"))
                    .note("put the addresses into an `[IPSET]`"),
            );
            return AddressValue::Faulty(None);
        }
        if !text.bytes().any(|byte| matches!(byte, b',' | b'-')) {
            return match self.rule_network(span, text) {
                Ok(net) => AddressValue::Literal(crate::facts::written(net, text)),
                Err(family) => AddressValue::Faulty(family),
            };
        }
        let elements: Vec<_> = text.split(',').collect();
        // A range is told from a name with a dash by its ends.
        if let [range] = elements.as_slice()
            && let Some((first, last)) = range.split_once('-').filter(|(first, _)| !first.contains('/'))
        {
            return self.range(span, text, first, last);
        }
        if let [single] = elements.as_slice() {
            return match self.rule_network(span, single) {
                Ok(net) => AddressValue::Literal(crate::facts::written(net, single)),
                Err(family) => AddressValue::Faulty(family),
            };
        }
        let mut nets = Vec::with_capacity(elements.len());
        let mut faulty = false;
        for element in &elements {
            let element_span = part(span, text, element);
            if element.is_empty() {
                self.sink.push(
                    Diagnostic::new(codes::BAD_ADDRESS, span, "the list has an empty element")
                        .label("the rule is left out")
                        .note(
                            "elements are separated by single commas, without blanks; none stands at the end",
                        ),
                );
                return AddressValue::Faulty(None);
            }
            if element.contains('-') && element.split('-').all(|end| end.parse::<IpAddr>().is_ok()) {
                self.sink.push(
                    Diagnostic::new(
                        codes::RANGE_IN_LIST,
                        element_span,
                        "a range can't be an element of a list",
                    )
                    .label("the rule is left out")
                    .note("write a rule of its own for the range"),
                );
                faulty = true;
                continue;
            }
            if is_definable_name(element) || element.starts_with('+') {
                let what = if element.starts_with('+') { "a set" } else { "an alias" };
                self.sink.push(
                    Diagnostic::new(codes::BAD_ADDRESS, element_span, format!("{what} can't be an element of a list"))
                        .label("the rule is left out")
                        .note("put everything into an `[IPSET]`, which may have aliases as members, or write a rule for each"),
                );
                faulty = true;
                continue;
            }
            match self.rule_network(element_span, element) {
                Ok(net) => nets.push(net),
                Err(_) => faulty = true,
            }
        }
        let family = nets.first().map(|net| family_of(net.addr()));
        if let Some(odd) = nets.iter().zip(&elements).find(|(net, _)| Some(family_of(net.addr())) != family)
            && !faulty
        {
            self.sink.push(
                Diagnostic::new(codes::MIXED_FAMILIES, span, "the list mixes IPv4 and IPv6")
                    .label("the rule is left out")
                    .secondary(
                        part(span, text, odd.1),
                        format!(
                            "{} after {}",
                            family_of(odd.0.addr()).name(),
                            family.map_or("", Family::name)
                        ),
                    )
                    .note("write one rule for each"),
            );
            faulty = true;
        }
        if faulty {
            return AddressValue::Faulty(family);
        }
        let canonical =
            nets.iter().zip(&elements).all(|(net, text)| crate::facts::written(*net, text).text().is_none());
        let value = Addresses::List(nets.into());
        AddressValue::Literal(if canonical {
            Written::canonical(value)
        } else {
            Written::spelled(value, text)
        })
    }

    /// One element: an address, or a network without host bits. The error is the family, if known.
    fn rule_network(&mut self, span: Span, text: &str) -> Result<IpNet, Option<Family>> {
        let parsed = match crate::facts::parse(text) {
            Ok((net, _)) => net,
            Err(error) => {
                self.network_error(span, text, error);
                return Err(None);
            }
        };
        if parsed.addr() != parsed.network() {
            let (net, address) = (parsed.trunc().to_string(), parsed.addr().to_string());
            self.sink.push(
                Diagnostic::new(
                    codes::HOST_BITS_IN_RULE,
                    span,
                    format!("`{text}` has bits behind its prefix"),
                )
                .label("the rule is left out")
                .note("is the whole network meant, or the one address?")
                .fix(format!("write `{net}` for the network"), Safety::Unsafe, span, net)
                .fix(
                    format!("write `{address}` for the address"),
                    Safety::Unsafe,
                    span,
                    address,
                ),
            );
            return Err(Some(family_of(parsed.addr())));
        }
        Ok(parsed)
    }

    fn range(&mut self, span: Span, text: &str, first: &str, last: &str) -> AddressValue {
        let (Ok(low), Ok(high)) = (first.parse::<IpAddr>(), last.parse::<IpAddr>()) else {
            // `10.0.0.1-20`
            let short = first.parse::<core::net::Ipv4Addr>().ok().zip(last.parse::<u8>().ok());
            if let Some((address, last)) = short {
                let [a, b, c, _] = address.octets();
                let right = format!("{first}-{a}.{b}.{c}.{last}");
                self.sink.push(
                    Diagnostic::new(codes::BAD_ADDRESS, span, "both ends of a range are whole addresses")
                        .label("the rule is left out")
                        .fix(format!("write `{right}`"), Safety::Unsafe, span, right),
                );
            } else {
                self.network_error(span, text, NetworkError::Address);
            }
            return AddressValue::Faulty(None);
        };
        if family_of(low) != family_of(high) {
            self.sink.push(
                Diagnostic::new(codes::MIXED_FAMILIES, span, "the range mixes IPv4 and IPv6")
                    .label("the rule is left out"),
            );
            return AddressValue::Faulty(None);
        }
        if low > high {
            let right = format!("{last}-{first}");
            self.sink.push(
                Diagnostic::new(codes::REVERSED_RANGE, span, "the range ends before it starts")
                    .label("the rule is left out")
                    .fix(format!("write `{right}`"), Safety::Unsafe, span, right),
            );
            return AddressValue::Faulty(Some(family_of(low)));
        }
        let value = Addresses::Range(alloc::boxed::Box::new(AddressRange { first: low, last: high }));
        let canonical =
            family_of(low) == Family::V4 || format!("{low}-{high}") == text && !text.contains('.');
        AddressValue::Literal(if canonical {
            Written::canonical(value)
        } else {
            Written::spelled(value, text)
        })
    }

    pub(super) fn network_error(&mut self, span: Span, text: &str, error: NetworkError) {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let (code, message) = match error {
            NetworkError::Address => {
                (codes::BAD_ADDRESS, format!("`{text}` is not an IP address, network or alias"))
            }
            NetworkError::Prefix => (codes::BAD_PREFIX, format!("`/{prefix}` is not a prefix length")),
            NetworkError::PrefixTooLong(family) => (
                codes::PREFIX_TOO_LONG,
                format!("a prefix of {prefix} bits is too long for {}", family.name()),
            ),
        };
        self.error(
            code,
            span,
            |diagnostic| {
                let diagnostic = diagnostic.label("left out");
                match error {
                    NetworkError::PrefixTooLong(family) => {
                        diagnostic.note(format!("{} addresses have {} bits", family.name(), family.bits()))
                    }
                    NetworkError::Prefix => match mask_length(prefix) {
                        Some(bits) => {
                            let right = format!("{address}/{bits}");
                            let title = format!("write `{right}` instead of the netmask");
                            diagnostic.fix(title, Safety::Unsafe, span, right)
                        }
                        None => diagnostic.note("a prefix length is a decimal number without leading zeros"),
                    },
                    NetworkError::Address => explain_address(diagnostic, span, address, prefix),
                }
            },
            || message,
        );
    }
}

/// What may have been meant by something that is not an address.
fn explain_address(diagnostic: Diagnostic, span: Span, address: &str, prefix: &str) -> Diagnostic {
    let octets: Vec<_> = address.split('.').collect();
    let numeric = octets.iter().all(|octet| !octet.is_empty() && octet.bytes().all(|b| b.is_ascii_digit()));
    if numeric {
        if let Some(large) = octets.iter().find(|octet| octet.parse::<u8>().is_err()) {
            return diagnostic.note(format!("`{large}` is above 255"));
        }
        if octets.len() < 4 {
            let mut full = octets.clone();
            full.resize(4, "0");
            let bits = if prefix.is_empty() { (octets.len() * 8).to_string() } else { prefix.to_string() };
            let right = format!("{}/{bits}", full.join("."));
            return diagnostic.note("an IPv4 address has four numbers").fix(
                format!("write `{right}` if the network is meant"),
                Safety::Unsafe,
                span,
                right,
            );
        }
        if octets.len() == 4 {
            let plain: Vec<_> = octets
                .iter()
                .filter_map(|octet| octet.parse::<u8>().ok())
                .map(|octet| octet.to_string())
                .collect();
            let right =
                if prefix.is_empty() { plain.join(".") } else { format!("{}/{prefix}", plain.join(".")) };
            if plain.join(".") == address {
                return diagnostic.note("a prefix length is a number from 0 to 32");
            }
            return diagnostic.note("numbers have no leading zeros: some programs read them as octal").fix(
                format!("write `{right}`"),
                Safety::Unsafe,
                span,
                right,
            );
        }
    }
    if address.contains('%') {
        return diagnostic.note("addresses can't name an interface here; use `-i`");
    }
    if address.contains('.')
        && !address.contains(':')
        && address.bytes().any(|byte| byte.is_ascii_alphabetic())
    {
        return diagnostic.note("host names are not resolved; write the address, or define an alias for it");
    }
    let whole = if prefix.is_empty() { address.to_string() } else { format!("{address}/{prefix}") };
    if whole.contains(QUOTES) {
        let right = whole.replace(QUOTES, "");
        return diagnostic.note("values stand without quotes").fix(
            format!("write `{right}`"),
            Safety::Unsafe,
            span,
            right,
        );
    }
    if let Some((host, "")) = address.strip_suffix(".*").zip(Some(prefix))
        && host.split('.').count() == 3
    {
        let right = format!("{host}.0/24");
        return diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
    }
    if whole.contains("://") {
        return diagnostic.note("names and URLs are not resolved; write the address");
    }
    if let Some((host, port)) = address.rsplit_once(':')
        && host.parse::<core::net::Ipv4Addr>().is_ok()
        && port.parse::<u16>().is_ok()
    {
        return diagnostic.note("ports go into `-dport` or `-sport`").fix(
            format!("write `{host}`"),
            Safety::Unsafe,
            span,
            host,
        );
    }
    if whole.contains(';') {
        let right = whole.trim_end_matches(';').replace(';', ",");
        return diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
    }
    if whole.starts_with('!') {
        return diagnostic
            .note("conditions can't be negated; put a rule with the opposite action before this one");
    }
    if let Some(inner) = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        return diagnostic.fix(format!("write `{inner}`"), Safety::Unsafe, span, inner);
    }
    diagnostic.note("a set is referred to as `+name`, an alias as `name`, with `dc/` or `guest/` before the name if need be")
}

/// The prefix length of a netmask like `255.255.255.0`.
fn mask_length(mask: &str) -> Option<u32> {
    let bits = u32::from(mask.parse::<core::net::Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == u32::MAX).then(|| bits.leading_ones())
}
