//! A daemon that is killed at random times, with its runs and without, while its configuration changes, turns bad and
//! goes; while others change its rules. Again and again everything is left in peace: then the kernel has to have what
//! the configuration says. In the end the daemon has to be as small as it was.

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pvefw_core::host::rules::Rules;
use pvefw_core::host::{Machine, Sandbox, Texts, Tools, Variant, machine};
use pvefw_tests::folder::copy;

use crate::case::differences;
use crate::fault::Dice;
use crate::roots::compiled;

/// How long a daemon may take to put everything right. What others do to legacy tables is seen within a minute; only a hung
/// machine needs longer.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long it is tormented between two looks.
const ROUND: Duration = Duration::from_secs(6);
/// Kilobytes that it may have grown by: the allocator's, not ours.
const GROWTH: u64 = 1024;
/// Files that are edited.
const FILES: [&str; 4] = ["firewall/100.fw", "firewall/101.fw", "firewall/200.fw", "nodes/pve1/host.fw"];

/// Where everything is.
pub(crate) struct Bench {
    pub(crate) pvefw: PathBuf,
    pub(crate) example: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) variant: Variant,
}

/// What was done.
#[derive(Default)]
struct Counts {
    kills: u64,
    runs_killed: u64,
    edits: u64,
    bad: u64,
    gone: u64,
    drifts: u64,
    reloads: u64,
    looks: u64,
}

