//! The rows of the macros, and the few words they are written in.

use super::{Macro, Template};
use crate::Family;

/// All macros, sorted by name without regard to case.
pub const MACROS: &[Macro] = &[
    row("Amanda", "Amanda backup server", &[udp("10080"), tcp("10080")]),
    row("Auth", "Ident/auth user lookup", &[tcp("113")]),
    row("BGP", "BGP routing peers", &[tcp("179")]),
    row("BitTorrent", "BitTorrent peers, clients up to version 3.1", &[tcp("6881:6889"), udp("6881")]),
    row("BitTorrent32", "BitTorrent peers, clients from version 3.2 on", &[tcp("6881:6999"), udp("6881")]),
    row(
        "Ceph",
        "Ceph cluster: monitors (both messenger versions), OSDs, MDS",
        &[tcp("6789"), tcp("3300"), tcp("6800:7300")],
    ),
    row("Citrix", "Citrix ICA, ICA browser and CGP", &[tcp("1494"), udp("1604"), tcp("2598")]),
    row("CVS", "CVS pserver", &[tcp("2401")]),
    row("DAAP", "DAAP music sharing", &[tcp("3689"), udp("3689")]),
    row("DCC", "DCC spam checksum servers", &[tcp("6277")]),
    row("DHCPfwd", "Relayed DHCP (both ports 67/68 on both sides)", &[udp("67:68").from("67:68")]),
    row("DHCPv6", "DHCP for IPv6", &[udp("546:547").from("546:547")]).only(Family::V6),
    row("Distcc", "distcc compile jobs", &[tcp("3632")]),
    row("DNS", "DNS queries over UDP and TCP", &[udp("53"), tcp("53")]),
    row("Finger", "Finger user information", &[tcp("79")]),
    row("FTP", "FTP control connection", &[tcp("21")]),
    row("Git", "git:// daemon", &[tcp("9418")]),
    row("GNUnet", "GNUnet peer-to-peer network", &[tcp("2086"), udp("2086"), tcp("1080"), udp("1080")]),
    row("GRE", "GRE tunnels", &[protocol("47")]),
    row("HKP", "OpenPGP key server", &[tcp("11371")]),
    row("HTTP", "Plain web traffic", &[tcp("80")]),
    row("HTTPS", "TLS web traffic", &[tcp("443")]),
    row("ICPV2", "ICP cache queries (Squid)", &[udp("3130")]),
    row("ICQ", "ICQ/AIM messaging", &[tcp("5190")]),
    row("IMAP", "IMAP mail access", &[tcp("143")]),
    row("IMAPS", "IMAP mail access over TLS", &[tcp("993")]),
    row("IPIP", "IPIP encapsulation (protocol number 94)", &[protocol("94")]),
    row("IPsec", "IPsec with ESP and IKE", &[udp("500").from("500"), protocol("50")]),
    row("IPsecah", "IPsec with AH and IKE", &[udp("500").from("500"), protocol("51")]),
    row("IPsecnat", "IPsec with ESP, IKE and NAT traversal", &[udp("500"), udp("4500"), protocol("50")]),
    row("IRC", "IRC chat", &[tcp("6667")]),
    row("Jetdirect", "HP JetDirect raw printing", &[tcp("9100")]),
    row("L2TP", "L2TP tunnels", &[udp("1701")]),
    row("LDAP", "LDAP directory", &[tcp("389")]),
    row("LDAPS", "LDAP directory over TLS", &[tcp("636")]),
    row(
        "Mail",
        "Mail transfer and submission (SMTP, SMTPS, submission)",
        &[tcp("25"), tcp("465"), tcp("587")],
    ),
    row("MDNS", "Multicast DNS", &[udp("5353")]),
    row("MSNP", "MSN messenger", &[tcp("1863")]),
    row("MSSQL", "Microsoft SQL Server", &[tcp("1433")]),
    row("Munin", "Munin monitoring node", &[tcp("4949")]),
    row("MySQL", "MySQL/MariaDB server", &[tcp("3306")]),
    row(
        "NeighborDiscovery",
        "IPv6 router and neighbour solicitations and advertisements",
        &[
            icmpv6("router-solicitation"),
            icmpv6("router-advertisement"),
            icmpv6("neighbor-solicitation"),
            icmpv6("neighbor-advertisement"),
        ],
    )
    .only(Family::V6),
    row("NNTP", "Usenet news", &[tcp("119")]),
    row("NNTPS", "Usenet news over TLS", &[tcp("563")]),
    row("NTP", "NTP time service", &[udp("123")]),
    row("OpenVPN", "OpenVPN tunnels (UDP)", &[udp("1194")]),
    row("OSPF", "OSPF routing", &[protocol("89")]),
    row("PCA", "pcAnywhere remote control", &[udp("5632"), tcp("5631")]),
    row("Ping", "Echo request (IPv4 and IPv6)", &[icmp("echo-request")]).on_v6(&[icmpv6("echo-request")]),
    row("PMG", "Web interface of Proxmox Mail Gateway", &[tcp("8006")]),
    row("POP3", "POP3 mail access", &[tcp("110")]),
    row("POP3S", "POP3 mail access over TLS", &[tcp("995")]),
    row("PostgreSQL", "PostgreSQL server", &[tcp("5432")]),
    row("PPtP", "PPTP control connection and its GRE tunnel", &[protocol("47"), tcp("1723")]),
    row("Printer", "LPD printing", &[tcp("515")]),
    row("Razor", "Razor spam database", &[tcp("2703")]),
    row("Rdate", "rdate time query", &[tcp("37")]),
    row("RDP", "Remote Desktop", &[tcp("3389")]),
    row("RIP", "RIP routing", &[udp("520")]),
    row("RNDC", "BIND control channel", &[tcp("953")]),
    row("Rsync", "rsync daemon", &[tcp("873")]),
    row("SANE", "SANE scanner server", &[tcp("6566")]),
    row(
        "SixXS",
        "SixXS tunnel broker (TIC, heartbeat, 6in4, AYIYA)",
        &[tcp("3874"), udp("3740"), protocol("41"), udp("5072,8374")],
    ),
    row(
        "SMB",
        "Windows file sharing (SMB/NetBIOS)",
        &[udp("135,445"), udp("137:139"), udp("1024:65535").from("137"), tcp("135,139,445")],
    ),
    row("SMBswat", "SWAT web administration of Samba", &[tcp("901")]),
    row("SMTP", "SMTP mail transfer", &[tcp("25")]),
    row("SMTPS", "SMTP over TLS", &[tcp("465")]),
    row("SNMP", "SNMP queries and traps", &[udp("161:162"), tcp("161")]),
    row("SPAMD", "SpamAssassin daemon", &[tcp("783")]),
    row("SPICEproxy", "SPICE proxy of Proxmox VE", &[tcp("3128")]),
    row("Squid", "Squid proxy", &[tcp("3128")]),
    row("SSH", "Secure shell", &[tcp("22")]),
    row("Submission", "Mail submission", &[tcp("587")]),
    row("SVN", "Subversion server", &[tcp("3690")]),
    row("Syslog", "Syslog over UDP and TCP", &[udp("514"), tcp("514")]),
    row("Telnet", "Telnet", &[tcp("23")]),
    row("Telnets", "Telnet over TLS", &[tcp("992")]),
    row("TFTP", "TFTP transfer request", &[udp("69")]),
    row("Time", "Time protocol", &[tcp("37")]),
    row(
        "Trcrt",
        "Traceroute probes (UDP, about 30 hops) and echo request",
        &[udp("33434:33524"), icmp("echo-request")],
    )
    .on_v6(&[udp("33434:33524"), icmpv6("echo-request")]),
    row("VNC", "VNC displays 0 to 99", &[tcp("5900:5999")]),
    row("VNCL", "VNC viewers in listening mode", &[tcp("5500")]),
    row("Web", "Plain and TLS web traffic", &[tcp("80"), tcp("443")]),
    row("Webcache", "Web cache/proxy on 8080", &[tcp("8080")]),
    row("Webmin", "Webmin administration", &[tcp("10000")]),
    row("Whois", "Whois queries", &[tcp("43")]),
];

const fn row(name: &'static str, description: &'static str, templates: &'static [Template]) -> Macro {
    Macro { name, description, family: None, templates, templates_v6: &[] }
}

impl Macro {
    /// A macro that exists for one family only.
    const fn only(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    /// A macro with other templates for IPv6.
    const fn on_v6(self, templates_v6: &'static [Template]) -> Self {
        Self { templates_v6, ..self }
    }
}

impl Template {
    /// The same with fixed source ports.
    const fn from(self, sport: &'static str) -> Self {
        Self { sport: Some(sport), ..self }
    }
}

const fn protocol(proto: &'static str) -> Template {
    Template { proto, dport: None, sport: None, icmp_type: None }
}

const fn tcp(dport: &'static str) -> Template {
    Template { dport: Some(dport), ..protocol("tcp") }
}

const fn udp(dport: &'static str) -> Template {
    Template { dport: Some(dport), ..protocol("udp") }
}

const fn icmp(icmp_type: &'static str) -> Template {
    Template { icmp_type: Some(icmp_type), ..protocol("icmp") }
}

const fn icmpv6(icmp_type: &'static str) -> Template {
    Template { icmp_type: Some(icmp_type), ..protocol("icmpv6") }
}
