//! Lines of one side's files.

use crate::text::{ByFile, FileId, Files, LineIndex, Span};

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file.
    pub file: FileId,
    /// Its number, from 1.
    pub number: u32,
}

/// Files whose line starts are found once, and only if somebody asks.
#[derive(Clone, Debug)]
pub struct Lines<'f> {
    files: &'f Files,
    starts: ByFile<LineIndex>,
}

impl<'f> Lines<'f> {
    /// Lines of these files.
    pub const fn new(files: &'f Files) -> Self {
        Self { files, starts: ByFile::new() }
    }

    /// The files.
    pub const fn files(&self) -> &'f Files {
        self.files
    }

    /// The line that a span starts in.
    pub fn of(&mut self, span: Span) -> Line {
        Line { file: span.file, number: self.starts(span.file).line(span.start) }
    }

    /// The name of a line's file.
    pub fn file(&self, line: Line) -> &'f str {
        self.files.name(line.file)
    }

    /// What a line says, without its end.
    pub fn text(&mut self, line: Line) -> &'f [u8] {
        let whole = self.files.text(line.file);
        self.starts(line.file).text(whole, line.number)
    }

    fn starts(&mut self, file: FileId) -> &LineIndex {
        self.starts.get_or_insert_with(file, || LineIndex::new(self.files.text(file)))
    }
}
