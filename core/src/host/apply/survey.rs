//! What a node has at the moment: read, or known without reading.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;
use std::thread;

use super::{Applier, Target};
use crate::Family;
use crate::diff::TableId;
use crate::host::error::Error;
use crate::host::load::Texts;
use crate::host::machine::{self, Clock, Host};
use crate::host::plan::{Kernel, Plan, Suspects};
use crate::host::rules::{Chain, Detail, Rules};
use crate::host::store::{Form, Known, Record};
use crate::host::tool::Tool;
use crate::host::verify;

/// How long what can't be numbered (sets, legacy tables) counts as known after it was looked at.
const FRESH: Duration = Duration::from_mins(1);

/// How often to read again when somebody changes rules while we do.
const ATTEMPTS: usize = 3;

/// What may be taken for known. What is changed is looked at in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Nothing: everything is read.
    Nothing,
    /// Rules that have the number that they had when they were looked at last. The rest is read. For people, who may
    /// have changed something a moment ago.
    #[default]
    Numbered,
    /// Also what has no number (sets, rules of the legacy tools), for a minute after it was looked at. For cycles: where
    /// nothing has changed, no tool is started.
    Recent,
}

/// What a node has.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What is loaded. Where it was taken for known, the chains of compiled rules may have their signatures only.
    pub kernel: Kernel,
    /// Chains of ours that somebody else has changed since they were loaded.
    pub suspects: Suspects,
    /// The number of the rules, if the kernel counts.
    pub generation: Option<u32>,
    /// Whether it was taken for known rather than read.
    pub assumed: bool,
    /// The state that is loaded, if it is one that is stored.
    pub state: Option<u64>,
    /// When what has no number was looked at, in time since the machine was started.
    pub(super) checked: Duration,
    /// A digest of the text of each chain.
    pub(super) chains: BTreeMap<String, String>,
    /// What was known of chains before. Empty where that is `chains`.
    pub(super) before: BTreeMap<String, String>,
    /// Whether this is more than what was put down.
    pub(super) is_news: bool,
}

