//! Loads a ruleset with the tools and reads it back.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::time::Instant;

use super::error::Error;
use super::loaded::Loaded;
use super::tool::Tool;
use super::tools::Tools;
use crate::diag::Sink;
use crate::readback::{self, Saved};
use crate::text::Files;

/// A ruleset as the tools take it: whole inputs of `ipset restore`, `iptables-restore --noflush`,
/// `ip6tables-restore --noflush` and `ebtables-restore`. An empty text means: nothing for this tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    /// For `ipset restore`.
    pub ipset: &'a str,
    /// For `iptables-restore --noflush`.
    pub iptables: &'a str,
    /// For `ip6tables-restore --noflush`.
    pub ip6tables: &'a str,
    /// For `ebtables-restore`.
    pub ebtables: &'a str,
}

impl<'a> Texts<'a> {
    /// A text for one tool, and nothing for the others.
    pub const fn only(tool: Tool, text: &'a str) -> Self {
        let mut texts = Self { ipset: "", iptables: "", ip6tables: "", ebtables: "" };
        match tool {
            Tool::Ipset => texts.ipset = text,
            Tool::Iptables => texts.iptables = text,
            Tool::Ip6tables => texts.ip6tables = text,
            Tool::Ebtables => texts.ebtables = text,
        }
        texts
    }

    /// The text for one tool.
    pub const fn of(&self, tool: Tool) -> &'a str {
        match tool {
            Tool::Ipset => self.ipset,
            Tool::Iptables => self.iptables,
            Tool::Ip6tables => self.ip6tables,
            Tool::Ebtables => self.ebtables,
        }
    }

    /// What is in them; what [`read_back`] finds once they are loaded into an empty namespace.
    pub fn count(&self) -> Loaded {
        let (files, saved) = dumps(Tool::ALL.map(|tool| self.of(tool).into()));
        count(&files, &saved)
    }
}

/// One tool's part in loading a ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The tool.
    pub tool: Tool,
    /// How long it took.
    pub took: Duration,
}

/// A ruleset that could not be loaded.
#[derive(Debug)]
pub struct Failed {
    /// The tool whose text it was.
    pub tool: Tool,
    /// What went wrong.
    pub error: Error,
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "can't load the rules of {}", self.tool.name())
    }
}

impl core::error::Error for Failed {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Loads the texts: sets, IPv4 rules, IPv6 rules, Ethernet rules. Stops at the first failure; what was loaded before
/// stays loaded.
///
/// # Errors
/// The first tool's failure.
pub fn load(tools: &Tools, texts: &Texts<'_>) -> Result<Vec<Step>, Failed> {
    let mut steps = Vec::new();
    for tool in Tool::ALL {
        let text = texts.of(tool);
        if text.trim().is_empty() {
            continue;
        }
        let begun = Instant::now();
        tools.restore(tool, text).map_err(|error| Failed { tool, error })?;
        steps.push(Step { tool, took: begun.elapsed() });
    }
    Ok(steps)
}

/// What the kernel has, as its tools print it, whoever loaded it. Of a tool that is not there, nothing
/// ([`Tools::find_to_save`]).
///
/// # Errors
/// The first tool's failure.
pub fn save(tools: &Tools) -> Result<(Files, Saved), Error> {
    let mut texts = Tool::ALL.map(|_| Vec::new());
    for (text, tool) in texts.iter_mut().zip(Tool::ALL).filter(|(_, tool)| tools.has(*tool)) {
        *text = tools.save(tool)?.into_bytes();
    }
    Ok(dumps(texts))
}

/// Counts what the kernel has of ours.
///
/// # Errors
/// The first tool's failure.
pub fn read_back(tools: &Tools) -> Result<Loaded, Error> {
    let (files, saved) = save(tools)?;
    Ok(count(&files, &saved))
}

/// The texts of all tools, in the order of [`Tool::ALL`], as files.
fn dumps(texts: [Vec<u8>; 4]) -> (Files, Saved) {
    let mut files = Files::new();
    let mut saved = Saved::default();
    for (tool, text) in Tool::ALL.into_iter().zip(texts) {
        let (file, name) = match tool {
            Tool::Ipset => (&mut saved.ipset, "ipset"),
            Tool::Iptables => (&mut saved.iptables, "iptables-save"),
            Tool::Ip6tables => (&mut saved.ip6tables, "ip6tables-save"),
            Tool::Ebtables => (&mut saved.ebtables, "ebtables"),
        };
        *file = Some(files.add(name, text));
    }
    (files, saved)
}

/// What is wrong with a line is not said: what is not understood is not counted, and shows as a difference.
fn count(files: &Files, saved: &Saved) -> Loaded {
    Loaded::of(&readback::read(files, saved, &mut Sink::new()))
}
