//! `cargo xtask try`: from a fresh checkout to rules in a kernel, in one command.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::steps::Ran;
use crate::{Task, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "try",
    usage: "[ARGS]",
    about: "compile a datacenter and load it into a throw-away network namespace",
    help: "Installs iptables, ipset, ebtables and iproute2 where they are missing (as root, on Debian),\n\
           builds `pvefw` and runs `pvefw try ARGS`: without ARGS the built-in example is taken, and\n\
           `cargo xtask try ROOT` takes a folder laid out like /etc/pve. The exit status is that of\n\
           `pvefw try`; `cargo xtask try -- --help` shows its options.",
    run: |words| Err(sh::become_it(prepared()?.args(own_words(words)))),
    passes_on: true,
};

/// The word by which xtask starts itself for [`as_nobody`]; not for people.
pub(crate) const AS_NOBODY: &str = "as-nobody";

/// How a run ends whose tests were sent.
const PASSED: &str = "sent through the kernel: all passed";

/// `nobody` and `nogroup` everywhere.
const DROP_ROOT: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/// `pvefw try`, once all that it needs is there.
fn prepared() -> Outcome<Command> {
    setup::programs(&setup::KERNEL_TOOLS)?;
    eprintln!("building pvefw, optimised; the first time takes about a minute");
    workspace::build_binary()?;
    let mut command = Command::new(workspace::binary()?);
    command.arg("try");
    Ok(command)
}

/// Without the `--` that separates our words from those of `pvefw`.
fn own_words(words: &[String]) -> &[String] {
    words.strip_prefix(&["--".to_owned()]).unwrap_or(words)
}

/// Runs the built-in example as whoever runs us.
pub(crate) fn example() -> Outcome<Ran> {
    tests_pass(&mut prepared()?)
}

/// Runs the built-in example as `nobody`, where such a one may make namespaces.
pub(crate) fn example_as_nobody() -> Outcome<Ran> {
    if !sh::is_root() {
        return Ok(Ran::LeftOut("not root, so that the step before was already without".into()));
    }
    let probe = ["unshare", "--user", "--map-root-user", "--net", "true"];
    if sh::ask(Command::new("setpriv").args(DROP_ROOT).args(probe)).is_none() {
        return Ok(Ran::LeftOut("only root may make user namespaces here".into()));
    }
    let xtask =
        std::env::current_exe().map_err(|error| Failure::failed(format!("cannot find myself: {error}")))?;
    let mut command = Command::new("unshare");
    command.arg("--mount").arg("--").arg(xtask).arg(AS_NOBODY).arg(workspace::binary()?).arg("try");
    tests_pass(&mut command)
}

/// Runs `pvefw try`, and demands that it has sent the packets of the example's tests.
fn tests_pass(command: &mut Command) -> Outcome<Ran> {
    if sh::run_for_text(command)?.lines().any(|line| line.ends_with(PASSED)) {
        Ok(Ran::Done)
    } else {
        Err(Failure::failed(format!("`pvefw try` did not say `{PASSED}`")))
    }
}

/// Becomes `nobody` running a copy of a program. The original may be where `nobody` can't read (`/root/…`), and a copy
/// in a mount namespace of our own is gone with the last process in it, however that ends.
pub(crate) fn as_nobody(words: &[String]) -> Outcome {
    let Some((program, rest)) = words.split_first() else {
        return Err(Failure::usage(format!("`{AS_NOBODY}` wants a program")));
    };
    let cannot = |error| Failure::failed(format!("cannot copy `{program}`: {error}"));
    // Read before mounting: the checkout itself may be below `/mnt`.
    let bytes = fs::read(program).map_err(cannot)?;
    let place = Path::new("/mnt");
    sh::run(Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "tmpfs"]).arg(place))?;
    let copy = place.join(Path::new(program).file_name().unwrap_or(OsStr::new("program")));
    fs::write(&copy, bytes)
        .and_then(|()| fs::set_permissions(&copy, Permissions::from_mode(0o755)))
        .map_err(cannot)?;
    let mut command = Command::new("setpriv");
    command.args(DROP_ROOT).arg(copy).args(rest).current_dir("/").env("HOME", "/");
    Err(sh::become_it(&mut command))
}
