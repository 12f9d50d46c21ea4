//! Testing what was built: installed, in environments outside the tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::Built;
use crate::outcome::{Failure, Outcome};
use crate::python::{self, Interpreter, Venv};
use crate::{conformance, setup, sh, workspace};

/// Shows that a wheel works at all: an answer of the engine.
const SMOKE: &str = "import pvefw; dc = pvefw.Datacenter.from_files({'firewall/100.fw': '[RULES]\\nIN HTPS(ACCEPT)\\n'}); \
                     assert [d.code for d in dc.check().errors] == ['unknown-macro'], dc.check()";

/// Tests in an environment of its own for as many interpreters, or as there are; the first does everything.
pub(crate) fn test(built: &Built, loads: u64, interpreters: usize) -> Outcome {
    // Applying takes the kernel's tools. Without root its tests are skipped, which pytest lists.
    if sh::is_root() {
        setup::programs(&setup::KERNEL_TOOLS)?;
    }
    let scenarios = scenarios()?;
    for (index, python) in python::interpreters().iter().enumerate().take(interpreters) {
        eprintln!("\nPython {}", python.name());
        let venv = Venv::fresh(&python.name(), python)?;
        run(built, python, &venv, index == 0, &scenarios, loads)?;
        if index == 0 {
            from_source(built, python, &venv)?;
        }
    }
    Ok(())
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
    sh::run(Command::new(venv.program("python")).args(["-c", SMOKE]).current_dir(venv.folder()))?;
    sh::run(Command::new(venv.program("pvefw")).arg("--version").current_dir(venv.folder()))
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
