//! Programs from dumps of what is loaded.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Action, AtEnd, Known, Program, Source};
use crate::ir::{Maker, Matches, Origin, SetName, Side};
use crate::readback::{
    self, BridgeAction, BridgeCondition, BridgeTest, Change, Condition, ForeignTest, Policy, Table,
};
use crate::sim::check::{Ask, Check, Field, Truth};
use crate::sim::mistake::Mistake;

impl Program {
    /// A table of iptables or ip6tables. `sets` are the numbers of the sets.
    pub(in crate::sim) fn of_dump(
        table: &Table<readback::Rule>,
        hooks: &[&'static str],
        sets: &BTreeMap<&str, u32>,
    ) -> Result<Self, Mistake> {
        let numbers: BTreeMap<&str, u32> = table.chains.keys().map(AsRef::as_ref).zip(0..).collect();
        let number = |name: &str| numbers.get(name).copied();
        let set = |name: &SetName| sets.get(name.as_str()).copied();
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            program.open_chain(
                &**name,
                if chain.policy == Some(Policy::Drop) { AtEnd::Drop } else { AtEnd::Return },
            );
            for rule in &chain.rules {
                let mut matches = Vec::new();
                let mut checks = Vec::new();
                let mut foreign = Vec::new();
                let mut unknown: Vec<Box<str>> = Vec::new();
                for condition in &rule.conditions {
                    match condition {
                        Condition::Known(condition) => {
                            checks.push(program.lists.check(condition, &set));
                            matches.push(condition.clone());
                        }
                        Condition::Foreign { negated, test } => {
                            foreign.push(Check { negated: *negated, ask: program.foreign(test) });
                        }
                        Condition::Unknown(text) => unknown.push(text.clone()),
                    }
                }
                checks.append(&mut foreign);
                let target = match &rule.action {
                    readback::Action::Known(target) => Some(target.clone()),
                    _ => None,
                };
                let action = match &rule.action {
                    readback::Action::Count => Action::Continue,
                    readback::Action::Known(target) => Action::of_target(target),
                    readback::Action::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                    readback::Action::Goto(chain) => number(chain).map_or(Action::Unknown, Action::Goto),
                    readback::Action::Continue { change: Change::Nothing | Change::Header, .. } => {
                        Action::Continue
                    }
                    readback::Action::Continue { change, .. } => Action::Change(*change),
                    readback::Action::Unknown(_) => Action::Unknown,
                };
                let origin = Origin { span: Some(rule.span), maker: Maker::Line };
                let known = Known::new(origin, Source::Line { target }, Matches::from(matches));
                let known = Known { unknown: unknown.into(), ..known };
                program.push(checks, action, known);
            }
        }
        program.enter_by(hooks, &number);
        program.finish()
    }

    /// A table of ebtables.
    pub(in crate::sim) fn of_bridge_dump(
        table: &Table<readback::BridgeRule>,
        hooks: &[&'static str],
    ) -> Result<Self, Mistake> {
        let numbers: BTreeMap<&str, u32> = table.chains.keys().map(AsRef::as_ref).zip(0..).collect();
        let number = |name: &str| numbers.get(name).copied();
        let mut program = Self::default();
        for (name, chain) in &table.chains {
            let of_kernel = hooks.contains(&&**name);
            let at_end = match chain.policy {
                Some(Policy::Drop) => AtEnd::Drop,
                Some(Policy::Accept) if !of_kernel => AtEnd::MayAccept,
                _ => AtEnd::Return,
            };
            program.open_chain(&**name, at_end);
            for rule in &chain.rules {
                let mut checks = Vec::new();
                let mut unknown: Vec<Box<str>> = Vec::new();
                for condition in &rule.conditions {
                    match condition {
                        BridgeCondition::Known { negated, test } => {
                            checks.push(Check { negated: *negated, ask: bridge(test) });
                        }
                        BridgeCondition::Unknown(text) => unknown.push(text.clone()),
                    }
                }
                let action = match &rule.action {
                    BridgeAction::Continue => Action::Continue,
                    BridgeAction::Accept => Action::Accept,
                    BridgeAction::Drop => Action::Drop,
                    BridgeAction::Return => Action::Return,
                    BridgeAction::Jump(chain) => number(chain).map_or(Action::Unknown, Action::Jump),
                    BridgeAction::Unknown(_) => Action::Unknown,
                };
                let origin = Origin { span: Some(rule.span), maker: Maker::Line };
                let known = Known::new(origin, Source::Line { target: None }, Matches::ANY);
                let known = Known { unknown: unknown.into(), ..known };
                program.push(checks, action, known);
            }
        }
        program.enter_by(hooks, &number);
        program.finish()
    }

    fn enter_by(&mut self, hooks: &[&'static str], number: &impl Fn(&str) -> Option<u32>) {
        self.entries = hooks.iter().filter_map(|hook| Some((*hook, number(hook)?))).collect();
    }

    fn foreign(&mut self, test: &ForeignTest) -> Ask {
        match test {
            ForeignTest::EitherPort(ports) => self.lists.either_port(ports),
            ForeignTest::PacketType(kind) => Ask::PacketType(*kind),
            ForeignTest::ConnectionMark(mark) => Ask::ConnectionMark(*mark),
            // A packet is asked about as a whole.
            ForeignTest::Fragment => Ask::Always(Truth::No),
            ForeignTest::Length(..) | ForeignTest::AddressTypeOnInterface { .. } => {
                Ask::Always(Truth::Unknown)
            }
        }
    }
}

fn bridge(test: &BridgeTest) -> Ask {
    match test {
        BridgeTest::Protocol(number) => Ask::Ethertype(*number),
        BridgeTest::Length => Ask::Always(Truth::No),
        BridgeTest::InPort(pattern) => Ask::interface(Field::PortIn, pattern),
        BridgeTest::OutPort(pattern) => Ask::interface(Field::PortOut, pattern),
        BridgeTest::InBridge(pattern) => Ask::interface(Field::In, pattern),
        BridgeTest::OutBridge(pattern) => Ask::interface(Field::Out, pattern),
        BridgeTest::Address { side: Side::Source, mac, mask } if mask.0 == [0xff; 6] => Ask::SourceMac(*mac),
        BridgeTest::Address { side: Side::Source, mac, mask } => Ask::SourceMacBits(*mac, *mask),
        // Whose hardware address the frame goes to is not asked for.
        BridgeTest::Address { side: Side::Destination, .. } => Ask::Always(Truth::Unknown),
        BridgeTest::ArpAddress(side, net) => Ask::Arp(*side, *net),
        BridgeTest::Ipv4Address(side, net) => Ask::Net(*side, net.network().into(), net.netmask().into()),
        BridgeTest::Mark(mark) => Ask::Mark(*mark),
    }
}
