//! The commands, one a file, and what they share.

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod diff;
pub(crate) mod documents;
pub(crate) mod log;
pub(crate) mod node;
pub(crate) mod simulate;
mod style;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod try_;

use alloc::collections::BTreeMap;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Counts, Diagnostic, Severity, Sink, render};
use pvefw_core::host::Variant;
use pvefw_core::text::{FileId, Files};

use crate::args::TryLine;
use crate::exit::{Exit, Stop};
use crate::output::{Kind, Output};

/// Runs `try`.
pub(crate) fn try_namespace(line: TryLine, output: &Output) -> Result<Exit, Stop> {
    let TryLine { root, variant, no_tests, node } = line;
    let variant = match variant.as_deref() {
        Some("legacy") => Some(Variant::Legacy),
        Some(_) => Some(Variant::Nft),
        None => None,
    };
    try_::run(&try_::TryArgs { root, node, variant, no_tests }, output)
}

/// Diagnostics with the files they point into.
#[derive(Default)]
pub(crate) struct Findings {
    files: Files,
    diagnostics: Vec<Diagnostic>,
    counts: Counts,
    /// How many were counted but not kept, by file.
    left_out: BTreeMap<FileId, u64>,
    /// Number of files looked at.
    pub(crate) checked: usize,
}

impl Findings {
    /// What was found in a datacenter, all of it.
    pub(crate) fn new(datacenter: Datacenter, sink: Sink, checked: usize) -> Self {
        Self::of_files(datacenter.into_files(), sink, checked)
    }

    /// What was found in some files, all of it.
    pub(crate) fn of_files(files: Files, sink: Sink, checked: usize) -> Self {
        let counts = sink.counts();
        let left_out = files.iter().map(|(id, _)| (id, sink.left_out(id))).collect();
        Self { files, diagnostics: sink.into_sorted(), counts, left_out, checked }
    }

    /// Adds what was found in some files of a datacenter, under other names.
    pub(crate) fn absorb(
        &mut self,
        files: &Files,
        sink: Sink,
        wanted: impl Fn(&Diagnostic) -> bool,
        name: impl Fn(&str) -> String,
    ) {
        let mut ids: BTreeMap<FileId, FileId> = BTreeMap::new();
        let left_out: BTreeMap<FileId, u64> = files.iter().map(|(id, _)| (id, sink.left_out(id))).collect();
        for mut diagnostic in sink.into_sorted().into_iter().filter(wanted) {
            let home = diagnostic.span.file;
            let spans = core::iter::once(&mut diagnostic.span)
                .chain(diagnostic.labels.iter_mut().map(|label| &mut label.span))
                .chain(diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span));
            for span in spans {
                let old = span.file;
                span.file =
                    *ids.entry(old).or_insert_with(|| self.files.add(name(files.name(old)), files.text(old)));
            }
            // The sink does not say of what severity those are that it did not keep: they go with the first.
            let more = if self.left_out.contains_key(&diagnostic.span.file) {
                0
            } else {
                left_out.get(&home).copied().unwrap_or_default()
            };
            self.left_out.entry(diagnostic.span.file).or_insert(more);
            let count = match diagnostic.severity {
                Severity::Error => &mut self.counts.errors,
                Severity::Warning => &mut self.counts.warnings,
                Severity::Info => &mut self.counts.infos,
            };
            *count += 1 + more;
            self.diagnostics.push(diagnostic);
        }
    }

    /// How the command ends: warnings are no findings in the sense of the exit status.
    pub(crate) fn exit(&self) -> Exit {
        if self.counts.errors > 0 { Exit::Findings } else { Exit::Fine }
    }

    /// Whether something of this severity was found in a file.
    fn has(&self, file: FileId, severity: Severity) -> bool {
        self.diagnostics.iter().any(|found| found.span.file == file && found.severity == severity)
    }

    fn is_empty(&self) -> bool {
        self.counts.total() == 0
    }

    /// The report for people, without the summary.
    fn human_body(&self, options: &render::Options) -> String {
        let left_out = |file: FileId| self.left_out.get(&file).copied().unwrap_or_default();
        render::all(&self.diagnostics, &self.files, left_out, options)
    }

    /// The report for people.
    fn human(&self, options: &render::Options) -> String {
        let mut text = self.human_body(options);
        text.push_str(&render::summary(&self.diagnostics, self.counts, self.checked));
        text.push('\n');
        text
    }
}

/// Prints warnings about the run.
fn warn(warnings: &[String], output: &Output) {
    for warning in warnings {
        output.notice(Kind::Warning, warning);
    }
}
