//! `cargo xtask wheel`: the Python package, built, tested and documented.

mod bench;
mod build;
mod test;

use std::fs;
use std::path::Path;

pub(crate) use bench::bench;

use crate::outcome::{Failure, Outcome};
use crate::python::{self, Venv};
use crate::steps::{Ran, done};
use crate::{Task, args, sh, workspace};
use build::{Built, Profile, build};
use test::Others;

/// As many loads show a leak without taking minutes.
const FEW_LOADS: u64 = 10_000;

/// As many must not need more memory than a few.
const MANY_LOADS: u64 = 100_000;

/// The command.
pub(crate) const TASK: Task = Task {
    name: "wheel",
    usage: "[--dev] [--test] [--loads] [--docs]",
    about: "build the Python package",
    help: "Builds a wheel and a source distribution into target/wheels, by maturin from PyPI in a virtual environment\n\
           below target/. One wheel serves every CPython from 3.10; a free-threaded one gets its own. It is for systems\n\
           with glibc 2.28 or newer, by the linker of zig from PyPI.\n\n\
           --dev     without optimisation: quick to build, slow to run; for systems with this machine's glibc or newer\n\
           --test    then install the wheel into fresh environments outside the tree, for every interpreter of this\n\
           \u{20}         machine (PATH, pyenv, uv), and run the tests of python/tests against it\n\
           --loads   as --test, and 100,000 loads must not need more memory than a few\n\
           --docs    then make pages of the docstrings, in target/python-docs",
    run,
    passes_on: false,
};

fn run(words: &[String]) -> Outcome {
    let (mut profile, mut tested, mut loads, mut documented) = (Profile::Release, false, FEW_LOADS, false);
    for word in words {
        match word.as_str() {
            "--dev" => profile = Profile::Dev,
            "--test" => tested = true,
            "--loads" => (tested, loads) = (true, MANY_LOADS),
            "--docs" => documented = true,
            _ => return Err(args::unknown(word, &["--dev", "--test", "--loads", "--docs"])),
        }
    }
    let built = build(profile)?;
    if tested {
        test::test(&built, loads, Others::Tests)?;
    }
    if documented { docs(&built) } else { Ok(()) }
}

/// The part of `cargo xtask test`: a wheel that is quick to build, all tests with one interpreter, and a few
/// seconds with every other.
pub(crate) fn share() -> Outcome<Ran> {
    done(build(Profile::Dev).and_then(|built| test::test(&built, FEW_LOADS, Others::Smoke)))
}

/// The reference of every class, as pages.
fn docs(built: &Built) -> Outcome {
    let venv = Venv::kept("docs", &python::interpreter()?)?;
    venv.install(&["--force-reinstall", "--no-deps", &built.wheel.display().to_string()])?;
    venv.install(&["pdoc>=15"])?;
    let pages = workspace::target()?.join("python-docs");
    let _ = fs::remove_dir_all(&pages);
    let mut pdoc = workspace::at_top(venv.program("pdoc"), &["pvefw", "-o"])?;
    sh::run(pdoc.arg(&pages))?;
    eprintln!("{}", pages.join("pvefw.html").display());
    Ok(())
}

/// The files of a folder with an extension, by name.
fn files(folder: &Path, extension: &str) -> Outcome<Vec<std::path::PathBuf>> {
    let listed = fs::read_dir(folder)
        .map_err(|error| Failure::failed(format!("can't read `{}`: {error}", folder.display())))?;
    let mut found: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    Ok(found)
}
