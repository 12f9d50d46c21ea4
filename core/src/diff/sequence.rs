//! What two sequences have in common, in order.
//!
//! Hunt and Szymanski's way to a longest common subsequence: its cost grows with the number of equal pairs, and rules and
//! lines seldom repeat. Where one does, only so many of its repetitions are looked at: the answer may then keep less
//! than it could, but is always right, and a chain of a hundred thousand rules takes as long as it takes to read it.
//! The library that has this (`similar`) bounds its cost by the clock, which core does not have.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

/// Repetitions of one element that are tried as the partner of another.
const MOST_PARTNERS: usize = 48;

/// Indices of the elements that stay, in the old and in the new sequence; both ascend.
pub(super) fn kept<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let middle = |all: &[T]| head..all.len() - tail;
    let inner = common(old.get(middle(old)).unwrap_or_default(), new.get(middle(new)).unwrap_or_default());
    let ends = (0..tail).rev().map(|back| (old.len() - 1 - back, new.len() - 1 - back));
    let inner = inner.into_iter().map(|(a, b)| (a + head, b + head));
    (0..head).map(|at| (at, at)).chain(inner).chain(ends).collect()
}

/// A pair that a common subsequence could end with, and the pair before it.
struct Link {
    pair: (usize, usize),
    before: Option<usize>,
}

fn common<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let mut numbers = Numbers::default();
    let wanted: Vec<usize> = new.iter().map(|element| numbers.of(element)).collect();
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); numbers.count];
    for (place, number) in wanted.iter().enumerate() {
        if let Some(places) = places.get_mut(*number) {
            places.push(place);
        }
    }
    let here: Vec<Option<usize>> = old.iter().map(|element| numbers.known(element)).collect();
    let mut counts = vec![0_usize; places.len()];
    for number in here.iter().flatten() {
        counts.get_mut(*number).into_iter().for_each(|count| *count += 1);
    }
    let mut seen = vec![0_usize; places.len()];
    let mut links: Vec<Link> = Vec::new();
    // For each length: where in `new` the best common subsequence of that length ends, and with which link.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for (at, number) in here.iter().enumerate() {
        let Some(number) = *number else { continue };
        let all = places.get(number).map(Vec::as_slice).unwrap_or_default();
        let total = counts.get(number).copied().unwrap_or_default();
        let occurrence = seen.get_mut(number).map_or(0, |seen| core::mem::replace(seen, *seen + 1));
        // From the last to the first, so that no element is followed by another partner of its own.
        for place in partners(all, occurrence, total).iter().rev() {
            let length = ends.partition_point(|(end, _)| end < place);
            if ends.get(length).is_some_and(|(end, _)| end == place) {
                continue;
            }
            let before = length.checked_sub(1).and_then(|last| ends.get(last)).map(|(_, link)| *link);
            let end = (*place, links.len());
            links.push(Link { pair: (at, *place), before });
            match ends.get_mut(length) {
                Some(longer) => *longer = end,
                None => ends.push(end),
            }
        }
    }
    let mut pairs = Vec::with_capacity(ends.len());
    let mut last = ends.last().map(|(_, link)| *link);
    while let Some(link) = last.and_then(|last| links.get(last)) {
        pairs.push(link.pair);
        last = link.before;
    }
    pairs.reverse();
    pairs
}

/// The places to try for the `occurrence`th of `total` equal elements: all, or those about where it would be if what was
/// added or removed stood all before it, or all behind it.
fn partners(places: &[usize], occurrence: usize, total: usize) -> &[usize] {
    if places.len() <= MOST_PARTNERS {
        return places;
    }
    let from_the_end = (occurrence + places.len()).saturating_sub(total);
    let middle = usize::midpoint(occurrence, from_the_end);
    let first = middle.saturating_sub(MOST_PARTNERS / 2).min(places.len() - MOST_PARTNERS);
    places.get(first..first + MOST_PARTNERS).unwrap_or_default()
}

/// Numbers for elements: equal ones have the same.
pub(super) struct Numbers<'t, T> {
    /// By hash; almost always one each.
    known: BTreeMap<u64, Vec<(&'t T, usize)>>,
    /// How many there are.
    pub(super) count: usize,
}

impl<T> Default for Numbers<'_, T> {
    fn default() -> Self {
        Self { known: BTreeMap::new(), count: 0 }
    }
}

impl<'t, T: Eq + Hash> Numbers<'t, T> {
    /// The number of an element, a new one if none is equal.
    pub(super) fn of(&mut self, element: &'t T) -> usize {
        let alike = self.known.entry(hash(element)).or_default();
        if let Some((_, number)) = alike.iter().find(|(other, _)| *other == element) {
            return *number;
        }
        alike.push((element, self.count));
        self.count += 1;
        self.count - 1
    }

    /// The number of an element that is equal to one before.
    pub(super) fn known(&self, element: &T) -> Option<usize> {
        let alike = self.known.get(&hash(element))?;
        alike.iter().find(|(other, _)| *other == element).map(|(_, number)| *number)
    }
}

fn hash(element: &impl Hash) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    element.hash(&mut hasher);
    hasher.finish()
}

/// Fowler, Noll and Vo's hash (1a): the one of the standard library needs std, and its seed.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        let kept = kept(&old, &new);
        assert!(kept.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
        assert!(kept.iter().all(|(a, b)| old[*a] == new[*b]));
        kept.iter().map(|(a, _)| old[*a]).collect()
    }

    #[test]
    fn as_much_as_possible_stays() {
        for (old, new, stays) in [
            ("", "", ""),
            ("abc", "abc", "abc"),
            ("abc", "", ""),
            ("abcd", "acbd", "abd"),
            ("xaxbxcx", "ybycy", "bc"),
            // Jumps into groups, each followed by the same test of the mark.
            ("1M2M3M4M5", "2M3M4M", "2M3M4M"),
            ("abcdef", "fedcba", "a"),
        ] {
            let found = shown(old, new);
            assert_eq!(found.len(), stays.len(), "{old} {new}: {found}");
        }
        assert_eq!(shown("1M2M3M4M5", "2M3M4M"), "2M3M4M");
    }

    #[test]
    fn endless_repetitions_are_no_matter() {
        let old: Vec<u32> = (0..20_000).map(|n| n % 7).collect();
        let new: Vec<u32> = (0..20_000).map(|n| (n % 1000) * (n % 999) % 7).collect();
        let kept = kept(&old, &new);
        assert!(kept.len() > 100);
        let shifted: Vec<u32> = core::iter::repeat_n(9, 5).chain(old.iter().copied().skip(3)).collect();
        assert_eq!(super::kept(&old, &shifted).len(), old.len() - 3);
        assert_eq!(super::kept(&vec![1; 7000], &vec![1; 9000]).len(), 7000);
    }
}
