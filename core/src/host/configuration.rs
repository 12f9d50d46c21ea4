//! The configuration that a state was compiled from, kept with it: so that later differences name lines, not dumps.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::apply::digest;
use super::store::Store;
use crate::datacenter::Datacenter;
use crate::emit;
use crate::facts::Facts;
use crate::ir::Ruleset;
use crate::text::Files;

/// Files and facts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    facts: Facts,
    files: Vec<(String, String)>,
}

/// Packs a configuration for [`super::apply::Target::configuration`].
pub fn pack(datacenter: &Datacenter, facts: &Facts) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let files = datacenter.files().iter().map(|(_, file)| (file.name().into(), text(file.text())));
    let kept = Kept { facts: facts.clone(), files: files.collect() };
    serde_json::to_string(&kept).unwrap_or_default()
}

/// What a stored state was compiled from and to. `None`: it was not compiled, or today's compiler makes other rules of it.
pub fn compiled(store: &Store, id: u64) -> Option<(Files, Ruleset)> {
    let Kept { facts, files } = serde_json::from_str(&store.configuration(id)?).ok()?;
    let mut datacenter = Datacenter::new();
    for (path, text) in files {
        datacenter.add(&path, text);
    }
    let (ruleset, _) = datacenter.compile(&facts);
    let same = digest(&emit::restore(&ruleset)) == store.state(id)?.digest;
    same.then(|| (datacenter.into_files(), ruleset))
}
