//! The part of a ruleset that packets can come to.

use alloc::vec::Vec;

use super::{BridgeTable, Chain, ChainName, HookPoint, Ruleset, Table, Tables, Target};

impl Ruleset {
    /// What packets meet behind these hooks, with all sets. The bridge's table is none of them, and left out.
    ///
    /// A large node has thousands of chains of guests, and a few of its own.
    #[must_use]
    pub fn behind(&self, points: &[HookPoint]) -> Self {
        let of =
            |tables: &Tables| Tables { filter: tables.filter.behind(points), raw: tables.raw.behind(points) };
        let (v4, v6) = (of(&self.v4), of(&self.v6));
        Self { v4, v6, sets: self.sets.clone(), bridge: BridgeTable::default() }
    }
}

impl Table {
    fn behind(&self, points: &[HookPoint]) -> Self {
        let hooks: Vec<_> = self.hooks.iter().filter(|hook| points.contains(&hook.from)).cloned().collect();
        let mut open: Vec<ChainName> = hooks.iter().map(|hook| hook.to).collect();
        let mut table = Self { hooks, ..Self::default() };
        while let Some(name) = open.pop() {
            if table.chains.contains_key(&name) {
                continue;
            }
            if let Some(chain) = self.chains.get(&name) {
                open.extend(chain.targets());
                table.chains.insert(name, chain.clone());
            }
        }
        table
    }
}

impl Chain {
    /// The chains that its rules lead into.
    fn targets(&self) -> impl Iterator<Item = ChainName> {
        self.rules.iter().filter_map(|rule| match rule.target {
            Target::Jump(chain) | Target::Goto(chain) => Some(chain),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
    use alloc::vec::Vec;

    use super::{HookPoint, Ruleset};
    use crate::datacenter::Datacenter;
    use crate::facts::Facts;

    #[test]
    fn the_way_into_a_node_is_without_its_guests() {
        let mut datacenter = Datacenter::new();
        datacenter.add(
            "firewall/cluster.fw",
            "[OPTIONS]\nenable: 1\n[RULES]\nGROUP web\n[group web]\nIN ACCEPT -p tcp -dport 80\n",
        );
        datacenter
            .add("nodes/a/qemu-server/100.conf", "net0: virtio=02:00:00:00:00:01,bridge=vmbr0,firewall=1\n");
        datacenter.add("firewall/100.fw", "[OPTIONS]\nenable: 1\n");
        let facts = Facts { node: Some("a".into()), ..Facts::default() };
        let (ruleset, _) = datacenter.compile(&facts);
        let inwards = ruleset.behind(&[HookPoint::Input]);
        let names = |ruleset: &Ruleset| -> Vec<_> {
            ruleset.v4.filter.chains.keys().map(|name| name.as_str().to_owned()).collect()
        };
        for reached in ["PVEFW-INPUT", "PVEFW-HOST-IN", "GROUP-web-IN", "PVEFW-smurfs", "PVEFW-smurflog"] {
            assert!(names(&inwards).iter().any(|name| name == reached), "{reached}: {:?}", names(&inwards));
        }
        for not in ["tap100i0-IN", "PVEFW-HOST-OUT", "GROUP-web-OUT", "PVEFW-FORWARD"] {
            assert!(names(&ruleset).iter().any(|name| name == not), "{not}");
            assert!(!names(&inwards).iter().any(|name| name == not), "{not}");
        }
        assert_eq!(inwards.v4.filter.hooks.len(), 1);
        assert_eq!(inwards.sets, ruleset.sets);
    }
}
