//! Injects faults into `pvefw` while it changes a node: see `cargo xtask faults --help`.
//!
//! A process with several threads can't enter a namespace, so the work is shared among processes with one: this program
//! starts itself for each processor. Under the name of a tool it is that tool (`wrapper.rs`).

extern crate alloc;

mod case;
mod fault;
mod roots;
mod soak;
mod wrapper;

use alloc::collections::BTreeMap;
use core::cell::Cell;
use core::fmt::Write as _;
use core::time::Duration;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fs, process};

use nix::sched::{CloneFlags, unshare};
use pvefw_core::host::Variant;
use pvefw_tests::shares;

use case::{Bench, Found, Outcome};

const USAGE: &str =
    "usage: pvefw-faults --pvefw PROGRAM --example DIR [--count N] [--seed N] [--jobs N] [--soak SECONDS]";

/// What to do.
#[derive(Clone, Debug)]
struct Args {
    pvefw: PathBuf,
    example: PathBuf,
    count: u64,
    seed: u64,
    jobs: u64,
    share: Option<u64>,
    /// Seconds to torment a daemon instead.
    soak: Option<u64>,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let jobs = std::thread::available_parallelism().map_or(1, |jobs| jobs.get() as u64);
        let mut args = Self {
            pvefw: PathBuf::new(),
            example: PathBuf::new(),
            count: 100,
            seed: 1,
            jobs,
            share: None,
            soak: None,
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("`{word}` wants something after it\n{USAGE}"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("`{value}` is no number\n{USAGE}"));
            match word.as_str() {
                "--pvefw" => args.pvefw = PathBuf::from(&value),
                "--example" => args.example = PathBuf::from(&value),
                "--count" => args.count = number()?,
                "--seed" => args.seed = number()?,
                "--jobs" => args.jobs = number()?.max(1),
                "--soak" => args.soak = Some(number()?),
                "--share" => args.share = Some(number()?),
                _ => return Err(format!("unknown argument `{word}`\n{USAGE}")),
            }
        }
        if args.pvefw.as_os_str().is_empty() || args.example.as_os_str().is_empty() {
            return Err(USAGE.to_owned());
        }
        Ok(args)
    }
}

