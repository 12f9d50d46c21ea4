//! `pvefw start` and `restart`: the daemon, by systemd where it runs.

use core::time::Duration;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::demand_right;
use crate::args::DaemonArgs;
use crate::daemon::client::{self, Tally};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output, words};

/// The service.
pub(super) const UNIT: &str = "pvefw.service";

/// Where a daemon in the background says what it has to say, in the folder where it can be met.
const SAID: &str = "daemon.log";

/// How long a daemon may take until it has done its first run.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(20);

/// Runs `start`.
pub(crate) fn run(args: &DaemonArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    if let Some(there) = client::status(&args.run.run) {
        output.data(&[&format!("the daemon is running: process {}\n", there.process)])?;
        return Ok(Exit::Fine);
    }
    if by_systemd(args) {
        return systemctl("start");
    }
    let mut child = spawn(args)?;
    let there = until(|| match child.try_wait() {
        Ok(Some(_)) => Err(()),
        Ok(None) | Err(_) => Ok(client::status(&args.run.run).filter(|tally| tally.runs > 0)),
    });
    match there {
        Some(tally) => {
            output.data(&[&format!("started: process {}\n", tally.process)])?;
            Ok(Exit::Fine)
        }
        None => Err(Stop::failed("the daemon did not come up")
            .help(format!("what it says is in `{}`", args.run.run.join(SAID).display()))),
    }
}

/// Runs `restart`.
pub(crate) fn restart(args: &DaemonArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    let Some(before) = client::status(&args.run.run) else { return run(args, output) };
    if by_systemd(args) {
        return systemctl("reload-or-restart");
    }
    if !client::tell(&args.run.run, "reload") {
        return Err(Stop::failed(format!("the daemon, process {}, does not answer", before.process))
            .help("look what it does: `pvefw status`"));
    }
    // It keeps its number. What it has counted starts again.
    let anew = until(|| {
        Ok(client::status(&args.run.run).filter(|tally| tally.runs > 0 && is_younger(tally, &before)))
    });
    match anew {
        Some(tally) => {
            output.data(&[&format!("started anew: process {}\n", tally.process)])?;
            Ok(Exit::Fine)
        }
        None => Err(Stop::failed("the daemon did not come back").help("to see why: `pvefw daemon`")),
    }
}

/// Ends a daemon, which removes its rules; whether there was one.
pub(super) fn end(run: &Path, output: &Output) -> Result<bool, Stop> {
    let Some(there) = client::status(run) else { return Ok(false) };
    if run == Path::new(crate::daemon::RUN) && is_active() {
        systemctl("stop")?;
    } else if !client::tell(run, "stop") {
        return Err(Stop::failed(format!("the daemon, process {}, does not answer", there.process))
            .help(format!("end it by force with `kill -9 {}`, and try again", there.process)));
    }
    let gone = until(|| Ok(client::status(run).is_none().then_some(())));
    if gone.is_none() {
        output.notice(Kind::Warning, format!("the daemon, process {}, is still ending", there.process));
    }
    Ok(true)
}

fn is_younger(tally: &Tally, before: &Tally) -> bool {
    tally.instance != before.instance
}

/// Whether the daemon is systemd's: it runs, has the unit, and nothing was said that the unit does not know of.
fn by_systemd(args: &DaemonArgs) -> bool {
    let usual = args.root.is_none() && args.run.run == Path::new(crate::daemon::RUN);
    usual && Path::new("/run/systemd/system").exists() && ask(&["cat", UNIT])
}

fn is_active() -> bool {
    Path::new("/run/systemd/system").exists() && ask(&["is-active", "--quiet", UNIT])
}

fn ask(words: &[&str]) -> bool {
    let mut command = Command::new("systemctl");
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn systemctl(what: &str) -> Result<Exit, Stop> {
    let status = Command::new("systemctl").args([what, UNIT]).stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(Exit::Fine),
        Ok(_) => Ok(Exit::Findings),
        Err(error) => Err(Stop::failed(format!("can't start `systemctl`: {}", words(&error)))),
    }
}

/// Starts the daemon with the words that we were given, in a session of its own. What it says goes into a file.
fn spawn(args: &DaemonArgs) -> Result<Child, Stop> {
    let failed = |error: std::io::Error| Stop::failed(format!("can't start the daemon: {}", words(&error)));
    let own = std::env::current_exe().map_err(failed)?;
    let folder = &args.run.run;
    std::fs::create_dir_all(folder).map_err(failed)?;
    let said = File::options().append(true).create(true).open(folder.join(SAID)).map_err(failed)?;
    let mut command = Command::new(own);
    command.args(["daemon", "--background"]).args(&args.root);
    if args.allow_errors {
        command.arg("--allow-errors");
    }
    if let Some(metrics) = &args.metrics {
        command.arg("--metrics").arg(metrics);
    }
    if let Some(node) = &args.node.node {
        command.arg("--node").arg(node);
    }
    if let Some(facts) = &args.node.facts {
        command.arg("--facts").arg(facts);
    }
    command.arg("--run").arg(&args.run.run).arg("--state").arg(&args.state.state);
    if let Some(variant) = args.state.variant {
        command.arg("--variant").arg(variant.name());
    }
    if let Some(limit) = args.state.tool_limit {
        command.arg("--tool-limit").arg(limit.as_secs().to_string());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().map_err(failed)
}

/// Asks again and again; `Err` is no hope.
fn until<T>(ask: impl FnMut() -> Result<Option<T>, ()>) -> Option<T> {
    let mut ask = ask;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match ask() {
            Ok(Some(answer)) => return Some(answer),
            Ok(None) => thread::sleep(PAUSE),
            Err(()) => return None,
        }
    }
    None
}
