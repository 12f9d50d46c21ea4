//! `pvefw simulate`: what `pve-firewall simulate` prints, as a kernel would decide it.

use core::fmt::Write as _;
use core::net::{IpAddr, Ipv4Addr};

use pvefw_core::facts::Names;
use pvefw_core::sim::Question;

use super::compile;
use super::trace::{Node, refused};
use crate::args::{SimulateArgs, SimulateProtocol};
use crate::exit::{Exit, Stop};
use crate::output::Output;

/// Addresses of what is not the node, if none are given.
///
/// COMPAT: pve-firewall's; a guest's own address would be nearer the truth, and is what `trace` takes.
const SOURCE: Ipv4Addr = Ipv4Addr::new(100, 100, 1, 2);
const DESTINATION: Ipv4Addr = Ipv4Addr::new(100, 200, 3, 4);

/// Runs the command.
pub(crate) fn run(args: &SimulateArgs, output: &Output) -> Result<Exit, Stop> {
    let node = Node::read(args.root.as_deref(), &args.node, None, output)?;
    let packet = question(args).packet(&node.topology, &Names::new(&node.facts)).map_err(refused)?;
    if args.verbose {
        compile::print(&node.ruleset, output)?;
    }
    let verdict = node.simulator.verdict(&packet).verdict;
    output.data(&[&packet_text(args), &format!("ACTION: {}\n", verdict.name())])?;
    Ok(Exit::Fine)
}

const fn protocol(args: &SimulateArgs) -> &'static str {
    match args.protocol {
        SimulateProtocol::Tcp => "tcp",
        SimulateProtocol::Udp => "udp",
    }
}

fn question(args: &SimulateArgs) -> Question {
    let address = |given: Option<Ipv4Addr>, zone: &str, otherwise| match given {
        None if zone == "host" => None,
        given => Some(IpAddr::V4(given.unwrap_or(otherwise))),
    };
    Question {
        from: args.from.clone(),
        to: args.to.clone(),
        proto: Some(protocol(args).to_owned()),
        source: address(args.source, &args.from, SOURCE),
        dest: address(args.dest, &args.to, DESTINATION),
        sport: args.sport,
        dport: args.dport,
        ..Question::default()
    }
}

/// What was asked for, by the names of pve-firewall.
fn packet_text(args: &SimulateArgs) -> String {
    let mut text = String::from("Test packet:\n");
    let fields = [
        ("from", Some(args.from.clone())),
        ("to", Some(args.to.clone())),
        ("proto", Some(protocol(args).to_owned())),
        ("source", args.source.map(|address| address.to_string())),
        ("dest", args.dest.map(|address| address.to_string())),
        ("dport", args.dport.map(|port| port.to_string())),
        ("sport", args.sport.map(|port| port.to_string())),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            // Writing to a string can't fail.
            let _ = writeln!(text, "  {name:<8}: {value}");
        }
    }
    text
}
