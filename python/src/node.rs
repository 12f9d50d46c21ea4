//! The class `Node` of the extension module: rules on the machine that this runs on. The work is `pvefw_core::host`'s.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;

use pvefw_core::diag::render::{Options as Rendering, Style};
use pvefw_core::diff::{self, Diff, Side};
use pvefw_core::host::apply::{Applied, Applier, Confirm, Done, Options, Target, Trust};
use pvefw_core::host::before::only_effects;
use pvefw_core::host::confirm::{self, Back};
use pvefw_core::host::error::Missing;
use pvefw_core::host::lockout::{Connection, Cuts, Unknown, cuts};
use pvefw_core::host::status::Status;
use pvefw_core::host::store::{Guard, State, Store};
use pvefw_core::host::{Again, Before, Host as _, Machine, Tools, process};
use pvefw_core::{report, sim};
use pyo3::prelude::*;
use serde::Serialize;

use crate::answers::json;
use crate::datacenter::Datacenter;
use crate::error::{Class, Failure, Outcome};
use crate::state::NodeRules;

/// How long to wait for another run to be done.
const PATIENCE: Duration = Duration::from_secs(10);

/// This machine, as a node of a datacenter.
#[pyclass(frozen, module = "pvefw._native")]
pub(crate) struct Node {
    datacenter: Py<Datacenter>,
    /// Which of its nodes this is.
    name: Option<String>,
    store: Store,
}

#[pymethods]
impl Node {
    #[new]
    fn new(datacenter: Py<Datacenter>, node: Option<String>, state: PathBuf) -> Self {
        let state = std::path::absolute(&state).unwrap_or(state);
        Self { datacenter, name: node, store: Store::new(state) }
    }

    /// What loading the configuration would change: JSON, and text for people.
    fn plan(
        &self,
        py: Python<'_>,
        allow_errors: bool,
        rules: bool,
        color: bool,
    ) -> PyResult<(String, String)> {
        Ok(py.detach(|| self.planned(allow_errors, rules, color))?)
    }

    /// Loads the configuration, to be undone unless it is confirmed `within` so many seconds. `again` are the interpreter
    /// and the words that run the command line. What was done, as JSON.
    fn apply(
        &self,
        py: Python<'_>,
        within: Option<Duration>,
        keep: Vec<(core::net::IpAddr, u16)>,
        force: bool,
        allow_errors: bool,
        again: Vec<OsString>,
    ) -> PyResult<String> {
        let keep: Vec<SocketAddr> = keep.into_iter().map(SocketAddr::from).collect();
        Ok(py.detach(|| {
            let desired = self.desired(allow_errors)?;
            let wish = Wish { within, keep: &keep, force, again: Again::words(again) };
            self.applied(&desired, &wish)
        })?)
    }

    /// Keeps the state that waits; its number.
    fn confirm(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        Ok(py.detach(|| {
            let (machine, lock) = self.begin(None, "Node.confirm()")?;
            confirm::confirm(&self.applier(&machine), &lock).map_err(Failure::of_unconfirmed)
        })?)
    }

    /// Goes back: from a state that waits to the one before it, else to a state by its number, else to the one before
    /// what is loaded. What was done, as JSON.
    fn rollback(&self, py: Python<'_>, number: Option<u64>) -> PyResult<String> {
        Ok(py.detach(|| self.rolled_back(number))?)
    }

    /// Removes everything of ours. What was done, as JSON.
    fn stop(&self, py: Python<'_>) -> PyResult<String> {
        Ok(py.detach(|| {
            let nothing = Target::nothing();
            let (machine, lock) = self.begin(Some(&nothing), "Node.stop()")?;
            let options =
                Options { by: &process::user(), command: "stop", confirm: None, trust: Trust::default() };
            let done = self.load(&machine, &lock, &nothing, &options)?;
            Ok::<_, Failure>(Report::new(&done, &[]).json())
        })?)
    }

    /// The states that can be gone back to, the latest first, as JSON.
    fn history(&self, py: Python<'_>) -> PyResult<String> {
        Ok(py.detach(|| {
            self.readable()?;
            let current = self.store.record().and_then(|record| record.current);
            let states = self.store.states();
            let entries =
                states.iter().rev().map(|state| Entry { state, current: current == Some(state.id) });
            Ok::<_, Failure>(json(&entries.collect::<Vec<_>>()))
        })?)
    }

    /// What is loaded, since when, and what went wrong, as JSON.
    fn status(&self, py: Python<'_>) -> PyResult<String> {
        Ok(py.detach(|| {
            let desired = self.desired(true)?;
            let NodeRules { datacenter, facts, counts, .. } = &*desired.rules;
            let mut status = Status::new(datacenter.node_network(facts).enabled, &self.store);
            status.errors = counts.errors > 0;
            if process::may_change_rules() {
                let machine = machine(Some(&desired.target))?;
                let (plan, survey) =
                    self.applier(&machine).plan(&desired.target).map_err(|error| Failure::of_host(&error))?;
                status.look(&plan, &survey);
            }
            Ok::<_, Failure>(json(&status))
        })?)
    }
}

