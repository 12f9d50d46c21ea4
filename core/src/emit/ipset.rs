//! Lines for `ipset restore` (spec 06 section 1).

use super::write::{self, Out};
use crate::Family;
use crate::ir::{Member, Set, SetName};

pub(super) fn create(out: &mut Out, name: SetName, set: &Set) {
    out.push_str("create ");
    out.push_bytes(name.as_bytes());
    out.push_str(match set.family {
        Family::V4 => " hash:net family inet hashsize ",
        Family::V6 => " hash:net family inet6 hashsize ",
    });
    write::number(out, set.size);
    out.push_str(" maxelem ");
    write::number(out, set.size);
    out.push_str(" bucketsize 12");
}

pub(super) fn add(out: &mut Out, name: SetName, member: &Member) {
    out.push_str("add ");
    out.push_bytes(name.as_bytes());
    out.push(b' ');
    write::net(out, member.net);
    if member.nomatch {
        out.push_str(" nomatch");
    }
}
