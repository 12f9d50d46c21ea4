//! What is really loaded, from dumps or from this machine.

use std::path::{Path, PathBuf};

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Severity, Sink};
use pvefw_core::facts::Facts;
use pvefw_core::host::{self, Error, Tools};
use pvefw_core::readback::{self, Dump, Saved};
use pvefw_core::sim::{Simulator, Topology};
use pvefw_core::text::{FileId, Files};

use super::{Subject, refused};
use crate::args::TraceArgs;
use crate::command::{Findings, warn};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};
use crate::root::node::{self, Need};
use crate::root::{self, LIVE, read_given};

/// Where the rules are from.
pub(super) enum Source<'a> {
    /// Dumps in a folder.
    Folder(&'a Path),
    /// The kernel of this machine.
    Live,
}

impl<'a> Source<'a> {
    /// What the arguments ask for; `None`: the rules of a configuration.
    pub(super) fn of(args: &'a TraceArgs) -> Option<Self> {
        match &args.ruleset {
            Some(folder) => Some(Self::Folder(folder)),
            None => args.live.then_some(Self::Live),
        }
    }
}

/// Reads what is loaded, and of a configuration only which guests and addresses there are.
pub(super) fn read(source: &Source<'_>, args: &TraceArgs, output: &Output) -> Result<Subject, Stop> {
    let (files, saved) = match source {
        Source::Folder(folder) => from_folder(folder, output)?,
        Source::Live => live(output)?,
    };
    let mut sink = Sink::new();
    let dump = readback::read(&files, &saved, &mut sink);
    let exit = complain(&files, &saved, &dump, sink, output)?;
    let (facts, topology, rooted) = surroundings(args, output)?;
    let simulator = Simulator::of_dump(&dump, &topology.networks).map_err(refused)?;
    Ok(Subject { files, facts, topology, simulator, rooted, exit })
}

/// What dumps are called: by the tool that makes them, or as `pvefw compile --out` calls what a restore tool takes.
const NAMES: [[&str; 2]; 4] = [
    ["iptables-save", "iptables"],
    ["ip6tables-save", "ip6tables"],
    ["ipset", "ipset-save"],
    ["ebtables", "ebtables-save"],
];

fn from_folder(folder: &Path, output: &Output) -> Result<(Files, Saved), Stop> {
    let (mut files, mut saved) = (Files::new(), Saved::default());
    let slots = [&mut saved.iptables, &mut saved.ip6tables, &mut saved.ipset, &mut saved.ebtables];
    for (slot, names) in slots.into_iter().zip(NAMES) {
        let there: Vec<(&str, PathBuf)> = names
            .into_iter()
            .map(|name| (name, folder.join(name)))
            .filter(|(_, path)| path.symlink_metadata().is_ok())
            .collect();
        let [(name, path), others @ ..] = there.as_slice() else { continue };
        for (other, _) in others {
            output.notice(
                Kind::Warning,
                format!("`{}` has both `{name}` and `{other}`: the latter is not read", folder.display()),
            );
        }
        let bytes = read_given(path)
            .map_err(|why| Stop::failed(format!("can't read `{}`: {why}", path.display())))?;
        *slot = Some(files.add(*name, bytes));
    }
    if saved == Saved::default() {
        let shown = folder.display();
        let stop = match folder.metadata() {
            Ok(found) if found.is_dir() => Stop::failed(format!("there are no dumps in `{shown}`")),
            Ok(_) => Stop::failed(format!("`{shown}` is not a folder")),
            Err(error) => Stop::failed(format!("can't read `{shown}`: {}", crate::output::words(&error))),
        };
        return Err(stop
            .help("expected are the files `iptables-save`, `ip6tables-save`, `ipset` and `ebtables`")
            .help(
                "for example: `mkdir dumps; iptables-save > dumps/iptables-save; ipset save > dumps/ipset`",
            ));
    }
    Ok((files, saved))
}

fn live(output: &Output) -> Result<(Files, Saved), Stop> {
    let (tools, missing) = Tools::find_to_save(None).map_err(|error| unusable(&error))?;
    for tool in missing {
        output.notice(
            Kind::Note,
            format!("`{}` is not installed: nothing of its kind counts as loaded", tool.program),
        );
    }
    host::save(&tools).map_err(|error| unusable(&error))
}

