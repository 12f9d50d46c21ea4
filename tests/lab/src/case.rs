//! A datacenter with packets.

use std::fs;
use std::path::Path;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::{Facts, Names};
use pvefw_tests::root;
use pvefw_wire::lab::Prepared;

use crate::question::Question;

/// A datacenter with packets.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// For messages.
    pub name: String,
    /// The files below its configuration root.
    pub files: Vec<(String, Vec<u8>)>,
    /// The facts, as JSON.
    pub facts_text: String,
    /// The same, read.
    pub facts: Facts,
    /// The packets.
    pub questions: Vec<Question>,
}

impl Case {
    /// Reads `pve/`, `facts.json` and `packets.jsonl` in a folder.
    ///
    /// # Errors
    /// What can't be read.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let wrong =
            |file: &str, error: &dyn core::fmt::Display| format!("{}/{file}: {error}", folder.display());
        let files = Self::files(&folder.join("pve"))?;
        let facts_text =
            fs::read_to_string(folder.join("facts.json")).map_err(|error| wrong("facts.json", &error))?;
        let facts = serde_json::from_str(&facts_text).map_err(|error| wrong("facts.json", &error))?;
        let packets = fs::read_to_string(folder.join("packets.jsonl")).unwrap_or_default();
        let mut questions = Vec::new();
        for line in packets.lines().filter(|line| !line.trim().is_empty()) {
            questions.push(serde_json::from_str(line).map_err(|error| wrong("packets.jsonl", &error))?);
        }
        Ok(Self { name: folder.display().to_string(), files, facts_text, facts, questions })
    }

    /// The files below a configuration root, by their paths in it.
    ///
    /// # Errors
    /// What can't be read.
    pub fn files(root: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
        let mut files = Vec::new();
        for path in root::files(root)? {
            let inside: Vec<_> =
                path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_string_lossy()).collect();
            files.push((inside.join("/"), root::read(&path)?));
        }
        Ok(files)
    }

    /// Writes what [`Case::read`] reads.
    ///
    /// # Errors
    /// What can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let put = |path: &Path, bytes: &[u8]| -> Result<(), String> {
            let cannot = |error| format!("can't write `{}`: {error}", path.display());
            fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(cannot)?;
            fs::write(path, bytes).map_err(cannot)
        };
        for (path, bytes) in &self.files {
            put(&folder.join("pve").join(path), bytes)?;
        }
        put(&folder.join("facts.json"), self.facts_text.as_bytes())?;
        let mut packets = String::new();
        for question in &self.questions {
            packets.push_str(&serde_json::to_string(question).map_err(|error| error.to_string())?);
            packets.push('\n');
        }
        put(&folder.join("packets.jsonl"), packets.as_bytes())
    }

    /// Compiles the datacenter and works out the packets.
    ///
    /// # Errors
    /// What can't be wired.
    pub fn prepared(&self) -> Result<Prepared, String> {
        let datacenter = self.datacenter();
        let (ruleset, _) = datacenter.compile(&self.facts);
        let node = datacenter.topology(&self.facts);
        let questions: Vec<_> = self.questions.iter().map(Question::asked).collect();
        Prepared::new(ruleset, node, &Names::new(&self.facts), &questions)
    }

    /// The files, as core takes them.
    pub fn datacenter(&self) -> Datacenter {
        let mut datacenter = Datacenter::new();
        for (path, bytes) in &self.files {
            datacenter.add(path, bytes.clone());
        }
        datacenter
    }
}
