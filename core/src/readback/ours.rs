//! Our part of a dump as IR: what pve-firewall or pvefw has loaded.
//!
//! Chains are ours by their names, or by pve-firewall's signature; sets by their names. Where a hook stands among the
//! rules of others is not kept, nor is the order of hooks in different chains.

use alloc::string::String;
use alloc::vec::Vec;

use super::dump::{
    Action, BridgeAction, BridgeCondition, BridgeRule, BridgeTableName, BridgeTest, Chain, Condition, Dump,
    Rule, Set, SetMembers, Table, TableName, Tables,
};
use crate::Family;
use crate::emit;
use crate::ir::{
    self, BridgeChain, BridgeMatch, BridgeTable, BridgeTarget, ChainName, Hook, HookPoint, Mac, Maker,
    Origin, Ruleset, SetName, Side, Spelling, Target, Written,
};
use crate::text::Span;

/// How the comment begins that signs a chain.
const SIGNATURE: &str = "PVESIG:";

/// Our part of a dump.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// As much as IR can say.
    pub ruleset: Ruleset,
    /// Lines among ours that IR can't say: somebody else has changed our chains or sets. They are not in the ruleset.
    pub strange: Vec<Span>,
}

impl Dump {
    /// What pve-firewall or pvefw has loaded. The origin of each rule is its line in the dump.
    pub fn ours(&self) -> Ours {
        let mut strange = Vec::new();
        let mut ruleset = Ruleset::default();
        for family in Family::BOTH {
            *ruleset.tables_mut(family) = tables(self.tables(family), &mut strange);
        }
        for (name, set) in self.sets.iter().filter(|(name, _)| is_our_set(name)) {
            match (SetName::new(name), our_set(set)) {
                (Ok(name), Some(set)) => drop(ruleset.sets.insert(name, set)),
                _ => strange.push(set.span),
            }
        }
        if let Some(table) = self.bridge.get(&BridgeTableName::Filter) {
            ruleset.bridge = bridge(table, &mut strange);
        }
        Ours { ruleset, strange }
    }
}

impl Chain<Rule> {
    /// The digest with which pve-firewall has signed the chain.
    pub fn signature(&self) -> Option<&str> {
        self.rules.iter().rev().find_map(Rule::signature)
    }
}

impl Rule {
    /// The digest, if the rule is there to sign its chain.
    pub fn signature(&self) -> Option<&str> {
        let signs = self.conditions.is_empty() && self.action == Action::Count;
        self.comment.as_deref().filter(|_| signs)?.strip_prefix(SIGNATURE)
    }

    /// The chain that the rule sends every packet to.
    pub(crate) fn sends_all_to(&self) -> Option<&str> {
        match &self.action {
            Action::Jump(chain) if self.conditions.is_empty() => Some(chain),
            _ => None,
        }
    }
}

impl BridgeRule {
    /// The chain that the rule sends every frame to.
    pub(crate) fn sends_all_to(&self) -> Option<&str> {
        match &self.action {
            BridgeAction::Jump(chain) if self.conditions.is_empty() => Some(chain),
            _ => None,
        }
    }
}

fn tables(tables: &Tables, strange: &mut Vec<Span>) -> ir::Tables {
    let mut found = ir::Tables::default();
    for (name, table) in tables {
        let (into, hooks): (_, &[HookPoint]) = match name {
            TableName::Filter => {
                (&mut found.filter, &[HookPoint::Input, HookPoint::Output, HookPoint::Forward])
            }
            TableName::Raw => (&mut found.raw, &[HookPoint::Prerouting]),
            // We have nothing there; whoever uses our names is not us.
            TableName::Mangle | TableName::Nat | TableName::Security => continue,
        };
        for from in hooks {
            let rules = table.chains.get(from.name()).map_or(&[][..], |chain| &chain.rules);
            for to in rules.iter().filter_map(Rule::sends_all_to).filter(|to| is_our_chain(to)) {
                into.hooks.extend(ChainName::new(to).map(|to| Hook { from: *from, to }));
            }
        }
        for (name, chain) in &table.chains {
            if !is_our_chain(name) && chain.signature().is_none() {
                continue;
            }
            let Ok(name) = ChainName::new(name) else {
                strange.extend(chain.span);
                continue;
            };
            let mut rules = Vec::with_capacity(chain.rules.len());
            for rule in chain.rules.iter().filter(|rule| rule.signature().is_none()) {
                match our_rule(rule) {
                    Some(rule) => rules.push(rule),
                    None => strange.push(rule.span),
                }
            }
            into.chains.insert(name, ir::Chain { rules });
        }
    }
    found
}