fn unusable(error: &Error) -> Stop {
    let stop = Stop::failed(error.to_string());
    let stop = match error {
        Error::Refused(_) => stop.help("only root may see the rules of the kernel: try `sudo`"),
        _ => stop,
    };
    error.advice().into_iter().fold(stop, Stop::help)
}

/// Says what can't be read in the dumps. A file in which nothing can be is no dump.
fn complain(files: &Files, saved: &Saved, dump: &Dump, sink: Sink, output: &Output) -> Result<Exit, Stop> {
    if sink.counts().total() == 0 {
        return Ok(Exit::Fine);
    }
    let findings = Findings::of_files(files.clone(), sink, files.iter().count());
    let read: [(Option<FileId>, bool); 4] = [
        (saved.iptables, !dump.v4.is_empty()),
        (saved.ip6tables, !dump.v6.is_empty()),
        (saved.ipset, !dump.sets.is_empty()),
        (saved.ebtables, !dump.bridge.is_empty()),
    ];
    for (file, has_something) in read {
        let Some(file) = file.filter(|file| !has_something && findings.has(*file, Severity::Error)) else {
            continue;
        };
        return Err(Stop::failed(format!("nothing in `{}` can be read", files.name(file))).help(
            "expected is what `iptables-save`, `ip6tables-save`, `ipset save` and `ebtables-save` print",
        ));
    }
    output.aside(&findings.human_body(&output.for_notices()));
    if findings.exit() == Exit::Findings {
        output.notice(
            Kind::Warning,
            "lines of the dumps are left out: more may be loaded than the answers know of",
        );
    }
    Ok(findings.exit())
}

/// The guests and addresses, as far as a configuration shows them; whether there is one.
fn surroundings(args: &TraceArgs, output: &Output) -> Result<(Facts, Topology, bool), Stop> {
    let given = args.root.as_deref();
    if given.is_none() && !Path::new(LIVE).is_dir() {
        let mut warnings = Vec::new();
        let facts = node::facts(&args.node, &mut warnings)?;
        warn(&warnings, output);
        let topology = Datacenter::new().topology(&facts);
        return Ok((facts, topology, false));
    }
    let mut root = root::read(given)?;
    let mut facts = node::facts(&args.node, &mut root.warnings)?;
    node::settle(&mut facts, &mut root, Need::One)?;
    warn(&root.warnings, output);
    let topology = root.datacenter.topology(&facts);
    Ok((facts, topology, true))
}

#[cfg(test)]
mod tests {
    use std::{fs, process};

    use super::*;
    use crate::args::When;

    /// What a folder with these files comes to.
    fn read(name: &str, dumps: &[(&str, &str)]) -> Result<(usize, Exit), Stop> {
        let folder = std::env::temp_dir().join(format!("pvefw-loaded-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in dumps {
            fs::write(folder.join(name), text).unwrap();
        }
        let output = Output::new(When::Never);
        let found = from_folder(&folder, &output);
        fs::remove_dir_all(&folder).unwrap();
        let (files, saved) = found?;
        let mut sink = Sink::new();
        let dump = readback::read(&files, &saved, &mut sink);
        let rules = dump.v4.values().flat_map(|table| table.chains.values()).map(|chain| chain.rules.len());
        Ok((rules.sum(), complain(&files, &saved, &dump, sink, &output)?))
    }

    fn failure(read: Result<(usize, Exit), Stop>) -> String {
        match read {
            Err(Stop::Failed { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn dumps_go_by_the_names_of_the_tools_and_of_compile() {
        let dump = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n";
        assert_eq!(read("save", &[("iptables-save", dump)]), Ok((1, Exit::Fine)));
        assert_eq!(read("compile", &[("iptables", dump), ("ipset-save", "")]), Ok((1, Exit::Fine)));
        let both = [("iptables-save", ""), ("iptables", dump)];
        assert_eq!(read("both", &both), Ok((0, Exit::Fine)));
        assert!(failure(read("none", &[("ruleset", dump)])).starts_with("there are no dumps in"));
    }

    #[test]
    fn a_faulty_line_is_a_finding_and_no_dump_at_all_is_an_error() {
        let faulty = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n-A INPUT \"-j DROP\nCOMMIT\n";
        assert_eq!(read("faulty", &[("iptables-save", faulty)]), Ok((1, Exit::Findings)));
        let text = "Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\n";
        assert_eq!(
            failure(read("list", &[("iptables-save", text)])),
            "nothing in `iptables-save` can be read"
        );
    }
}
