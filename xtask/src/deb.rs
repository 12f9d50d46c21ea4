//! `cargo xtask deb`: the Debian package, and whether it installs and goes without a trace.
//!
//! cargo-deb packs what `node-cli/Cargo.toml` lists. The services' units are in `packaging/systemd`: each that is there is
//! packed if it is listed, and checked here by the tools of systemd, which need not run.

use alloc::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::steps::Ran;
use crate::{Task, args, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "deb",
    usage: "[--check]",
    about: "build the Debian package",
    help: "Builds `pvefw`, its man pages and completions, and packs them with cargo-deb (which is installed if\n\
           it is missing; that takes some minutes, once). Prints where the package is.\n\n\
           --check   also look at the units with the tools of systemd, and install and purge the package in\n\
           \u{20}         a clean root, which mmdebstrap makes below target/deb (as root, on Debian)",
    run,
    passes_on: false,
};

/// The units, as systemd calls them.
const UNITS: &str = "packaging/systemd";

/// How exposed a service may be, in tenths: systemd calls less than 5.0 "OK".
const EXPOSURE: &str = "27";

/// What the package needs, so that a clean root can do without a network.
const NEEDED: &str = "iptables,ipset,ebtables,iproute2,procps,logrotate";

fn run(words: &[String]) -> Outcome {
    let check = match words {
        [] => false,
        [word] if word == "--check" => true,
        [word, ..] => return Err(args::unknown(word, &["--check"])),
    };
    build()?;
    if check {
        for ran in [units()?, clean_root()?] {
            if let Ran::LeftOut(why) = ran {
                return Err(Failure::usage(why));
            }
        }
    }
    eprintln!("\n{}", package()?.display());
    Ok(())
}

/// Makes sure that what packs and checks is there, as far as that can be done here.
pub(crate) fn install() -> Outcome {
    if possible().is_some() {
        return Ok(());
    }
    if sh::is_root() {
        setup::programs(&setup::PACKAGING)?;
    }
    cargo_deb()
}

/// Unoptimised and without its own compressor it is built in half the time, and packs as fast: xz is a program, too.
fn cargo_deb() -> Outcome {
    setup::cargo_tool_with("cargo-deb", &["--debug", "--no-default-features"])
}

/// Whether packages can be built here; if not, why.
fn possible() -> Option<String> {
    (!sh::have("dpkg")).then(|| "no dpkg on this machine: Debian packages are built on Debian".to_owned())
}

/// The package, as a step of the tests.
pub(crate) fn package_step() -> Outcome<Ran> {
    match possible() {
        Some(why) => Ok(Ran::LeftOut(why)),
        None => build().map(|()| Ran::Done),
    }
}

fn build() -> Outcome {
    cargo_deb()?;
    workspace::build_binary()?;
    // Beside the program, where cargo-deb finds them wherever cargo builds.
    let documents = workspace::target()?.join("release").join("documents");
    clear(&documents)?;
    sh::run(Command::new(workspace::binary()?).arg("documents").arg(&documents))?;
    let folder = folder()?;
    clear(&folder.join("package"))?;
    // The program is built and stripped as the workspace's profile says.
    let words = ["deb", "-p", "pvefw", "--no-build", "--no-strip", "--output"];
    sh::run(workspace::cargo(&words)?.arg(folder.join("package")))?;
    package().map(drop)
}

/// The one package there is.
fn package() -> Outcome<PathBuf> {
    let folder = folder()?.join("package");
    let failed = |error| Failure::failed(format!("cannot read `{}`: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "deb"));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Failure::failed(format!("`{}` has {} packages, not one", folder.display(), found.len()))),
    }
}

/// What systemd's tools think of the units, as a step of the tests.
pub(crate) fn units() -> Outcome<Ran> {
    if !sh::have("systemd-analyze") {
        return Ok(Ran::LeftOut("no systemd-analyze on this machine (package systemd)".into()));
    }
    let (from, to) = (workspace::top()?.join(UNITS), folder()?.join("units"));
    clear(&to)?;
    let failed = |error: io::Error| Failure::failed(format!("cannot copy the units: {error}"));
    let program = workspace::binary()?.display().to_string();
    let mut count = 0;
    for entry in fs::read_dir(&from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().map(|name| to.join(name)) else { continue };
        // systemd wants the program to be there, and it is not installed here.
        let text = fs::read_to_string(&path).map_err(failed)?.replace("/usr/bin/pvefw", &program);
        fs::write(&name, text).map_err(failed)?;
        sh::run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&name))?;
        let threshold = format!("--threshold={EXPOSURE}");
        let words = ["security", "--offline=true", "--no-pager", &threshold];
        sh::run(Command::new("systemd-analyze").args(words).arg(&name))?;
        count += 1;
    }
    if count == 0 { Err(Failure::failed(format!("no units in `{UNITS}`"))) } else { Ok(Ran::Done) }
}

