//! The loop.

use core::time::Duration;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use pvefw_core::host::netlink::{Netlink, Protocol, Received};
use pvefw_core::host::nflog::Counts;
use pvefw_core::host::{Error, Nflog};
use pvefw_core::log::{conntrack, line};

use super::clock::Clock;
use super::file::{Change, LogFile};
use super::names::Names;
use super::{CONNTRACK, lock, metrics};
use crate::args::LoggerArgs;
use crate::exit::{Exit, Stop};
use crate::output::{Output, words};
use crate::service::Journal;
use crate::service::notify::{self, Status};

/// Datagrams read before what they say is written, at most.
const DATAGRAMS: usize = 64;

/// How long to sleep while nothing happens.
const CALM: Duration = Duration::from_mins(1);
/// How often a file that takes nothing is tried again, and looked after that may have been moved.
const RETRY: Duration = Duration::from_secs(1);
/// How often the metrics are written, at most.
const METRICS: Duration = Duration::from_secs(10);
/// How often lost packets are told of, at most.
const LOSSES: Duration = Duration::from_secs(5);

/// Runs the service until a signal ends it.
pub(crate) fn run(args: &LoggerArgs, output: &Output) -> Result<Exit, Stop> {
    let journal = Journal::new(output);
    // Signals wait from here on: whoever sends one during the start gets an answer.
    let signals = signals().map_err(|error| Stop::failed(format!("can't listen to signals: {error}")))?;
    let _lock = lock::take(&args.lock, &journal)?;
    let file = LogFile::open(&args.log)?;
    let nflog = Nflog::open().map_err(|error| refused(&error))?;
    let (names, failure) = Names::new();
    if let Some(failure) = failure {
        journal.say(4, &failure);
    }
    let now = Instant::now();
    let mut logger = Logger {
        args,
        journal,
        output,
        clock: Clock::new(),
        names,
        nflog,
        connections: None,
        file,
        lines: Vec::new(),
        copies: args.debug,
        told: Counts::default(),
        told_at: now,
        looked: now,
        status: Status::new(),
        measured: None,
    };
    logger.follow_connections();
    logger.say(5, "starting pvefw logger");
    logger.write();
    notify::ready();
    logger.serve(&signals)?;
    Ok(logger.end())
}

/// Everything the loop works with.
struct Logger<'a> {
    args: &'a LoggerArgs,
    journal: Journal<'a>,
    output: &'a Output,
    clock: Clock,
    names: Names,
    nflog: Nflog,
    connections: Option<Netlink>,
    file: LogFile,
    /// Lines that are not yet in the file's hands.
    lines: Vec<u8>,
    /// Whether lines are printed as well.
    copies: bool,
    /// The counts when losses were told of last, and when that was.
    told: Counts,
    told_at: Instant,
    /// When it was last looked whether the file has been moved.
    looked: Instant,
    status: Status,
    /// When the metrics were written last, and what they said.
    measured: Option<(Instant, (Counts, u64))>,
}

