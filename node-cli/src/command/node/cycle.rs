//! One run of the daemon, in a process of its own: says on stdout what came of it, and nothing anywhere else.

use core::mem;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use pvefw_core::datacenter::HostSettings;
use pvefw_core::diag::Severity;
use pvefw_core::diff::Lines;
use pvefw_core::emit;
use pvefw_core::host::apply::{Applier, Target};
use pvefw_core::host::confirm::{self, Unconfirmed};
use pvefw_core::host::daemon::{Cause, Configuration, Report, Result as Came, Wish, Work, cycle};
use pvefw_core::host::logging::logging;
use pvefw_core::host::settings::{Own, nftables_takes_over, open_the_way, track};
use pvefw_core::host::store::Store;
use pvefw_core::host::{Clock, Error, configuration, process};

use super::{PATIENCE, Session, store};
use crate::args::CycleArgs;
use crate::exit::{Exit, Stop};
use crate::output::Output;
use crate::root;
use crate::root::node::{self, Need};

/// Errors that are named; more are counted.
const MOST_NAMED: usize = 5;

/// Runs the command.
pub(crate) fn run(args: &CycleArgs, output: &Output) -> Result<Exit, Stop> {
    // Whoever ends the daemon waits for us.
    let _uninterrupted = process::Uninterrupted::begin();
    let begun = Instant::now();
    let mut report = work(args).unwrap_or_else(|stop| Report::failed(in_one_line(&stop)));
    report.milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    output.json(|out| serde_json::to_writer(out, &report))?;
    Ok(Exit::Fine)
}

fn work(args: &CycleArgs) -> Result<Report, Stop> {
    let store = store(&args.state);
    let lock = match store.lock("pvefw daemon", PATIENCE) {
        Ok(lock) => lock,
        Err(error @ Error::Busy { .. }) => {
            return Ok(Report { result: Came::Waits, message: error.in_full(), ..Report::default() });
        }
        Err(error) => return Err(super::unusable(&error)),
    };
    match args.work {
        // Not worth reading everything for.
        Work::Apply(_) if store.pending().is_some_and(|pending| pending.boot == Clock::read().boot) => {
            let message = "a state waits to be confirmed".into();
            Ok(Report { result: Came::Waits, message, ..Report::default() })
        }
        Work::Apply(cause) => {
            // The tools are asked for their versions meanwhile: it takes as long as a fifth of the rest.
            let ((wish, mut report, settings), session) = thread::scope(|scope| {
                let session = scope.spawn(|| Session::open(&args.state));
                let read = read(args, &store, cause);
                (read, session.join().unwrap_or_else(|_| Err(Stop::failed("a thread of ours ended early"))))
            });
            let session = session?.ready_for(wish.target.as_ref().unwrap_or(&Target::nothing()))?;
            let applier = Applier { host: &session.machine, store: &session.store };
            let way = open_the_way(&Own);
            let came = cycle::run(&applier, &lock, wish);
            let Report { enabled, findings, errors, mut warnings, .. } = report;
            if enabled {
                // The first rule that asks for a port of a bridge may have brought what was missing.
                let way = if way.is_empty() { way } else { open_the_way(&Own) };
                warnings.extend(way);
            }
            if let (Some(settings), Came::Loaded | Came::Unchanged) = (settings, came.result) {
                let outcome = track(&Own, &settings);
                warnings.extend(outcome.problems);
                if outcome.logger_differs {
                    reload_logger();
                }
            }
            report = Report { enabled, findings, errors, warnings, ..came };
            Ok(report)
        }
        Work::Remove => {
            let session = Session::open_for(&args.state, &Target::nothing())?;
            let applier = Applier { host: &session.machine, store: &session.store };
            Ok(cycle::remove(&applier, &lock))
        }
        Work::Confirm => {
            let session = Session::open(&args.state)?;
            let applier = Applier { host: &session.machine, store: &session.store };
            Ok(match confirm::confirm(&applier, &lock) {
                Ok(state) => Report { state, message: "confirmed".into(), ..Report::default() },
                Err(Unconfirmed::Store(error)) => Report::failed(error.in_full()),
                Err(Unconfirmed::Nothing) => Report::failed("nothing waits to be confirmed"),
                Err(Unconfirmed::Incomplete) => Report::failed("what waits was not loaded to the end"),
                Err(Unconfirmed::Restarted) => Report::failed("the machine was restarted since"),
            })
        }
    }
}

/// Reads and compiles the configuration.
fn read(args: &CycleArgs, store: &Store, cause: Cause) -> (Wish, Report, Option<HostSettings>) {
    let wish = |configuration, target| Wish { configuration, target, cause };
    let gone = |message: String| {
        let findings = vec![message];
        (wish(Configuration::Gone, None), Report { findings, ..Report::default() }, None)
    };
    let mut root = match root::read(args.root.as_deref()) {
        Ok(root) => root,
        Err(stop) => return gone(in_one_line(&stop)),
    };
    if root.files == 0 && root.nodes.is_empty() {
        // The place where a cluster file system is mounted is there without it, too. That is no firewall switched off.
        return gone(format!("there is nothing of a configuration in `{}`", root.path.display()));
    }
    let facts = node::facts(&args.node, &mut root.warnings).and_then(|mut facts| {
        node::settle(&mut facts, &mut root, Need::One)?;
        Ok(facts)
    });
    let facts = match facts {
        Ok(facts) => facts,
        Err(stop) => return gone(in_one_line(&stop)),
    };
    let (ruleset, sink) = root.datacenter.compile(&facts);
    let enabled = root.datacenter.node_network(&facts).enabled;
    let settings = root.datacenter.host_settings(&facts);
    let errors = sink.counts().errors;
    let configuration = match (errors, args.allow_errors) {
        (0, _) => Configuration::Good,
        (_, true) => Configuration::Partial,
        (_, false) => Configuration::Faulty,
    };
    let files = root.datacenter.files();
    let mut lines = Lines::new(files);
    let findings = sink
        .into_sorted()
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .take(MOST_NAMED)
        .map(|found| {
            let line = lines.of(found.span);
            format!("{}:{}: {}", lines.file(line), line.number, found.message)
        })
        .collect();
    let mut report = Report { enabled, findings, errors, warnings: root.warnings, ..Report::default() };
    if nftables_takes_over(&Own, &settings, enabled) {
        report
            .warnings
            .push("host.fw chooses the nftables backend, which is installed: it makes the rules".into());
        return (wish(Configuration::Good, Some(Target::nothing())), report, None);
    }
    let logging = logging(&ruleset, files);
    let mut target = Target::compiled(emit::restore(&ruleset), facts.node.clone(), logging);
    let known = store.record().is_some_and(|record| record.digest == target.digest);
    if !known {
        target.configuration = configuration::pack(&root.datacenter, &facts);
    }
    // This process ends soon: to give everything back piece by piece would only keep packets waiting for their rules.
    mem::forget((root.datacenter, ruleset));
    (wish(configuration, Some(target)), report, enabled.then_some(settings))
}

/// Has the logger look again whether connections are logged.
fn reload_logger() {
    if !Path::new("/run/systemd/system").exists() {
        return;
    }
    let mut command = Command::new("systemctl");
    command.args(["--no-block", "try-reload-or-restart", "pvefw-log.service", "pvefw-logger.service"]);
    // One of the two is not there, and both may not be.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

fn in_one_line(stop: &Stop) -> String {
    match stop {
        Stop::ReaderGone => String::new(),
        Stop::Failed { message, help } => {
            let help = help.iter().flat_map(|help| ["; ", help]);
            core::iter::once(message.as_str()).chain(help).collect()
        }
    }
}
