//! `pvefw localnet`: what `pve-firewall localnet` prints.

use core::fmt::Write as _;

use pvefw_core::facts::{Facts, Network};

use crate::args::LocalnetArgs;
use crate::command::warn;
use crate::exit::{Exit, Stop};
use crate::output::Output;
use crate::root;
use crate::root::node::{self, Need};

/// Runs the command.
pub(crate) fn run(args: &LocalnetArgs, output: &Output) -> Result<Exit, Stop> {
    let mut root = root::read(args.root.as_deref())?;
    let mut facts = node::facts(&args.node, &mut root.warnings)?;
    node::settle(&mut facts, &mut root, Need::One)?;
    warn(&root.warnings, output);
    let Facts { node, node_ip, local_network, .. } = &facts;
    let detected = local_network.clone().unwrap_or_else(Network::loopback);
    // Writing to a string can't fail.
    let mut text = format!("local hostname: {}\n", node.as_deref().unwrap_or("unknown"));
    let address = node_ip.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let _ = writeln!(text, "local IP address: {address}\nnetwork auto detect: {}", detected.text());
    let used = root.datacenter.node_network(&facts);
    let how = if used.defined { "user defined" } else { "detected" };
    let _ = writeln!(text, "using {how} local_network: {}", used.network.text());
    if let Some(links) = root.datacenter.cluster_links(&facts) {
        text.push_str("\naccepting corosync traffic from/to:\n");
        for link in &links {
            let _ = writeln!(text, " - {}: {} (link: {})", link.node, link.remote, link.link);
        }
        if links.is_empty() {
            text.push_str(" - no nodes found\n");
        }
    }
    output.data(&[&text])?;
    Ok(Exit::Fine)
}
