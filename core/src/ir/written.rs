//! Values that remember how they were spelled.

use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A value and, where it differs from the canonical spelling, the text that stands for it in the rules.
///
/// pve-firewall passes most words of a rule on as they were written, and its chain signatures are made over that text.
/// So the spelling is kept, but it never takes part in comparisons.
#[derive(Clone)]
pub struct Written<T> {
    value: T,
    text: Option<Arc<str>>,
}

impl<T> Written<T> {
    /// A value in its canonical spelling.
    pub const fn canonical(value: T) -> Self {
        Self { value, text: None }
    }

    /// A value spelled as `text`, which means the same.
    pub fn spelled(value: T, text: &str) -> Self {
        Self { value, text: Some(Arc::from(text)) }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The spelling, if it is not the canonical one.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl<T: PartialEq> PartialEq for Written<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Written<T> {}

impl<T: Hash> Hash for Written<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            None => self.value.fmt(f),
            Some(text) => write!(f, "{:?} as {text:?}", self.value),
        }
    }
}

/// How something is spelled; any two spellings are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spelling<T>(pub T);

impl<T> PartialEq for Spelling<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Spelling<T> {}

impl<T> Hash for Spelling<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
