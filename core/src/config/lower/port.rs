//! Ports and ICMP types (spec 01 section 6.4).

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Lower;
use crate::Family;
use crate::config::model::{IcmpValue, PortsValue};
use crate::config::reference::part;
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Safety, codes};
use crate::ir::{IcmpModule, IcmpType, PortRange, Ports, Protocol, Written};
use crate::tables::icmp;
use crate::tables::services::Transport;
use crate::text::{Span, split_at_byte};

/// Ports that one rule can compare (the kernel's `XT_MULTI_PORTS`).
const MOST_PORTS: usize = 15;

/// One element of a list.
struct Item {
    range: PortRange,
    /// What it counts towards [`MOST_PORTS`].
    slots: usize,
    /// Whether the canonical spelling is another one.
    spelled: bool,
    /// Whether it is written as a range.
    range_form: bool,
}

impl Lower<'_, '_> {
    /// The value of `-dport` or `-sport` of a protocol with ports. What is wrong has been reported where it is `None`.
    pub(super) fn ports(&mut self, span: Span, text: &str, protocol: Protocol) -> Option<PortsValue> {
        let (one, several);
        let items = if text.as_bytes().contains(&b',') {
            let mut items = Vec::with_capacity(MOST_PORTS);
            for element in text.split(',') {
                items.push(self.port_item(part(span, text, element), element, protocol)?);
            }
            several = items;
            several.as_slice()
        } else {
            one = [self.port_item(span, text, protocol)?];
            &one
        };
        let slots: usize = items.iter().map(|item| item.slots).sum();
        if slots > MOST_PORTS {
            self.sink.push(
                Diagnostic::new(
                    codes::TOO_MANY_PORTS,
                    span,
                    format!("{slots} ports are too many for one rule"),
                )
                .label("the rule is left out")
                .note(format!(
                    "at most {MOST_PORTS} are possible, a range counts as two; write several rules"
                )),
            );
            return None;
        }
        let list = items.len() > 1;
        let is_odd = |item: &Item| item.range_form && item.range.first == item.range.last;
        if (list || protocol == Protocol::UDPLITE)
            && items.iter().any(is_odd)
            && let Some((item, written)) = items.iter().zip(text.split(',')).find(|(item, _)| is_odd(item))
        {
            let (place, right) = (part(span, text, written), item.range.first.to_string());
            self.sink.push(
                Diagnostic::new(codes::BAD_PORT, place, format!("`{written}` is a range of one port"))
                    .label("the rule is left out")
                    .note("in a list, the kernel tools refuse such a range, and with it the whole table")
                    .fix(format!("write `{right}`"), Safety::Safe, place, right),
            );
            return None;
        }
        let spelled = items.iter().any(|item| item.spelled);
        if let [Item { range: PortRange { first: 0, last: 0 }, range_form: false, .. }] = items {
            self.sink.push(
                Diagnostic::new(codes::PORT_ZERO, span, "port 0 alone does not mean port 0")
                    .label("the rule is left out")
                    .note("pve-firewall treats it as if no port was given: the rule would match every port")
                    .note("leave the option out if every port is meant"),
            );
            return None;
        }
        let ports = match items {
            [only] => Ports::One(only.range),
            several => Ports::Many(several.iter().map(|item| item.range).collect()),
        };
        let ports = if spelled { Written::spelled(ports, text) } else { Written::canonical(ports) };
        Some(PortsValue { ports, list })
    }

