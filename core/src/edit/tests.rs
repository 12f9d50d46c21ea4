use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::datacenter::Datacenter;
use crate::diag::codes;
use crate::facts::Facts;
use crate::lang::symbols::SymbolKind;
use crate::syntax::OptionName;

pub(super) const CLUSTER: &str = "firewall/cluster.fw";
pub(super) const GUEST: &str = "firewall/100.fw";

pub(super) fn editor(files: &[(&str, &str)]) -> Editor {
    let mut datacenter = Datacenter::new();
    for (path, text) in files {
        datacenter.add(path, *text).unwrap();
    }
    Editor::new(datacenter, Facts::default())
}

fn text(editor: &Editor, path: &str) -> String {
    String::from_utf8(editor.text(path).unwrap()).unwrap()
}

#[test]
fn one_part_of_a_rule_changes_and_the_rest_stays() {
    for (line, field, value, wanted) in [
        ("IN ACCEPT", Field::Comment, Some("x"), "IN ACCEPT # x"),
        ("|in  ACCEPT -p tcp   # a", Field::Comment, Some("b"), "|in  ACCEPT -p tcp   # b"),
        ("IN ACCEPT -p tcp #a", Field::Comment, None, "IN ACCEPT -p tcp"),
        (
            "IN ACCEPT -p tcp  -dport 22 # a",
            Field::Option(OptionName::DestinationPort),
            None,
            "IN ACCEPT -p tcp # a",
        ),
        ("IN ACCEPT -source 10.0.0.1 -source 10.0.0.2", Field::Option(OptionName::Source), None, "IN ACCEPT"),
        ("IN SSH(ACCEPT) -log info", Field::Macro, None, "IN ACCEPT -log info"),
        ("IN ACCEPT -log info", Field::Macro, Some("ssh"), "IN ssh(ACCEPT) -log info"),
        ("in SSH(ACCEPT)", Field::Action, Some("DROP"), "in SSH(DROP)"),
        ("in SSH(ACCEPT)", Field::Direction, Some("OUT"), "OUT SSH(ACCEPT)"),
        ("GROUP web -i net0", Field::Group, Some("shop"), "GROUP shop -i net0"),
    ] {
        let mut rule = RuleLine::parse(line).unwrap();
        rule.set(field, value).unwrap();
        assert_eq!(core::str::from_utf8(rule.text()).unwrap(), wanted, "{line} {field:?}");
    }
}

#[test]
fn what_a_rule_would_not_be_read_as_is_refused() {
    for (line, field, value) in [
        ("IN ACCEPT -p tcp", Field::Option(OptionName::DestinationPort), Some("22 -log info")),
        ("IN ACCEPT -p tcp", Field::Option(OptionName::DestinationPort), Some("22#")),
        ("IN ACCEPT -p tcp", Field::Option(OptionName::DestinationPort), Some("70000")),
        ("IN ACCEPT", Field::Comment, Some("a\nIN ACCEPT")),
        ("IN ACCEPT", Field::Macro, Some("SSH(ACCEPT) -p")),
        ("IN ACCEPT", Field::Action, Some("allow")),
        ("IN ACCEPT", Field::Action, None),
        ("GROUP web", Field::Action, Some("ACCEPT")),
        ("IN ACCEPT -p tcp -dport 22", Field::Option(OptionName::Protocol), None),
    ] {
        let mut rule = RuleLine::parse(line).unwrap();
        assert!(rule.set(field, value).is_err(), "{line} {field:?} {value:?}");
        assert_eq!(rule.text(), line.as_bytes());
    }
}

#[test]
fn sections_are_made_where_proxmox_writes_them() {
    let mut editor = editor(&[(CLUSTER, "# ours\n\n# who may come in\n[RULES]\n\nIN ACCEPT")]);
    editor.set_alias(CLUSTER, "srv", "10.0.0.1").unwrap();
    editor.add_named(CLUSTER, Named::Group, "Web", Some("all shops")).unwrap();
    editor.insert_rule(CLUSTER, Some("web"), 9, "IN HTTP(ACCEPT)").unwrap();
    editor.add_named(CLUSTER, Named::Set, "office", None).unwrap();
    editor.set_option(CLUSTER, "enable", Some("1")).unwrap();
    editor.insert_rule(CLUSTER, None, 9, "IN DROP -source +office").unwrap();
    assert_eq!(
        text(&editor, CLUSTER),
        "# ours\n\n[OPTIONS]\n\nenable: 1\n\n[ALIASES]\n\nsrv 10.0.0.1\n\n[IPSET office]\n\n\n# who may come in\n[RULES]\n\n\
         IN ACCEPT\nIN DROP -source +office\n\n[group web] # all shops\n\nIN HTTP(ACCEPT)\n"
    );
}

