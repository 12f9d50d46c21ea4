//! Whether lines would be right, by the readers that read configurations.
//!
//! What decides about a line is the line itself and the names that it refers to. So a trial reads a small datacenter:
//! of the file, and of the cluster file, the headers and aliases, and the lines in question. Sets with 70,000 members
//! cost nothing that way, and lines that were faulty before don't matter.

use alloc::vec::Vec;
use core::ops::Range;

use super::document::{Document, LineId};
use super::error::EditError;
use crate::datacenter::Datacenter;
use crate::diag::Severity;
use crate::facts::Facts;
use crate::syntax::LineKind;
use crate::text::FileId;

/// Of a file what names depend on.
pub(super) fn skeleton(document: &Document) -> Vec<u8> {
    with(document, &[]).0
}

/// The same with some lines, and where those are in it. The ids must be in order.
fn with(document: &Document, wanted: &[LineId]) -> (Vec<u8>, Vec<Range<u32>>) {
    let mut text = Vec::new();
    let mut places = Vec::with_capacity(wanted.len());
    for line in &document.lines {
        let is_wanted = wanted.binary_search(&line.id).is_ok();
        let matters = matches!(line.kind, LineKind::Header(_) | LineKind::BadHeader | LineKind::Alias);
        if !is_wanted && !matters {
            continue;
        }
        let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
        text.extend_from_slice(document.content(*line));
        text.push(b'\n');
        if is_wanted {
            places.push(start..u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
    }
    (text, places)
}

/// Reads lines of a document. `cluster` is the skeleton of the cluster file, unless the document is that itself.
pub(super) fn check(
    document: &Document,
    path: &str,
    wanted: &mut [LineId],
    cluster: Option<&[u8]>,
    facts: &Facts,
) -> Result<(), EditError> {
    wanted.sort_unstable();
    let (text, places) = with(document, wanted);
    let mut datacenter = Datacenter::new();
    if let Some(cluster) = cluster {
        datacenter.add("firewall/cluster.fw", cluster);
    }
    let Some(file) = datacenter.add(path, text) else {
        return Err(EditError::refused(alloc::format!("`{path}` is no firewall file")));
    };
    let found = datacenter.check(facts).into_sorted();
    let fault = found.iter().find(|found| {
        let at = found.span.start;
        found.severity == Severity::Error && found.span.file == file && is_in(&places, at)
    });
    match fault {
        None => Ok(()),
        Some(found) => {
            let text = datacenter.files().text(FileId(file.0));
            let place =
                places.iter().find(|place| place.contains(&found.span.start)).cloned().unwrap_or_default();
            let line = text.get(place.start as usize..place.end as usize).unwrap_or_default();
            Err(EditError::faulty(found, line))
        }
    }
}

fn is_in(places: &[Range<u32>], at: u32) -> bool {
    let behind = places.partition_point(|place| place.start <= at);
    behind.checked_sub(1).and_then(|last| places.get(last)).is_some_and(|place| at < place.end)
}