    fn port_item(&mut self, span: Span, text: &str, protocol: Protocol) -> Option<Item> {
        if let Some((first, last)) = split_at_byte(text, b':') {
            let (Some(low), Some(high)) =
                (self.port_number(span, text, first)?, self.port_number(span, text, last)?)
            else {
                self.bad_port(span, text);
                return None;
            };
            if low > high {
                let right = format!("{last}:{first}");
                self.sink.push(
                    Diagnostic::new(codes::REVERSED_PORTS, span, "the range of ports ends before it starts")
                        .label("the rule is left out")
                        .fix(format!("write `{right}`"), Safety::Unsafe, span, right),
                );
                return None;
            }
            // `7:7` is one port to the kernel, but spelled as a range.
            return Some(Item {
                range: PortRange { first: low, last: high },
                slots: 2,
                spelled: low == high,
                range_form: true,
            });
        }
        if let Some(port) = self.port_number(span, text, text)? {
            return Some(Item {
                range: PortRange::single(port),
                slots: 1,
                spelled: false,
                range_form: false,
            });
        }
        let transport = match protocol {
            Protocol::TCP => Some(Transport::Tcp),
            Protocol::UDP => Some(Transport::Udp),
            Protocol::SCTP => Some(Transport::Sctp),
            _ => None,
        };
        if let Some(port) = self.names.service(text, transport) {
            return Some(Item { range: PortRange::single(port), slots: 1, spelled: true, range_form: false });
        }
        if self.names.has_service(text) {
            let has: Vec<_> = self.names.service_protocols(text);
            self.sink.push(
                Diagnostic::new(
                    codes::SERVICE_PROTOCOL,
                    span,
                    format!("service `{text}` does not exist for this protocol"),
                )
                .label("the rule is left out")
                .note(format!(
                    "it exists for {}; with another protocol the kernel tools would refuse the whole table",
                    has.join(" and ")
                ))
                .note("write the port as a number to use it with any protocol"),
            );
        } else {
            self.bad_port(span, text);
        }
        None
    }

