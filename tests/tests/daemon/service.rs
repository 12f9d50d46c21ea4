//! A daemon with a configuration, a state and a folder to be met in, in a namespace of its own; and a systemd for it.

use core::cell::RefCell;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, process, thread};

use nix::sched::{CloneFlags, unshare};
use pvefw_core::host::Sandbox;
use pvefw_tests::program::pvefw;
use serde_json::Value;

use super::Outcome;

/// How long something may take that must come. Only a hung machine needs as long.
const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(20);

/// The file that says how wrong the clock is.
const CLOCK: &str = "clock";

/// Nodes so far: each has a folder of its own, also where an earlier one could not be removed.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A node, gone at the end of its test.
pub(super) struct Node {
    folder: PathBuf,
}

impl Node {
    pub(super) fn new() -> Result<Self, String> {
        pvefw()?;
        Sandbox::enter().map_err(|error| error.in_full())?;
        // What is mounted is seen here alone.
        unshare(CloneFlags::CLONE_NEWNS).map_err(|error| format!("no mount namespace: {error}"))?;
        tool("mount", &["--make-rprivate", "/"])?;
        tool("ip", &["link", "set", "lo", "up"])?;
        // Paths of sockets are short.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("pvefw-daemon-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("tools")).map_err(|error| format!("no folder: {error}"))?;
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/datacenter");
        copy(&example, &folder.join("root")).map_err(|error| format!("no example: {error}"))?;
        Ok(Self { folder })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Outcome {
        fs::write(self.path(name), text).map_err(|error| format!("can't write `{name}`: {error}"))
    }

    pub(super) fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.path(name)).map_err(|error| format!("can't read `{name}`: {error}"))
    }

    /// Adds a line to a file of the configuration, and saves it as the API does: under another name first.
    pub(super) fn add(&self, file: &str, line: &str) -> Outcome {
        let text = self.read(&format!("root/{file}"))?;
        self.replace(file, &format!("{text}{line}\n"))
    }

    pub(super) fn replace(&self, file: &str, text: &str) -> Outcome {
        let aside = format!("root/{file}.tmp.4711");
        self.write(&aside, text)?;
        fs::rename(self.path(&aside), self.path(&format!("root/{file}"))).map_err(|error| error.to_string())
    }

    pub(super) fn command(&self, words: &[&str]) -> Result<Command, String> {
        let mut command = Command::new(pvefw()?);
        let (first, rest) = words.split_first().ok_or("no command")?;
        command.arg(first);
        if !["stop", "rollback", "confirm"].contains(first) {
            command
                .arg(self.path("root"))
                .args(["--node", "pve1", "--facts"])
                .arg(self.path("root/facts.json"));
        }
        command.args(rest).current_dir(&self.folder).stdin(Stdio::null());
        let tools = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("tools").display());
        command.env_clear().env("PATH", tools).env("PVEFW_STATE", self.path("state"));
        command.env("PVEFW_RUN", self.path("run")).env("PVEFW_TOOL_LIMIT", "5");
        if self.path(CLOCK).exists() {
            // The time since the start of the machine is not to be had otherwise: nobody can change it.
            command.env("LD_PRELOAD", faketime()?).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command.env("FAKETIME_TIMESTAMP_FILE", self.path(CLOCK)).env("FAKETIME_NO_CACHE", "1");
        }
        Ok(command)
    }

    /// Sets the clock of all that is started from now on, and of what was started since this was called first.
    pub(super) fn set_clock(&self, offset: &str) -> Outcome {
        let aside = format!("{CLOCK}.new");
        self.write(&aside, offset)?;
        fs::rename(self.path(&aside), self.path(CLOCK)).map_err(|error| error.to_string())
    }

    /// Runs a command; its status and what it said on both outputs.
    pub(super) fn run(&self, words: &[&str]) -> Result<(Option<i32>, String), String> {
        let output = self.command(words)?.output().map_err(|error| format!("can't start pvefw: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        Ok((output.status.code(), said.into_owned()))
    }

    /// Runs a command, and demands a status and words.
    pub(super) fn demand(&self, words: &[&str], status: i32, said: &[&str]) -> Outcome {
        let (code, text) = self.run(words)?;
        let missing = said.iter().find(|word| !text.contains(**word));
        if code != Some(status) || missing.is_some() {
            return Err(format!("`pvefw {}` ended with {code:?} and said: {text}", words.join(" ")));
        }
        Ok(())
    }

    /// The same, without the capability that changing rules takes.
    pub(super) fn demand_without_rights(&self, words: &[&str], status: i32, said: &[&str]) -> Outcome {
        let real = self.command(words)?;
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"]).arg(real.get_program());
        let output =
            command.args(real.get_args()).output().map_err(|error| format!("no setpriv: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(status) || said.iter().any(|word| !text.contains(word)) {
            return Err(format!("without rights it ended with {} and said: {text}", output.status));
        }
        Ok(())
    }

    /// Puts a program into the way of a tool: while the file `hang` is there, it does nothing and does not end.
    pub(super) fn wrap(&self, name: &str) -> Outcome {
        let script = format!(
            "#!/bin/sh\nif [ -e {0}/hang ]; then exec sleep 1000; fi\nexec /usr/sbin/{name} \"$@\"\n",
            self.folder.display()
        );
        self.write(&format!("tools/{name}"), &script)?;
        tool("chmod", &["755", &self.path(&format!("tools/{name}")).display().to_string()])
    }

    /// Starts a daemon and waits until it says that it is ready.
    pub(super) fn daemon(&self, words: &[&str]) -> Result<Daemon<'_>, String> {
        let daemon = self.spawn(words)?;
        daemon.wait_for_state("READY=1")?;
        Ok(daemon)
    }

    /// Starts a daemon.
    pub(super) fn spawn(&self, words: &[&str]) -> Result<Daemon<'_>, String> {
        let failed = |error: std::io::Error| error.to_string();
        let notify = self.path("notify");
        let _ = fs::remove_file(&notify);
        let states = UnixDatagram::bind(&notify).map_err(failed)?;
        states.set_nonblocking(true).map_err(failed)?;
        let said = File::options().append(true).create(true).open(self.path("said")).map_err(failed)?;
        let mut command = self.command(&[&["daemon"], words].concat())?;
        command.env("NOTIFY_SOCKET", &notify).env("WATCHDOG_USEC", "400000").env("JOURNAL_STREAM", "1:2");
        let child = command.stdout(Stdio::null()).stderr(said).spawn().map_err(failed)?;
        Ok(Daemon { node: self, child: RefCell::new(child), states, told: RefCell::default() })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A daemon that runs.
pub(super) struct Daemon<'a> {
    node: &'a Node,
    child: RefCell<Child>,
    /// What it tells systemd comes here,
    states: UnixDatagram,
    /// and what has come already.
    told: RefCell<Vec<String>>,
}

impl Daemon<'_> {
    pub(super) fn id(&self) -> u32 {
        self.child.borrow().id()
    }

    /// Waits for something that must come; fails when the daemon ends before.
    pub(super) fn wait_until(&self, what: &str, mut came: impl FnMut() -> Result<bool, String>) -> Outcome {
        let begun = Instant::now();
        while !came()? {
            let ended = self.child.borrow_mut().try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() && !came()? {
                return Err(format!("it ended before {what} came: {}", self.node.read("said")?));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{what} did not come; it said: {}", self.node.read("said")?));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Waits until a tool's dump has these words, or no longer has.
    pub(super) fn wait_for_rules(&self, words: &str, there: bool) -> Outcome {
        let what = format!("`{words}` {} the rules", if there { "in" } else { "out of" });
        self.wait_until(&what, || Ok(dump("iptables-save")?.contains(words) == there))
    }

    /// Waits for a line in its journal.
    pub(super) fn wait_for_words(&self, words: &str) -> Outcome {
        self.wait_until(&format!("`{words}`"), || Ok(self.node.read("said")?.contains(words)))
    }

    /// Waits until its status has a value at a place.
    pub(super) fn wait_for_status(&self, pointer: &str, wanted: &Value) -> Outcome {
        self.wait_until(&format!("{pointer} = {wanted}"), || {
            let status: Value = self
                .ask("status")
                .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()))
                .unwrap_or_default();
            Ok(status.pointer(pointer) == Some(wanted))
        })
    }

    /// A number in its status.
    pub(super) fn count(&self, pointer: &str) -> Result<u64, String> {
        let status: Value = serde_json::from_str(&self.ask("status")?).map_err(|error| error.to_string())?;
        status
            .pointer(pointer)
            .and_then(Value::as_u64)
            .ok_or_else(|| format!("no number {pointer} in {status}"))
    }

    /// Waits for something that systemd is told, from the last that was waited for.
    pub(super) fn wait_for_state(&self, wanted: &str) -> Outcome {
        let mut bytes = [0; 4096];
        self.wait_until(&format!("`{wanted}` for systemd"), || {
            while let Ok(length) = self.states.recv(&mut bytes) {
                let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
                self.told.borrow_mut().extend(text.lines().map(str::to_owned));
            }
            let mut told = self.told.borrow_mut();
            let found = told.iter().position(|line| line.starts_with(wanted));
            if let Some(at) = found {
                told.drain(..=at);
            }
            Ok(found.is_some())
        })
    }

    /// Asks its control socket.
    pub(super) fn ask(&self, question: &str) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("no answer: {error}");
        let mut stream = UnixStream::connect(self.node.path("run/control")).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.write_all(format!("{question}\n").as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        Ok(answer)
    }

    pub(super) fn signal(&self, name: &str) -> Outcome {
        tool("kill", &[&format!("-{name}"), &self.id().to_string()])
    }

    /// Waits for its end.
    pub(super) fn ends(&self, status: Option<i32>) -> Outcome {
        let begun = Instant::now();
        loop {
            match self.child.borrow_mut().try_wait().map_err(|error| error.to_string())? {
                Some(ended) if ended.code() == status => return Ok(()),
                Some(ended) => return Err(format!("it ended with {ended}: {}", self.node.read("said")?)),
                None if begun.elapsed() > PATIENCE => return Err("it does not end".into()),
                None => thread::sleep(PAUSE),
            }
        }
    }

    /// Ends it as systemd does.
    pub(super) fn stop(&self) -> Outcome {
        self.signal("TERM")?;
        self.ends(Some(0))
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let _ = self.child.borrow_mut().kill();
        let _ = self.child.borrow_mut().wait();
    }
}

/// The library by which a program believes in another time, of Debian's package `faketime`.
fn faketime() -> Result<PathBuf, String> {
    let entries = fs::read_dir("/usr/lib").map_err(|error| error.to_string())?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
        .find(|path| path.exists())
        .ok_or_else(|| "there is no libfaketime: `apt-get install faketime`".into())
}

/// Runs a tool.
pub(super) fn tool(program: &str, words: &[&str]) -> Outcome {
    let status = Command::new(program).args(words).status();
    let status = status.map_err(|error| format!("can't start `{program}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {}` ended with {status}", words.join(" ")))
    }
}

/// What a tool prints.
pub(super) fn dump(program: &str) -> Result<String, String> {
    let output =
        Command::new(program).output().map_err(|error| format!("can't start `{program}`: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
