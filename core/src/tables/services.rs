//! The names of ports: the first column of Debian 12's `/etc/services`, for the protocols that rules can give ports for.
//!
//! A name may be known for one transport only (`ssh` is TCP, `tftp` is UDP); iptables refuses the others, so whoever
//! reads a rule asks [`ports`] and looks whether the rule's protocol is among them. Aliases (`www` for `http`) are
//! unknown, as pve-firewall does not know them either; case counts.

/// A protocol that the file knows services of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// The name of the protocol in rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// The transport of this protocol name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Sctp].into_iter().find(|transport| transport.name() == name)
    }
}

/// A name for a port of one transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The name in rules.
    pub name: &'static str,
    /// The port.
    pub port: u16,
    /// The transport that the name is known for.
    pub transport: Transport,
}

/// All services, sorted by name, then transport.
pub const SERVICES: &[Service] = &[
    tcp("acr-nema", 104),
    tcp("afpovertcp", 548),
    udp("afs3-bos", 7007),
    udp("afs3-callback", 7001),
    udp("afs3-fileserver", 7000),
    udp("afs3-kaserver", 7004),
    udp("afs3-prserver", 7002),
    udp("afs3-rmtsys", 7009),
    udp("afs3-update", 7008),
    udp("afs3-vlserver", 7003),
    udp("afs3-volser", 7005),
    tcp("amanda", 10080),
    tcp("amandaidx", 10082),
    tcp("amidxtape", 10083),
    tcp("amqp", 5672),
    sctp("amqp", 5672),
    tcp("amqps", 5671),
    udp("asf-rmcp", 623),
    tcp("asp", 27374),
    udp("asp", 27374),
    tcp("auth", 113),
    udp("babel", 6696),
    tcp("bacula-dir", 9101),
    tcp("bacula-fd", 9102),
    tcp("bacula-sd", 9103),
    tcp("bbs", 7000),
    tcp("bgp", 179),
    tcp("bgpd", 2605),
    udp("biff", 512),
    tcp("binkp", 24554),
    udp("bootpc", 68),
    udp("bootps", 67),
    tcp("canna", 5680),
    tcp("cfengine", 5308),
    tcp("chargen", 19),
    udp("chargen", 19),
    tcp("cisco-sccp", 2000),
    tcp("clc-build-daemon", 8990),
    udp("clearcase", 371),
    tcp("cmip-agent", 164),
    udp("cmip-agent", 164),
    tcp("cmip-man", 163),
    udp("cmip-man", 163),
    tcp("codaauth2", 370),
    udp("codaauth2", 370),
    tcp("codasrv", 2432),
    udp("codasrv", 2432),
    tcp("codasrv-se", 2433),
    udp("codasrv-se", 2433),
    tcp("csync2", 30865),
    tcp("cvspserver", 2401),
    tcp("daap", 3689),
    tcp("datametrics", 1645),
    udp("datametrics", 1645),
    tcp("daytime", 13),
    udp("daytime", 13),
    tcp("db-lsp", 17500),
    tcp("dcap", 22125),
    udp("dhcpv6-client", 546),
    udp("dhcpv6-server", 547),
    // The file has 11112, but the tools find the name first as an alias of `acr-nema`, which is what gets loaded.
    tcp("dicom", 104),
    tcp("dict", 2628),
    tcp("dircproxy", 57000),
    tcp("discard", 9),
    udp("discard", 9),
    tcp("distcc", 3632),
    tcp("domain", 53),
    udp("domain", 53),
    tcp("domain-s", 853),
    udp("domain-s", 853),
    tcp("echo", 7),
    udp("echo", 7),
    tcp("epmap", 135),
    tcp("epmd", 4369),
    tcp("exec", 512),
    tcp("f5-globalsite", 2792),
    tcp("f5-iquery", 4353),
    tcp("fax", 4557),
    tcp("fido", 60179),
    tcp("finger", 79),
    tcp("font-service", 7100),
    tcp("freeciv", 5556),
    udp("fsp", 21),
    tcp("ftp", 21),
    tcp("ftp-data", 20),
    tcp("ftps", 990),
    tcp("ftps-data", 989),
    tcp("gdomap", 538),
    udp("gdomap", 538),
    tcp("gds-db", 3050),
    tcp("git", 9418),
    tcp("gnunet", 2086),
    udp("gnunet", 2086),
    tcp("gnutella-rtr", 6347),
    udp("gnutella-rtr", 6347),
    tcp("gnutella-svc", 6346),
    udp("gnutella-svc", 6346),
    tcp("gopher", 70),
    tcp("gpsd", 2947),
    tcp("gris", 2135),
    tcp("groupwise", 1677),
    tcp("gsidcap", 22128),
    tcp("gsiftp", 2811),
    tcp("gsigatekeeper", 2119),
    tcp("hkp", 11371),
    tcp("http", 80),
    tcp("http-alt", 8080),
    tcp("https", 443),
    udp("https", 443),
    tcp("hylafax", 4559),
    udp("iax", 4569),
    udp("icpv2", 3130),
    tcp("imap2", 143),
    tcp("imaps", 993),
    tcp("ingreslock", 1524),
    tcp("ipp", 631),
    tcp("iprop", 2121),
    udp("ipsec-nat-t", 4500),
    udp("ipx", 213),
    tcp("ircd", 6667),
    tcp("ircs-u", 6697),
    udp("isakmp", 500),
    tcp("iscsi-target", 3260),
    tcp("isisd", 2608),
    tcp("isns", 3205),
    udp("isns", 3205),
    tcp("iso-tsap", 102),
    tcp("kamanda", 10081),
    tcp("kerberos", 88),
    udp("kerberos", 88),
    tcp("kerberos-adm", 749),
    tcp("kerberos-master", 751),
    udp("kerberos-master", 751),
    tcp("kerberos4", 750),
    udp("kerberos4", 750),
    tcp("kermit", 1649),
    tcp("klogin", 543),
    tcp("kpasswd", 464),
    udp("kpasswd", 464),
    tcp("krb-prop", 754),
    tcp("kshell", 544),
    udp("l2f", 1701),
    tcp("ldap", 389),
    udp("ldap", 389),
    tcp("ldaps", 636),
    udp("ldaps", 636),
    tcp("ldp", 646),
    udp("ldp", 646),
    tcp("login", 513),
    tcp("lotusnote", 1352),
    tcp("mailq", 174),
    udp("mdns", 5353),
    tcp("microsoft-ds", 445),
    tcp("moira-db", 775),
    tcp("moira-update", 777),
    udp("moira-ureg", 779),
    tcp("mon", 2583),
    udp("mon", 2583),
    udp("ms-sql-m", 1434),
    tcp("ms-sql-s", 1433),
    tcp("ms-wbt-server", 3389),
    tcp("mtn", 4691),
    tcp("munin", 4949),
    tcp("mysql", 3306),
    tcp("mysql-proxy", 6446),
    tcp("nbd", 10809),
    udp("netbios-dgm", 138),
    udp("netbios-ns", 137),
    tcp("netbios-ssn", 139),
    tcp("netstat", 15),
    tcp("nfs", 2049),
    udp("nfs", 2049),
    tcp("nntp", 119),
    tcp("nntps", 563),
    tcp("nqs", 607),
    tcp("nrpe", 5666),
    tcp("nsca", 5667),
    udp("ntalk", 518),
    udp("ntp", 123),
    tcp("ntske", 4460),
    tcp("nut", 3493),
    udp("nut", 3493),
    tcp("omniorb", 8088),
    tcp("openvpn", 1194),
    udp("openvpn", 1194),
    tcp("ospf6d", 2606),
    tcp("ospfapi", 2607),
    tcp("ospfd", 2604),
    udp("passwd-server", 752),
    tcp("pawserv", 345),
    tcp("pop3", 110),
    tcp("pop3s", 995),
    tcp("poppassd", 106),
    tcp("postgresql", 5432),
    udp("predict", 1210),
    tcp("printer", 515),
    tcp("proofd", 1093),
    udp("ptp-event", 319),
    udp("ptp-general", 320),
    tcp("puppet", 8140),
    tcp("qmqp", 628),
    tcp("qmtp", 209),
    tcp("qotd", 17),
    tcp("radius", 1812),
    udp("radius", 1812),
    tcp("radius-acct", 1813),
    udp("radius-acct", 1813),
    tcp("radmin-port", 4899),
    tcp("redis", 6379),
    tcp("remctl", 4373),
    tcp("ripd", 2602),
    tcp("ripngd", 2603),
    tcp("rmiregistry", 1099),
    tcp("rmtcfg", 1236),
    tcp("rootd", 1094),
    udp("route", 520),
    tcp("rpc2portmap", 369),
    udp("rpc2portmap", 369),
    udp("rplay", 5555),
    tcp("rsync", 873),
    tcp("rtcm-sc104", 2101),
    udp("rtcm-sc104", 2101),
    tcp("rtsp", 554),
    udp("rtsp", 554),
    tcp("sa-msg-port", 1646),
    udp("sa-msg-port", 1646),
    tcp("saft", 487),
    tcp("sane-port", 6566),
    tcp("sge-execd", 6445),
    tcp("sge-qmaster", 6444),
    tcp("sgi-cad", 17004),
    udp("sgi-cmsd", 17001),
    udp("sgi-crsd", 17002),
    udp("sgi-gcd", 17003),
    tcp("shell", 514),
    tcp("sieve", 4190),
    tcp("silc", 706),
    tcp("sip", 5060),
    udp("sip", 5060),
    tcp("sip-tls", 5061),
    udp("sip-tls", 5061),
    tcp("skkserv", 1178),
    tcp("smtp", 25),
    tcp("smux", 199),
    tcp("snmp", 161),
    udp("snmp", 161),
    tcp("snmp-trap", 162),
    udp("snmp-trap", 162),
    tcp("snpp", 444),
    tcp("socks", 1080),
    tcp("spamd", 783),
    tcp("ssh", 22),
    tcp("submission", 587),
    tcp("submissions", 465),
    tcp("sunrpc", 111),
    udp("sunrpc", 111),
    tcp("supfiledbg", 1127),
    tcp("supfilesrv", 871),
    tcp("suucp", 4031),
    tcp("svn", 3690),
    tcp("svrloc", 427),
    udp("svrloc", 427),
    udp("syslog", 514),
    tcp("syslog-tls", 6514),
    tcp("sysrqd", 4094),
    tcp("systat", 11),
    tcp("tacacs", 49),
    udp("tacacs", 49),
    udp("talk", 517),
    tcp("tcpmux", 1),
    tcp("telnet", 23),
    tcp("telnets", 992),
    tcp("tfido", 60177),
    udp("tftp", 69),
    tcp("time", 37),
    udp("time", 37),
    tcp("tinc", 655),
    udp("tinc", 655),
    tcp("tproxy", 8081),
    tcp("uucp", 540),
    tcp("venus", 2430),
    udp("venus", 2430),
    tcp("venus-se", 2431),
    udp("venus-se", 2431),
    tcp("webmin", 10000),
    udp("who", 513),
    tcp("whois", 43),
    tcp("wnn6", 22273),
    tcp("x11", 6000),
    tcp("x11-1", 6001),
    tcp("x11-2", 6002),
    tcp("x11-3", 6003),
    tcp("x11-4", 6004),
    tcp("x11-5", 6005),
    tcp("x11-6", 6006),
    tcp("x11-7", 6007),
    udp("xdmcp", 177),
    tcp("xinetd", 9098),
    tcp("xmms2", 9667),
    tcp("xmpp-client", 5222),
    tcp("xmpp-server", 5269),
    tcp("xtel", 1313),
    tcp("xtelw", 1314),
    tcp("z3950", 210),
    tcp("zabbix-agent", 10050),
    tcp("zabbix-trapper", 10051),
    tcp("zebra", 2601),
    tcp("zebrasrv", 2600),
    udp("zephyr-clt", 2103),
    udp("zephyr-hm", 2104),
    udp("zephyr-srv", 2102),
    tcp("zope", 9673),
    tcp("zope-ftp", 8021),
    tcp("zserv", 346),
];

