//! `pvefw compile`: the rulesets that a node would load.

use core::mem;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use pvefw_core::emit::{self, Restore};
use pvefw_core::ir::Ruleset;

use super::{Findings, warn};
use crate::args::{CompileArgs, CompileFormat};
use crate::exit::{Exit, Stop};
use crate::output::{Output, words};
use crate::root;
use crate::root::node::{self, Need};

/// Runs the command.
pub(crate) fn run(args: &CompileArgs, output: &Output) -> Result<Exit, Stop> {
    if args.out.is_some() && args.format == CompileFormat::Json {
        return Err(Stop::failed("`--out` writes files for the restore tools, not JSON")
            .help("for JSON in a file: `pvefw compile --format json > FILE`"));
    }
    let mut root = root::read(args.root.as_deref())?;
    let mut facts = node::facts(&args.node, &mut root.warnings)?;
    node::settle(&mut facts, &mut root, Need::One)?;
    warn(&root.warnings, output);
    let (ruleset, sink) = root.datacenter.compile(&facts);
    let findings = Findings::new(root.datacenter, sink, root.files);
    if !findings.is_empty() {
        output.aside(&findings.human(&output.for_notices()));
    }
    match (&args.out, args.format) {
        (Some(folder), _) => write(folder, &emit::restore(&ruleset))?,
        (None, CompileFormat::Restore) => print(&ruleset, output)?,
        (None, CompileFormat::Json) => {
            let lines = emit::lines(&ruleset);
            output.json(|out| serde_json::to_writer(out, &lines))?;
        }
    }
    // The process ends here; giving back a hundred thousand pieces one by one would only take time.
    mem::forget(ruleset);
    Ok(findings.exit())
}

/// Prints the input of the four restore tools.
pub(super) fn print(ruleset: &Ruleset, output: &Output) -> Result<(), Stop> {
    let Restore { ipset, ebtables, iptables, ip6tables } = emit::restore(ruleset);
    output.data(&[
        "# ipset restore\n",
        &ipset,
        "# ebtables-restore\n",
        &ebtables,
        "# iptables-restore --noflush\n",
        &iptables,
        "# ip6tables-restore --noflush\n",
        &ip6tables,
    ])
}

/// Writes the four files. All are complete under other names before the first takes its place, so a full disk leaves
/// what was there before.
fn write(folder: &Path, texts: &Restore) -> Result<(), Stop> {
    let failed = |path: &Path, error: &io::Error| {
        Stop::failed(format!("can't write `{}`: {}", path.display(), words(error)))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let files = [
        ("ipset", &texts.ipset),
        ("ebtables", &texts.ebtables),
        ("iptables", &texts.iptables),
        ("ip6tables", &texts.ip6tables),
    ];
    let mut written = Unfinished(Vec::new());
    for (name, text) in files {
        let (path, aside) = (folder.join(name), folder.join(format!(".{name}.{}", process::id())));
        if path.is_dir() {
            return Err(failed(&path, &io::ErrorKind::IsADirectory.into()));
        }
        let mut file = fs::File::create(&aside).map_err(|error| failed(&path, &error))?;
        written.0.push((aside, path.clone()));
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| failed(&path, &error))?;
    }
    for (aside, path) in &written.0 {
        fs::rename(aside, path).map_err(|error| failed(path, &error))?;
    }
    Ok(())
}

/// Files under names of their own and where they belong; what has not got there is removed.
struct Unfinished(Vec<(PathBuf, PathBuf)>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        for (aside, _) in &self.0 {
            let _ = fs::remove_file(aside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_all_files_or_none() {
        let folder = std::env::temp_dir().join(format!("pvefw-compile-{}", process::id()));
        let inner = folder.join("a/b");
        let texts = Restore { ipset: "create x\n".into(), ..Restore::default() };
        write(&inner, &texts).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["ebtables", "ip6tables", "ipset", "iptables"]);
        assert_eq!(fs::read_to_string(inner.join("ipset")).unwrap(), "create x\n");

        let other = folder.join("c");
        fs::create_dir_all(other.join("iptables")).unwrap();
        assert!(matches!(write(&other, &texts), Err(Stop::Failed { .. })));
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
        assert!(matches!(write(&inner.join("ipset/x"), &texts), Err(Stop::Failed { .. })));
        fs::remove_dir_all(&folder).unwrap();
    }
}
