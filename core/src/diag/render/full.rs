//! A diagnostic with everything it knows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::excerpt::{Place, Sources};
use super::{Options, Style, patch, visible};
use crate::diag::{Diagnostic, Severity};
use crate::text::Span;

/// Places further apart than this are shown as excerpts of their own.
const NEAR: u32 = 30;
/// Spans over more lines are marked in their first line only.
const MOST_LINES: u32 = 6;
/// Labels shown; a group with a thousand members has nothing to gain from more.
const MOST_LABELS: usize = 8;

/// Brackets around the number of a place. The library counts columns in the text that it is given, which here may be a
/// window of a line with characters spelt out. So it gets these instead of a file's name, and [`name_places`] puts the
/// true place there afterwards. [`visible()`] lets neither character through.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// Something to underline.
struct Mark<'d> {
    place: Place,
    kind: AnnotationKind,
    label: &'d str,
}

/// The places named in a report, in order of their numbers.
#[derive(Default)]
pub(super) struct Places {
    names: Vec<String>,
    /// Whether source lines are shown, and with them their numbers.
    numbered: bool,
}

impl Places {
    /// Notes a place and returns what to write for it.
    pub(super) fn name(&mut self, place: String) -> String {
        self.names.push(place);
        format!("{OPEN}{}{CLOSE}", self.names.len() - 1)
    }
}

pub(super) fn render(diagnostic: &Diagnostic, sources: &mut Sources<'_>, options: &Options) -> String {
    let mut places = Places::default();
    let title = level(diagnostic.severity)
        .primary_title(visible::line(&diagnostic.message))
        .id(diagnostic.code.name());
    let mut main = Group::with_title(title).elements(snippets(diagnostic, sources, options, &mut places));
    for note in &diagnostic.notes {
        let (level, text) = match note.strip_prefix("help: ") {
            Some(text) => (Level::HELP, text),
            None => (Level::NOTE, note.as_str()),
        };
        main = main.element(level.message(visible::lines(text)));
    }
    let mut help = Vec::new();
    for fix in &diagnostic.fixes {
        let patches = patch::snippets(fix, diagnostic.span.file, sources, options, &mut places);
        let title = visible::line(&fix.title);
        if patches.is_empty() {
            main = main.element(Level::HELP.message(title));
        } else {
            help.push(Group::with_title(Level::HELP.secondary_title(title)).elements(patches));
        }
    }
    let numbered = !help.is_empty() || places.numbered;
    let mut report = Vec::from([main]);
    report.append(&mut help);

    let mut text = render_groups(&report, &places, options);
    if !numbered {
        // Without a single line number the library leaves no margin for them, and nothing lines up with the diagnostics
        // above and below.
        text = text.replace('\n', "\n ");
    }
    text.push('\n');
    text
}

/// Characters of a source line that fit beside the line numbers.
pub(super) fn window(options: &Options) -> usize {
    options.width.saturating_sub(8).clamp(40, 160)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    }
}

/// One place with words about it, without a title.
pub(super) fn excerpt(
    span: Span,
    label: &str,
    severity: Severity,
    sources: &mut Sources<'_>,
    options: &Options,
) -> String {
    let mut places = Places::default();
    let mut mark = Mark { place: sources.locate(span), kind: AnnotationKind::Primary, label };
    shorten(&mut mark, sources);
    let group = Group::with_level(level(severity)).elements(snippet(&[mark], sources, options, &mut places));
    render_groups(&[group], &places, options)
}

fn render_groups(report: &[Group<'_>], places: &Places, options: &Options) -> String {
    let renderer = match options.style {
        Style::Plain => Renderer::plain(),
        Style::Ansi => Renderer::styled(),
    };
    // Long lines are cut already, and always to the same window; the library would cut them once more.
    name_places(&renderer.term_width(1 << 20).render(report), places)
}

fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    sources: &mut Sources<'_>,
    options: &Options,
    places: &mut Places,
) -> Vec<Element<'a>> {
    let primary = Mark {
        place: sources.locate(diagnostic.span),
        kind: AnnotationKind::Primary,
        label: &diagnostic.label,
    };
    let mut marks = Vec::from([primary]);
    marks.extend(diagnostic.labels.iter().take(MOST_LABELS).map(|label| Mark {
        place: sources.locate(label.span),
        kind: AnnotationKind::Context,
        label: &label.message,
    }));
    for mark in &mut marks {
        shorten(mark, sources);
    }

    let mut elements = Vec::new();
    while !marks.is_empty() {
        let cluster = take_cluster(&mut marks);
        elements.extend(snippet(&cluster, sources, options, places));
    }
    elements
}

/// Ends the span of a mark over very many lines with its first line.
fn shorten(mark: &mut Mark<'_>, sources: &mut Sources<'_>) {
    let place = &mut mark.place;
    if place.last - place.first >= MOST_LINES {
        let (start, bytes) = sources.line(place.span.file, place.first);
        let end = start.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        place.span.end = end.max(place.span.start);
        place.last = place.first;
    }
}

/// Takes the first mark and all that stand in its file near it or near each other.
fn take_cluster<'d>(marks: &mut Vec<Mark<'d>>) -> Vec<Mark<'d>> {
    let mut cluster = Vec::from([marks.remove(0)]);
    while let Some(next) =
        marks.iter().position(|mark| cluster.iter().any(|other| near(&mark.place, &other.place)))
    {
        cluster.push(marks.remove(next));
    }
    cluster
}

fn near(a: &Place, b: &Place) -> bool {
    a.span.file == b.span.file
        && a.first <= b.last.saturating_add(NEAR)
        && b.first <= a.last.saturating_add(NEAR)
}

fn snippet<'a>(
    cluster: &[Mark<'a>],
    sources: &mut Sources<'_>,
    options: &Options,
    places: &mut Places,
) -> Option<Element<'a>> {
    let mark = cluster.first()?;
    let file = mark.place.span.file;
    let source = sources.files().file(file)?;
    let path = places.name(sources.place(mark.place.span));
    if source.text().is_empty() {
        return Some(Origin::path(path).into());
    }
    places.numbered = true;
    let first = cluster.iter().map(|mark| mark.place.first).min()?;
    let last = cluster.iter().map(|mark| mark.place.last).max()?;
    let focus = |line| cluster.iter().find(|mark| mark.place.first == line).map(|mark| mark.place.span.start);
    let excerpt = sources.excerpt(file, first..=last, window(options), focus);
    let annotations: Vec<_> = cluster
        .iter()
        .map(|mark| {
            let range = excerpt.range(mark.place.span.start, mark.place.span.end);
            let label = (!mark.label.is_empty()).then(|| visible::line(mark.label));
            mark.kind.span(range).label(label)
        })
        .collect();
    Some(Snippet::source(excerpt.text).path(path).line_start(first as usize).annotations(annotations).into())
}

/// Puts the places where their numbers stand, instead of the line and column that the library counted.
fn name_places(text: &str, places: &Places) -> String {
    let mut named = String::with_capacity(text.len());
    let mut parts = text.split(OPEN);
    named.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (number, rest) = part.split_once(CLOSE).unwrap_or(("", part));
        let place = number.parse().ok().and_then(|number: usize| places.names.get(number));
        named.push_str(place.map_or("", String::as_str));
        named.push_str(rest.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    named
}
