//! Runs one tool to its end: input fed, output captured, a time limit kept.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;
use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::error::{Error, Refusal};

/// After this long the caller is told that the tool is still at it.
pub(super) const SLOW: Duration = Duration::from_secs(1);

/// One run of one tool.
pub(super) struct Job<'a> {
    /// The program, found before.
    pub(super) program: &'a Path,
    /// Its arguments.
    pub(super) args: &'a [&'a str],
    /// What it reads from stdin.
    pub(super) input: &'a str,
    /// Its whole environment.
    pub(super) env: &'a [(&'a str, &'a OsStr)],
    /// When to kill it.
    pub(super) limit: Duration,
    /// Told the program's name once when it takes longer than a second.
    pub(super) slow: Option<fn(&str)>,
}

enum Stream {
    Out,
    Err,
}

impl Job<'_> {
    /// Runs it; what it wrote to stdout, if it ended well.
    pub(super) fn run(&self) -> Result<String, Error> {
        let (status, stdout, stderr) = self.finish()?;
        if status.success() {
            return Ok(stdout);
        }
        Err(Error::Refused(Refusal::new(&self.name(), status, &stderr)))
    }

    /// Runs it; what it wrote to stdout, however it ended.
    pub(super) fn answer(&self) -> Result<String, Error> {
        self.finish().map(|(_, stdout, _)| stdout)
    }

    fn name(&self) -> String {
        self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy().into_owned()
    }

    fn finish(&self) -> Result<(ExitStatus, String, String), Error> {
        let begun = Instant::now();
        let mut child = self.start()?;
        let (done, finished) = channel();

        // Three threads, so that no pipe can fill up while we wait at another. They own what they need: should a
        // killed tool leave its pipes to a child of its own, we return all the same and they end with that child.
        let mut threads = Vec::new();
        if let Some(mut stdin) = child.stdin.take() {
            let input = self.input.to_owned();
            // A tool that stops reading tells why by its exit status; the broken pipe adds nothing.
            threads.push(thread::spawn(move || drop(stdin.write_all(input.as_bytes()))));
        }
        if let Some(stdout) = child.stdout.take() {
            threads.push(drain(stdout, Stream::Out, done.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            threads.push(drain(stderr, Stream::Err, done.clone()));
        }
        drop(done);

        let (mut stdout, mut stderr) = (String::new(), String::new());
        let mut slow = self.slow;
        loop {
            let left = self.limit.saturating_sub(begun.elapsed());
            let patience = if slow.is_some() { left.min(SLOW) } else { left };
            match finished.recv_timeout(patience) {
                Ok((Stream::Out, text)) => stdout = text,
                Ok((Stream::Err, text)) => stderr = text,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if begun.elapsed() >= self.limit => {
                    return Err(self.kill(&mut child));
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(report) = slow.take() {
                        report(&self.name());
                    }
                }
            }
        }
        let status = self.wait(&mut child, begun)?;
        // Nothing of ours runs on: a caller may want to enter a namespace next.
        for thread in threads {
            drop(thread.join());
        }
        Ok((status, stdout, stderr))
    }

    fn start(&self) -> Result<Child, Error> {
        Command::new(self.program)
            .args(self.args)
            .env_clear()
            .envs(self.env.iter().copied())
            .current_dir("/")
            // Ctrl-C is for us to handle: a tool that ends half-way is a failure. And what it starts dies with it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Start { tool: self.program.display().to_string(), source })
    }

    /// Both outputs are closed, so the end is near; but a tool may close them and go on.
    fn wait(&self, child: &mut Child, begun: Instant) -> Result<ExitStatus, Error> {
        let mut pause = Duration::from_micros(100);
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if begun.elapsed() >= self.limit => return Err(self.kill(child)),
                Ok(None) => thread::sleep(pause),
                Err(source) => return Err(Error::Start { tool: self.name(), source }),
            }
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn kill(&self, child: &mut Child) -> Error {
        // What the tool has started might go on changing rules behind our back.
        if let Ok(id) = i32::try_from(child.id()) {
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
        // It may have ended in between; then there is nothing to kill and only the zombie to collect.
        if child.kill().is_ok() {
            drop(child.wait());
        }
        Error::TimedOut { tool: self.name(), limit: self.limit }
    }
}

fn drain(
    mut pipe: impl Read + Send + 'static,
    stream: Stream,
    done: Sender<(Stream, String)>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a read error is still worth reporting; the exit status decides anyway.
        drop(pipe.read_to_end(&mut bytes));
        drop(done.send((stream, String::from_utf8_lossy(&bytes).into_owned())));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<'a>(program: &'a str, args: &'a [&'a str], input: &'a str) -> Job<'a> {
        Job { program: Path::new(program), args, input, env: &[], limit: Duration::from_mins(1), slow: None }
    }

    /// Far more than a pipe holds, in both directions at once.
    #[test]
    fn large_input_and_output_do_not_block_each_other() {
        let input = "0123456789abcdef\n".repeat(300_000);
        assert_eq!(job("/bin/cat", &[], &input).run().unwrap(), input);
    }

    #[test]
    fn a_tool_that_reads_nothing_is_no_failure() {
        let input = "x".repeat(1 << 20);
        assert_eq!(job("/bin/true", &[], &input).run().unwrap(), "");
    }

    #[test]
    fn a_tool_that_hangs_is_killed() {
        let mut hanging = job("/bin/sleep", &["1000"], "");
        hanging.limit = Duration::from_millis(20);
        assert!(matches!(hanging.run(), Err(Error::TimedOut { tool, .. }) if tool == "sleep"));
    }

    #[test]
    fn failures_carry_status_and_words() {
        let Err(Error::Refused(refusal)) = job("/bin/ls", &["/nowhere/at/all"], "").run() else {
            panic!("`ls` of nothing succeeded");
        };
        assert_eq!((refusal.tool.as_str(), refusal.status.as_str()), ("ls", "exit status: 2"));
        assert!(refusal.stderr.concat().contains("/nowhere/at/all"), "{refusal:?}");
        assert!(matches!(job("/nowhere/at/all", &[], "").run(), Err(Error::Start { .. })));
    }

    #[test]
    fn the_environment_is_what_we_give() {
        let mut env = job("/usr/bin/env", &[], "");
        let value = OsStr::new("C");
        let variables = [("LC_ALL", value)];
        env.env = &variables;
        assert_eq!(env.run().unwrap(), "LC_ALL=C\n");
    }
}
