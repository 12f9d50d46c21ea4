//! `cargo xtask wheel`: the Python package, built and tested.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::python::{self, Venv};
use crate::steps::{Ran, done};
use crate::{Task, args, conformance, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "wheel",
    usage: "[--dev] [--test]",
    about: "build the Python package",
    help: "Builds a wheel and a source distribution into target/wheels, by maturin from PyPI in a virtual environment\n\
           below target/. One wheel serves every CPython from 3.10.\n\n\
           --dev    without optimisation: quick to build, slow to run\n\
           --test   then install the wheel into fresh environments and run the tests of python/tests against it",
    run,
    passes_on: false,
};

fn run(words: &[String]) -> Outcome {
    let (mut profile, mut tested) = (Profile::Release, false);
    for word in words {
        match word.as_str() {
            "--dev" => profile = Profile::Dev,
            "--test" => tested = true,
            _ => return Err(args::unknown(word, &["--dev", "--test"])),
        }
    }
    let wheel = build(profile)?;
    if tested { test(&wheel) } else { Ok(()) }
}

/// The part of `cargo xtask test`: a wheel that is quick to build, and its tests.
pub(crate) fn share() -> Outcome<Ran> {
    done(build(Profile::Dev).and_then(|wheel| test(&wheel)))
}

/// How to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Optimised.
    Release,
    /// Not.
    Dev,
}

/// Builds both and returns the wheel.
pub(crate) fn build(profile: Profile) -> Outcome<PathBuf> {
    let python = python::interpreter()?;
    let tools = Venv::kept("build", &python)?;
    tools.install(&["maturin>=1.16,<1.17"])?;
    let wheels = workspace::target()?.join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    let mut build = workspace::at_top(tools.program("maturin"), &["build", "--locked", "--out"])?;
    build.arg(&wheels).arg("--interpreter").arg(&python);
    // Its own folder: cargo and maturin would make each other build pyo3 again.
    build.arg("--target-dir").arg(workspace::target()?.join("maturin"));
    if profile == Profile::Release {
        build.arg("--release");
    }
    sh::run(&mut build)?;
    sh::run(workspace::at_top(tools.program("maturin"), &["sdist", "--out"])?.arg(&wheels))?;
    for file in files(&wheels, "whl")?.iter().chain(&files(&wheels, "gz")?) {
        eprintln!("{}", file.display());
    }
    files(&wheels, "whl")?.pop().ok_or_else(|| Failure::failed("maturin has left no wheel"))
}

/// Tests a wheel: in an environment of its own for each interpreter there is, the first with everything.
pub(crate) fn test(wheel: &Path) -> Outcome {
    let wheel = wheel.display().to_string();
    let tests = workspace::top()?.join("python/tests");
    let scenarios = scenarios()?;
    let requirements = tests.join("requirements.txt").display().to_string();
    for (index, python) in python::interpreters().iter().enumerate() {
        let (major, minor) = python::version(python).unwrap_or_default();
        let name = format!("test-{major}.{minor}");
        eprintln!("Python {major}.{minor}");
        let venv = Venv::fresh(&name, python)?;
        let mut pytest = Command::new(venv.program("python"));
        pytest.args(["-m", "pytest", "-q"]).arg(&tests);
        if index == 0 {
            venv.install(&[&wheel, "-r", &requirements])?;
        } else {
            // What does not depend on the interpreter is not run again.
            venv.install(&[&wheel, "pytest", "hypothesis"])?;
            pytest.args(["-m", "not once"]);
        }
        pytest.env("PVEFW_SCENARIOS", &scenarios);
        if let Some(cases) = conformance::usual()? {
            pytest.env("PVEFW_CONFORMANCE_DIR", cases);
        }
        // Not the tree: what is imported must be what was installed.
        pytest.current_dir(workspace::target()?);
        sh::run(&mut pytest)?;
    }
    Ok(())
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

fn files(folder: &Path, extension: &str) -> Outcome<Vec<PathBuf>> {
    let listed = fs::read_dir(folder)
        .map_err(|error| Failure::failed(format!("can't read `{}`: {error}", folder.display())))?;
    let mut found: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.extension() == Some(OsStr::new(extension)));
    found.sort();
    Ok(found)
}
