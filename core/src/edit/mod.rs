//! Edits that touch nothing but what they are about: every other byte of the file stays.
//!
//! In: a [`Datacenter`](crate::datacenter::Datacenter) and what to change. Out: the same with lines changed, added, moved or removed. New values are read
//! by the readers that read configurations: an edit that would make a faulty line is an [`EditError`], and nothing has
//! changed. Whether *other* lines still hold (a removed alias may be in use) is not asked: `check` tells.
//!
//! ```
//! use pvefw_core::datacenter::Datacenter;
//! use pvefw_core::edit::Editor;
//! use pvefw_core::facts::Facts;
//!
//! let mut datacenter = Datacenter::new();
//! datacenter.add("firewall/100.fw", "# the shop\n[RULES]\nIN HTTP(ACCEPT) # everybody\n");
//! let mut editor = Editor::new(datacenter, Facts::default());
//! editor.insert_rule("firewall/100.fw", None, 0, "IN SSH(ACCEPT) -source 10.0.0.0/8").unwrap();
//! editor.set_option("firewall/100.fw", "enable", Some("1")).unwrap();
//! let text = "# the shop\n\n[OPTIONS]\nenable: 1\n\n[RULES]\nIN SSH(ACCEPT) -source 10.0.0.0/8\n\
//!             IN HTTP(ACCEPT) # everybody\n";
//! assert_eq!(editor.text("firewall/100.fw").unwrap(), text.as_bytes());
//! assert!(editor.insert_rule("firewall/100.fw", None, 0, "IN SSH(ACCEPT) -source +office").is_err());
//! ```
//!
//! A rule is named by the id of its line, which stays the same while the file is loaded, whatever is done around it. Lines
//! that have not the form of a rule, and sections that can't be, are left alone: they are not there for an editor. Where a
//! name is defined twice, the definition that counts is the one that is changed.
//!
//! Only two things beyond its own line can an edit touch: the last line of a file gets a line end when something is put
//! behind it, and a new section comes with blank lines around it.

mod digest;
#[cfg(test)]
mod digest_tests;
mod document;
mod editor;
mod error;
mod members;
mod names;
mod pairs;
mod rename;
mod rule_line;
mod rules;
mod sections;
#[cfg(test)]
mod tests;
mod trial;

pub use digest::Digested;
pub use document::LineId;
pub use editor::{Changed, Editor};
pub use error::{EditError, Reason};
pub use members::Entry;
pub use names::Named;
pub use pairs::AliasLine;
pub use rule_line::{Field, RuleFields, RuleLine};
pub use rules::{RuleAt, Switch};
