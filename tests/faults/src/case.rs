//! One fault: a node is brought into a state, the fault happens while it is changed, and what is loaded is looked at;
//! then the next run has to put everything right.

use core::cell::Cell;
use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Instant, SystemTime};

use pvefw_core::diff::TableId;
use pvefw_core::host::plan::Kernel;
use pvefw_core::host::rules::Rules;
use pvefw_core::host::store::Form;
use pvefw_core::host::{Host as _, Machine, Sandbox, Texts, Tool, Tools, Variant, load, machine, verify};
use serde::{Deserialize, Serialize};

use crate::fault::{AtCall, Dice, Fault};
use crate::roots::Root;
use crate::wrapper;

/// A tool that hangs is killed after this long. Others are given more: a machine may be busy.
const HANG_LIMIT: &str = "3";
const TOOL_LIMIT: &str = "60";

/// Nothing of ours takes this long.
const LIMIT: Duration = Duration::from_mins(5);

/// What a text with ten thousand rules has at least.
const MANY: usize = 300_000;

/// Where everything is.
pub(crate) struct Bench {
    pub(crate) pvefw: PathBuf,
    /// The folder of this process.
    pub(crate) folder: PathBuf,
    pub(crate) roots: Vec<Root>,
    /// One with ten thousand rules.
    pub(crate) large: Root,
    /// How long a run takes here: shorter or longer as the machine is busy.
    pub(crate) usual: Cell<Duration>,
}

/// What came of a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The fault.
    pub(crate) kind: String,
    /// What was loaded when it was over.
    pub(crate) found: Found,
    /// What is wrong, if anything is.
    pub(crate) wrong: Option<String>,
    /// Whether the fault met the run at all, rather than coming too late for it.
    pub(crate) met: bool,
}

/// What was loaded when a fault was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Found {
    /// All of the old state.
    Old,
    /// All of the new one.
    New,
    /// Whole tables of both, after a `SIGKILL`: the next run completes or undoes it.
    Between,
    /// What somebody else made of it.
    Other,
}

/// What is done while the fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Apply,
    ApplyAndConfirm,
    Rollback,
    Stop,
}

