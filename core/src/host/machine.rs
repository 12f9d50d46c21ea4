//! The machine as applying sees it: small enough to be played by something else in tests.

use alloc::string::{String, ToString as _};
use core::time::Duration;
use std::fs;
use std::thread;
use std::time::SystemTime;

use nix::time::{ClockId, clock_gettime};

use super::error::Error;
use super::generation::generation;
use super::load::Texts;
use super::plan::{BridgeLoading, Kernel, Load};
use super::rules::Rules;
use super::tool::{Tool, Variant};
use super::tools::Tools;
use crate::Family;

/// What a node can be asked and told. Everything blocks; nothing changes but by [`Host::load`].
pub trait Host: Sync {
    /// Which iptables it has.
    fn variant(&self) -> Variant;

    /// How its ebtables takes changes.
    fn bridge_loading(&self) -> BridgeLoading;

    /// A tool's dump of all that is loaded, whoever loaded it. Of a tool that is not there, nothing.
    ///
    /// # Errors
    /// When the tool fails.
    fn save(&self, tool: Tool) -> Result<String, Error>;

    /// The rules of one chain as [`Host::save`] has them.
    ///
    /// # Errors
    /// When the tool fails; also when there is no such chain.
    fn chain(&self, family: Family, table: &str, chain: &str) -> Result<String, Error>;

    /// Whether the kernel would take a text. Sets named in it must exist.
    ///
    /// # Errors
    /// When it would not, or the tool fails.
    fn test(&self, family: Family, text: &str) -> Result<(), Error>;

    /// Feeds a text to its tool: each table in it changes at one stroke or not at all, the rules of others stay.
    ///
    /// # Errors
    /// When the tool fails. What it was to change may have changed then: read it.
    fn load(&self, load: &Load) -> Result<(), Error>;

    /// The number of the present rules, if the kernel counts their changes.
    fn generation(&self) -> Option<u32>;

    /// The time.
    fn clock(&self) -> Clock;
}

/// What clocks say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Seconds since 1970. People and time servers change it.
    pub now: u64,
    /// Since the machine was started, also while it slept; nobody changes it.
    pub uptime: Duration,
    /// Names this run of the machine and this network namespace: what was known in another is void.
    pub boot: String,
}

impl Clock {
    /// What they say on this machine.
    pub fn read() -> Self {
        let word = |text: std::io::Result<String>| text.unwrap_or_default().trim().to_string();
        let boot = word(fs::read_to_string("/proc/sys/kernel/random/boot_id"));
        let namespace = word(fs::read_link("/proc/self/ns/net").map(|link| link.display().to_string()));
        Self {
            now: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs(),
            uptime: clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default(),
            boot: alloc::format!("{boot} {namespace}"),
        }
    }
}

/// Reads all that is loaded, the tools side by side.
///
/// # Errors
/// The first tool's failure.
pub fn read<H: Host + ?Sized>(host: &H) -> Result<Kernel, Error> {
    let texts = thread::scope(|scope| {
        let tools = Tool::ALL.map(|tool| scope.spawn(move || host.save(tool)));
        tools.map(|thread| thread.join().unwrap_or(Err(Error::Thread)))
    });
    let [sets, v4, v6, bridge] = texts;
    let (sets, v4, v6, bridge) = (sets?, v4?, v6?, bridge?);
    let texts = Texts { ipset: &sets, iptables: &v4, ip6tables: &v6, ebtables: &bridge };
    Ok(Kernel { rules: Rules::of(&texts), bridge })
}

/// The machine that we run on.
#[derive(Clone, Debug)]
pub struct Machine {
    tools: Tools,
    /// Whether a kernel without ebtables counts as one without rules of it.
    bridgeless: bool,
}

impl Machine {
    /// By its tools.
    pub const fn new(tools: Tools) -> Self {
        Self { tools, bridgeless: false }
    }

    /// The same, where nothing is wanted of ebtables: should the kernel not have it, nothing is loaded there.
    #[must_use]
    pub const fn without_bridge(mut self) -> Self {
        self.bridgeless = true;
        self
    }

    /// Its tools.
    pub const fn tools(&self) -> &Tools {
        &self.tools
    }
}

impl Host for Machine {
    fn variant(&self) -> Variant {
        self.tools.variant()
    }

    fn bridge_loading(&self) -> BridgeLoading {
        match self.tools.bridge_variant() {
            Variant::Nft => BridgeLoading::Chains,
            Variant::Legacy => BridgeLoading::WholeTable,
        }
    }

    fn save(&self, tool: Tool) -> Result<String, Error> {
        if !self.tools.has(tool) {
            return Ok(String::new());
        }
        match self.tools.save(tool) {
            // Only what the kernel does not know is certain to have no rules; a tool that fails may hide some.
            Err(Error::Refused(refusal))
                if self.bridgeless && tool == Tool::Ebtables && refusal.is_for_want_of_kernel() =>
            {
                Ok(String::new())
            }
            outcome => outcome,
        }
    }

    fn chain(&self, family: Family, table: &str, chain: &str) -> Result<String, Error> {
        self.tools.list_chain(family, table, chain)
    }

    fn test(&self, family: Family, text: &str) -> Result<(), Error> {
        self.tools.test(family, text)
    }

    fn load(&self, load: &Load) -> Result<(), Error> {
        match self.bridge_loading() {
            BridgeLoading::Chains if load.tool == Tool::Ebtables => self.tools.amend_bridge(&load.text),
            _ => self.tools.restore(load.tool, &load.text),
        }
    }

    fn generation(&self) -> Option<u32> {
        (self.variant() == Variant::Nft && self.tools.bridge_variant() == Variant::Nft)
            .then(generation)
            .flatten()
    }

    fn clock(&self) -> Clock {
        Clock::read()
    }
}
