//! Options of the modules that compare packets.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::dump::{Condition, ForeignTest, PacketType};
use super::rule::Opt;
use super::value;
use crate::Family;
use crate::ir::{
    AddressTypes, HashLimit, IcmpModule, Mac, Match, PortModule, Rate, RateUnit, SetName, Side, Spelling,
    TcpFlags, Test, Written,
};

/// How much of a module's options was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// All.
    All,
    /// Some; the others are further conditions.
    Some,
    /// Those that were not understood may change what the others mean.
    Nothing,
}

/// Modules that are read here. What is none of these is foreign as a whole.
const KNOWN: [&str; 23] = [
    "addrtype",
    "comment",
    "connmark",
    "conntrack",
    "dccp",
    "hashlimit",
    "icmp",
    "icmp6",
    "icmpv6",
    "iprange",
    "ipv6-icmp",
    "length",
    "limit",
    "mac",
    "mark",
    "multiport",
    "physdev",
    "pkttype",
    "sctp",
    "set",
    "state",
    "tcp",
    "udp",
];

/// Whether [`read`] knows the module.
pub(super) fn is_known(module: &str) -> bool {
    KNOWN.contains(&module)
}

/// Reads the options of a module (empty: of none that is named) into conditions.
pub(super) fn read(
    module: &str,
    options: &[Opt<'_, '_>],
    family: Family,
    conditions: &mut Vec<Condition>,
    comment: &mut Option<Box<str>>,
) -> Read {
    match module {
        "limit" => limit(options, conditions),
        "hashlimit" => whole(above_hash_limit(options, family), conditions),
        "addrtype" => address_types(options, conditions),
        "comment" => {
            for option in options {
                match (option.name, option.values) {
                    ("--comment", [text]) => {
                        comment.get_or_insert_with(|| Box::from(&*text.text));
                    }
                    _ => return Read::Nothing,
                }
            }
            Read::All
        }
        _ => {
            let mut outcome = Read::All;
            for option in options {
                match one(module, option, family).or_else(|| implied(module, option)) {
                    Some(condition) => conditions.push(condition),
                    // The options of a set belong together, those of others stand beside each other.
                    None if module == "set" => return Read::Nothing,
                    None => outcome = Read::Some,
                }
            }
            outcome
        }
    }
}

fn whole(test: Option<Test>, conditions: &mut Vec<Condition>) -> Read {
    match test {
        Some(test) => {
            conditions.push(Condition::Known(test.into()));
            Read::All
        }
        None => Read::Nothing,
    }
}

/// An option with one value.
fn value<'w>(option: &Opt<'_, 'w>) -> Option<&'w str> {
    match option.values {
        [value] => Some(&value.text),
        _ => None,
    }
}

/// An option that is a condition by itself.
fn one(module: &str, option: &Opt<'_, '_>, family: Family) -> Option<Condition> {
    let Opt { negated, name, values } = *option;
    let known = |test| Some(Condition::Known(Match { negated, test }));
    let foreign = |test| Some(Condition::Foreign { negated, test });
    match (module, name) {
        ("multiport", "--ports") => {
            foreign(ForeignTest::EitherPort(value::port_list(value(option)?)?.into()))
        }
        ("multiport", _) => {
            let side = match name {
                "--sports" | "--source-ports" => Side::Source,
                "--dports" | "--destination-ports" => Side::Destination,
                _ => return None,
            };
            let ports = Written::canonical(value::ports(value(option)?)?);
            known(Test::Port { side, ports, module: Spelling(PortModule::Multiport) })
        }
        ("set", "--match-set") => {
            let [set, side] = values else { return None };
            let side = match &*side.text {
                "src" => Side::Source,
                "dst" => Side::Destination,
                _ => return None,
            };
            known(Test::InSet(side, SetName::new(&set.text).ok()?))
        }
        ("physdev", "--physdev-is-bridged") if values.is_empty() => known(Test::Bridged),
        ("physdev", "--physdev-in") => known(Test::BridgePortIn(value::interface(value(option)?)?)),
        ("physdev", "--physdev-out") => known(Test::BridgePortOut(value::interface(value(option)?)?)),
        ("mac", "--mac-source") => known(Test::SourceMac(Written::canonical(Mac::parse(value(option)?)?))),
        ("mark", "--mark") => known(Test::Mark(value::mark(value(option)?)?)),
        ("connmark", "--mark") => foreign(ForeignTest::ConnectionMark(value::mark(value(option)?)?)),
        ("conntrack", "--ctstate") | ("state", "--state") => {
            known(Test::ConnectionState(value::states(value(option)?)?))
        }
        ("iprange", "--src-range" | "--dst-range") => {
            let side = if name == "--src-range" { Side::Source } else { Side::Destination };
            let range = value::range(value(option)?, family)?;
            known(Test::Address(side, Written::canonical(range)))
        }
        ("pkttype", "--pkt-type") => foreign(ForeignTest::PacketType(match value(option)? {
            "unicast" | "host" => PacketType::Unicast,
            "broadcast" => PacketType::Broadcast,
            "multicast" => PacketType::Multicast,
            _ => return None,
        })),
        ("length", "--length") => {
            let (first, last) = value::length(value(option)?)?;
            foreign(ForeignTest::Length(first, last))
        }
        _ => None,
    }
}

