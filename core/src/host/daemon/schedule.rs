//! When to do what: a value that takes events and the time, and tells what to do.
//!
//! ```text
//!                    ┌────────── due ──────────┐
//!   something        │                         ▼
//!   changed ──► Idle (due at …) ◄── ended ── Working ──── too long: Kill
//!                    │
//!                    ├─ asked to start anew ─► Restart
//!                    └─ asked to end ────────► Working (Remove) ─► Exit
//! ```
//!
//! One run at a time. What changes during a run makes the next one due. Times are those since the machine was started: a
//! wall clock that jumps changes nothing.

use alloc::vec::Vec;
use core::time::Duration;

/// An editor or a program writes several files in a row: how long nothing has to change before a run.
const SETTLE: Duration = Duration::from_millis(15);
/// But no longer than this after the first of them.
const PATIENCE: Duration = Duration::from_millis(200);
/// Interfaces come in groups: a guest that starts has several.
const LINKS_SETTLE: Duration = Duration::from_millis(200);
/// Between two runs for interfaces or for rules that others change, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// Reading everything takes at most one part in so many of the time, however often others change rules.
const SHARE: u32 = 10;
/// When to try again what has to wait for somebody.
const LATER: Duration = Duration::from_secs(2);
/// When to try again after a failure: this, then twice as long each time, up to [`LONGEST_RETRY`].
const RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);
/// How often everything is read where the kernel tells of changes; sets it tells nothing of.
const AUDIT: Duration = Duration::from_mins(5);
/// How often where it tells of none (legacy tables).
const AUDIT_UNTOLD: Duration = Duration::from_mins(1);
/// How long a run may go on once an end is asked for.
const LAST_RUN: Duration = Duration::from_secs(30);
/// How often removing is tried.
const REMOVALS: u32 = 3;
/// The longest that anybody waits.
const CALM: Duration = Duration::from_mins(1);

/// Why a run is due; the later ones in this list are the more thorough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Files of the configuration have changed.
    Files,
    /// Interfaces or addresses have.
    Links,
    /// The last run failed, or had to wait.
    Retry,
    /// Somebody else has changed rules.
    Rules,
    /// It is time to look at everything.
    Audit,
    /// The daemon has just been started.
    Start,
}

impl Cause {
    /// A word for the history, and for the command line of the run.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Links => "links",
            Self::Retry => "retry",
            Self::Rules => "rules",
            Self::Audit => "audit",
            Self::Start => "start",
        }
    }

    /// The cause of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Files, Self::Links, Self::Retry, Self::Rules, Self::Audit, Self::Start]
            .into_iter()
            .find(|cause| cause.word() == word)
    }

    /// Whether the kernel is to be read, even where the same is wanted as before.
    pub const fn is_thorough(self) -> bool {
        !matches!(self, Self::Files | Self::Links)
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Loads what the configuration says.
    Apply(Cause),
    /// Keeps what waits to be confirmed.
    Confirm,
    /// Removes everything of ours.
    Remove,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something may be otherwise than at the last run.
    Changed(Cause),
    /// The run has ended.
    Ended(Ended),
    /// What waits is to be kept.
    Confirm,
    /// The daemon is to start anew, and to leave the rules.
    Restart,
    /// The daemon is to remove its rules and end.
    End,
    /// Time has gone by.
    Time,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What should be loaded is. `told`: whether the kernel tells when somebody changes it.
    Settled {
        /// See there.
        told: bool,
    },
    /// It has to wait: for somebody who holds the lock, for a confirmation, for the configuration to come back.
    Waits,
    /// Something went wrong.
    Failed,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin this; [`Event::Ended`] follows.
    Begin(Work),
    /// End the run by force; [`Event::Ended`] follows.
    Kill,
    /// Tell that the daemon does its work.
    Ready,
    /// Become the program again, as it is installed now.
    Restart,
    /// End; whether everything could be removed.
    Exit(bool),
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// How long a run may take.
    limit: Duration,
    phase: Phase,
    due: Option<Due>,
    audit: Option<Duration>,
    /// When the last run ended, and how long it took.
    last: (Duration, Duration),
    /// Runs that failed in a row.
    failures: u32,
    ready: bool,
    confirm: bool,
    restart: bool,
    /// Attempts to remove everything that are left, once that is asked for.
    end: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Working { work: Work, since: Duration, killed: bool },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    at: Duration,
    first: Duration,
    cause: Cause,
    /// Whether nothing has happened but what a pause is for.
    patient: bool,
}

