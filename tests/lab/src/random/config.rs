//! Datacenters made up: small, with every kind of rule there is, and with few enough addresses that packets meet rules.

use core::fmt::Write as _;

use super::dice::Dice;

/// The node that all guests are on.
pub const NODE: &str = "n1";

/// Addresses and networks of rules; few, so that different rules mean the same ones.
const V4: [&str; 14] = [
    "10.1.2.3",
    "10.1.2.0/24",
    "10.1.0.0/16",
    "172.16.5.5",
    "172.16.5.4/30",
    "192.168.7.9",
    "192.168.2.0/24",
    "192.168.2.100",
    "203.0.113.77",
    "203.0.113.0/25",
    "198.51.100.9",
    "10.0.0.0/8",
    "10.99.1.1/32",
    "0.0.0.0/1",
];
const V6: [&str; 9] = [
    "2001:db8::7",
    "2001:db8::/64",
    "2001:db8:5::/48",
    "2001:db8:5:6::8",
    "fd00:2::100",
    "fd00:2::/64",
    "2001:db8:ffff::77",
    "2001:db8:ffff::/120",
    "8000::/1",
];
const RANGES: [&str; 3] = ["10.1.2.1-10.1.2.9", "203.0.113.70-203.0.113.80", "2001:db8::1-2001:db8::ff"];

const MACROS: [&str; 24] = [
    "SSH",
    "Web",
    "HTTP",
    "HTTPS",
    "DNS",
    "Ping",
    "SMB",
    "Git",
    "FTP",
    "NTP",
    "SNMP",
    "IPsec",
    "IPsecnat",
    "GRE",
    "OSPF",
    "Auth",
    "BitTorrent",
    "Trcrt",
    "DHCPfwd",
    "DHCPv6",
    "NeighborDiscovery",
    "VNC",
    "PMG",
    "L2TP",
];

const SERVICES: [&str; 6] = ["ssh", "http", "domain", "https", "ntp", "snmp"];
const LEVELS: [&str; 9] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"];
const HELPERS: [&str; 9] = ["amanda", "ftp", "irc", "netbios-ns", "pptp", "sane", "sip", "snmp", "tftp"];
const POLICIES: [&str; 3] = ["ACCEPT", "DROP", "REJECT"];
const WITH_PORTS: [&str; 7] = ["tcp", "tcp", "udp", "udp", "sctp", "udplite", "dccp"];
const WITHOUT_PORTS: [&str; 8] = ["esp", "gre", "igmp", "50", "ospf", "ah", "l2tp", "89"];
const ICMP: [&str; 7] =
    ["echo-request", "any", "8", "timestamp-request", "address-mask-request", "host-unreachable", "17"];
const ICMPV6: [&str; 6] = [
    "echo-request",
    "neighbor-solicitation",
    "router-advertisement",
    "128",
    "port-unreachable",
    "router-solicitation",
];

/// A file: its path below the configuration root, and its content.
pub type File = (String, Vec<u8>);

/// Where a rule stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Cluster,
    Host,
    Group,
    Guest,
}

/// What rules of a place may name.
struct Names<'a> {
    level: Level,
    /// Aliases with their families.
    aliases: Vec<(String, bool)>,
    sets: Vec<String>,
    groups: &'a [String],
    interfaces: Vec<String>,
}

/// The files of a datacenter.
pub fn datacenter(dice: &mut Dice) -> Vec<File> {
    let mut files: Vec<(String, String)> = Vec::new();
    let (cluster, shared) = cluster(dice);
    files.push(("firewall/cluster.fw".to_owned(), cluster));
    if dice.chance(9, 10) {
        files.push((format!("nodes/{NODE}/host.fw"), host(dice, &shared)));
    }
    if dice.chance(1, 3) {
        files.push(("corosync.conf".to_owned(), corosync()));
    }
    let mut vmid = 100;
    for _ in 0..2 + dice.roll(4) {
        vmid += 1 + u32::try_from(dice.roll(300)).unwrap_or(0);
        let container = dice.chance(1, 2);
        let (conf, nics) = guest_conf(dice, vmid, container);
        let folder = if container { "lxc" } else { "qemu-server" };
        files.push((format!("nodes/{NODE}/{folder}/{vmid}.conf"), conf));
        if dice.chance(7, 8) {
            files.push((format!("firewall/{vmid}.fw"), guest(dice, &shared, &nics, container)));
        }
    }
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

/// What the cluster file defines for all.
struct Shared {
    aliases: Vec<(String, bool)>,
    sets: Vec<String>,
    groups: Vec<String>,
}

fn option(dice: &mut Dice, text: &mut String, name: &str, values: &[&str]) {
    if dice.chance(1, 2) {
        let _ = writeln!(text, "{name}: {}", dice.word(values));
    }
}

fn address(dice: &mut Dice, six: bool) -> &'static str {
    if six { dice.word(&V6) } else { dice.word(&V4) }
}

