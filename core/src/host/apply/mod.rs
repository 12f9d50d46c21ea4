//! From what a node has to what is wanted, with everything put back that goes wrong.
//!
//! ```text
//! lock ─► survey ─► plan ─► write the state ─► journal ─► sets, test ─► load ─► read back ─► verify ─► record
//!                                                 └───────────── anything wrong ─► undo ◄──┘
//! ```
//!
//! In: a [`Host`], a [`Store`] whose lock is held, and a [`Target`]. Out: what was [`Done`], or a [`Failure`] that says
//! in which state the node is left. Nothing is printed.
//!
//! What is true when a run ends early, at any place:
//!
//! | it ended | loaded is | the next run |
//! | --- | --- | --- |
//! | before the journal | the old state | starts over; files of ours that are not finished are removed |
//! | with the journal | each table the old or the new one, each set too | reads everything and goes where it is told to |
//! | after the record | the new state | removes the journal |
//!
//! Undoing is no list of steps backwards: it is a plan from what is really there to the state before. So it does the same
//! after every failure, and can be begun anew when it is interrupted.

mod load;
#[cfg(test)]
pub(super) mod played;
mod survey;
#[cfg(test)]
pub(super) mod tests;
mod transaction;

pub use survey::{Survey, Trust};
pub use transaction::{Applied, Confirm, Done, Failure, Left, Options, Stage};

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use std::thread;

use sha1::{Digest as _, Sha1};

use super::configuration;
use super::error::{Error, Missing};
use super::load::Texts;
use super::logging::logging;
use super::machine::Host;
use super::plan::{Compare, Plan, Suspects, Wanted};
use super::rules::{Detail, Rules};
use super::store::{Form, Logging, State, Store};
use super::tool::Tool;
use crate::datacenter::Datacenter;
use crate::emit::{self, Restore};
use crate::facts::Facts;
use crate::ir::Ruleset;

/// What is to be loaded.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The inputs of the restore tools.
    pub texts: Restore,
    /// The same, chain by chain.
    pub rules: Rules,
    /// How they came about.
    pub form: Form,
    /// The node that they are for.
    pub node: Option<String>,
    /// The rules that log.
    pub logging: Vec<Logging>,
    /// Tells it from others: SHA-1 of the texts in hexadecimal.
    pub digest: String,
    /// What they were compiled from ([`super::configuration::pack`]), if they were.
    pub configuration: String,
    /// The state it was loaded as before, if it was.
    pub copy_of: Option<u64>,
}

impl Target {
    /// What was compiled.
    pub fn compiled(texts: Restore, node: Option<String>, logging: Vec<Logging>) -> Self {
        let rules = Rules::of(&Texts::from(&texts));
        let digest = digest(&texts);
        Self {
            texts,
            rules,
            form: Form::Made,
            node,
            logging,
            digest,
            configuration: String::new(),
            copy_of: None,
        }
    }

    /// What a configuration was compiled to.
    pub fn of(datacenter: &Datacenter, facts: &Facts, ruleset: &Ruleset) -> Self {
        let words = || (logging(ruleset, datacenter.files()), configuration::pack(datacenter, facts));
        thread::scope(|scope| {
            let aside = scope.spawn(words);
            let target = Self::compiled(emit::restore(ruleset), facts.node.clone(), Vec::new());
            let (logging, configuration) = aside.join().unwrap_or_else(|_| words());
            Self { logging, configuration, ..target }
        })
    }

    /// Nothing of ours.
    pub fn nothing() -> Self {
        Self::compiled(Restore::default(), None, Vec::new())
    }

    /// A state that was stored; `None`: nothing of ours.
    ///
    /// # Errors
    /// [`Error::File`] when there is none.
    pub fn stored(store: &Store, id: Option<u64>) -> Result<Self, Error> {
        let Some(id) = id else { return Ok(Self::nothing()) };
        let texts = store.texts(id)?;
        let State { form, node, digest, .. } = store.state(id).unwrap_or_default();
        let logging = store.state_logging(id);
        let rules = Rules::of(&Texts::from(&texts));
        Ok(Self {
            texts,
            rules,
            form,
            node,
            logging,
            digest,
            configuration: store.configuration(id).unwrap_or_default(),
            copy_of: Some(id),
        })
    }

    /// Refuses when a tool is missing that has something to load.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn demand(&self, missing: &[Missing]) -> Result<(), Error> {
        let texts = Texts::from(&self.texts);
        let needed = |missing: &&Missing| {
            let tool = Tool::ALL.into_iter().find(|tool| missing.program.starts_with(tool.name()));
            tool.is_some_and(|tool| !texts.of(tool).is_empty())
        };
        let needed: Vec<Missing> = missing.iter().filter(needed).copied().collect();
        if needed.is_empty() { Ok(()) } else { Err(Error::Missing(needed)) }
    }

    /// For planning.
    fn wanted<'a>(&'a self, suspects: &'a Suspects) -> Wanted<'a> {
        let compare = match self.form {
            Form::Made => Compare::Signatures(suspects),
            Form::Found => Compare::Text,
        };
        Wanted { rules: &self.rules, compare }
    }
}

/// Tells texts from others.
pub fn digest(texts: &Restore) -> String {
    let mut hash = Sha1::new();
    for text in [&texts.ipset, &texts.ebtables, &texts.iptables, &texts.ip6tables] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A node and its state, to change it.
#[derive(Clone, Copy, Debug)]
pub struct Applier<'a, H: ?Sized> {
    /// The node.
    pub host: &'a H,
    /// Its state.
    pub store: &'a Store,
}

impl<H: Host + ?Sized> Applier<'_, H> {
    /// What loading `target` would change, and what is there now.
    ///
    /// # Errors
    /// When the node can't be read.
    pub fn plan(&self, target: &Target) -> Result<(Plan, Survey), Error> {
        let mut survey = self.survey(Trust::Nothing, Detail::Lines)?;
        Self::doubt(&mut survey, target);
        let plan = self.plan_from(&survey, target);
        Ok((plan, survey))
    }

    fn plan_from(&self, survey: &Survey, target: &Target) -> Plan {
        Plan::new(&survey.kernel, target.wanted(&survey.suspects), self.host.bridge_loading())
    }
}
