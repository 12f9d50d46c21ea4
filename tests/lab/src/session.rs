//! A share of the work: cases run, one after the other, and what came of them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use pvefw_core::facts::Facts;
use pvefw_core::host::Tools;
use pvefw_core::sim::Simulator;
use pvefw_tests::root;
use pvefw_wire::lab::Prepared;
use serde::{Deserialize, Serialize};

use crate::args::Args;
use crate::case::Case;
use crate::coverage::{Coverage, met};
use crate::oracle::{Oracle, Recorded};
use crate::random;
use crate::shrink::shrink;

/// After the cases asked for so many more are run, a tenth of them, as long as something was never met.
const MORE: u64 = 10;

/// Disagreements of a share that are made small; with more of them something is wrong that the first ones show.
const SHRUNK: usize = 3;

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Datacenters.
    pub cases: u64,
    /// Packets sent.
    pub packets: u64,
    /// Questions that the lab can't put to a kernel.
    pub unsent: u64,
    /// Verdicts compared and equal.
    pub equal: u64,
    /// Verdicts that differed once, but not when the packets were sent again.
    pub unsteady: u64,
    /// Verdicts that differ, in words.
    pub different: Vec<String>,
    /// Cases that could not be run at all, in words.
    pub broken: Vec<String>,
    /// What the packets met.
    pub coverage: Coverage,
}

impl Report {
    /// Adds another share's.
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.packets += other.packets;
        self.unsent += other.unsent;
        self.equal += other.equal;
        self.unsteady += other.unsteady;
        self.different.extend(other.different);
        self.broken.extend(other.broken);
        self.coverage.add(&other.coverage);
    }
}

/// Where the cases come from.
enum Source {
    /// Made up; counted by their seeds.
    Random,
    /// One configuration that gets packets for each seed.
    Root(Box<Case>),
    /// Folders.
    Folders(Vec<PathBuf>),
}

/// Runs the share of the work that the arguments say. `progress` is told about each case.
///
/// # Errors
/// What keeps all of it from running.
pub fn run(args: &Args, progress: &mut dyn FnMut(&str)) -> Result<Report, String> {
    let share = args.share.unwrap_or(0);
    let tools = Tools::find(args.variant).map_err(|error| error.in_full())?;
    let source = source(args)?;
    let total = match &source {
        Source::Folders(folders) => u64::try_from(folders.len()).unwrap_or(u64::MAX),
        Source::Random | Source::Root(_) => args.cases,
    };
    let jobs = u64::try_from(args.jobs).unwrap_or(1);
    let mut at = u64::try_from(share).unwrap_or(0);
    let mut report = Report::default();
    let begun = Instant::now();
    loop {
        // What chance has not met may be met a little later.
        let more = matches!(source, Source::Random) && !report.coverage.missing().is_empty();
        let end = if more { total + total / MORE } else { total };
        if at >= end {
            break;
        }
        let case = match &source {
            Source::Folders(folders) => match folders.get(usize::try_from(at).unwrap_or(usize::MAX)) {
                Some(folder) => Case::read(folder)?,
                None => break,
            },
            Source::Random => aimed(random::datacenter(args.seed.wrapping_add(at))?, args, at, &mut report)?,
            Source::Root(case) => aimed((**case).clone(), args, at, &mut report)?,
        };
        let counted = matches!(source, Source::Folders(_));
        one(&case, args, &tools, counted, &mut report);
        report.cases += 1;
        progress(&format!(
            "{}: {}, {} packets agree, {} don't, {:.0} s",
            share + 1,
            case.name,
            report.equal,
            report.different.len(),
            begun.elapsed().as_secs_f32()
        ));
        // Whatever keeps the lab from working does so every time.
        if !report.broken.is_empty() && report.packets == 0 {
            break;
        }
        at += jobs;
    }
    Ok(report)
}

fn aimed(mut case: Case, args: &Args, at: u64, report: &mut Report) -> Result<Case, String> {
    random::aim(&mut case, args.seed.wrapping_add(at), args.packets, &mut report.coverage)?;
    Ok(case)
}

fn source(args: &Args) -> Result<Source, String> {
    if let Some(folder) = &args.conformance {
        let files = root::files(folder)?;
        let cases = files.iter().filter(|path| path.ends_with("facts.json"));
        let with_packets =
            cases.filter_map(|path| path.parent()).filter(|case| case.join("packets.jsonl").is_file());
        let folders: Vec<PathBuf> = with_packets.map(Path::to_owned).collect();
        if folders.is_empty() {
            return Err(format!("no case with packets below `{}`", folder.display()));
        }
        return Ok(Source::Folders(folders));
    }
    let Some(folder) = &args.root else { return Ok(Source::Random) };
    let files = Case::files(folder)?;
    let facts = Facts { node: args.node.clone(), ..Facts::default() };
    let facts_text = serde_json::json!({ "node": args.node }).to_string();
    let case = Case { name: folder.display().to_string(), files, facts_text, facts, questions: Vec::new() };
    Ok(Source::Root(Box::new(case)))
}