impl Bench {
    /// Runs the case of a number.
    pub(crate) fn run(&self, number: u64, variant: Variant) -> Result<Outcome, String> {
        let mut dice = Dice::new(number);
        Sandbox::enter().map_err(|error| error.in_full())?;
        let machine = Machine::new(Tools::find(Some(variant)).map_err(|error| error.in_full())?);
        let state = self.folder.join("state");
        let _ = fs::remove_dir_all(&state);
        let tools = self.folder.join("tools");
        Self::lay_out(&tools)?;
        let node = Node { bench: self, variant, state: state.clone(), tools: tools.clone() };

        theirs(variant);
        let pick = |dice: &mut Dice| usize::try_from(dice.roll(self.roots.len() as u64)).unwrap_or(0);
        let (from, to) = (pick(&mut dice), pick(&mut dice));
        let fault = Fault::random(&mut dice, self.usual.get());
        let large = matches!(fault, Fault::OneOfTenThousand(_));
        let (old, new) = (self.root(from)?, if large { &self.large } else { self.root(to)? });
        // A node may come from nothing, from pve-firewall, or from us.
        let begin = dice.roll(4);
        let empty = Rules::default();
        let mut before = &empty;
        if begin > 0 {
            before = &old.rules;
            if begin == 1 {
                load(machine.tools(), &Texts::from(&old.texts)).map_err(|failed| failed.error.in_full())?;
            } else {
                node.must(&["apply", "--force"], Some(old))?;
            }
        }
        let work = match dice.roll(6) {
            _ if large => Work::Apply,
            0 => Work::Stop,
            1 if begin > 1 => {
                // There is something to go back to, and something to go back from.
                node.must(&["apply", "--force"], Some(new))?;
                Work::Rollback
            }
            2 => Work::ApplyAndConfirm,
            _ => Work::Apply,
        };
        let (before, after) = match work {
            Work::Stop => (before, &empty),
            Work::Rollback if old.rules.is_empty() || old.rules == new.rules => (&new.rules, &new.rules),
            Work::Rollback => (&new.rules, &old.rules),
            Work::Apply | Work::ApplyAndConfirm => (before, &new.rules),
        };
        let foreign = foreign(&machine)?;

        let disk = self.prepare(&fault, &state, &tools)?;
        let words: &[&str] = match work {
            Work::Apply => &["apply", "--force"],
            Work::ApplyAndConfirm => &["apply", "--force", "--confirm-within", "1h"],
            Work::Rollback => &["rollback"],
            Work::Stop => &["stop"],
        };
        let root = matches!(work, Work::Apply | Work::ApplyAndConfirm).then_some(new);
        let limit = if matches!(fault, Fault::AtCall(_, AtCall::Hang)) { HANG_LIMIT } else { TOOL_LIMIT };
        let mut child = node.start(words, root, Some(limit))?;
        if let Fault::Kill(after) = fault {
            thread::sleep(after);
            let _ = child.kill();
        }
        let status = wait(&mut child)?;
        let met = match fault {
            Fault::Kill(_) => status.is_none(),
            Fault::AtCall(..) | Fault::OneOfTenThousand(_) => wrapper::was_done(&tools),
            Fault::DiskFull(_) => status != Some(0),
            Fault::Clock(_) => true,
        };
        let outcome = |found, wrong| Outcome { kind: fault.kind(), found, wrong, met };
        wrapper::arrange(&tools, None).map_err(|error| error.to_string())?;
        Self::lay_out(&tools)?;
        drop(disk);

        // A watchdog undoes what was being loaded by somebody who is gone.
        let killed = status.is_none();
        let waits = work == Work::ApplyAndConfirm;
        if killed && waits {
            settle(&state);
        }
        let kernel = machine::read(&machine).map_err(|error| error.in_full())?;
        let found = judge(&kernel, before, after);
        let said = fs::read_to_string(self.folder.join("said")).unwrap_or_default();
        let said = said.trim().replace('\n', " | ");
        let not_old = differences(&kernel, before).join("; ");
        let told = |what: &str| {
            format!(
                "{work:?} from {from} ({begin}) to {to}, {variant}, {fault:?}, exit {status:?}: {what}; it said: {said}; \
                 not the old state: {not_old}"
            )
        };
        let found = match found {
            Ok(found) => found,
            Err(_) if fault.is_other() => Found::Other,
            Err(what) => return Ok(outcome(Found::Other, Some(told(&format!("half a state: {what}"))))),
        };
        let same = before == after;
        let expected = match status {
            _ if fault.is_other() => true,
            Some(0) => found == Found::New || same,
            Some(1 | 2) => found == Found::Old || same,
            // It could not be put back, and said so: that takes a fault that lasts.
            Some(4) => fault.lasts(),
            None => fault.kills(),
            Some(_) => false,
        };
        if !expected {
            return Ok(outcome(found, Some(told("the exit status and the rules do not fit"))));
        }
        if found == Found::Between && !killed && status != Some(4) && !fault.is_other() {
            return Ok(outcome(found, Some(told("tables of both states, without a SIGKILL"))));
        }
        if !fault.is_other() && self::foreign(&machine)? != foreign {
            return Ok(outcome(found, Some(told("rules of others have changed"))));
        }

        // The next run.
        let next = if dice.roll(3) == 0 { old } else { new };
        let confirms = dice.roll(2) == 0;
        let started = Instant::now();
        let mut wrong = Self::repair(&node, &machine, next, confirms)?;
        if !large {
            self.usual.set((self.usual.get() * 3 + started.elapsed() / 2) / 4);
        }
        if wrong.is_none() && !fault.is_other() && self::foreign(&machine)? != foreign {
            wrong = Some("in the end rules of others have changed".into());
        }
        Ok(outcome(found, wrong.map(|what| told(&what))))
    }

