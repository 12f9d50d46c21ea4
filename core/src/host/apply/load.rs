//! Feeding the tools, and looking what has become of it.
//!
//! What a table has become is read and understood while the next one is loaded, and what it should mean is worked out
//! before either. Only what was loaded is read; that nobody has touched the rest meanwhile, the number of the rules tells.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use std::thread::{self, ScopedJoinHandle};

use super::survey::{Survey, digests, key, prefix};
use super::transaction::{Halt, Stage};
use super::{Applier, Target};
use crate::Family;
use crate::diff::TableId;
use crate::host::error::Error;
use crate::host::load::Texts;
use crate::host::machine::{Clock, Host};
use crate::host::plan::{Kernel, Kind, Load, Plan, sample};
use crate::host::rules::{Chain, Rules};
use crate::host::store::{Form, Known};
use crate::host::tool::{Tool, Variant};
use crate::host::verify::{self, Meaning};

/// As many chains as this are read back one by one; for more, all is read at once.
const FEW: usize = 8;

/// How long a set may be in use after the rules that named it are gone: the kernel lets go of them in its own time.
const RELEASE: Duration = Duration::from_secs(5);

/// Chains that were sent.
type Sent = [(TableId, Box<str>)];

/// What a tool has, once it was loaded.
struct Read {
    tool: Tool,
    rules: Rules,
    meaning: Option<Meaning>,
}