/// All rows of this name; empty if it is unknown.
pub fn ports(name: &str) -> &'static [Service] {
    let start = SERVICES.partition_point(|row| row.name < name);
    let end = SERVICES.partition_point(|row| row.name <= name);
    SERVICES.get(start..end).unwrap_or_default()
}

const fn tcp(name: &'static str, port: u16) -> Service {
    Service { name, port, transport: Transport::Tcp }
}

const fn udp(name: &'static str, port: u16) -> Service {
    Service { name, port, transport: Transport::Udp }
}

const fn sctp(name: &'static str, port: u16) -> Service {
    Service { name, port, transport: Transport::Sctp }
}

#[cfg(test)]
mod tests {
    use super::{SERVICES, Transport, ports};
    use crate::tables::protocols;

    #[test]
    fn rows_are_sorted_and_unique_by_name_and_transport() {
        assert_eq!(SERVICES.len(), 314);
        assert!(SERVICES.is_sorted_by(|a, b| (a.name, a.transport) < (b.name, b.transport)));
    }

    #[test]
    fn every_row_is_found_among_the_rows_of_its_name_only() {
        for row in SERVICES {
            let found = ports(row.name);
            assert!(found.contains(row), "{row:?}");
            assert!(found.iter().all(|other| other.name == row.name), "{row:?}");
        }
    }

