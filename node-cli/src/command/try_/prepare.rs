//! From a configuration, or the built-in example, to what is loaded.

use pvefw_core::datacenter::Datacenter;
use pvefw_core::emit;
use pvefw_core::facts::Facts;

use super::policy::{self, Policy};
use super::{Compiled, TryArgs};
use crate::command::Findings;
use crate::example;
use crate::exit::Stop;
use crate::output::{Kind, Output};
use crate::root::node::{self, Need};
use crate::root::{self, Root};

/// Reads and compiles what the arguments name.
pub(super) fn prepare(args: &TryArgs, output: &Output) -> Result<(Compiled, Option<Policy>), Stop> {
    let found = if args.no_tests { None } else { policy::find(args.root.as_deref())? };
    let (root, facts) = match &args.root {
        None => example(args)?,
        Some(path) => {
            let mut root = root::read(Some(path))?;
            let mut facts = node::facts(&args.node, &mut root.warnings)?;
            facts.node = facts.node.or_else(|| found.as_ref().and_then(policy::Found::node));
            node::settle(&mut facts, &mut root, Need::One)?;
            (root, facts)
        }
    };
    for warning in &root.warnings {
        output.notice(Kind::Warning, warning);
    }
    let (ruleset, sink) = root.datacenter.compile(&facts);
    let texts = emit::restore(&ruleset);
    let policy = found.map(|found| Policy::new(found, ruleset, &root.datacenter, &facts)).transpose()?;
    let guests = root.datacenter.inventory(&facts);
    let findings = Findings::new(root.datacenter, sink, root.files);
    let compiled = Compiled {
        diagnostics: findings.human_body(&output.for_data()),
        counts: findings.counts,
        node: facts.node.unwrap_or_else(|| "this node".to_owned()),
        guests,
        texts,
    };
    Ok((compiled, policy))
}

/// The datacenter that the binary carries.
fn example(args: &TryArgs) -> Result<(Root, Facts), Stop> {
    let mut warnings = Vec::new();
    let mut datacenter = Datacenter::new();
    let mut files = 0;
    for (path, text) in example::FILES {
        files += usize::from(datacenter.add(path, *text).is_some());
    }
    let own = example::FILES.iter().find(|(path, _)| *path == "facts.json").map_or("{}", |(_, text)| *text);
    let mut facts: Facts = if args.node.facts.is_some() {
        node::facts(&args.node, &mut warnings)?
    } else {
        serde_json::from_str(own).map_err(|error| Stop::failed(format!("the example's facts: {error}")))?
    };
    facts.node = args.node.node.clone().or(facts.node).or_else(|| Some(example::NODE.to_owned()));
    let nodes = datacenter.nodes().into_iter().map(str::to_owned).collect();
    let mut root = Root { datacenter, nodes, path: "examples/datacenter".into(), files, warnings };
    node::settle(&mut facts, &mut root, Need::One)?;
    Ok((root, facts))
}