impl<H: Host + ?Sized> Applier<'_, H> {
    /// Feeds the tools, and looks what has become of it.
    pub(super) fn load_and_verify(
        &self,
        plan: &Plan,
        target: &Target,
        survey: &Survey,
    ) -> Result<Known, Halt> {
        let verify = |error| Halt(Stage::Verify, error);
        let sent: Vec<(TableId, Box<str>)> = plan.sent().collect();
        if self.are_few(plan, target, &sent) {
            self.load_all(plan, |_| ())?;
            return match self.verify_few(plan, target, survey, &sent).map_err(verify)? {
                Some(known) => Ok(known),
                None => self.verify_all(target, survey, &sent).map_err(verify),
            };
        }
        let made = target.form == Form::Made;
        let (read, wanted) = thread::scope(|scope| {
            let sent = &sent;
            let wanted = Family::BOTH.map(|family| {
                scope.spawn(move || made.then(|| Meaning::of(family, &target.rules, &target.rules, sent)))
            });
            let mut readers: Vec<ScopedJoinHandle<'_, Result<Read, Error>>> = Vec::new();
            self.load_all(plan, |tool| {
                readers.push(scope.spawn(move || self.read_tool(tool, target, sent)));
            })?;
            if !plan.sets.is_empty() {
                readers.push(scope.spawn(move || self.read_tool(Tool::Ipset, target, sent)));
            }
            let read: Result<Vec<Read>, Error> =
                readers.into_iter().map(|reader| reader.join().unwrap_or(Err(Error::Thread))).collect();
            let mut meanings = Vec::new();
            for thread in wanted {
                meanings.push(thread.join().map_err(|_| Halt(Stage::Verify, Error::Thread))?);
            }
            Ok((read.map_err(verify)?, meanings))
        })?;
        if !self.is_alone(plan, survey) {
            // Somebody else was at work meanwhile, or the tools have made more of it than one stroke each.
            return self.verify_all(target, survey, &sent).map_err(verify);
        }
        let number = Self::number_after(plan, survey);
        self.verify_read(target, survey, &sent, read, &wanted, number).map_err(verify)
    }

    /// Feeds the tools in their order; tells of each that has all its rules.
    fn load_all(&self, plan: &Plan, mut loaded: impl FnMut(Tool)) -> Result<(), Halt> {
        let strokes = plan.loads.iter().filter(|load| load.kind == Kind::Rules).count();
        let mut tested = strokes < 2;
        for load in &plan.loads {
            if load.kind == Kind::Rules && !tested {
                self.test(plan).map_err(|error| Halt(Stage::Test, error))?;
                tested = true;
            }
            self.load(load).map_err(|error| Halt(Stage::Load(load.tool), error))?;
            if load.kind == Kind::Rules {
                loaded(load.tool);
            }
        }
        Ok(())
    }

    /// One stroke succeeds or changes nothing. Before several, what is new in each is tried.
    fn test(&self, plan: &Plan) -> Result<(), Error> {
        let of = |tool| plan.loads.iter().find(|load| load.tool == tool && load.kind == Kind::Rules);
        for family in Family::BOTH {
            let text = of(Tool::of(family)).map(|load| sample(&load.text)).unwrap_or_default();
            if !text.is_empty() {
                self.host.test(family, &text)?;
            }
        }
        Ok(())
    }

    pub(super) fn load(&self, load: &Load) -> Result<(), Error> {
        let outcome = self.host.load(load);
        if load.kind != Kind::RemoveSets || !matches!(outcome, Err(Error::Refused(_))) {
            return outcome;
        }
        // A set may be in use a moment longer than the rules that named it are there.
        let begun = self.host.clock().uptime;
        let mut pause = Duration::from_millis(2);
        loop {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(250));
            let there = self.host.save(Tool::Ipset)?;
            let there = Rules::of(&Texts::only(Tool::Ipset, &there)).sets;
            let left = |line: &&str| line.split(' ').nth(1).is_some_and(|name| there.contains_key(name));
            let text: String = load.text.lines().filter(left).flat_map(|line| [line, "\n"]).collect();
            let outcome = self.host.load(&Load { text, ..load.clone() });
            let late = self.host.clock().uptime.saturating_sub(begun) > RELEASE;
            if late || !matches!(outcome, Err(Error::Refused(_))) {
                return outcome;
            }
        }
    }

    /// Reads and understands what a tool has.
    fn read_tool(&self, tool: Tool, target: &Target, sent: &Sent) -> Result<Read, Error> {
        let text = self.host.save(tool)?;
        let rules = Rules::of(&Texts::only(tool, &text));
        let meaning = tool
            .family()
            .filter(|_| target.form == Form::Made)
            .map(|family| Meaning::of(family, &rules, &target.rules, sent));
        Ok(Read { tool, rules, meaning })
    }

    /// The number that the rules have behind this plan, unless somebody else changes them. It is what is known of them: a
    /// number that is asked for later may be that of somebody else's change.
    fn number_after(plan: &Plan, survey: &Survey) -> Option<u32> {
        let strokes = plan.loads.iter().filter(|load| load.kind == Kind::Rules).count();
        let strokes = u32::try_from(strokes).unwrap_or(u32::MAX);
        survey.generation.map(|before| before.wrapping_add(strokes))
    }

    /// Whether nobody else has loaded anything since the survey, as far as the kernel counts.
    fn is_alone(&self, plan: &Plan, survey: &Survey) -> bool {
        self.host.generation() == Self::number_after(plan, survey)
    }

    /// Compares what was read of the tools that were fed, and takes the rest as it was.
    fn verify_read(
        &self,
        target: &Target,
        survey: &Survey,
        sent: &Sent,
        read: Vec<Read>,
        wanted: &[Option<Meaning>],
        number: Option<u32>,
    ) -> Result<Known, Error> {
        let mut kernel = Kernel { rules: survey.kernel.rules.clone(), bridge: String::new() };
        let mut chains = survey.chains.clone();
        let mut differences = Vec::new();
        for (meaning, want) in read.iter().filter_map(|read| read.meaning.as_ref()).flat_map(|have| {
            wanted.iter().flatten().filter(|want| want.family == have.family).map(move |want| (have, want))
        }) {
            differences.extend(meaning.differences(want, sent));
        }
        for Read { tool, rules, .. } in read {
            if let Some(family) = tool.family() {
                chains.retain(|key, _| !key.starts_with(prefix(family)));
                chains.extend(digests(&rules));
            }
            kernel.rules.take(tool, rules);
        }
        let mut found = verify::structure(&kernel, &target.rules, target.form);
        found.extend(differences);
        if !found.is_empty() {
            return Err(Error::Unverified(verify::shorten(found)));
        }
        Ok(self.known(survey, chains, number, survey.checked))
    }

    /// Reads everything and compares it.
    ///
    /// Somebody else may have changed a chain that was not sent, behind the survey. It is still known as it was then, and
    /// nothing counts as untouched: so the next run finds it.
    fn verify_all(&self, target: &Target, survey: &Survey, sent: &Sent) -> Result<Known, Error> {
        let checked = self.host.clock().uptime;
        let (kernel, generation) = self.read()?;
        let differences = verify::differences(&kernel, &target.rules, target.form, sent);
        if !differences.is_empty() {
            return Err(Error::Unverified(differences));
        }
        let mut chains = digests(&kernel.rules);
        let empty = Chain::default();
        let sent: BTreeSet<String> = sent
            .iter()
            .map(|(id, name)| key(*id, name, kernel.rules.table(*id).chains.get(name).unwrap_or(&empty)))
            .collect();
        let mut touched = false;
        for (key, before) in survey.chains.iter().filter(|(key, _)| !sent.contains(*key)) {
            if let Some(now) = chains.get_mut(key).filter(|now| *now != before) {
                now.clone_from(before);
                touched = true;
            }
        }
        let (generation, checked) = if touched { (None, Duration::ZERO) } else { (generation, checked) };
        Ok(self.known(survey, chains, generation, checked))
    }

    /// Whether a few chains are all that changes.
    fn are_few(&self, plan: &Plan, target: &Target, sent: &Sent) -> bool {
        let simple = plan.sets.is_empty()
            && plan.tables.iter().all(|(id, changes)| {
                *id != TableId::Bridge && changes.hooked.is_empty() && changes.unhooked.is_empty()
            });
        // Each look of the legacy tools costs as much as a tenth of everything.
        let few = if self.host.variant() == Variant::Nft { FEW } else { 2 };
        simple && sent.len() <= few && target.form == Form::Made
    }

    /// Reads back a few chains, if nothing else was touched, by us or anybody else.
    fn verify_few(
        &self,
        plan: &Plan,
        target: &Target,
        survey: &Survey,
        sent: &Sent,
    ) -> Result<Option<Known>, Error> {
        if !self.is_alone(plan, survey) {
            return Ok(None);
        }
        let mut have = Rules::default();
        let mut chains = survey.chains.clone();
        let mut differences = Vec::new();
        for (id, name) in sent {
            let Some(family) = id.family() else { continue };
            let text = alloc::format!("*{}\n{}", id.name(), self.host.chain(family, id.name(), name)?);
            let mut read = Rules::of(&Texts::only(Tool::of(family), &text));
            let chain = read.table_mut(*id).chains.remove(name).unwrap_or_default();
            let wanted = target.rules.table(*id).chains.get(name);
            if wanted.is_none_or(|wanted| wanted.signature != chain.signature) {
                differences.push(alloc::format!("{}: chain `{name}` is another one", verify::name(*id)));
            }
            chains.insert(key(*id, name, &chain), verify::digest(&chain));
            have.table_mut(*id).chains.insert(name.clone(), chain);
        }
        differences.extend(verify::contents(&have, &target.rules, sent));
        if !differences.is_empty() {
            return Err(Error::Unverified(differences));
        }
        Ok(Some(self.known(survey, chains, Self::number_after(plan, survey), survey.checked)))
    }

    /// What is known once something was looked at; `checked` is when that was of what has no number.
    pub(super) fn known(
        &self,
        survey: &Survey,
        mut chains: BTreeMap<String, String>,
        generation: Option<u32>,
        checked: Duration,
    ) -> Known {
        let Clock { boot, .. } = self.host.clock();
        let variant = self.host.variant().name().to_owned();
        // What other states print is worth knowing when one of them comes back; but not for ever.
        let most = chains.len().saturating_mul(4).saturating_add(1000);
        for (key, digest) in survey.before.iter().take(most) {
            if !chains.contains_key(key) {
                chains.insert(key.clone(), digest.clone());
            }
        }
        Known { state: None, boot, variant, generation, checked, chains }
    }
}
