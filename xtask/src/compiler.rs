//! Compilers for WebAssembly: rustup's where its target is installed, else Debian's with a library built from source.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{setup, sh, workspace};

/// The target.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Debian's compiler and the source of its library.
const DEBIAN: [&str; 2] = ["rustc-web", "rust-web-src"];

/// Panics that trap where they happen. Nobody reads what they would say: nothing is written anywhere, and the page learns
/// of the trap alone. Without their texts, and the code that would write these, the module is a tenth smaller. It is not
/// stable and has to be the same in the library, so only a compiler that builds its own can do it.
const TRAPS: [&str; 3] = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none"];

/// What builds for WebAssembly.
pub(crate) enum Compiler {
    /// The usual one: its library for the target is installed.
    Installed,
    /// One whose library has to be built once: the compiler, and the folder for the library.
    Own { rustc: PathBuf, sysroot: PathBuf },
}

/// Makes sure that something can build for WebAssembly.
pub(crate) fn install() -> Outcome {
    if Compiler::find()?.is_some() {
        return Ok(());
    }
    from_debian(&format!("for {WASM}"), WASM)
}

/// Has Debian install a compiler that has the source of its library.
///
/// # Errors
/// It can't; says how rustup would do.
pub(crate) fn from_debian(how: &str, target: &str) -> Outcome {
    eprintln!(
        "nothing here can build {how}: asking Debian for a compiler that has the source of its library"
    );
    setup::debian(&DEBIAN).map_err(|failure| Failure {
        message: format!(
            "{}\nor, where rustup may fetch:\n\n    rustup target add {target}\n",
            failure.message
        ),
        ..failure
    })
}

impl Compiler {
    /// The better of the two that this machine has.
    pub(crate) fn find() -> Outcome<Option<Self>> {
        if setup::library(Path::new("rustc"), WASM).is_some() {
            return Ok(Some(Self::Installed));
        }
        let Some(rustc) = with_source() else { return Ok(None) };
        // A library goes with one compiler only.
        let version = sh::ask(Command::new(&rustc).arg("--version")).unwrap_or_default();
        let version = version.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
        let sysroot = workspace::target()?.join("wasm").join(format!("sysroot-{version}-traps"));
        Ok(Some(Self::Own { rustc, sysroot }))
    }

    /// `cargo build` for WebAssembly, into a target directory of its own.
    pub(crate) fn cargo(&self, words: &[&str]) -> Outcome<Command> {
        let target = workspace::target()?.join("wasm");
        let mut command = workspace::cargo_build(words)?;
        command.args(["--target", WASM]).arg("--target-dir").arg(&target);
        // Paths of this machine have no business in the module, and would make it another one elsewhere.
        let mut flags = vec![
            remap(&workspace::top()?, "pvefw"),
            remap(&setup::cargo_home().unwrap_or_default().join("registry/src"), "crates"),
        ];
        match self {
            Self::Installed => {}
            Self::Own { rustc, sysroot } => {
                build_library(rustc, sysroot)?;
                let source = setup::sysroot(rustc).unwrap_or_default().join("lib/rustlib/src/rust");
                flags.push(remap(&source.canonicalize().unwrap_or(source), "rust"));
                flags.push(format!("--sysroot={}", sysroot.display()));
                flags.extend(TRAPS.map(ToOwned::to_owned));
                command
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", rustc)
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
            }
        }
        // Separated by a character that no path has.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        Ok(command)
    }
}

/// Builds the standard library from its source, once for each version of the compiler.
fn build_library(rustc: &Path, sysroot: &Path) -> Outcome {
    let library = sysroot.join("lib/rustlib").join(WASM).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    eprintln!("building the standard library for {WASM}, once: a minute or two");
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", sysroot.display()));
    let empty = sysroot.with_extension("build");
    fs::create_dir_all(empty.join("src")).map_err(failed)?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(empty.join("Cargo.toml"), manifest).map_err(failed)?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n").map_err(failed)?;
    let source = setup::sysroot(rustc).unwrap_or_default().join("lib/rustlib/src/rust");
    let mut flags = vec![remap(&source.canonicalize().unwrap_or(source), "rust")];
    flags.extend(TRAPS.map(ToOwned::to_owned));
    let mut command = workspace::cargo(&["build", "--release", "--target", WASM])?;
    command
        .args(["-Zbuild-std=std,panic_abort,test", "-Zbuild-std-features=optimize_for_size"])
        .current_dir(&empty)
        .arg("--target-dir")
        .arg(empty.join("target"))
        // `RUSTC_BOOTSTRAP`: building the library from source is not stable, but Debian ships no nightly.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", rustc)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    sh::run(&mut command)?;
    // Complete, or not there: a build that was interrupted must not look like one that was not.
    let aside = sysroot.with_extension("part");
    let into = aside.join("lib/rustlib").join(WASM).join("lib");
    fs::create_dir_all(&into).map_err(failed)?;
    let built = empty.join("target").join(WASM).join("release/deps");
    for file in fs::read_dir(&built).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "rlib") && !name.starts_with("libempty") {
            fs::copy(&path, into.join(name)).map_err(failed)?;
        }
    }
    fs::rename(&aside, sysroot).map_err(failed)?;
    fs::remove_dir_all(&empty).map_err(failed)
}

fn remap(path: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", path.display())
}

/// A linker for WebAssembly: the one that comes with rustup's compilers, or Debian's.
fn linker() -> Outcome<PathBuf> {
    let host = env::consts::ARCH;
    let inside = Path::new("lib/rustlib").join(format!("{host}-unknown-linux-gnu/bin/rust-lld"));
    let of_rustup = setup::sysroot(Path::new("rustc")).map(|root| root.join(inside));
    let found = of_rustup.into_iter().filter(|path| path.is_file());
    found.chain(sh::which_all("wasm-ld")).chain(sh::which_all("rust-lld")).next().ok_or_else(|| {
        Failure::usage("there is no linker for WebAssembly; Debian has one in the package lld")
    })
}

/// A compiler that has the source of its library beside it, is no stand-in of rustup's, and is new enough.
pub(crate) fn with_source() -> Option<PathBuf> {
    sh::which_all("rustc").into_iter().find(|rustc| has_source(rustc) && recent(rustc))
}

fn has_source(rustc: &Path) -> bool {
    let real = rustc.canonicalize().unwrap_or_default();
    !real.ends_with("rustup")
        && setup::sysroot(rustc).is_some_and(|root| root.join("lib/rustlib/src/rust/library/core").is_dir())
}

/// Whether a compiler is one that the workspace is for.
fn recent(rustc: &Path) -> bool {
    let said = sh::ask(Command::new(rustc).arg("--version")).unwrap_or_default();
    let wanted = version(option_env!("CARGO_PKG_RUST_VERSION").unwrap_or_default());
    said.split_whitespace().nth(1).is_some_and(|found| version(found) >= wanted)
}

/// `1.96.0` as two numbers.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("1.100.0") > version("1.95"));
        assert!(version("1.63.0") < version("1.95"));
        assert_eq!(version("1.95.0-nightly"), version("1.95"));
    }
}
