//! `cargo xtask nostd`: core needs `core` and `alloc` and nothing else.
//!
//! A target that has a standard library proves nothing: a dependency may use it unnoticed. So either the target is a
//! bare machine that never had one, or it is WebAssembly for which only `core` and `alloc` are built, from source.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compiler::{self, WASM};
use crate::outcome::{Failure, Outcome};
use crate::{Task, args, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "nostd",
    usage: "",
    about: "build core where there is no standard library",
    help: "Builds pvefw-core without features and with `serde` for a target without std, then with `std`,\n\
           which must fail: else the check would prove nothing. The target is thumbv7em-none-eabi where\n\
           rustup has it; else wasm32-unknown-unknown by Debian's compiler, with core and alloc built\n\
           from source (packages rustc-web and rust-web-src, installed if missing).",
    run: |words| {
        args::none(words)?;
        install()?;
        check()
    },
    passes_on: false,
};

const BARE: &str = "thumbv7em-none-eabi";

/// What builds core without std.
enum Builder {
    /// The usual tool chain, for a target that never had a standard library.
    Bare,
    /// A compiler with the source of `core` and `alloc`, for WebAssembly.
    FromSource(PathBuf),
}

/// Makes sure that something can build core without std.
pub(crate) fn install() -> Outcome {
    if builder().is_some() {
        return Ok(());
    }
    compiler::from_debian("without std", BARE)
}

/// Builds core without std, and proves that the check can fail.
pub(crate) fn check() -> Outcome {
    let builder = builder().ok_or_else(|| {
        Failure::usage(format!("nothing here can build without std; try `rustup target add {BARE}`"))
    })?;
    match &builder {
        Builder::Bare => eprintln!("for {BARE}, which has no std"),
        Builder::FromSource(rustc) => {
            eprintln!("for {WASM} by {}, from core and alloc alone", rustc.display());
        }
    }
    for features in [&[][..], &["--features", "serde"]] {
        sh::run(builder.cargo()?.args(features))?;
    }
    eprintln!("and with std, which must fail:");
    let (status, stderr) = sh::status_and_stderr(builder.cargo()?.args(["--features", "std"]))?;
    if status.success() {
        return Err(Failure::failed("core builds with `std` where there is none: this check proves nothing"));
    }
    if !stderr.contains("can't find crate for `std`") {
        return Err(Failure::failed(format!(
            "the build with `std` failed, but not for want of it:\n{stderr}"
        )));
    }
    eprintln!("it does: can't find crate for `std`");
    Ok(())
}

impl Builder {
    /// The command that builds core without features.
    fn cargo(&self) -> Outcome<Command> {
        let mut command = workspace::cargo_build(&["build", "-p", "pvefw-core", "--no-default-features"])?;
        match self {
            Self::Bare => command.args(["--target", BARE]),
            // `RUSTC_BOOTSTRAP`: building the library from source is not stable, but Debian ships no nightly.
            Self::FromSource(rustc) => command
                .args(["-Zbuild-std=core,alloc", "--target", WASM])
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", rustc),
        };
        command.arg("--target-dir").arg(workspace::target()?.join("nostd"));
        Ok(command)
    }
}

/// The better of the two ways that are open on this machine.
fn builder() -> Option<Builder> {
    if setup::library(Path::new("rustc"), BARE).is_some() {
        return Some(Builder::Bare);
    }
    compiler::with_source().map(Builder::FromSource)
}
