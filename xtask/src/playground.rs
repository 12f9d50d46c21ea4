//! `cargo xtask playground`: the page, its tests in Chromium, and what it measures.

use std::path::PathBuf;
use std::process::Command;

use crate::outcome::Outcome;
use crate::setup::{self, Need};
use crate::{Task, args, node, npm, sh, wasm, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "playground",
    usage: "[--build|--test]",
    about: "build the playground and serve it on this machine",
    help: "Builds the npm package (see `cargo xtask npm --help`) and the playground from it: target/playground/site for\n\
           any static web server, and target/playground/single/pvefw-playground.html, which opens from a disk. Then\n\
           serves it on http://127.0.0.1:4173 until Ctrl-C.\n\n\
           --build   build it and stop\n\
           --test    build it, and use it in Chromium as a person would (installed from Debian if missing);\n\
           \x20         pictures are in target/playground/pictures",
    run: |words| match words {
        [] => {
            built()?;
            Err(sh::become_it(
                vite(&["preview", "--host", "127.0.0.1", "--port", "4173", "--outDir"])?.arg(site()?),
            ))
        }
        [word] if word == "--build" => {
            built()?;
            eprintln!("{}", workspace::target()?.join("playground").display());
            Ok(())
        }
        [word] if word == "--test" => {
            wasm::install()?;
            npm::pack()?;
            check()
        }
        [word, ..] => Err(args::unknown(word, &["--build", "--test"])),
    },
    passes_on: false,
};

/// Where the page is, with what npm installs for it.
const FOLDER: &str = "wasm/playground";

/// What the tests run in, and what it writes with.
const BROWSER: [Need; 1] = [Need::new("chromium", "chromium")];

/// Makes sure that what the tests need is there.
pub(crate) fn install() -> Outcome {
    setup::programs(&BROWSER)?;
    node::packages(FOLDER)
}

/// Builds the package and both pages.
fn built() -> Outcome {
    wasm::install()?;
    npm::pack()?;
    pages()
}

/// Builds both pages from the package as it was packed last.
fn pages() -> Outcome {
    node::packages(FOLDER)?;
    sh::run(&mut vite(&["build"])?)?;
    sh::run(&mut vite(&["build", "--mode", "single"])?)
}

/// Tests the page, built from the package as it was packed last: types, style, and use in Chromium.
pub(crate) fn check() -> Outcome {
    setup::programs(&BROWSER)?;
    pages()?;
    let folder = workspace::top()?.join(FOLDER);
    sh::run(node::tool("tsc")?.current_dir(&folder))?;
    sh::run(node::tool("eslint")?.arg(".").current_dir(&folder))?;
    sh::run(node::tool("prettier")?.args(["--check", "."]).current_dir(&folder))?;
    // One after the other: browsers are large.
    let tests = compiled(&["playground.test.js", "package.test.js"])?;
    sh::run(script(&["--test", "--test-concurrency=1"])?.args(tests))
}

/// Measures what a person waits for.
pub(crate) fn bench() -> Outcome {
    setup::programs(&BROWSER)?;
    built()?;
    sh::run(&mut vite(&["build", "--mode", "bench"])?)?;
    sh::run(script(&[])?.args(compiled(&["bench.js"])?))
}

/// `node WORDS`, in the folder of the page.
fn script(words: &[&str]) -> Outcome<Command> {
    let mut command = workspace::at_top("node", words)?;
    command.current_dir(workspace::top()?.join(FOLDER)).env("PVEFW_TARGET", workspace::target()?);
    Ok(command)
}

/// Compiles the tests; those of these names as JavaScript.
fn compiled(names: &[&str]) -> Outcome<Vec<PathBuf>> {
    let folder = workspace::top()?.join(FOLDER);
    sh::run(node::tool("tsc")?.args(["-p", "tsconfig.test.json"]).current_dir(&folder))?;
    Ok(names.iter().map(|name| folder.join("node_modules/.pvefw-test").join(name)).collect())
}

fn site() -> Outcome<PathBuf> {
    Ok(workspace::target()?.join("playground/site"))
}

/// Vite, as installed for the page.
fn vite(words: &[&str]) -> Outcome<Command> {
    let folder = workspace::top()?.join(FOLDER);
    let mut command = Command::new(folder.join("node_modules/.bin/vite"));
    command.args(words).current_dir(folder);
    Ok(command)
}
