//! The edits of the class `Datacenter`. Paths are those below the root; a rule is named by the number of its line's id.

use core::time::Duration;

use pvefw_cli::root::save;
use pvefw_core::config::options;
use pvefw_core::datacenter::FileKind;
use pvefw_core::edit::{Digested, Editor, Entry, LineId, Named, Switch};
use pvefw_core::lang::symbols::SymbolKind;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::datacenter::Datacenter;
use crate::error::{Class, Failure, Outcome};
use crate::rule::{Words, field, words};

/// A member as Python has it: value, exception, comment.
type Member = (String, bool, Option<String>);

/// An alias as Python has it: name, value, comment, line.
type Alias = (String, String, Option<String>, u32);

#[pymethods]
impl Datacenter {
    /// The ids of the rules of a file, or of a group of it.
    fn rules(&self, py: Python<'_>, path: &str, group: Option<&str>) -> PyResult<Vec<u32>> {
        self.looking(py, |editor| {
            let rules = editor.rules(path, group)?;
            Ok(rules.into_iter().map(LineId::number).collect())
        })
    }

    /// A rule's line number, text, and words.
    fn rule(&self, py: Python<'_>, path: &str, id: u32) -> PyResult<(u32, String, Words)> {
        self.looking(py, |editor| {
            let rule = editor.rule(path, LineId::from_number(id))?;
            Ok((rule.line, String::from_utf8_lossy(&rule.text).into_owned(), words(&rule.fields)))
        })
    }

    /// Puts a rule before the one at an index; returns its id.
    fn insert_rule(
        &self,
        py: Python<'_>,
        path: &str,
        group: Option<&str>,
        index: usize,
        text: &str,
    ) -> PyResult<u32> {
        self.editing(py, |editor| Ok(editor.insert_rule(path, group, index, text)?.number()))
    }

    /// Changes a part of a rule; `None` removes it.
    fn set_rule(&self, py: Python<'_>, path: &str, id: u32, name: &str, value: Option<&str>) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.set_rule(path, LineId::from_number(id), field(name)?, value)?))
    }

    /// Switches a rule on or off.
    fn switch_rule(&self, py: Python<'_>, path: &str, id: u32, on: bool) -> PyResult<()> {
        let switch = if on { Switch::On } else { Switch::Off };
        self.editing(py, |editor| Ok(editor.switch_rule(path, LineId::from_number(id), switch)?))
    }

    /// Puts another rule in the place of one.
    fn replace_rule(&self, py: Python<'_>, path: &str, id: u32, text: &str) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.replace_rule(path, LineId::from_number(id), text)?))
    }

    /// Removes a rule.
    fn remove_rule(&self, py: Python<'_>, path: &str, id: u32) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.remove_rule(path, LineId::from_number(id))?))
    }

