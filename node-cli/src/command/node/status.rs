//! `pvefw status`: what `pve-firewall status` says, and since when, what of, and what went wrong.

use pvefw_core::host::apply::Applier;
use pvefw_core::host::process;
use pvefw_core::host::status::{Status, Waits, Wrong};
use serde::Serialize;

use super::history::when;
use super::{Desired, Errors, Session, store, unusable};
use crate::args::{Format, StatusArgs};
use crate::daemon::client::{self, Tally};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs the command.
pub(crate) fn run(args: &StatusArgs, output: &Output) -> Result<Exit, Stop> {
    let desired = Desired::read(args.root.as_deref(), &args.node, Errors::Refuse, output)?;
    let enabled = desired.datacenter.node_network(&desired.facts).enabled;
    let mut status = Status::new(enabled, &store(&args.state));
    let daemon = client::status(&args.run.run);
    status.errors = desired.refused;
    if process::may_change_rules() {
        let session = Session::open_for(&args.state, &desired.target)?;
        let applier = Applier { host: &session.machine, store: &session.store };
        let (plan, survey) = applier.plan(&desired.target).map_err(|error| unusable(&error))?;
        status.look(&plan, &survey);
    } else {
        output.notice(
            Kind::Note,
            "asking the kernel takes the capability CAP_NET_ADMIN: this is what was applied last",
        );
    }
    status.running |= daemon.is_some();
    let answer = Answer { status, daemon };
    match args.format {
        Format::Human => output.data(&[&words(&answer)])?,
        Format::Json => output.json(|out| serde_json::to_writer(out, &answer))?,
    }
    Ok(if answer.status.running { Exit::Fine } else { Exit::Pending })
}

/// What there is to say.
#[derive(Debug, Serialize)]
struct Answer {
    #[serde(flatten)]
    status: Status,
    /// What the daemon says of itself, if one runs and we may ask.
    daemon: Option<Tally>,
}

/// What it says, for people.
fn words(Answer { status, daemon }: &Answer) -> String {
    let enabled = if status.enabled { "enabled" } else { "disabled" };
    let running = if status.running { "running" } else { "stopped" };
    let pending = if status.pending_changes == Some(true) { " (pending changes)" } else { "" };
    let mut lines = vec![format!("Status: {enabled}/{running}{pending}")];
    if let Some(daemon) = daemon {
        let (since, words) = (when(daemon.since), daemon.words());
        lines.push(format!("daemon: process {}, since {since}: {words}", daemon.process));
        let report = &daemon.report;
        lines.extend(report.findings.iter().chain(&report.warnings).map(|line| format!("  {line}")));
        if daemon.stuck {
            lines.push("  the files of the configuration do not answer".to_owned());
        }
    }
    if let (Some(state), Some(since), Some(digest)) = (status.state, status.since, &status.digest) {
        let digest = digest.get(..12).unwrap_or(digest);
        lines.push(format!("loaded: state {state}, since {}, digest {digest}", when(since)));
    } else if status.running {
        lines.push("loaded: rules that pvefw has not loaded, maybe pve-firewall's".to_owned());
    }
    lines.extend(
        status.changes.as_ref().map(|changes| format!("pending: {changes}; `pvefw plan` shows them")),
    );
    if status.drift == Some(true) {
        lines.push("drift: somebody else has changed what was loaded; `pvefw apply` repairs it".to_owned());
        lines.extend(status.changed_chains.iter().map(|chain| format!("  {chain}")));
    }
    if status.errors && daemon.is_none() {
        lines.push("configuration: it has errors, and `pvefw apply` would refuse it".to_owned());
    }
    if let Some(Waits { state, until }) = &status.waits {
        let name = state.map_or_else(|| "the removal of all rules".to_owned(), |id| format!("state {id}"));
        lines.push(format!("waits: {name} is taken back at {} unless `pvefw confirm` comes", when(*until)));
    }
    if status.interrupted {
        lines.push(
            "interrupted: an apply did not end; `pvefw apply` completes it, `pvefw rollback` undoes it"
                .to_owned(),
        );
    }
    lines.extend(status.busy.as_ref().map(|who| format!("at work: {who}")));
    if let Some(Wrong { time, message }) = &status.last_error {
        lines.push(format!("last error: {}: {message}", when(*time)));
    }
    lines.push(String::new());
    lines.join("\n")
}