impl<H: Host + ?Sized> Applier<'_, H> {
    /// Looks at the node, and at so much of it where that is known.
    pub(super) fn survey(&self, trust: Trust, detail: Detail) -> Result<Survey, Error> {
        let record = self.store.record().unwrap_or_default();
        let clock = self.host.clock();
        let is_of_variant = |known: &Known| known.variant == self.host.variant().name();
        let known = if trust == Trust::Nothing {
            self.store.known().filter(is_of_variant)
        } else {
            // Both are large.
            let (known, stored) = thread::scope(|scope| {
                let known = scope.spawn(|| self.store.known());
                let stored = record.current.map_or(Ok(Rules::default()), |id| self.store.rules(id, detail));
                (known.join().unwrap_or_default(), stored)
            });
            match (known.filter(is_of_variant), stored) {
                (Some(known), Ok(stored)) if known.boot == clock.boot && known.state == record.current => {
                    match self.assume(known, stored, &clock, trust)? {
                        Ok(survey) => return Ok(survey),
                        Err(known) => Some(known),
                    }
                }
                (known, _) => known,
            }
        };
        let (kernel, generation) = self.read()?;
        let chains = digests(&kernel.rules);
        let suspects = suspects(&kernel.rules, &chains, known.as_ref());
        let mut survey = Survey {
            kernel,
            suspects,
            generation,
            assumed: false,
            state: None,
            checked: clock.uptime,
            chains,
            before: known.map(|known| known.chains).unwrap_or_default(),
            is_news: true,
        };
        survey.state = self.stored_state(&survey, &record);
        Ok(survey)
    }

    /// Reads everything, and again if somebody has changed it meanwhile.
    pub(super) fn read(&self) -> Result<(Kernel, Option<u32>), Error> {
        let mut before = self.host.generation();
        for _ in 1..ATTEMPTS {
            let kernel = machine::read(self.host)?;
            let after = self.host.generation();
            if before == after {
                return Ok((kernel, after));
            }
            before = after;
        }
        Ok((machine::read(self.host)?, None))
    }

    /// What is loaded if nobody has touched it, `rules`. Gives back what was known if somebody has.
    fn assume(
        &self,
        known: Known,
        mut rules: Rules,
        clock: &Clock,
        trust: Trust,
    ) -> Result<Result<Survey, Known>, Error> {
        let generation = self.host.generation();
        let age = clock.uptime.checked_sub(known.checked);
        let fresh = trust == Trust::Recent && age.is_some_and(|age| age < FRESH);
        let untouched = known.generation == generation && (generation.is_some() || fresh);
        if !untouched || self.store.journal().is_some() {
            return Ok(Err(known));
        }
        let mut checked = known.checked;
        if !fresh {
            let text = self.host.save(Tool::Ipset)?;
            let sets = Rules::of(&Texts::only(Tool::Ipset, &text)).sets;
            // In other words than ours, the same sets are still those of the state.
            let same = sets.len() == rules.sets.len()
                && sets
                    .iter()
                    .all(|(name, set)| rules.sets.get(name).is_some_and(|known| known.is_same(set)));
            if !same {
                return Ok(Err(known));
            }
            rules.sets = sets;
            checked = clock.uptime;
        }
        Ok(Ok(Survey {
            kernel: Kernel { rules, bridge: String::new() },
            suspects: Suspects::new(),
            generation,
            assumed: true,
            state: known.state,
            checked,
            is_news: checked != known.checked,
            chains: known.chains,
            before: BTreeMap::new(),
        }))
    }

    /// Looks into chains that have the wanted signature, and of which nobody knows how the tools print them: somebody may
    /// have changed them since pve-firewall, or whoever it was, loaded them.
    pub(super) fn doubt(survey: &mut Survey, target: &Target) {
        if survey.assumed || target.form != Form::Made {
            return;
        }
        let mut unknown = Vec::new();
        for id in TableId::ALL.into_iter().filter(|id| *id != TableId::Bridge) {
            let wanted = &target.rules.table(id).chains;
            for (name, chain) in &survey.kernel.rules.table(id).chains {
                let agrees = || wanted.get(name).is_some_and(|wanted| wanted.signature == chain.signature);
                if chain.signature.is_some() && !survey.before.contains_key(&key(id, name, chain)) && agrees()
                {
                    unknown.push((id, name.clone()));
                }
            }
        }
        if !unknown.is_empty() {
            survey.suspects.extend(verify::unlike(&survey.kernel.rules, &target.rules, &unknown));
        }
    }

    /// The state that was loaded last, if that is what is there.
    fn stored_state(&self, survey: &Survey, record: &Record) -> Option<u64> {
        let target = Target::stored(self.store, Some(record.current?)).ok()?;
        let same = survey.suspects.is_empty()
            && Plan::new(&survey.kernel, target.wanted(&survey.suspects), self.host.bridge_loading())
                .is_empty();
        same.then_some(record.current).flatten()
    }
}

/// A digest of the text of each chain of the IP tables.
pub(super) fn digests(rules: &Rules) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for id in TableId::ALL.into_iter().filter(|id| *id != TableId::Bridge) {
        for (name, chain) in &rules.table(id).chains {
            digests.insert(key(id, name, chain), verify::digest(chain));
        }
    }
    digests
}

/// The name of a chain's digest. The signature is part of it: what was printed of a chain holds for that content alone, and
/// then in every state.
pub(super) fn key(id: TableId, name: &str, chain: &Chain) -> String {
    let family = id.family().map_or("bridge ", prefix);
    format!("{family}{} {name} {}", id.name(), chain.signature.as_deref().unwrap_or_default())
}

/// How the names of the digests of a family begin.
pub(super) const fn prefix(family: Family) -> &'static str {
    match family {
        Family::V4 => "v4 ",
        Family::V6 => "v6 ",
    }
}

/// Chains that are printed otherwise than when they were looked at last.
pub(super) fn suspects(rules: &Rules, chains: &BTreeMap<String, String>, known: Option<&Known>) -> Suspects {
    let mut suspects = Suspects::new();
    let Some(known) = known else { return suspects };
    for id in TableId::ALL.into_iter().filter(|id| *id != TableId::Bridge) {
        for (name, chain) in &rules.table(id).chains {
            let key = key(id, name, chain);
            if let (Some(now), Some(then)) = (chains.get(&key), known.chains.get(&key))
                && now != then
            {
                suspects.insert((id, Box::from(name.to_string())));
            }
        }
    }
    suspects
}
