//! Lines for `ipset restore` (spec 06 section 1).

use alloc::string::String;

use super::write;
use crate::Family;
use crate::ir::{Member, Set};

pub(super) fn create(out: &mut String, name: &str, set: &Set) {
    out.push_str("create ");
    out.push_str(name);
    out.push_str(match set.family {
        Family::V4 => " hash:net family inet hashsize ",
        Family::V6 => " hash:net family inet6 hashsize ",
    });
    write::number(out, set.size);
    out.push_str(" maxelem ");
    write::number(out, set.size);
    out.push_str(" bucketsize 12");
}

pub(super) fn add(out: &mut String, name: &str, member: &Member) {
    out.push_str("add ");
    out.push_str(name);
    out.push(' ');
    write::net(out, member.net);
    if member.nomatch {
        out.push_str(" nomatch");
    }
}
