//! Sorting rows by name while compiling, so that a table can keep the order of its source and still be searched quickly.

/// `by_name!(BY_NAME: Row = ROWS)` makes the static `BY_NAME`: the `Copy` rows of the constant slice `ROWS`, sorted by the
/// bytes of their field `name`.
macro_rules! by_name {
    ($sorted:ident: $row:ty = $rows:expr) => {
        #[expect(clippy::indexing_slicing, reason = "runs while compiling: a bad index stops the build")]
        static $sorted: [$row; $rows.len()] = {
            let mut sorted = [$rows[0]; $rows.len()];
            let mut taken = 1;
            while taken < sorted.len() {
                sorted[taken] = $rows[taken];
                let mut at = taken;
                while at > 0 && $crate::tables::order::precedes(sorted[at].name, sorted[at - 1].name) {
                    sorted.swap(at, at - 1);
                    at -= 1;
                }
                taken += 1;
            }
            sorted
        };
    };
}

pub(super) use by_name;

/// Whether `left` sorts before `right` (`<` of strings, which constants cannot use yet).
pub(super) const fn precedes(left: &str, right: &str) -> bool {
    bytes_precede(left.as_bytes(), right.as_bytes())
}

const fn bytes_precede(left: &[u8], right: &[u8]) -> bool {
    match (left, right) {
        ([], right) => !right.is_empty(),
        (_, []) => false,
        ([first, left @ ..], [other, right @ ..]) => {
            *first < *other || (*first == *other && bytes_precede(left, right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::precedes;

    #[test]
    fn orders_as_strings_do() {
        let words = ["", "a", "ab", "abc", "b", "B", "ä"];
        for left in words {
            for right in words {
                assert_eq!(precedes(left, right), left < right, "{left:?} {right:?}");
            }
        }
    }
}