    /// pve-firewall keeps one port per name, the last of the file; here that is the only one.
    #[test]
    fn a_name_has_the_same_port_on_every_transport() {
        for row in SERVICES {
            assert_ne!(row.port, 0, "{row:?}");
            assert!(ports(row.name).iter().all(|other| other.port == row.port), "{row:?}");
        }
    }

    #[test]
    fn known_and_unknown_names() {
        let known = |name| ports(name).iter().map(|row| (row.port, row.transport));
        assert!(known("ssh").eq([(22, Transport::Tcp)]));
        assert!(known("domain").eq([(53, Transport::Tcp), (53, Transport::Udp)]));
        assert!(known("amqp").eq([(5672, Transport::Tcp), (5672, Transport::Sctp)]));
        assert!(known("kerberos4").eq([(750, Transport::Tcp), (750, Transport::Udp)]));
        for unknown in ["www", "SSH", "rtmp", "22", "", "~"] {
            assert!(ports(unknown).is_empty(), "{unknown}");
        }
    }

    #[test]
    fn transports_have_their_names_and_are_protocols() {
        for transport in [Transport::Tcp, Transport::Udp, Transport::Sctp] {
            assert_eq!(Transport::named(transport.name()), Some(transport));
            assert!(protocols::number(transport.name()).is_some());
        }
        assert_eq!(Transport::named("TCP"), None);
        assert_eq!(Transport::named("udplite"), None);
    }
}
