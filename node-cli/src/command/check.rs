//! `pvefw check`: all that is wrong with a configuration, or with some files of one.

use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Code, codes};
use pvefw_core::facts::Facts;
use pvefw_core::report;

use super::{Findings, warn};
use crate::args::{CheckArgs, CheckFormat, NodeArgs};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};
use crate::root::node::{self, Need};
use crate::root::{self, loose, read_given};

/// What can't be said of a file without the datacenter around it.
const NEED_A_DATACENTER: &[Code] = &[codes::NO_SUCH_GUEST, codes::CLUSTER_OFF, codes::NO_CLUSTER_FILE];

/// Runs the command.
pub(crate) fn run(args: &CheckArgs, output: &Output) -> Result<Exit, Stop> {
    let findings = match args.paths.as_slice() {
        [] => whole(None, &args.node, output)?,
        [root] if root.is_dir() || !root.exists() => whole(Some(root), &args.node, output)?,
        files => some(files, &args.node, output)?,
    };
    match args.format {
        CheckFormat::Human => output.data(&[&findings.human(&output.for_data())])?,
        CheckFormat::Json => output.json(|out| {
            let report = report::Check::new(&findings.diagnostics, &findings.files, findings.counts);
            serde_json::to_writer(out, &report)
        })?,
    }
    Ok(findings.exit())
}

/// Checks a configuration root.
fn whole(given: Option<&PathBuf>, args: &NodeArgs, output: &Output) -> Result<Findings, Stop> {
    let mut root = root::read(given.map(PathBuf::as_path))?;
    let mut facts = node::facts(args, &mut root.warnings)?;
    node::settle(&mut facts, &mut root, Need::Any)?;
    warn(&root.warnings, output);
    let sink = root.datacenter.check(&facts);
    Ok(Findings::new(root.datacenter, sink, root.files))
}

/// A file to check: as the user named it, and its path in a root.
struct Given {
    name: String,
    path: String,
    bytes: Vec<u8>,
}

/// Checks single files. Those of one root are checked together, with the rest of it for context.
fn some(files: &[PathBuf], args: &NodeArgs, output: &Output) -> Result<Findings, Stop> {
    let mut warnings = Vec::new();
    let facts = node::facts(args, &mut warnings)?;
    warn(&warnings, output);
    let node = facts.node.clone().unwrap_or_else(|| "node".into());
    let mut rooted: BTreeMap<PathBuf, Vec<Given>> = BTreeMap::new();
    let mut single = Vec::new();
    for file in files {
        let name = file.display().to_string();
        if file.is_dir() {
            return Err(Stop::failed(format!("`{name}` is a folder"))
                .help("give one configuration root, or any number of files"));
        }
        let bytes = read_given(file).map_err(|why| Stop::failed(format!("can't read `{name}`: {why}")))?;
        let place = loose::place(file, &bytes, &node);
        if place.guessed {
            let message = format!("`{name}` is read as if it were `{}`, judging by its content", place.path);
            output.notice(Kind::Note, message);
        }
        let given = Given { name, path: place.path, bytes };
        match place.root {
            Some(root) => rooted.entry(root).or_default().push(given),
            None => single.push(given),
        }
    }

    let mut findings = Findings { checked: files.len(), ..Findings::default() };
    for (root, files) in &rooted {
        in_root(root, files, facts.clone(), &mut findings)?;
    }
    for given in single {
        alone(given, facts.clone(), &node, &mut findings);
    }
    Ok(findings)
}

fn in_root(path: &Path, files: &[Given], mut facts: Facts, findings: &mut Findings) -> Result<(), Stop> {
    let mut root = root::read(Some(path))?;
    node::settle(&mut facts, &mut root, Need::Any)?;
    let sink = root.datacenter.check(&facts);
    let names: BTreeMap<&str, &str> =
        files.iter().map(|given| (given.path.as_str(), given.name.as_str())).collect();
    // The other files are named the way the first of these is.
    let before = files.first().and_then(|given| given.name.strip_suffix(&given.path)).unwrap_or_default();
    let all = root.datacenter.files();
    findings.absorb(
        all,
        sink,
        |diagnostic| names.contains_key(all.name(diagnostic.span.file)),
        |path| names.get(path).map_or_else(|| format!("{before}{path}"), |name| (*name).to_owned()),
    );
    Ok(())
}

fn alone(given: Given, mut facts: Facts, node: &str, findings: &mut Findings) {
    let mut datacenter = Datacenter::new();
    facts.node = Some(node.to_owned());
    datacenter.add(&given.path, given.bytes);
    let sink = datacenter.check(&facts);
    let all = datacenter.files();
    findings.absorb(
        all,
        sink,
        |diagnostic| {
            all.name(diagnostic.span.file) == given.path && !NEED_A_DATACENTER.contains(&diagnostic.code)
        },
        |path| if path == given.path { given.name.clone() } else { path.to_owned() },
    );
}
