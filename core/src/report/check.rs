//! The answer of `check`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::places::Places;
use crate::diag::{self, Counts, Safety};
use crate::text::{Files, Span};

/// All that `check` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check<'a> {
    /// What is wrong, in order of file and place.
    pub diagnostics: Vec<Diagnostic<'a>>,
    /// How much is wrong.
    pub summary: Summary,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic<'a> {
    /// The kind of problem.
    pub code: &'a str,
    /// `error`, `warning` or `info`.
    pub severity: &'a str,
    /// What is wrong, in a line.
    pub message: &'a str,
    /// The file it is in.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Line in which it ends.
    pub end_line: u32,
    /// Column after its last character.
    pub end_column: u32,
    /// Words about places.
    pub labels: Vec<Label<'a>>,
    /// Why, and what to do.
    pub notes: Vec<&'a str>,
    /// Ready-made ways out, the best first.
    pub fixes: Vec<Fix<'a>>,
}

/// A few words about a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label<'a> {
    /// The file of the place.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Line in which it ends.
    pub end_line: u32,
    /// Column after its last character.
    pub end_column: u32,
    /// What is there.
    pub message: &'a str,
}

/// Edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix<'a> {
    /// What they do, as an order.
    pub title: &'a str,
    /// `safe` or `unsafe`.
    pub safety: &'a str,
    /// The edits; they don't overlap.
    pub edits: Vec<Edit<'a>>,
}

/// Bytes to replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit<'a> {
    /// The file to change.
    pub file: &'a str,
    /// First byte, from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What to put there.
    pub text: &'a str,
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Infos.
    pub infos: u64,
}

impl From<Counts> for Summary {
    fn from(counts: Counts) -> Self {
        let Counts { errors, warnings, infos } = counts;
        Self { errors, warnings, infos }
    }
}

impl<'a> Check<'a> {
    /// Brings diagnostics into this form. `counts` are those of the sink, which may have counted more than it kept.
    pub fn new(diagnostics: &'a [diag::Diagnostic], files: &'a Files, counts: Counts) -> Self {
        let mut places = Places::new(files);
        let diagnostics = diagnostics.iter().map(|found| diagnostic(found, files, &mut places)).collect();
        Self { diagnostics, summary: counts.into() }
    }
}

fn diagnostic<'a>(found: &'a diag::Diagnostic, files: &'a Files, places: &mut Places<'_>) -> Diagnostic<'a> {
    let place = label(found.span, &found.label, files, places);
    let Label { file, line, column, end_line, end_column, .. } = place;
    let mut labels = Vec::new();
    if !found.label.is_empty() {
        labels.push(place);
    }
    labels.extend(found.labels.iter().map(|other| label(other.span, &other.message, files, places)));
    Diagnostic {
        code: found.code.name(),
        severity: found.severity.name(),
        message: &found.message,
        file,
        line,
        column,
        end_line,
        end_column,
        labels,
        notes: found.notes.iter().map(String::as_str).collect(),
        fixes: found.fixes.iter().map(|offered| fix(offered, files)).collect(),
    }
}

fn label<'a>(span: Span, message: &'a str, files: &'a Files, places: &mut Places<'_>) -> Label<'a> {
    let start = places.position(span.file, span.start);
    let end = places.position(span.file, span.end);
    Label {
        file: files.name(span.file),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        message,
    }
}

fn fix<'a>(offered: &'a diag::Fix, files: &'a Files) -> Fix<'a> {
    Fix {
        title: &offered.title,
        safety: match offered.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        },
        edits: offered
            .edits
            .iter()
            .map(|edit| Edit {
                file: files.name(edit.span.file),
                start: edit.span.start,
                end: edit.span.end,
                text: &edit.text,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;

    #[test]
    fn is_the_json_that_the_design_promises() {
        let mut files = Files::new();
        let cluster = files.add("firewall/cluster.fw", "[OPTIONS]\nä [RULEZ]\n");
        let guest = files.add("firewall/100.fw", "[RULES]\n");
        let found = diag::Diagnostic::new(
            codes::UNKNOWN_SECTION,
            Span::new(cluster, 14, 19),
            "no section named `RULEZ`",
        )
        .label("not a section")
        .secondary(Span::new(guest, 0, 8), "right")
        .note("its lines are skipped")
        .fix("write `RULES`", Safety::Safe, Span::new(cluster, 14, 19), "RULES")
        .fix("remove it", Safety::Unsafe, Span::new(cluster, 10, 21), "");
        let bare = diag::Diagnostic::new(codes::UNREADABLE, Span::at(guest, 900), "gone");
        let both = [found, bare];
        let counts = Counts { errors: 2, warnings: 3, infos: 0 };
        assert_eq!(
            serde_json::to_string(&Check::new(&both, &files, counts)).unwrap(),
            concat!(
                r#"{"diagnostics":[{"code":"unknown-section","severity":"error","#,
                r#""message":"no section named `RULEZ`","file":"firewall/cluster.fw","#,
                r#""line":2,"column":4,"end_line":2,"end_column":9,"labels":["#,
                r#"{"file":"firewall/cluster.fw","line":2,"column":4,"end_line":2,"end_column":9,"#,
                r#""message":"not a section"},"#,
                r#"{"file":"firewall/100.fw","line":1,"column":1,"end_line":2,"end_column":1,"#,
                r#""message":"right"}],"notes":["its lines are skipped"],"fixes":["#,
                r#"{"title":"write `RULES`","safety":"safe","edits":["#,
                r#"{"file":"firewall/cluster.fw","start":14,"end":19,"text":"RULES"}]},"#,
                r#"{"title":"remove it","safety":"unsafe","edits":["#,
                r#"{"file":"firewall/cluster.fw","start":10,"end":21,"text":""}]}]},"#,
                r#"{"code":"unreadable","severity":"error","message":"gone","file":"firewall/100.fw","#,
                r#""line":2,"column":1,"end_line":2,"end_column":1,"labels":[],"notes":[],"fixes":[]}],"#,
                r#""summary":{"errors":2,"warnings":3,"infos":0}}"#,
            )
        );
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        let json = serde_json::to_string(&Check::new(&[], &Files::new(), Counts::default())).unwrap();
        assert_eq!(json, r#"{"diagnostics":[],"summary":{"errors":0,"warnings":0,"infos":0}}"#);
    }
}
