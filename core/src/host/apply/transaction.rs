//! Loading, verifying and undoing.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::{process, thread};

use super::survey::{Survey, Trust, digests, suspects};
use super::{Applier, Target};
use crate::emit::Restore;
use crate::host::error::Error;
use crate::host::load::Texts;
use crate::host::machine::Host;
use crate::host::plan::{BridgeLoading, Plan};
use crate::host::rules::Detail;
use crate::host::store::{
    Form, Guard, Journal, Known, LastError, LoggingRules, Pending, Record, State, Unfinished,
};
use crate::host::tool::Tool;
use crate::host::verify;

/// How to load.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Who wants it.
    pub by: &'a str,
    /// By which command.
    pub command: &'a str,
    /// What to do unless it is confirmed.
    pub confirm: Option<Confirm<'a>>,
    /// What need not be read if the same is to be loaded again.
    pub trust: Trust,
}

/// To be undone unless confirmed.
#[derive(Clone, Copy)]
pub struct Confirm<'a> {
    /// How long there is for it once the rules are loaded.
    pub within: Duration,
    /// Starts somebody who undoes it ([`super::super::confirm::watch`]) and outlives us; its process.
    pub arm: &'a dyn Fn() -> Result<u32, Error>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether anything was.
    pub done: Done,
    /// The state that is loaded; `None`: nothing of ours.
    pub state: Option<u64>,
    /// What was loaded before, if it was ours.
    pub before: Option<u64>,
}

/// Whether anything was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing was to be done.
    Unchanged,
    /// This was.
    Loaded(Plan),
}

/// What went wrong.
#[derive(Debug)]
pub struct Failure {
    /// At what.
    pub stage: Stage,
    /// What.
    pub error: Error,
    /// What that leaves the node with.
    pub left: Left,
}

/// At what something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking at the node.
    Survey,
    /// Writing to the state directory.
    State,
    /// Asking whether the kernel would take the rules.
    Test,
    /// Loading the rules of a tool.
    Load(Tool),
    /// Looking whether they are there.
    Verify,
    /// Starting the process that undoes what is not confirmed.
    Watchdog,
}

/// What a failure leaves a node with.
#[derive(Debug)]
pub enum Left {
    /// The old rules: nothing was touched.
    Untouched,
    /// The old rules: they were put back.
    Undone,
    /// Neither: they could not be put back, and why.
    Broken(Box<Error>),
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Survey => out.write_str("can't read what is loaded"),
            Self::State => out.write_str("can't put down what is done"),
            Self::Test => out.write_str("the kernel would not take the rules"),
            Self::Load(tool) => write!(out, "can't load the rules of {}", tool.name()),
            Self::Verify => out.write_str("can't find what was loaded"),
            Self::Watchdog => out.write_str("can't start the process that would undo it"),
        }
    }
}

/// The states between which a load goes.
struct Stored {
    from: Option<u64>,
    to: Option<u64>,
    /// The latter, if the disk is still to be waited for.
    unfinished: Option<Unfinished>,
}

/// Where an attempt ended.
pub(super) struct Halt(pub(super) Stage, pub(super) Error);

