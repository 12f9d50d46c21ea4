//! Installs what is missing, and only that: Debian packages and cargo's own tools. Never a tool chain.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{sh, workspace};

/// A program and the Debian package that has it.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
}

impl Need {
    /// A program and its package.
    pub(crate) const fn new(program: &'static str, package: &'static str) -> Self {
        Self { program, package }
    }
}

/// What loads rules into a kernel and reads them back.
pub(crate) const KERNEL_TOOLS: [Need; 4] = [
    Need { program: "iptables-restore", package: "iptables" },
    Need { program: "ipset", package: "ipset" },
    Need { program: "ebtables-restore", package: "ebtables" },
    Need { program: "ip", package: "iproute2" },
];

/// What makes a program believe in another time.
pub(crate) const CLOCK: [Need; 1] = [Need { program: "faketime", package: "faketime" }];

/// What looks at units, and installs packages in a clean root.
pub(crate) const PACKAGING: [Need; 4] = [
    Need { program: "dpkg-shlibdeps", package: "dpkg-dev" },
    Need { program: "xz", package: "xz-utils" },
    Need { program: "systemd-analyze", package: "systemd" },
    Need { program: "mmdebstrap", package: "mmdebstrap" },
];

/// What libFuzzer is built with.
pub(crate) const CXX: [Need; 1] = [Need { program: "c++", package: "g++" }];

/// Makes sure that programs are there.
pub(crate) fn programs(needs: &[Need]) -> Outcome {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !sh::have(need.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|need| need.program).collect();
    eprintln!("not on this machine: {}", names.join(", "));
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    debian(&packages)?;
    match missing.iter().find(|need| !sh::have(need.program)) {
        None => Ok(()),
        Some(need) => Err(Failure::usage(format!(
            "the package {} is installed, but there is still no program `{}`",
            need.package, need.program
        ))),
    }
}

/// Installs Debian packages; where that can't be done, says what to do instead.
pub(crate) fn debian(packages: &[&str]) -> Outcome {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !sh::have("apt-get") {
        return Err(Failure::usage(format!(
            "this machine has no apt-get to install it with; on Debian the packages are called {}",
            packages.join(", ")
        )));
    }
    if !sh::is_root() {
        return Err(Failure::usage(format!(
            "only root can install packages; run this first:\n\n    sudo {line}\n"
        )));
    }
    if apt(&["install", "-y", "--no-install-recommends"], packages).is_ok() {
        return Ok(());
    }
    eprintln!("the lists of packages are missing or old: fetching them, then once more");
    apt(&["update"], &[])?;
    apt(&["install", "-y", "--no-install-recommends"], packages)
        .map_err(|_| Failure::usage(format!("`{line}` does not work on this machine; what it says is above")))
}

/// Makes sure that one of cargo's own tools is there: `cargo-deny`, `cargo-fuzz`.
pub(crate) fn cargo_tool(name: &str) -> Outcome {
    cargo_tool_with(name, &[])
}

/// The same, with more words for `cargo install`.
pub(crate) fn cargo_tool_with(name: &str, words: &[&str]) -> Outcome {
    if sh::have(name) || cargo_home().is_some_and(|home| home.join("bin").join(name).is_file()) {
        return Ok(());
    }
    eprintln!("{name} is not on this machine: building it takes some minutes, once");
    sh::run(workspace::cargo(&["install", name, "--locked"])?.args(words))
}

/// The name of a nightly tool chain that rustup has on this machine. Naming another would make rustup fetch it.
pub(crate) fn nightly() -> Option<String> {
    let listed = sh::ask(Command::new("rustup").args(["toolchain", "list"]))?;
    // The lines are `nightly-2026-05-15-x86_64-unknown-linux-gnu (active)`; a plain nightly sorts behind dated ones.
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.starts_with("nightly"))
        .max()
        .map(Into::into)
}

/// Where the standard library of a target is, if `rustc` has it.
pub(crate) fn library(rustc: &Path, target: &str) -> Option<PathBuf> {
    let library = sysroot(rustc)?.join("lib/rustlib").join(target).join("lib");
    library.is_dir().then_some(library)
}

/// Where a compiler keeps its libraries and, maybe, their source.
pub(crate) fn sysroot(rustc: &Path) -> Option<PathBuf> {
    sh::ask(Command::new(rustc).args(["--print", "sysroot"])).map(|path| PathBuf::from(path.trim_end()))
}

fn apt(words: &[&str], packages: &[&str]) -> Outcome {
    sh::run(Command::new("apt-get").args(words).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Where cargo keeps what it fetches.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    env::var_os("CARGO_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home)
}
