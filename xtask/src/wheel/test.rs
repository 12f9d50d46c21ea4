//! Testing what was built: installed, in environments outside the tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::Built;
use crate::outcome::{Failure, Outcome};
use crate::python::{self, Interpreter, Venv};
use crate::{conformance, setup, sh, workspace};

/// What interpreters beside the first one run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// The tests of what depends on the interpreter.
    Tests,
    /// What shows in seconds that the wheel works.
    Smoke,
}

/// Tests with every interpreter that there is, in an environment of its own; the first does everything.
pub(crate) fn test(built: &Built, loads: u64, others: Others) -> Outcome {
    // Applying takes the kernel's tools. Without root its tests are skipped, which pytest lists.
    if sh::is_root() {
        setup::programs(&setup::KERNEL_TOOLS)?;
    }
    let scenarios = scenarios()?;
    let found = python::interpreters();
    let names: Vec<String> = found.iter().map(Interpreter::name).collect();
    eprintln!("interpreters on this machine: {}; the first runs all tests", names.join(", "));
    if !found.iter().any(|python| python.free_threaded) {
        eprintln!("none of them is free-threaded: nothing is tested without the lock");
    }
    for (index, python) in found.iter().enumerate() {
        eprintln!("\nPython {}", python.name());
        let venv = Venv::fresh(&python.name(), python)?;
        if index > 0 && others == Others::Smoke {
            venv.install(&[&built.for_python(python)?.display().to_string()])?;
            smoke(&venv)?;
            continue;
        }
        run(built, python, &venv, index == 0, &scenarios, loads)?;
        if index == 0 {
            from_source(built, python, &venv)?;
        }
    }
    Ok(())
}

/// Shows that an installed wheel works.
fn smoke(venv: &Venv) -> Outcome {
    let top = workspace::top()?;
    let mut python = Command::new(venv.program("python"));
    python.arg("-I").arg(top.join("python/tests/smoke.py")).arg(top.join("examples/datacenter"));
    // Not the tree: what is imported must be what was installed.
    sh::run(python.current_dir(venv.folder()))
}

fn run(
    built: &Built,
    python: &Interpreter,
    venv: &Venv,
    everything: bool,
    scenarios: &Path,
    loads: u64,
) -> Outcome {
    let tests = workspace::top()?.join("python/tests");
    let wheel = built.for_python(python)?.display().to_string();
    let mut pytest = Command::new(venv.program("python"));
    pytest.args(["-m", "pytest", "-q", "-ra", "--durations=5"]).arg(&tests);
    if everything {
        let requirements = tests.join("requirements.txt").display().to_string();
        venv.install(&[&wheel, "-r", &requirements])?;
    } else {
        // What does not depend on the interpreter is not run again.
        venv.install(&[&wheel, "pytest", "hypothesis"])?;
        pytest.args(["-m", "not once"]);
    }
    pytest.env("PVEFW_SCENARIOS", scenarios).env("PVEFW_LOADS", loads.to_string());
    if let Some(cases) = conformance::usual()? {
        pytest.env("PVEFW_CONFORMANCE_DIR", cases);
    }
    // Not the tree: what is imported must be what was installed.
    pytest.current_dir(venv.folder());
    sh::run(&mut pytest)
}

/// The source distribution: builds elsewhere, and what comes of it works.
fn from_source(built: &Built, python: &Interpreter, tools: &Venv) -> Outcome {
    eprintln!("\nThe source distribution");
    let venv = Venv::fresh("source", python)?;
    let wheel = built.rebuilt(tools, &venv.folder().join("wheels"))?;
    venv.install(&[&wheel.display().to_string()])?;
    smoke(&venv)
}

/// The scenarios of tests/suite with the engine's answers, for the tests of the bindings.
fn scenarios() -> Outcome<PathBuf> {
    let words = ["run", "--quiet", "-p", "pvefw-tests", "--example", "scenarios"];
    let (status, text) = sh::status_and_stdout(&mut workspace::cargo_build(&words)?)?;
    let path = workspace::target()?.join("scenarios.jsonl");
    if !status.success() {
        return Err(Failure::failed("the scenarios can't be exported"));
    }
    fs::write(&path, text)
        .map_err(|error| Failure::failed(format!("can't write `{}`: {error}", path.display())))?;
    Ok(path)
}