fn aliases(dice: &mut Dice, text: &mut String, prefix: &str, most: usize) -> Vec<(String, bool)> {
    let mut made = Vec::new();
    text.push_str("\n[ALIASES]\n\n");
    for number in 0..dice.roll(most + 1) {
        let six = dice.chance(1, 3);
        let name = format!("{prefix}-{number}");
        let _ = writeln!(text, "{name} {}", address(dice, six));
        made.push((name, six));
    }
    made
}

fn set(dice: &mut Dice, text: &mut String, name: &str, aliases: &[(String, bool)]) {
    let _ = writeln!(text, "\n[IPSET {name}]\n");
    let mut members: Vec<String> = Vec::new();
    for _ in 0..dice.roll(6) {
        let six = dice.chance(1, 3);
        let member = match dice.pick(aliases) {
            Some((alias, _)) if dice.chance(1, 5) => alias.clone(),
            _ => address(dice, six).to_owned(),
        };
        // Halves of the world would make all else moot.
        if !members.contains(&member) && !member.ends_with("/1") {
            let not = if dice.chance(1, 4) { "! " } else { "" };
            let _ = writeln!(text, "{not}{member}");
            members.push(member);
        }
    }
}

fn cluster(dice: &mut Dice) -> (String, Shared) {
    let mut text = "[OPTIONS]\n\n".to_owned();
    let _ = writeln!(text, "enable: {}", u8::from(!dice.chance(1, 40)));
    option(dice, &mut text, "policy_in", &POLICIES);
    option(dice, &mut text, "policy_out", &POLICIES);
    if dice.chance(1, 6) {
        text.push_str("ebtables: 0\n");
    }
    option(dice, &mut text, "log_ratelimit", &["1", "0", "1,rate=5/minute", "1,burst=10,rate=100/second"]);
    let mut shared = Shared { aliases: Vec::new(), sets: Vec::new(), groups: Vec::new() };
    shared.aliases = aliases(dice, &mut text, "al", 4);
    if dice.chance(1, 2) {
        let _ = writeln!(text, "local_network 192.168.2.0/24");
    }
    for number in 0..dice.roll(4) {
        let name = format!("set-{number}");
        set(dice, &mut text, &name, &shared.aliases);
        shared.sets.push(name);
    }
    for name in ["blacklist", "management"] {
        if dice.chance(1, 5) {
            set(dice, &mut text, name, &shared.aliases);
        }
    }
    for number in 0..dice.roll(3) {
        let name = format!("grp-{number}");
        let _ = writeln!(text, "\n[group {name}]\n");
        let names = Names {
            level: Level::Group,
            aliases: shared.aliases.clone(),
            sets: shared.sets.clone(),
            groups: &[],
            interfaces: Vec::new(),
        };
        rules(dice, &mut text, &names, 5);
        shared.groups.push(name);
    }
    text.push_str("\n[RULES]\n\n");
    let names = node_names(&shared, Level::Cluster);
    rules(dice, &mut text, &names, 5);
    (text, shared)
}

fn node_names(shared: &Shared, level: Level) -> Names<'_> {
    Names {
        level,
        aliases: shared.aliases.clone(),
        sets: shared.sets.clone(),
        groups: &shared.groups,
        interfaces: ["vmbr0", "vmbr1", "eth0"].map(str::to_owned).to_vec(),
    }
}

fn host(dice: &mut Dice, shared: &Shared) -> String {
    let mut text = "[OPTIONS]\n\n".to_owned();
    if dice.chance(1, 12) {
        text.push_str("enable: 0\n");
    }
    for name in ["nosmurfs", "tcpflags", "ndp", "nf_conntrack_allow_invalid", "protection_synflood"] {
        option(dice, &mut text, name, &["0", "1"]);
    }
    for name in ["log_level_in", "log_level_out", "tcp_flags_log_level", "smurf_log_level"] {
        option(dice, &mut text, name, &LEVELS);
    }
    option(dice, &mut text, "protection_synflood_rate", &["100", "833"]);
    option(dice, &mut text, "protection_synflood_burst", &["500", "2000"]);
    if dice.chance(1, 4) {
        let _ = writeln!(text, "nf_conntrack_helpers: {}", dice.word(&HELPERS));
    }
    text.push_str("\n[RULES]\n\n");
    let names = node_names(shared, Level::Host);
    rules(dice, &mut text, &names, 6);
    text
}

