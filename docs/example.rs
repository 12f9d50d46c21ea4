//! Checks a cluster file and compiles it for a node. README.md shows this program; `tests/tests/docs.rs` runs it.

use pvefw_core::datacenter::Datacenter;
use pvefw_core::emit;
use pvefw_core::facts::{Facts, Network};

pub(crate) fn main() {
    let mut datacenter = Datacenter::new();
    // Paths are those below /etc/pve. The core reads no file: the text may come from anywhere.
    datacenter.add(
        "firewall/cluster.fw",
        "[OPTIONS]\nenable: 1\n\n[RULES]\nIN SSH(ACCEPT) -source 10.0.0.0/8\nIN HTPS(ACCEPT)\n",
    );
    let local_network = Network::parse("10.0.0.0/24").ok();
    let facts = Facts { node: Some("pve1".into()), local_network, ..Facts::default() };

    let (ruleset, sink) = datacenter.compile(&facts);
    let findings = sink.into_sorted();
    assert_eq!(findings[0].message, "there is no macro `HTPS`");

    // The faulty line is left out, the rest is compiled.
    let lines = emit::lines(&ruleset);
    let rule = "-A PVEFW-HOST-IN -s 10.0.0.0/8 -p tcp --dport 22 -j RETURN";
    assert!(lines.v4.filter["PVEFW-HOST-IN"].contains(&rule.to_owned()));
}
