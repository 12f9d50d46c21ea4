//! Conformance cases: configuration roots with the rulesets wanted for them.

use alloc::collections::BTreeMap;
use core::error::Error;
use std::path::{Path, PathBuf};

use pvefw_core::datacenter::Datacenter;
use pvefw_core::emit::{Lines, TableLines};
use pvefw_core::facts::{Facts, Names};
use pvefw_core::ir::Ruleset;
use pvefw_core::sim::{Packet, Question, Topology};
use serde_json::{Map, Value};

use crate::root;

/// Names a folder with further cases (in its folder `upstream`).
pub const VARIABLE: &str = "PVEFW_CONFORMANCE_DIR";

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// For messages: `quirks/crlf`.
    pub name: String,
    folder: PathBuf,
}

/// Files by path.
pub type Texts = Vec<(String, Vec<u8>)>;

/// Lines by chain or set, `v4/filter/PVEFW-INPUT`, `ipset/PVEFW-0-x-v4`. Members of sets are in string order.
pub type Flat = BTreeMap<String, Vec<String>>;

/// The cases of the repository, and those of [`VARIABLE`] if it is set.
///
/// # Errors
/// What can't be read.
pub fn cases() -> Result<Vec<Case>, String> {
    let mut found = in_folder(&root::package().join("conformance/own"))?;
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        found.extend(in_folder(&Path::new(&folder).join("upstream"))?);
    }
    Ok(found)
}

fn in_folder(folder: &Path) -> Result<Vec<Case>, String> {
    let above = folder.parent().unwrap_or(folder);
    let cases = root::files(folder)?.into_iter().filter_map(|path| {
        let case = path.parent().filter(|_| path.ends_with("facts.json"))?;
        let name = case.strip_prefix(above).unwrap_or(case).to_string_lossy().into_owned();
        Some(Case { name, folder: case.to_owned() })
    });
    Ok(cases.collect())
}

impl Case {
    /// The files and what the node knows.
    ///
    /// # Errors
    /// What can't be read.
    pub fn input(&self) -> Result<(Datacenter, Facts), String> {
        let facts = root::read(&self.folder.join("facts.json"))?;
        let facts = serde_json::from_slice(&facts).map_err(|error| format!("{}: {error}", self.name))?;
        Ok((root::datacenter(&self.folder.join("pve"))?, facts))
    }

    /// The files by path, and the facts as JSON.
    ///
    /// # Errors
    /// What can't be read.
    pub fn files(&self) -> Result<(Texts, String), String> {
        let facts = String::from_utf8_lossy(&root::read(&self.folder.join("facts.json"))?).into_owned();
        let top = self.folder.join("pve");
        let file = |path: PathBuf| {
            let inside = path.strip_prefix(&top).unwrap_or(&path).to_string_lossy().into_owned();
            Ok((inside, root::read(&path)?))
        };
        Ok((root::files(&top)?.into_iter().map(file).collect::<Result<_, String>>()?, facts))
    }

    /// The ruleset compiled.
    ///
    /// # Errors
    /// What can't be read.
    pub fn compile(&self) -> Result<Ruleset, String> {
        let (datacenter, facts) = self.input()?;
        Ok(datacenter.compile(&facts).0)
    }

    /// The ruleset wanted, by chain or set.
    ///
    /// # Errors
    /// What can't be read.
    pub fn wanted(&self) -> Result<Value, String> {
        serde_json::to_value(self.expected()?).map_err(|error| error.to_string())
    }

