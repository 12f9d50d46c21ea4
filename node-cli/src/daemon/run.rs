//! The loop.

use core::time::Duration;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};
use std::{process, thread};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use pvefw_core::host::daemon::{Cause, Event, News, Schedule};

use super::control::{Client, Control, Request};
use super::lookout::Lookout;
use super::tally::Tally;
use super::worker::Worker;
use super::{LOCK, LOGGER_METRICS, SOCKET};
use crate::args::DaemonArgs;
use crate::command::node::{demand_right, demand_tools};
use crate::exit::{Exit, Stop};
use crate::output::{Output, words};
use crate::root::LIVE;
use crate::service::notify::{self, Status};
use crate::service::{Journal, now};

/// How long a run may take, unless told.
const LIMIT: Duration = Duration::from_mins(3);
/// And how often that is what one tool may.
const TOOLS: u32 = 6;
/// How long a daemon that is just ending may take to let go of the lock.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the loop looks at its clock, at least.
const CALM: Duration = Duration::from_secs(10);

/// Runs the service until a signal or a request ends it.
pub(crate) fn run(args: &DaemonArgs, output: &Output) -> Result<Exit, Stop> {
    demand_right()?;
    if args.background {
        pvefw_core::host::process::detach();
    }
    let journal = Journal::new(output);
    // Signals wait from here on: whoever sends one during the start gets an answer.
    let signals = signals().map_err(|error| Stop::failed(format!("can't listen to signals: {error}")))?;
    demand_tools(&args.state)?;
    let lock = lock(&args.run.run)?;
    let control = match Control::open(&args.run.run.join(SOCKET)) {
        Ok(control) => Some(control),
        Err(why) => {
            journal.say(3, &format!("{why}; the daemon goes on without"));
            None
        }
    };
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from(LIVE));
    let lookout = match Lookout::start(root, args.node.node.clone(), args.node.facts.clone()) {
        Ok(lookout) => lookout,
        Err(why) => return Err(Stop::failed(why)),
    };
    let start = Instant::now();
    let limit = args.state.tool_limit.map_or(LIMIT, |limit| limit * TOOLS);
    let mut daemon = Daemon {
        args,
        journal,
        start,
        schedule: Schedule::new(Duration::ZERO, limit),
        lookout,
        news: News::new(),
        control,
        worker: None,
        confirming: Vec::new(),
        changed: start,
        tally: Tally {
            process: process::id(),
            instance: instance(),
            since: now(),
            phase: "idle".into(),
            ..Tally::default()
        },
        told: String::new(),
        status: Status::new(),
        exit: None,
        _lock: lock,
    };
    daemon.journal.say(5, "starting");
    daemon.serve(&signals)
}

/// Everything the loop works with.
pub(super) struct Daemon<'a> {
    pub(super) args: &'a DaemonArgs,
    pub(super) journal: Journal<'a>,
    start: Instant,
    pub(super) schedule: Schedule,
    lookout: Lookout,
    pub(super) news: News,
    pub(super) control: Option<Control>,
    pub(super) worker: Option<Worker>,
    /// Who waits to hear what came of a confirmation.
    pub(super) confirming: Vec<Client>,
    /// When what the next run is for has changed.
    pub(super) changed: Instant,
    pub(super) tally: Tally,
    /// What was said last of the configuration and of runs, so as not to say it again.
    pub(super) told: String,
    status: Status,
    /// How it all ends, once it does.
    pub(super) exit: Option<Exit>,
    _lock: File,
}