/// A configuration, compiled for this node.
struct Desired {
    rules: Arc<NodeRules>,
    target: Target,
}

/// How to load it.
struct Wish<'a> {
    within: Option<Duration>,
    keep: &'a [SocketAddr],
    force: bool,
    again: Option<Again>,
}

impl Node {
    /// Compiles the configuration as it is now.
    fn desired(&self, allow_errors: bool) -> Outcome<Desired> {
        let rules = self.datacenter.get().node_rules(self.name.as_deref())?;
        if rules.counts.errors > 0 && !allow_errors {
            let count = rules.counts.errors;
            let errors = if count == 1 { "an error".to_owned() } else { format!("{count} errors") };
            return Err(Failure::new(Class::Configuration, format!("the configuration has {errors}"))
                .help("`dc.check()` tells which")
                .help("to leave the faulty lines out: `allow_errors=True`"));
        }
        let target = Target::of(&rules.datacenter, &rules.facts, &rules.ruleset);
        Ok(Desired { rules, target })
    }

    fn applier<'a>(&'a self, machine: &'a Machine) -> Applier<'a, Machine> {
        Applier { host: machine, store: &self.store }
    }

    /// The right, the tools and the lock for changing something.
    fn begin(&self, target: Option<&Target>, call: &str) -> Outcome<(Machine, Guard)> {
        demand_right(call)?;
        let machine = machine(target)?;
        let lock = self.store.lock(call, PATIENCE).map_err(|error| Failure::of_host(&error))?;
        Ok((machine, lock))
    }

    fn planned(&self, allow_errors: bool, rules: bool, color: bool) -> Outcome<(String, String)> {
        demand_right("Node.plan()")?;
        let desired = self.desired(allow_errors)?;
        let machine = machine(Some(&desired.target))?;
        let (plan, survey) =
            self.applier(&machine).plan(&desired.target).map_err(|error| Failure::of_host(&error))?;
        let before = match survey.state {
            Some(id) => Before::state(&self.store, id, &survey.kernel.rules),
            None => Before::dumped(&survey.kernel.rules),
        };
        let ruleset = before.comparable(&desired.rules.ruleset);
        let new = Side { ruleset: &ruleset, files: desired.rules.datacenter.files() };
        let diff = Diff::new(before.side(), new);
        let mut entries = diff.entries(before.side(), new);
        if !before.is_compiled() {
            only_effects(&mut entries);
        }
        let mut text = String::new();
        if plan.is_empty() {
            text.push_str("nothing would change: what is loaded is what the configuration says\n");
        } else {
            let style = if color { Style::Ansi } else { Style::Plain };
            let options = diff::render::Options { style, rules };
            if !diff.is_empty() {
                let node = desired.rules.facts.node.as_deref();
                text = diff::render::text(&diff, &entries, before.side(), new, node, options);
            }
            text = format!("{text}to load: {}\n", plan.in_words());
        }
        let diff = report::diff::Diff::new(&diff, &entries, before.side(), new);
        Ok((json(&report::plan::Plan::new(&plan, diff)), text))
    }

    fn applied(&self, desired: &Desired, wish: &Wish<'_>) -> Outcome<String> {
        let (machine, lock) = self.begin(Some(&desired.target), "Node.apply()")?;
        self.nothing_waits(&machine)?;
        let cut = if wish.force { Vec::new() } else { cut(&machine, desired, wish)? };
        let arm = || match &wish.again {
            Some(again) => again.watch(&self.store, None, None),
            None => Err(no_interpreter()),
        };
        let confirm = wish.within.map(|within| Confirm { within, arm: &arm });
        let options =
            Options { by: &process::user(), command: "Node.apply()", confirm, trust: Trust::default() };
        let done = self.load(&machine, &lock, &desired.target, &options)?;
        Ok(Report::new(&done, &cut).json())
    }

    /// Loads, without being stopped half-way.
    fn load(
        &self,
        machine: &Machine,
        lock: &Guard,
        target: &Target,
        options: &Options<'_>,
    ) -> Outcome<Applied> {
        let _uninterrupted = process::Uninterrupted::begin();
        self.applier(machine).apply(lock, target, options).map_err(|failure| Failure::of_apply(&failure))
    }

    /// Refuses while an earlier state waits to be confirmed.
    fn nothing_waits(&self, machine: &Machine) -> Outcome<()> {
        let clock = machine.clock();
        let Some(pending) = self.store.pending().filter(|pending| pending.boot == clock.boot) else {
            return Ok(());
        };
        let left = pending.until.saturating_sub(clock.uptime).as_secs();
        let name = named(pending.state);
        Err(Failure::new(Class::Waiting, format!("{name} waits to be confirmed, for another {left} s"))
            .help("keep it with `confirm()`, or take it back with `rollback()`"))
    }