    /// The number, `Some(None)` if the text is none at all, `None` if it was reported as a bad one.
    #[expect(
        clippy::option_option,
        reason = "three outcomes: a number, no number, a number that was reported"
    )]
    fn port_number(&mut self, span: Span, whole: &str, text: &str) -> Option<Option<u16>> {
        let mut number = 0_u32;
        for byte in text.bytes() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Some(None);
            }
            number = number.saturating_mul(10).saturating_add(digit.into());
        }
        if text.is_empty() {
            return Some(None);
        }
        let Ok(port) = u16::try_from(number) else {
            let span = part(span, whole, text);
            self.sink.push(
                Diagnostic::new(codes::PORT_TOO_LARGE, span, format!("there is no port {text}"))
                    .label("the rule is left out")
                    .note("ports go up to 65535"),
            );
            return None;
        };
        if text.len() > 1 && text.starts_with('0') {
            let (span, plain) = (part(span, whole, text), port.to_string());
            self.sink.push(
                Diagnostic::new(codes::BAD_PORT, span, format!("port `{text}` has a leading zero"))
                    .label("the rule is left out")
                    .note("the kernel tools read such a number as octal")
                    .fix(format!("write `{plain}`"), Safety::Unsafe, span, plain),
            );
            return None;
        }
        Some(Some(port))
    }

    fn bad_port(&mut self, span: Span, text: &str) {
        let ranged = text.split_once('-').filter(|(first, last)| {
            let number = |text: &str| text.parse::<u16>().is_ok();
            number(first) && number(last)
        });
        let icmp = icmp::named(Family::V4, text).or_else(|| icmp::named(Family::V6, text)).is_some();
        let words =
            !text.is_empty() && text.bytes().any(|byte| byte.is_ascii_alphabetic()) && !text.contains(':');
        let code = if words && !icmp { codes::UNKNOWN_SERVICE } else { codes::BAD_PORT };
        let names = self.names;
        self.error(
            code,
            span,
            |diagnostic| {
                let mut diagnostic = diagnostic.label("the rule is left out");
                if let Some((first, last)) = ranged {
                    let right = format!("{first}:{last}");
                    return diagnostic.fix(format!("write `{right}` for a range"), Safety::Unsafe, span, right);
                }
                if let Some((first, last)) = text.split_once(':')
                    && (first.is_empty() || last.is_empty())
                    && (first.parse::<u16>().is_ok() || last.parse::<u16>().is_ok())
                {
                    let (first, last) =
                        (if first.is_empty() { "0" } else { first }, if last.is_empty() { "65535" } else { last });
                    let right = format!("{first}:{last}");
                    return diagnostic.fix(format!("write `{right}`"), Safety::Unsafe, span, right);
                }
                if icmp {
                    return diagnostic.note("this is an ICMP type: it needs `-p icmp` or `-p icmpv6`");
                }
                if text.is_empty() {
                    return diagnostic.note("ports are separated by single commas, without blanks; none stands at the end");
                }
                if words {
                    diagnostic = diagnostic.note("service names are those of `/etc/services`; case counts, and aliases in its third column don't");
                    let lower = text.to_ascii_lowercase();
                    let lower = if lower == "dns" { "domain".to_string() } else { lower };
                    let near = if names.has_service(&lower) { Some(lower.as_str()) } else { nearest(text, names.service_names()) };
                    if let Some(near) = near {
                        diagnostic = diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near);
                    }
                    return diagnostic;
                }
                diagnostic.note("a port is a number up to 65535, a range `first:last`, or the name of a service")
            },
            || {
                if text.is_empty() {
                    "a port is missing".to_string()
                } else if code == codes::UNKNOWN_SERVICE {
                    format!("there is no service `{text}`")
                } else {
                    format!("`{text}` is not a port")
                }
            },
        );
    }

    /// The value of `-dport` with an ICMP protocol: a number, or a name of the protocol's family.
    pub(super) fn icmp_port(&mut self, span: Span, text: &str, module: IcmpModule) -> Option<IcmpValue> {
        let number = text.parse::<u8>().ok().filter(|number| number.to_string() == text);
        if let Some(number) = number {
            let family = module_family(module);
            let kind = IcmpType { family, kind: Some(number), code: None };
            return Some(IcmpValue { kind: Written::spelled(kind, text), module });
        }
        self.icmp_name(span, text, module)
    }

    /// The value of `-icmp-type`: a name, or 0.
    pub(super) fn icmp_type(&mut self, span: Span, text: &str, module: IcmpModule) -> Option<IcmpValue> {
        if text == "0" {
            return self.icmp_port(span, text, module);
        }
        // COMPAT: other numbers are refused here (Q11); `-dport` takes them.
        if let Ok(number) = text.parse::<u8>() {
            let rows = if module_family(module) == Family::V4 { icmp::V4 } else { icmp::V6 };
            let row = rows.iter().find(|row| row.ty == Some(number) && row.code.is_none());
            let mut diagnostic = Diagnostic::new(
                codes::UNKNOWN_ICMP_TYPE,
                span,
                format!("`-icmp-type` takes names, not the number {text}"),
            )
            .label("the rule is left out");
            diagnostic = match row {
                Some(row) => diagnostic.fix(format!("write `{}`", row.name), Safety::Unsafe, span, row.name),
                None => diagnostic.note(format!("write `-dport {text}` instead")),
            };
            self.sink.push(diagnostic);
            return None;
        }
        self.icmp_name(span, text, module)
    }

    fn icmp_name(&mut self, span: Span, text: &str, module: IcmpModule) -> Option<IcmpValue> {
        let family = module_family(module);
        if let Some(row) = icmp::named(family, text) {
            let kind = IcmpType { family, kind: row.ty, code: row.code };
            let rows = if family == Family::V4 { icmp::V4 } else { icmp::V6 };
            let canonical = rows.iter().find(|other| (other.ty, other.code) == (row.ty, row.code));
            let canonical = canonical.is_some_and(|other| other.name == text);
            let kind = if canonical { Written::canonical(kind) } else { Written::spelled(kind, text) };
            return Some(IcmpValue { kind, module });
        }
        if self.sink.only_counts(span.file, codes::UNKNOWN_ICMP_TYPE.severity()) {
            return None;
        }
        let rows = if family == Family::V4 { icmp::V4 } else { icmp::V6 };
        let mut diagnostic = Diagnostic::new(
            codes::UNKNOWN_ICMP_TYPE,
            span,
            format!("there is no {} ICMP type `{text}`", family.name()),
        )
        .label("the rule is left out");
        if icmp::named(family.other(), text).is_some() {
            diagnostic = diagnostic.note(format!("it is a type of {}", family.other().name()));
        } else if text.contains(',') {
            diagnostic = diagnostic.note("a rule compares one ICMP type only; write a rule for each");
        } else if let Some(near) = nearest(text, rows.iter().map(|row| row.name)) {
            diagnostic = diagnostic.fix(format!("write `{near}`"), Safety::Unsafe, span, near);
        } else {
            diagnostic = diagnostic.note("a type is a name, or a number up to 255 given with `-dport`");
        }
        self.sink.push(diagnostic);
        None
    }
}

/// The family whose types a module compares.
pub(super) const fn module_family(module: IcmpModule) -> Family {
    match module {
        IcmpModule::Icmp => Family::V4,
        IcmpModule::Icmpv6 | IcmpModule::Ipv6Icmp => Family::V6,
    }
}