impl<H: Host + ?Sized> Applier<'_, H> {
    /// Loads `target`. Whatever goes wrong, the node is left with the old rules or the new ones, or the failure says
    /// that it is not.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn apply(&self, _lock: &Guard, target: &Target, options: &Options<'_>) -> Result<Applied, Failure> {
        let untouched = |stage| move |error| Failure { stage, error, left: Left::Untouched };
        let record = self.store.record().unwrap_or_default();
        // What was dumped is told apart by its lines.
        let detail = if target.form == Form::Made { Detail::Signature } else { Detail::Lines };
        let mut survey = self.survey(options.trust, detail).map_err(untouched(Stage::Survey))?;
        Self::doubt(&mut survey, target);
        let mut plan = self.plan_from(&survey, target);
        let needs_dump = self.host.bridge_loading() == BridgeLoading::WholeTable
            && plan.loads.iter().any(|load| load.tool == Tool::Ebtables);
        let same = record.digest == target.digest;
        if survey.assumed && (needs_dump || plan.is_empty() && !same) {
            survey = self.survey(Trust::Nothing, Detail::Lines).map_err(untouched(Stage::Survey))?;
            Self::doubt(&mut survey, target);
            plan = self.plan_from(&survey, target);
        }
        if plan.is_empty() && record.digest == target.digest && options.confirm.is_none() {
            self.keep(&survey, record).map_err(untouched(Stage::State))?;
            return Ok(Applied { done: Done::Unchanged, state: survey.state, before: survey.state });
        }
        let Stored { from, to, unfinished } =
            self.store_both(&survey, target, options).map_err(untouched(Stage::State))?;
        let outcome = thread::scope(|scope| {
            // The disk can take its time while the tools work. Who is killed meanwhile goes back to what was before.
            let stored = scope.spawn(|| unfinished.map_or(Ok(()), Unfinished::finish));
            let stored = || stored.join().unwrap_or(Err(Error::Thread));
            self.run(&mut survey, &mut plan, target, (from, to), options, stored)
        });
        match outcome {
            Ok(()) => Ok(Applied { done: Done::Loaded(plan), state: to, before: from }),
            Err(Halt(stage, error)) => Err(self.give_up(from, to, stage, error)),
        }
    }

    /// The journal, the loads and what follows them.
    fn run(
        &self,
        survey: &mut Survey,
        plan: &mut Plan,
        target: &Target,
        (from, to): (Option<u64>, Option<u64>),
        options: &Options<'_>,
        stored: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Halt> {
        let state = |error| Halt(Stage::State, error);
        let clock = self.host.clock();
        let mut pending = options.confirm.map(|confirm| Pending {
            state: to,
            back_to: from,
            until: clock.uptime + confirm.within,
            deadline: clock.now + confirm.within.as_secs(),
            boot: clock.boot.clone(),
            watchdog: 0,
        });
        let journal =
            Journal { from, to, undoing: false, time: clock.now, boot: clock.boot, process: process::id() };
        self.store.begin(&journal).map_err(state)?;
        if let (Some(confirm), Some(pending)) = (options.confirm, &mut pending) {
            self.store.set_pending(Some(pending)).map_err(state)?;
            pending.watchdog = (confirm.arm)().map_err(|error| Halt(Stage::Watchdog, error))?;
        }
        let known = match self.load_and_verify(plan, target, survey) {
            // What was taken for known was not so: look, and do it again. What was sent may have been changed by others
            // behind its signature, which nobody has compared.
            Err(_) if survey.assumed => {
                let sent: Vec<_> = plan.sent().collect();
                *survey =
                    self.survey(Trust::Nothing, Detail::Lines).map_err(|error| Halt(Stage::Survey, error))?;
                survey.suspects.extend(sent);
                *plan = self.plan_from(survey, target);
                self.load_and_verify(plan, target, survey)
            }
            outcome => outcome,
        }?;
        stored().map_err(state)?;
        self.finish(target, to, known, pending, options).map_err(state)
    }

    /// Stores what is there, if nothing like it is stored, and begins to store what is to be loaded.
    fn store_both(&self, survey: &Survey, target: &Target, options: &Options<'_>) -> Result<Stored, Error> {
        let record = self.store.record().unwrap_or_default();
        let time = self.host.clock().now;
        let from = if survey.state.is_some() {
            survey.state
        } else if survey.kernel.rules.is_empty() {
            None
        } else {
            let texts: Restore = survey.kernel.rules.texts();
            let state = State {
                id: self.store.next(),
                time,
                by: String::new(),
                command: "found on the node".to_owned(),
                node: None,
                digest: super::digest(&texts),
                form: Form::Found,
                copy_of: None,
            };
            self.store.store(&state, &Texts::from(&texts), &[], "", record.current)?.finish()?;
            Some(state.id)
        };
        if target.rules.is_empty() {
            return Ok(Stored { from, to: None, unfinished: None });
        }
        let state = State {
            id: self.store.next(),
            time,
            by: options.by.to_owned(),
            command: options.command.to_owned(),
            node: target.node.clone(),
            digest: target.digest.clone(),
            form: target.form,
            copy_of: target.copy_of,
        };
        let texts = Texts::from(&target.texts);
        let like = from.or(record.current);
        let mut unfinished =
            Some(self.store.store(&state, &texts, &target.logging, &target.configuration, like)?);
        // Whoever takes it back wants to know what it was.
        if options.confirm.is_some()
            && let Some(unfinished) = unfinished.take()
        {
            unfinished.finish()?;
        }
        Ok(Stored { from, to: Some(state.id), unfinished })
    }

    /// Nothing had to be loaded.
    fn keep(&self, survey: &Survey, mut record: Record) -> Result<(), Error> {
        if survey.is_news {
            let mut known = self.known(survey, survey.chains.clone(), survey.generation, survey.checked);
            known.state = record.current;
            self.store.set_known(&known)?;
        }
        if record.error.take().is_some() | record.rejected.take().is_some() {
            self.store.set_record(&record)?;
        }
        self.store.end()
    }

    /// Puts down that `target` is loaded.
    fn finish(
        &self,
        target: &Target,
        to: Option<u64>,
        mut known: Known,
        pending: Option<Pending>,
        options: &Options<'_>,
    ) -> Result<(), Error> {
        let clock = self.host.clock();
        known.state = to;
        let logging = LoggingRules {
            id: to.unwrap_or_default(),
            time: clock.now,
            node: target.node.clone(),
            rules: target.logging.clone(),
        };
        let needed: Vec<u64> =
            [to, pending.as_ref().and_then(|pending| pending.back_to)].into_iter().flatten().collect();
        let pending = match (pending, options.confirm) {
            (Some(pending), Some(confirm)) => Some(Pending {
                until: clock.uptime + confirm.within,
                deadline: clock.now + confirm.within.as_secs(),
                ..pending
            }),
            _ => None,
        };
        self.store.set_pending(pending.as_ref())?;
        let record = Record {
            current: to,
            since: clock.now,
            digest: target.digest.clone(),
            rejected: None,
            error: None,
        };
        self.store.conclude(&known, &logging, &record)?;
        self.store.end()?;
        // What is left of old states only takes room.
        drop(self.store.prune(&needed));
        Ok(())
    }

    /// Puts the old rules back, and says how that went.
    fn give_up(&self, from: Option<u64>, to: Option<u64>, stage: Stage, error: Error) -> Failure {
        let left = match self.undo(from) {
            Ok(()) => Left::Undone,
            Err(why) => Left::Broken(Box::new(why)),
        };
        let mut record = self.store.record().unwrap_or_default();
        let message = alloc::format!("{stage}: {}", error.in_full());
        record.error = Some(LastError { time: self.host.clock().now, message });
        if matches!(left, Left::Undone) {
            // That the state can't be put down may be what is wrong.
            drop(self.store.set_pending(None));
            drop(to.map(|to| self.store.forget(to)));
            drop(self.store.set_record(&record));
            drop(self.store.end());
        } else {
            drop(self.store.set_record(&record));
        }
        Failure { stage, error, left }
    }

    /// What is loaded is to be read before it counts as known again.
    fn distrust(&self) {
        let Some(known) = self.store.known() else { return };
        // If that can't be put down, the number of the rules tells.
        drop(self.store.set_known(&Known { state: None, boot: String::new(), generation: None, ..known }));
    }

    /// Gets from whatever is there to a state that was stored.
    ///
    /// # Errors
    /// When that fails. It may be tried again.
    pub(crate) fn undo(&self, to: Option<u64>) -> Result<(), Error> {
        let target = Target::stored(self.store, to)?;
        let (mut first, mut last) = (None, None);
        for _ in 0..2 {
            let (kernel, _) = match self.read() {
                Ok(read) => read,
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            let known = self.store.known();
            let suspects = suspects(&kernel.rules, &digests(&kernel.rules), known.as_ref());
            let mut survey = Survey { kernel, suspects, ..Survey::default() };
            let plan = self.plan_from(&survey, &target);
            if plan.is_empty() {
                self.distrust();
                return Ok(());
            }
            for load in &plan.loads {
                // One tool that fails need not keep the others from doing their part.
                if let Err(error) = self.load(load) {
                    first.get_or_insert(error);
                }
            }
            let (kernel, _) = self.read()?;
            survey.kernel = kernel;
            let differences = verify::differences(&survey.kernel, &target.rules, target.form, &[]);
            if differences.is_empty() {
                self.distrust();
                return Ok(());
            }
            last = Some(Error::Unverified(differences));
        }
        Err(first.or(last).unwrap_or(Error::Thread))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.stage, self.error)
    }
}

impl core::error::Error for Failure {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
