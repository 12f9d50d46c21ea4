//! Something for each of many names.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// So many names are found faster by looking at each. Nearly every guest has fewer of each kind.
const FEW: usize = 8;

/// Values by name, in order of the names. The names know only where a value is, so that their code serves all kinds of
/// values: in browsers, code is what costs.
#[derive(Clone, Debug)]
pub(crate) struct ByName<'n, T> {
    names: Names<'n>,
    values: Vec<T>,
}

impl<T> Default for ByName<'_, T> {
    fn default() -> Self {
        Self { names: Names::default(), values: Vec::new() }
    }
}

impl<'n, T> ByName<'n, T> {
    /// That of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(self.names.find(name)?)
    }

    /// That of a name, made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, name: &'n str, make: impl FnOnce() -> T) -> &mut T {
        let at = self.names.find(name).unwrap_or_else(|| {
            self.values.push(make());
            self.names.add(name)
        });
        #[expect(clippy::indexing_slicing, reason = "it was there, or has come just now")]
        &mut self.values[at]
    }

    /// Gives a name a value; the one it had.
    pub(crate) fn insert(&mut self, name: &'n str, value: T) -> Option<T> {
        if let Some(old) = self.names.find(name).and_then(|at| self.values.get_mut(at)) {
            return Some(core::mem::replace(old, value));
        }
        self.names.add(name);
        self.values.push(value);
        None
    }

    /// The names in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'n str> {
        self.names.in_order().into_iter().filter_map(|at| self.names.list.get(at).copied())
    }

    /// The values in order of their names.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.names.in_order().into_iter().filter_map(|at| self.values.get(at))
    }

    /// The same.
    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        let mut values: Vec<_> = self.values.into_iter().map(Some).collect();
        self.names.in_order().into_iter().filter_map(move |at| values.get_mut(at)?.take())
    }
}

/// Different names.
#[derive(Clone, Debug, Default)]
struct Names<'n> {
    /// As they came.
    list: Vec<&'n str>,
    /// Where they are in the list; empty as long as there are few.
    places: BTreeMap<&'n str, usize>,
}

impl<'n> Names<'n> {
    fn find(&self, name: &str) -> Option<usize> {
        if self.list.len() <= FEW {
            return self.list.iter().position(|other| *other == name);
        }
        self.places.get(name).copied()
    }

    /// Adds a new name, and says where.
    fn add(&mut self, name: &'n str) -> usize {
        let at = self.list.len();
        self.list.push(name);
        if at == FEW {
            self.places.extend(self.list.iter().copied().zip(0..));
        } else if at > FEW {
            self.places.insert(name, at);
        }
        at
    }

    /// Where they are in the list, in order of the names.
    fn in_order(&self) -> Vec<usize> {
        if self.list.len() > FEW {
            return self.places.values().copied().collect();
        }
        let mut order = Vec::with_capacity(self.list.len());
        for (name, at) in self.list.iter().zip(0..) {
            let place =
                order.partition_point(|other| self.list.get(*other).is_some_and(|other| other < name));
            order.insert(place, at);
        }
        order
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

    #[test]
    fn many_are_kept_as_few_are() {
        let names: Vec<_> = (0..3 * FEW).map(|number| alloc::format!("{}", number * 7 % 100)).collect();
        let mut values = ByName::default();
        for (name, number) in names.iter().zip(0..) {
            assert_eq!(values.insert(name, number), None);
            *values.get_or_insert_with(name, || 99) += 1;
            assert!(names.iter().zip(0..=number).all(|(name, at)| values.get(name) == Some(&(at + 1))));
            let mut sorted: Vec<_> = names.iter().take(values.names().count()).map(|name| &**name).collect();
            sorted.sort_unstable();
            assert_eq!(values.names().collect::<Vec<_>>(), sorted);
        }
        assert_eq!(values.insert("7", 0), Some(2));
        assert_eq!(values.into_values().max(), Some(3 * FEW));
    }
}