fn mac(dice: &mut Dice) -> String {
    let [_, _, _, _, _, a, b, c] = dice.next().to_be_bytes();
    format!("BC:24:11:{a:02X}:{b:02X}:{c:02X}")
}

/// A guest's configuration, and the numbers of its NICs.
fn guest_conf(dice: &mut Dice, vmid: u32, container: bool) -> (String, Vec<usize>) {
    let mut text = if container {
        format!("hostname: ct{vmid}\nostype: debian\n")
    } else {
        format!("name: vm{vmid}\ncores: 2\n")
    };
    let mut nics = vec![0];
    for number in [1, 2, 10, 31] {
        if dice.chance(1, 4) {
            nics.push(number);
        }
    }
    for number in &nics {
        let bridge = dice.word(&["vmbr0", "vmbr0", "vmbr0", "vmbr1", "vmbr2"]);
        let firewall = dice.word(&[",firewall=1", ",firewall=1", ",firewall=1", ",firewall=0", ""]);
        let mac = mac(dice);
        if container {
            let ip = dice.word(&["", ",ip=10.1.2.3/24,gw=10.1.2.1", ",ip=dhcp", ",ip=192.168.7.9/24"]);
            let ip6 = dice.word(&["", ",ip6=2001:db8::7/64", ",ip6=auto"]);
            let _ = writeln!(
                text,
                "net{number}: name=eth{number},bridge={bridge}{firewall},hwaddr={mac}{ip}{ip6},type=veth"
            );
        } else {
            let model = dice.word(&["virtio", "e1000", "rtl8139"]);
            let _ = writeln!(text, "net{number}: {model}={mac},bridge={bridge}{firewall}");
        }
    }
    (text, nics)
}

fn guest(dice: &mut Dice, shared: &Shared, nics: &[usize], container: bool) -> String {
    let mut text = "[OPTIONS]\n\n".to_owned();
    let _ = writeln!(text, "enable: {}", u8::from(!dice.chance(1, 10)));
    for name in ["dhcp", "ndp", "radv", "macfilter"] {
        option(dice, &mut text, name, &["0", "1"]);
    }
    if dice.chance(1, 3) {
        text.push_str("ipfilter: 1\n");
    }
    option(dice, &mut text, "policy_in", &POLICIES);
    option(dice, &mut text, "policy_out", &POLICIES);
    for name in ["log_level_in", "log_level_out"] {
        option(dice, &mut text, name, &LEVELS);
    }
    if dice.chance(1, 6) {
        let _ = writeln!(
            text,
            "layer2_protocols: {}",
            dice.word(&["ARP", "ARP,IPX", "IPX,IPv4", "ARP,IPv6,IPv4", "0x88cc"])
        );
    }
    if dice.chance(1, 8) {
        text.push_str("ips: 1\n");
        option(dice, &mut text, "ips_queues", &["0", "2:4"]);
    }
    let own = aliases(dice, &mut text, "ga", 2);
    let mut sets = Vec::new();
    for number in 0..dice.roll(3) {
        let name = format!("gs-{number}");
        set(dice, &mut text, &name, &own);
        sets.push(name);
    }
    for number in nics {
        if dice.chance(1, 6) {
            let name = format!("ipfilter-net{number}");
            set(dice, &mut text, &name, &shared.aliases);
        }
    }
    text.push_str("\n[RULES]\n\n");
    let with = |dice: &mut Dice, names: &[String], scope: &str| -> Vec<String> {
        names
            .iter()
            .map(|name| if dice.chance(1, 2) { format!("{scope}/{name}") } else { name.clone() })
            .collect()
    };
    let scoped = with(dice, &shared.sets, "dc");
    let own_scoped = with(dice, &sets, "guest");
    let names = Names {
        level: Level::Guest,
        aliases: [shared.aliases.as_slice(), &own].concat(),
        sets: [scoped, own_scoped].concat(),
        groups: &shared.groups,
        interfaces: nics.iter().map(|number| format!("net{number}")).collect(),
    };
    rules(dice, &mut text, &names, if container { 6 } else { 8 });
    text
}

fn rules(dice: &mut Dice, text: &mut String, names: &Names<'_>, most: usize) {
    for _ in 0..dice.roll(most + 1) {
        if dice.chance(1, 15) {
            text.push('|');
        }
        rule(dice, text, names);
        if dice.chance(1, 10) {
            text.push_str(" # ticket");
        }
        text.push('\n');
    }
}

