//! Where diagnostics are collected: capped, counted and put in order.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Diagnostic, Severity};
use crate::text::{ByFile, FileId, Span};

/// Numbers of findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Infos.
    pub infos: u64,
}

impl Counts {
    fn of(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Info => &mut self.infos,
        }
    }

    /// All findings.
    pub fn total(&self) -> u64 {
        self.errors + self.warnings + self.infos
    }
}

/// Collects diagnostics. It keeps at most [`Sink::CAP`] of each severity for a file, so that a file of 50 MB of
/// nonsense costs bounded memory, and counts the rest.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    kept: Vec<Diagnostic>,
    counts: Counts,
    files: ByFile<Counts>,
}

impl Sink {
    /// Findings of one severity that are kept for one file.
    pub const CAP: u64 = 1000;

    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.push_with(diagnostic.span.file, diagnostic.severity, || diagnostic);
    }

    /// Counts a finding and makes it only if it will be kept: messages of the millionth bad line are never built.
    pub fn push_with(&mut self, file: FileId, severity: Severity, make: impl FnOnce() -> Diagnostic) {
        *self.counts.of(severity) += 1;
        let count = self.files.get_or_insert_with(file, Counts::default).of(severity);
        *count += 1;
        if *count <= Self::CAP {
            self.kept.push(make());
        }
    }

    /// Whether a finding would only be counted, and then counts it. For findings that are dear to make (suggestions look
    /// through many names): the millionth misspelt line must cost no more than a correct one.
    pub fn only_counts(&mut self, file: FileId, severity: Severity) -> bool {
        let count = self.files.get_or_insert_with(file, Counts::default).of(severity);
        let full = *count >= Self::CAP;
        if full {
            *count += 1;
            *self.counts.of(severity) += 1;
        }
        full
    }

    /// Takes over everything another sink collected.
    pub fn append(&mut self, other: Self) {
        self.merge(other, |_| true);
    }

    /// Takes over what another sink collected, but for findings of one kind.
    pub fn append_without(&mut self, other: Self, code: super::Code) {
        self.merge(other, |diagnostic| diagnostic.code != code);
    }

    fn merge(&mut self, other: Self, wanted: impl Fn(&Diagnostic) -> bool) {
        for diagnostic in other.kept {
            if wanted(&diagnostic) {
                self.push(diagnostic);
            }
        }
        // What the other one did not keep can only be counted; afterwards, or it would take the place of what it kept.
        for (file, counts) in &other.files {
            for severity in [Severity::Error, Severity::Warning, Severity::Info] {
                let lost = counts.clone().of(severity).saturating_sub(Self::CAP);
                *self.counts.of(severity) += lost;
                *self.files.get_or_insert_with(*file, Counts::default).of(severity) += lost;
            }
        }
    }

    /// Puts findings in the place of those that begin in some bytes; `moved` says where the others are now. All of them
    /// must have been kept.
    pub(crate) fn replace(&mut self, gone: Range<u32>, moved: impl Fn(&mut Span), by: Self) {
        let old = core::mem::take(self);
        for mut diagnostic in old.kept {
            if gone.contains(&diagnostic.span.start) {
                continue;
            }
            moved(&mut diagnostic.span);
            diagnostic.labels.iter_mut().for_each(|label| moved(&mut label.span));
            let edits = diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits);
            edits.for_each(|edit| moved(&mut edit.span));
            self.push(diagnostic);
        }
        self.append(by);
    }

    /// Numbers of findings in one file, kept or not.
    pub fn counts_of(&self, file: FileId) -> Counts {
        self.files.get(file).copied().unwrap_or_default()
    }

    /// Numbers of all findings, kept or not.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Findings of a file that were counted but not kept.
    pub fn left_out(&self, file: FileId) -> u64 {
        self.files.get(file).map_or(0, |counts| {
            [counts.errors, counts.warnings, counts.infos]
                .iter()
                .map(|count| count.saturating_sub(Self::CAP))
                .sum()
        })
    }

    /// The findings kept, ordered by file, place, severity and code.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.kept.sort_by(|a, b| {
            (a.span.file, a.span.start, a.severity, a.code.name(), &a.message).cmp(&(
                b.span.file,
                b.span.start,
                b.severity,
                b.code.name(),
                &b.message,
            ))
        });
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;

    #[test]
    fn what_is_taken_over_is_kept_as_far_as_it_was() {
        let mut full = Sink::new();
        for place in 0..5_000 {
            full.push(Diagnostic::new(codes::STRAY_LINE, Span::at(FileId(1), place), "x"));
        }
        let mut sink = Sink::new();
        sink.append(full);
        assert_eq!((sink.counts().errors, sink.left_out(FileId(1))), (5_000, 4_000));
        assert_eq!(sink.into_sorted().len(), 1_000);
    }
}
