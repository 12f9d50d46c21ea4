//! Interpreters and virtual environments. Nothing is installed into the system's Python.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::{env, fs};

use crate::outcome::{Failure, Outcome};
use crate::{setup, sh, workspace};

/// The oldest interpreter that the package supports.
const OLDEST: (u32, u32) = (3, 10);

/// Names under which an interpreter may be found, the usual one first.
const NAMES: [&str; 8] = [
    "python3",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.13t",
    "python3.14t",
];

/// Where version managers keep interpreters: the variable that names the folder, and its usual place at home.
const MANAGERS: [(&str, &str, &str); 2] =
    [("PYENV_ROOT", ".pyenv", "versions"), ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", "")];

/// What is printed by an interpreter that can make virtual environments: its version, and whether it runs without the
/// global lock. Stand-ins for versions that are not there print nothing.
const ASK: &str = "import venv, ensurepip, sys, sysconfig; \
                   print(*sys.version_info[:2], sysconfig.get_config_var('Py_GIL_DISABLED') or 0)";

/// An interpreter of `CPython`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The program.
    pub(crate) path: PathBuf,
    /// Its version.
    version: (u32, u32),
    /// Whether it is a free-threaded build, which has an ABI of its own.
    pub(crate) free_threaded: bool,
}

impl Interpreter {
    fn of(path: PathBuf) -> Option<Self> {
        let (version, free_threaded) = answer(&sh::ask(Command::new(&path).args(["-c", ASK]))?)?;
        (version >= OLDEST).then_some(Self { path, version, free_threaded })
    }

    /// `3.13`, `3.13t`
    pub(crate) fn name(&self) -> String {
        let (major, minor) = self.version;
        format!("{major}.{minor}{}", if self.free_threaded { "t" } else { "" })
    }
}

/// Reads what [`ASK`] prints.
fn answer(said: &str) -> Option<((u32, u32), bool)> {
    let mut words = said.split_whitespace();
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((version, words.next()? == "1"))
}

/// The first interpreter that is recent enough and has the lock. On Debian one is installed if there is none.
pub(crate) fn interpreter() -> Outcome<Interpreter> {
    if let Some(found) = find() {
        return Ok(found);
    }
    setup::debian(&["python3", "python3-venv"])?;
    find().ok_or_else(|| Failure::usage("there is no Python 3.10 or newer on this machine"))
}

fn find() -> Option<Interpreter> {
    candidates().filter_map(Interpreter::of).find(|python| !python.free_threaded)
}

/// Every interpreter that is recent enough, one for each version; the usual one first.
pub(crate) fn interpreters() -> Vec<Interpreter> {
    let mut found: Vec<Interpreter> = Vec::new();
    for python in candidates().filter_map(Interpreter::of) {
        if !found.iter().any(|other| other.name() == python.name()) {
            found.push(python);
        }
    }
    found
}

/// Programs that may be interpreters: those in `PATH`, then those of version managers.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let managed = MANAGERS.into_iter().flat_map(|(variable, usual, below)| {
        let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(usual));
        let folder = env::var_os(variable).map(PathBuf::from).or_else(home).map(|folder| folder.join(below));
        let listed = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        let mut programs: Vec<PathBuf> = listed.map(|entry| entry.path().join("bin/python3")).collect();
        programs.sort();
        programs
    });
    NAMES.iter().flat_map(|name| sh::which_all(name)).chain(managed)
}

/// A virtual environment.
pub(crate) struct Venv {
    folder: PathBuf,
    /// Whether it goes with us.
    passing: bool,
}

impl Venv {
    /// The one of this name below the target folder, made if it is not there. It keeps what was installed before.
    pub(crate) fn kept(name: &str, python: &Interpreter) -> Outcome<Self> {
        let venv = Self { folder: workspace::target()?.join("python").join(name), passing: false };
        if sh::ask(Command::new(venv.program("python")).arg("--version")).is_none() {
            venv.make(python)?;
        }
        Ok(venv)
    }

    /// A fresh one outside the tree, which is removed when it is dropped.
    pub(crate) fn fresh(name: &str, python: &Interpreter) -> Outcome<Self> {
        let folder = env::temp_dir().join(format!("pvefw-python-{name}-{}", process::id()));
        let venv = Self { folder, passing: true };
        venv.make(python)?;
        Ok(venv)
    }

    fn make(&self, python: &Interpreter) -> Outcome {
        sh::run(Command::new(&python.path).args(["-m", "venv", "--clear"]).arg(&self.folder))
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Installs packages; the words are those of `pip install`.
    pub(crate) fn install(&self, words: &[&str]) -> Outcome {
        let mut pip = self.pip(&["install", "--quiet"]);
        sh::run(pip.args(words)).map_err(|failure| {
            Failure::usage(format!(
                "{}; the packages come from PyPI, or where pip is told to look",
                failure.message
            ))
        })
    }

    /// `pip WORDS`.
    pub(crate) fn pip(&self, words: &[&str]) -> Command {
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "--timeout=120"]).args(words);
        pip
    }
}

impl Drop for Venv {
    fn drop(&mut self) {
        if self.passing {
            // Nothing hangs on it: it is in the folder for what is temporary.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_say_what_they_are() {
        assert_eq!(answer("3 13 1\n"), Some(((3, 13), true)));
        assert_eq!(answer("3 10 0\n"), Some(((3, 10), false)));
        assert_eq!(answer(""), None);
        let python = Interpreter { path: "python".into(), version: (3, 14), free_threaded: true };
        assert_eq!(python.name(), "3.14t");
    }
}
