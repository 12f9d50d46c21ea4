//! What a live node tells about itself, where no `--facts` say it (spec 00 sections 3 and 5).
//!
//! What can't be found out stays unknown: the core then says so where it matters.

use alloc::collections::BTreeMap;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fs;
use std::net::ToSocketAddrs as _;
use std::process::{Command, Stdio};

use pvefw_core::facts::{Facts, Network};
use serde_json::Value;

use super::LIVE;

/// Fills in what is not known yet about this machine, which is the node `facts.node`.
pub(super) fn fill(facts: &mut Facts) {
    let Some(node) = facts.node.clone() else { return };
    if facts.node_ip.is_none() {
        facts.node_ip =
            member_address(&node).or_else(|| addresses(&node).into_iter().find(|ip| !ip.is_loopback()));
    }
    if let (None, Some(own)) = (&facts.local_network, facts.node_ip) {
        let table = if own.is_ipv4() { "/proc/net/route" } else { "/proc/net/ipv6_route" };
        facts.local_network = fs::read_to_string(table).ok().and_then(|table| local_network(&table, own));
    }
    if facts.altnames.is_empty() {
        facts.altnames = links().map(|links| altnames(&links)).unwrap_or_default();
    }
    if let Ok(corosync) = fs::read_to_string(format!("{LIVE}/corosync.conf")) {
        for host in host_names(&corosync) {
            facts.resolve.entry(host.to_owned()).or_insert_with(|| addresses(host));
        }
    }
}

/// The node's address in the cluster's list of members.
fn member_address(node: &str) -> Option<IpAddr> {
    let members: Value = serde_json::from_str(&fs::read_to_string(format!("{LIVE}/.members")).ok()?).ok()?;
    members.get("nodelist")?.get(node)?.get("ip")?.as_str()?.parse().ok()
}

fn addresses(host: &str) -> Vec<IpAddr> {
    (host, 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

fn links() -> Option<Value> {
    let mut command = Command::new("ip");
    command.args(["-details", "-json", "link", "show"]).stdin(Stdio::null()).stderr(Stdio::null());
    serde_json::from_slice(&command.output().ok()?.stdout).ok()
}

/// Alternative names of interfaces and the real ones.
fn altnames(links: &Value) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for link in links.as_array().into_iter().flatten() {
        let Some(real) = link.get("ifname").and_then(Value::as_str) else { continue };
        for alternative in link.get("altnames").and_then(Value::as_array).into_iter().flatten() {
            if let Some(alternative) = alternative.as_str() {
                names.insert(alternative.to_owned(), real.to_owned());
            }
        }
    }
    names
}

/// Host names in the links of `corosync.conf`.
fn host_names(corosync: &str) -> impl Iterator<Item = &str> {
    corosync
        .lines()
        .filter_map(|line| line.split('#').next().unwrap_or_default().trim().split_once(':'))
        .filter(|(key, _)| key.ends_with("_addr") && (key.starts_with("ring") || key.starts_with("link")))
        .map(|(_, value)| value.trim())
        .filter(|value| value.parse::<IpAddr>().is_err())
}

/// The first network of a routing table that holds the address.
fn local_network(table: &str, own: IpAddr) -> Option<Network> {
    let texts = table.lines().filter_map(|line| match own {
        IpAddr::V4(_) => route_v4(line),
        IpAddr::V6(_) => route_v6(line),
    });
    texts.filter_map(|text| Network::parse(&text).ok()).find(|network| network.net().contains(&own))
}

/// A line of `/proc/net/route`: the third and eighth words are the network and its mask, bytes in reverse.
fn route_v4(line: &str) -> Option<String> {
    let words: Vec<_> = line.split_whitespace().collect();
    let number = |word: &&str| u32::from_str_radix(word, 16).ok().map(u32::swap_bytes);
    let (network, mask) = (number(words.get(1)?)?, number(words.get(7)?)?);
    let bits = mask.leading_ones();
    let usable = (8..=32).contains(&bits) && mask.checked_shl(bits).unwrap_or(0) == 0;
    usable.then(|| format!("{}/{bits}", Ipv4Addr::from(network)))
}

/// A line of `/proc/net/ipv6_route`: the network and its prefix, hexadecimal.
///
/// COMPAT: spelled in full, as pve-firewall does.
fn route_v6(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let network = Ipv6Addr::from(u128::from_str_radix(words.next()?, 16).ok()?);
    let bits = u8::from_str_radix(words.next()?, 16).ok().filter(|bits| *bits > 0)?;
    let groups: Vec<_> = network.segments().iter().map(|group| format!("{group:04x}")).collect();
    Some(format!("{}/{bits}", groups.join(":")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_network_around_the_address_is_local() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n\
                     vmbr0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n\
                     vmbr0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\n";
        let network = local_network(table, "192.168.2.100".parse().unwrap()).unwrap();
        assert_eq!(network.text(), "192.168.0.0/20");
        assert_eq!(local_network(table, "10.0.0.1".parse().unwrap()), None);
        let table = "00000000000000000000000000000000 00 0 0 x\n20010db8000100000000000000000000 40 0 0 x\n";
        let network = local_network(table, "2001:db8:1::5".parse().unwrap()).unwrap();
        assert_eq!(network.text(), "2001:0db8:0001:0000:0000:0000:0000:0000/64");
    }

    #[test]
    fn other_names_of_interfaces() {
        let links = serde_json::json!([{"ifname":"eno1","altnames":["enp1s0","lan"]},{"ifname":"lo"}]);
        let names = altnames(&links);
        assert_eq!(names.get("lan").map(String::as_str), Some("eno1"));
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn names_in_the_cluster_file() {
        let text =
            "node {\n name: n1\n ring0_addr: n1.example # x\n ring1_addr: 10.0.0.1\n link2_addr: hb\n}";
        assert_eq!(host_names(text).collect::<Vec<_>>(), ["n1.example", "hb"]);
    }
}
