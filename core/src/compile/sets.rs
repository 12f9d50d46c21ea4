//! Sets by family, with what is added to them (spec 06).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use ipnet::IpNet;

use super::{Compiler, Guest, on};
use crate::Family;
use crate::config::nic::Nic;
use crate::diag::{Diagnostic, codes};
use crate::emit;
use crate::ir::{Member, Set, SetName};
use crate::policy::{self, Entry, Owner};
use crate::text::Span;

/// Least size of a set.
const LEAST_SIZE: usize = 64;

/// What one pair of kernel sets is made of.
struct Source<'s> {
    owner: Owner,
    name: &'s str,
    span: Option<Span>,
    entries: Cow<'s, [Entry]>,
    /// Lines, valid or not, and additions.
    lines: usize,
}

/// A kernel set.
pub(super) struct Made {
    name: SetName,
    set: Set,
    /// Where it comes from. Sets come in pairs, so that of IPv4 is enough.
    place: Option<Place>,
}

/// Where a pair of sets comes from.
struct Place {
    owner: Owner,
    name: String,
    span: Option<Span>,
}

impl Compiler<'_> {
    pub(super) fn guest_sets(&mut self, guest: &Guest<'_>) {
        let owner = Owner::Guest(guest.vmid);
        for set in guest.sets {
            let nic = guest.nics.iter().find(|nic| nic.firewall && nic.filter_set() == set.name);
            let mut entries = Cow::from(&set.entries);
            let more = nic.map(own_addresses).unwrap_or_default();
            let lines = set.lines + more.len();
            if !more.is_empty() {
                entries.to_mut().extend(more);
            }
            self.add_set(&Source { owner, name: &set.name, span: set.span, entries, lines });
        }
        if on(guest.options.ipfilter.as_ref(), false) {
            for nic in guest.nics.iter().filter(|nic| nic.firewall) {
                let name = nic.filter_set();
                if guest.sets.iter().all(|set| set.name != name) {
                    let entries = Cow::from(own_addresses(nic));
                    let lines = entries.len();
                    self.add_set(&Source { owner, name, span: None, entries, lines });
                }
            }
        }
    }

    /// The cluster's sets, `management` (always), and those of the software-defined network.
    pub(super) fn cluster_sets(&mut self) {
        let owner = Owner::Datacenter;
        let local = self.node.local_network.net().trunc();
        let mut management = None;
        for set in self.node.sets {
            if set.name == "management" {
                management = Some(set);
            } else {
                self.add_set(&Source {
                    owner,
                    name: &set.name,
                    span: set.span,
                    entries: Cow::from(&set.entries),
                    lines: set.lines,
                });
            }
        }
        let mut entries = management.map(|set| Cow::from(&set.entries)).unwrap_or_default();
        if local.prefix_len() > 0 {
            entries.to_mut().push(Entry { net: local, nomatch: false, span: self.node.local_network_span });
        }
        // COMPAT: the node's network is appended once by each of two steps (spec 06 section 4).
        let lines = management.map_or(0, |set| set.lines) + 2;
        let span = management.and_then(|set| set.span);
        self.add_set(&Source { owner, name: "management", span, entries, lines });
        for (name, members) in &self.node.facts.sdn.ipset {
            let valid = members.iter().filter(|member| member.cidr.net().prefix_len() > 0);
            let entry = |member: &crate::facts::SdnMember| Entry {
                net: member.cidr.net().trunc(),
                nomatch: member.nomatch,
                span: None,
            };
            let entries = valid.map(entry).collect();
            self.add_set(&Source { owner, name, span: None, entries, lines: members.len() });
        }
    }

    fn add_set(&mut self, source: &Source<'_>) {
        let size = u32::try_from(source.lines.max(LEAST_SIZE).next_power_of_two()).unwrap_or(1 << 31);
        for family in Family::BOTH {
            let name = policy::set_name(source.owner, source.name, family);
            let members = self.ordered.members(&source.entries, family);
            let place = || Place { owner: source.owner, name: source.name.to_string(), span: source.span };
            let place = (family == Family::V4).then(place);
            self.sets.push(Made { name, set: Set { family, size, members, span: source.span }, place });
        }
    }

    /// Puts the sets in order and notices those that take the place of others.
    pub(super) fn finish_sets(&mut self) {
        let mut sets = core::mem::take(&mut self.sets);
        sets.sort_by_key(|made| made.name);
        for (earlier, later) in sets.iter().zip(sets.iter().skip(1)) {
            // Sets of the same name in the cluster file and the SDN are reported where the file is checked.
            if earlier.name == later.name
                && let (Some(other), Some(place)) = (&earlier.place, &later.place)
                && (other.owner, &other.name) != (place.owner, &place.name)
                && let Some(diagnostic) = collision(place, other)
            {
                self.sink.push(diagnostic);
            }
        }
        self.ruleset.sets = sets.into_iter().map(|made| (made.name, made.set)).collect();
    }
}