/// Installs and purges the package where nothing of it was before, as a step of the tests.
pub(crate) fn clean_root() -> Outcome<Ran> {
    if let Some(why) = possible() {
        return Ok(Ran::LeftOut(why));
    }
    if !sh::is_root() || !sh::have("mmdebstrap") {
        return Ok(Ran::LeftOut("a clean root wants root and the package mmdebstrap".into()));
    }
    let folder = folder()?;
    let (base, root) = (folder.join("base.tar"), folder.join("root"));
    make_base(&base)?;
    clear(&root)?;
    sh::run(Command::new("tar").arg("-C").arg(&root).arg("-xf").arg(&base))?;
    let inside = |words: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg(&root).args(words).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
        command
    };
    let before = files(&root)?;
    let there = root.join("pvefw.deb");
    fs::copy(package()?, &there)
        .map_err(|error| Failure::failed(format!("cannot copy the package: {error}")))?;
    sh::run(&mut inside(&["dpkg", "-i", "/pvefw.deb"]))?;
    sh::run(&mut inside(&["pvefw", "--version"]))?;
    sh::run(&mut inside(&["logrotate", "--debug", "/etc/logrotate.d/0pvefw"]))?;
    // Nobody's firewall changes because a package is installed.
    for unit in ["pvefw.service", "pvefw-log.service"] {
        if !root.join("usr/lib/systemd/system").join(unit).exists()
            && !root.join("lib/systemd/system").join(unit).exists()
        {
            return Err(Failure::failed(format!("the package has no `{unit}`")));
        }
        if fs::symlink_metadata(root.join("etc/systemd/system/multi-user.target.wants").join(unit)).is_ok() {
            return Err(Failure::failed(format!("the package switches `{unit}` on by itself")));
        }
    }
    // Once more is an upgrade.
    sh::run(&mut inside(&["dpkg", "-i", "/pvefw.deb"]))?;
    sh::run(&mut inside(&["dpkg", "--remove", "pvefw"]))?;
    if !root.join("etc/default/pvefw").exists() {
        return Err(Failure::failed(
            "removing the package takes the settings with it, which only purging does",
        ));
    }
    sh::run(&mut inside(&["dpkg", "--purge", "pvefw"]))?;
    let _ = fs::remove_file(there);
    let after = files(&root)?;
    let left: Vec<String> =
        after.symmetric_difference(&before).map(|path| path.display().to_string()).collect();
    if left.is_empty() {
        Ok(Ran::Done)
    } else {
        Err(Failure::failed(format!("installing and purging changed: {}", left.join(", "))))
    }
}

/// A minimal Debian with all that the package needs, made once.
fn make_base(base: &Path) -> Outcome {
    if base.exists() {
        return Ok(());
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let suite = suite.ok_or_else(|| Failure::usage("`/etc/os-release` names no release of Debian"))?;
    // Under another name first: what is half made is not taken for whole the next time.
    let unfinished = base.with_extension("unfinished.tar");
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase", "--include", NEEDED, suite]).arg(&unfinished);
    // From where this machine has its own packages.
    let places = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
    command.args(places.iter().find(|place| fs::metadata(place).is_ok_and(|data| data.len() > 0)));
    sh::run(&mut command)?;
    fs::rename(&unfinished, base)
        .map_err(|error| Failure::failed(format!("cannot rename the clean root: {error}")))
}

/// All files below a folder, but for what dpkg keeps for itself.
fn files(root: &Path) -> Outcome<BTreeSet<PathBuf>> {
    let failed = |error: io::Error| Failure::failed(format!("cannot list `{}`: {error}", root.display()));
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let Ok(inside) = path.strip_prefix(root) else { continue };
            if ["var/lib/dpkg", "var/log", "var/cache"].iter().any(|own| inside.starts_with(own)) {
                continue;
            }
            found.insert(inside.to_path_buf());
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

/// Where everything of ours is.
fn folder() -> Outcome<PathBuf> {
    Ok(workspace::target()?.join("deb"))
}

/// An empty folder.
fn clear(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::failed(format!("cannot clear `{}`: {error}", folder.display())))
        }
        _ => fs::create_dir_all(folder)
            .map_err(|error| Failure::failed(format!("cannot make `{}`: {error}", folder.display()))),
    }
}