impl Bench {
    /// Torments a daemon for some time, and tells what was done; the error is what went wrong.
    pub(crate) fn run(&self, seed: u64, time: Duration) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("can't prepare: {error}");
        Sandbox::enter().map_err(|error| error.in_full())?;
        let machine = Machine::new(Tools::find(Some(self.variant)).map_err(|error| error.in_full())?);
        copy(&self.example, &self.root()).map_err(failed)?;
        let mut dice = Dice::new(seed);
        let mut counts = Counts::default();
        let mut daemon = self.start()?;
        self.settle(&machine, &mut daemon, &mut counts)?;
        let begun = Instant::now();
        // The last third is one daemon's, whose size can be compared.
        while begun.elapsed() < time.mul_f32(0.66) {
            self.torment(&mut dice, &mut daemon, &mut counts, true)?;
            self.settle(&machine, &mut daemon, &mut counts)?;
        }
        let before = Size::of(&daemon)?;
        while begun.elapsed() < time {
            self.torment(&mut dice, &mut daemon, &mut counts, false)?;
            self.settle(&machine, &mut daemon, &mut counts)?;
        }
        let after = Size::of(&daemon)?;
        let _ = kill(id(&daemon), Signal::SIGTERM);
        let status = daemon.wait().map_err(failed)?;
        let said = fs::read_to_string(self.folder.join("said")).unwrap_or_default();
        if !status.success() {
            return Err(format!("the daemon ended with {status}: {said}"));
        }
        if !machine::read(&machine).map_err(|error| error.in_full())?.rules.is_empty() {
            return Err("the daemon has left rules behind".into());
        }
        if after.files != before.files || after.memory > before.memory + GROWTH {
            return Err(format!("the daemon has grown: from {before:?} to {after:?}"));
        }
        let Counts { kills, runs_killed, edits, bad, gone, drifts, reloads, looks } = counts;
        Ok(format!(
            "{}: {looks} times as it should be, after {kills} kills of the daemon, {runs_killed} of its runs, {edits} \
             edits, {bad} of them bad, {gone} times without configuration, {drifts} changes by others, {reloads} \
             reloads; {} KiB and {} files before, {} KiB and {} files after\n",
            self.variant, before.memory, before.files, after.memory, after.files
        ))
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn start(&self) -> Result<Child, String> {
        let failed = |error: std::io::Error| format!("can't start the daemon: {error}");
        let said =
            fs::File::options().append(true).create(true).open(self.folder.join("said")).map_err(failed)?;
        let root = self.root();
        let mut command = Command::new(&self.pvefw);
        command.arg("daemon").arg(&root).args(["--node", "pve1", "--facts"]).arg(root.join("facts.json"));
        command.arg("--state").arg(self.folder.join("state")).arg("--run").arg(self.folder.join("run"));
        command.args(["--variant", self.variant.name(), "--tool-limit", "20"]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().map_err(failed)
    }

    /// One round of torment.
    fn torment(
        &self,
        dice: &mut Dice,
        daemon: &mut Child,
        counts: &mut Counts,
        kills: bool,
    ) -> Result<(), String> {
        let begun = Instant::now();
        while begun.elapsed() < ROUND {
            match dice.roll(20) {
                0..=7 => self.edit(dice, counts, "IN ACCEPT -p tcp -dport")?,
                8 | 9 => {
                    counts.bad += 1;
                    self.edit(dice, counts, "IN ACCEPT -p tcp -dport none")?;
                }
                10 => self.go_away(dice, counts)?,
                11 | 12 => {
                    counts.drifts += 1;
                    let program = format!("/usr/sbin/iptables-{}", self.variant.name());
                    let words = ["--wait", "5", "-F", "PVEFW-INPUT"];
                    // Where there is no such chain at the moment, nothing is changed.
                    let _ = Command::new(program).args(words).stderr(Stdio::null()).status();
                }
                13 => {
                    counts.reloads += 1;
                    let _ = kill(id(daemon), Signal::SIGHUP);
                }
                14 | 15 => {
                    counts.runs_killed += kill_runs(daemon);
                }
                16 if kills => {
                    counts.runs_killed += kill_runs(daemon);
                    counts.kills += 1;
                    let _ = daemon.kill();
                }
                17..=19 if kills => {
                    counts.kills += 1;
                    let _ = daemon.kill();
                }
                _ => {}
            }
            self.look_after(daemon)?;
            thread::sleep(Duration::from_millis(dice.roll(250)));
        }
        Ok(())
    }

    /// Starts a daemon that was killed, as systemd does. One that ends by itself is a failure.
    fn look_after(&self, daemon: &mut Child) -> Result<(), String> {
        match daemon.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) if status.code().is_none() => {
                *daemon = self.start()?;
                Ok(())
            }
            Ok(Some(status)) => {
                let said = fs::read_to_string(self.folder.join("said")).unwrap_or_default();
                Err(format!("the daemon ended with {status}: {said}"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Gives a file another last line, by renaming or by writing into it.
    fn edit(&self, dice: &mut Dice, counts: &mut Counts, line: &str) -> Result<(), String> {
        counts.edits += 1;
        let failed = |error: std::io::Error| format!("can't edit: {error}");
        let number = usize::try_from(dice.roll(4)).unwrap_or(0);
        let file = FILES.get(number).copied().unwrap_or_default();
        let path = self.root().join(file);
        let text = fs::read_to_string(self.example.join(file)).map_err(failed)?;
        let text = format!("{text}\n{line} {}\n", 10_000 + dice.roll(50_000));
        if dice.roll(2) == 0 {
            return fs::write(&path, text).map_err(failed);
        }
        let aside = path.with_extension("fw.tmp.1");
        fs::write(&aside, text).and_then(|()| fs::rename(&aside, &path)).map_err(failed)
    }

    /// The configuration is away for a moment.
    fn go_away(&self, dice: &mut Dice, counts: &mut Counts) -> Result<(), String> {
        counts.gone += 1;
        let (here, away) = (self.root(), self.folder.join("away"));
        fs::rename(&here, &away).map_err(|error| error.to_string())?;
        thread::sleep(Duration::from_millis(dice.roll(800)));
        fs::rename(&away, &here).map_err(|error| error.to_string())
    }

    /// Makes the configuration good, and waits until the kernel has it.
    fn settle(&self, machine: &Machine, daemon: &mut Child, counts: &mut Counts) -> Result<(), String> {
        for file in FILES {
            let path = self.root().join(file);
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            fs::write(&path, text.replace("-dport none", "-dport")).map_err(|error| error.to_string())?;
        }
        let texts = compiled(&self.root(), &self.folder.join("texts"), &self.pvefw)?;
        let wanted = Rules::of(&Texts::from(&texts));
        let begun = Instant::now();
        loop {
            self.look_after(daemon)?;
            let kernel = machine::read(machine).map_err(|error| error.in_full())?;
            let differs = differences(&kernel, &wanted);
            if differs.is_empty() {
                counts.looks += 1;
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(self.folder.join("said")).unwrap_or_default();
                let tail: Vec<&str> = said.lines().rev().take(12).collect();
                return Err(format!("{}; the daemon said last: {tail:?}", differs.join("; ")));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// How large a daemon is while it does nothing.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Kilobytes in memory.
    memory: u64,
    /// Open files.
    files: usize,
}

impl Size {
    fn of(daemon: &Child) -> Result<Self, String> {
        // Until everything that the last changes have set off is over.
        let begun = Instant::now();
        let mut calm = 0;
        while calm < 20 && begun.elapsed() < PATIENCE {
            calm = if runs(daemon).is_empty() { calm + 1 } else { 0 };
            thread::sleep(Duration::from_millis(100));
        }
        let status = fs::read_to_string(format!("/proc/{}/status", daemon.id()));
        let status = status.map_err(|error| format!("the daemon is gone: {error}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or_default();
        let files = fs::read_dir(format!("/proc/{}/fd", daemon.id())).map_err(|error| error.to_string())?;
        Ok(Self { memory, files: files.count() })
    }
}

/// The runs of a daemon that are going on.
fn runs(daemon: &Child) -> Vec<i32> {
    let id = daemon.id();
    let text = fs::read_to_string(Path::new("/proc").join(format!("{id}/task/{id}/children")));
    text.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn kill_runs(daemon: &Child) -> u64 {
    let runs = runs(daemon);
    let killed = runs.iter().filter(|id| kill(Pid::from_raw(**id), Signal::SIGKILL).is_ok());
    u64::try_from(killed.count()).unwrap_or_default()
}

fn id(daemon: &Child) -> Pid {
    Pid::from_raw(i32::try_from(daemon.id()).unwrap_or_default())
}
