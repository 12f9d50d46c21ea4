//! Building wheels and the source distribution.

use std::fs;
use std::path::{Path, PathBuf};

use super::files;
use crate::outcome::{Failure, Outcome};
use crate::python::{self, Interpreter, Venv};
use crate::{sh, workspace};

/// What builds.
const MATURIN: &str = "maturin>=1.16,<1.17";

/// The same with a linker for older systems.
const MATURIN_AND_ZIG: &str = "maturin[zig]>=1.16,<1.17";

/// The oldest systems that an optimised wheel is for: those with glibc 2.28, as Debian 10 and RHEL 8. The machine's own
/// linker would take the symbols of its own glibc.
const OLDEST: &str = "manylinux_2_28";

/// How to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Optimised.
    Release,
    /// Not.
    Dev,
}

/// What was built.
pub(crate) struct Built {
    /// For every interpreter with a lock.
    pub(crate) wheel: PathBuf,
    /// The source distribution.
    pub(crate) source: PathBuf,
    profile: Profile,
}

/// Builds both.
pub(crate) fn build(profile: Profile) -> Outcome<Built> {
    let python = python::interpreter()?;
    let wheels = workspace::target()?.join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    let wheel = wheel(profile, &python, &wheels)?;
    sh::run(workspace::at_top(tools(profile)?.program("maturin"), &["sdist", "--out"])?.arg(&wheels))?;
    let source = files(&wheels, "gz")?
        .pop()
        .ok_or_else(|| Failure::failed("maturin has left no source distribution"))?;
    eprintln!("{}\n{}", wheel.display(), source.display());
    Ok(Built { wheel, source, profile })
}

impl Built {
    /// The wheel for an interpreter. A free-threaded one can't use that of the others.
    pub(crate) fn for_python(&self, python: &Interpreter) -> Outcome<PathBuf> {
        if !python.free_threaded {
            return Ok(self.wheel.clone());
        }
        wheel(self.profile, python, &workspace::target()?.join("wheels").join(python.name()))
    }

    /// A wheel made of the source distribution, as `pip install` does where there is none for a machine.
    pub(crate) fn rebuilt(&self, venv: &Venv, out: &Path) -> Outcome<PathBuf> {
        let mut pip = venv.pip(&["wheel", "--no-deps", "--wheel-dir"]);
        pip.arg(out).arg(&self.source);
        // What cargo has fetched and built of others is used again; the package itself is built from what pip unpacks.
        pip.env("CARGO_TARGET_DIR", folder()?);
        if self.profile == Profile::Dev {
            pip.env("MATURIN_PEP517_ARGS", "--profile=dev");
        }
        sh::run(&mut pip)?;
        files(out, "whl")?.pop().ok_or_else(|| Failure::failed("pip has left no wheel"))
    }
}

/// A wheel for an interpreter and those like it.
fn wheel(profile: Profile, python: &Interpreter, out: &Path) -> Outcome<PathBuf> {
    let tools = tools(profile)?;
    let mut build = workspace::at_top(tools.program("maturin"), &["build", "--locked", "--out"])?;
    build.arg(out).arg("--interpreter").arg(&python.path).arg("--target-dir").arg(folder()?);
    if profile == Profile::Release {
        build.args(["--release", "--zig", "--compatibility", OLDEST]);
        // Where it looks for `ziglang`.
        build.env("CARGO_ZIGBUILD_PYTHON_PATH", tools.program("python"));
    }
    sh::run(&mut build)?;
    files(out, "whl")?.pop().ok_or_else(|| Failure::failed("maturin has left no wheel"))
}

/// The environment of what builds.
fn tools(profile: Profile) -> Outcome<Venv> {
    let tools = Venv::kept("build", &python::interpreter()?)?;
    tools.install(&[if profile == Profile::Release { MATURIN_AND_ZIG } else { MATURIN }])?;
    Ok(tools)
}

/// Where it builds: cargo and maturin would make each other build pyo3 again.
fn folder() -> Outcome<PathBuf> {
    Ok(workspace::target()?.join("maturin"))
}
