//! Many diagnostics: what to show of them, and what to say about the rest.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::excerpt::Sources;
use super::{Options, full, visible};
use crate::diag::{Counts, Diagnostic};
use crate::text::{FileId, Files};

/// Diagnostics shown for one file.
pub const MOST_SHOWN: usize = 50;

/// A list of diagnostics as [`Sink::into_sorted`](crate::diag::Sink::into_sorted) returns it, with a blank line after
/// each.
///
/// Of a file with more than [`MOST_SHOWN`] the worst are shown, in the order of the file, and a line says how many there
/// are beside them. `left_out` tells how many were counted but not kept
/// ([`Sink::left_out`](crate::diag::Sink::left_out)).
pub fn all(
    diagnostics: &[Diagnostic],
    files: &Files,
    left_out: impl Fn(FileId) -> u64,
    options: &Options,
) -> String {
    let mut text = String::new();
    let mut sources = Sources::new(files);
    for of_file in diagnostics.chunk_by(|a, b| a.span.file == b.span.file) {
        let Some(file) = of_file.first().map(|diagnostic| diagnostic.span.file) else {
            continue;
        };
        for diagnostic in worst(of_file) {
            text.push_str(&full::render(diagnostic, &mut sources, options));
            text.push('\n');
        }
        let more = of_file.len().saturating_sub(MOST_SHOWN) as u64 + left_out(file);
        if more > 0 {
            text.extend([&format!("… and {more} more in "), &visible::line(files.name(file)), "\n\n"]);
        }
    }
    text
}

/// The last line of a report, without a line feed: `2 errors, 1 warning in 2 of 14 files` or `no problems in 14 files`.
/// `checked` is the number of files looked at.
pub fn summary(diagnostics: &[Diagnostic], counts: Counts, checked: usize) -> String {
    let noun = if checked == 1 { "file" } else { "files" };
    let numbers: Vec<String> =
        [(counts.errors, "error"), (counts.warnings, "warning"), (counts.infos, "info")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, name)| format!("{number} {name}{}", if number == 1 { "" } else { "s" }))
            .collect();
    if numbers.is_empty() {
        return format!("no problems in {checked} {noun}");
    }
    let touched = diagnostics.iter().map(|diagnostic| diagnostic.span.file).collect::<BTreeSet<_>>().len();
    let of = if touched < checked { format!("{touched} of ") } else { String::new() };
    format!("{} in {of}{checked} {noun}", numbers.join(", "))
}

/// The diagnostics to show of one file, in their order.
fn worst(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut chosen: Vec<(usize, &Diagnostic)> = diagnostics.iter().enumerate().collect();
    if chosen.len() > MOST_SHOWN {
        chosen.sort_by_key(|(number, diagnostic)| (diagnostic.severity, *number));
        chosen.truncate(MOST_SHOWN);
        chosen.sort_by_key(|(number, _)| *number);
    }
    chosen.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}
