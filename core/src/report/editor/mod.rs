//! Answers for editors: positions are counted in UTF-16 code units from the beginning of the file, as browsers and most
//! editors count. What `pvefw` hands out in WebAssembly; `wasm/npm/src/types.ts` describes the same shapes.
//!
//! What has lines only (`Trace`, …) has the shape that the command line prints.

mod check;
mod compiled;
mod lang;
mod reach;

use alloc::string::{String, ToString};

use serde::Serialize;

pub use check::{Check, Diagnostic, Edit, Fix, Label};
pub use compiled::{
    Chain, Compiled, FromLine, FromLineMember, Member, Restore, Rule, RulesQuery, Set, SetName,
};
pub use lang::{Changed, Completion, Completions, Definition, FixAll, Hover, OfferedFix, Reference};
pub use reach::{Link, Reach, Zone};

use crate::text::{self, ByFile, FileId, Files, LineIndex, Utf16};

/// An answer, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome<T> {
    /// `{"ok": true, "value": …}`
    Answered {
        /// Always true.
        ok: bool,
        /// The answer.
        value: T,
    },
    /// `{"ok": false, "error": …}`
    Refused {
        /// Always false.
        ok: bool,
        /// What is wrong, and a way out.
        error: String,
    },
}

impl<T, E: ToString> From<Result<T, E>> for Outcome<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Answered { ok: true, value },
            Err(error) => Self::Refused { ok: false, error: error.to_string() },
        }
    }
}

/// A range of text in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span<'a> {
    /// The file, relative to the root.
    pub file: &'a str,
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The line in which it begins, from 1.
    pub line: u32,
    /// The column in which it begins, from 1.
    pub column: u32,
}

/// Counts in the manner of editors, remembering what was worked out about each file.
#[derive(Debug)]
pub struct Editor<'f> {
    files: &'f Files,
    known: ByFile<Counted<'f>>,
}

#[derive(Debug)]
struct Counted<'f> {
    lines: LineIndex,
    units: Utf16<'f>,
}

impl<'f> Editor<'f> {
    /// For places in these files.
    pub const fn new(files: &'f Files) -> Self {
        Self { files, known: ByFile::new() }
    }

    /// The files.
    pub const fn files(&self) -> &'f Files {
        self.files
    }

    fn counted(&mut self, file: FileId) -> &Counted<'f> {
        let text = self.files.text(file);
        let count = || Counted { lines: LineIndex::new(text), units: Utf16::new(text) };
        self.known.get_or_insert_with(file, count)
    }

    /// A span of bytes.
    pub fn span(&mut self, span: text::Span) -> Span<'f> {
        let file = self.files.name(span.file);
        let counted = self.counted(span.file);
        let line = counted.lines.line(span.start);
        let from = counted.units.unit(span.start);
        let begin = counted.units.unit(counted.lines.start(line));
        Span { file, from, to: counted.units.unit(span.end), line, column: from.saturating_sub(begin) + 1 }
    }

    /// A byte's place.
    pub fn unit(&mut self, file: FileId, byte: u32) -> u32 {
        self.counted(file).units.unit(byte)
    }

    /// A place's byte.
    pub fn byte(&mut self, file: FileId, unit: u32) -> u32 {
        self.counted(file).units.byte(unit)
    }

    /// The line of a byte, from 1.
    pub fn line(&mut self, file: FileId, byte: u32) -> u32 {
        self.counted(file).lines.line(byte)
    }
}
