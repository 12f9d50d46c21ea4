//! Lines for `iptables-restore` and `ip6tables-restore`; one writer serves both (spec 05).

use super::write::{self, Out};
use crate::Family;
use crate::ir::{
    AddressTypes, Addresses, ChainName, ConnectionStates, HashLimit, IcmpModule, IcmpType, Mac, Mark, Match,
    PortModule, Ports, Queue, Rule, Side, Spelling, Target, TcpFlags, Test, Written,
};
use crate::tables::icmp;

pub(super) fn rule(out: &mut Out, chain: ChainName, rule: &Rule) {
    out.push_str("-A ");
    out.push_bytes(chain.as_bytes());
    if rule.extra_blank.0 {
        out.push(b' ');
    }
    // Neighbouring tests of one module name it once.
    let mut last = None;
    for condition in &*rule.matches {
        out.push(b' ');
        let module = shared_module(&condition.test);
        if let Some(module) = module.filter(|_| module != last) {
            out.push_str(module);
        }
        last = module;
        self::condition(out, condition);
    }
    out.push(b' ');
    target(out, &rule.target);
}

/// The module of tests that may stand together behind one `-m`.
const fn shared_module(test: &Test) -> Option<&'static str> {
    match test {
        Test::Bridged | Test::BridgePortIn(_) | Test::BridgePortOut(_) => Some("-m physdev "),
        Test::TcpFlags(_) | Test::Port { module: Spelling(PortModule::Tcp), .. } => Some("-m tcp "),
        Test::Port { module: Spelling(PortModule::Udp), .. } => Some("-m udp "),
        _ => None,
    }
}

fn condition(out: &mut Out, condition: &Match) {
    // `! ` stands directly before the option, behind the module.
    let not = |out: &mut Out| {
        if condition.negated {
            out.push_str("! ");
        }
    };
    match &condition.test {
        Test::InInterface(name) => {
            not(out);
            out.push_str("-i ");
            write::pattern(out, name);
        }
        Test::OutInterface(name) => {
            not(out);
            out.push_str("-o ");
            write::pattern(out, name);
        }
        Test::Address(side, written) => {
            let range = matches!(written.value(), Addresses::Range(_));
            if range {
                out.push_str("-m iprange ");
            }
            not(out);
            match (side, range) {
                (Side::Source, false) => out.push_str("-s "),
                (Side::Destination, false) => out.push_str("-d "),
                (Side::Source, true) => out.push_str("--src-range "),
                (Side::Destination, true) => out.push_str("--dst-range "),
            }
            addresses(out, written);
        }
        Test::InSet(side, name) => {
            out.push_str("-m set ");
            not(out);
            out.push_str("--match-set ");
            out.push_bytes(name.as_bytes());
            out.push_str(match side {
                Side::Source => " src",
                Side::Destination => " dst",
            });
        }
        Test::Protocol(protocol) => {
            not(out);
            out.push_str("-p ");
            match protocol.text().or_else(|| protocol.value().keyword()) {
                Some(name) => out.push_str(name),
                None => write::number(out, u32::from(protocol.value().0)),
            }
        }
        Test::Port { side, ports, module } => {
            port_option(out, *side, module.0 == PortModule::Multiport, not);
            self::ports(out, ports);
        }
        Test::Icmp { kind, module } => {
            icmp_option(out, kind.value().family, module.0, not);
            icmp_type(out, kind);
        }
        Test::TcpFlags(flags) => {
            not(out);
            out.push_str("--tcp-flags ");
            tcp_flags(out, flags.mask);
            out.push(b' ');
            tcp_flags(out, flags.set);
        }
        Test::AddressType(side, kinds) => {
            out.push_str("-m addrtype ");
            not(out);
            out.push_str(match side {
                Side::Source => "--src-type ",
                Side::Destination => "--dst-type ",
            });
            let names = AddressTypes::NAMES.iter().filter(|(kind, _)| kinds.contains(*kind));
            list(out, names.map(|(_, name)| *name));
        }
        Test::ConnectionState(states) => {
            out.push_str("-m conntrack ");
            not(out);
            out.push_str("--ctstate ");
            let names = ConnectionStates::NAMES.iter().filter(|(state, _)| states.contains(*state));
            list(out, names.map(|(_, name)| *name));
        }
        Test::Bridged => {
            not(out);
            out.push_str("--physdev-is-bridged");
        }
        Test::BridgePortIn(port) => {
            not(out);
            out.push_str("--physdev-in ");
            write::pattern(out, port);
        }
        Test::BridgePortOut(port) => {
            not(out);
            out.push_str("--physdev-out ");
            write::pattern(out, port);
        }
        Test::SourceMac(mac) => {
            out.push_str("-m mac ");
            not(out);
            out.push_str("--mac-source ");
            match mac.text() {
                Some(text) => out.push_str(text),
                None => self::mac(out, *mac.value()),
            }
        }
        Test::Mark(Mark { value, mask }) => {
            out.push_str("-m mark ");
            not(out);
            out.push_str("--mark ");
            mark(out, *value, *mask);
        }
        Test::Limit { rate, burst } => {
            out.push_str("-m limit ");
            not(out);
            out.push_str("--limit ");
            match rate.text() {
                Some(text) => out.push_str(text),
                None => out.display(format_args!("{}/{}", rate.value().count, rate.value().unit.name())),
            }
            if let Some(burst) = burst {
                out.push_str(" --limit-burst ");
                write::number(out, *burst);
            }
        }
        Test::AboveHashLimit(limit) => {
            out.push_str("-m hashlimit ");
            not(out);
            out.push_str("--hashlimit-above ");
            hash_limit(out, limit);
        }
    }
}

