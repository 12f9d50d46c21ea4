//! What can go wrong between us and the machine.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

use nix::errno::Errno;

use super::tool::{Tool, Variant};

/// How many lines of a tool's complaint are kept.
const KEPT_LINES: usize = 6;

/// A failure at the host edge.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Tools that are not installed.
    Missing(Vec<Missing>),
    /// A tool that could not be started.
    Start {
        /// The program.
        tool: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A tool that did its work and said no.
    Refused(Refusal),
    /// A tool that did not end in time; it was killed.
    TimedOut {
        /// The program.
        tool: String,
        /// How long it had.
        limit: Duration,
    },
    /// What was read back is not what was loaded: what is different, a sentence each.
    Unverified(Vec<String>),
    /// A thread of ours ended early.
    Thread,
    /// A file of ours that can't be read or written.
    File {
        /// What was attempted: `read`, `write`, …
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another run holds the lock.
    Busy {
        /// Who that is, as far as the lock file says.
        holder: String,
    },
    /// The kernel does not take or give what goes through a netlink socket.
    Netlink {
        /// What was attempted.
        attempt: &'static str,
        /// What the kernel said.
        source: Errno,
        /// What the user can do, where that is known.
        advice: Option<&'static str>,
    },
    /// A namespace can only be entered while the process has a single thread.
    Threads(usize),
    /// The system does not let us have a network namespace.
    Namespace {
        /// What was attempted.
        attempt: &'static str,
        /// What the system said.
        source: Errno,
        /// What the user can do.
        advice: &'static str,
    },
}

/// A tool that is not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The program looked for.
    pub program: &'static str,
    /// The Debian package it comes in.
    pub package: &'static str,
}

impl Missing {
    pub(super) const fn new(tool: Tool, variant: Option<Variant>) -> Self {
        let program = match tool.programs(variant) {
            [first, ..] => first,
            [] => tool.name(),
        };
        Self { program, package: tool.package() }
    }
}

/// A tool's refusal, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The program.
    pub tool: String,
    /// How it ended: `exit status 2`, or the signal.
    pub status: String,
    /// The first lines it wrote to stderr, without blank lines and without its advice to read the manual.
    pub stderr: Vec<String>,
    /// The line of its input it complains about, counted from 1, if it named one.
    pub line: Option<usize>,
}

impl Refusal {
    /// Reads the complaint of `tool`.
    pub(super) fn new(tool: &str, status: std::process::ExitStatus, stderr: &str) -> Self {
        let lines: Vec<&str> = stderr
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty() && !line.starts_with("Try `"))
            .collect();
        Self {
            tool: tool.to_string(),
            status: status.to_string(),
            line: lines.iter().find_map(|line| line_number(line)),
            stderr: lines.into_iter().take(KEPT_LINES).map(String::from).collect(),
        }
    }
}

impl Refusal {
    /// Whether the kernel has not what the tool changes.
    pub(super) fn is_for_want_of_kernel(&self) -> bool {
        const WORDS: [&str; 5] = [
            "kernel doesn't support",
            "can't initialize",
            "Table does not exist",
            "Failed to initialize nft",
            "not supported",
        ];
        self.stderr.iter().any(|line| WORDS.iter().any(|words| line.contains(words)))
    }

    /// Whether the tool could not get its message through to the kernel for its size.
    pub(super) fn is_for_size(&self) -> bool {
        self.stderr.iter().any(|line| line.contains("Message too long"))
    }
}

/// The number after the word `line` in any of the tools' spellings: `line: 3`, `line 3 failed`, `in line 3: …`.
fn line_number(complaint: &str) -> Option<usize> {
    let mut words = complaint.split_whitespace();
    while let Some(word) = words.next() {
        if word.trim_end_matches(':') == "line" {
            let number = words.next()?.trim_end_matches(':');
            if let Ok(number) = number.parse() {
                return Some(number);
            }
        }
    }
    None
}

/// The packages to install for `missing`, each once, in order of first need.
fn packages(missing: &[Missing]) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for tool in missing {
        if !packages.contains(&tool.package) {
            packages.push(tool.package);
        }
    }
    packages
}

/// The way out where there is no ebtables.
pub const WITHOUT_BRIDGE: &str = "to do without ebtables: `ebtables: 0` in the options of the cluster file";

