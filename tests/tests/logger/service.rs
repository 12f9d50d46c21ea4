//! A logger that runs in a folder of its own, and a systemd for it.

use core::cell::RefCell;
use core::time::Duration;
use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, thread};

use pvefw_tests::program::pvefw;

use super::Outcome;

/// How long something may take that must come. Only a hung machine needs as long.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A folder for one test, gone at its end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Result<Self, String> {
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("logger").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| format!("no folder `{}`: {error}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A logger in this folder, with its log and lock in it unless told otherwise.
    fn command(&self, words: &[&str]) -> Result<Command, String> {
        let mut command = Command::new(pvefw()?);
        command.arg("logger");
        for (option, file) in [("--log", "log"), ("--lock", "lock")] {
            if !words.contains(&option) {
                command.args([option, file]);
            }
        }
        command.args(words);
        Ok(self.at_home(command))
    }

    fn at_home(&self, mut command: Command) -> Command {
        command.current_dir(&self.0).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("TZ", "UTC").env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
        command
    }

    /// Runs a logger that is not meant to get far.
    pub(super) fn run(&self, words: &[&str]) -> Result<Ended, String> {
        Ended::of(&mut self.command(words)?)
    }

    /// Runs one that may not even ask the kernel.
    pub(super) fn run_without_rights(&self) -> Result<Ended, String> {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"]).arg(pvefw()?);
        command.args(["logger", "--log", "log", "--lock", "lock"]);
        Ended::of(&mut self.at_home(command))
    }

    /// Starts a further logger, whose words go to the same file.
    pub(super) fn start_beside(&self, words: &[&str]) -> Result<Service<'_>, String> {
        Service::spawn(self, words, "notify-beside")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A logger that has ended by itself.
pub(super) struct Ended {
    status: Option<i32>,
    words: String,
}

impl Ended {
    fn of(command: &mut Command) -> Result<Self, String> {
        let output = command.output().map_err(|error| format!("can't start {command:?}: {error}"))?;
        Ok(Self { status: output.status.code(), words: String::from_utf8_lossy(&output.stderr).into_owned() })
    }

    /// Demands that it has refused to start, with these words.
    pub(super) fn refused(&self, words: &[&str]) -> Outcome {
        match words.iter().find(|word| !self.words.contains(**word)) {
            None if self.status == Some(2) => Ok(()),
            None => Err(format!("it ended with {:?}: {}", self.status, self.words)),
            Some(word) => Err(format!("`{word}` is not in `{}`", self.words)),
        }
    }
}

/// A running logger.
pub(super) struct Service<'a> {
    folder: &'a Folder,
    child: RefCell<Child>,
    /// What it tells systemd comes here.
    states: UnixDatagram,
}

impl<'a> Service<'a> {
    /// Starts one, and waits until it says that it is ready.
    pub(super) fn start(folder: &'a Folder, words: &[&str]) -> Result<Self, String> {
        let service = Self::spawn(folder, words, "notify")?;
        if words.is_empty() && folder.path("log").exists() && folder.path("log").is_symlink() {
            return Ok(service);
        }
        service.wait_for("err", "starting pvefw logger")?;
        Ok(service)
    }

    fn spawn(folder: &'a Folder, words: &[&str], socket: &str) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        // Paths of sockets are short, and ours may be long: both sides go there by a relative one.
        env::set_current_dir(&folder.0).map_err(failed)?;
        let states = UnixDatagram::bind(socket).map_err(failed)?;
        states.set_nonblocking(true).map_err(failed)?;
        let address = fs::canonicalize(socket).map_err(failed)?;
        let err = File::options().append(true).create(true).open(folder.path("err")).map_err(failed)?;
        let mut command = folder.command(words)?;
        command.env("NOTIFY_SOCKET", address).env("WATCHDOG_USEC", "200000").stderr(err);
        let child = command.spawn().map_err(failed)?;
        Ok(Self { folder, child: RefCell::new(child), states })
    }

    /// Waits for something that must come; fails when the logger ends before.
    pub(super) fn wait_until(&self, what: &str, mut came: impl FnMut() -> Result<bool, String>) -> Outcome {
        let begun = Instant::now();
        while !came()? {
            let ended = self.child.borrow_mut().try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() && !came()? {
                let words = fs::read_to_string(self.folder.path("err")).unwrap_or_default();
                return Err(format!("it ended before {what} came: {words}"));
            }
            if begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.path("log")).unwrap_or_default();
                return Err(format!("{what} did not come; the log is `{log}`"));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Waits for a line with these words in a file of the folder.
    pub(super) fn wait_for(&self, file: &str, words: &str) -> Result<String, String> {
        let mut line = String::new();
        self.wait_until(&format!("`{words}`"), || {
            let text = fs::read_to_string(self.folder.path(file)).unwrap_or_default();
            // A line without its end is still being written.
            let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
            let found = whole.lines().find(|line| line.contains(words));
            found.unwrap_or_default().clone_into(&mut line);
            Ok(found.is_some())
        })?;
        Ok(line)
    }

    /// Waits for something that systemd is told from now on.
    pub(super) fn wait_for_state(&self, wanted: &str) -> Outcome {
        let mut bytes = [0; 4096];
        self.wait_until(&format!("`{wanted}` for systemd"), || {
            let Ok(length) = self.states.recv(&mut bytes) else { return Ok(false) };
            let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default());
            Ok(text.lines().any(|line| line.starts_with(wanted)))
        })
    }

    /// Makes it open its file again, and waits until it has.
    pub(super) fn reload(&self) -> Outcome {
        while self.states.recv(&mut [0; 4096]).is_ok() {}
        self.signal("HUP")?;
        self.wait_for_state("RELOADING=1")?;
        self.wait_for_state("READY=1")
    }

    pub(super) fn signal(&self, name: &str) -> Outcome {
        let id = self.child.borrow().id().to_string();
        super::tool("kill", &[&format!("-{name}"), &id], "")
    }

    /// Ends it, and demands an exit status.
    pub(super) fn stop(&self, status: i32) -> Outcome {
        self.signal("TERM")?;
        self.ended(status)
    }

    /// Demands that it ends, and its exit status.
    pub(super) fn ended(&self, status: i32) -> Outcome {
        let ended = self.child.borrow_mut().wait().map_err(|error| error.to_string())?;
        if ended.code() == Some(status) {
            return Ok(());
        }
        let words = fs::read_to_string(self.folder.path("err")).unwrap_or_default();
        Err(format!("it ended with {ended}: {words}"))
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let mut child = self.child.borrow_mut();
        let _ = child.kill();
        let _ = child.wait();
    }
}
