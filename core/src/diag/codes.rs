//! The one list of problems we know. Codes are never reused.

use core::fmt;

use super::Severity;

/// A kind of problem: a row of [`ALL`].
#[derive(Clone, Copy)]
pub struct Code(&'static Row);

#[derive(Debug)]
struct Row {
    name: &'static str,
    severity: Severity,
    explanation: &'static str,
}

impl Code {
    /// The stable name, in kebab case.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The severity it has unless a finding says otherwise.
    pub const fn severity(self) -> Severity {
        self.0.severity
    }

    /// What it means and why it matters, one or two sentences.
    pub const fn explanation(self) -> &'static str {
        self.0.explanation
    }

    /// The code with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $severity:ident $ident:ident = $name:literal;)+) => {
        $(
            $(#[doc = $doc])+
            pub const $ident: Code = Code(&Row {
                name: $name,
                severity: Severity::$severity,
                explanation: concat!($($doc, "\n"),+),
            });
        )+

        /// Every code, in the order of the table.
        pub const ALL: &[Code] = &[$($ident),+];
    };
}

codes! {
    /// The file can't be read: it is missing, a directory, too large, or may not be opened.
    Error UNREADABLE = "unreadable";
    /// A section header names a section that does not exist; its lines are skipped until the next header.
    Error UNKNOWN_SECTION = "unknown-section";
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_explained() {
        let mut seen = BTreeSet::new();
        for code in ALL {
            assert!(seen.insert(code.name()), "{code} stands twice");
            assert!(code.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{code}");
            assert!(code.explanation().len() > 20, "{code} is not explained");
            assert_eq!(Code::named(code.name()), Some(*code));
        }
    }
}
