//! Rewrites expectations in place.

use core::ops::Range;

/// The variable that makes a run of the suite write what came out into the scenarios.
pub const VARIABLE: &str = "PVEFW_BLESS";

/// Whether this run is to bless.
pub fn wanted() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// `text` with each range replaced. Ranges are in order and don't overlap.
pub fn replace(text: &str, bodies: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, body) in bodies {
        out += text.get(at..range.start).unwrap_or_default();
        out += body;
        at = range.end;
    }
    out + text.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bodies_change() {
        let bodies = [(1..3, "XYZ".to_owned()), (4..4, "!".to_owned())];
        assert_eq!(replace("abcde", &bodies), "aXYZd!e");
        assert_eq!(replace("abc", &[]), "abc");
    }
}
