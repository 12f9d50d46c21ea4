//! Loads a ruleset with the tools and reads it back.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::time::Instant;

use super::error::Error;
use super::loaded::{Loaded, sets, tables};
use super::tool::Tool;
use super::tools::Tools;

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
        Loaded {
            ipset: sets(self.ipset),
            iptables: tables(Tool::Iptables, self.iptables),
            ip6tables: tables(Tool::Ip6tables, self.ip6tables),
            ebtables: tables(Tool::Ebtables, self.ebtables),
        }
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

/// Counts what the kernel has of ours.
///
/// # Errors
/// The first tool's failure.
pub fn read_back(tools: &Tools) -> Result<Loaded, Error> {
    let texts = Texts {
        ipset: &tools.save(Tool::Ipset)?,
        iptables: &tools.save(Tool::Iptables)?,
        ip6tables: &tools.save(Tool::Ip6tables)?,
        ebtables: &tools.save(Tool::Ebtables)?,
    };
    Ok(texts.count())
}
