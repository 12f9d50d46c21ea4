//! The files being edited.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::document::{Document, LineId};
use super::error::EditError;
use super::trial;
use crate::datacenter::{Datacenter, FileKind};
use crate::facts::Facts;
use crate::syntax::SectionKind;

pub(super) const CLUSTER: &str = "firewall/cluster.fw";

/// A datacenter that can be edited.
#[derive(Clone, Debug)]
pub struct Editor {
    datacenter: Arc<Datacenter>,
    pub(super) facts: Facts,
    pub(super) documents: BTreeMap<String, Document>,
    /// Documents whose text the datacenter does not have yet.
    pub(super) stale: BTreeSet<String>,
    /// What names depend on in the cluster file.
    pub(super) cluster: Option<Vec<u8>>,
}

/// A file that is not as it was loaded or saved last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its path below the root.
    pub path: String,
    /// What is on disk; `None`: there is no such file.
    pub old: Option<Vec<u8>>,
    /// What is to be there.
    pub new: Vec<u8>,
}

impl Editor {
    /// For these files. The facts tell which names of services and protocols there are, and which SDN sets.
    pub fn new(datacenter: Datacenter, facts: Facts) -> Self {
        let datacenter = Arc::new(datacenter);
        Self { datacenter, facts, documents: BTreeMap::new(), stale: BTreeSet::new(), cluster: None }
    }

    /// The files as they are now. Whoever keeps them has them as they are, whatever is changed afterwards.
    pub fn datacenter(&mut self) -> &Arc<Datacenter> {
        for path in core::mem::take(&mut self.stale) {
            if let Some(document) = self.documents.get(&path) {
                Arc::make_mut(&mut self.datacenter).add(&path, document.text());
            }
        }
        &self.datacenter
    }

    /// Whether the datacenter is behind the edits.
    pub fn is_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// The text of a file as it is now; `None`: there is none.
    pub fn text(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(document) = self.documents.get(path) {
            return Some(document.text());
        }
        let id = self.datacenter.id(path)?;
        Some(self.datacenter.files().text(id).to_vec())
    }

    /// The files that are not as they were.
    pub fn changed(&self) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (path, document) in &self.documents {
            let new = document.text();
            if document.saved.as_deref().unwrap_or_default() != new {
                changed.push(Changed { path: path.clone(), old: document.saved.clone(), new });
            }
        }
        changed
    }

    /// Takes files for saved as they were when [`Editor::changed`] said so, whatever was done to them since.
    pub fn saved(&mut self, written: &[Changed]) {
        for change in written {
            if let Some(document) = self.documents.get_mut(&change.path) {
                document.saved = Some(change.new.clone());
            }
        }
    }

    /// The line, from 1, at which a line stands now.
    pub fn line_number(&self, path: &str, id: LineId) -> Option<u32> {
        let position = self.documents.get(path)?.position(id)?;
        u32::try_from(position + 1).ok()
    }

    /// The document of a path, opened if it is not yet.
    pub(super) fn open(&mut self, path: &str) -> Result<&mut Document, EditError> {
        if !self.documents.contains_key(path) {
            let level = FileKind::of(path).and_then(|kind| kind.level()).ok_or_else(|| {
                EditError::refused(format!("`{path}` is no firewall file")).help(
                    "files are `firewall/cluster.fw`, `firewall/<vmid>.fw`, `nodes/<node>/host.fw` and \
                     `sdn/firewall/<vnet>.fw`",
                )
            })?;
            let text = self.datacenter.id(path).map(|id| self.datacenter.files().text(id));
            self.documents.insert(path.to_string(), Document::new(level, text));
        }
        self.documents.get_mut(path).ok_or_else(|| EditError::missing(format!("there is no file `{path}`")))
    }

    /// Opens a document for a kind of section, which its file must be able to have.
    pub(super) fn open_for(&mut self, path: &str, section: SectionKind) -> Result<&mut Document, EditError> {
        let document = self.open(path)?;
        if document.level.allows(section) {
            return Ok(document);
        }
        let message = format!("{} can't have a section `[{}]`", document.level.file(), section.word());
        Err(EditError::refused(message))
    }

    /// Changes a document and has a look at the lines that the change is about. If one has an error, nothing has changed.
    pub(super) fn edit<T>(
        &mut self,
        path: &str,
        section: SectionKind,
        change: impl FnOnce(&mut Document) -> Result<(T, Vec<LineId>), EditError>,
    ) -> Result<T, EditError> {
        if path != CLUSTER && self.cluster.is_none() {
            self.cluster = Some(trial::skeleton(self.open(CLUSTER)?));
        }
        let cluster = self.cluster.take().filter(|_| path != CLUSTER);
        let facts = core::mem::take(&mut self.facts);
        let done = self.open_for(path, section).and_then(|document| {
            let before = document.before();
            let done = change(document).and_then(|(value, mut ids)| {
                if !ids.is_empty() {
                    trial::check(document, path, &mut ids, cluster.as_deref(), &facts)?;
                }
                Ok(value)
            });
            if done.is_err() {
                document.restore(before);
            }
            done
        });
        self.facts = facts;
        self.cluster = cluster;
        if done.is_ok() {
            self.stale.insert(path.to_string());
        }
        done
    }
}
