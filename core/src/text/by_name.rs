//! Something for each of many names.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;

/// Values by name, in order of the names. The tree knows only where a value is, so that one tree serves all kinds of
/// them: in browsers, code is what costs.
#[derive(Clone, Debug)]
pub(crate) struct ByName<'n, T> {
    places: BTreeMap<&'n str, u32>,
    values: Vec<T>,
}

impl<T> Default for ByName<'_, T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<'n, T> ByName<'n, T> {
    /// That of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(*self.places.get(name)? as usize)
    }

    /// That of a name, made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, name: &'n str, make: impl FnOnce() -> T) -> &mut T {
        let at = place(&mut self.places, name, self.values.len());
        if at == self.values.len() {
            self.values.push(make());
        }
        #[expect(clippy::indexing_slicing, reason = "it was there, or has come just now")]
        &mut self.values[at]
    }

    /// Gives a name a value; the one it had.
    pub(crate) fn insert(&mut self, name: &'n str, value: T) -> Option<T> {
        let at = place(&mut self.places, name, self.values.len());
        if let Some(old) = self.values.get_mut(at) {
            return Some(core::mem::replace(old, value));
        }
        self.values.push(value);
        None
    }

    /// The names in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'n str> {
        self.places.keys().copied()
    }

    /// The values in order of their names.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.places.values().filter_map(|at| self.values.get(*at as usize))
    }

    /// The same.
    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        let mut values: Vec<_> = self.values.into_iter().map(Some).collect();
        self.places.into_values().filter_map(move |at| values.get_mut(at as usize)?.take())
    }
}

/// Where the value of a name is, or goes if it is new.
fn place<'n>(places: &mut BTreeMap<&'n str, u32>, name: &'n str, end: usize) -> usize {
    match places.entry(name) {
        Entry::Occupied(entry) => *entry.get() as usize,
        Entry::Vacant(entry) => {
            entry.insert(u32::try_from(end).unwrap_or(u32::MAX));
            end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_come_in_order_of_names() {
        let mut values = ByName::default();
        assert_eq!(values.insert("b", 1), None);
        assert_eq!(values.insert("c", 2), None);
        assert_eq!(values.insert("b", 3), Some(1));
        *values.get_or_insert_with("a", || 4) += 1;
        *values.get_or_insert_with("a", || 9) += 1;
        assert_eq!((values.get("a"), values.get("d")), (Some(&6), None));
        assert_eq!(values.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(values.values().copied().collect::<Vec<_>>(), [6, 3, 2]);
        assert_eq!(values.into_values().collect::<Vec<_>>(), [6, 3, 2]);
    }
}
