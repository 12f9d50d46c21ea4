//! `pvefw diff`: what changes between two configuration roots, as compiled for a node.

use std::path::Path;

use pvefw_core::diff::{Diff, Side, render};
use pvefw_core::facts::Facts;
use pvefw_core::ir::Ruleset;
use pvefw_core::report;
use pvefw_core::text::Files;

use super::warn;
use crate::args::{DiffArgs, DiffFormat};
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};
use crate::root;
use crate::root::node::{self, Need};

/// A root, compiled.
struct Compiled {
    files: Files,
    ruleset: Ruleset,
    /// The node it was compiled for.
    node: Option<String>,
}

impl Compiled {
    fn side(&self) -> Side<'_> {
        Side { ruleset: &self.ruleset, files: &self.files }
    }
}

/// Runs the command.
pub(crate) fn run(args: &DiffArgs, output: &Output) -> Result<Exit, Stop> {
    let mut warnings = Vec::new();
    let facts = node::facts(&args.node, &mut warnings)?;
    warn(&warnings, output);
    let old = compile(&args.old, facts.clone(), output)?;
    let new = compile(&args.new, facts, output)?;
    if let (Some(before), Some(after)) = (&old.node, &new.node)
        && before != after
    {
        let (old, new) = (args.old.display(), args.new.display());
        output.notice(Kind::Note, format!("`{old}` is compiled for `{before}`, `{new}` for `{after}`"));
    }
    let diff = Diff::new(old.side(), new.side());
    let entries = diff.entries(old.side(), new.side());
    match args.format {
        DiffFormat::Human => {
            let options = render::Options { style: output.for_data().style, rules: args.rules };
            let node = new.node.as_deref().or(old.node.as_deref());
            output.data(&[&render::text(&diff, &entries, old.side(), new.side(), node, options)])?;
        }
        DiffFormat::Json => output.json(|out| {
            let report = report::diff::Diff::new(&diff, &entries, old.side(), new.side());
            serde_json::to_writer(out, &report)
        })?,
    }
    Ok(if diff.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// Reads and compiles a root. Its errors are counted only: `check` is there to show them.
fn compile(path: &Path, mut facts: Facts, output: &Output) -> Result<Compiled, Stop> {
    let mut root = root::read(Some(path))?;
    node::settle(&mut facts, &mut root, Need::One)?;
    warn(&root.warnings, output);
    let (ruleset, sink) = root.datacenter.compile(&facts);
    let errors = sink.counts().errors;
    if errors > 0 {
        let path = path.display();
        let some = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
        output.notice(Kind::Warning, format!("`{path}` has {some}, and lines with errors make no rules"));
        output.notice(Kind::Help, format!("to see: `pvefw check {path}`"));
    }
    Ok(Compiled { files: root.datacenter.into_files(), ruleset, node: facts.node })
}