fn port_option(out: &mut Out, side: Side, several: bool, not: impl FnOnce(&mut Out)) {
    if several {
        out.push_str("--match multiport ");
    }
    not(out);
    match (side, several) {
        (Side::Source, false) => out.push_str("--sport "),
        (Side::Destination, false) => out.push_str("--dport "),
        (Side::Source, true) => out.push_str("--sports "),
        (Side::Destination, true) => out.push_str("--dports "),
    }
}

fn icmp_option(out: &mut Out, family: Family, module: Option<IcmpModule>, not: impl FnOnce(&mut Out)) {
    match module {
        None => {}
        Some(IcmpModule::Icmp) => out.push_str("-m icmp "),
        Some(IcmpModule::Icmpv6) => out.push_str("-m icmpv6 "),
        Some(IcmpModule::Ipv6Icmp) => out.push_str("-m ipv6-icmp "),
    }
    not(out);
    match family {
        Family::V4 => out.push_str("--icmp-type "),
        Family::V6 => out.push_str("--icmpv6-type "),
    }
}

fn hash_limit(out: &mut Out, limit: &HashLimit) {
    let HashLimit { rate, burst, name, buckets, source_prefix, expire } = limit;
    out.display(format_args!(
        "{rate}/sec --hashlimit-burst {burst} --hashlimit-mode srcip --hashlimit-name {name} \
         --hashlimit-htable-size {buckets} --hashlimit-srcmask {source_prefix} --hashlimit-htable-expire {expire}"
    ));
}

fn addresses(out: &mut Out, written: &Written<Addresses>) {
    if let Some(text) = written.text() {
        out.push_str(text);
        return;
    }
    match written.value() {
        Addresses::Net(net) => write::net(out, *net),
        Addresses::List(nets) => {
            for (index, net) in nets.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write::net(out, *net);
            }
        }
        Addresses::Range(ends) => {
            write::address(out, ends.first);
            out.push(b'-');
            write::address(out, ends.last);
        }
    }
}

fn ports(out: &mut Out, ports: &Written<Ports>) {
    if let Some(text) = ports.text() {
        out.push_str(text);
        return;
    }
    for (index, range) in ports.value().ranges().iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write::number(out, u32::from(range.first));
        if range.first != range.last {
            out.push(b':');
            write::number(out, u32::from(range.last));
        }
    }
}

fn icmp_type(out: &mut Out, written: &Written<IcmpType>) {
    if let Some(text) = written.text() {
        out.push_str(text);
        return;
    }
    let kind = written.value();
    let row = match kind.family {
        Family::V4 => icmp::V4,
        Family::V6 => icmp::V6,
    }
    .iter()
    .find(|row| (row.ty, row.code) == (kind.kind, kind.code));
    match (row, kind.kind, kind.code) {
        (Some(row), ..) => out.push_str(row.name),
        (None, None, _) => out.push_str("any"),
        (None, Some(kind), None) => write::number(out, u32::from(kind)),
        (None, Some(kind), Some(code)) => out.display(format_args!("{kind}/{code}")),
    }
}

fn tcp_flags(out: &mut Out, bits: u8) {
    if bits == 0 {
        out.push_str("NONE");
    } else {
        list(out, TcpFlags::NAMES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name));
    }
}

fn list<'n>(out: &mut Out, names: impl Iterator<Item = &'n str>) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push_str(name);
    }
}

fn target(out: &mut Out, target: &Target) {
    match target {
        Target::Accept => out.push_str("-j ACCEPT"),
        Target::Drop => out.push_str("-j DROP"),
        Target::Return => out.push_str("-j RETURN"),
        Target::Jump(chain) => {
            out.push_str("-j ");
            out.push_bytes(chain.as_bytes());
        }
        Target::Goto(chain) => {
            out.push_str("-g ");
            out.push_bytes(chain.as_bytes());
        }
        Target::Reject(with) => {
            out.push_str("-j REJECT --reject-with ");
            out.push_str(with.name());
        }
        Target::SetMark(Mark { value, mask }) => {
            out.push_str("-j MARK --set-mark ");
            mark(out, *value, *mask);
        }
        Target::SetConnectionMark(mark) => {
            out.push_str("-j CONNMARK --set-mark ");
            write::number(out, *mark);
        }
        Target::Log { prefix } => {
            out.push_str("-j NFLOG --nflog-prefix \"");
            // The prefix is one argument: what would end it is left out.
            for part in prefix.split(|c: char| c == '"' || c == '\\' || c.is_control()) {
                out.push_str(part);
            }
            out.push(b'"');
        }
        Target::Queue(Queue { first, last, bypass }) => {
            out.push_str("-j NFQUEUE");
            match (first, last) {
                (Some(first), Some(last)) => out.display(format_args!(" --queue-balance {first}:{last}")),
                (Some(first), None) => out.display(format_args!(" --queue-num {first}")),
                (None, _) => {}
            }
            if *bypass {
                out.push_str(" --queue-bypass");
            }
        }
        Target::Helper(name) => {
            out.push_str("-j CT --helper ");
            out.push_str(name);
        }
    }
}

fn mark(out: &mut Out, value: u32, mask: u32) {
    for (before, number) in [("0x", value), ("/0x", mask)] {
        out.push_str(before);
        write::hexadecimal(out, number, 8, write::LOWER);
    }
}

fn mac(out: &mut Out, mac: Mac) {
    for (index, byte) in mac.0.iter().enumerate() {
        if index > 0 {
            out.push(b':');
        }
        write::hexadecimal(out, u32::from(*byte), 2, write::UPPER);
    }
}
