//! `pvefw plan`: what loading a configuration would change.

use pvefw_core::diff::{Diff, Side, render};
use pvefw_core::host::Before;
use pvefw_core::host::apply::Applier;
use pvefw_core::host::before::only_effects;
use pvefw_core::host::plan::{BridgeLoading, Compare, Kernel, Plan, Suspects, Wanted};
use pvefw_core::host::process;
use pvefw_core::host::rules::Detail;
use pvefw_core::report;

use super::{Desired, Errors, Session, store, unusable};
use crate::args::{Format, PlanArgs};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &PlanArgs, output: &Output) -> Result<Exit, Stop> {
    let desired = Desired::read(args.root.as_deref(), &args.node, Errors::of(args.allow_errors), output)?;
    if desired.refused {
        Desired::refuse(output, "nothing is planned");
        return Ok(Exit::Findings);
    }
    let (plan, loaded) = planned(args, &desired, output)?;
    let ruleset = loaded.comparable(&desired.ruleset);
    let new = Side { ruleset: &ruleset, files: desired.datacenter.files() };
    let diff = Diff::new(loaded.side(), new);
    let mut entries = diff.entries(loaded.side(), new);
    if !loaded.is_compiled() {
        only_effects(&mut entries);
    }
    match args.format {
        Format::Human => {
            if plan.is_empty() {
                output.data(&["nothing would change: what is loaded is what the configuration says\n"])?;
                return Ok(Exit::Fine);
            }
            let options = render::Options { style: output.for_data().style, rules: args.rules };
            if !diff.is_empty() {
                let node = desired.facts.node.as_deref();
                output.data(&[&render::text(&diff, &entries, loaded.side(), new, node, options)])?;
            }
            output.data(&[&format!("to load: {}\n", plan.in_words())])?;
        }
        Format::Json => output.json(|out| {
            let diff = report::diff::Diff::new(&diff, &entries, loaded.side(), new);
            serde_json::to_writer(out, &report::plan::Plan::new(&plan, diff))
        })?,
    }
    Ok(if plan.is_empty() { Exit::Fine } else { Exit::Pending })
}

/// The plan and what is loaded of ours. Without the right to ask the kernel, what was applied last counts as loaded.
fn planned(args: &PlanArgs, desired: &Desired, output: &Output) -> Result<(Plan, Before), Stop> {
    if process::may_change_rules() {
        let session = Session::open_for(&args.state, &desired.target)?;
        let applier = Applier { host: &session.machine, store: &session.store };
        let (plan, survey) = applier.plan(&desired.target).map_err(|error| unusable(&error))?;
        if session.store.journal().is_some() && session.store.holder().is_none() {
            output.notice(
                Kind::Warning,
                "an apply was interrupted: `pvefw apply` completes it, `pvefw rollback` undoes it",
            );
        }
        let loaded = match survey.state {
            Some(id) => Before::state(&session.store, id, &survey.kernel.rules),
            None => Before::dumped(&survey.kernel.rules),
        };
        return Ok((plan, loaded));
    }
    let store = store(&args.state);
    let state = store.record().and_then(|record| record.current);
    let have = state.and_then(|id| store.rules(id, Detail::Lines).ok());
    output.notice(
        Kind::Note,
        match have {
            Some(_) => {
                "asking the kernel takes the capability CAP_NET_ADMIN: this is against what was applied last"
            }
            None => {
                "asking the kernel takes the capability CAP_NET_ADMIN: this is against a node without rules"
            }
        },
    );
    let have = have.unwrap_or_default();
    let loaded = match state {
        Some(id) => Before::state(&store, id, &have),
        None => Before::dumped(&have),
    };
    let kernel = Kernel { rules: have, bridge: String::new() };
    let none = Suspects::new();
    let wanted = Wanted { rules: &desired.target.rules, compare: Compare::Signatures(&none) };
    Ok((Plan::new(&kernel, wanted, BridgeLoading::Chains), loaded))
}
