//! Security groups: two chains each, made when first referred to (spec 05 section 8).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::build::{LogAs, Verdicts, clear_mark, direct};
use super::{CHAINS, Compiler, chains};
use crate::Family;
use crate::config::Direction;
use crate::ir::{ChainName, Maker, Matches, Origin, Rule, Target, Test};
use crate::policy;

impl Compiler<'_> {
    /// The jump into a group, and what happens to packets that it accepted (spec 05 section 5.3).
    ///
    /// COMPAT: the interface restricts the jump only (Q54); the group clears the mark itself.
    pub(super) fn group_jump(
        &mut self,
        out: &mut Vec<Rule>,
        direction: Direction,
        name: &str,
        device: Option<Test>,
        accept: &Target,
        rule: &policy::Rule,
    ) {
        let [inwards, outwards] = self.group_chains(name);
        let chain = match direction {
            Direction::In => inwards,
            Direction::Out | Direction::Forward => outwards,
        };
        let Some(chain) = chain else { return };
        let origin = Origin { span: Some(rule.span), maker: Maker::Group };
        let device = device.map_or(Matches::ANY, |device| Matches::from([device]));
        out.push(direct(device, Target::Jump(chain), origin));
        out.push(direct(self.common.accepted.clone(), accept.clone(), origin));
    }

    /// The chains of a group, of what comes in and of what goes out.
    fn group_chains(&mut self, name: &str) -> [Option<ChainName>; 2] {
        if let Some(known) = self.groups.get(name) {
            return *known;
        }
        let chains = ["IN", "OUT"].map(|suffix| chains::of_group(name, suffix));
        self.groups.insert(name.to_string(), chains);
        for family in Family::BOTH {
            for (direction, chain) in [Direction::In, Direction::Out].into_iter().zip(chains) {
                let Some(chain) = chain else { continue };
                let rules = self.group_rules(family, direction, name, chain);
                self.add_chain(family, chain, rules);
            }
        }
        chains
    }

    /// The group's rules. They log without message and guest, as the chain serves several guests (Q18).
    fn group_rules(
        &mut self,
        family: Family,
        direction: Direction,
        name: &str,
        chain: ChainName,
    ) -> Vec<Rule> {
        let verdicts = Verdicts { accept: Target::Goto(CHAINS.set_accept_mark) };
        let mut rules = Vec::from([clear_mark()]);
        let node = self.node;
        for rule in node.groups.get(name).into_iter().flatten() {
            self.filter_rule(
                &mut rules,
                family,
                direction,
                rule,
                &verdicts,
                &LogAs { chain, vmid: 0, message: false },
            );
        }
        rules
    }
}