/// An option of the module that a protocol loads, whether that is named or not.
fn implied(module: &str, option: &Opt<'_, '_>) -> Option<Condition> {
    let Opt { negated, name, values } = *option;
    let known = |test| Some(Condition::Known(Match { negated, test }));
    let port = |side| {
        let spelling = match module {
            "tcp" => PortModule::Tcp,
            "udp" => PortModule::Udp,
            _ => PortModule::Implied,
        };
        let ports = crate::ir::Ports::One(value::port_range(value(option)?)?);
        known(Test::Port { side, ports: Written::canonical(ports), module: Spelling(spelling) })
    };
    let icmp = |family| {
        let spelling = match module {
            "icmp" => Some(IcmpModule::Icmp),
            "icmp6" | "icmpv6" => Some(IcmpModule::Icmpv6),
            "ipv6-icmp" => Some(IcmpModule::Ipv6Icmp),
            _ => None,
        };
        let kind = Written::canonical(value::icmp_type(value(option)?, family)?);
        known(Test::Icmp { kind, module: Spelling(spelling) })
    };
    match name {
        "--sport" | "--source-port" => port(Side::Source),
        "--dport" | "--destination-port" => port(Side::Destination),
        "--icmp-type" => icmp(Family::V4),
        "--icmpv6-type" => icmp(Family::V6),
        "--syn" if values.is_empty() => known(Test::TcpFlags(TcpFlags::OPENING)),
        "--tcp-flags" => match values {
            [mask, set] => known(Test::TcpFlags(value::tcp_flags(&mask.text, &set.text)?)),
            _ => None,
        },
        _ => None,
    }
}

/// `-m limit`; what is behind it belongs to the protocol.
fn limit(options: &[Opt<'_, '_>], conditions: &mut Vec<Condition>) -> Read {
    let (mut found, mut burst) = (None, None);
    for option in options {
        let understood = match (option.name, option.negated) {
            ("--limit", false) => {
                found = value(option).and_then(value::rate);
                found.is_some()
            }
            ("--limit-burst", false) => {
                burst = value(option).and_then(value::decimal);
                burst.is_some()
            }
            _ => match implied("", option) {
                Some(condition) => {
                    conditions.push(condition);
                    true
                }
                None => false,
            },
        };
        if !understood {
            return Read::Nothing;
        }
    }
    whole(found.map(|rate: Rate| Test::Limit { rate: Written::canonical(rate), burst }), conditions)
}

/// `-m hashlimit`, as far as it is ours: so many a second of one source.
fn above_hash_limit(options: &[Opt<'_, '_>], family: Family) -> Option<Test> {
    // What the tools leave out when it is so.
    let mut limit = HashLimit {
        rate: 0,
        burst: 5,
        name: HashLimit::SYN,
        buckets: 0,
        source_prefix: family.bits(),
        expire: 1000,
    };
    let (mut rate, mut of_source, mut named) = (None, false, false);
    for option in options {
        let value = value(option).filter(|_| !option.negated)?;
        match option.name {
            "--hashlimit-above" => rate = value::rate(value),
            "--hashlimit-burst" => limit.burst = value::decimal(value)?,
            "--hashlimit-mode" => of_source = value == "srcip",
            "--hashlimit-name" => named = value == HashLimit::SYN,
            "--hashlimit-htable-size" => limit.buckets = value::decimal(value)?,
            "--hashlimit-srcmask" => limit.source_prefix = value::decimal(value)?,
            "--hashlimit-htable-expire" => limit.expire = value::decimal(value)?,
            _ => return None,
        }
    }
    let Rate { count, unit: RateUnit::Second } = rate? else { return None };
    limit.rate = count;
    (of_source && named).then(|| Test::AboveHashLimit(Box::new(limit)))
}

/// `-m addrtype`; `--limit-iface-…` changes what the others mean.
fn address_types(options: &[Opt<'_, '_>], conditions: &mut Vec<Condition>) -> Read {
    let mut found: Vec<(bool, Side, AddressTypes)> = Vec::new();
    let mut leaving = None;
    for option in options {
        let side = match option.name {
            "--src-type" => Side::Source,
            "--dst-type" => Side::Destination,
            "--limit-iface-in" | "--limit-iface-out" if option.values.is_empty() && !option.negated => {
                leaving = Some(option.name == "--limit-iface-out");
                continue;
            }
            _ => return Read::Nothing,
        };
        let Some(kinds) = value(option).and_then(value::address_types) else { return Read::Nothing };
        found.push((option.negated, side, kinds));
    }
    conditions.extend(found.into_iter().map(|(negated, side, kinds)| match leaving {
        None => Condition::Known(Match { negated, test: Test::AddressType(side, kinds) }),
        Some(leaving) => {
            Condition::Foreign { negated, test: ForeignTest::AddressTypeOnInterface { side, kinds, leaving } }
        }
    }));
    Read::All
}