/// Two sets whose names have the same digest (Q38).
fn collision(place: &Place, other: &Place) -> Option<Diagnostic> {
    let whose = |owner: Owner| match owner {
        Owner::Datacenter => String::from("the datacenter"),
        Owner::Guest(vmid) => alloc::format!("guest {vmid}"),
    };
    let message = alloc::format!(
        "set `{}` of {} has the same kernel name as set `{}` of {}",
        other.name,
        whose(other.owner),
        place.name,
        whose(place.owner)
    );
    let mut diagnostic = Diagnostic::new(codes::SET_COLLISION, other.span.or(place.span)?, message)
        .label("the later set takes the place of the earlier");
    if let (Some(_), Some(second)) = (other.span, place.span) {
        diagnostic = diagnostic.secondary(second, "the other set");
    }
    Some(diagnostic.note("rename one of them"))
}

/// Addresses that a device has by itself: its link-local one and, for containers, the configured ones.
fn own_addresses(nic: &Nic) -> Vec<Entry> {
    let entry = |net: IpNet, nomatch| Entry { net, nomatch, span: Some(nic.span) };
    let mut entries = Vec::with_capacity(4);
    if let Some(mac) = &nic.mac {
        entries.push(entry(IpNet::from(core::net::IpAddr::V6(mac.value().link_local())), false));
    }
    let link_local = ipnet::Ipv6Net::new_assert(core::net::Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10);
    entries.push(entry(IpNet::V6(link_local), true));
    entries.extend(nic.ip.map(|ip| entry(IpNet::from(core::net::IpAddr::V4(ip)), false)));
    entries.extend(nic.ip6.map(|ip| entry(IpNet::from(core::net::IpAddr::V6(ip)), false)));
    entries
}

/// Where members are put in order; used again for every set.
#[derive(Default)]
pub(super) struct Ordered {
    /// The texts of members, one behind the other.
    texts: emit::Out,
    /// Where the text of each member stands.
    members: Vec<(Range<usize>, Member)>,
}

impl Ordered {
    /// The members of one family in string order; of equal ones the last counts.
    fn members(&mut self, entries: &[Entry], family: Family) -> Vec<Member> {
        self.texts.clear();
        for entry in entries.iter().filter(|entry| entry.net.addr().is_ipv4() == (family == Family::V4)) {
            let start = self.texts.as_bytes().len();
            emit::net(&mut self.texts, entry.net);
            let member = Member { net: entry.net, nomatch: entry.nomatch, span: entry.span };
            self.members.push((start..self.texts.as_bytes().len(), member));
        }
        self.members.sort_by_key(|(place, _)| self.texts.as_bytes().get(place.clone()));
        let mut members: Vec<Member> = Vec::with_capacity(self.members.len());
        for (_, member) in self.members.drain(..) {
            match members.last_mut() {
                Some(last) if last.net == member.net => *last = member,
                _ => members.push(member),
            }
        }
        members
    }
}