impl Logger<'_> {
    fn serve(&mut self, signals: &SignalFd) -> Result<(), Stop> {
        loop {
            self.sleep(signals)?;
            // No look blocks, so there is no need to know what woke us.
            if self.obey(signals)? {
                return Ok(());
            }
            // Names go first: a packet may come from an interface that is as new as itself.
            if let Some(failure) = self.names.update() {
                self.journal.say(4, &failure);
            }
            self.read_packets(DATAGRAMS)?;
            self.read_connections();
            self.tell_losses(LOSSES);
            self.look_after_file();
            self.write();
            let (counts, lost) = (self.nflog.counts(), self.file.unwritten());
            self.write_metrics(counts, lost);
            self.status.beat(Instant::now(), || {
                format!(
                    "{} packets logged, {} lost by the kernel, {lost} lines waiting for {}",
                    counts.received,
                    counts.lost,
                    self.args.log.display()
                )
            });
        }
    }

    /// Waits until there is something to do.
    fn sleep(&self, signals: &SignalFd) -> Result<(), Stop> {
        let now = Instant::now();
        let mut limit = self.status.next(now).unwrap_or(CALM).min(CALM);
        if self.file.waits() {
            limit = limit.min(RETRY);
        }
        if self.has_lost() {
            limit = limit.min(LOSSES);
        }
        let limit = PollTimeout::try_from(limit.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
        let connections = self.connections.as_ref().map(|netlink| netlink.as_fd());
        let mut sources: Vec<PollFd> =
            [Some(signals.as_fd()), Some(self.nflog.as_fd()), connections, self.names.source()]
                .into_iter()
                .flatten()
                .map(|source: BorrowedFd| PollFd::new(source, PollFlags::POLLIN))
                .collect();
        match poll(&mut sources, limit) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(Stop::failed(format!("can't wait for packets: {error}"))),
        }
    }

    /// Does what signals want. Whether they want the end.
    fn obey(&mut self, signals: &SignalFd) -> Result<bool, Stop> {
        loop {
            let signal = signals
                .read_signal()
                .map_err(|error| Stop::failed(format!("can't read signals: {error}")))?;
            let Some(signal) = signal else { return Ok(false) };
            if i32::try_from(signal.ssi_signo) == Ok(Signal::SIGHUP as i32) {
                self.reload();
            } else {
                self.say(5, "received terminate request (signal)");
                return Ok(true);
            }
        }
    }

    /// Opens the file again, and looks again what is to be logged.
    fn reload(&mut self) {
        notify::reloading();
        self.reopen();
        self.clock = Clock::new();
        self.follow_connections();
        notify::ready();
    }

    fn reopen(&mut self) {
        // What is still to be written was logged before, so it belongs to the old one.
        self.write();
        if let Err(Stop::Failed { message, .. }) = self.file.reopen() {
            self.journal.say(3, &format!("{message}; writing to the old one"));
        }
    }

    /// Opens the file again if somebody has moved it without telling us. A logrotate of another package does.
    fn look_after_file(&mut self) {
        let now = Instant::now();
        if !self.lines.is_empty() && now.duration_since(self.looked) >= RETRY {
            self.looked = now;
            if self.file.has_moved() {
                self.reopen_moved();
            }
        }
    }

    fn reopen_moved(&mut self) {
        let mut lines = core::mem::take(&mut self.lines);
        self.reopen();
        self.lines.append(&mut lines);
    }

    /// Makes lines of what rules have logged.
    fn read_packets(&mut self, datagrams: usize) -> Result<(), Stop> {
        let now = Clock::now();
        for _ in 0..datagrams {
            let (clock, names, lines) = (&mut self.clock, &self.names.links, &mut self.lines);
            let more = self.nflog.receive(|event| {
                line::packet(event, clock.stamp(event.seconds.unwrap_or(now)), names, lines);
            });
            if !more.map_err(|error| refused(&error))? {
                break;
            }
        }
        Ok(())
    }

    /// Makes lines of connections that began or ended.
    fn read_connections(&mut self) {
        let Some(netlink) = &mut self.connections else { return };
        for _ in 0..DATAGRAMS {
            match netlink.receive() {
                Ok(Received::Nothing) => return,
                Ok(Received::Messages(messages)) => {
                    for event in messages.filter_map(conntrack::Event::new) {
                        line::connection(&event, |seconds| self.clock.words(seconds), &mut self.lines);
                    }
                }
                Ok(Received::Overrun) => {
                    return self
                        .say(3, "nfct_catch returned ENOBUFS: conntrack information may be incomplete");
                }
                Err(error) => {
                    self.connections = None;
                    return self.say(3, &format!("error catching nfct: {error}"));
                }
            }
        }
    }

    /// Follows connections if that is wanted now, else no longer.
    fn follow_connections(&mut self) {
        let wanted = self.args.conntrack || self.conntrack_wanted();
        if !wanted {
            self.connections = None;
        } else if self.connections.is_none() {
            let groups = conntrack::GROUP_NEW | conntrack::GROUP_DESTROY;
            match Netlink::open(Protocol::Netfilter, groups) {
                Ok(netlink) => {
                    // Without more room bursts are lost, which is told of when it happens.
                    let _ = netlink.keep(8 << 20);
                    self.connections = Some(netlink);
                }
                Err(error) => self.say(3, &format!("error catching nfct: {error}")),
            }
        }
    }

    /// What the daemon has written down of the option `log_nf_conntrack`.
    fn conntrack_wanted(&self) -> bool {
        let mut first = [0];
        match File::open(CONNTRACK).and_then(|mut file| file.read(&mut first)) {
            Ok(_) => first == *b"1",
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    let why = words(&error);
                    self.journal
                        .say(4, &format!("can't read `{CONNTRACK}`: {why}; connections are not logged"));
                }
                false
            }
        }
    }

    /// Whether there are losses that have not been told of.
    fn has_lost(&self) -> bool {
        let counts = self.nflog.counts();
        counts.lost > self.told.lost || counts.overruns > self.told.overruns
    }

    /// Tells of lost packets, unless it did so a moment ago.
    fn tell_losses(&mut self, pause: Duration) {
        if !self.has_lost() || self.told_at.elapsed() < pause {
            return;
        }
        let counts = self.nflog.counts();
        let lost = counts.lost - self.told.lost;
        (self.told, self.told_at) = (counts, Instant::now());
        if lost > 0 {
            self.say(3, &format!("skipped {lost} log entries (the kernel had no room for them)"));
        } else {
            // The gap in the numbers shows only when there is one behind it.
            self.say(
                3,
                "skipped log entries (the kernel had no room for them; the next packet tells how many)",
            );
        }
    }

    /// Says something in the log and in the journal.
    fn say(&mut self, level: u8, text: &str) {
        self.journal.say(level, text);
        line::status(level, self.clock.stamp(Clock::now()), text, &mut self.lines);
    }

    /// Puts the counts where others find them, if they have changed.
    fn write_metrics(&mut self, counts: Counts, waiting: u64) {
        let Some(path) = &self.args.metrics else { return };
        if self.measured.is_some_and(|(at, before)| at.elapsed() < METRICS || before == (counts, waiting)) {
            return;
        }
        self.measured = Some((Instant::now(), (counts, waiting)));
        if let Err(error) = metrics::write(path, counts, waiting) {
            let why = words(&error);
            self.journal.say(4, &format!("can't write the metrics to `{}`: {why}", path.display()));
        }
    }

    /// Writes what there is.
    fn write(&mut self) {
        if self.copies && !self.lines.is_empty() {
            let lines = &self.lines;
            // Whoever watched has gone; the service goes on.
            self.copies = self.output.stream(|out| out.write_all(lines)).is_ok();
        }
        self.file.add(&mut self.lines);
        match self.file.write() {
            Change::None => {}
            Change::Failed(why) => {
                let path = self.args.log.display();
                self.journal.say(3, &format!("can't write to `{path}`: {why}; lines are kept, then counted"));
            }
            Change::Recovered(dropped) => {
                let path = self.args.log.display();
                self.journal.say(5, &format!("`{path}` can be written again"));
                if dropped > 0 {
                    self.say(3, &format!("skipped {dropped} log entries (queue full)"));
                    self.write();
                }
            }
        }
    }

    /// Writes everything that is still on its way.
    fn end(mut self) -> Exit {
        notify::stopping();
        // The kernel hands out what it was still collecting.
        self.nflog.close();
        if let Err(Stop::Failed { message, .. }) = self.read_packets(usize::MAX) {
            self.journal.say(4, &message);
        }
        self.read_connections();
        self.tell_losses(Duration::ZERO);
        self.say(5, "stopping pvefw logger");
        self.write();
        match self.file.unwritten() {
            0 => Exit::Fine,
            unwritten => {
                self.journal.say(3, &format!("{unwritten} lines could not be written and are lost"));
                Exit::Findings
            }
        }
    }
}

/// Holds back the signals that we answer, and tells where they can be read.
fn signals() -> Result<SignalFd, Errno> {
    let mut wanted = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        wanted.add(signal);
    }
    wanted.thread_block()?;
    SignalFd::with_flags(&wanted, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

fn refused(error: &Error) -> Stop {
    let stop = match core::error::Error::source(error) {
        Some(cause) => Stop::failed(format!("{error}: {cause}")),
        None => Stop::failed(error.to_string()),
    };
    match error.advice() {
        Some(advice) => stop.help(advice),
        None => stop,
    }
}
