//! What packets meet while rules are taken over and changed: a stream of them through the real kernel, `pvefw` at work.
//!
//! Nothing that was dropped gets through and nothing that was accepted is lost, at any moment, whether the first apply
//! takes over from pve-firewall or a configuration changes; and what `pvefw stop` leaves is what was there before.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness. Where it
//! can't run it fails and says why.

use core::time::Duration;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;
use std::{env, fs};

use pvefw_core::emit::{self, Restore};
use pvefw_core::host::{Texts, Tool, Tools, Variant, load};
use pvefw_core::sim::Simulator;
use pvefw_lab::case::Case;
use pvefw_lab::question::Question;
use pvefw_tests::{folder, program};
use pvefw_wire::verdict::{Verdict, Wanted};

/// How long packets go on flowing once the rules have changed.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// What is loaded at first, and what `pvefw apply` makes of it.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// The same rules as pve-firewall has them: chains that log have other words in their log.
    TakeOver,
    /// Lines of guests, of a group and of the host are added.
    Lines,
}

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    for variant in Variant::BOTH {
        for change in [Change::TakeOver, Change::Lines] {
            match run(change, variant) {
                Ok(said) => drop(writeln!(out, "ok: {change:?}, {variant}: {said}")),
                Err(why) => {
                    let _ = writeln!(out, "FAILED: {change:?}, {variant}: {why}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

fn run(change: Change, variant: Variant) -> Result<String, String> {
    let wrong = |error: std::io::Error| error.to_string();
    let pvefw = program::pvefw()?;
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("takeover");
    let _ = fs::remove_dir_all(&place);
    let root = place.join("root");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/datacenter");
    folder::copy(&example, &root).map_err(wrong)?;
    let before = case(&root)?;
    if matches!(change, Change::Lines) {
        edit(&root, "firewall/101.fw", "[RULES]", "[RULES]\nIN DROP -source 198.51.100.9")?;
        edit(&root, "firewall/100.fw", "[RULES]", "[RULES]\nIN ACCEPT -p tcp -dport 7777")?;
        edit(
            &root,
            "firewall/cluster.fw",
            "[group webserver]",
            "[group webserver]\nIN DROP -p tcp -dport 7778",
        )?;
    }
    let after = case(&root)?;

    let tools = Tools::find(Some(variant)).map_err(|error| error.in_full())?;
    let (first, then) = (before.prepared()?, after.prepared()?);
    let wanted: Vec<Option<Verdict>> = verdicts(&before)?
        .into_iter()
        .zip(verdicts(&after)?)
        .map(|(before, after)| before.filter(|_| before == after))
        .collect();
    let texts = match change {
        Change::TakeOver => as_pve_firewall(emit::restore(&first.ruleset)),
        Change::Lines => emit::restore(&first.ruleset),
    };
    let node = Node { pvefw, root, state: place.join("state"), variant };
    let mut child: Option<Child> = None;
    let mut ended: Option<Instant> = None;
    let mut theirs = Vec::new();
    let child_of = &mut child;
    let outcomes = then.stream(
        &tools,
        &mut |tools| {
            theirs = dumps(tools)?;
            load(tools, &Texts::from(&texts)).map_err(|failed| failed.error.in_full())?;
            *child_of = Some(node.start(&["apply", "--force"])?);
            Ok(())
        },
        &mut || {
            // The packets of the first moment meet the rules that are there.
            let running = ended.is_none();
            if running && node.is_done()? {
                ended = Some(Instant::now());
            }
            Ok(ended.is_none_or(|ended| ended.elapsed() < AFTERWARDS))
        },
    )?;
    let status = child.ok_or("nothing was started")?.wait().map_err(wrong)?;
    let said = fs::read_to_string(node.said()).map_err(wrong)?;
    if !status.success() {
        return Err(format!("`pvefw apply` ended with {status}: {said}"));
    }
    if !said.contains("changed") {
        return Err(format!("nothing was loaded: {said}"));
    }
    let mut counts = [0_u64; 2];
    for (number, (question, outcome)) in outcomes.iter().enumerate() {
        let Some(wanted) = wanted.get(*question).copied().flatten() else { continue };
        let passes = wanted == Verdict::Accept;
        if outcome.arrived != passes || !outcome.astray.is_empty() {
            let of = outcomes.len();
            let question = &after.questions.get(*question);
            return Err(format!(
                "packet {number} of {of}, which is {wanted:?}, was {outcome:?}: {question:?}"
            ));
        }
        if let Some(count) = counts.get_mut(usize::from(passes)) {
            *count += 1;
        }
    }
    let [blocked, passed] = counts;
    if blocked < 20 || passed < 20 {
        return Err(format!("too few packets were sent: {passed} to pass, {blocked} to be blocked"));
    }
    let mut stop = node.start(&["stop"])?;
    if !stop.wait().map_err(wrong)?.success() {
        return Err("`pvefw stop` failed".into());
    }
    let left = dumps(&tools)?;
    if left != theirs {
        return Err(format!("`pvefw stop` has left {left:?} of {theirs:?}"));
    }
    let loaded = said.lines().find(|line| line.starts_with("applied")).unwrap_or_default();
    Ok(format!("{passed} packets passed and {blocked} were blocked meanwhile; {loaded}"))
}

/// `pvefw` on the node.
struct Node {
    pvefw: &'static Path,
    root: PathBuf,
    state: PathBuf,
    variant: Variant,
}

impl Node {
    fn said(&self) -> PathBuf {
        self.state.with_extension("said")
    }

    fn start(&self, words: &[&str]) -> Result<Child, String> {
        let mut command = Command::new(self.pvefw);
        command.args(words);
        if words.first() == Some(&"apply") {
            command.arg(&self.root).args(["--node", "pve1", "--facts"]).arg(self.root.join("facts.json"));
        }
        command.arg("--state").arg(&self.state).args(["--variant", self.variant.name()]);
        let said = fs::File::create(self.said()).map_err(|error| error.to_string())?;
        let errors = said.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(said).stderr(errors);
        command.spawn().map_err(|error| format!("can't start pvefw: {error}"))
    }

    /// Whether it has said how it ended.
    fn is_done(&self) -> Result<bool, String> {
        let said = fs::read_to_string(self.said()).map_err(|error| error.to_string())?;
        Ok(said.lines().any(|line| line.starts_with("applied") || line.starts_with("error")))
    }
}

fn edit(root: &Path, file: &str, old: &str, new: &str) -> Result<(), String> {
    let path = root.join(file);
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    if !text.contains(old) {
        return Err(format!("{file} has no `{old}`"));
    }
    fs::write(path, text.replacen(old, new, 1)).map_err(|error| error.to_string())
}

/// The datacenter with packets between its guests, and from outside.
fn case(root: &Path) -> Result<Case, String> {
    let facts_text = fs::read_to_string(root.join("facts.json")).map_err(|error| error.to_string())?;
    let mut questions = Vec::new();
    for from in ["outside", "vm100", "vm100/net1", "vm101", "ct200"] {
        for to in ["vm100", "vm100/net1", "vm101", "ct200", "outside"] {
            for (proto, dport) in [("tcp", 22), ("tcp", 80), ("tcp", 443), ("tcp", 5432), ("udp", 53)] {
                let (from, to) = (from.to_owned(), to.to_owned());
                let (proto, dport) = (Some(proto.to_owned()), Some(dport));
                questions.push(Question { from, to, proto, dport, ..Question::default() });
            }
        }
    }
    Ok(Case {
        name: "takeover".into(),
        files: Case::files(root)?,
        facts: serde_json::from_str(&facts_text).map_err(|error| error.to_string())?,
        facts_text,
        questions,
    })
}

/// What should become of each packet; nothing of those that can't be.
fn verdicts(case: &Case) -> Result<Vec<Option<Verdict>>, String> {
    let prepared = case.prepared()?;
    let simulator =
        Simulator::new(&prepared.ruleset, &prepared.node.networks).map_err(|mistake| mistake.to_string())?;
    let verdict = |asked| Wanted::by(&simulator, asked).map(|wanted| wanted.verdict).ok();
    Ok(prepared.asked.iter().map(|asked| asked.as_ref().ok().and_then(verdict)).collect())
}

/// The same rules in the words of pve-firewall's log, and signed for them.
fn as_pve_firewall(mut texts: Restore) -> Restore {
    for text in [&mut texts.iptables, &mut texts.ip6tables] {
        let logs = |chain: &str| {
            text.lines().any(|line| {
                line.starts_with("-A") && line.split(' ').nth(1) == Some(chain) && line.contains("NFLOG")
            })
        };
        let mut other = String::new();
        for line in text.lines() {
            let chain = line.split(' ').nth(1).unwrap_or_default();
            if line.contains("PVESIG:") && logs(chain) {
                other.push_str(&line.replace("PVESIG:", "PVESIG:x"));
            } else {
                other.push_str(&line.replace("DROP: ", "DRP: "));
            }
            other.push('\n');
        }
        *text = other;
    }
    texts
}

/// Everybody's rules, without counts and comments.
fn dumps(tools: &Tools) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for tool in Tool::ALL {
        let text = tools.save(tool).map_err(|error| error.in_full())?;
        // Tables and their own chains come into being with the first look at them.
        let kept = text.lines().filter(|line| !line.starts_with(['#', '*', ':']) && *line != "COMMIT");
        lines.extend(kept.map(|line| format!("{} {line}", tool.name())));
        lines.extend(
            text.lines().filter(|line| line.starts_with(':') && line.contains(" - ")).map(str::to_owned),
        );
    }
    Ok(lines)
}
