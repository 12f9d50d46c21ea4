//! Datacenters that use every name of core's tables once: whatever compiles, the tools must know.

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::Facts;
use pvefw_core::tables::macros::MACROS;
use pvefw_core::tables::{ethertypes, icmp, log_levels, protocols, services};

/// The datacenters by the kind of name.
pub(crate) fn datacenters() -> Vec<(&'static str, Datacenter, Facts)> {
    let facts = || Facts { node: Some("pve1".to_owned()), ..Facts::default() };
    let kinds = [
        ("protocols", protocol_rules()),
        ("services", service_rules()),
        ("ICMP types", icmp_rules()),
        ("macros", macro_rules()),
        ("log levels", log_rules()),
    ];
    let mut found = Vec::new();
    for (kind, rules) in kinds {
        let mut datacenter = Datacenter::new();
        datacenter.add("firewall/cluster.fw", format!("[OPTIONS]\nenable: 1\n[RULES]\n{rules}"));
        found.push((kind, datacenter, facts()));
    }
    let mut datacenter = Datacenter::new();
    let names: Vec<_> = ethertypes::ETHERTYPES.iter().map(|row| row.name).collect();
    let numbers: Vec<_> = ethertypes::ETHERTYPES.iter().map(|row| format!("{:04x}", row.number)).collect();
    datacenter.add("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n");
    for (vmid, list) in [(100, names.join(",")), (101, numbers.join(","))] {
        let mac = format!("BC:24:11:00:00:{}", vmid % 100 + 10);
        datacenter
            .add(&format!("firewall/{vmid}.fw"), format!("[OPTIONS]\nenable: 1\nlayer2_protocols: {list}\n"));
        datacenter.add(
            &format!("nodes/pve1/qemu-server/{vmid}.conf"),
            format!("net0: virtio={mac},bridge=vmbr0,firewall=1\n"),
        );
    }
    found.push(("Ethernet types", datacenter, facts()));
    found
}

fn protocol_rules() -> String {
    let forms =
        ["", " -dport 80", " -dport 80,443", " -dport 80:90", " -sport 80", " -sport 80,443 -dport 1"];
    let rows = protocols::PROTOCOLS.iter().map(|row| row.name.to_owned());
    let names: Vec<String> = rows.chain((0..=255).map(|number: u8| number.to_string())).collect();
    let rules =
        forms.iter().flat_map(|form| names.iter().map(move |name| format!("IN ACCEPT -p {name}{form}\n")));
    rules.collect()
}

fn service_rules() -> String {
    let rules = services::SERVICES.iter().flat_map(|row| {
        ["tcp", "udp", "sctp", "dccp", "udplite"].map(|protocol| {
            let name = row.name;
            format!("IN ACCEPT -p {protocol} -dport {name}\nIN ACCEPT -p {protocol} -sport {name},1\n")
        })
    });
    rules.collect()
}

fn icmp_rules() -> String {
    let mut rules = Vec::new();
    for (table, protocols) in [(icmp::V4, &["icmp"][..]), (icmp::V6, &["icmpv6", "ipv6-icmp"])] {
        for protocol in protocols {
            let name = |row: &icmp::IcmpType| format!("IN ACCEPT -p {protocol} -icmp-type {}\n", row.name);
            rules.extend(table.iter().map(name));
            rules.extend((0..=255).map(|number: u8| format!("IN ACCEPT -p {protocol} -dport {number}\n")));
        }
    }
    rules.concat()
}

fn macro_rules() -> String {
    let rule = |name| format!("IN {name}(ACCEPT)\nIN {name}(DROP) -log info\nOUT {name}(REJECT)\n");
    MACROS.iter().map(|row| rule(row.name)).collect()
}

fn log_rules() -> String {
    let rule = |level: &log_levels::LogLevel| format!("IN ACCEPT -p tcp -dport 80 -log {}\n", level.name());
    log_levels::ALL.iter().map(rule).collect()
}
