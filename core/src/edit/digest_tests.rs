//! Digests, against those that `sha1sum` makes of the fields.

use super::tests::{CLUSTER, GUEST, editor};
use super::*;
use crate::syntax::OptionName;

const NOTHING: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

#[test]
fn options_count_in_order_of_their_names_and_as_they_are_stored() {
    let text = "[OPTIONS]\npolicy_out: ACCEPT\nPolicy_In: drop\npolicy_in: MAYBE\nenable:  1\nunknown: 1\n";
    let digest = editor(&[(CLUSTER, text)]).digest(CLUSTER, Digested::Options).unwrap();
    assert_eq!(digest, "0259cbbd852af73c063c4eb525b1e69c722f29fa");
    assert_eq!(editor(&[]).digest(GUEST, Digested::Options).unwrap(), NOTHING);
}

#[test]
fn rules_count_by_their_fields_in_order() {
    let cluster = "[ALIASES]\nsrv 10.0.0.1\n[group web]\nin ssh(ACCEPT) -source +management # ops\n";
    let guest = "[ALIASES]\nSrv 2001:db8::1\n\n[RULES]\n\nIN  SSH(ACCEPT) -source +management #ops\n# by itself\n\
                 |OUT DROP -proto icmp -icmp-type echo-request\n\
                 in ACCEPT -log nolog -dport 22 -dport 80,443 -p tcp -source srv\n\
                 IN ACCEPT -p  tcp\nIN ACCEPT -log loud\nGROUP web -p tcp\n\
                 IN ACCEPT -p icmp -source srv\n\
                 GROUP web -i net0 #\nIN ACCEPT -dest 10.0.0.0/8,192.0.2.1 # Grüße # 1\n";
    let mut editor = editor(&[(CLUSTER, cluster), (GUEST, guest)]);
    let digest = editor.digest(GUEST, Digested::Rules(None)).unwrap();
    assert_eq!(digest, "27c4b6620ae423d52d290aa8e349d7e3e66e3935");
    assert_eq!(editor.digest(CLUSTER, Digested::Rules(None)).unwrap(), NOTHING);
    assert_eq!(editor.digest(CLUSTER, Digested::Rules(Some("none"))).unwrap_err().reason, Reason::Missing);
}

#[test]
fn the_family_of_a_rule_is_known_where_its_alias_is() {
    let cluster = "[ALIASES]\nsrv 10.0.0.1\n[group web]\nIN ACCEPT -source late\nIN ssh(ACCEPT) -source srv\n\
                   [ALIASES]\nlate 10.0.0.2\n";
    let guest = "[RULES]\nIN ACCEPT -source dc/srv\n[ALIASES]\nsrv ::1\n";
    let mut editor = editor(&[(CLUSTER, cluster), (GUEST, guest)]);
    let of_group = editor.digest(CLUSTER, Digested::Rules(Some("WEB"))).unwrap();
    assert_eq!(of_group, "19608bd5d4def3960545671bf0071d32ab7840fd");
    let of_guest = editor.digest(GUEST, Digested::Rules(None)).unwrap();
    assert_eq!(of_guest, "edb7bbb1c2abd0dbefb22177215310765011715d");
}

#[test]
fn faulty_rules_count_too() {
    let text = "[RULES]\nSIDEWAYS ACCEPT\nIN\nIN ACCEPT -source 10.0.0.5/24\n";
    let digest = editor(&[(GUEST, text)]).digest(GUEST, Digested::Rules(None)).unwrap();
    assert_eq!(digest, "cea8fd04eb40931a25660c3bf9e2c79df91ce20c");
}

#[test]
fn definitions_count_by_name_and_members_in_order() {
    let text = "[ALIASES]\nzoo 2001:db8::/32\nsrv 10.9.9.9\nSrv 10.0.0.1/32 # one\nbad 10.0.0.300\n\
                [IPSET office] # us\n10.0.0.0/8 #ours\n! 10.1.0.1/32\ndc/srv\n[IPSET alpha]\n\
                [group Web] # all shops\nIN ACCEPT\n";
    let mut editor = editor(&[(CLUSTER, text)]);
    for (of, digest) in [
        (Digested::Aliases, "33aa7622b3c308930ed8fccf8c6c49d0067e037a"),
        (Digested::Members("Office"), "40b0f2aa95c0bb5316a38417635843d47a893283"),
        (Digested::Members("alpha"), NOTHING),
        (Digested::Names(Named::Set), "f4f69e52f29ef0dfe83f7da647464cafac61709f"),
        (Digested::Names(Named::Group), "492b7f3a66ee12b34d318c875f88869854643cc9"),
    ] {
        assert_eq!(editor.digest(CLUSTER, of).unwrap(), digest, "{of:?}");
    }
}

#[test]
fn a_digest_tells_what_has_changed_from_what_has_not() {
    let mut editor = editor(&[(GUEST, "[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT # a\nIN DROP\n")]);
    let rules = Digested::Rules(None);
    let seen = editor.digest(GUEST, rules).unwrap();
    editor.set_option(GUEST, "enable", Some("0")).unwrap();
    editor.check_digest(GUEST, rules, &seen.to_ascii_uppercase()).unwrap();
    let id = editor.rules(GUEST, None).unwrap()[0];
    editor.set_rule(GUEST, id, Field::Option(OptionName::Source), Some("10.0.0.1")).unwrap();
    let error = editor.check_digest(GUEST, rules, &seen).unwrap_err();
    assert_eq!(error.reason, Reason::Changed);
    assert!(
        error.message.starts_with("the rules of `firewall/100.fw` are not those that were seen"),
        "{error}"
    );
    assert_eq!(editor.check_digest(GUEST, rules, "latest").unwrap_err().reason, Reason::Refused);
}
