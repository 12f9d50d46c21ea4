use super::*;
use crate::host::load::Texts;

fn rules(iptables: &str, ipset: &str, ebtables: &str) -> Rules {
    Rules::of(&Texts { ipset, iptables, ip6tables: "", ebtables })
}

fn planned(have: &Rules, want: &Rules) -> Plan {
    let kernel = Kernel { rules: have.clone(), bridge: String::new() };
    let none = Suspects::new();
    Plan::new(&kernel, Wanted { rules: want, compare: Compare::Signatures(&none) }, BridgeLoading::Chains)
}

fn chain(name: &str, rule: &str, signature: &str) -> String {
    format!("-A {name} {rule}\n-A {name} -m comment --comment \"PVESIG:{signature}\"\n")
}

#[test]
fn only_what_changes_is_sent() {
    let old = format!(
        "*filter\n:PVEFW-INPUT - [0:0]\n:PVEFW-old - [0:0]\n:PVEFW-x - [0:0]\n-A INPUT -j PVEFW-INPUT\n{}{}{}COMMIT\n",
        chain("PVEFW-INPUT", "-j PVEFW-x", "one"),
        chain("PVEFW-old", "-j DROP", "two"),
        chain("PVEFW-x", "-j DROP", "three"),
    );
    let new = format!(
        "*filter\n:PVEFW-INPUT - [0:0]\n:PVEFW-new - [0:0]\n:PVEFW-x - [0:0]\n-A INPUT -j PVEFW-INPUT\n\
         -A FORWARD -j PVEFW-new\n{}{}{}COMMIT\n",
        chain("PVEFW-INPUT", "-j PVEFW-x", "one"),
        chain("PVEFW-new", "-j DROP", "four"),
        chain("PVEFW-x", "-j ACCEPT", "five"),
    );
    let plan = planned(&rules(&old, "", ""), &rules(&new, "", ""));
    let [load] = plan.loads.as_slice() else { panic!("{plan:?}") };
    assert_eq!(
        load.text,
        "*filter\n:PVEFW-new - [0:0]\n:PVEFW-x - [0:0]\n:PVEFW-old - [0:0]\n-A FORWARD -j PVEFW-new\n\
         -A PVEFW-new -j DROP\n-A PVEFW-new -m comment --comment \"PVESIG:four\"\n\
         -A PVEFW-x -j ACCEPT\n-A PVEFW-x -m comment --comment \"PVESIG:five\"\n-X PVEFW-old\nCOMMIT\n"
    );
    assert!(planned(&rules(&new, "", ""), &rules(&new, "", "")).is_empty());
}

#[test]
fn a_suspect_is_sent_though_its_signature_agrees() {
    let text = format!("*raw\n:PVEFW-x - [0:0]\n{}COMMIT\n", chain("PVEFW-x", "-j DROP", "one"));
    let want = rules(&text, "", "");
    let kernel = Kernel { rules: want.clone(), bridge: String::new() };
    let suspects = Suspects::from([(TableId::Raw(Family::V4), "PVEFW-x".into())]);
    let compare = Compare::Signatures(&suspects);
    let plan = Plan::new(&kernel, Wanted { rules: &want, compare }, BridgeLoading::Chains);
    assert!(plan.loads[0].text.contains("-A PVEFW-x -j DROP"));
}

#[test]
fn a_hook_that_stands_there_twice_goes_once() {
    let twice = "*filter\n:PVEFW-INPUT - [0:0]\n-A INPUT -j PVEFW-INPUT\n-A INPUT -j PVEFW-INPUT\nCOMMIT\n";
    let once = "*filter\n:PVEFW-INPUT - [0:0]\n-A INPUT -j PVEFW-INPUT\nCOMMIT\n";
    let plan = planned(&rules(twice, "", ""), &rules(once, "", ""));
    assert_eq!(plan.loads[0].text, "*filter\n-D INPUT -j PVEFW-INPUT\nCOMMIT\n");
}

const V4: &str = "hash:net family inet hashsize 64 maxelem 64 bucketsize 12";