fn our_rule(rule: &Rule) -> Option<ir::Rule> {
    let known = |condition: &Condition| match condition {
        Condition::Known(test) => Some(test.clone()),
        Condition::Foreign { .. } | Condition::Unknown(_) => None,
    };
    let matches: Vec<ir::Match> = rule.conditions.iter().map(known).collect::<Option<_>>()?;
    let target = match &rule.action {
        Action::Known(target) => target.clone(),
        Action::Jump(chain) => Target::Jump(ChainName::new(chain).ok()?),
        Action::Goto(chain) => Target::Goto(ChainName::new(chain).ok()?),
        Action::Count | Action::Continue { .. } | Action::Unknown(_) => return None,
    };
    Some(ir::Rule { matches: matches.into(), target, origin: line(rule.span), extra_blank: Spelling(false) })
}

/// The line of the dump is the rule.
fn line(span: Span) -> Origin {
    Origin { span: Some(span), maker: Maker::Line }
}

fn our_set(set: &Set) -> Option<ir::Set> {
    let (SetMembers::Nets(members), "hash:net", Some(family), Some(size)) =
        (&set.members, &*set.kind, set.family, set.limit)
    else {
        return None;
    };
    let mut members: Vec<(String, ir::Member)> =
        members.iter().map(|member| (emit::net_text(member.net), *member)).collect();
    members.sort_by(|a, b| a.0.cmp(&b.0));
    let members = members.into_iter().map(|(_, member)| member).collect();
    Some(ir::Set { family, size, members, span: Some(set.span) })
}

fn bridge(table: &Table<BridgeRule>, strange: &mut Vec<Span>) -> BridgeTable {
    let mut found = BridgeTable::default();
    for (name, chain) in &table.chains {
        if !is_our_bridge_chain(name) {
            continue;
        }
        let Ok(name) = ChainName::new(name) else {
            strange.extend(chain.span);
            continue;
        };
        let mut rules = Vec::with_capacity(chain.rules.len());
        for rule in &chain.rules {
            match our_bridge_rule(rule) {
                Some(rule) => rules.push(rule),
                None => strange.push(rule.span),
            }
        }
        found.chains.insert(name, BridgeChain { rules });
    }
    for rule in table.chains.get("FORWARD").map_or(&[][..], |chain| &chain.rules) {
        let Some(to) = rule.sends_all_to().filter(|to| is_our_bridge_chain(to)) else { continue };
        match (ChainName::new(to), found.forward) {
            (Ok(to), None) => found.forward = Some(to),
            _ => strange.push(rule.span),
        }
    }
    found
}

fn our_bridge_rule(rule: &BridgeRule) -> Option<ir::BridgeRule> {
    let matches = rule.conditions.iter().map(our_bridge_match).collect::<Option<_>>()?;
    let target = match &rule.action {
        BridgeAction::Accept => BridgeTarget::Accept,
        BridgeAction::Drop => BridgeTarget::Drop,
        BridgeAction::Return => BridgeTarget::Return,
        BridgeAction::Jump(chain) => BridgeTarget::Jump(ChainName::new(chain).ok()?),
        BridgeAction::Continue | BridgeAction::Unknown(_) => return None,
    };
    Some(ir::BridgeRule { matches, target, origin: line(rule.span) })
}

