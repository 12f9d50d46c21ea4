//! The short answer to a question about a packet.

use alloc::string::String;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::places::Places;
use crate::sim;
use crate::text::{FileId, Files, LineIndex, Span};

/// What becomes of a packet, in short: a line of the answer of `trace --batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Answer<'a> {
    /// `ACCEPT`, `DROP` or `REJECT`; of rules that are not all understood also `MAY ACCEPT` and `MAY DROP`.
    pub verdict: &'static str,
    /// The line that decided; `None` for built-in rules.
    pub by: Option<Line<'a>>,
}

/// The answer to a question that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// What is wrong with the question, and a way out.
    pub error: String,
}

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// The file, relative to the root.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
}

/// Brings answers into this form, remembering where lines begin.
pub struct Answers<'f> {
    files: &'f Files,
    places: Places<'f>,
    /// The lines of spans that have been asked for: of many packets few rules decide.
    known: HashMap<Span, u32, FxBuildHasher>,
}

impl<'f> Answers<'f> {
    /// For rules that were made from these files.
    pub fn new(files: &'f Files) -> Self {
        Self { files, places: Places::new(files), known: HashMap::default() }
    }

    /// The short form of an answer.
    pub fn short(&mut self, answer: sim::Answer) -> Answer<'f> {
        Answer { verdict: answer.verdict.name(), by: answer.by.map(|span| self.line(span)) }
    }

    /// The files.
    pub(super) fn files(&self) -> &'f Files {
        self.files
    }

    /// Where the lines of a file begin.
    pub(super) fn lines(&mut self, file: FileId) -> &LineIndex {
        self.places.lines(file)
    }

    /// The line that a span begins in.
    pub fn line(&mut self, span: Span) -> Line<'f> {
        let line = || self.places.line(span.file, span.start);
        Line { file: self.files.name(span.file), line: *self.known.entry(span).or_insert_with(line) }
    }
}