#[test]
fn sets_swap_behind_the_rules_of_their_family() {
    let old = format!("create PVEFW-0-a-v4 {V4}\nadd PVEFW-0-a-v4 10.0.0.0/8\ncreate PVEFW-0-gone-v4 {V4}\n");
    let new = format!("create PVEFW-0-a-v4 {V4}\ncreate PVEFW-0-b-v4 {V4}\n");
    let table = format!("*filter\n:PVEFW-x - [0:0]\n{}COMMIT\n", chain("PVEFW-x", "-j DROP", "one"));
    let plan = planned(&rules("", &old, ""), &rules(&table, &new, ""));
    let order: Vec<_> = plan.loads.iter().map(|load| (load.tool, load.kind)).collect();
    assert_eq!(
        order,
        [
            (Tool::Ipset, Kind::PrepareSets),
            (Tool::Iptables, Kind::Rules),
            (Tool::Ipset, Kind::SwapSets),
            (Tool::Ipset, Kind::RemoveSets),
        ]
    );
    assert_eq!(plan.loads[0].text, format!("create PVEFW-0-b-v4 {V4}\ncreate PVEFW-0-a-v4_swap {V4}\n"));
    assert_eq!(plan.loads[2].text, "swap PVEFW-0-a-v4_swap PVEFW-0-a-v4\n");
    assert_eq!(plan.loads[3].text, "destroy PVEFW-0-a-v4_swap\ndestroy PVEFW-0-gone-v4\n");
}

#[test]
fn what_a_killed_run_left_is_destroyed_once_and_first() {
    let old = format!("create PVEFW-0-a-v4 {V4}\ncreate PVEFW-0-a-v4_swap {V4}\n");
    let same = format!("create PVEFW-0-a-v4 {V4}\n");
    let plan = planned(&rules("", &old, ""), &rules("", &same, ""));
    assert_eq!(plan.loads.len(), 1);
    assert_eq!(plan.loads[0].text, "destroy PVEFW-0-a-v4_swap\n");
    assert_eq!(plan.sets.removed, ["PVEFW-0-a-v4_swap".into()]);
    let other = format!("create PVEFW-0-a-v4 {V4}\nadd PVEFW-0-a-v4 10.0.0.0/8\n");
    let plan = planned(&rules("", &old, ""), &rules("", &other, ""));
    assert_eq!(plan.loads[0].text.matches("destroy PVEFW-0-a-v4_swap").count(), 2);
    assert!(plan.loads[0].text.starts_with("destroy PVEFW-0-a-v4_swap\ncreate PVEFW-0-a-v4_swap"));
}

const BRIDGE: &str = "*filter\n:PVEFW-FORWARD ACCEPT\n-A PVEFW-FORWARD -p IPv4 -j ACCEPT\n\
                      -A PVEFW-FORWARD -s ! bc:24:11:0:1:0 -j DROP\n-A FORWARD -j PVEFW-FORWARD\n";

/// As ebtables-nft 1.8.9 prints it.
const PRINTED: &str = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT DROP\n:PVEFW-FORWARD ACCEPT\n:mine ACCEPT\n\
                       -A FORWARD -j mine\n-A FORWARD -j PVEFW-FORWARD\n-A PVEFW-FORWARD -p IPv4 -j ACCEPT\n\
                       -A PVEFW-FORWARD -s ! bc:24:11:00:01:00 -j DROP\n-A mine -p ARP -j ACCEPT\n";

#[test]
fn rules_of_the_bridge_are_told_by_their_meaning() {
    assert!(planned(&rules("", "", PRINTED), &rules("", "", BRIDGE)).is_empty());
    let other = BRIDGE.replace("bc:24:11:0:1:0", "bc:24:11:0:1:1");
    let plan = planned(&rules("", "", PRINTED), &rules("", "", &other));
    assert_eq!(
        plan.loads[0].text,
        "*filter\n:PVEFW-FORWARD ACCEPT\n-A PVEFW-FORWARD -p IPv4 -j ACCEPT\n\
         -A PVEFW-FORWARD -s ! bc:24:11:0:1:1 -j DROP\n"
    );
}

#[test]
fn a_whole_table_has_the_rules_of_others_as_they_were() {
    let kernel = Kernel { rules: rules("", "", PRINTED), bridge: PRINTED.into() };
    let none = Suspects::new();
    let whole = |want: &Rules| {
        let wanted = Wanted { rules: want, compare: Compare::Signatures(&none) };
        Plan::new(&kernel, wanted, BridgeLoading::WholeTable).loads.remove(0).text
    };
    let theirs = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT DROP\n:mine ACCEPT\n";
    assert_eq!(whole(&Rules::default()), format!("{theirs}-A FORWARD -j mine\n-A mine -p ARP -j ACCEPT\n"));
    let other = rules("", "", &BRIDGE.replace("-p IPv4 -j ACCEPT", "-p IPv6 -j ACCEPT"));
    assert_eq!(
        whole(&other),
        format!(
            "{theirs}:PVEFW-FORWARD ACCEPT\n-A PVEFW-FORWARD -p IPv6 -j ACCEPT\n\
             -A PVEFW-FORWARD -s ! bc:24:11:0:1:0 -j DROP\n-A FORWARD -j mine\n-A FORWARD -j PVEFW-FORWARD\n\
             -A mine -p ARP -j ACCEPT\n"
        )
    );
}
