//! A packet as people describe it.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::mistake::Mistake;
use super::packet::{ConnectionState, Frame, IpPacket, Packet, Transport};
use super::topology::{Endpoint, NicPlace, Topology};
use super::zone::Zone;
use crate::Family;
use crate::diag::suggest::nearest;
use crate::facts::Names;
use crate::ir::{Mac, Protocol};
use crate::tables::icmp;

/// A packet described by what matters about it; the rest is filled in (DESIGN, "The command line").
///
/// With feature `serde` it is a line of `trace --batch`; a key that is not one of these is an error. `Text` is a `String`,
/// or what a reader of many lines borrows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(
        rename_all = "kebab-case",
        deny_unknown_fields,
        bound(deserialize = "Text: serde::Deserialize<'de> + From<String>")
    )
)]
pub struct Question<Text = String> {
    /// The zone it comes from.
    pub from: Text,
    /// The zone it goes to.
    pub to: Text,
    /// Protocol by name or number (default `tcp`), `arp`, or the name or number (`0x88cc`) of an Ethernet type.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub proto: Option<Text>,
    /// Source address.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub source: Option<IpAddr>,
    /// Destination address.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dest: Option<IpAddr>,
    /// Source port (default 40000).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub sport: Option<u16>,
    /// Destination port (default 40001).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dport: Option<u16>,
    /// ICMP type: a name, a number, or number/code (default `echo-request`).
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "text_or_number", skip_serializing_if = "Option::is_none")
    )]
    pub icmp_type: Option<Text>,
    /// State of the connection (default `NEW`).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub state: Option<Text>,
    /// Source hardware address (default: that of the guest that sends).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub mac: Option<Text>,
}

/// Ports and addresses of packets about which nothing else is said.
const SOURCE_PORT: u16 = 40_000;
const DESTINATION_PORT: u16 = 40_001;
const HOST_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 64);
const GUEST_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);
const OUTSIDE_V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 77);
const HOST_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x64);
const GUEST_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77);
const OUTSIDE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0x77);

/// What `proto` says.
enum Kind {
    Ip(Protocol),
    Arp,
    Other(u16),
}

impl<Text: AsRef<str>> Question<Text> {
    /// The packet in the networks of a node.
    ///
    /// # Errors
    /// [`Mistake`] when a zone does not exist, a value can't be read, or two of them don't fit together.
    pub fn packet(&self, topology: &Topology, names: &Names<'_>) -> Result<Packet, Mistake> {
        let (from, to) = (Zone::parse(self.from.as_ref())?, Zone::parse(self.to.as_ref())?);
        if from == to {
            return Err(Mistake::new(format!(
                "the packet goes from `{from}` to `{to}`, which is the same place"
            ))
            .help("no rule sees what stays in one place"));
        }
        let (from, to) = (End::find(from, topology)?, End::find(to, topology)?);
        let kind = self.kind(names)?;
        let mac = match (self.mac.as_ref().map(AsRef::as_ref), from.nic) {
            (Some(text), _) => Some(Mac::parse(text).ok_or_else(|| {
                Mistake::new(format!("`{text}` is no hardware address"))
                    .help("write six pairs: `BC:24:11:00:01:00`")
            })?),
            (None, nic) => nic.and_then(|nic| nic.mac),
        };
        let frame = match kind {
            Kind::Ip(protocol) => Frame::Ip(self.ip(protocol, &from, &to)?),
            Kind::Arp => {
                self.no_ports("ARP")?;
                match self.source.unwrap_or_else(|| from.address(Family::V4)) {
                    IpAddr::V4(source) => Frame::Arp { source },
                    IpAddr::V6(_) => {
                        return Err(Mistake::new("ARP has no IPv6 addresses").help(
                            "IPv6 asks its neighbours by `--proto icmpv6 --icmp-type neighbour-solicitation`",
                        ));
                    }
                }
            }
            Kind::Other(ethertype) => {
                self.no_ports("such a frame")?;
                Frame::Other(ethertype)
            }
        };
        let packet = Packet { zones: (from.zone, to.zone), from: from.endpoint, to: to.endpoint, mac, frame };
        packet.can_travel()?;
        Ok(packet)
    }

    fn kind(&self, names: &Names<'_>) -> Result<Kind, Mistake> {
        let Some(text) = self.proto.as_ref().map(AsRef::as_ref) else { return Ok(Kind::Ip(Protocol::TCP)) };
        if let Some(number) = names.protocol(text).or_else(|| text.parse().ok()) {
            return Ok(Kind::Ip(Protocol(number)));
        }
        let hexadecimal =
            || u16::from_str_radix(text.strip_prefix("0x")?, 16).ok().filter(|number| *number >= 0x600);
        match names.ethertype(text).or_else(hexadecimal) {
            Some(Frame::ARP) => Ok(Kind::Arp),
            Some(ethertype) => Ok(Kind::Other(ethertype)),
            None if text.eq_ignore_ascii_case("arp") => Ok(Kind::Arp),
            None => {
                let mistake = Mistake::new(format!("`{text}` is neither a protocol nor an Ethernet type"));
                Err(match nearest(text, names.protocol_names()) {
                    Some(name) => mistake.help(format!("did you mean `{name}`?")),
                    None => mistake.help("write a name of /etc/protocols, a number, or `arp`"),
                })
            }
        }
    }

