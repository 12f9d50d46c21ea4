//! Fixes as lines before and after.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use annotate_snippets::{Patch, Snippet};

use super::excerpt::Sources;
use super::full::{Places, window};
use super::{Options, visible};
use crate::diag::{Edit, Fix};
use crate::text::{FileId, Span};

/// Fixes that change more lines are shown by their title.
const MOST_LINES: usize = 6;

/// The changes of one line.
type Pieces = BTreeMap<(FileId, u32), Vec<(Span, String)>>;

/// A snippet for every line that the fix changes; none if it can't be shown well, its title has to do then.
pub(super) fn snippets(
    fix: &Fix,
    home: FileId,
    sources: &mut Sources<'_>,
    options: &Options,
    places: &mut Places,
) -> Vec<Snippet<'static, Patch<'static>>> {
    let Some(pieces) = pieces(fix, sources) else {
        return Vec::new();
    };
    let mut snippets = Vec::new();
    for ((file, line), edits) in pieces {
        let Some((first, _)) = edits.first() else {
            continue;
        };
        let excerpt = sources.excerpt(file, line..=line, window(options), |_| Some(first.start));
        let mut snippet = Snippet::source(excerpt.text.clone()).line_start(line as usize);
        if file != home {
            snippet = snippet.path(places.name(sources.place(*first)));
        }
        // The library can't count with several patches in a line when one of them brings line feeds. So it gets one,
        // from the first edit to the last, with what stays between them.
        let mut patch: Option<(Range<usize>, String)> = None;
        for (span, text) in edits {
            // A long line shows what is near its first edit. An edit that is not whole in there would be shown wrong.
            if !excerpt.shows(span.start, span.end) {
                return Vec::new();
            }
            let range = excerpt.range(span.start, span.end);
            let (whole, replacement) = patch.get_or_insert_with(|| (range.start..range.start, String::new()));
            replacement.push_str(excerpt.text.get(whole.end..range.start).unwrap_or_default());
            replacement.push_str(&text);
            whole.end = range.end;
        }
        match patch {
            Some((range, new)) if excerpt.text.get(range.clone()) != Some(new.as_str()) => {
                snippet = snippet.patch(Patch::new(range, new));
            }
            _ => continue,
        }
        snippets.push(snippet);
    }
    snippets
}

/// Splits the edits by line. `None` if they overlap, lie outside of their files, join lines, or are too many.
fn pieces(fix: &Fix, sources: &mut Sources<'_>) -> Option<Pieces> {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut pieces = Pieces::new();
    let mut before: Option<Span> = None;
    for edit in edits {
        let span = edit.span;
        let file = sources.files().file(span.file)?;
        if span.range().end > file.text().len()
            || before.is_some_and(|before| before.file == span.file && before.end > span.start)
        {
            return None;
        }
        before = Some(span);
        if span.of(file.text()) != edit.text.as_bytes() {
            split(edit, sources, &mut pieces)?;
        }
        if pieces.len() > MOST_LINES {
            return None;
        }
    }
    Some(pieces)
}

/// Adds the parts of an edit to the lines they are in.
fn split(edit: &Edit, sources: &mut Sources<'_>, pieces: &mut Pieces) -> Option<()> {
    let place = sources.locate(edit.span);
    let span = place.span;
    let (first_start, first_line) = sources.line(span.file, place.first);
    let takes_line_end = edit.span.end as usize > first_start as usize + first_line.len();
    let mut text = edit.text.as_str();
    if takes_line_end {
        // A line end that goes has to come back with the new text, or the whole line has to go. Everything else joins
        // two lines, which a picture of either would not show.
        text = match text.strip_suffix('\n') {
            Some(rest) if place.first == place.last => rest.strip_suffix('\r').unwrap_or(rest),
            None if text.is_empty() && span.start == first_start => text,
            _ => return None,
        };
    }
    if (place.last - place.first) as usize >= MOST_LINES || text.lines().count() > MOST_LINES {
        return None;
    }
    for line in place.first..=place.last {
        let (start, bytes) = sources.line(span.file, line);
        let end = start.saturating_add(u32::try_from(bytes.len()).ok()?);
        let part = Span::new(span.file, span.start.max(start), span.end.min(end));
        let text = if line == place.first { shown(text, edit.text.len()) } else { String::new() };
        pieces.entry((span.file, line)).or_default().push((part, text));
    }
    Some(())
}

/// New text as shown, short of what a terminal can't take.
fn shown(text: &str, length: usize) -> String {
    let mut shown = String::with_capacity(length.min(1000));
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            shown.push('\n');
        }
        shown.push_str(&visible::line(line.strip_suffix('\r').unwrap_or(line)));
    }
    shown
}
