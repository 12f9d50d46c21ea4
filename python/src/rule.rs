//! Rules that stand in no file, and the words of all rules.

use alloc::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pvefw_core::config::{Action, Direction};
use pvefw_core::edit::{Field, RuleFields, RuleLine};
use pvefw_core::syntax::OptionName;
use pyo3::prelude::*;

use crate::error::{Class, Failure, Outcome};

/// Names of the parts of a rule.
const FIELDS: [(&str, Field); 13] = [
    ("direction", Field::Direction),
    ("action", Field::Action),
    ("macro", Field::Macro),
    ("group", Field::Group),
    ("iface", Field::Option(OptionName::Interface)),
    ("source", Field::Option(OptionName::Source)),
    ("dest", Field::Option(OptionName::Destination)),
    ("proto", Field::Option(OptionName::Protocol)),
    ("dport", Field::Option(OptionName::DestinationPort)),
    ("sport", Field::Option(OptionName::SourcePort)),
    ("log", Field::Option(OptionName::Log)),
    ("icmp_type", Field::Option(OptionName::IcmpType)),
    ("comment", Field::Comment),
];

/// The part that a name means.
pub(crate) fn field(name: &str) -> Outcome<Field> {
    let found = FIELDS.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, field)| field).ok_or_else(|| Failure::new(Class::Edit, format!("a rule has no `{name}`")))
}

/// Whether a rule is on, and its parts by name.
pub(crate) type Words = (bool, BTreeMap<&'static str, String>);

/// What a rule says.
pub(crate) fn words(fields: &RuleFields) -> Words {
    let part = |field| match field {
        Field::Direction => fields.direction.map(|direction| Direction::name(direction).to_owned()),
        Field::Action => fields.action.map(|action| Action::name(action).to_owned()),
        Field::Macro => fields.macro_name.clone(),
        Field::Group => fields.group.clone(),
        Field::Option(name) => fields.option(name).map(str::to_owned),
        Field::Comment => fields.comment.clone(),
    };
    let parts = FIELDS.into_iter().filter_map(|(name, field)| Some((name, part(field)?))).collect();
    (fields.enabled, parts)
}

/// A rule that stands in no file.
#[pyclass(frozen, module = "pvefw._native", name = "RuleLine")]
pub(crate) struct Line(Mutex<RuleLine>);

#[pymethods]
impl Line {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        Ok(Self(Mutex::new(RuleLine::parse(text).map_err(Failure::from)?)))
    }

    /// The line.
    fn text(&self) -> String {
        String::from_utf8_lossy(self.lock().text()).into_owned()
    }

    /// Whether it is on, and its parts by name.
    fn words(&self) -> Option<Words> {
        self.lock().fields().as_ref().map(words)
    }

    /// Changes a part; `None` removes it.
    fn set(&self, name: &str, value: Option<&str>) -> PyResult<()> {
        Ok(self.lock().set(field(name)?, value).map_err(Failure::from)?)
    }

    /// Switches it on or off.
    fn switch(&self, on: bool) {
        let mut line = self.lock();
        if on { line.enable() } else { line.disable() }
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, RuleLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
