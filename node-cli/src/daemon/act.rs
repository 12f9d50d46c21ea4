//! What the daemon does when its schedule says so.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use pvefw_core::host::daemon::{Action, Cause, Configuration, Event, News, Report, Result, Work};

use super::run::Daemon;
use super::worker::Worker;
use crate::args::word;
use crate::exit::Exit;
use crate::output::words;
use crate::service::{notify, now};

impl Daemon<'_> {
    /// Takes an event in and does what follows from it.
    pub(super) fn step(&mut self, event: Event) {
        for action in self.schedule.step(self.uptime(), event) {
            match action {
                Action::Begin(work) => self.begin(work),
                Action::Kill => {
                    if let Some(worker) = &mut self.worker {
                        worker.kill();
                    }
                }
                Action::Ready => notify::ready(),
                Action::Restart => self.become_anew(),
                Action::Exit(removed) => {
                    self.exit = Some(if removed { Exit::Fine } else { Exit::Broken });
                    self.journal
                        .say(5, if removed { "ended" } else { "ended; some rules could not be removed" });
                }
            }
        }
    }

    fn begin(&mut self, work: Work) {
        // What we load ourselves is no news to us, and the kernel would make a message of each rule.
        self.news.ignore_rules();
        word(work).clone_into(&mut self.tally.phase);
        match Worker::start(work, self.args) {
            Ok(worker) => self.worker = Some(worker),
            Err(why) => self.ended(work, Report::failed(why)),
        }
    }

    /// Takes the report of a run that has ended.
    pub(super) fn collect(&mut self) {
        let Some(report) = self.worker.as_mut().and_then(Worker::report) else { return };
        self.worker = None;
        if let Some((work, _)) = self.schedule.working() {
            self.ended(work, report);
        }
    }

    fn ended(&mut self, work: Work, report: Report) {
        let ended = report.ended();
        "idle".clone_into(&mut self.tally.phase);
        match work {
            Work::Apply(cause) => {
                self.tell(cause, &report);
                let since = self.schedule.working().map_or(self.uptime(), |(_, since)| since);
                self.tally.add(report, now(), self.uptime().saturating_sub(since));
                self.write_metrics();
            }
            Work::Remove => {
                if matches!(report.result, Result::Failed | Result::Broken) {
                    self.journal.say(3, &format!("can't remove the rules: {}", report.message));
                } else if report.result == Result::Loaded {
                    self.journal.say(5, &format!("removed: {}", report.message));
                }
            }
            Work::Confirm => {
                let answer = serde_json::to_string(&report).unwrap_or_default();
                for mut client in self.confirming.drain(..) {
                    client.write(&answer);
                }
            }
        }
        self.changed = Instant::now();
        let expected = self.tally.report.generation;
        if expected.is_some() && !self.schedule.is_ending() {
            self.news.follow_rules();
            // Between the run's last look and now, somebody may have changed something.
            if News::differ(expected) {
                self.step(Event::Changed(Cause::Rules));
            }
        }
        self.step(Event::Ended(ended));
    }

    /// Says what a run came to, if that is new.
    fn tell(&mut self, cause: Cause, report: &Report) {
        let mut lines: Vec<(u8, String)> = Vec::new();
        match report.result {
            Result::Failed => lines.push((3, report.message.clone())),
            Result::Broken => lines.push((2, report.message.clone())),
            Result::Waits => lines.push((5, format!("waiting: {}", report.message))),
            Result::Unchanged | Result::Loaded => {}
        }
        match report.configuration {
            Configuration::Good => {}
            Configuration::Faulty => lines.push((
                3,
                format!("the configuration has {}: the last good rules stay", errors(report.errors)),
            )),
            Configuration::Partial => {
                lines.push((
                    3,
                    format!("the configuration has {}: faulty lines are left out", errors(report.errors)),
                ));
            }
            Configuration::Rejected => lines.push((
                4,
                "the configuration was taken back: the rules that were put back stay; `pvefw apply` loads it"
                    .into(),
            )),
            Configuration::Gone => lines.push((3, "there is no configuration: the last rules stay".into())),
        }
        lines.extend(report.findings.iter().map(|finding| (3, format!("  {finding}"))));
        lines.extend(report.warnings.iter().map(|warning| (4, warning.clone())));
        let told: String = lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect();
        if told != self.told {
            if lines.is_empty() {
                self.journal.say(5, "all is well again");
            }
            for (level, line) in &lines {
                self.journal.say(*level, line);
            }
            self.told = told;
        }
        if report.result == Result::Loaded {
            let what = if report.drift { "repaired what somebody else has changed" } else { "applied" };
            let state = report.state.map(|id| format!(" (state {id})")).unwrap_or_default();
            self.journal.say(
                if report.drift { 4 } else { 6 },
                &format!("{what}{state}: {}; {}", report.message, self.how_fast(cause)),
            );
        }
    }

    /// Why a run was made, and how long ago that came up.
    fn how_fast(&self, cause: Cause) -> String {
        let ms = self.changed.elapsed().as_millis();
        match cause {
            Cause::Files => format!("live {ms} ms after the change"),
            Cause::Start => format!("{ms} ms after the start"),
            Cause::Links => "interfaces or addresses had changed".into(),
            Cause::Retry => "after another attempt".into(),
            Cause::Rules | Cause::Audit => "the configuration is the same".into(),
        }
    }

    /// Becomes the program as it is installed now. The rules stay, and so does our number.
    fn become_anew(&mut self) {
        notify::reloading();
        let own = env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe"));
        // What the kernel calls a program that another one was installed in the place of.
        let own =
            own.to_str().and_then(|path| path.strip_suffix(" (deleted)")).map_or(own.clone(), PathBuf::from);
        // Removes the socket; the next one makes it again.
        self.control = None;
        let error = Command::new(&own).args(env::args_os().skip(1)).exec();
        self.journal.say(3, &format!("can't start `{}` anew: {}", own.display(), words(&error)));
        self.exit = Some(Exit::Usage);
    }
}

fn errors(count: u64) -> String {
    if count == 1 { "an error".into() } else { format!("{count} errors") }
}