impl Daemon<'_> {
    fn serve(&mut self, signals: &SignalFd) -> Result<Exit, Stop> {
        self.step(Event::Time);
        loop {
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            self.sleep(signals)?;
            // No look blocks, so there is no need to know what woke us.
            self.obey(signals)?;
            if self.lookout.take() {
                self.change(Cause::Files);
            }
            if self.news.take_links() {
                self.change(Cause::Links);
            }
            if self.news.take_rules(self.tally.report.generation) {
                self.change(Cause::Rules);
            }
            self.collect();
            self.answer();
            self.watch_files();
            self.step(Event::Time);
            let tally = &self.tally;
            self.status.beat(Instant::now(), || tally.words());
        }
    }

    /// Waits until there is something to do.
    fn sleep(&self, signals: &SignalFd) -> Result<(), Stop> {
        let now = Instant::now();
        let limits = [self.status.next(now), self.control.as_ref().and_then(|control| control.wait(now))];
        let limit =
            limits.into_iter().flatten().fold(self.schedule.wait(self.uptime()).min(CALM), Duration::min);
        let limit = PollTimeout::try_from(limit.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
        let worker = self.worker.as_ref().and_then(Worker::source);
        let sources = [
            Some(signals.as_fd()),
            Some(self.lookout.source()),
            self.news.links(),
            self.news.rules(),
            worker,
        ];
        let clients = self.control.iter().flat_map(Control::sources);
        let mut polled: Vec<PollFd<'_>> = sources
            .into_iter()
            .flatten()
            .chain(clients)
            .map(|source| PollFd::new(source, PollFlags::POLLIN))
            .collect();
        match poll(&mut polled, limit) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(Stop::failed(format!("can't wait for events: {error}"))),
        }
    }

    /// The time as the schedule has it.
    pub(super) fn uptime(&self) -> Duration {
        self.start.elapsed()
    }

    /// Something has changed.
    pub(super) fn change(&mut self, cause: Cause) {
        if self.schedule.is_calm() {
            self.changed = Instant::now();
        }
        self.step(Event::Changed(cause));
    }

    /// Does as signals say.
    fn obey(&mut self, signals: &SignalFd) -> Result<(), Stop> {
        loop {
            let read = signals.read_signal();
            let signal = read.map_err(|error| Stop::failed(format!("can't read signals: {error}")))?;
            let Some(signal) = signal else { return Ok(()) };
            match i32::try_from(signal.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok()) {
                Some(Signal::SIGHUP) => self.restart(),
                Some(Signal::SIGTERM | Signal::SIGINT | Signal::SIGQUIT) => self.end(),
                // A child has ended: it is collected where its words are.
                _ => {}
            }
        }
    }

    pub(super) fn restart(&mut self) {
        self.journal.say(5, "starting anew; the rules stay");
        self.step(Event::Restart);
    }

    pub(super) fn end(&mut self) {
        if !self.schedule.is_ending() {
            self.journal.say(5, "ending: removing all rules");
            notify::stopping();
        }
        self.step(Event::End);
    }

    /// Answers those who have asked something.
    fn answer(&mut self) {
        let Some(control) = &mut self.control else { return };
        for (request, mut client) in control.take(Instant::now()) {
            match request {
                Request::Status => client.write(&serde_json::to_string(&self.tally).unwrap_or_default()),
                Request::Metrics => client.write(&self.metrics()),
                Request::MetricsByHttp => client.write_http(&self.metrics()),
                Request::Confirm => {
                    self.confirming.push(client);
                    self.step(Event::Confirm);
                }
                Request::Reload => {
                    client.write("ok\n");
                    self.restart();
                }
                Request::Stop => {
                    client.write("ok\n");
                    self.end();
                }
            }
        }
    }

    fn metrics(&self) -> String {
        self.tally.metrics(&fs::read_to_string(LOGGER_METRICS).unwrap_or_default())
    }

    /// Puts the metrics where the node exporter finds them. It reads whole files only.
    pub(super) fn write_metrics(&self) {
        let Some(path) = &self.args.metrics else { return };
        let aside = path.with_extension("new");
        if let Err(error) = fs::write(&aside, self.metrics()).and_then(|()| fs::rename(&aside, path)) {
            self.journal
                .say(4, &format!("can't write the metrics to `{}`: {}", path.display(), words(&error)));
        }
    }

    /// Says so when the files no longer answer, and when they do again.
    fn watch_files(&mut self) {
        let stuck = self.lookout.is_stuck();
        if stuck != self.tally.stuck {
            self.tally.stuck = stuck;
            if stuck {
                self.journal
                    .say(3, "the files of the configuration do not answer; the rules stay as they are");
            } else {
                self.journal.say(5, "the files of the configuration answer again");
                self.change(Cause::Files);
            }
        }
    }
}

/// A number that another start of the same process does not have.
fn instance() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Makes sure that there is one daemon only. The lock is gone with the process, however that ends.
fn lock(folder: &Path) -> Result<File, Stop> {
    let path = folder.join(LOCK);
    let shown = path.display();
    let failed = |error: &std::io::Error| {
        Stop::failed(format!("can't use the lock `{shown}`: {}", words(error)))
            .help("name another folder with `--run` to try the daemon")
    };
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(|error| failed(&error))?;
    }
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(|error| failed(&error))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PATIENCE / 20),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.rewind().and_then(|()| file.take(16).read_to_string(&mut holder));
                let holder = match holder.trim().parse::<u32>() {
                    Ok(process) if read.is_ok() => format!("process {process}"),
                    _ => "another process".to_owned(),
                };
                return Err(Stop::failed(format!("another daemon is running: {holder} holds `{shown}`"))
                    .help("what it does: `pvefw status`; to end it: `pvefw stop`"));
            }
        }
    }
    // Only for messages: a full disk must not keep anybody from working.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", process::id()));
    Ok(file)
}

/// Holds back the signals that we answer, and tells where they can be read.
fn signals() -> Result<SignalFd, Errno> {
    let wanted = SigSet::from_iter([
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ]);
    wanted.thread_block()?;
    SignalFd::with_flags(&wanted, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}
