use super::*;
use pvefw_core::datacenter::Inventory;
use pvefw_core::diag::Counts;
use pvefw_core::host::Refusal;

const IPSET: &str = "create PVEFW-0-office-v4 hash:net\nadd PVEFW-0-office-v4 192.0.2.0/24\nadd PVEFW-0-office-v4 198.51.100.7\n\
    create PVEFW-0-office-v6 hash:net\nadd PVEFW-0-office-v6 2001:db8::/64\ncreate PVEFW-65EC53D9 hash:net\n";
const IPTABLES: &str = "*filter\n:PVEFW-INPUT - [0:0]\n-A INPUT -j PVEFW-INPUT\n-A PVEFW-INPUT -j ACCEPT\nCOMMIT\n\
    *raw\n:PVEFW-PREROUTING - [0:0]\n-A PREROUTING -j PVEFW-PREROUTING\nCOMMIT\n";

fn texts() -> Texts<'static> {
    Texts { ipset: IPSET, iptables: IPTABLES, ip6tables: "", ebtables: "" }
}

fn show(compiled: &Compiled, have: &Loaded) -> String {
    let steps = [
        Step { tool: Tool::Ipset, took: Duration::from_millis(3) },
        Step { tool: Tool::Iptables, took: Duration::from_millis(1234) },
    ];
    let run = Run {
        compiled,
        subject: Subject::Example,
        versions: ["1.8.9 (nf_tables)", "7.17", "1.8.9 (nf_tables)"],
        kind: Kind::User,
        steps: &steps,
        have,
    };
    summary(Style::Plain, &run, &have.differences(&texts().count()))
}

fn compiled() -> Compiled {
    let guests = Inventory { vms: 1, containers: 0, filtered_nics: 2, open_nics: 1 };
    Compiled {
        counts: Counts { warnings: 1, ..Counts::default() },
        node: "pve1".to_owned(),
        guests,
        ..Compiled::default()
    }
}

#[test]
fn a_good_run_is_summed_up() {
    let expected = "\
Loaded into a throw-away network namespace, and read back
  ✓ ipset                3 sets         3 members               3 ms
  ✓ iptables  filter     1 chain        1 rule      1 hook     1.2 s
  ✓           raw        1 chain        0 rules     1 hook
  The kernel has exactly what was compiled

Sets, with IPv4 + IPv6 members
  0-office 2+1 · 65EC53D9 0

Protected 1 virtual machine and no containers with 2 NICs; 1 other NIC unfiltered
Found     no errors, 1 warning, no remarks
Tools     iptables 1.8.9 (nf_tables), ipset 7.17, ebtables 1.8.9 (nf_tables)
Namespace made without root, in a user namespace; ends with this process
Next      `pvefw check DIR` and `pvefw try DIR` do the same for your own files, laid out like /etc/pve
";
    assert_eq!(show(&compiled(), &texts().count()), expected);
}

#[test]
fn a_kernel_that_has_something_else_is_told_on() {
    let mut have = texts().count();
    have.ipset.remove("PVEFW-65EC53D9");
    let text = show(&compiled(), &have);
    assert!(text.contains("✗ ipset") && text.contains("✓ iptables"), "{text}");
    assert!(text.contains("ipset `PVEFW-65EC53D9` is missing"), "{text}");
}

#[test]
fn a_refusal_shows_the_line() {
    let refusal = Refusal {
        tool: "iptables-restore".to_owned(),
        status: "exit status: 2".to_owned(),
        stderr: vec!["iptables-restore v1.8.9 (legacy): unknown\toption".to_owned()],
        line: Some(4),
    };
    let failed = Failed { tool: Tool::Iptables, error: Error::Refused(refusal) };
    let expected = "\
✗ can't load the rules of iptables
  `iptables-restore` ended with exit status: 2 and said:
    iptables-restore v1.8.9 (legacy): unknown option

  It was given:
         2 :PVEFW-INPUT - [0:0]
         3 -A INPUT -j PVEFW-INPUT
  >      4 -A PVEFW-INPUT -j ACCEPT
";
    assert_eq!(super::refusal(Style::Plain, &failed, &texts()), expected);
}

#[test]
fn what_is_missing_is_said_with_the_way_out() {
    let missing = [host_error("iptables", "iptables"), host_error("ipset", "ipset")];
    assert_eq!(
        unusable(&Error::Missing(missing.into())),
        "error: not installed: iptables, ipset\nhelp: apt-get install iptables ipset"
    );
}

fn host_error(program: &'static str, package: &'static str) -> pvefw_core::host::error::Missing {
    pvefw_core::host::error::Missing { program, package }
}

#[test]
fn an_empty_ruleset_is_recognised() {
    assert!(is_empty(&Texts { ipset: "", iptables: "\n", ip6tables: "", ebtables: "" }));
    assert!(!is_empty(&texts()));
}