    /// Lets the next runs put everything right, and remove it. What they did not.
    fn repair(
        node: &Node<'_>,
        machine: &Machine,
        next: &Root,
        confirms: bool,
    ) -> Result<Option<String>, String> {
        if node.state.join("pending.json").exists() {
            node.run(if confirms { &["confirm"] } else { &["rollback"] }, None)?;
            if node.state.join("pending.json").exists() {
                node.run(&["rollback"], None)?;
            }
        }
        let (code, said) = node.run(&["apply", "--force"], Some(next))?;
        if code != Some(0) {
            return Ok(Some(format!("the next run ended with {code:?}: {said}")));
        }
        let kernel = machine::read(machine).map_err(|error| error.in_full())?;
        let differences = differences(&kernel, &next.rules);
        if !differences.is_empty() {
            return Ok(Some(format!("not repaired: {}", differences.join("; "))));
        }
        if node.state.join("journal.json").exists() {
            return Ok(Some("the journal stays".into()));
        }
        let (code, said) = node.run(&["stop"], None)?;
        let left = machine::read(machine).map_err(|error| error.in_full())?;
        if code != Some(0) || !left.rules.is_empty() {
            return Ok(Some(format!("stop left something: {said}")));
        }
        Ok(None)
    }

    fn root(&self, number: usize) -> Result<&Root, String> {
        self.roots.get(number).ok_or_else(|| "no such root".to_owned())
    }

    /// Puts all tools into a folder: this program under their names.
    fn lay_out(folder: &Path) -> Result<(), String> {
        let me = std::env::current_exe().map_err(|error| error.to_string())?;
        let fail = |error: std::io::Error| format!("can't lay out tools: {error}");
        fs::create_dir_all(folder).map_err(fail)?;
        for name in wrapper::names() {
            let path = folder.join(name);
            if fs::symlink_metadata(&path).is_err() {
                std::os::unix::fs::symlink(&me, &path).map_err(fail)?;
            }
        }
        wrapper::arrange(folder, None).map_err(fail)
    }

    /// Makes ready for a fault that is not a matter of time.
    fn prepare(&self, fault: &Fault, state: &Path, tools: &Path) -> Result<Option<SmallDisk>, String> {
        match fault {
            Fault::AtCall(call, harm) => {
                wrapper::arrange(tools, Some((*call, *harm, 20))).map_err(|error| error.to_string())?;
                Ok(None)
            }
            Fault::OneOfTenThousand(skipped) => {
                let plan = (*skipped, AtCall::KernelRefusesForGood, MANY);
                wrapper::arrange(tools, Some(plan)).map_err(|error| error.to_string())?;
                Ok(None)
            }
            Fault::DiskFull(room) => SmallDisk::mount(state, *room, &self.folder).map(Some),
            Fault::Clock(seconds) => {
                // What is kept was written by a clock that has been put right since.
                let then = SystemTime::now();
                let moved = if *seconds < 0 {
                    then.checked_sub(Duration::from_secs(seconds.unsigned_abs()))
                } else {
                    then.checked_add(Duration::from_secs(seconds.unsigned_abs()))
                };
                for name in ["record.json", "loaded.json"] {
                    let path = state.join(name);
                    let Ok(text) = fs::read_to_string(&path) else { continue };
                    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
                    let moved = moved.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
                    if let (Some(since), Some(moved)) = (value.get_mut("since"), moved) {
                        *since = moved.as_secs().into();
                    }
                    fs::write(&path, value.to_string()).map_err(|error| error.to_string())?;
                }
                Ok(None)
            }
            Fault::Kill(_) => Ok(None),
        }
    }
}

/// `pvefw` on a node.
struct Node<'b> {
    bench: &'b Bench,
    variant: Variant,
    state: PathBuf,
    tools: PathBuf,
}

