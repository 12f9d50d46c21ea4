//! `cargo xtask fuzz`: the fuzz targets, by hand for hours or as a share of the tests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::steps::Ran;
use crate::{Task, args, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "fuzz",
    usage: "[--seconds N] [TARGET] [-- LIBFUZZER-FLAGS]",
    about: "feed random bytes to the code that reads files",
    help: "Runs one fuzz target (all of tests/fuzz/fuzz_targets one after the other if none is named) for\n\
           N seconds each (600 if not said). Needs a nightly tool chain; installs cargo-fuzz.\n\
           New inputs are kept in target/fuzz/corpus and used the next time. An input that makes a\n\
           target fail lands in tests/fuzz/artifacts; add it to tests/fuzz/seeds with the fix.",
    run,
    passes_on: false,
};

const DIR: &str = "tests/fuzz";

fn run(words: &[String]) -> Outcome {
    let (mut seconds, mut chosen) = (600, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => seconds = args::number(word, words.next())?,
            "--" => break,
            other if other.starts_with('-') => return Err(args::unknown(other, &["--seconds"])),
            name => chosen = Some(name),
        }
    }
    let flags: Vec<&str> = words.map(String::as_str).collect();
    let mut targets = targets()?;
    if let Some(name) = chosen {
        let known: Vec<&str> = targets.iter().map(String::as_str).collect();
        if !known.contains(&name) {
            let near = args::did_you_mean(name, &known);
            return Err(Failure::usage(format!(
                "no fuzz target `{name}`{near}; there is {}",
                known.join(", ")
            )));
        }
        targets = vec![name.to_owned()];
    }
    let nightly = toolchain()?;
    install()?;
    targets.iter().try_for_each(|target| fuzz(&nightly, target, seconds, &flags))
}

/// The target that goes all the way from text to rules. What it would find is loaded into kernels.
const FIRST: &str = "parse_to_emit";

/// The first target for some seconds and the others for a third of that, as a step of the tests.
pub(crate) fn share(seconds: u64) -> Outcome<Ran> {
    let nightly = match toolchain() {
        Ok(nightly) => nightly,
        Err(failure) => return Ok(Ran::LeftOut(failure.message)),
    };
    for target in targets()? {
        let seconds = if target == FIRST { seconds } else { seconds.div_ceil(3) };
        // A finding is still told in full, the hundreds of lines on the way to it are not.
        fuzz(&nightly, &target, seconds, &["-verbosity=0"])?;
    }
    Ok(Ran::Done)
}

/// The nightly tool chain, or why there is no fuzzing.
pub(crate) fn toolchain() -> Outcome<String> {
    let why = "no fuzzing without a nightly tool chain (`rustup toolchain install nightly`)";
    setup::nightly().ok_or_else(|| Failure::usage(why))
}

/// Makes sure that cargo-fuzz and what it needs are there.
pub(crate) fn install() -> Outcome {
    setup::programs(&setup::CXX)?;
    setup::cargo_tool("cargo-fuzz")
}

/// The names of all targets, in order.
fn targets() -> Outcome<Vec<String>> {
    let folder = workspace::top()?.join(DIR).join("fuzz_targets");
    let unreadable = |error| Failure::failed(format!("cannot read `{}`: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path: PathBuf = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Builds a target and runs it until the time is over or it fails.
fn fuzz(nightly: &str, target: &str, seconds: u64, flags: &[&str]) -> Outcome {
    let build = workspace::target()?.join("fuzz");
    let corpus = build.join("corpus").join(target);
    fs::create_dir_all(&corpus)
        .map_err(|error| Failure::failed(format!("cannot make `{}`: {error}", corpus.display())))?;
    // `+…` is understood by rustup's cargo, not by the one that runs us.
    let mut command: Command = workspace::at_top("cargo", &[&format!("+{nightly}"), "fuzz", "run"])?;
    // Core forbids unsafe code: without the address sanitizer the same time tries more inputs. Overflow checks and
    // debug assertions stay on.
    command.args(["--fuzz-dir", DIR, "--sanitizer", "none", "--target-dir"]).arg(&build);
    // libFuzzer writes into the first folder and only reads the second.
    command.arg(target).arg(&corpus).arg(format!("{DIR}/seeds")).arg("--");
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-dict={DIR}/fw.dict"));
    // One input may take 10 s and 1 GB at most, both far above what any small input needs.
    command.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]).args(flags);
    sh::run(&mut command)
}
