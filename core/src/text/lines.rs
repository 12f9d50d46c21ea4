//! Byte offsets to lines and columns.

use alloc::vec;
use alloc::vec::Vec;

/// A place as people count: lines and columns from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1. A sequence that is not UTF-8 counts as one character,
    /// the one it is shown as.
    pub column: u32,
}

/// The start of every line of a text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of `text`; they end at `\n`.
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(text.iter().zip(1u32..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next));
        Self { starts }
    }

    /// Line (from 1) that holds the byte at `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// Byte offset of the first byte of a line (from 1); past the last line, that of the last.
    pub fn start(&self, line: u32) -> u32 {
        let index = (line.max(1) as usize - 1).min(self.starts.len() - 1);
        self.starts.get(index).copied().unwrap_or(0)
    }

    /// The bytes of a line (from 1) without its line end.
    pub fn text<'t>(&self, text: &'t [u8], line: u32) -> &'t [u8] {
        let start = self.start(line) as usize;
        let end = self.starts.get(line as usize).map_or(text.len(), |next| *next as usize - 1);
        let bytes = text.get(start..end).unwrap_or_default();
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }

    /// Line and column of the byte at `offset`; the column counts characters.
    pub fn position(&self, text: &[u8], offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.start(line);
        let before = text.get(start as usize..(offset as usize).min(text.len())).unwrap_or_default();
        let characters: usize = before
            .utf8_chunks()
            .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
            .sum();
        Position { line, column: u32::try_from(characters).unwrap_or(u32::MAX - 1).saturating_add(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_stray_bytes() {
        let text = "ä b\r\nc\n".as_bytes();
        let lines = LineIndex::new(text);
        assert_eq!(lines.position(text, 3), Position { line: 1, column: 3 });
        assert_eq!(lines.position(text, 6), Position { line: 2, column: 1 });
        assert_eq!(lines.position(text, 8), Position { line: 3, column: 1 });
        assert_eq!(lines.text(text, 1), "ä b".as_bytes());
        let odd = b"\xff\xff\xff!";
        assert_eq!(LineIndex::new(odd).position(odd, 3).column, 4);
    }
}
