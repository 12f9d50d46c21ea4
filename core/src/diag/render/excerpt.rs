//! Pieces of source files as text that can be shown, with the way from bytes of the file to bytes of that text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::visible;
use crate::text::{ByFile, FileId, Files, LineIndex, Position, Span};

/// The files with their line starts, which are found once for each file.
pub(super) struct Sources<'f> {
    files: &'f Files,
    lines: ByFile<LineIndex>,
}

/// A span moved into its file: where it starts and ends, with lines counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) span: Span,
    pub(super) first: u32,
    pub(super) last: u32,
}

impl<'f> Sources<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        Self { files, lines: ByFile::new() }
    }

    pub(super) fn files(&self) -> &'f Files {
        self.files
    }

    fn index(&mut self, file: FileId) -> &LineIndex {
        self.lines.get_or_insert_with(file, || LineIndex::new(self.files.text(file)))
    }

    /// `file:line:column` of a span's start; only the file's name where there is no text to count in.
    pub(super) fn place(&mut self, span: Span) -> String {
        let text = self.files.text(span.file);
        let name = visible::line(self.files.name(span.file));
        if text.is_empty() {
            return name;
        }
        let Position { line, column } = self.index(span.file).position(text, span.start.min(length(text)));
        format!("{name}:{line}:{column}")
    }

    /// Moves a span into its file. A line end at the end of the span does not count as a step to the next line.
    pub(super) fn locate(&mut self, span: Span) -> Place {
        let end_of_file = length(self.files.text(span.file));
        let (start, mut end) = (span.start.min(end_of_file), span.end.min(end_of_file));
        let lines = self.index(span.file);
        let first = lines.line(start);
        let mut last = lines.line(end);
        if last > first && lines.start(last) == end {
            last -= 1;
            let (line, bytes) = self.line(span.file, last);
            end = line.saturating_add(length(bytes)).max(start);
        }
        Place { span: Span::new(span.file, start, end), first, last }
    }

    /// First byte of a line, and its bytes without the line end.
    pub(super) fn line(&mut self, file: FileId, line: u32) -> (u32, &'f [u8]) {
        let text = self.files.text(file);
        let lines = self.index(file);
        (lines.start(line), lines.text(text, line))
    }

    /// Some lines of a file for display. `focus` names, for a line, the byte that must be seen.
    pub(super) fn excerpt(
        &mut self,
        file: FileId,
        lines: RangeInclusive<u32>,
        width: usize,
        focus: impl Fn(u32) -> Option<u32>,
    ) -> Excerpt {
        let mut excerpt = Excerpt { text: String::new(), lines: Vec::new() };
        for number in lines {
            let (start, bytes) = self.line(file, number);
            let focus = focus(number).map_or(0, |byte| byte.saturating_sub(start) as usize);
            excerpt.push(start, bytes, focus, width);
        }
        excerpt
    }
}

/// Lines as shown, each ended by a line feed.
pub(super) struct Excerpt {
    pub(super) text: String,
    lines: Vec<Line>,
}

/// Where the characters of a line went.
struct Line {
    /// First byte of the line in the file.
    start: u32,
    /// Bytes of the shown line in the text, with the marks of omission.
    shown: core::ops::Range<usize>,
    /// For each character and the end of the last: its byte in the file's line and its byte in the text.
    chars: Vec<(usize, usize)>,
}

impl Excerpt {
    fn push(&mut self, start: u32, bytes: &[u8], focus: usize, width: usize) {
        let begin = self.text.len();
        let (from, to) = window(bytes, focus, width);
        let mut chars = Vec::new();
        if from > 0 {
            self.text.push('…');
        }
        let mut at = from;
        for chunk in bytes.get(from..to).unwrap_or_default().utf8_chunks() {
            for c in chunk.valid().chars() {
                chars.push((at, self.text.len()));
                visible::push(&mut self.text, c);
                at += c.len_utf8();
            }
            if !chunk.invalid().is_empty() {
                chars.push((at, self.text.len()));
                self.text.push('\u{fffd}');
                at += chunk.invalid().len();
            }
        }
        chars.push((at, self.text.len()));
        if to < bytes.len() {
            self.text.push('…');
        }
        self.lines.push(Line { start, shown: begin..self.text.len(), chars });
        self.text.push('\n');
    }

    /// The range of the text that shows these bytes of the file. Characters that are hit only partly are shown whole,
    /// and what is left out is represented by the mark of omission.
    pub(super) fn range(&self, start: u32, end: u32) -> core::ops::Range<usize> {
        let from = self.line_of(start).map_or(0, |line| line.text_start(start));
        let to = self.line_of(end).map_or(from, |line| line.text_end(end));
        from..to.max(from)
    }

    /// Whether all of these bytes are shown.
    pub(super) fn shows(&self, start: u32, end: u32) -> bool {
        self.line_of(start).is_some_and(|line| {
            let in_line = |byte: u32| Some(byte.saturating_sub(line.start) as usize);
            let (first, last) = (line.chars.first().map(|c| c.0), line.chars.last().map(|c| c.0));
            in_line(start) >= first && in_line(end) <= last
        })
    }

    fn line_of(&self, byte: u32) -> Option<&Line> {
        let after = self.lines.partition_point(|line| line.start <= byte);
        self.lines.get(after.saturating_sub(1))
    }
}

impl Line {
    fn text_start(&self, byte: u32) -> usize {
        let wanted = byte.saturating_sub(self.start) as usize;
        let after = self.chars.partition_point(|(at, _)| *at <= wanted);
        after
            .checked_sub(1)
            .and_then(|index| self.chars.get(index))
            .map_or(self.shown.start, |(_, text)| *text)
    }

    fn text_end(&self, byte: u32) -> usize {
        let wanted = byte.saturating_sub(self.start) as usize;
        let index = self.chars.partition_point(|(at, _)| *at < wanted);
        self.chars.get(index).map_or(self.shown.end, |(_, text)| *text)
    }
}

/// The bytes of a long line that are shown: about `width` of them around the focus, ending between characters.
fn window(bytes: &[u8], focus: usize, width: usize) -> (usize, usize) {
    if bytes.len() <= width {
        return (0, bytes.len());
    }
    // More behind the focus than before it: the span has a length, the label stands to its right.
    let from = focus.saturating_sub(width * 3 / 8).min(bytes.len() - width);
    let between = |at: usize| {
        let inside =
            bytes.get(at..).unwrap_or_default().iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80);
        at + inside.count()
    };
    (between(from), between(from + width))
}

fn length(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}
