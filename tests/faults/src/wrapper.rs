//! This program under the name of a tool: it counts the calls, does harm at the one it was told to, and is the tool
//! otherwise.
//!
//! `pvefw` finds it first in its `PATH`. What to do stands in a file beside it, since tools get no environment.

use core::time::Duration;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fault::AtCall;

/// Where the real tools are.
pub(crate) const REAL: &str = "/usr/sbin";

/// Every name that a tool may be called by.
pub(crate) fn names() -> Vec<String> {
    let mut names = vec!["ipset".to_owned()];
    for base in ["iptables", "ip6tables", "ebtables"] {
        for variant in ["", "-nft", "-legacy"] {
            for end in ["", "-restore", "-save"] {
                let name = format!("{base}{variant}{end}");
                if Path::new(REAL).join(&name).exists() {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// What to do at which call.
const PLAN: &str = "plan.json";
/// There once it was done.
const DONE: &str = "done";
/// A byte for each call so far.
const CALLS: &str = "calls";

/// Tells the tools of a folder what to do; nothing: to be tools.
///
/// A plan is from which call on, what, and how many bytes a text has at least that is spoiled.
pub(crate) fn arrange(folder: &Path, plan: Option<(u64, AtCall, usize)>) -> std::io::Result<()> {
    fs::write(folder.join(CALLS), "")?;
    fs::remove_file(folder.join(DONE)).or(Ok::<(), std::io::Error>(()))?;
    match plan {
        Some(plan) => fs::write(folder.join(PLAN), serde_json::to_vec(&plan)?),
        None => fs::remove_file(folder.join(PLAN)).or(Ok(())),
    }
}

/// Whether what they were told to do was done.
pub(crate) fn was_done(folder: &Path) -> bool {
    folder.join(DONE).exists()
}

/// Be the tool of this path.
pub(crate) fn run(path: &Path) -> ExitCode {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().unwrap_or_default();
    let mut input = Vec::new();
    let feeds = std::env::args().any(|word| word == "--noflush" || word == "restore")
        || name.to_string_lossy().ends_with("-restore");
    if feeds {
        let _ = std::io::stdin().read_to_end(&mut input);
    }
    let harm = number(folder).and_then(|call| {
        let (at, harm, least): (u64, AtCall, usize) =
            serde_json::from_slice(&fs::read(folder.join(PLAN)).ok()?).ok()?;
        let due = match harm {
            AtCall::FailForGood => call >= at,
            AtCall::KernelRefusesForGood => call >= at && input.len() >= least,
            // Only a text can be spoiled.
            _ if harm.spoils() => call >= at && input.len() >= least && !folder.join(DONE).exists(),
            _ => call == at,
        };
        due.then_some(harm)
    });
    if harm.is_some() {
        let _ = fs::write(folder.join(DONE), "");
    }
    match harm {
        Some(AtCall::KillBefore) => end_parent(),
        Some(AtCall::Fail | AtCall::FailForGood) => return failed(),
        Some(AtCall::Hang) => thread::sleep(Duration::from_mins(10)),
        Some(AtCall::Vanish) => {
            let _ = fs::remove_file(path);
            return failed();
        }
        Some(harm) if harm.spoils() => input = spoiled(&input, harm),
        Some(AtCall::OtherBefore) => interfere(),
        _ => {}
    }
    let code = real(&PathBuf::from(REAL).join(name), &input);
    match harm {
        Some(AtCall::KillAfter) => end_parent(),
        Some(AtCall::FailAfter) => return failed(),
        Some(AtCall::OtherAfter) => interfere(),
        _ => {}
    }
    code
}

fn number(folder: &Path) -> Option<u64> {
    let mut calls = OpenOptions::new().append(true).open(folder.join(CALLS)).ok()?;
    calls.write_all(b".").ok()?;
    Some(calls.metadata().ok()?.len().saturating_sub(1))
}

fn failed() -> ExitCode {
    let _ = writeln!(std::io::stderr(), "this tool was told to fail");
    ExitCode::FAILURE
}

fn end_parent() {
    if let Ok(parent) = i32::try_from(parent_id())
        && parent > 1
    {
        let _ = kill(Pid::from_raw(parent), Signal::SIGKILL);
        // So that it is gone before we do or say anything.
        thread::sleep(Duration::from_millis(5));
    }
}

/// The text with a rule, or a member, that no tool takes, or only no kernel: a chain that leads into itself.
fn spoiled(input: &[u8], harm: AtCall) -> Vec<u8> {
    let text = String::from_utf8_lossy(input);
    let lines: Vec<&str> = text.lines().collect();
    let middle = lines
        .iter()
        .skip(lines.len() / 2)
        .position(|line| line.starts_with("-A PVEFW") || line.starts_with("add "));
    let at = middle.map_or(lines.len(), |at| at + lines.len() / 2);
    let mut spoiled = String::new();
    for (number, line) in lines.iter().enumerate() {
        if number == at {
            let chain = line.split(' ').nth(1).unwrap_or("no-such-chain");
            match harm {
                _ if line.starts_with("add ") => spoiled.push_str("add no-such-set 10.0.0.1\n"),
                AtCall::KernelRefuses | AtCall::KernelRefusesForGood => {
                    spoiled.extend(["-A ", chain, " -j ", chain, "\n"]);
                }
                _ => spoiled.push_str("-A no-such-chain -j DROP\n"),
            }
        }
        spoiled.push_str(line);
        spoiled.push('\n');
    }
    spoiled.into_bytes()
}

/// What somebody else does who cares for nobody: all of it may fail.
fn interfere() {
    for (tool, words) in [
        ("iptables", ["-w", "-F", "PVEFW-HOST-IN"].as_slice()),
        ("iptables", &["-w", "-D", "INPUT", "-j", "PVEFW-INPUT"]),
        ("iptables", &["-w", "-A", "theirs", "-s", "198.51.100.77", "-j", "ACCEPT"]),
        ("ip6tables", &["-w", "-A", "PVEFW-HOST-IN", "-j", "ACCEPT"]),
        ("ipset", &["flush", "PVEFW-0-management-v4"]),
    ] {
        let _ = Command::new(Path::new(REAL).join(tool))
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn real(program: &Path, input: &[u8]) -> ExitCode {
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).stdin(Stdio::piped());
    let Ok(mut child) = command.spawn() else { return ExitCode::FAILURE };
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input);
    }
    let code = child.wait().ok().and_then(|status| status.code()).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