    /// Moves a rule in its list.
    fn move_rule(
        &self,
        py: Python<'_>,
        path: &str,
        group: Option<&str>,
        id: u32,
        index: usize,
    ) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.move_rule(path, group, LineId::from_number(id), index)?))
    }

    /// The names of the options that a file can have.
    #[staticmethod]
    fn option_names(path: &str) -> Vec<&'static str> {
        FileKind::of(path).and_then(|kind| kind.level()).map(options::names).unwrap_or_default().to_vec()
    }

    /// Names and values of the options of a file.
    fn options(&self, py: Python<'_>, path: &str) -> PyResult<Vec<(String, String)>> {
        self.looking(py, |editor| Ok(editor.options(path)?))
    }

    /// Sets an option; `None` removes it.
    fn set_option(&self, py: Python<'_>, path: &str, name: &str, value: Option<&str>) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.set_option(path, name, value)?))
    }

    /// The aliases of a file.
    fn aliases(&self, py: Python<'_>, path: &str) -> PyResult<Vec<Alias>> {
        self.looking(py, |editor| {
            let aliases = editor.aliases(path)?.into_iter();
            Ok(aliases.map(|alias| (alias.name, alias.value, alias.comment, alias.line)).collect())
        })
    }

    /// Defines an alias.
    fn set_alias(&self, py: Python<'_>, path: &str, name: &str, value: &str) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.set_alias(path, name, value)?))
    }

    /// Gives an alias a comment; `None` removes it.
    fn set_alias_comment(
        &self,
        py: Python<'_>,
        path: &str,
        name: &str,
        comment: Option<&str>,
    ) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.set_alias_comment(path, name, comment)?))
    }

    /// Removes an alias.
    fn remove_alias(&self, py: Python<'_>, path: &str, name: &str) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.remove_alias(path, name)?))
    }

    /// The sets or groups of a file, with their comments.
    fn names(&self, py: Python<'_>, path: &str, kind: &str) -> PyResult<Vec<(String, Option<String>)>> {
        self.looking(py, |editor| Ok(editor.names(path, named(kind))?))
    }

    /// Makes an empty set or group.
    fn add_named(
        &self,
        py: Python<'_>,
        path: &str,
        kind: &str,
        name: &str,
        comment: Option<&str>,
    ) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.add_named(path, named(kind), name, comment)?))
    }

    /// Gives a set or group a comment; `None` removes it.
    fn comment_named(
        &self,
        py: Python<'_>,
        path: &str,
        kind: &str,
        name: &str,
        comment: Option<&str>,
    ) -> PyResult<()> {
        self.editing(py, |editor| Ok(editor.comment_named(path, named(kind), name, comment)?))
    }

    /// Removes a set or group; with `force` also one that has lines.
    fn remove_named(&self, py: Python<'_>, path: &str, kind: &str, name: &str, force: bool) -> PyResult<()> {
        self.editing(py, |editor| {
            if force {
                editor.remove_named_with_lines(path, named(kind), name)?;
            } else {
                editor.remove_named(path, named(kind), name)?;
            }
            Ok(())
        })
    }

    /// The members of a set.
    fn members(&self, py: Python<'_>, path: &str, name: &str) -> PyResult<Vec<Member>> {
        self.looking(py, |editor| {
            let members = editor.members(path, name)?.into_iter();
            Ok(members.map(|entry| (entry.value, entry.nomatch, entry.comment)).collect())
        })
    }

    /// Adds a member.
    fn add_member(&self, py: Python<'_>, path: &str, name: &str, member: Member) -> PyResult<()> {
        let (value, nomatch, comment) = member;
        let entry = Entry { value, nomatch, comment };
        self.editing(py, |editor| Ok(editor.add_member(path, name, &entry)?))
    }

    /// Removes a member; whether it was there.
    fn remove_member(&self, py: Python<'_>, path: &str, name: &str, value: &str) -> PyResult<bool> {
        self.editing(py, |editor| Ok(editor.remove_member(path, name, value)?))
    }

    /// Makes these the members of a set; how many were added and removed.
    fn replace_members(
        &self,
        py: Python<'_>,
        path: &str,
        name: &str,
        members: Vec<(PyBackedStr, bool, Option<String>)>,
    ) -> PyResult<(usize, usize)> {
        self.editing(py, move |editor| {
            let entries: Vec<Entry> = members
                .into_iter()
                .map(|(value, nomatch, comment)| Entry { value: value.to_string(), nomatch, comment })
                .collect();
            Ok(editor.replace_members(path, name, &entries)?)
        })
    }

    /// Renames an alias, set or group and all that refers to it; how many places were changed.
    fn rename(&self, py: Python<'_>, path: &str, kind: &str, old: &str, new: &str) -> PyResult<usize> {
        let kind = match kind {
            "alias" => SymbolKind::Alias,
            "set" => SymbolKind::Set,
            _ => SymbolKind::Group,
        };
        self.editing(py, |editor| Ok(editor.rename(path, kind, old, new)?))
    }

    /// The digest of a part of a file; `name` is that of the group or set whose lines it is.
    fn digest(&self, py: Python<'_>, path: &str, part: &str, name: Option<&str>) -> PyResult<String> {
        self.looking(py, |editor| Ok(editor.digest(path, digested(part, name))?))
    }

    /// Makes sure that a part of a file still has a digest.
    fn check_digest(
        &self,
        py: Python<'_>,
        path: &str,
        part: &str,
        name: Option<&str>,
        seen: &str,
    ) -> PyResult<()> {
        self.looking(py, |editor| Ok(editor.check_digest(path, digested(part, name), seen)?))
    }

    /// The text of a file as it is now.
    fn text(&self, py: Python<'_>, path: &str) -> Option<Vec<u8>> {
        py.detach(|| self.lock().editor.text(path))
    }

    /// The paths of all files there are.
    fn paths(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| {
            let mut state = self.lock();
            let datacenter = state.editor.datacenter();
            datacenter.kinds().map(|(_, id)| datacenter.files().name(id).to_owned()).collect()
        })
    }

    /// The files that are not as they were: path, what is on disk, what is to be there.
    fn changed(&self, py: Python<'_>) -> Vec<(String, Option<Vec<u8>>, Vec<u8>)> {
        let changed = py.detach(|| self.lock().editor.changed());
        changed.into_iter().map(|file| (file.path, file.old, file.new)).collect()
    }

    /// Writes the files that are not as they were, all or none; their paths. Waits up to `patience` for others who are
    /// changing the configuration.
    fn save(&self, py: Python<'_>, patience: Duration) -> PyResult<Vec<String>> {
        Ok(py.detach(|| -> Outcome<_> {
            let (root, changed) = {
                let state = self.lock();
                (state.root.clone(), state.editor.changed())
            };
            let root = root.ok_or_else(|| {
                Failure::new(Class::Save, "the datacenter has no folder to be saved to")
                    .help("files from memory are in `dc.files()`")
            })?;
            save::save(&root, &changed, patience).map_err(Failure::of_save)?;
            self.lock().editor.saved(&changed);
            Ok(changed.into_iter().map(|file| file.path).collect())
        })?)
    }
}

impl Datacenter {
    /// Looks something up.
    fn looking<T: Send>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&mut Editor) -> Outcome<T> + Send,
    ) -> PyResult<T> {
        Ok(py.detach(|| look(&mut self.lock().editor))?)
    }

    /// Changes something, after which nothing that was compiled holds.
    fn editing<T: Send>(
        &self,
        py: Python<'_>,
        edit: impl FnOnce(&mut Editor) -> Outcome<T> + Send,
    ) -> PyResult<T> {
        Ok(py.detach(|| {
            let mut state = self.lock();
            let done = edit(&mut state.editor)?;
            state.compiled.clear();
            Ok::<_, Failure>(done)
        })?)
    }
}

fn named(kind: &str) -> Named {
    if kind == "group" { Named::Group } else { Named::Set }
}

fn digested<'n>(part: &str, name: Option<&'n str>) -> Digested<'n> {
    match (part, name) {
        ("rules", group) => Digested::Rules(group),
        ("set", Some(name)) => Digested::Members(name),
        ("aliases", _) => Digested::Aliases,
        ("sets", _) => Digested::Names(Named::Set),
        ("groups", _) => Digested::Names(Named::Group),
        _ => Digested::Options,
    }
}
