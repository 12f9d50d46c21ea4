//! `cargo xtask npm`: the npm package.

use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::{Failure, Outcome};
use crate::{Task, args, node, sh, wasm, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "npm",
    usage: "",
    about: "build and pack the npm package",
    help: "Builds the WebAssembly module (see `cargo xtask wasm --help`) and the package around it, and packs it:\n\
           target/npm/pvefw-VERSION.tgz. `npm install target/npm/pvefw-VERSION.tgz` tries it. The unpacked package is\n\
           target/npm/package.",
    run: |words| {
        args::none(words)?;
        wasm::install()?;
        let tarball = pack()?;
        eprintln!("{}", tarball.display());
        Ok(())
    },
    passes_on: false,
};

/// Files that go into the package as they are.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Builds everything and packs it; the tarball.
pub(crate) fn pack() -> Outcome<PathBuf> {
    let module = wasm::module(wasm::Build::Small)?;
    let (source, target) = (workspace::top()?.join(node::PACKAGE), workspace::target()?.join("npm"));
    let package = target.join("package");
    remove(&package)?;
    let dist = package.join("dist");
    make(&dist)?;
    sh::run(node::tool("tsc")?.arg("--outDir").arg(&dist).current_dir(&source))?;
    for file in ["pvefw.wasm", "raw.js"] {
        copy(&module.join(file), &dist.join(file))?;
    }
    copy(&source.join("src/raw.d.ts"), &dist.join("raw.d.ts"))?;
    for licence in LICENCES {
        copy(&workspace::top()?.join(licence), &package.join(licence))?;
    }
    copy(&source.join("README.md"), &package.join("README.md"))?;
    manifest(&source, &package)?;
    let name = format!("pvefw-{}.tgz", env!("CARGO_PKG_VERSION"));
    let mut pack = node::npm(&["pack", "--silent", "--pack-destination"])?;
    sh::run_for_text(pack.arg(&target).current_dir(&package))?;
    let tarball = target.join(name);
    if tarball.is_file() { Ok(tarball) } else { Err(Failure::failed("npm has packed something else")) }
}

/// The manifest of users: that of the source, with the version of the workspace and without what only we need.
fn manifest(source: &Path, package: &Path) -> Outcome {
    let script = "const fs = require('node:fs'); const [from, to, version] = process.argv.slice(1); \
                  const { scripts, devDependencies, ...rest } = JSON.parse(fs.readFileSync(from, 'utf8')); \
                  fs.writeFileSync(to, JSON.stringify({ ...rest, version }, null, 2) + '\\n');";
    let mut command = workspace::at_top("node", &["-e", script, "--"])?;
    command.arg(source.join("package.json")).arg(package.join("package.json")).arg(env!("CARGO_PKG_VERSION"));
    sh::run(&mut command)
}

fn remove(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::failed(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

fn make(folder: &Path) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    let copied = fs::copy(from, to).map(drop);
    copied.map_err(|error| Failure::failed(format!("{} to {}: {error}", from.display(), to.display())))
}