impl Node<'_> {
    /// Starts it; with a limit for its tools, among those that do harm.
    fn start(&self, words: &[&str], root: Option<&Root>, wrapped: Option<&str>) -> Result<Child, String> {
        let mut command = Command::new(&self.bench.pvefw);
        let (first, rest) = words.split_first().ok_or("no command")?;
        command.arg(first);
        if let Some(root) = root {
            command.arg(&root.path).args(["--node", "pve1", "--facts"]).arg(root.path.join("facts.json"));
        }
        command.args(rest).arg("--state").arg(&self.state);
        command.args(["--variant", self.variant.name(), "--tool-limit", wrapped.unwrap_or(TOOL_LIMIT)]);
        let path = if wrapped.is_some() {
            format!("{}:/usr/sbin:/usr/bin", self.tools.display())
        } else {
            "/usr/sbin:/usr/bin".into()
        };
        command.env_clear().env("PATH", path).env("USER", "faults");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let said = fs::File::create(self.bench.folder.join("said")).map_err(|error| error.to_string())?;
        command.stderr(said).spawn().map_err(|error| format!("can't start pvefw: {error}"))
    }

    /// Runs it without faults.
    fn run(&self, words: &[&str], root: Option<&Root>) -> Result<(Option<i32>, String), String> {
        let code = wait(&mut self.start(words, root, None)?)?;
        let said = fs::read_to_string(self.bench.folder.join("said")).unwrap_or_default();
        Ok((code, said.trim().replace('\n', " | ")))
    }

    fn must(&self, words: &[&str], root: Option<&Root>) -> Result<(), String> {
        match self.run(words, root)? {
            (Some(0), _) => Ok(()),
            (code, said) => {
                Err(format!("`pvefw {}` without a fault ended with {code:?}: {said}", words.join(" ")))
            }
        }
    }
}

/// A disk with little room where the state is kept.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// What is there is copied onto it, and the rest filled but for `room` bytes.
    fn mount(state: &Path, room: u64, folder: &Path) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("can't make a small disk: {error}");
        let aside = folder.join("aside");
        let _ = fs::remove_dir_all(&aside);
        fs::create_dir_all(state).map_err(fail)?;
        let run = |words: &[&str], paths: &[&Path]| {
            let (program, rest) = words.split_first().ok_or("no program")?;
            let status =
                Command::new(program).args(rest).args(paths).stderr(Stdio::null()).status().map_err(fail)?;
            if status.success() { Ok(()) } else { Err(format!("`{}` failed", words.join(" "))) }
        };
        run(&["cp", "-a"], &[state, &aside])?;
        run(&["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs"], &[state])?;
        let disk = Self(state.to_path_buf());
        run(&["cp", "-a"], &[&aside.join("."), state])?;
        let filler = state.join("filler");
        let mut size = 4_u64 << 20;
        // As much as there is, then less by the room that is to be left.
        while size > 0 && fs::write(&filler, vec![0; usize::try_from(size).unwrap_or(0)]).is_err() {
            size = fs::metadata(&filler).map_or(0, |file| file.len());
        }
        let keep = size.saturating_sub(room);
        fs::OpenOptions::new().write(true).open(&filler).and_then(|file| file.set_len(keep)).map_err(fail)?;
        Ok(disk)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What was written there goes on to the usual disk.
        let aside = self.0.with_extension("saved");
        let _ = fs::remove_dir_all(&aside);
        let _ = Command::new("cp").arg("-a").arg(&self.0).arg(&aside).status();
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = fs::remove_dir_all(&self.0);
        let _ = fs::rename(&aside, &self.0);
        let _ = fs::remove_file(self.0.join("filler"));
    }
}