    fn ip(&self, protocol: Protocol, from: &End<'_>, to: &End<'_>) -> Result<IpPacket, Mistake> {
        let (source, destination) = self.addresses(protocol, from, to)?;
        let family = if source.is_ipv4() { Family::V4 } else { Family::V6 };
        let state = match &self.state {
            None => None,
            Some(text) => Some(state(text.as_ref())?),
        };
        let icmp = match protocol {
            Protocol::ICMP => Some(Family::V4),
            Protocol::ICMPV6 => Some(Family::V6),
            _ => None,
        };
        if let Some(own) = icmp {
            if own != family {
                let (said, other) = if own == Family::V4 { ("icmp", "icmpv6") } else { ("icmpv6", "icmp") };
                return Err(Mistake::new(format!(
                    "the addresses are {}, but `{said}` is of {}",
                    family.name(),
                    own.name()
                ))
                .help(format!("write `{other}`, or addresses of {}", own.name())));
            }
            self.no_ports("ICMP")?;
            let (kind, code) = self.icmp(family)?;
            let state = state.unwrap_or_default();
            return Ok(IpPacket {
                source,
                destination,
                protocol,
                transport: Transport::Icmp { kind, code },
                state,
            });
        }
        if let Some(text) = &self.icmp_type {
            let text = text.as_ref();
            return Err(Mistake::new(format!(
                "`{text}` is a type of ICMP, but the packet is of another protocol"
            ))
            .help(format!("add the protocol: `{}`", if family == Family::V4 { "icmp" } else { "icmpv6" })));
        }
        let state = state.unwrap_or_default();
        let transport = if protocol.has_ports() {
            Transport::Ports {
                source: self.sport.unwrap_or(SOURCE_PORT),
                destination: self.dport.unwrap_or(DESTINATION_PORT),
                flags: if protocol == Protocol::TCP { state.tcp_flags() } else { 0 },
            }
        } else {
            self.no_ports("this protocol")?;
            Transport::Opaque
        };
        Ok(IpPacket { source, destination, protocol, transport, state })
    }

    /// Source and destination, of one family.
    fn addresses(
        &self,
        protocol: Protocol,
        from: &End<'_>,
        to: &End<'_>,
    ) -> Result<(IpAddr, IpAddr), Mistake> {
        let (source, destination) = match (self.source, self.dest) {
            (Some(source), Some(destination)) => (source, destination),
            (Some(source), None) => (source, to.address(family_of(source))),
            (None, Some(destination)) => (from.address(family_of(destination)), destination),
            (None, None) => {
                let known = |end: &End<'_>, family| end.known_address(family).is_some();
                let only_v6 = |end, other| {
                    known(end, Family::V6) && !known(end, Family::V4) && !known(other, Family::V4)
                };
                let family = match protocol {
                    Protocol::ICMP => Family::V4,
                    Protocol::ICMPV6 => Family::V6,
                    // A place that is known by IPv6 addresses alone is asked by IPv6.
                    _ if only_v6(from, to) || only_v6(to, from) => Family::V6,
                    _ => Family::V4,
                };
                (from.address(family), to.address(family))
            }
        };
        if source.is_ipv4() != destination.is_ipv4() {
            return Err(Mistake::new(format!("{source} and {destination} are not of one family"))
                .help("give both as IPv4 or both as IPv6, or only one of them"));
        }
        Ok((source, destination))
    }

    fn icmp(&self, family: Family) -> Result<(u8, u8), Mistake> {
        let Some(text) = self.icmp_type.as_ref().map(AsRef::as_ref) else {
            return Ok((if family == Family::V4 { 8 } else { 128 }, 0));
        };
        if let Some(row) = icmp::named(family, text) {
            return match row.ty {
                Some(kind) => Ok((kind, row.code.unwrap_or(0))),
                None => Err(Mistake::new("a packet has one ICMP type").help("write a name or a number")),
            };
        }
        let (kind, code) = text.split_once('/').unwrap_or((text, "0"));
        if let (Ok(kind), Ok(code)) = (kind.parse(), code.parse()) {
            return Ok((kind, code));
        }
        let mistake = Mistake::new(format!("`{text}` is no ICMP type of {}", family.name()));
        let table = if family == Family::V4 { icmp::V4 } else { icmp::V6 };
        Err(match nearest(text, table.iter().map(|row| row.name)) {
            Some(name) => mistake.help(format!("did you mean `{name}`?")),
            None => mistake.help("write a name (`echo-request`), a number (`8`), or number/code (`3/1`)"),
        })
    }