fn rule(dice: &mut Dice, text: &mut String, names: &Names<'_>) {
    if let Some(group) = dice.pick(names.groups)
        && dice.chance(1, 4)
    {
        let _ = write!(text, "GROUP {group}");
        interface(dice, text, names, 3);
        return;
    }
    let direction = dice.word(&["IN", "IN", "OUT"]);
    let action = dice.word(&POLICIES);
    let with_macro = dice.chance(1, 6);
    let made_of = if with_macro { format!("{}({action})", dice.word(&MACROS)) } else { action.to_owned() };
    let _ = write!(text, "{direction} {made_of}");
    interface(dice, text, names, 5);
    let six = dice.chance(1, 3);
    for side in ["source", "dest"] {
        // A rule that only few packets can meet tells little.
        if dice.chance(2, 7) {
            let _ = write!(text, " -{side} {}", addresses(dice, names, six));
        }
    }
    if !with_macro {
        protocol(dice, text, six);
    }
    if dice.chance(1, 6) {
        let _ = write!(text, " -log {}", dice.word(&LEVELS));
    }
}

fn interface(dice: &mut Dice, text: &mut String, names: &Names<'_>, one_in: usize) {
    if names.level != Level::Group
        && dice.chance(1, one_in)
        && let Some(name) = dice.pick(&names.interfaces)
    {
        let _ = write!(text, " -i {name}");
    }
}

fn addresses(dice: &mut Dice, names: &Names<'_>, six: bool) -> String {
    let aliases: Vec<&String> =
        names.aliases.iter().filter(|(_, of)| *of == six).map(|(name, _)| name).collect();
    match dice.roll(8) {
        0 | 1 => {
            if let Some(name) = dice.pick(&aliases) {
                return (*name).clone();
            }
        }
        2..=4 => {
            if let Some(name) = dice.pick(&names.sets) {
                return format!("+{name}");
            }
        }
        5 => {
            if let Some(range) = RANGES.iter().find(|range| range.contains("::") == six) {
                return (*range).to_owned();
            }
        }
        6 => {
            let all = [address(dice, six), address(dice, six), address(dice, six)];
            return all.join(",");
        }
        _ => {}
    }
    address(dice, six).to_owned()
}

fn protocol(dice: &mut Dice, text: &mut String, six: bool) {
    match dice.roll(10) {
        0..=5 => {
            let _ = write!(text, " -p {}", dice.word(&WITH_PORTS));
            if dice.chance(4, 5) {
                let _ = write!(text, " -dport {}", ports(dice));
            }
            if dice.chance(1, 5) {
                let _ = write!(text, " -sport {}", ports(dice));
            }
        }
        6 => {
            let _ = write!(text, " -p {}", dice.word(&WITHOUT_PORTS));
        }
        7 | 8 => {
            let (name, types) =
                if six { (dice.word(&["icmpv6", "ipv6-icmp"]), &ICMPV6[..]) } else { ("icmp", &ICMP[..]) };
            let _ = write!(text, " -p {name}");
            if dice.chance(3, 4) {
                let _ = write!(text, " -icmp-type {}", dice.word(types));
            }
        }
        _ => {}
    }
}

fn ports(dice: &mut Dice) -> String {
    let one = |dice: &mut Dice| {
        dice.word(&["22", "53", "80", "443", "8006", "40001", "40000", "65535", "1"]).to_owned()
    };
    match dice.roll(6) {
        0 => dice.word(&SERVICES).to_owned(),
        1 => dice.word(&["0:1023", "1000:2000", "5900:5999", "40000:40001"]).to_owned(),
        2 => format!("{},{}", one(dice), one(dice)),
        3 => format!("{},8000:8100,{}", one(dice), dice.word(&SERVICES)),
        _ => one(dice),
    }
}

fn corosync() -> String {
    "nodelist {\n  node {\n    name: n1\n    nodeid: 1\n    ring0_addr: 192.168.2.100\n  }\n  node {\n    name: n2\n    \
     nodeid: 2\n    ring0_addr: 192.168.2.101\n    ring1_addr: fd00:55::2\n  }\n}\ntotem {\n  cluster_name: lab\n  \
     config_version: 1\n  ip_version: ipv4-6\n  transport: udpu\n  version: 2\n  interface {\n    linknumber: 0\n  }\n}\n"
        .to_owned()
}

/// The facts of such a datacenter, as JSON.
pub fn facts(dice: &mut Dice) -> String {
    let own = dice.word(&["192.168.2.100", "192.168.2.100", "192.168.2.100", "fd00:2::100"]);
    let network =
        if own.contains(':') { "fd00:2::/64" } else { dice.word(&["192.168.2.0/24", "192.168.0.0/20"]) };
    format!("{{\"node\":\"{NODE}\",\"node_ip\":\"{own}\",\"local_network\":\"{network}\"}}")
}
