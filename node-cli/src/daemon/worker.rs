//! A run in a process of its own: this program again, which says in one line of JSON what came of it.

use std::fs;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use pvefw_core::host::daemon::{Report, Work};

use crate::args::{DaemonArgs, word};
use crate::output::words;

/// More than a run ever says; what comes after is dropped.
const LONGEST: usize = 1 << 20;

/// A run that is going on.
pub(super) struct Worker {
    child: Child,
    stdout: Option<ChildStdout>,
    said: Vec<u8>,
    killed: bool,
}

impl Worker {
    /// Starts one.
    pub(super) fn start(work: Work, args: &DaemonArgs) -> Result<Self, String> {
        // The program that we are, also where another one was installed in its place: the two have to understand each
        // other. After a reload, both are the new one.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("pvefw").arg("daemon-cycle").arg(word(work));
        command.args(&args.root);
        if args.allow_errors {
            command.arg("--allow-errors");
        }
        if let Some(node) = &args.node.node {
            command.arg("--node").arg(node);
        }
        if let Some(facts) = &args.node.facts {
            command.arg("--facts").arg(facts);
        }
        command.arg("--state").arg(&args.state.state);
        if let Some(variant) = args.state.variant {
            command.arg("--variant").arg(variant.name());
        }
        if let Some(limit) = args.state.tool_limit {
            command.arg("--tool-limit").arg(limit.as_secs().to_string());
        }
        // What systemd tells us is not meant for it.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            command.env_remove(name);
        }
        // Ctrl-C is for us to handle.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("can't start a run: {}", words(&error)))?;
        let stdout = child.stdout.take();
        if let Some(stdout) = &stdout {
            let nonblocking = fcntl(stdout, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
            nonblocking.map_err(|error| format!("can't listen to a run: {error}"))?;
        }
        Ok(Self { child, stdout, said: Vec::new(), killed: false })
    }

    /// Where to wait for what it says.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.stdout.as_ref().map(|stdout| stdout.as_fd())
    }

    /// Its report, if it has ended. Never waits.
    pub(super) fn report(&mut self) -> Option<Report> {
        self.listen();
        let status = match self.child.try_wait() {
            Ok(Some(status)) => status,
            Ok(None) => return None,
            Err(error) => return Some(Report::failed(format!("can't wait for a run: {}", words(&error)))),
        };
        self.listen();
        if self.killed {
            return Some(Report::failed(
                "a run took too long and was killed; the next one looks what it left",
            ));
        }
        Some(serde_json::from_slice(&self.said).unwrap_or_else(|_| {
            Report::failed(format!("a run ended without a word ({status}); the next one looks what it left"))
        }))
    }

    /// Ends it by force, and the tools that it has started: they might go on changing rules behind our back.
    pub(super) fn kill(&mut self) {
        self.killed = true;
        let id = self.child.id();
        let tools = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let more: String =
            threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok()).collect();
        // It may have ended in between.
        let _ = self.child.kill();
        for tool in tools.split_whitespace().chain(more.split_whitespace()).filter_map(|id| id.parse().ok()) {
            let _ = killpg(Pid::from_raw(tool), Signal::SIGKILL);
        }
    }

    fn listen(&mut self) {
        let Some(stdout) = &mut self.stdout else { return };
        let mut piece = [0; 4096];
        loop {
            match stdout.read(&mut piece) {
                Ok(0) => break,
                Ok(length) if self.said.len() < LONGEST => {
                    self.said.extend(piece.get(..length).unwrap_or_default());
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.stdout = None;
    }
}
