//! The nearest name to a misspelt one.

use strsim::damerau_levenshtein;

/// More candidates than this are not searched: a suggestion is worth microseconds, not minutes.
const MOST_CANDIDATES: usize = 5_000;

/// The candidate that `name` was probably meant to be, if one is near enough (a third of the longer name's letters may
/// differ; case does not count).
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    let wanted = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 64 {
            continue;
        }
        let distance = damerau_levenshtein(&wanted, &candidate.to_lowercase());
        let limit = wanted.chars().count().max(candidate.chars().count()) / 3;
        // Two letters of three differing says nothing; one may.
        if distance <= limit.max(usize::from(wanted.len() > 2)) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typos_and_nothing_far_off() {
        let names = ["HTTP", "HTTPS", "SSH", "SMTP"];
        assert_eq!(nearest("HTPS", names), Some("HTTPS"));
        assert_eq!(nearest("shs", names), Some("SSH"));
        assert_eq!(nearest("management", names), None);
        assert_eq!(nearest("", names), None);
    }
}
