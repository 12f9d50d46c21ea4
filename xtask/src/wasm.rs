//! `cargo xtask wasm`: the WebAssembly module and the JavaScript beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compiler::{self, Compiler, WASM};
use crate::outcome::{Failure, Outcome};
use crate::{Task, args, node, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "wasm",
    usage: "[--debug]",
    about: "build the WebAssembly module",
    help: "Builds pvefw-wasm for wasm32-unknown-unknown, writes its JavaScript (wasm-bindgen) and makes it small\n\
           (wasm-opt). What comes out is in target/wasm/pkg: `pvefw.wasm` and `raw.js`. The same source gives the same\n\
           bytes, wherever it is built by the same compiler.\n\n\
           Where rustup's target is installed it is used; else Debian's compiler builds the library it needs, once\n\
           (packages rustc-web and rust-web-src, installed if missing).\n\n\
           --debug   keep names and lines, and leave out wasm-opt, for finding one's way in a browser's tools",
    run: |words| {
        let build = match words {
            [] => Build::Small,
            [word] if word == "--debug" => Build::WithNames,
            [word, ..] => return Err(args::unknown(word, &["--debug"])),
        };
        install()?;
        let folder = module(build)?;
        let size = fs::metadata(folder.join("pvefw.wasm")).map_or(0, |data| data.len());
        eprintln!("{}: {} KiB", folder.join("pvefw.wasm").display(), size / 1024);
        Ok(())
    },
    passes_on: false,
};

/// Which of the two builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// For users.
    Small,
    /// For finding mistakes.
    WithNames,
}

/// What the compiler may use of WebAssembly. With all features, modules come out that hardly a browser can read.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What `wasm-opt` does. It counts what comes out of brotli, which takes 8 % more for what `-Oz` gives: shorter, and less
/// alike. So of its steps only those follow `-O1` that were seen to save something: arguments that nobody reads, constants
/// and locals that are copied on. Functions of one name for several types are alike, so they stand side by side, which
/// saves one per cent.
const PASSES: [&str; 8] = [
    "-O1",
    "--precompute-propagate",
    "--dae-optimizing",
    "--simplify-locals-nostructure",
    "--rse",
    "--reorder-functions-by-name",
    "--strip-debug",
    "--strip-producers",
];

/// Makes sure that what a build needs is there.
pub(crate) fn install() -> Outcome {
    compiler::install()?;
    node::install()
}

/// Builds the module; the folder with `pvefw.wasm` and `raw.js`.
pub(crate) fn module(build: Build) -> Outcome<PathBuf> {
    let profile = match build {
        Build::Small => "wasm",
        Build::WithNames => "wasm-debug",
    };
    let compiler = Compiler::find()?.ok_or_else(|| {
        Failure::usage(format!("nothing here can build for {WASM}; try `rustup target add {WASM}`"))
    })?;
    sh::run(&mut compiler.cargo(&["build", "-p", "pvefw-wasm", "--profile", profile])?)?;
    let target = workspace::target()?;
    let linked = target.join("wasm").join(WASM).join(profile).join("pvefw_wasm.wasm");
    let folder = target.join("wasm").join(if build == Build::Small { "pkg" } else { "pkg-debug" });
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    glue(&linked, &folder)?;
    let (raw, module) = (folder.join("raw_bg.wasm"), folder.join("pvefw.wasm"));
    match build {
        Build::WithNames => fs::rename(&raw, &module).map_err(failed)?,
        Build::Small => {
            let mut optimise = node::tool("wasm-opt")?;
            optimise.arg(&raw).arg("-o").arg(&module).args(FEATURES).args(PASSES);
            sh::run(&mut optimise)?;
            fs::remove_file(&raw).map_err(failed)?;
        }
    }
    Ok(folder)
}

/// Writes the JavaScript. The library that does is a workspace of its own: it takes a minute to build, once.
fn glue(module: &Path, folder: &Path) -> Outcome {
    let mut command = workspace::cargo_build(&["run", "--quiet", "--manifest-path", "wasm/glue/Cargo.toml"])?;
    command.arg("--target-dir").arg(workspace::target()?.join("glue")).arg("--").arg(module).arg(folder);
    sh::run(&mut command)
}
