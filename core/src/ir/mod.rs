//! The intermediate form: what the kernel will be told, as types.
//!
//! In: nothing but values ([`crate::compile`] makes them from a policy). Out: emitters turn them into the text of the
//! restore tools ([`crate::emit`]). A [`Ruleset`] has four tables (filter and raw for both families), address sets and
//! the bridge table. Every rule knows its [`Origin`].
//!
//! INVARIANT: equality is meaning. Where the same meaning can be spelled in several ways (`http` or `80`,
//! `-m multiport` or not) the spelling rides along in [`Written`] and [`Spelling`], which compare as their values.
//!
//! What is deliberately absent: chain names have no meaning here. How a packet reaches a chain is told by
//! [`Table::hooks`] and the jumps.

mod address;
mod bridge;
mod mac;
mod matcher;
mod name;
mod origin;
mod port;
mod reach;
mod rule;
mod set;
mod target;
mod written;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

pub use address::{AddressRange, Addresses};
pub use bridge::{BridgeChain, BridgeMatch, BridgeRule, BridgeTable, BridgeTarget};
pub use mac::Mac;
pub use matcher::{
    AddressTypes, ConnectionStates, HashLimit, IcmpModule, IcmpType, Mark, Match, Matches, PortModule,
    Protocol, Rate, RateUnit, Side, TcpFlags, Test,
};
pub use name::{ChainName, InterfaceName, InterfacePattern, NameError, SetName};
pub use origin::{BuiltIn, Maker, Origin};
pub use port::{PortRange, Ports};
pub use rule::Rule;
pub use set::{Member, Set};
pub use target::{Queue, RejectWith, Target};
pub use written::{Spelling, Written};

use crate::Family;

/// Everything that is loaded on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// IPv4: `iptables`.
    pub v4: Tables,
    /// IPv6: `ip6tables`.
    pub v6: Tables,
    /// Address sets by kernel name: `ipset`.
    pub sets: BTreeMap<SetName, Set>,
    /// The bridge's filter table: `ebtables`.
    pub bridge: BridgeTable,
}

impl Ruleset {
    /// The tables of one family.
    pub fn tables(&self, family: Family) -> &Tables {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The tables of one family, to change them.
    pub fn tables_mut(&mut self, family: Family) -> &mut Tables {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Whether nothing at all would be loaded (the firewall is off).
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
            && self.bridge.chains.is_empty()
            && Family::BOTH.iter().all(|family| {
                let tables = self.tables(*family);
                tables.filter.chains.is_empty() && tables.raw.chains.is_empty()
            })
    }
}

/// The two tables of a family that we use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Table `filter`.
    pub filter: Table,
    /// Table `raw`.
    pub raw: Table,
}

/// Chains by name, and where they are entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Our chains; iteration is in string order, as they are loaded.
    pub chains: BTreeMap<ChainName, Chain>,
    /// Jumps from the kernel's own chains, in the order in which they are made.
    pub hooks: Vec<Hook>,
}

/// A list of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The rules in the order in which packets meet them.
    pub rules: Vec<Rule>,
}

/// An unconditional jump out of a built-in chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The kernel's chain.
    pub from: HookPoint,
    /// Our chain.
    pub to: ChainName,
}

/// The kernel's own chains that we hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookPoint {
    /// To the node itself.
    Input,
    /// From the node itself.
    Output,
    /// Through the node, routed or bridged.
    Forward,
    /// Before routing (table raw).
    Prerouting,
}

impl HookPoint {
    /// The kernel's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "INPUT",
            Self::Output => "OUTPUT",
            Self::Forward => "FORWARD",
            Self::Prerouting => "PREROUTING",
        }
    }
}
