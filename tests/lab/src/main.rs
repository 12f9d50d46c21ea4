//! Runs the lab: see `cargo xtask lab --help`.
//!
//! A process with several threads can't enter a namespace, so the work is shared among processes with one: this program
//! starts itself for each processor.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use pvefw_lab::args::Args;
use pvefw_lab::session::{self, Report};
use pvefw_tests::shares;

/// How many cases a line of progress is about.
const PROGRESS: u64 = 10;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = Args::parse(words.iter().cloned()).and_then(|args| match args.share {
        Some(_) => child(&args).map(|()| true),
        None => parent(&args, &words),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            tell(&format!("lab: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// Progress and complaints; a reader that has gone is no failure.
fn tell(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Runs one share, and prints what came of it for the parent.
fn child(args: &Args) -> Result<(), String> {
    let mut cases = 0;
    let report = session::run(args, &mut |words| {
        cases += 1;
        if cases % PROGRESS == 0 {
            tell(&format!("  {words}"));
        }
    })?;
    let text = serde_json::to_string(&report).map_err(|error| error.to_string())?;
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

/// Starts the shares and sums up. Whether all agree.
fn parent(args: &Args, words: &[String]) -> Result<bool, String> {
    let begun = Instant::now();
    let children = shares::start(words, args.jobs as u64)?;
    let mut report = Report::default();
    let mut failed = 0;
    for mut child in children {
        let mut text = String::new();
        if let Some(stdout) = &mut child.stdout {
            stdout.read_to_string(&mut text).map_err(|error| format!("can't read: {error}"))?;
        }
        let status = child.wait().map_err(|error| format!("can't wait: {error}"))?;
        match serde_json::from_str(&text) {
            Ok(share) if status.success() => report.add(share),
            _ => failed += 1,
        }
    }
    if failed > 0 {
        return Err(format!("{failed} of {} shares could not run", args.jobs));
    }
    summary(&report, begun)?;
    let complete = args.conformance.is_some() || args.root.is_some() || report.coverage.missing().is_empty();
    let few = args.cases < 100;
    Ok(report.different.is_empty() && report.broken.is_empty() && report.packets > 0 && (complete || few))
}

fn summary(report: &Report, begun: Instant) -> Result<(), String> {
    let mut lines = vec![report.coverage.table()];
    let missing = report.coverage.missing();
    if !missing.is_empty() {
        lines.push(format!("never met: {}", missing.join(", ")));
    }
    lines.extend(report.broken.iter().map(|words| format!("COULD NOT RUN {words}")));
    lines.extend(report.different.iter().map(|words| format!("DISAGREE {words}")));
    lines.push(format!(
        "{} datacenters, {} packets, {} verdicts equal, {} different, {} different only once, {} packets not sent, \
         {:.0} s\n",
        report.cases,
        report.packets,
        report.equal,
        report.different.len(),
        report.unsteady,
        report.unsent,
        begun.elapsed().as_secs_f32()
    ));
    std::io::stdout().write_all(lines.join("\n").as_bytes()).map_err(|error| error.to_string())
}
