//! `cargo xtask bench python`: what the way through Python costs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::build::{Profile, build};
use crate::outcome::{Failure, Outcome};
use crate::python::{self, Venv};
use crate::{sh, workspace};

/// Guests of the datacenter that is measured.
const GUESTS: &str = "1000";

/// How often both are started, in turn: so that whatever else the machine does is alike for both.
const TURNS: usize = 5;

/// The most that Python may take of the time of the engine alone.
const MOST: f64 = 1.3;

/// Loading, checking and compiling a large datacenter from Python, and the same natively.
pub(crate) fn bench() -> Outcome {
    let wheel = build(Profile::Release)?.wheel.display().to_string();
    let words = ["build", "--release", "-p", "pvefw-tests", "--example", "generate", "--example", "engine"];
    sh::run(&mut workspace::cargo_build(&words)?)?;
    let examples = workspace::target()?.join("release/examples");
    let root = workspace::target()?.join("bench-datacenter");
    let _ = fs::remove_dir_all(&root);
    sh::run(Command::new(examples.join("generate")).arg(&root).arg(GUESTS))?;
    let venv = Venv::kept("bench", &python::interpreter()?)?;
    venv.install(&["--force-reinstall", &wheel])?;
    let native = examples.join("engine");
    let script = workspace::top()?.join("python/bench.py");
    let mut best = [Times::NEVER; 2];
    for _ in 0..TURNS {
        let mut python = Command::new(venv.program("python"));
        python.arg("-I").arg(&script);
        for (best, mut command) in best.iter_mut().zip([Command::new(&native), python]) {
            *best = best.min(Times::of(command.arg(&root))?);
        }
    }
    report(&root, best)
}

/// Prints both, and whether it is as it should be.
fn report(root: &Path, [native, python]: [Times; 2]) -> Outcome {
    eprintln!("\n{GUESTS} guests in {}, the best of {TURNS}:\n", root.display());
    eprintln!("    {:<10} {:>9} {:>9} {:>6}", "", "native", "Python", "ratio");
    let rows = [
        ("load", native.load, python.load),
        ("check", native.check, python.check),
        ("compile", native.compile, python.compile),
        ("all", native.all(), python.all()),
    ];
    for (name, native, python) in rows {
        eprintln!("    {name:<10} {native:>6.1} ms {python:>6.1} ms {:>6.2}", python / native);
    }
    if python.all() > MOST * native.all() {
        return Err(Failure::failed(format!(
            "from Python it may take {MOST} times as long as natively, at most"
        )));
    }
    Ok(())
}

/// Milliseconds.
#[derive(Clone, Copy)]
struct Times {
    load: f64,
    check: f64,
    compile: f64,
}

impl Times {
    const NEVER: Self = Self { load: f64::INFINITY, check: f64::INFINITY, compile: f64::INFINITY };

    /// What a measuring program prints: three numbers.
    fn of(command: &mut Command) -> Outcome<Self> {
        let text = sh::run_for_text(command)?;
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers.as_slice() {
            [load, check, compile] => Ok(Self { load: *load, check: *check, compile: *compile }),
            _ => Err(Failure::failed(format!("these are not three times: {text}"))),
        }
    }

    fn min(self, other: Self) -> Self {
        Self {
            load: self.load.min(other.load),
            check: self.check.min(other.check),
            compile: self.compile.min(other.compile),
        }
    }

    fn all(self) -> f64 {
        self.load + self.check + self.compile
    }
}
