//! The macros: names for the rules that a well-known service needs.
//!
//! `SSH(ACCEPT)` becomes a rule for TCP port 22, `DNS(ACCEPT)` one for UDP and one for TCP. In: the name as written and
//! the family a rule is made for. Out: the templates, in the order of the rules they become. Joining a template with the
//! fields of the user's rule, and finding that they contradict each other, is the caller's work.

mod rows;

#[cfg(test)]
mod tests;

use crate::Family;

pub use rows::MACROS;

/// A named list of rule templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macro {
    /// The name in its canonical spelling.
    pub name: &'static str,
    /// What it is for, a few words for listings.
    pub description: &'static str,
    /// The only family it exists for; `None` is both.
    pub family: Option<Family>,
    /// What it becomes, unless [`templates_v6`](Self::templates_v6) replaces it.
    pub templates: &'static [Template],
    /// What it becomes for IPv6; empty is the same as for IPv4.
    pub templates_v6: &'static [Template],
}

/// What one rule of a macro has fixed; its action is that of the rule that uses the macro.
///
/// The values are text as a user would write it: where user and template set the same field, the texts must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The protocol, a name or a number.
    pub proto: &'static str,
    /// The destination ports.
    pub dport: Option<&'static str>,
    /// The source ports.
    pub sport: Option<&'static str>,
    /// The name of the ICMP type. COMPAT: in pve-firewall it occupies the field `dport`, so a user's `-dport` clashes with
    /// it and a user's `-icmp-type` comes on top.
    pub icmp_type: Option<&'static str>,
}

impl Macro {
    /// The templates for rules of `family`; with an unknown family the normal ones. A macro that does not exist for the
    /// family has none, which is no mistake: its rules are made for the other one.
    pub fn for_family(&self, family: Option<Family>) -> &'static [Template] {
        match (family, self.family) {
            (Some(wanted), Some(only)) if wanted != only => &[],
            (Some(Family::V6), _) if !self.templates_v6.is_empty() => self.templates_v6,
            _ => self.templates,
        }
    }
}

/// The position in [`MACROS`] of the macro of this name; case does not count.
pub fn index(name: &str) -> Option<u8> {
    let letter = usize::from(name.as_bytes().first()?.to_ascii_uppercase().checked_sub(b'A')?);
    let (start, end) = (*STARTS.get(letter)?, *STARTS.get(letter + 1)?);
    let rows = MACROS.get(usize::from(start)..usize::from(end))?;
    let at = (start..).zip(rows).find(|(_, row)| row.name.eq_ignore_ascii_case(name));
    at.map(|(at, _)| at)
}

/// Where the rows of each letter begin, and the last ones end.
#[expect(clippy::indexing_slicing, reason = "runs while compiling: a bad index stops the build")]
const STARTS: [u8; 27] = {
    let mut starts = [0; 27];
    let mut row = 0;
    while row < MACROS.len() {
        // Counts the rows of the letter before.
        starts[(MACROS[row].name.as_bytes()[0].to_ascii_uppercase() - b'A') as usize + 1] += 1;
        row += 1;
    }
    let mut letter = 1;
    while letter < starts.len() {
        starts[letter] += starts[letter - 1];
        letter += 1;
    }
    starts
};
