//! Address sets made for look-ups.
//!
//! The kernel asks a `hash:net` set for the narrowest network that holds an address; an entry marked `nomatch` then says
//! no. Networks nest or are apart, so a set can be cut into stretches of addresses that have the same answer. A look-up
//! is a binary search, whatever the number of entries and prefix lengths.

use alloc::vec::Vec;
use core::net::IpAddr;

use ipnet::IpNet;

use crate::Family;
use crate::ir::Member;

/// A set in stretches.
#[derive(Clone, Debug, Default)]
pub(super) struct SetIndex {
    /// The first address of each stretch and the member (its index in the set) that decides in it, if any. In order, the
    /// first at address 0.
    stretches: Vec<(u128, Option<u32>)>,
    v6: bool,
}

impl SetIndex {
    pub(super) fn new(family: Family, members: &[Member]) -> Self {
        let v6 = family == Family::V6;
        let mut nets: Vec<_> = members
            .iter()
            .zip(0_u32..)
            .map(|(member, index)| {
                (number(member.net.network()), number(member.net.broadcast()), prefix(member.net), index)
            })
            .collect();
        // Wider networks before the narrower ones in them.
        nets.sort_unstable_by_key(|(first, _, prefix, _)| (*first, *prefix));
        let mut stretches = Vec::with_capacity(nets.len() * 2 + 1);
        stretches.push((0, None));
        // The networks that the current address is in, widest first, each with its last address.
        let mut open: Vec<(u128, u32)> = Vec::new();
        for (first, last, _, index) in nets {
            close(&mut stretches, &mut open, Some(first));
            start(&mut stretches, first, Some(index));
            open.push((last, index));
        }
        close(&mut stretches, &mut open, None);
        stretches.dedup_by_key(|(_, member)| *member);
        Self { stretches, v6 }
    }

    /// The member that decides about an address: its index in the set.
    pub(super) fn find(&self, address: IpAddr) -> Option<u32> {
        if address.is_ipv6() != self.v6 {
            return None;
        }
        let wanted = number(address);
        let after = self.stretches.partition_point(|(first, _)| *first <= wanted);
        self.stretches.get(after.checked_sub(1)?)?.1
    }
}

/// Ends the networks that lie before an address, or all.
fn close(stretches: &mut Vec<(u128, Option<u32>)>, open: &mut Vec<(u128, u32)>, before: Option<u128>) {
    while let Some((last, _)) = open.last().copied() {
        if before.is_some_and(|before| last >= before) {
            break;
        }
        open.pop();
        if let Some(next) = last.checked_add(1) {
            start(stretches, next, open.last().map(|(_, index)| *index));
        }
    }
}

/// Begins a stretch; one that began at the same address is empty.
fn start(stretches: &mut Vec<(u128, Option<u32>)>, first: u128, member: Option<u32>) {
    match stretches.last_mut() {
        Some(last) if last.0 == first => last.1 = member,
        _ => stretches.push((first, member)),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn prefix(net: IpNet) -> u8 {
    net.prefix_len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Set;

    fn set(members: &[&str]) -> Set {
        let members = members.iter().map(|text| {
            let (nomatch, net) = text.strip_prefix('!').map_or((false, *text), |net| (true, net));
            Member { net: net.parse().unwrap(), nomatch, span: None }
        });
        let members: Vec<_> = members.collect();
        let family = if members[0].net.addr().is_ipv4() { Family::V4 } else { Family::V6 };
        Set { family, size: 64, members, span: None }
    }

    /// What the kernel does: prefix by prefix, the narrowest first.
    fn slowly(set: &Set, address: IpAddr) -> Option<u32> {
        let holding = set.members.iter().zip(0..).filter(|(member, _)| member.net.contains(&address));
        holding.max_by_key(|(member, _)| member.net.prefix_len()).map(|(_, index)| index)
    }

    #[test]
    fn the_narrowest_network_decides() {
        for (members, addresses) in [
            (
                &[
                    "10.0.0.0/8",
                    "!10.1.0.0/16",
                    "10.1.2.0/24",
                    "10.1.2.3/32",
                    "255.255.255.255/32",
                    "0.0.0.0/32",
                    "10.1.3.0/24",
                ][..],
                &[
                    "9.255.255.255",
                    "10.0.0.0",
                    "10.1.0.0",
                    "10.1.2.2",
                    "10.1.2.3",
                    "10.1.2.4",
                    "10.1.3.0",
                    "10.1.3.255",
                    "10.1.4.0",
                    "10.2.0.0",
                    "10.255.255.255",
                    "11.0.0.0",
                    "0.0.0.0",
                    "0.0.0.1",
                    "255.255.255.254",
                    "255.255.255.255",
                ][..],
            ),
            (
                &["2001:db8::/32", "!2001:db8:1::/48", "::/1", "ffff::/16", "2001:db8:1::1/128"][..],
                &[
                    "2001:db7:ffff::",
                    "2001:db8::",
                    "2001:db8:1::",
                    "2001:db8:1::1",
                    "2001:db8:1::2",
                    "2001:db8:2::",
                    "::",
                    "7fff::",
                    "8000::",
                    "fffe::",
                    "ffff::",
                    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                ][..],
            ),
        ] {
            let set = set(members);
            let index = SetIndex::new(set.family, &set.members);
            for address in addresses {
                let address = address.parse().unwrap();
                assert_eq!(index.find(address), slowly(&set, address), "{address}");
            }
        }
    }

    #[test]
    fn families_are_apart() {
        let index = SetIndex::new(Family::V4, &set(&["0.0.0.0/1", "128.0.0.0/1"]).members);
        assert_eq!(index.find("200.0.0.1".parse().unwrap()), Some(1));
        assert_eq!(index.find("::1".parse().unwrap()), None);
        assert_eq!(SetIndex::default().find("::1".parse().unwrap()), None);
    }
}
