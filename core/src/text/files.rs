//! Named files in memory.

use alloc::string::String;
use alloc::vec::Vec;

use super::LineIndex;

/// Index of a file in [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One file: the name shown to people and its bytes.
#[derive(Clone, Debug)]
pub struct File {
    name: String,
    text: Vec<u8>,
}

impl File {
    /// The name, relative to the configuration root (or as the user gave it).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Line starts of the file, made on each call: diagnostics are rare, files are many.
    pub fn line_index(&self) -> LineIndex {
        LineIndex::new(&self.text)
    }
}

/// All files of a datacenter, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its id. Spans are 32 bits wide: bytes past 4 GiB are cut off (no configuration file
    /// comes near; callers refuse far smaller ones).
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Vec<u8>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let mut text = text.into();
        text.truncate(u32::MAX as usize);
        self.files.push(File { name: name.into(), text });
        id
    }

    /// Gives a file another text.
    pub fn replace(&mut self, id: FileId, text: impl Into<Vec<u8>>) {
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            file.text = text.into();
            file.text.truncate(u32::MAX as usize);
        }
    }

    /// The file with this id, if it is one of these.
    pub fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// The bytes of a file; empty for an unknown id.
    pub fn text(&self, id: FileId) -> &[u8] {
        self.file(id).map(File::text).unwrap_or_default()
    }

    /// The name of a file; empty for an unknown id.
    pub fn name(&self, id: FileId) -> &str {
        self.file(id).map(File::name).unwrap_or_default()
    }

    /// All files with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        (0u32..).map(FileId).zip(&self.files)
    }
}
