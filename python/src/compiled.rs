//! The rules of a node, as Python holds them.

use alloc::sync::Arc;

use pvefw_core::emit;
use pyo3::prelude::*;

use crate::answers;
use crate::state::NodeRules;

/// What a node would load.
#[pyclass(frozen, module = "pvefw._native")]
pub(crate) struct Compiled(pub(crate) Arc<NodeRules>);

#[pymethods]
impl Compiled {
    /// The node it is compiled for.
    #[getter]
    fn node(&self) -> Option<&str> {
        self.0.facts.node.as_deref()
    }

    /// What was found in the files that this needs: JSON, and text for people.
    fn findings(&self, py: Python<'_>, color: bool) -> (String, String) {
        let rules = &self.0;
        py.detach(|| {
            let files = rules.datacenter.files();
            answers::findings(&rules.found, rules.counts, files, rules.datacenter.file_count(), color)
        })
    }

    /// The input of ipset, ebtables-restore, iptables-restore and ip6tables-restore.
    fn restore(&self, py: Python<'_>) -> (String, String, String, String) {
        let texts = py.detach(|| emit::restore(&self.0.ruleset));
        (texts.ipset, texts.ebtables, texts.iptables, texts.ip6tables)
    }

    /// Every rule by table and chain, as JSON.
    fn lines(&self, py: Python<'_>) -> String {
        py.detach(|| answers::json(&emit::lines(&self.0.ruleset)))
    }
}