    fn no_ports(&self, what: &str) -> Result<(), Mistake> {
        match self.sport.or(self.dport) {
            None => Ok(()),
            Some(port) => Err(Mistake::new(format!("{what} has no ports, so none is {port}")).help(
                "leave the port out, or write a protocol that has ports (tcp, udp, sctp, dccp, udplite)",
            )),
        }
    }
}

fn state(text: &str) -> Result<ConnectionState, Mistake> {
    let found = ConnectionState::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
    found.map(|(state, _)| *state).ok_or_else(|| {
        let mistake = Mistake::new(format!("`{text}` is no state of a connection"));
        match nearest(&text.to_uppercase(), ConnectionState::ALL.iter().map(|(_, name)| *name)) {
            Some(name) => mistake.help(format!("did you mean `{name}`?")),
            None => mistake.help("states are NEW, ESTABLISHED, RELATED, INVALID and UNTRACKED"),
        }
    })
}

const fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::V4 } else { Family::V6 }
}

/// A zone with what is known about it.
struct End<'t> {
    zone: Zone,
    endpoint: Endpoint,
    nic: Option<&'t NicPlace>,
    /// Of the node.
    address: Option<IpAddr>,
}

impl<'t> End<'t> {
    fn find(zone: Zone, topology: &'t Topology) -> Result<Self, Mistake> {
        let (endpoint, nic) = topology.find(zone)?;
        Ok(Self { zone, endpoint, nic, address: topology.node_address })
    }

    /// What the configuration shows.
    fn known_address(&self, family: Family) -> Option<IpAddr> {
        match (self.zone, family, self.nic) {
            (Zone::Host, ..) => self.address.filter(|address| family_of(*address) == family),
            (_, Family::V4, nic) => nic?.v4.map(IpAddr::V4),
            (_, Family::V6, nic) => nic?.v6.map(IpAddr::V6),
        }
    }

    /// What the configuration shows, or what stands for it.
    fn address(&self, family: Family) -> IpAddr {
        self.known_address(family).unwrap_or_else(|| match (self.zone, family) {
            (Zone::Host, Family::V4) => HOST_V4.into(),
            (Zone::Host, Family::V6) => HOST_V6.into(),
            (Zone::Nic(_), Family::V4) => GUEST_V4.into(),
            (Zone::Nic(_), Family::V6) => GUEST_V6.into(),
            (Zone::Port { .. }, Family::V4) => OUTSIDE_V4.into(),
            (Zone::Port { .. }, Family::V6) => OUTSIDE_V6.into(),
        })
    }
}

/// ICMP types are names or numbers; people write numbers without quotes.
#[cfg(feature = "serde")]
pub(crate) fn text_or_number<'de, D: serde::Deserializer<'de>, Text: From<String>>(
    deserializer: D,
) -> Result<Option<Text>, D::Error> {
    struct Visitor;
    impl serde::de::Visitor<'_> for Visitor {
        type Value = Option<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name or number of an ICMP type")
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.into()))
        }
        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(format!("{number}")))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    Ok(deserializer.deserialize_any(Visitor)?.map(Text::from))
}

