//! Rules: those of `[RULES]`, and those of security groups.

use alloc::format;
use alloc::vec::Vec;

use super::document::{Document, Line, LineId};
use super::editor::Editor;
use super::error::EditError;
use super::rule_line::{Field, RuleFields, RuleLine};
use super::sections::Section;
use crate::syntax::{LineKind, SectionKind};

/// A rule in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAt {
    /// What names it.
    pub id: LineId,
    /// The line, from 1, at which it stands now.
    pub line: u32,
    /// Its text.
    pub text: Vec<u8>,
    /// What it says.
    pub fields: RuleFields,
}

const fn kind_of(group: Option<&str>) -> SectionKind {
    if group.is_some() { SectionKind::Group } else { SectionKind::Rules }
}

impl Document {
    fn rule_sections(&self, group: Option<&str>) -> Vec<Section> {
        let name = group.map(str::to_ascii_lowercase).unwrap_or_default();
        self.sections_of(kind_of(group), &name)
    }

    /// Positions of the rules in some sections.
    fn rules<'s>(&'s self, sections: &'s [Section]) -> impl Iterator<Item = (usize, Line)> + use<'s> {
        self.entries(sections).filter(|(_, line)| line.is_rule)
    }

    fn rule_position(&self, id: LineId) -> Result<usize, EditError> {
        let position = self
            .position(id)
            .filter(|position| self.lines.get(*position).is_some_and(|line| line.kind == LineKind::Rule));
        position.ok_or_else(|| EditError::missing("the rule is no longer there"))
    }
}

impl Editor {
    /// The rules of a file, or of one of its security groups, in order.
    ///
    /// # Errors
    /// The file is no firewall file, or has no such group.
    pub fn rules(&mut self, path: &str, group: Option<&str>) -> Result<Vec<LineId>, EditError> {
        let document = self.open_for(path, kind_of(group))?;
        let sections = document.rule_sections(group);
        match group {
            Some(group) if sections.is_empty() => Err(no_group(group)),
            _ => Ok(document.rules(&sections).map(|(_, line)| line.id).collect()),
        }
    }

    /// One rule as it is now.
    ///
    /// # Errors
    /// It is no longer there.
    pub fn rule(&mut self, path: &str, id: LineId) -> Result<RuleAt, EditError> {
        let document = self.open(path)?;
        let position = document.rule_position(id)?;
        let line = document.lines.get(position).copied();
        let text = line.map(|line| document.content(line).to_vec()).unwrap_or_default();
        let fields = RuleLine::of(&text).and_then(|line| line.fields());
        let fields = fields.ok_or_else(|| EditError::missing("the rule is no longer there"))?;
        Ok(RuleAt { id, line: u32::try_from(position + 1).unwrap_or(u32::MAX), text, fields })
    }

    /// Puts a rule before the one that has `index` rules before it; behind the last one for larger numbers.
    ///
    /// # Errors
    /// The rule has an error, or there is no such group.
    pub fn insert_rule(
        &mut self,
        path: &str,
        group: Option<&str>,
        index: usize,
        rule: &str,
    ) -> Result<LineId, EditError> {
        let line = RuleLine::parse(rule)?;
        self.edit(path, kind_of(group), |document| {
            let sections = document.rule_sections(group);
            let at = document.rules(&sections).nth(index).map(|(position, _)| position);
            let at = match (at, sections.last(), group) {
                (Some(at), ..) => at,
                (None, Some(section), _) => document.end_of(section),
                (None, None, Some(group)) => return Err(no_group(group)),
                (None, None, None) => document.create(SectionKind::Rules, "", None),
            };
            let ids = document.insert(at, [(LineKind::Rule, line.text())]);
            let id = ids.first().copied().ok_or_else(|| EditError::missing("the rule is no longer there"))?;
            Ok((id, ids))
        })
    }

    /// Changes a part of a rule; `None` removes it.
    ///
    /// # Errors
    /// The rule is no longer there, or would have an error.
    pub fn set_rule(
        &mut self,
        path: &str,
        id: LineId,
        field: Field,
        value: Option<&str>,
    ) -> Result<(), EditError> {
        self.change_rule(path, id, |line| line.set(field, value))
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// The rule is no longer there.
    pub fn switch_rule(&mut self, path: &str, id: LineId, on: Switch) -> Result<(), EditError> {
        self.change_rule(path, id, |line| {
            match on {
                Switch::On => line.enable(),
                Switch::Off => line.disable(),
            }
            Ok(())
        })
    }

    /// Puts another rule in the place of one. It keeps the identity.
    ///
    /// # Errors
    /// The rule is no longer there, or the new one has an error.
    pub fn replace_rule(&mut self, path: &str, id: LineId, rule: &str) -> Result<(), EditError> {
        let new = RuleLine::parse(rule)?;
        self.change_rule(path, id, |line| {
            *line = new;
            Ok(())
        })
    }

    fn change_rule(
        &mut self,
        path: &str,
        id: LineId,
        change: impl FnOnce(&mut RuleLine) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        self.edit(path, SectionKind::Rules, |document| {
            let position = document.rule_position(id)?;
            let content =
                document.lines.get(position).map(|line| document.content(*line)).unwrap_or_default();
            let content = content.to_vec();
            let mut line =
                RuleLine::of(&content).ok_or_else(|| EditError::missing("the rule is no longer there"))?;
            change(&mut line)?;
            if line.text() == content {
                return Ok(((), Vec::new()));
            }
            document.replace(position, line.text());
            Ok(((), Vec::from([id])))
        })
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// It is no longer there.
    pub fn remove_rule(&mut self, path: &str, id: LineId) -> Result<(), EditError> {
        self.edit(path, SectionKind::Rules, |document| {
            let position = document.rule_position(id)?;
            document.remove(position);
            Ok(((), Vec::new()))
        })
    }

    /// Moves a rule so that `index` others of its list stand before it; behind the last for larger numbers.
    ///
    /// # Errors
    /// It is no longer there, or would stand above what it refers to.
    pub fn move_rule(
        &mut self,
        path: &str,
        group: Option<&str>,
        id: LineId,
        index: usize,
    ) -> Result<(), EditError> {
        self.edit(path, kind_of(group), |document| {
            let position = document.rule_position(id)?;
            let sections = document.rule_sections(group);
            let places: Vec<usize> = document.rules(&sections).map(|(position, _)| position).collect();
            let now = places.iter().position(|place| *place == position);
            let now = now.ok_or_else(|| EditError::missing("the rule is not in this list"))?;
            if now == index.min(places.len() - 1) {
                return Ok(((), Vec::new()));
            }
            let others: Vec<usize> = places.iter().copied().filter(|place| *place != position).collect();
            // Places are those before the rule is taken out.
            let target = match others.get(index) {
                Some(next) => *next,
                None => others.last().map_or(position, |last| last + 1),
            };
            if let Some(line) = document.remove(position) {
                document.put(if target > position { target - 1 } else { target }, line);
            }
            Ok(((), Vec::from([id])))
        })
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

fn no_group(name: &str) -> EditError {
    EditError::missing(format!("there is no security group `{name}`"))
}