#[test]
fn lines_end_as_they_do_in_the_file() {
    let mut editor = editor(&[(GUEST, "[RULES]\r\nIN ACCEPT\r\n")]);
    editor.insert_rule(GUEST, None, 0, "IN DROP").unwrap();
    let id = editor.rules(GUEST, None).unwrap()[1];
    editor.set_rule(GUEST, id, Field::Comment, Some("x")).unwrap();
    assert_eq!(text(&editor, GUEST), "[RULES]\r\nIN DROP\r\nIN ACCEPT # x\r\n");
}

#[test]
fn a_rule_stays_the_same_wherever_it_goes() {
    let mut editor = editor(&[(GUEST, "[RULES]\nIN SSH(ACCEPT)\n# web\nIN HTTP(ACCEPT)\nIN DROP")]);
    let ids: Vec<LineId> = editor.rules(GUEST, None).unwrap();
    editor.move_rule(GUEST, None, ids[0], 9).unwrap();
    assert_eq!(text(&editor, GUEST), "[RULES]\n# web\nIN HTTP(ACCEPT)\nIN DROP\nIN SSH(ACCEPT)\n");
    editor.move_rule(GUEST, None, ids[2], 0).unwrap();
    editor.remove_rule(GUEST, ids[1]).unwrap();
    editor.switch_rule(GUEST, ids[0], Switch::Off).unwrap();
    assert_eq!(text(&editor, GUEST), "[RULES]\n# web\nIN DROP\n|IN SSH(ACCEPT)\n");
    assert_eq!(editor.line_number(GUEST, ids[0]), Some(4));
    assert_eq!(editor.remove_rule(GUEST, ids[1]).unwrap_err().reason, Reason::Missing);
}

#[test]
fn a_faulty_line_is_an_error_and_changes_nothing() {
    let before = "[ALIASES]\n\nsrv 10.0.0.1\nbad 1.2.3\n\n[RULES]\n\nIN ACCEPT -source +nowhere\n";
    let mut editor = editor(&[(CLUSTER, before)]);
    let refused = |code, done: Result<(), EditError>| {
        assert_eq!(done.unwrap_err().reason, Reason::Faulty(code));
    };
    refused(codes::UNKNOWN_MACRO, editor.insert_rule(CLUSTER, None, 0, "IN HTPS(ACCEPT)").map(drop));
    refused(codes::UNKNOWN_SET, editor.insert_rule(CLUSTER, None, 0, "IN ACCEPT -source +no").map(drop));
    refused(
        codes::MIXED_FAMILIES,
        editor.insert_rule(CLUSTER, None, 0, "IN ACCEPT -source srv -dest ::1").map(drop),
    );
    refused(codes::BAD_VALUE, editor.set_option(CLUSTER, "policy_in", Some("MAYBE")));
    refused(codes::UNKNOWN_OPTION, editor.set_option(CLUSTER, "polcy_in", Some("DROP")));
    refused(codes::BAD_ADDRESS, editor.set_alias(CLUSTER, "x1", "10.0.0.300"));
    assert!(editor.set_option(GUEST, "[RULES]\nIN ACCEPT\n# x", Some("1")).is_err());
    assert!(editor.set_option(GUEST, "# x", Some("1")).is_err());
    assert_eq!(text(&editor, CLUSTER), before);
    assert!(editor.changed().is_empty());
}

#[test]
fn a_guest_knows_the_names_of_the_cluster() {
    let mut editor = editor(&[(CLUSTER, "[ALIASES]\nsrv 10.0.0.1\n"), (GUEST, "[RULES]\n")]);
    editor.insert_rule(GUEST, None, 0, "IN ACCEPT -source dc/srv").unwrap();
    assert!(editor.insert_rule(GUEST, None, 0, "IN ACCEPT -source other").is_err());
    editor.set_alias(CLUSTER, "other", "10.0.0.2").unwrap();
    editor.insert_rule(GUEST, None, 0, "IN ACCEPT -source other").unwrap();
    assert_eq!(text(&editor, GUEST), "[RULES]\nIN ACCEPT -source other\nIN ACCEPT -source dc/srv\n");
}