    fn rolled_back(&self, number: Option<u64>) -> Outcome<String> {
        let (machine, lock) = self.begin(None, "Node.rollback()")?;
        let applier = self.applier(&machine);
        let _uninterrupted = process::Uninterrupted::begin();
        match confirm::back(&applier, number).map_err(Failure::of_no_way)? {
            Back::Waiting(pending) => {
                confirm::take_back(&applier, &lock, &pending, "rolled back by hand").map_err(|error| {
                    Failure::of_host_as(Class::Broken, "can't put the old rules back", &error)
                })?;
                let done = Report {
                    changed: true,
                    state: pending.back_to,
                    before: pending.state,
                    ..Report::default()
                };
                Ok(done.json())
            }
            Back::To(to) => {
                let target = Target::stored(&self.store, to).map_err(|error| Failure::of_host(&error))?;
                target.demand(&missing()?).map_err(|error| Failure::of_host(&error))?;
                let command = to.map_or_else(|| "rollback".to_owned(), |id| format!("rollback {id}"));
                let options = Options {
                    by: &process::user(),
                    command: &command,
                    confirm: None,
                    trust: Trust::default(),
                };
                let done = confirm::go_back(&applier, &lock, to, &options)
                    .map_err(|failure| Failure::of_apply(&failure))?;
                Ok(Report::new(&done, &[]).json())
            }
        }
    }

    /// Refuses where the state may not be read, which would look like no state.
    fn readable(&self) -> Outcome<()> {
        match std::fs::read_dir(self.store.folder()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let folder = self.store.folder().display();
                Err(Failure::new(Class::Apply, format!("can't read `{folder}`: {error}"))
                    .help("only root may read what was applied"))
            }
            _ => Ok(()),
        }
    }
}

/// What would be cut, in words. An exception, unless it will be undone.
fn cut(machine: &Machine, desired: &Desired, wish: &Wish<'_>) -> Outcome<Vec<String>> {
    let NodeRules { datacenter, facts, ruleset, .. } = &*desired.rules;
    let connections = Connection::to_keep(wish.keep);
    let Cuts { ways, simulator } = cuts(machine.tools(), (datacenter, facts), ruleset, &connections)
        .map_err(|unknown| match unknown {
            Unknown::Host(error) => Failure::of_host(&error),
            Unknown::Rules(mistake) => mistake.into(),
        })?;
    let words = || ways.iter().map(|(way, _)| way.what.clone()).collect::<Vec<_>>();
    let Some((_, packet)) = ways.first().filter(|_| wish.within.is_none()) else { return Ok(words()) };
    let options = Rendering { style: Style::Plain, width: 100 };
    let trace = sim::render::trace(packet, &simulator.trace(packet), datacenter.files(), &options);
    let message =
        format!("this would cut {}; nothing was changed\n\n{}", words().join(", "), trace.trim_end());
    Err(Failure::new(Class::Lockout, message)
        .help("put a rule that accepts it above the one that decides")
        .help("or try it and have it undone: `confirm_within=60`; or insist: `force=True`"))
}

/// What changes or reads rules needs the right to.
fn demand_right(call: &str) -> Outcome<()> {
    if process::may_change_rules() {
        return Ok(());
    }
    let message = format!("`{call}` takes the capability CAP_NET_ADMIN, which this process lacks");
    Err(Failure::new(Class::Capability, message).help("run it as root"))
}

/// The tools of this machine; those must be there that have something to load.
fn machine(target: Option<&Target>) -> Outcome<Machine> {
    let (tools, missing) = Tools::find_to_save(None).map_err(|error| Failure::of_host(&error))?;
    let machine = Machine::new(tools);
    let Some(target) = target else { return Ok(machine) };
    target.demand(&missing).map_err(|error| Failure::of_host(&error))?;
    Ok(if target.texts.ebtables.is_empty() { machine.without_bridge() } else { machine })
}

/// The tools that are not there.
fn missing() -> Outcome<Vec<Missing>> {
    Ok(Tools::find_to_save(None).map_err(|error| Failure::of_host(&error))?.1)
}

/// Where Python is part of another program, that program is no interpreter.
fn no_interpreter() -> pvefw_core::host::Error {
    let what = "there is no interpreter to start it with: `sys.executable` is empty";
    pvefw_core::host::Error::Start {
        tool: "python -m pvefw watchdog".into(),
        source: std::io::Error::other(what),
    }
}

/// A state in words.
fn named(state: Option<u64>) -> String {
    state.map_or_else(|| "the removal of all rules".to_owned(), |id| format!("state {id}"))
}

/// What was done.
#[derive(Default, Serialize)]
struct Report<'a> {
    changed: bool,
    state: Option<u64>,
    before: Option<u64>,
    changes: String,
    cut: &'a [String],
}

impl<'a> Report<'a> {
    fn new(done: &Applied, cut: &'a [String]) -> Self {
        let Applied { done, state, before } = done;
        let (changed, words) = match done {
            Done::Unchanged => (false, String::new()),
            Done::Loaded(plan) => (!plan.is_empty(), plan.in_words()),
        };
        Self { changed, state: *state, before: *before, changes: words, cut }
    }

    fn json(&self) -> String {
        json(self)
    }
}

/// A state of the history.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    state: &'a State,
    current: bool,
}
