//! Rules of ebtables: what stands behind `-A CHAIN`. The sign `!` stands behind its option here.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ipnet::{IpNet, Ipv4Net};

use super::dump::{BridgeAction, BridgeCondition, BridgeRule, BridgeTableName, BridgeTest, Counters};
use super::save::{Dialect, RuleLine};
use super::value;
use super::words::Word;
use crate::Family;
use crate::ir::{InterfacePattern, Mac, Side};
use crate::tables::ethertypes;

/// `ebtables-save`.
pub(super) struct Bridge;

impl Dialect for Bridge {
    type Table = BridgeTableName;
    type Rule = BridgeRule;
    const COMMITS: bool = false;

    fn rule(&self, line: &RuleLine<'_>) -> BridgeRule {
        let RuleLine { text: line, words: mut rest, is_chain, span, counters } = *line;
        let mut rule = BridgeRule { conditions: Vec::new(), action: BridgeAction::Continue, span, counters };
        while let [option, behind @ ..] = rest {
            if option.text == "-j" && !option.quoted {
                rule.target(line, behind, is_chain);
                break;
            }
            let (negated, values) = match behind {
                [not, values @ ..] if is_not(not) => (true, values),
                _ => (false, behind),
            };
            let count = values.iter().position(is_option).unwrap_or(values.len());
            let (values, behind) = values.split_at_checked(count).unwrap_or_default();
            rest = behind;
            let text = || {
                let end = behind.first().map_or(line.len(), |word| word.start);
                line.get(option.start..end).unwrap_or_default().trim_end().into()
            };
            rule.option(option, negated, values, text);
        }
        rule
    }
}

fn is_not(word: &Word<'_>) -> bool {
    word.text == "!" && !word.quoted
}

/// Whether an option only logs: such stand among the conditions.
fn is_watcher(option: &str) -> bool {
    matches!(option, "--log" | "--log-level" | "--log-prefix" | "--log-ip" | "--log-ip6" | "--log-arp")
        || option.starts_with("--nflog")
        || option.starts_with("--ulog")
}

/// Whether a word is an option, not a value.
fn is_option(word: &Word<'_>) -> bool {
    !word.quoted && word.text.len() > 1 && word.text.starts_with('-')
}

impl BridgeRule {
    fn option(
        &mut self,
        option: &Word<'_>,
        negated: bool,
        values: &[Word<'_>],
        text: impl FnOnce() -> Box<str>,
    ) {
        if is_watcher(&option.text) && !option.quoted {
            return;
        }
        let known = match values {
            [value] if !option.quoted => {
                // `+` alone is any interface, as if nothing stood there.
                if !negated && matches!(&*option.text, "-i" | "-o") && value::any_interface(&value.text) {
                    return;
                }
                test(&option.text, &value.text)
            }
            // Counters of the legacy tool.
            [packets, bytes] if option.text == "-c" => {
                if let (Some(packets), Some(bytes)) =
                    (value::decimal(&packets.text), value::decimal(&bytes.text))
                {
                    self.counters = Some(Counters { packets, bytes });
                    return;
                }
                None
            }
            _ => None,
        };
        self.conditions.push(match known {
            Some(known) => BridgeCondition::Known { negated, test: known },
            None => BridgeCondition::Unknown(text()),
        });
    }

    fn target(&mut self, line: &str, words: &[Word<'_>], is_chain: &dyn Fn(&str) -> bool) {
        let Some(name) = words.first() else {
            self.action = BridgeAction::Unknown(Box::default());
            return;
        };
        let mut options = words.get(1..).unwrap_or_default();
        if let [verb, packets, bytes] = options
            && verb.text == "-c"
            && let (Some(packets), Some(bytes)) = (value::decimal(&packets.text), value::decimal(&bytes.text))
        {
            self.counters = Some(Counters { packets, bytes });
            options = &[];
        }
        self.action = match (&*name.text, options) {
            ("ACCEPT", []) => BridgeAction::Accept,
            ("DROP", []) => BridgeAction::Drop,
            ("RETURN", []) => BridgeAction::Return,
            ("CONTINUE", []) => BridgeAction::Continue,
            (chain, []) if is_chain(chain) => BridgeAction::Jump(chain.into()),
            _ => BridgeAction::Unknown(line.get(name.start..).unwrap_or_default().trim_end().into()),
        };
    }
}

fn test(option: &str, value: &str) -> Option<BridgeTest> {
    let interface = |make: fn(InterfacePattern) -> BridgeTest| value::interface(value).map(make);
    let v4 = |side, make: fn(Side, Ipv4Net) -> BridgeTest| match value::net(value, Family::V4)? {
        IpNet::V4(net) => Some(make(side, net)),
        IpNet::V6(_) => None,
    };
    match option {
        "-p" if value.eq_ignore_ascii_case("length") => Some(BridgeTest::Length),
        "-p" => protocol(value).map(BridgeTest::Protocol),
        "-i" => interface(BridgeTest::InPort),
        "-o" => interface(BridgeTest::OutPort),
        "--logical-in" => interface(BridgeTest::InBridge),
        "--logical-out" => interface(BridgeTest::OutBridge),
        "-s" => address(Side::Source, value),
        "-d" => address(Side::Destination, value),
        "--arp-ip-src" => v4(Side::Source, BridgeTest::ArpAddress),
        "--arp-ip-dst" => v4(Side::Destination, BridgeTest::ArpAddress),
        "--ip-src" => v4(Side::Source, BridgeTest::Ipv4Address),
        "--ip-dst" => v4(Side::Destination, BridgeTest::Ipv4Address),
        "--mark" => value::mark(value).map(BridgeTest::Mark),
        _ => None,
    }
}

/// A name, or hexadecimal digits with or without `0x`.
fn protocol(text: &str) -> Option<u16> {
    let number = || {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| plain)
    };
    ethertypes::number(text).or_else(number)
}

/// A hardware address, `ADDRESS/MASK`, or one of the tools' names for some.
fn address(side: Side, text: &str) -> Option<BridgeTest> {
    let all = Mac([0xff; 6]);
    let group = Mac([1, 0, 0, 0, 0, 0]);
    let (mac, mask) = match text {
        "Unicast" => (Mac([0; 6]), group),
        "Multicast" => (group, group),
        "Broadcast" => (all, all),
        "BGA" => (Mac([0x01, 0x80, 0xc2, 0, 0, 0]), all),
        _ => match text.split_once('/') {
            Some((mac, mask)) => (short_mac(mac)?, short_mac(mask)?),
            None => (short_mac(text)?, all),
        },
    };
    Some(BridgeTest::Address { side, mac, mask })
}

/// Six hexadecimal numbers of one or two digits; the legacy tool leaves out leading zeros.
fn short_mac(text: &str) -> Option<Mac> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(Mac(bytes))
}
