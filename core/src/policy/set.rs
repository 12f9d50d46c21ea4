//! Sets with aliases resolved.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use ipnet::IpNet;

use super::{Owner, Place, Resolver};
use crate::config::{self, MemberValue};
use crate::diag::{Diagnostic, codes};
use crate::ir::Addresses;
use crate::text::{ByName, Span};

/// A set before it is split by family.
#[derive(Clone, Debug)]
pub struct Set {
    /// Whose it is.
    pub owner: Owner,
    /// Its name in lower case (that of SDN sets as it is).
    pub name: alloc::string::String,
    /// The name in its header.
    pub span: Option<Span>,
    /// The valid members in file order.
    pub entries: Vec<Entry>,
    /// Lines, valid or not: the size is made from it (spec 06 section 4).
    pub lines: usize,
}

/// A member of a set.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The network, host bits cleared.
    pub net: IpNet,
    /// Whether it is an exception.
    pub nomatch: bool,
    /// Its line.
    pub span: Option<Span>,
}

impl Resolver<'_, '_> {
    /// Resolves one section. Faulty members are reported and left out.
    pub fn resolve_set(&mut self, set: &config::Set) -> Set {
        let owner = match self.place {
            Place::Guest(_, owner) => owner,
            Place::Cluster | Place::Host | Place::Vnet => Owner::Datacenter,
        };
        let mut seen: ByName<'_, (bool, Span)> = ByName::default();
        let mut networks = Networks::default();
        let mut entries = Vec::with_capacity(set.members.len());
        for member in &set.members {
            if let MemberValue::Faulty = member.value {
                continue;
            }
            let text = normalized(self.text(member.span));
            if let Some((nomatch, first)) = seen.get(text).copied() {
                self.duplicate(member, nomatch, first);
                continue;
            }
            seen.insert(text, (member.nomatch, member.span));
            if let Some(net) = self.member_net(member) {
                let net = net.trunc();
                let earlier = networks.last(&entries, net);
                if let Some(Entry { nomatch, span: Some(span), .. }) = earlier
                    && *nomatch != member.nomatch
                {
                    self.same_network(member, net, *nomatch, *span);
                }
                entries.push(Entry { net, nomatch: member.nomatch, span: Some(member.span) });
            }
        }
        let lines = set.members.len() + set.faulty_lines;
        Set { owner, name: set.name.clone(), span: Some(set.span), entries, lines }
    }

    fn member_net(&mut self, member: &config::Member) -> Option<IpNet> {
        let reference = match &member.value {
            MemberValue::Net(net) => return Some(*net),
            MemberValue::Alias(reference) => *reference,
            MemberValue::Faulty => return None,
        };
        let hit = self.alias(reference, member.span, "the member")?;
        let Addresses::Net(net) = hit.value.value.value() else { return None };
        if net.prefix_len() == 0 {
            self.sink.push(
                Diagnostic::new(codes::ZERO_PREFIX, member.span, format!("a set can't contain `{net}`"))
                    .label("left out")
                    .secondary(hit.value.span, "the alias is defined here")
                    .note("the kernel takes no prefix 0; two networks with prefix 1 cover everything"),
            );
            return None;
        }
        Some(*net)
    }

    /// Two spellings of one network, once with and once without `!`.
    fn same_network(&mut self, member: &config::Member, net: IpNet, nomatch: bool, earlier: Span) {
        let mut diagnostic = Diagnostic::new(
            codes::CONTRADICTING_MEMBER,
            member.span,
            format!("`{net}` stands in this set both with and without `!`"),
        );
        // COMPAT: of equal networks the last one is loaded.
        diagnostic.severity = crate::diag::Severity::Warning;
        let was = if nomatch { "an exception before" } else { "a member before" };
        self.sink.push(diagnostic.label("this line counts").secondary(earlier, was));
    }

    fn duplicate(&mut self, member: &config::Member, first_nomatch: bool, first: Span) {
        let text = self.text(member.span);
        let code = if member.nomatch == first_nomatch {
            codes::DUPLICATE_MEMBER
        } else {
            codes::CONTRADICTING_MEMBER
        };
        self.sink.push_with(member.span.file, code.severity(), || {
            let message = if code == codes::DUPLICATE_MEMBER {
                format!("`{text}` stands in this set already")
            } else {
                format!("`{text}` stands in this set both with and without `!`")
            };
            Diagnostic::new(code, member.span, message)
                .label("left out")
                .secondary(first, "this line counts".to_string())
        });
    }
}

/// Where in the entries of a set each network was last.
#[derive(Default)]
struct Networks {
    /// Empty as long as there are few entries.
    places: BTreeMap<IpNet, u32>,
}

impl Networks {
    /// So many entries are looked through faster than anything else.
    const FEW: usize = 16;

    /// The last entry of a network, to which another one is to be added now.
    fn last<'e>(&mut self, entries: &'e [Entry], net: IpNet) -> Option<&'e Entry> {
        if entries.len() < Self::FEW {
            return entries.iter().rfind(|entry| entry.net == net);
        }
        if self.places.is_empty() {
            self.places.extend(entries.iter().map(|entry| entry.net).zip(0..));
        }
        let at = self.places.insert(net, u32::try_from(entries.len()).unwrap_or(u32::MAX))?;
        entries.get(at as usize)
    }
}

/// The text by which members are the same: without a prefix of all bits.
fn normalized(text: &str) -> &str {
    let v6 = text.as_bytes().contains(&b':');
    text.strip_suffix(if v6 { "/128" } else { "/32" }).unwrap_or(text)
}