fn our_bridge_match(condition: &BridgeCondition) -> Option<BridgeMatch> {
    const ALL: Mac = Mac([0xff; 6]);
    let BridgeCondition::Known { negated, test } = condition else { return None };
    match (negated, test) {
        (false, BridgeTest::Protocol(protocol)) => Some(BridgeMatch::Protocol(Written::canonical(*protocol))),
        (false, BridgeTest::InPort(port)) => Some(BridgeMatch::InPort(*port)),
        (false, BridgeTest::OutPort(port)) => Some(BridgeMatch::OutPort(*port)),
        (true, BridgeTest::Address { side: Side::Source, mac, mask }) if *mask == ALL => {
            Some(BridgeMatch::SourceIsNot(*mac))
        }
        (false, BridgeTest::ArpAddress(Side::Source, net)) => Some(BridgeMatch::ArpSource(*net)),
        _ => None,
    }
}

/// Whether a set is the firewall's.
pub(crate) fn is_our_set(name: &str) -> bool {
    name.starts_with("PVEFW-")
}

/// Whether a chain of iptables or ip6tables is the firewall's (also of its older versions).
pub(crate) fn is_our_chain(name: &str) -> bool {
    if let Some(rest) = name.strip_prefix("PVEFW-") {
        return !rest.is_empty();
    }
    if let Some(rest) = name.strip_prefix("GROUP-") {
        let group = rest.strip_suffix("-IN").or_else(|| rest.strip_suffix("-OUT")).unwrap_or_default();
        return group.len() >= 2
            && group.starts_with(|first: char| first.is_ascii_alphabetic())
            && group.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    }
    if let Some(rest) = name.strip_prefix("fwbr").and_then(digits) {
        let rest = rest.strip_prefix('v').and_then(digits).unwrap_or(rest);
        return matches!(rest, "-FW" | "-IN" | "-OUT" | "-IPS");
    }
    matches!(after_device(name), Some("-IN" | "-OUT"))
}

/// Whether a chain of ebtables is the firewall's: the name of a device chain may have more around it.
pub(crate) fn is_our_bridge_chain(name: &str) -> bool {
    name.split_once("PVEFW-").is_some_and(|(_, rest)| !rest.is_empty())
        || name.char_indices().filter_map(|(at, _)| name.get(at..)).any(|tail| {
            after_device(tail).is_some_and(|rest| rest.starts_with("-IN") || rest.starts_with("-OUT"))
        })
}

/// What follows `tap<VMID>i<n>` or `veth<VMID>i<n>`.
fn after_device(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("tap").or_else(|| name.strip_prefix("veth"))?;
    digits(digits(rest)?.strip_prefix('i')?)
}

/// What follows one or more digits.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_others_are_left_alone() {
        for name in [
            "PVEFW-INPUT",
            "PVEFW-x",
            "tap100i0-IN",
            "veth200i12-OUT",
            "GROUP-web-IN",
            "GROUP-a-b_c9-OUT",
            "fwbr100-FW",
            "fwbr100v3-IPS",
        ] {
            assert!(is_our_chain(name), "{name}");
        }
        for name in [
            "PVEFW-",
            "INPUT",
            "tap100i0-FW",
            "tap100-IN",
            "tapi0-IN",
            "tap100i0-IN-x",
            "xtap100i0-IN",
            "GROUP-w-IN",
            "GROUP-9x-IN",
            "GROUP-web",
            "fwbr-IN",
            "fwbr100v-IN",
            "DOCKER-USER",
            "",
        ] {
            assert!(!is_our_chain(name), "{name}");
        }
        for name in ["tap100i0-OUT-PROTO", "veth1i0-OUT-ARP", "xPVEFW-y", "xtap100i0-IN"] {
            assert!(is_our_bridge_chain(name), "{name}");
        }
        for name in ["PVEFW-", "FORWARD", "tap100i0", "é-tap1i-OUT"] {
            assert!(!is_our_bridge_chain(name), "{name}");
        }
    }
}