fn one(case: &Case, args: &Args, tools: &Tools, count: bool, report: &mut Report) {
    let differences = match compare(case, tools) {
        Ok(compared) => {
            report.packets += compared.packets;
            report.unsent += compared.unsent;
            report.equal += compared.equal;
            report.unsteady += compared.unsteady;
            if count {
                for things in &compared.met {
                    report.coverage.count(things);
                }
            }
            compared.differences
        }
        Err(why) => {
            report.broken.push(format!("{}: {why}", case.name));
            return;
        }
    };
    for (at, words) in differences {
        let mut small =
            Case { questions: case.questions.get(at).cloned().into_iter().collect(), ..case.clone() };
        let alone = |case: &Case| compare(case, tools).is_ok_and(|compared| !compared.differences.is_empty());
        let mut remark = "";
        if !alone(&small) {
            // It takes the others' company: keep them all.
            remark = " (only together with the others)";
            small.questions.clone_from(&case.questions);
        } else if report.different.len() < SHRUNK && args.conformance.is_none() {
            small = shrink(small, alone);
        }
        let name = case.name.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
        let folder = args.keep.join(format!("{}-{at}", name.trim_matches('-')));
        let kept = match small.write(&folder) {
            Ok(()) => format!("rerun: cargo xtask lab --conformance {}", folder.display()),
            Err(why) => why,
        };
        report.different.push(format!("{}: {words}{remark}\n    {kept}", case.name));
    }
}

/// Packets that fare differently than they should are sent again so often.
const MOST_REPEATS: usize = 3;

/// What comparing a case gave.
#[derive(Debug, Default)]
struct Compared {
    packets: u64,
    unsent: u64,
    equal: u64,
    /// Packets that fared as they should when sent again.
    unsteady: u64,
    /// Questions by number, and what is different.
    differences: Vec<(usize, String)>,
    met: Vec<Vec<String>>,
}

fn compare(case: &Case, tools: &Tools) -> Result<Compared, String> {
    let prepared = case.prepared()?;
    let simulator =
        Simulator::new(&prepared.ruleset, &prepared.node.networks).map_err(|error| error.to_string())?;
    let mut compared = judge(case, &prepared, &simulator, tools)?;
    let first = compared.differences.len();
    // A machine that is busy may hold a packet back for longer than anyone waits. What is wrong is wrong each time.
    for _ in 0..MOST_REPEATS {
        if compared.differences.is_empty() {
            break;
        }
        let before = core::mem::take(&mut compared.differences);
        compared = judge(case, &prepared, &simulator, tools)?;
        compared.differences.retain(|(at, _)| before.iter().any(|(other, _)| other == at));
    }
    compared.unsteady = u64::try_from(first.saturating_sub(compared.differences.len())).unwrap_or(u64::MAX);
    Ok(compared)
}

/// Sends the packets once and asks the oracles.
fn judge(case: &Case, prepared: &Prepared, simulator: &Simulator, tools: &Tools) -> Result<Compared, String> {
    let oracles: [&dyn Oracle; 2] = [simulator, &Recorded];
    let mut compared = Compared::default();
    let outcomes = prepared.run(tools, &mut |_, _| {})?;
    for (at, ((question, asked), outcome)) in
        case.questions.iter().zip(&prepared.asked).zip(outcomes).enumerate()
    {
        let (Ok(asked), Ok(outcome)) = (asked, &outcome) else {
            compared.unsent += 1;
            continue;
        };
        compared.packets += 1;
        compared.met.push(met(asked, &simulator.trace(asked)));
        let mut wrong = Vec::new();
        for oracle in oracles {
            match oracle.wanted(question, asked)? {
                Some(wanted) if !wanted.is(outcome) => wrong.push(format!("{} {wanted}", oracle.name())),
                Some(_) => compared.equal += 1,
                None => {}
            }
        }
        if !wrong.is_empty() {
            let asked = serde_json::to_string(question).map_err(|error| error.to_string())?;
            compared.differences.push((at, format!("{asked}\n    kernel {outcome}, {}", wrong.join(", "))));
        }
    }
    Ok(compared)
}