    /// Packets as JSON, each with the verdict of a real kernel; few cases have some.
    ///
    /// # Errors
    /// What can't be read.
    pub fn records(&self, disputed: &Disputed) -> Result<Vec<(Value, String)>, String> {
        let path = self.folder.join("packets.jsonl");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&root::read(&path)?).into_owned();
        let record = |line: &str| {
            let mut object: Map<String, Value> =
                serde_json::from_str(line).map_err(|error| error.to_string())?;
            let record = Value::Object(object.clone()).to_string();
            let verdict = object.remove("verdict").and_then(|verdict| Some(verdict.as_str()?.to_owned()));
            let confirmed = disputed.0.get(&(self.name.clone(), record)).cloned().or(verdict);
            Ok((Value::Object(object), confirmed.ok_or("there is no verdict")?))
        };
        let records: Result<_, String> = text.lines().filter(|line| !line.is_empty()).map(record).collect();
        records.map_err(|error| format!("{}: packets.jsonl: {error}", self.name))
    }

    /// The ruleset wanted.
    ///
    /// # Errors
    /// What can't be read.
    pub fn expected(&self) -> Result<Flat, String> {
        let wrong = |error: &dyn core::fmt::Display| format!("{}: expected.json: {error}", self.name);
        let bytes = root::read(&self.folder.join("expected.json"))?;
        let mut value: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        let mut take = |pointer: &str| -> Result<BTreeMap<String, Vec<String>>, String> {
            let table = value.pointer_mut(pointer).map(Value::take).unwrap_or_default();
            Ok(if table.is_null() {
                BTreeMap::new()
            } else {
                serde_json::from_value(table).map_err(|error| wrong(&error))?
            })
        };
        let mut family = |name: &str| -> Result<TableLines, String> {
            Ok(TableLines { filter: take(&format!("/{name}/filter"))?, raw: take(&format!("/{name}/raw"))? })
        };
        let (v4, v6) = (family("v4")?, family("v6")?);
        Ok(flat(Lines { v4, v6, ebtables: take("/ebtables")?, ipset: take("/ipset")? }))
    }

    /// Packets with the verdict of a real kernel, and the networks they travel; few cases have some.
    ///
    /// # Errors
    /// What can't be read.
    pub fn packets(&self, disputed: &Disputed) -> Result<(Topology, Vec<(Packet, String)>), String> {
        let records = self.records(disputed)?;
        if records.is_empty() {
            return Ok((Topology::default(), Vec::new()));
        }
        let (datacenter, facts) = self.input()?;
        let (topology, names) = (datacenter.topology(&facts), Names::new(&facts));
        let packet = |(question, verdict): (Value, String)| -> Result<_, Box<dyn Error>> {
            let question: Question = serde_json::from_value(question)?;
            Ok((question.packet(&topology, &names)?, verdict))
        };
        let packets: Result<_, _> = records.into_iter().map(packet).collect();
        Ok((topology, packets.map_err(|error| format!("{}: packets.jsonl: {error}", self.name))?))
    }

    /// Why the ruleset wanted is not pve-firewall's.
    pub fn differs(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.join("differs")).ok()
    }
}

/// The records of packets that a kernel does not confirm, by case, and what it says instead.
#[derive(Clone, Debug)]
pub struct Disputed(BTreeMap<(String, String), String>);

/// What `tests/conformance/disputed.txt` lists.
///
/// # Errors
/// What can't be read.
pub fn disputed() -> Result<Disputed, String> {
    let text = root::read(&root::package().join("conformance/disputed.txt"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let record = |line: &str| {
        let (case, rest) = line.split_once(' ')?;
        let (packet, got) = rest.rsplit_once(" got ")?;
        let packet: Value = serde_json::from_str(packet).ok()?;
        Some(((case.to_owned(), packet.to_string()), got.to_owned()))
    };
    let records = lines.map(|line| record(line).ok_or_else(|| format!("disputed.txt: what is `{line}`?")));
    Ok(Disputed(records.collect::<Result<_, _>>()?))
}

/// All chains and sets side by side.
pub fn flat(lines: Lines) -> Flat {
    let mut flat = Flat::new();
    let mut add = |place: &str, chains: BTreeMap<String, Vec<String>>| {
        flat.extend(chains.into_iter().map(|(name, lines)| (format!("{place}/{name}"), lines)));
    };
    add("v4/filter", lines.v4.filter);
    add("v4/raw", lines.v4.raw);
    add("v6/filter", lines.v6.filter);
    add("v6/raw", lines.v6.raw);
    add("ebtables", lines.ebtables);
    add(
        "ipset",
        lines
            .ipset
            .into_iter()
            .map(|(name, mut lines)| {
                // The order of members has no meaning; `create` stays first.
                if let Some(members) = lines.get_mut(1..) {
                    members.sort();
                }
                (name, lines)
            })
            .collect(),
    );
    flat
}
