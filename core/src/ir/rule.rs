//! Rules.

use core::hash::{Hash, Hasher};

use super::{Matches, Origin, Spelling, Target};

/// Conditions, an action, and where they come from.
#[derive(Clone, Debug)]
pub struct Rule {
    /// All must hold.
    pub matches: Matches,
    /// What happens then.
    pub target: Target,
    /// Why the rule exists.
    pub origin: Origin,
    /// Whether a second blank follows the chain's name.
    ///
    /// COMPAT: pve-firewall writes one for rules without conditions that come from rule objects, and signs that text
    /// (spec 05 section 1).
    pub extra_blank: Spelling<bool>,
}

/// Origins don't count: two rules are equal when they do the same.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.matches == other.matches && self.target == other.target
    }
}

impl Eq for Rule {}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.matches, &self.target).hash(state);
    }
}