impl Error {
    /// Whether ebtables is missing or has refused: many kernels lack it.
    pub fn is_of_bridge(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.tool.starts_with("ebtables"),
            Self::Missing(missing) => missing.iter().any(|missing| missing.program.starts_with("ebtables")),
            _ => false,
        }
    }

    /// Everything there is to say, in one line: the error with its causes, what the tool said, and the advice.
    pub fn in_full(&self) -> String {
        let mut parts = alloc::vec![self.to_string()];
        let mut cause = core::error::Error::source(self);
        while let Some(deeper) = cause {
            parts.push(deeper.to_string());
            cause = deeper.source();
        }
        if let Self::Refused(refusal) = self {
            parts.extend(refusal.stderr.iter().cloned());
        }
        parts.extend(self.advice().map(|advice| alloc::format!("help: {advice}")));
        parts.join("; ")
    }

    /// What the user can do about it, where that is known: a command or a sentence.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Missing(missing) => Some(alloc::format!("apt-get install {}", packages(missing).join(" "))),
            Self::Namespace { advice, .. } => Some((*advice).to_string()),
            Self::Busy { .. } => {
                Some("wait for it to end, or end it: what it was at is then completed or undone".to_string())
            }
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => Some("be root, or name another folder".to_string()),
                std::io::ErrorKind::ReadOnlyFilesystem => {
                    Some("mount it writable, or name another folder: `--state DIR`".to_string())
                }
                std::io::ErrorKind::StorageFull => {
                    Some("make room, or name another folder: `--state DIR`".to_string())
                }
                _ => None,
            },
            Self::Start { .. }
            | Self::Refused(_)
            | Self::TimedOut { .. }
            | Self::Unverified(_)
            | Self::Thread
            | Self::Threads(_) => None,
            Self::Netlink { advice, .. } => advice.map(String::from),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => {
                let names: Vec<&str> = missing.iter().map(|tool| tool.program).collect();
                write!(out, "not installed: {}", names.join(", "))
            }
            Self::Start { tool, .. } => write!(out, "can't start `{tool}`"),
            Self::Refused(refusal) => refusal.fmt(out),
            Self::TimedOut { tool, limit } => {
                write!(out, "`{tool}` did not end within {} s and was killed", limit.as_secs())
            }
            Self::Unverified(differences) => {
                write!(out, "what was read back is not what was loaded: {}", differences.join("; "))
            }
            Self::Thread => out.write_str("a thread of ours ended early"),
            Self::File { attempt, path, .. } => write!(out, "can't {attempt} `{}`", path.display()),
            Self::Busy { holder } => write!(out, "another program is at work on the rules: {holder}"),
            Self::Threads(count) => {
                write!(out, "can't enter a namespace with {count} threads running, only with one")
            }
            Self::Namespace { attempt, .. } | Self::Netlink { attempt, .. } => {
                write!(out, "can't {attempt}")
            }
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Start { source, .. } => Some(source),
            Self::Namespace { source, .. } | Self::Netlink { source, .. } => Some(source),
            Self::File { source, .. } => Some(source),
            Self::Missing(_)
            | Self::Refused(_)
            | Self::TimedOut { .. }
            | Self::Unverified(_)
            | Self::Thread
            | Self::Busy { .. }
            | Self::Threads(_) => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` refused ({})", self.tool, self.status)?;
        match self.stderr.first() {
            Some(first) => write!(out, ": {first}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    fn refusal(stderr: &str) -> Refusal {
        Refusal::new("iptables-restore", std::process::ExitStatus::from_raw(2 << 8), stderr)
    }

    /// As captured from iptables 1.8.9 of both variants, ebtables-nft 1.8.9 and ipset 7.17.
    #[test]
    fn finds_the_line_in_every_spelling() {
        let spellings = [
            (
                "iptables-nft-restore v1.8.9 (nf_tables): unknown option \"--dpotr\"\nError occurred at line: 3\n",
                3,
            ),
            (
                "iptables-restore v1.8.9 (legacy): Set nosuch doesn't exist.\n\nError occurred at line: 17\n",
                17,
            ),
            ("iptables-nft-restore: line 3 failed: No chain/target/match by that name.\n", 3),
            ("iptables-restore: line 1 failed\n", 1),
            ("ipset v7.17: Error in line 2: The set with the given name does not exist\n", 2),
        ];
        for (stderr, line) in spellings {
            assert_eq!(refusal(stderr).line, Some(line), "{stderr}");
        }
        assert_eq!(refusal("ebtables-restore: final implicit COMMIT failed\n").line, None);
    }

    #[test]
    fn keeps_what_the_tool_said_without_its_advice() {
        let refusal = refusal(
            "iptables-restore v1.8.9 (legacy): Set nosuch doesn't exist.\n\nError occurred at line: 3\nTry `iptables-restore -h' for more information.\n",
        );
        assert_eq!(
            refusal.stderr,
            ["iptables-restore v1.8.9 (legacy): Set nosuch doesn't exist.", "Error occurred at line: 3"]
        );
        assert_eq!(
            refusal.to_string(),
            "`iptables-restore` refused (exit status: 2): iptables-restore v1.8.9 (legacy): Set nosuch doesn't exist."
        );
    }

    #[test]
    fn knows_a_kernel_without_ebtables() {
        for stderr in [
            "The kernel doesn't support the ebtables 'filter' table.\n",
            "ebtables-nft-save: Failed to initialize nft: Protocol not supported\n",
        ] {
            assert!(refusal(stderr).is_for_want_of_kernel(), "{stderr}");
        }
        assert!(!refusal("this tool was told to fail\n").is_for_want_of_kernel());
    }

    #[test]
    fn tells_all_in_one_line() {
        let error = Error::Namespace { attempt: "make a namespace", source: Errno::EPERM, advice: "be root" };
        assert_eq!(error.in_full(), "can't make a namespace; EPERM: Operation not permitted; help: be root");
        let words = Error::Refused(refusal("one: no\ntwo: no\n")).in_full();
        assert!(words.ends_with("; one: no; two: no"), "{words}");
    }

    #[test]
    fn names_each_package_once() {
        let error = Error::Missing(alloc::vec![
            Missing { program: "iptables", package: "iptables" },
            Missing { program: "ip6tables", package: "iptables" },
            Missing { program: "ipset", package: "ipset" },
        ]);
        assert_eq!(error.to_string(), "not installed: iptables, ip6tables, ipset");
        assert_eq!(error.advice().as_deref(), Some("apt-get install iptables ipset"));
    }
}
