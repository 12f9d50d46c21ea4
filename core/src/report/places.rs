//! Many byte offsets to lines and columns, in about one pass over each file.

use core::str::Utf8Chunk;

use crate::text::{ByFile, FileId, Files, LineIndex, Position};

/// Positions in files, remembering what was worked out before.
pub(super) struct Places<'f> {
    files: &'f Files,
    lines: ByFile<LineIndex>,
    last: Option<(FileId, u32, Position)>,
}

impl<'f> Places<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        Self { files, lines: ByFile::new(), last: None }
    }

    /// Where the lines of a file begin.
    pub(super) fn lines(&mut self, file: FileId) -> &LineIndex {
        let text = || LineIndex::new(self.files.text(file));
        self.lines.get_or_insert_with(file, text)
    }

    /// The line of a byte.
    pub(super) fn line(&mut self, file: FileId, offset: u32) -> u32 {
        self.lines(file).line(offset)
    }

    /// Line and column of a byte; of the end of the file for bytes behind it.
    pub(super) fn position(&mut self, file: FileId, offset: u32) -> Position {
        let text = self.files.text(file);
        let offset = offset.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
        let lines = self.lines.get_or_insert_with(file, || LineIndex::new(text));
        let line = lines.line(offset);
        // A thousand findings in a line of a megabyte: count on from the one before.
        let from = self.last.filter(|(last, at, position)| {
            *last == file && position.line == line && *at <= offset && between_characters(text, *at)
        });
        let position = if let Some((_, at, position)) = from {
            let passed = text.get(at as usize..offset as usize).unwrap_or_default();
            let column = position.column.saturating_add(characters(passed));
            Position { line, column }
        } else {
            let before = text.get(lines.start(line) as usize..offset as usize).unwrap_or_default();
            Position { line, column: characters(before).saturating_add(1) }
        };
        self.last = Some((file, offset, position));
        position
    }
}

/// What [`LineIndex::position`] counts, without a copy of a line that may have megabytes.
fn characters(bytes: &[u8]) -> u32 {
    let count =
        |chunk: Utf8Chunk<'_>| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty());
    u32::try_from(bytes.utf8_chunks().map(count).sum::<usize>()).unwrap_or(u32::MAX)
}

/// Whether no character reaches over this offset, also not one that is cut short.
fn between_characters(text: &[u8], offset: u32) -> bool {
    text.get(offset as usize).is_none_or(|byte| byte & 0xc0 != 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_the_line_index_at_every_offset_and_in_any_order() {
        let mut files = Files::new();
        let text = b"\xc3\xa4b\xff\xe2\x82 \xf0\x9f\x98\x80x\r\n\nend\xe2".to_vec();
        let file = files.add("a", text.clone());
        let lines = LineIndex::new(&text);
        let end = u32::try_from(text.len()).unwrap();
        for first in 0..=end {
            let mut places = Places::new(&files);
            for offset in (first..=end).chain(0..first) {
                assert_eq!(places.position(file, offset), lines.position(&text, offset), "{first} {offset}");
            }
        }
        assert_eq!(Places::new(&files).position(file, 900), lines.position(&text, end));
        assert_eq!(Places::new(&files).position(FileId(9), 900), Position { line: 1, column: 1 });
    }
}