/// Waits for a process; `None`: it was killed.
fn wait(child: &mut Child) -> Result<Option<i32>, String> {
    let begun = Instant::now();
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => return Ok(status.code()),
            None if begun.elapsed() > LIMIT => {
                let _ = child.kill();
                return Err("pvefw did not end".into());
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Waits until the process that watches has seen that whoever was loading is gone.
fn settle(state: &Path) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20)
        && state.join("pending.json").exists()
        && state.join("journal.json").exists()
    {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Rules of somebody else, in every table that we use.
fn theirs(variant: Variant) {
    let name = |base: &str| format!("{}/{base}-{}", wrapper::REAL, variant.name());
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for base in ["iptables", "ip6tables"] {
        all.push((name(base), vec!["-N", "theirs"]));
        all.push((name(base), vec!["-A", "theirs", "-p", "tcp", "--dport", "9999", "-j", "DROP"]));
        all.push((name(base), vec!["-A", "INPUT", "-j", "theirs"]));
        all.push((name(base), vec!["-t", "raw", "-A", "OUTPUT", "-p", "udp", "-j", "ACCEPT"]));
    }
    all.push((format!("{}/ebtables", wrapper::REAL), vec!["-A", "OUTPUT", "-p", "ARP", "-j", "ACCEPT"]));
    all.push((format!("{}/ipset", wrapper::REAL), vec!["create", "theirs", "hash:ip"]));
    for (program, words) in all {
        let _ = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// All that is not ours, as the tools print it.
fn foreign(machine: &Machine) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for tool in Tool::ALL {
        let text = machine.save(tool).map_err(|error| error.in_full())?;
        let ours = |line: &str| line.contains("PVEFW-") || line.starts_with('#') || is_of_guest(line);
        // Tables come into being with their first rule; what counts is what is in them.
        let kept =
            text.lines().filter(|line| !ours(line) && !line.starts_with(['*', ':']) && *line != "COMMIT");
        lines.extend(
            kept.map(|line| format!("{} {}", tool.name(), line.split(" initval").next().unwrap_or_default())),
        );
        lines.extend(text.lines().filter(|line| line.starts_with(":theirs")).map(str::to_owned));
    }
    Ok(lines)
}

fn is_of_guest(line: &str) -> bool {
    let name = line.trim_start_matches("-A ").trim_start_matches(':');
    ["tap", "veth", "fwbr", "GROUP-"].iter().any(|start| name.starts_with(start))
}

/// Which state is loaded, unit by unit: each of what changes at one stroke has to be whole.
fn judge(kernel: &Kernel, old: &Rules, new: &Rules) -> Result<Found, String> {
    let (is_old, is_new) = (differences(kernel, old), differences(kernel, new));
    if is_new.is_empty() {
        return Ok(Found::New);
    }
    if is_old.is_empty() {
        return Ok(Found::Old);
    }
    for id in TableId::ALL {
        let only = |rules: &Rules| {
            let mut part = Rules::default();
            *part.table_mut(id) = rules.table(id).clone();
            part
        };
        let have = Kernel { rules: only(&kernel.rules), bridge: String::new() };
        let (is_old, is_new) = (differences(&have, &only(old)), differences(&have, &only(new)));
        if !is_old.is_empty() && !is_new.is_empty() {
            return Err(format!("{}: {}", verify::name(id), is_new.join("; ")));
        }
    }
    for (name, set) in &kernel.rules.sets {
        let plain = name.strip_suffix("_swap").unwrap_or(name);
        let known =
            [old, new].into_iter().filter_map(|rules| rules.sets.get(plain)).any(|other| set.is_same(other));
        // Sets are filled one by one under names that no rule has.
        let fresh = !old.sets.contains_key(plain) || plain.len() < name.len();
        if !known && !fresh {
            return Err(format!("set {name} is of neither state"));
        }
    }
    Ok(Found::Between)
}

/// Whether everything of ours is what is wanted, chain by chain and rule by rule.
pub(crate) fn differences(kernel: &Kernel, want: &Rules) -> Vec<String> {
    let all: Vec<_> = TableId::ALL
        .into_iter()
        .flat_map(|id| want.table(id).chains.keys().map(move |name| (id, name.clone())))
        .collect();
    verify::differences(kernel, want, Form::Made, &all)
}