fn main() -> ExitCode {
    let mut words = env::args();
    let own = PathBuf::from(words.next().unwrap_or_default());
    let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if wrapper::names().contains(&name) {
        return wrapper::run(&own);
    }
    let all: Vec<String> = words.collect();
    let outcome = Args::parse(all.iter().cloned()).and_then(|args| match (args.share, args.soak) {
        (Some(share), _) => child(&args, share).map(|()| true),
        (None, Some(seconds)) => soak(&args, seconds),
        (None, None) => parent(&args, &all),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "faults: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Torments a daemon, with either variant of iptables half of the time.
fn soak(args: &Args, seconds: u64) -> Result<bool, String> {
    own_mounts()?;
    let folder = Folder::new(&env::temp_dir().join(format!("pvefw-soak-{}", process::id())))?;
    for (variant, seed) in Variant::BOTH.into_iter().zip(args.seed..) {
        let bench = soak::Bench {
            pvefw: absolute(&args.pvefw)?,
            example: absolute(&args.example)?,
            folder: folder.0.join(variant.name()),
            variant,
        };
        let text = bench.run(seed, Duration::from_secs(seconds / 2))?;
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(true)
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What is mounted here is seen here alone, and gone with us.
fn own_mounts() -> Result<(), String> {
    unshare(CloneFlags::CLONE_NEWNS)
        .map_err(|error| format!("can't make a mount namespace: {error}; run it as root"))?;
    let private = Command::new("mount").args(["--make-rprivate", "/"]).status();
    if private.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err("can't keep mounts to ourselves".into())
    }
}

/// Runs one share; a line of JSON for each case.
fn child(args: &Args, share: u64) -> Result<(), String> {
    own_mounts()?;
    let folder = Folder::new(&env::temp_dir().join(format!("pvefw-faults-{}", process::id())))?;
    let pvefw = absolute(&args.pvefw)?;
    let example = absolute(&args.example)?;
    let roots = roots::make(&folder.0, &example, &pvefw)?;
    let large = roots::large(&folder.0, &example, &pvefw)?;
    let usual = Cell::new(Duration::from_millis(200));
    let bench = Bench { pvefw, folder: folder.0.clone(), roots, large, usual };
    let mut out = std::io::stdout();
    let mut left = (0..args.count).filter(|number| number % args.jobs == share).count();
    // A fault that comes too late is tried again with the next number; but not for ever.
    let most = left.saturating_mul(4).saturating_add(20);
    for number in (0..).filter(|number| number % args.jobs == share).take(most) {
        if left == 0 {
            break;
        }
        let seed = args.seed.wrapping_add(number);
        // Of the seed alone, so that a case can be run again.
        let variant = if seed / 2 % 2 == 0 { Variant::Nft } else { Variant::Legacy };
        let outcome = bench.run(seed, variant).map_err(|why| format!("seed {seed}: {why}"))?;
        left -= usize::from(outcome.met);
        let line = serde_json::to_string(&(seed, outcome)).map_err(|error| error.to_string())?;
        writeln!(out, "{line}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A folder that goes with us.
struct Folder(PathBuf);

impl Folder {
    fn new(path: &Path) -> Result<Self, String> {
        fs::create_dir_all(path).map_err(|error| format!("can't make `{}`: {error}", path.display()))?;
        Ok(Self(path.to_path_buf()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Starts the shares and sums up. Whether all went well.
fn parent(args: &Args, words: &[String]) -> Result<bool, String> {
    let begun = Instant::now();
    let children = shares::start(words, args.jobs)?;
    let mut outcomes: Vec<(u64, Outcome)> = Vec::new();
    let mut broken = 0;
    for child in children {
        let output = child.wait_with_output().map_err(|error| format!("can't wait: {error}"))?;
        broken += u64::from(!output.status.success());
        let text = String::from_utf8_lossy(&output.stdout);
        outcomes.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    let late = outcomes.iter().filter(|(_, outcome)| !outcome.met).count();
    let (met, rest): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|(_, outcome)| outcome.met || outcome.wrong.is_some());
    drop(rest);
    let outcomes = met;
    let text = summary(&outcomes, late, begun);
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    if broken > 0 {
        return Err(format!("{broken} of {} shares could not run to their end", args.jobs));
    }
    Ok(outcomes.len() as u64 >= args.count && outcomes.iter().all(|(_, outcome)| outcome.wrong.is_none()))
}

fn summary(outcomes: &[(u64, Outcome)], late: usize, begun: Instant) -> String {
    let mut table: BTreeMap<&str, BTreeMap<Found, u64>> = BTreeMap::new();
    for (_, outcome) in outcomes {
        *table.entry(&outcome.kind).or_default().entry(outcome.found).or_default() += 1;
    }
    // Writing to a string can't fail.
    let mut text = format!("{:<30}{:>8}{:>8}{:>9}{:>8}\n", "fault", "old", "new", "between", "other");
    for (kind, found) in &table {
        let of = |what| found.get(&what).copied().unwrap_or_default();
        let (old, new, between, other) =
            (of(Found::Old), of(Found::New), of(Found::Between), of(Found::Other));
        let _ = writeln!(text, "{kind:<30}{old:>8}{new:>8}{between:>9}{other:>8}");
    }
    let wrong: Vec<_> =
        outcomes.iter().filter_map(|(seed, outcome)| Some((seed, outcome.wrong.as_ref()?))).collect();
    for (seed, what) in &wrong {
        let _ = writeln!(text, "WRONG seed {seed}: {what}");
    }
    text.push_str(
        "old, new: all of that state; between: whole tables of both after a SIGKILL, completed or undone by the next run;\n\
         other: what a second writer made of it, repaired by the next run\n",
    );
    let _ = writeln!(
        text,
        "{} faults, {} wrong; {late} more came too late to meet anything; {:.0} s",
        outcomes.len(),
        wrong.len(),
        begun.elapsed().as_secs_f32()
    );
    text
}
