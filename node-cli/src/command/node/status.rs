//! `pvefw status`: what `pve-firewall status` says, and since when, what of, and what went wrong.

use pvefw_core::host::apply::{Applier, Survey};
use pvefw_core::host::store::{LastError, Pending, Record, Store};
use pvefw_core::host::{Clock, process};
use serde::Serialize;

use super::history::when;
use super::{Desired, Errors, Session, store, told, unusable};
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
        status.look(&survey);
        status.pending_changes = Some(!plan.is_empty());
        status.changes = Some(told::size(&plan)).filter(|words| !words.is_empty());
    } else {
        output.notice(
            Kind::Note,
            "asking the kernel takes the capability CAP_NET_ADMIN: this is what was applied last",
        );
    }
    status.running |= daemon.is_some();
    status.daemon = daemon;
    match args.format {
        Format::Human => output.data(&[&status.words()])?,
        Format::Json => output.json(|out| serde_json::to_writer(out, &status))?,
    }
    Ok(if status.running { Exit::Fine } else { Exit::Pending })
}

/// What there is to say.
#[derive(Debug, Default, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of a JSON object")]
struct Status {
    /// Whether the configuration switches the firewall on.
    enabled: bool,
    /// Whether its rules are loaded.
    running: bool,
    /// Whether the configuration says something else than is loaded; nobody knows without the right to ask.
    pending_changes: Option<bool>,
    /// How much.
    changes: Option<String>,
    /// The state that is loaded.
    state: Option<u64>,
    /// Since when, in seconds since 1970.
    since: Option<u64>,
    /// The digest of what is loaded.
    digest: Option<String>,
    /// Whether what is loaded is no longer what was loaded.
    drift: Option<bool>,
    /// Chains of ours that somebody has changed.
    changed_chains: Vec<String>,
    /// A state that waits to be confirmed.
    waits: Option<Waits>,
    /// Whether a load was interrupted.
    interrupted: bool,
    /// Who is at work.
    busy: Option<String>,
    /// What went wrong last.
    last_error: Option<Wrong>,
    /// Whether the configuration has errors.
    errors: bool,
    /// What the daemon says of itself, if one runs and we may ask.
    daemon: Option<Tally>,
}

#[derive(Debug, Serialize)]
struct Waits {
    state: Option<u64>,
    /// In seconds since 1970.
    until: u64,
}

#[derive(Debug, Serialize)]
struct Wrong {
    time: u64,
    message: String,
}

impl Status {
    fn new(enabled: bool, store: &Store) -> Self {
        let Record { current, since, digest, error, .. } = store.record().unwrap_or_default();
        let loaded = current.is_some();
        Self {
            enabled,
            running: loaded,
            state: current,
            since: loaded.then_some(since),
            digest: loaded.then_some(digest),
            waits: store
                .pending()
                .filter(|pending| pending.boot == Clock::read().boot)
                .map(|Pending { state, deadline, .. }| Waits { state, until: deadline }),
            busy: store.holder().map(|holder| holder.to_string()),
            interrupted: store.journal().is_some() && store.holder().is_none(),
            last_error: error.map(|LastError { time, message }| Wrong { time, message }),
            ..Self::default()
        }
    }

    /// What the kernel says.
    fn look(&mut self, survey: &Survey) {
        self.running = !survey.kernel.rules.is_empty();
        self.drift = self.state.map(|state| survey.state != Some(state));
        self.changed_chains = survey
            .suspects
            .iter()
            .map(|(id, chain)| format!("{} {chain}", pvefw_core::host::verify::name(*id)))
            .collect();
    }

    fn words(&self) -> String {
        let enabled = if self.enabled { "enabled" } else { "disabled" };
        let running = if self.running { "running" } else { "stopped" };
        let pending = if self.pending_changes == Some(true) { " (pending changes)" } else { "" };
        let mut lines = vec![format!("Status: {enabled}/{running}{pending}")];
        if let Some(daemon) = &self.daemon {
            lines.push(format!(
                "daemon: process {}, since {}: {}",
                daemon.process,
                when(daemon.since),
                daemon.words()
            ));
            let report = &daemon.report;
            lines.extend(report.findings.iter().chain(&report.warnings).map(|line| format!("  {line}")));
            if daemon.stuck {
                lines.push("  the files of the configuration do not answer".to_owned());
            }
        }
        if let (Some(state), Some(since), Some(digest)) = (self.state, self.since, &self.digest) {
            let digest = digest.get(..12).unwrap_or(digest);
            lines.push(format!("loaded: state {state}, since {}, digest {digest}", when(since)));
        } else if self.running {
            lines.push("loaded: rules that pvefw has not loaded, maybe pve-firewall's".to_owned());
        }
        lines.extend(
            self.changes.as_ref().map(|changes| format!("pending: {changes}; `pvefw plan` shows them")),
        );
        if self.drift == Some(true) {
            lines.push(
                "drift: somebody else has changed what was loaded; `pvefw apply` repairs it".to_owned(),
            );
            lines.extend(self.changed_chains.iter().map(|chain| format!("  {chain}")));
        }
        if self.errors && self.daemon.is_none() {
            lines.push("configuration: it has errors, and `pvefw apply` would refuse it".to_owned());
        }
        if let Some(Waits { state, until }) = &self.waits {
            let name =
                state.map_or_else(|| "the removal of all rules".to_owned(), |id| format!("state {id}"));
            lines.push(format!(
                "waits: {name} is taken back at {} unless `pvefw confirm` comes",
                when(*until)
            ));
        }
        if self.interrupted {
            lines.push(
                "interrupted: an apply did not end; `pvefw apply` completes it, `pvefw rollback` undoes it"
                    .to_owned(),
            );
        }
        lines.extend(self.busy.as_ref().map(|who| format!("at work: {who}")));
        if let Some(Wrong { time, message }) = &self.last_error {
            lines.push(format!("last error: {}: {message}", when(*time)));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}
