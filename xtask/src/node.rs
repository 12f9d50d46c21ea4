//! Node.js and what npm installs for us, in `wasm/npm/node_modules`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::setup::{self, Need};
use crate::{sh, workspace};

/// Debian's packages.
const NEEDS: [Need; 2] = [Need::new("node", "nodejs"), Need::new("npm", "npm")];

/// The folder of the npm package.
pub(crate) const PACKAGE: &str = "wasm/npm";

/// Makes sure that Node.js and the tools of the npm package are there.
pub(crate) fn install() -> Outcome {
    setup::programs(&NEEDS)?;
    packages(PACKAGE)
}

/// Installs what a folder's lock file lists, unless that has been done.
pub(crate) fn packages(folder: &str) -> Outcome {
    let top = workspace::top()?.join(folder);
    let (lock, done) = (top.join("package-lock.json"), top.join("node_modules/.pvefw-lock"));
    let wanted = fs::read(&lock).map_err(|error| Failure::failed(format!("{}: {error}", lock.display())))?;
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing what {folder}/package-lock.json lists");
    sh::run(npm(&["ci", "--no-audit", "--no-fund"])?.current_dir(&top))?;
    fs::write(&done, wanted).map_err(|error| Failure::failed(format!("{}: {error}", done.display())))
}

/// `npm WORDS`, to be run in a folder.
pub(crate) fn npm(words: &[&str]) -> Outcome<Command> {
    workspace::at_top("npm", words)
}

/// A program that npm has installed.
pub(crate) fn tool(name: &str) -> Outcome<Command> {
    Ok(Command::new(bin()?.join(name)))
}

fn bin() -> Outcome<PathBuf> {
    Ok(workspace::top()?.join(PACKAGE).join("node_modules/.bin"))
}