#[test]
fn of_a_set_only_what_differs_is_written() {
    let before = "[IPSET office] # us\n\n# first floor\n10.0.0.0/8 # a\n!10.1.0.1\n172.16.0.1/32\n[RULES]\n";
    let mut editor = editor(&[(CLUSTER, before)]);
    let entry = |value: &str, nomatch| Entry { value: value.into(), nomatch, comment: None };
    let wanted = [
        entry("172.16.0.1", false),
        entry("10.0.0.0/8", false),
        entry("::1/128", false),
        entry("10.1.0.9/16", true),
    ];
    assert_eq!(editor.replace_members(CLUSTER, "office", &wanted).unwrap(), (2, 1));
    assert_eq!(
        text(&editor, CLUSTER),
        "[IPSET office] # us\n\n# first floor\n10.0.0.0/8 # a\n172.16.0.1/32\n::1\n!10.1.0.0/16\n[RULES]\n"
    );
    assert_eq!(editor.replace_members(CLUSTER, "office", &wanted).unwrap(), (0, 0));
    assert!(editor.add_member(CLUSTER, "office", &entry("10.0.0.0/8", true)).is_err());
    assert!(editor.add_member(CLUSTER, "office", &entry("10.0.0.0/0", false)).is_err());
    assert!(editor.replace_members(CLUSTER, "office", &[entry("10.0.0.1\n[RULES]", false)]).is_err());
    assert!(editor.remove_member(CLUSTER, "office", "172.16.0.1").unwrap());
    assert!(editor.remove_named(CLUSTER, Named::Set, "office").is_err());
    editor.remove_named_with_lines(CLUSTER, Named::Set, "OFFICE").unwrap();
    assert_eq!(text(&editor, CLUSTER), "# first floor\n\n[RULES]\n");
}

#[test]
fn a_name_changes_everywhere_it_is_meant() {
    let cluster = "[ALIASES]\nSrv 10.0.0.1 # srv\n[IPSET web]\nsrv\ndc/srv\n[RULES]\n|IN ACCEPT -source SRV -dest +web\n";
    let guest = "[ALIASES]\nother 10.0.0.2\n[RULES]\nIN ACCEPT -source dc/srv -dest other\n";
    let own = "[ALIASES]\nsrv 10.0.0.3\n[RULES]\nIN ACCEPT -source srv -dest dc/srv\n";
    let mut editor = editor(&[(CLUSTER, cluster), (GUEST, guest), ("firewall/101.fw", own)]);
    assert_eq!(editor.rename(CLUSTER, SymbolKind::Alias, "srv", "web-1").unwrap(), 6);
    assert_eq!(
        text(&editor, CLUSTER),
        "[ALIASES]\nweb-1 10.0.0.1 # srv\n[IPSET web]\nweb-1\ndc/web-1\n[RULES]\n|IN ACCEPT -source web-1 -dest +web\n"
    );
    assert_eq!(text(&editor, "firewall/101.fw"), own.replace("dc/srv", "dc/web-1"));
    // The guest has an alias of its own of this name: what refers to the cluster's would then mean that.
    assert!(editor.rename(CLUSTER, SymbolKind::Alias, "web-1", "Other").is_ok());
    assert!(editor.rename(CLUSTER, SymbolKind::Alias, "other", "web-1").is_ok());
    editor.insert_rule("firewall/101.fw", None, 0, "IN ACCEPT -source web-1").unwrap();
    assert!(editor.rename(CLUSTER, SymbolKind::Alias, "web-1", "srv").is_err());
    assert_eq!(editor.rename(CLUSTER, SymbolKind::Set, "web", "Shop").unwrap(), 2);
    assert!(text(&editor, CLUSTER).contains("[IPSET shop]") && text(&editor, CLUSTER).contains("+shop"));
    assert_eq!(editor.rename(CLUSTER, SymbolKind::Group, "none", "x1").unwrap_err().reason, Reason::Missing);
}