impl Cause {
    /// How long after a run that took so long the next one for this cause begins, at least.
    fn pause(self, took: Duration) -> Option<Duration> {
        match self {
            Self::Links => Some(PAUSE),
            Self::Rules => Some(PAUSE.max(took * SHARE)),
            Self::Files | Self::Retry | Self::Audit | Self::Start => None,
        }
    }
}

impl Schedule {
    /// A daemon that starts now. No run takes longer than `limit`.
    pub const fn new(now: Duration, limit: Duration) -> Self {
        Self {
            limit,
            phase: Phase::Idle,
            due: Some(Due { at: now, first: now, cause: Cause::Start, patient: false }),
            audit: None,
            last: (now, Duration::ZERO),
            failures: 0,
            ready: false,
            confirm: false,
            restart: false,
            end: None,
        }
    }

    /// Takes an event in, and tells what to do.
    pub fn step(&mut self, now: Duration, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Changed(cause) => self.changed(now, cause),
            Event::Ended(ended) => self.ended(now, ended, &mut actions),
            Event::Confirm => self.confirm = true,
            Event::Restart => self.restart = true,
            Event::End => self.end = self.end.or(Some(REMOVALS)),
            Event::Time => {}
        }
        actions.extend(self.next(now));
        actions
    }

    /// How long nothing is to be done unless something happens.
    pub fn wait(&self, now: Duration) -> Duration {
        let next = match self.phase {
            Phase::Over => None,
            Phase::Working { killed: true, .. } => None,
            Phase::Working { since, work, .. } => Some(self.deadline(since, work)),
            Phase::Idle => [self.due.map(|due| due.at), self.audit].into_iter().flatten().min(),
        };
        next.map_or(CALM, |at| at.saturating_sub(now)).min(CALM)
    }

    /// The run that is going on, and since when.
    pub const fn working(&self) -> Option<(Work, Duration)> {
        match self.phase {
            Phase::Working { work, since, .. } => Some((work, since)),
            Phase::Idle | Phase::Over => None,
        }
    }

    /// Whether nothing is due and nothing goes on.
    pub const fn is_calm(&self) -> bool {
        self.due.is_none() && self.working().is_none()
    }

    /// Whether the end has been asked for.
    pub const fn is_ending(&self) -> bool {
        self.end.is_some()
    }

    /// Runs that failed in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    fn changed(&mut self, now: Duration, cause: Cause) {
        let (ended, took) = self.last;
        let settled = match cause {
            Cause::Files => now + SETTLE,
            Cause::Links => now + LINKS_SETTLE,
            Cause::Rules | Cause::Retry | Cause::Audit | Cause::Start => now,
        };
        let pause = cause.pause(took);
        let at = pause.map_or(settled, |pause| settled.max(ended + pause));
        let patient = pause.is_some();
        let due = match self.due {
            None => Due { at, first: now, cause, patient },
            // Files that go on changing push a run back, within bounds; nothing else does.
            Some(before) if cause == Cause::Files && before.cause == Cause::Files => {
                Due { at: at.min(before.first + PATIENCE), ..before }
            }
            // What people have changed does not wait for a pause that is for others, nor for a retry.
            Some(before) => {
                let (at, cause) = (at.min(before.at), cause.max(before.cause));
                Due { at, first: before.first, cause, patient: before.patient && patient }
            }
        };
        self.due = Some(due);
    }

    fn ended(&mut self, now: Duration, ended: Ended, actions: &mut Vec<Action>) {
        let Phase::Working { work, since, .. } = self.phase else { return };
        self.phase = Phase::Idle;
        let took = now.saturating_sub(since);
        self.last = (now, took);
        // What has happened during the run waits for the pause behind it.
        if let Some(due) = self.due.as_mut().filter(|due| due.patient) {
            due.at = due.at.max(now + due.cause.pause(took).unwrap_or_default());
        }
        match (work, ended) {
            (Work::Remove, Ended::Settled { .. }) => {
                self.phase = Phase::Over;
                return actions.push(Action::Exit(true));
            }
            (Work::Remove, _) => {
                self.end = self.end.map(|left| left.saturating_sub(1));
                if self.end == Some(0) {
                    self.phase = Phase::Over;
                    actions.push(Action::Exit(false));
                }
                return;
            }
            (Work::Confirm, _) => return,
            (Work::Apply(_), Ended::Settled { told }) => {
                self.failures = 0;
                self.audit = Some(now + if told { AUDIT } else { AUDIT_UNTOLD });
            }
            (Work::Apply(_), Ended::Waits) => {
                self.failures = 0;
                self.retry(now, LATER);
            }
            (Work::Apply(_), Ended::Failed) => {
                let doubled = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
                self.failures = self.failures.saturating_add(1);
                self.retry(now, RETRY.saturating_mul(doubled).min(LONGEST_RETRY));
            }
        }
        if !self.ready {
            self.ready = true;
            actions.push(Action::Ready);
        }
    }

    fn retry(&mut self, now: Duration, pause: Duration) {
        let later = Due { at: now + pause, first: now, cause: Cause::Retry, patient: false };
        self.due = Some(match self.due {
            None => later,
            Some(due) => Due { cause: due.cause.max(Cause::Retry), ..due },
        });
    }

    /// What comes next, if anything does now.
    fn next(&mut self, now: Duration) -> Option<Action> {
        match self.phase {
            Phase::Over => None,
            Phase::Working { killed: true, .. } => None,
            Phase::Working { work, since, .. } => {
                if now < self.deadline(since, work) {
                    return None;
                }
                self.phase = Phase::Working { work, since, killed: true };
                Some(Action::Kill)
            }
            Phase::Idle => {
                let work = if self.end.is_some() {
                    Work::Remove
                } else if self.restart {
                    self.phase = Phase::Over;
                    return Some(Action::Restart);
                } else if core::mem::take(&mut self.confirm) {
                    Work::Confirm
                } else if let Some(due) = self.due.take_if(|due| due.at <= now) {
                    Work::Apply(due.cause)
                } else {
                    self.audit.take_if(|at| *at <= now)?;
                    Work::Apply(Cause::Audit)
                };
                self.phase = Phase::Working { work, since: now, killed: false };
                Some(Action::Begin(work))
            }
        }
    }

    /// When a run has taken too long.
    fn deadline(&self, since: Duration, work: Work) -> Duration {
        match (work, self.end) {
            (Work::Apply(_) | Work::Confirm, Some(_)) => since + self.limit.min(LAST_RUN),
            _ => since + self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_mins(3);
    const SETTLED: Event = Event::Ended(Ended::Settled { told: true });

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    fn begin(cause: Cause) -> Vec<Action> {
        alloc::vec![Action::Begin(Work::Apply(cause))]
    }

    /// A daemon that has started at 0 and was done at 1 s.
    fn idle() -> Schedule {
        let mut daemon = Schedule::new(ms(0), LIMIT);
        assert_eq!(daemon.step(ms(0), Event::Time), begin(Cause::Start));
        assert_eq!(daemon.step(ms(1000), SETTLED), [Action::Ready]);
        daemon
    }

    #[test]
    fn a_change_is_followed_by_a_run_at_once() {
        let mut daemon = idle();
        assert_eq!(daemon.step(ms(5000), Event::Changed(Cause::Files)), []);
        assert_eq!(daemon.wait(ms(5000)), SETTLE);
        assert_eq!(daemon.step(ms(5014), Event::Time), []);
        assert_eq!(daemon.step(ms(5015), Event::Time), begin(Cause::Files));
        assert_eq!(daemon.wait(ms(5015)), CALM);
        assert_eq!(daemon.step(ms(5100), SETTLED), []);
        assert_eq!(daemon.wait(ms(5100)), CALM);
    }

    #[test]
    fn files_that_keep_changing_do_not_put_it_off_for_ever() {
        let mut daemon = idle();
        let mut begun = None;
        for time in (5000..6000).step_by(5) {
            if !daemon.step(ms(time), Event::Changed(Cause::Files)).is_empty() {
                begun.get_or_insert(time);
            }
        }
        assert_eq!(begun, Some(5200));
    }

    #[test]
    fn what_changes_during_a_run_is_taken_up_after_it() {
        let mut daemon = idle();
        daemon.step(ms(5000), Event::Changed(Cause::Files));
        daemon.step(ms(5015), Event::Time);
        assert_eq!(daemon.step(ms(5020), Event::Changed(Cause::Files)), []);
        assert_eq!(daemon.step(ms(5090), Event::Time), []);
        assert_eq!(daemon.step(ms(5100), SETTLED), begin(Cause::Files));
    }

    #[test]
    fn one_who_changes_rules_all_the_time_does_not_keep_us_busy() {
        let mut daemon = idle();
        let (mut busy, mut since) = (0, None);
        for time in 1000..101_000 {
            let event = match since {
                Some(begun) if time >= begun + 400 => {
                    busy += 400;
                    since = None;
                    SETTLED
                }
                _ => Event::Changed(Cause::Rules),
            };
            if !daemon.step(ms(time), event).is_empty() {
                since = Some(time);
            }
        }
        assert!((8000..10_500).contains(&busy), "{busy} ms of 100 s");
    }

    #[test]
    fn a_local_change_does_not_wait_for_the_pause_that_others_have() {
        let mut daemon = idle();
        assert_eq!(daemon.step(ms(1001), Event::Changed(Cause::Rules)), []);
        assert_eq!(daemon.step(ms(1002), Event::Changed(Cause::Files)), []);
        assert_eq!(daemon.step(ms(1017), Event::Time), begin(Cause::Rules));
    }

    #[test]
    fn everything_is_looked_at_now_and_then() {
        let mut daemon = idle();
        assert_eq!(daemon.step(ms(1000) + AUDIT, Event::Time), begin(Cause::Audit));
        daemon.step(ms(2000) + AUDIT, Event::Ended(Ended::Settled { told: false }));
        assert_eq!(daemon.step(ms(2000) + AUDIT + AUDIT_UNTOLD, Event::Time), begin(Cause::Audit));
    }

    #[test]
    fn failures_are_tried_again_ever_more_rarely() {
        let mut daemon = Schedule::new(ms(0), LIMIT);
        daemon.step(ms(0), Event::Time);
        let (mut now, mut pauses) = (ms(10), Vec::new());
        for _ in 0..9 {
            daemon.step(now, Event::Ended(Ended::Failed));
            let pause = daemon.wait(now);
            pauses.push(pause.as_secs());
            now += pause;
            assert_eq!(daemon.step(now, Event::Time), begin(Cause::Retry));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        // And a change is tried at once all the same.
        daemon.step(now, Event::Ended(Ended::Failed));
        daemon.step(now, Event::Changed(Cause::Files));
        assert_eq!(daemon.wait(now), SETTLE);
    }

    #[test]
    fn a_run_that_hangs_is_killed_and_tried_again() {
        let mut daemon = idle();
        daemon.step(ms(5000), Event::Changed(Cause::Files));
        daemon.step(ms(5015), Event::Time);
        let late = ms(5015) + LIMIT;
        assert_eq!(daemon.step(late.saturating_sub(ms(1)), Event::Time), []);
        assert_eq!(daemon.step(late, Event::Time), [Action::Kill]);
        assert_eq!(daemon.step(late + ms(5), Event::Time), []);
        assert_eq!(daemon.step(late + ms(6), Event::Ended(Ended::Failed)), []);
        assert_eq!(daemon.wait(late + ms(6)), RETRY);
    }

    #[test]
    fn the_end_waits_for_the_run_and_then_removes_everything() {
        let mut daemon = idle();
        daemon.step(ms(5000), Event::Changed(Cause::Files));
        daemon.step(ms(5015), Event::Time);
        assert_eq!(daemon.step(ms(5020), Event::End), []);
        assert_eq!(daemon.step(ms(5100), SETTLED), [Action::Begin(Work::Remove)]);
        assert_eq!(daemon.step(ms(5110), Event::End), []);
        assert_eq!(daemon.step(ms(5200), SETTLED), [Action::Exit(true)]);
        assert_eq!(daemon.step(ms(5300), Event::Changed(Cause::Files)), []);
    }

    #[test]
    fn an_end_is_not_held_up_by_what_hangs() {
        let mut daemon = idle();
        daemon.step(ms(5000), Event::Changed(Cause::Files));
        daemon.step(ms(5015), Event::Time);
        daemon.step(ms(6000), Event::End);
        assert_eq!(daemon.step(ms(5015) + LAST_RUN, Event::Time), [Action::Kill]);
        let mut now = ms(40_000);
        let mut actions = daemon.step(now, Event::Ended(Ended::Failed));
        for _ in 1..REMOVALS {
            assert_eq!(actions, [Action::Begin(Work::Remove)]);
            now += ms(10);
            actions = daemon.step(now, Event::Ended(Ended::Failed));
        }
        assert_eq!(daemon.step(now + ms(10), Event::Ended(Ended::Failed)), [Action::Exit(false)]);
    }

    #[test]
    fn starting_anew_waits_for_the_run() {
        let mut daemon = idle();
        daemon.step(ms(5000), Event::Changed(Cause::Files));
        daemon.step(ms(5015), Event::Time);
        assert_eq!(daemon.step(ms(5016), Event::Restart), []);
        assert_eq!(daemon.step(ms(5100), SETTLED), [Action::Restart]);
    }

    #[test]
    fn a_wait_is_never_longer_than_a_minute() {
        let mut daemon = idle();
        for event in [Event::Changed(Cause::Links), Event::Confirm, Event::Time, SETTLED, Event::End] {
            daemon.step(ms(9000), event);
            assert!(daemon.wait(ms(9000)) <= CALM, "{event:?}");
        }
    }
}