impl<Text: fmt::Display> fmt::Display for Question<Text> {
    /// The packet, by the keys that are given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { from, to, proto, source, dest, sport, dport, icmp_type, state, mac } = self;
        write!(f, "from {from} to {to}")?;
        let keys: [(&str, Option<&dyn fmt::Display>); 8] = [
            ("proto", proto.as_ref().map(|value| value as _)),
            ("source", source.as_ref().map(|value| value as _)),
            ("dest", dest.as_ref().map(|value| value as _)),
            ("sport", sport.as_ref().map(|value| value as _)),
            ("dport", dport.as_ref().map(|value| value as _)),
            ("icmp-type", icmp_type.as_ref().map(|value| value as _)),
            ("state", state.as_ref().map(|value| value as _)),
            ("mac", mac.as_ref().map(|value| value as _)),
        ];
        for (key, value) in keys {
            if let Some(value) = value {
                write!(f, ", {key} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::config::Vmid;
    use crate::config::nic::GuestKind;
    use crate::facts::Facts;
    use crate::sim::NicId;

    /// A node at 192.0.2.1 with a VM whose addresses nobody knows and a container that has only an IPv6 address.
    fn topology() -> Topology {
        let mut topology = Topology::default();
        topology.node_address = "192.0.2.1".parse().ok();
        let place = NicPlace {
            bridge: Some("vmbr0".into()),
            firewall: true,
            mac: Mac::parse("BC:24:11:00:00:01"),
            ..NicPlace::default()
        };
        let id = |kind, vmid| NicId { kind, vmid: Vmid::parse(vmid).unwrap(), index: 0 };
        topology.plug_in(id(GuestKind::Vm, "100"), place.clone());
        let v6 = "2001:db8::200".parse().ok();
        topology.plug_in(id(GuestKind::Container, "200"), NicPlace { v6, ..place });
        topology
    }

    fn packet(question: &Question) -> Result<Packet, Mistake> {
        question.packet(&topology(), &Names::new(&Facts::default()))
    }

    fn question(from: &str, to: &str) -> Question {
        Question { from: from.into(), to: to.into(), ..Question::default() }
    }

    fn ip(question: &Question) -> IpPacket {
        match packet(question) {
            Ok(Packet { frame: Frame::Ip(ip), .. }) => ip,
            other => panic!("{question:?} is {other:?}"),
        }
    }

    #[test]
    fn what_is_left_out_is_what_the_configuration_shows() {
        let cases = [
            ("outside", "host", "203.0.113.77", "192.0.2.1"),
            ("host", "vm100", "192.0.2.1", "192.0.2.77"),
            ("vm100", "vmbr1/eth1", "192.0.2.77", "203.0.113.77"),
            // A guest that is known by IPv6 alone is asked by IPv6, unless the other end is known by IPv4.
            ("vm100", "ct200", "2001:db8::77", "2001:db8::200"),
            ("ct200", "outside", "2001:db8::200", "2001:db8:ffff::77"),
            ("ct200", "host", "192.0.2.77", "192.0.2.1"),
        ];
        for (from, to, source, destination) in cases {
            let ip = ip(&question(from, to));
            let found = (ip.source.to_string(), ip.destination.to_string());
            assert_eq!(found, (source.into(), destination.into()), "{from} to {to}");
            let ports = Transport::Ports { source: 40_000, destination: 40_001, flags: 2 };
            assert_eq!((ip.protocol, ip.transport, ip.state), (Protocol::TCP, ports, ConnectionState::New));
        }
        let v6 = Question { source: "2001:db8::9".parse().ok(), ..question("outside", "host") };
        assert_eq!(ip(&v6).destination.to_string(), "2001:db8::64");
        assert_eq!(packet(&question("vm100", "host")).unwrap().mac, Mac::parse("bc:24:11:00:00:01"));
    }

    #[test]
    fn protocols_types_and_states_have_names_and_numbers() {
        let transport = |proto: &str, kind: Option<&str>| {
            let kind = kind.map(Into::into);
            ip(&Question { proto: Some(proto.into()), icmp_type: kind, ..question("outside", "vm100") })
                .transport
        };
        assert_eq!(transport("icmp", None), Transport::Icmp { kind: 8, code: 0 });
        assert_eq!(transport("1", Some("3/1")), Transport::Icmp { kind: 3, code: 1 });
        assert_eq!(transport("icmp", Some("host-unreachable")), Transport::Icmp { kind: 3, code: 1 });
        assert_eq!(transport("icmpv6", None), Transport::Icmp { kind: 128, code: 0 });
        assert_eq!(transport("gre", None), Transport::Opaque);
        assert_eq!(transport("255", None), Transport::Opaque);
        assert!(matches!(transport("17", None), Transport::Ports { flags: 0, .. }));
        let frame = |proto: &str| {
            packet(&Question { proto: Some(proto.into()), ..question("outside", "vm100") }).unwrap().frame
        };
        assert_eq!(frame("0x88cc"), Frame::Other(0x88cc));
        assert_eq!(frame("arp"), Frame::Arp { source: OUTSIDE_V4 });
        let state = |text: &str| Question { state: Some(text.into()), ..question("outside", "vm100") };
        assert_eq!(ip(&state("established")).state, ConnectionState::Established);
    }

    /// `tests/suite/sim/questions.md` has the mistakes in full.
    #[test]
    fn mistakes_suggest_what_was_meant() {
        let usual = || question("outside", "vm100");
        let cases = [
            (Question { proto: Some("icmp6".into()), ..usual() }, "icmp"),
            (Question { state: Some("Establishd".into()), ..usual() }, "`ESTABLISHED`"),
            (
                Question { proto: Some("icmp".into()), icmp_type: Some("echo-reqest".into()), ..usual() },
                "`echo-request`",
            ),
            (question("outside", "vm101"), "`vm100`"),
            (question("outside", "ct100"), "`vm100`"),
        ];
        for (question, suggestion) in cases {
            let mistake = packet(&question).unwrap_err();
            let help = mistake.help.clone().unwrap_or_default();
            assert!(help.contains(suggestion), "{mistake}");
        }
    }
}
