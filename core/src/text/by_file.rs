//! Something for each of some files.

use alloc::vec::Vec;

use super::FileId;

/// Values by file, in order of the files. It is for few files, or for files that come in their order: nearly always the
/// same one is asked for again, or one behind all others is added. A tree would cost every kind of value its own code,
/// which is what the module in browsers is made of.
#[derive(Clone, Debug)]
pub(crate) struct ByFile<T>(Vec<(FileId, T)>);

impl<T> Default for ByFile<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> ByFile<T> {
    /// Of no file.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    fn find(&self, file: FileId) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if *last < file => Err(self.0.len()),
            Some((last, _)) if *last == file => Ok(self.0.len() - 1),
            _ => self.0.binary_search_by_key(&file, |(file, _)| *file),
        }
    }

    /// That of a file.
    pub(crate) fn get(&self, file: FileId) -> Option<&T> {
        let at = self.find(file).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, file: FileId) -> Option<&mut T> {
        let at = self.find(file).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// That of a file, made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, file: FileId, make: impl FnOnce() -> T) -> &mut T {
        let at = match self.find(file) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (file, make()));
                at
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or inserted there just now")]
        let (_, value) = &mut self.0[at];
        value
    }

    /// Takes that of a file away.
    pub(crate) fn remove(&mut self, file: FileId) {
        if let Ok(at) = self.find(file) {
            self.0.remove(at);
        }
    }
}

impl<'a, T> IntoIterator for &'a ByFile<T> {
    type Item = &'a (FileId, T);
    type IntoIter = core::slice::Iter<'a, (FileId, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn files_may_come_in_any_order() {
        let mut values = ByFile::default();
        for file in [5, 2, 9, 2, 9, 5, 1] {
            *values.get_or_insert_with(FileId(file), || 0) += 1;
        }
        values.remove(FileId(5));
        values.remove(FileId(7));
        assert_eq!(values.0, vec![(FileId(1), 1), (FileId(2), 2), (FileId(9), 2)]);
        assert_eq!((values.get(FileId(9)), values.get(FileId(5))), (Some(&2), None));
        assert_eq!((&values).into_iter().count(), 3);
    }
}
