//! Interpreters and virtual environments below the target folder. Nothing is installed into the system's Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{setup, sh, workspace};

/// The oldest interpreter that the package supports.
const OLDEST: (u32, u32) = (3, 10);

/// Names under which an interpreter may be found, the usual one first.
const NAMES: [&str; 6] = ["python3", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];

/// The first interpreter that is recent enough. On Debian one is installed if there is none.
pub(crate) fn interpreter() -> Outcome<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    setup::debian(&["python3", "python3-venv"])?;
    find().ok_or_else(|| Failure::usage("there is no Python 3.10 or newer on this machine"))
}

fn find() -> Option<PathBuf> {
    NAMES.iter().flat_map(|name| sh::which_all(name)).find(|python| can_do(python))
}

/// Every interpreter that is recent enough, one for each version; the usual one first.
pub(crate) fn interpreters() -> Vec<PathBuf> {
    let mut versions = Vec::new();
    let mut found = Vec::new();
    for python in NAMES.iter().flat_map(|name| sh::which_all(name)).filter(|python| can_do(python)) {
        if let Some(version) = version(&python)
            && !versions.contains(&version)
        {
            versions.push(version);
            found.push(python);
        }
    }
    found
}

/// Whether it is recent enough and can make virtual environments.
fn can_do(python: &Path) -> bool {
    version(python).is_some_and(|version| version >= OLDEST)
        && sh::ask(Command::new(python).args(["-c", "import venv, ensurepip"])).is_some()
}

/// The version of an interpreter. Stand-ins for versions that are not there have none.
pub(crate) fn version(python: &Path) -> Option<(u32, u32)> {
    let said = sh::ask(Command::new(python).args(["-c", "import sys; print(*sys.version_info[:2])"]))?;
    let (major, minor) = said.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// A virtual environment.
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The one of this name, made if it is not there. `kept` ones keep what was installed before.
    pub(crate) fn kept(name: &str, python: &Path) -> Outcome<Self> {
        let venv = Self { folder: folder()?.join(name) };
        if sh::ask(Command::new(venv.program("python")).arg("--version")).is_none() {
            venv.make(python)?;
        }
        Ok(venv)
    }

    /// A fresh one of this name.
    pub(crate) fn fresh(name: &str, python: &Path) -> Outcome<Self> {
        let venv = Self { folder: folder()?.join(name) };
        venv.make(python)?;
        Ok(venv)
    }

    fn make(&self, python: &Path) -> Outcome {
        sh::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&self.folder))
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Installs packages; the words are those of `pip install`.
    pub(crate) fn install(&self, words: &[&str]) -> Outcome {
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(words);
        sh::run(&mut pip).map_err(|failure| {
            Failure::usage(format!(
                "{}; the packages come from PyPI, or where pip is told to look",
                failure.message
            ))
        })
    }
}

/// Where environments are.
fn folder() -> Outcome<PathBuf> {
    Ok(workspace::target()?.join("python"))
}
