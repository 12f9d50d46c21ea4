//! `cargo xtask npm`: the npm package.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compiler::Compiler;
use crate::outcome::{Failure, Outcome};
use crate::{Task, args, conformance, node, sh, wasm, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "npm",
    usage: "[--test]",
    about: "build and pack the npm package",
    help: "Builds the WebAssembly module (see `cargo xtask wasm --help`) and the package around it, and packs it:\n\
           target/npm/pvefw-VERSION.tgz. `npm install target/npm/pvefw-VERSION.tgz` tries it. The unpacked package is\n\
           target/npm/package.\n\n\
           --test   check types, style and size, and ask the packed package everything that tests/suite and\n\
           \x20        tests/conformance ask: it must answer as the engine of this machine does",
    run: |words| {
        let then = match words {
            [] => None,
            [word] if word == "--test" => Some(test as fn(&Path) -> Outcome),
            [word, ..] => return Err(args::unknown(word, &["--test"])),
        };
        wasm::install()?;
        let tarball = pack()?;
        eprintln!("{}", tarball.display());
        then.map_or(Ok(()), |then| then(&tarball))
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
    // Comments are for readers of the types; scripts are loaded without.
    for kind in [["--emitDeclarationOnly"].as_slice(), &["--declaration", "false", "--removeComments"]] {
        sh::run(node::tool("tsc")?.args(kind).arg("--outDir").arg(&dist).current_dir(&source))?;
    }
    for file in ["pvefw.wasm", "raw.js"] {
        copy(&module.join(file), &dist.join(file))?;
    }
    copy(&source.join("src/raw.d.ts"), &dist.join("raw.d.ts"))?;
    // The element brings CodeMirror along.
    sh::run(node::tool("vite")?.arg("build").env("DIST", &dist).current_dir(&source))?;
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

/// Builds, packs and tests.
pub(crate) fn check() -> Outcome {
    test(&pack()?)
}

/// Tests a tarball in a project of its own, which has it from there like everybody.
fn test(tarball: &Path) -> Outcome {
    let source = workspace::top()?.join(node::PACKAGE);
    for (tool, words) in [("eslint", ["."].as_slice()), ("prettier", &["--check", "."])] {
        sh::run(node::tool(tool)?.args(words).current_dir(&source))?;
    }
    let consumer = workspace::target()?.join("npm/consumer");
    remove(&consumer)?;
    make(&consumer)?;
    for folder in ["test", "test/consumer"] {
        for file in files(&source.join(folder))? {
            copy(&file, &consumer.join(file.file_name().unwrap_or_default()))?;
        }
    }
    let install = ["install", "--no-audit", "--no-fund", "--no-save", "--offline"];
    sh::run(node::npm(&install)?.arg(tarball).current_dir(&consumer))?;
    let mut budget = workspace::at_top("node", &["budget.mjs"])?;
    budget.arg(source.join("budget.json")).current_dir(&consumer);
    if matches!(Compiler::find()?, Some(Compiler::Installed)) {
        budget.arg("rustup");
    }
    sh::run(&mut budget)?;
    sh::run(node::tool("tsc")?.current_dir(&consumer))?;
    let said = sh::run_for_text(workspace::at_top("node", &["out/main.js"])?.current_dir(&consumer))?;
    let wanted = consumer.join("expected.txt");
    if fs::read_to_string(&wanted).unwrap_or_default() != said {
        return Err(Failure::failed(format!("this is not what {} says", wanted.display())));
    }
    let answers = answers()?;
    let mut tests = workspace::at_top("node", &["--test", "--test-reporter=dot"])?;
    sh::run(tests.env("ANSWERS", answers).current_dir(&consumer))
}

/// Has the engine of this machine answer all scenarios and cases; the file of its answers.
fn answers() -> Outcome<PathBuf> {
    let path = workspace::target()?.join("npm/answers.jsonl");
    let file =
        fs::File::create(&path).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let mut command = workspace::cargo_build(&["run", "--quiet", "-p", "pvefw-tests", "--bin", "answers"])?;
    if let Some(cases) = conformance::usual()? {
        command.env("PVEFW_CONFORMANCE_DIR", cases);
    }
    sh::run(command.stdout(file))?;
    Ok(path)
}

/// The files in a folder, without those in folders below.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", folder.display()));
    let paths: Result<Vec<_>, _> =
        fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(paths.map_err(failed)?.into_iter().filter(|path| path.is_file()).collect())
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
