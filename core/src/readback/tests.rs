use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::diag::Diagnostic;
use crate::emit;
use crate::ir::{self, ChainName, Match, Origin, Spelling, Target};

fn v4(text: &str) -> (Dump, Vec<Diagnostic>) {
    let mut files = Files::new();
    let saved = Saved { iptables: Some(files.add("iptables-save", text)), ..Saved::default() };
    let mut sink = Sink::new();
    let dump = read(&files, &saved, &mut sink);
    (dump, sink.into_sorted())
}

/// Ours as we would write it, the rest as it is held.
fn written(condition: &Condition) -> String {
    match condition {
        Condition::Known(test) => {
            line([test.clone()].to_vec(), Target::Accept).replace("-A c ", "").replace(" -j ACCEPT", "")
        }
        Condition::Foreign { negated, test } => format!("{}{test:?}", if *negated { "not " } else { "" }),
        Condition::Unknown(text) => format!("? {text}"),
    }
}

fn line(matches: Vec<Match>, target: Target) -> String {
    let origin = Origin::built_in(ir::BuiltIn::Standard);
    let rule = ir::Rule { matches: matches.into(), target, origin, extra_blank: Spelling(false) };
    emit::rule_line(ChainName::new("c").unwrap(), &rule)
}

fn done(action: &Action) -> String {
    match action {
        Action::Known(target) => line(Vec::new(), target.clone()).replace("-A c ", ""),
        other => format!("{other:?}"),
    }
}

/// What iptables 1.8.9 prints, the nft variant and the legacy one alike.
#[test]
fn rules_of_ours_and_of_others() {
    for (text, conditions, action) in RULES {
        let (dump, found) =
            v4(&format!("*filter\n:FORWARD ACCEPT [0:0]\n:mine - [0:0]\n-A FORWARD {text}\nCOMMIT\n"));
        assert_eq!(found, [], "{text}");
        let rules = &dump.v4[&TableName::Filter].chains["FORWARD"].rules;
        let [rule] = rules.as_slice() else { panic!("{text}: {rules:?}") };
        assert_eq!(rule.conditions.iter().map(written).collect::<Vec<_>>(), *conditions, "{text}");
        assert_eq!(done(&rule.action), *action, "{text}");
    }
}

/// A rule, what it wants, and what it does.
const RULES: &[(&str, &[&str], &str)] = &[
    (
        "-s 10.0.0.0/24 -d 10.0.0.0/8 -i fwln+ -p tcp -m tcp --dport 22 -j ACCEPT",
        &["-s 10.0.0.0/24", "-d 10.0.0.0/8", "-i fwln+", "-p tcp", "-m tcp --dport 22"],
        "-j ACCEPT",
    ),
    (
        "-s 10.0.0.0/24 -d 11.0.0.0/8 -i fwln+ -p tcp -m tcp --dport 22 -j ACCEPT",
        &["-s 10.0.0.0/24", "-d 11.0.0.0/8", "-i fwln+", "-p tcp", "-m tcp --dport 22"],
        "-j ACCEPT",
    ),
    (
        "! -s 10.0.0.1/32 ! -i eth0 ! -o eth+ ! -p udp -j DROP",
        &["! -s 10.0.0.1", "! -i eth0", "! -o eth+", "! -p udp"],
        "-j DROP",
    ),
    ("-j RETURN", &[], "-j RETURN"),
    ("-p icmp -m icmp --icmp-type any -j RETURN", &["-p icmp", "-m icmp --icmp-type any"], "-j RETURN"),
    (
        "-p icmp -m icmp --icmp-type 8 -j RETURN",
        &["-p icmp", "-m icmp --icmp-type echo-request"],
        "-j RETURN",
    ),
    (
        "-p icmp -m icmp --icmp-type 3/4 -j RETURN",
        &["-p icmp", "-m icmp --icmp-type fragmentation-needed"],
        "-j RETURN",
    ),
    (
        "-p icmp -m icmp ! --icmp-type 5 -j RETURN",
        &["-p icmp", "-m icmp ! --icmp-type redirect"],
        "-j RETURN",
    ),
    (
        "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j mine",
        &["-p tcp", "-m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN"],
        "Jump(\"mine\")",
    ),
    (
        "-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -g mine",
        &["-p tcp", "-m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE"],
        "Goto(\"mine\")",
    ),
    (
        "-p tcp -m tcp --sport 1:65535 --tcp-option 5 --tcp-flags FIN,SYN,RST,ACK SYN -g mine",
        &[
            "-p tcp",
            "-m tcp --sport 1:65535",
            "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
            "? -m tcp --sport 1:65535 --tcp-option 5 --tcp-flags FIN,SYN,RST,ACK SYN",
        ],
        "Goto(\"mine\")",
    ),
    ("-p tcp -m tcp --dport 5:65535 -j RETURN", &["-p tcp", "-m tcp --dport 5:65535"], "-j RETURN"),
    ("-p tcp -m tcp -j RETURN", &["-p tcp"], "-j RETURN"),
    ("-p tcp -m tcp --sport 4 -j RETURN", &["-p tcp", "-m tcp --sport 4"], "-j RETURN"),
    (
        "-p udp -m udp --sport 68 ! --dport 67 -j RETURN",
        &["-p udp", "-m udp --sport 68", "-m udp ! --dport 67"],
        "-j RETURN",
    ),
    ("-p sctp -m sctp --dport 80 -j RETURN", &["-p 132", "--dport 80"], "-j RETURN"),
    (
        "-p sctp -m sctp --dport 80 --chunk-types any INIT -j RETURN",
        &["-p 132", "--dport 80", "? -m sctp --dport 80 --chunk-types any INIT"],
        "-j RETURN",
    ),
    ("-p dccp -m dccp --sport 80:90 -j RETURN", &["-p 33", "--sport 80:90"], "-j RETURN"),
    (
        "-p udplite -m multiport --dports 80,90 -j RETURN",
        &["-p 136", "--match multiport --dports 80,90"],
        "-j RETURN",
    ),
    ("-p ah -j RETURN", &["-p 51"], "-j RETURN"),
    ("-f -j RETURN", &["Fragment"], "-j RETURN"),
    ("! -f -j RETURN", &["not Fragment"], "-j RETURN"),
    ("-m addrtype --dst-type BROADCAST -j DROP", &["-m addrtype --dst-type BROADCAST"], "-j DROP"),
    (
        "-m addrtype ! --src-type UNICAST,LOCAL -j DROP",
        &["-m addrtype ! --src-type UNICAST,LOCAL"],
        "-j DROP",
    ),
    (
        "-m addrtype --src-type LOCAL --limit-iface-in -j DROP",
        &["AddressTypeOnInterface { side: Source, kinds: AddressTypes(4), leaving: false }"],
        "-j DROP",
    ),
    (
        "-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED -j ACCEPT",
        &["-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED"],
        "-j ACCEPT",
    ),
    ("-m conntrack ! --ctstate SNAT,DNAT -j ACCEPT", &["-m conntrack ! --ctstate SNAT,DNAT"], "-j ACCEPT"),
    (
        "-m conntrack --ctstate NEW --ctproto 6 --ctorigdst 10.0.0.1 --ctorigdstport 80 --ctdir ORIGINAL -j ACCEPT",
        &[
            "-m conntrack --ctstate NEW",
            "? -m conntrack --ctstate NEW --ctproto 6 --ctorigdst 10.0.0.1 --ctorigdstport 80 --ctdir ORIGINAL",
        ],
        "-j ACCEPT",
    ),
    ("-m state --state NEW -j ACCEPT", &["-m conntrack --ctstate NEW"], "-j ACCEPT"),
    (
        "-m physdev --physdev-in tap1i0 --physdev-out fwln+ --physdev-is-bridged -j DROP",
        &[
            "-m physdev --physdev-in tap1i0",
            "-m physdev --physdev-out fwln+",
            "-m physdev --physdev-is-bridged",
        ],
        "-j DROP",
    ),
    (
        "-m physdev ! --physdev-in tap1i0 ! --physdev-is-bridged -j DROP",
        &["-m physdev ! --physdev-in tap1i0", "-m physdev ! --physdev-is-bridged"],
        "-j DROP",
    ),
    (
        "-m physdev --physdev-is-in --physdev-is-out -j DROP",
        &["? -m physdev --physdev-is-in --physdev-is-out"],
        "-j DROP",
    ),
    ("-m mac --mac-source bc:24:11:0a:00:02 -j DROP", &["-m mac --mac-source BC:24:11:0A:00:02"], "-j DROP"),
    (
        "-m mac ! --mac-source bc:24:11:0a:00:02 -j DROP",
        &["-m mac ! --mac-source BC:24:11:0A:00:02"],
        "-j DROP",
    ),
    (
        "-m mark --mark 0x80000000/0x80000000 -j RETURN",
        &["-m mark --mark 0x80000000/0x80000000"],
        "-j RETURN",
    ),
    ("-m mark ! --mark 0x5 -j RETURN", &["-m mark ! --mark 0x00000005/0xffffffff"], "-j RETURN"),
    (
        "-m connmark ! --mark 0x5 -j RETURN",
        &["not ConnectionMark(Mark { value: 5, mask: 4294967295 })"],
        "-j RETURN",
    ),
    ("-m connmark --mark 0x5/0xff -j RETURN", &["ConnectionMark(Mark { value: 5, mask: 255 })"], "-j RETURN"),
    (
        r#"-m limit --limit 1/sec -j NFLOG --nflog-prefix ":0:6:x \"y\\z: ""#,
        &["-m limit --limit 1/second"],
        "-j NFLOG --nflog-prefix \":0:6:x yz: \"",
    ),
    (
        r#"-m limit --limit 7/min --limit-burst 7 -j LOG --log-prefix "a b""#,
        &["-m limit --limit 7/minute --limit-burst 7"],
        "Continue { change: Nothing, text: \"LOG --log-prefix \\\"a b\\\"\" }",
    ),
    (
        "-m limit --limit 100/hour -j LOG --log-prefix x --log-level 7",
        &["-m limit --limit 100/hour"],
        "Continue { change: Nothing, text: \"LOG --log-prefix x --log-level 7\" }",
    ),
    ("-m limit --limit 7/day -j ACCEPT", &["-m limit --limit 7/day"], "-j ACCEPT"),
    ("-m limit --limit 1/sec -j ACCEPT", &["-m limit --limit 1/second"], "-j ACCEPT"),
    ("-m limit --limit 123/sec -j ACCEPT", &["-m limit --limit 123/second"], "-j ACCEPT"),
    (
        "-m hashlimit --hashlimit-above 200/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name SynFlood --hashlimit-htable-size 1048576 --hashlimit-htable-expire 60000 --hashlimit-srcmask 24 -j DROP",
        &[
            "? -m hashlimit --hashlimit-above 200/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name SynFlood --hashlimit-htable-size 1048576 --hashlimit-htable-expire 60000 --hashlimit-srcmask 24",
        ],
        "-j DROP",
    ),
    (
        "-m hashlimit --hashlimit-above 7/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name SynFlooe --hashlimit-htable-size 1048576 -j DROP",
        &[
            "? -m hashlimit --hashlimit-above 7/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name SynFlooe --hashlimit-htable-size 1048576",
        ],
        "-j DROP",
    ),
    (
        "-m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 10.0.0.1-10.0.0.9 -j DROP",
        &["-m iprange --src-range 10.0.0.1-10.0.0.9", "-m iprange ! --dst-range 10.0.0.1-10.0.0.9"],
        "-j DROP",
    ),
    ("-m pkttype --pkt-type broadcast -j DROP", &["PacketType(Broadcast)"], "-j DROP"),
    ("-m pkttype ! --pkt-type multicast -j DROP", &["not PacketType(Multicast)"], "-j DROP"),
    (r#"-m comment --comment "a \"b\" c" -j DROP"#, &[], "-j DROP"),
    ("-m comment --comment abc -j DROP", &[], "-j DROP"),
    ("-m comment --comment abc", &[], "Count"),
    (r#"-m comment --comment "it\'s" -m comment --comment "x\\y""#, &[], "Count"),
    ("-m tos --tos 0x10/0x3f -j DROP", &["? -m tos --tos 0x10/0x3f"], "-j DROP"),
    ("-m length --length 10:20 -j DROP", &["Length(10, 20)"], "-j DROP"),
    (r#"-m u32 --u32 "0x6&0xff=0x1" -j DROP"#, &["? -m u32 --u32 \"0x6&0xff=0x1\""], "-j DROP"),
    (
        r#"-m string --string "a \" b" --algo bm -j DROP"#,
        &["? -m string --string \"a \\\" b\" --algo bm"],
        "-j DROP",
    ),
    (
        "-m statistic --mode nth --every 3 --packet 0 -j DROP",
        &["? -m statistic --mode nth --every 3 --packet 0"],
        "-j DROP",
    ),
    (
        "-m recent --update --seconds 3 --name x --mask 255.255.255.255 --rsource -j DROP",
        &["? -m recent --update --seconds 3 --name x --mask 255.255.255.255 --rsource"],
        "-j DROP",
    ),
    (
        "-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr -j DROP",
        &["? -m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr"],
        "-j DROP",
    ),
    ("-m owner --uid-owner 0 -j DROP", &["? -m owner --uid-owner 0"], "-j DROP"),
    (
        "-m set --match-set S src -m set ! --match-set S dst -j DROP",
        &["-m set --match-set S src", "-m set ! --match-set S dst"],
        "-j DROP",
    ),
    (
        "-m set --match-set S src --return-nomatch -j DROP",
        &["? -m set --match-set S src --return-nomatch"],
        "-j DROP",
    ),
    ("-m set --match-set T src,dst -j DROP", &["? -m set --match-set T src,dst"], "-j DROP"),
    ("-j REJECT --reject-with icmp-host-unreachable", &[], "-j REJECT --reject-with icmp-host-unreachable"),
    ("-p tcp -j REJECT --reject-with tcp-reset", &["-p tcp"], "-j REJECT --reject-with tcp-reset"),
    ("-j REJECT --reject-with icmp-port-unreachable", &[], "-j REJECT --reject-with icmp-port-unreachable"),
    ("-j REJECT --reject-with icmp-net-unreachable", &[], "-j REJECT --reject-with icmp-net-unreachable"),
    ("-j MARK --set-xmark 0x0/0x80000000", &[], "-j MARK --set-mark 0x00000000/0x80000000"),
    ("-j MARK --set-xmark 0x80000000/0x80000000", &[], "-j MARK --set-mark 0x80000000/0x80000000"),
    ("-j MARK --set-xmark 0x64/0xffffffff", &[], "-j MARK --set-mark 0x00000064/0xffffffff"),
    ("-j MARK --set-xmark 0x4/0x4", &[], "-j MARK --set-mark 0x00000004/0x00000004"),
    ("-j MARK --set-xmark 0x0/0xfffffffb", &[], "-j MARK --set-mark 0x00000000/0xfffffffb"),
    ("-j MARK --set-xmark 0x4/0x0", &[], "Continue { change: Mark, text: \"MARK --set-xmark 0x4/0x0\" }"),
    ("-j CONNMARK --set-xmark 0x64/0xffffffff", &[], "-j CONNMARK --set-mark 100"),
    (
        "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
        &[],
        "Continue { change: ConnectionMark, text: \"CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff\" }",
    ),
    (
        "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
        &[],
        "Continue { change: Mark, text: \"CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff\" }",
    ),
    ("-j NFQUEUE --queue-num 0", &[], "-j NFQUEUE --queue-num 0"),
    ("-j NFQUEUE --queue-num 3", &[], "-j NFQUEUE --queue-num 3"),
    ("-j NFQUEUE --queue-balance 0:3 --queue-bypass", &[], "-j NFQUEUE --queue-balance 0:3 --queue-bypass"),
    (
        "-j NFQUEUE --queue-balance 0:3 --queue-cpu-fanout",
        &[],
        "Unknown(\"NFQUEUE --queue-balance 0:3 --queue-cpu-fanout\")",
    ),
    (
        r#"-j NFLOG --nflog-prefix ":100:6:tap: DROP: " --nflog-group 4"#,
        &[],
        "Continue { change: Nothing, text: \"NFLOG --nflog-prefix \\\":100:6:tap: DROP: \\\" --nflog-group 4\" }",
    ),
    (
        "-j CLASSIFY --set-class 0001:0002",
        &[],
        "Continue { change: Nothing, text: \"CLASSIFY --set-class 0001:0002\" }",
    ),
    ("-j SET --add-set S src", &[], "Continue { change: Sets, text: \"SET --add-set S src\" }"),
    ("-d 0.0.0.0/32 -j QUEUE", &["-d 0.0.0.0"], "-j NFQUEUE"),
    ("-s 10.0.0.0/255.0.255.0 -j ACCEPT", &["? -s 10.0.0.0/255.0.255.0"], "-j ACCEPT"),
    (
        "-m time --timestart 10:00:00 --timestop 23:59:59 --datestop 2038-01-19T03:14:07 -j ACCEPT",
        &["? -m time --timestart 10:00:00 --timestop 23:59:59 --datestop 2038-01-19T03:14:07"],
        "-j ACCEPT",
    ),
    ("-p esp -m esp --espspi 3 -j ACCEPT", &["-p 50", "? -m esp --espspi 3"], "-j ACCEPT"),
    ("-p tcp -m ecn --ecn-tcp-cwr", &["-p tcp", "? -m ecn --ecn-tcp-cwr"], "Count"),
    (
        "-p tcp -m tcpmss --mss 1:2 -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
        &["-p tcp", "? -m tcpmss --mss 1:2", "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN"],
        "Count",
    ),
    (
        "-m physdev --physdev-is-bridged -m set --match-set S src -p tcp --dport 22 -j ACCEPT",
        &["-m physdev --physdev-is-bridged", "-m set --match-set S src", "-p tcp", "--dport 22"],
        "-j ACCEPT",
    ),
    (
        "-p tcp --match multiport --dports 22,http,100:200 -j ACCEPT",
        &["-p tcp", "--match multiport --dports 22,80,100:200"],
        "-j ACCEPT",
    ),
    (
        "-p icmp -m icmp --icmp-type echo-request -j DROP",
        &["-p icmp", "-m icmp --icmp-type echo-request"],
        "-j DROP",
    ),
    (
        "-s 10.0.0.1,10.0.0.2 -p udp --sport domain -m limit --limit 1/second --limit-burst 7 -j mine",
        &["-s 10.0.0.1,10.0.0.2", "-p udp", "--sport 53", "-m limit --limit 1/second --limit-burst 7"],
        "Jump(\"mine\")",
    ),
    (
        "-p tcp -m tcp --syn -m hashlimit --hashlimit-above 200/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name syn --hashlimit-htable-size 2097152 --hashlimit-srcmask 32 --hashlimit-htable-expire 60000 -j DROP",
        &[
            "-p tcp",
            "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
            "-m hashlimit --hashlimit-above 200/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name syn --hashlimit-htable-size 2097152 --hashlimit-srcmask 32 --hashlimit-htable-expire 60000",
        ],
        "-j DROP",
    ),
    (
        "-m string --string -j --algo bm --to 65535 -j ACCEPT",
        &["? -m string --string"],
        "Unknown(\"--algo bm --to 65535 -j ACCEPT\")",
    ),
    ("-m foo -s 10.0.0.1 ! --bar x -j ACCEPT", &["? -m foo -s 10.0.0.1 ! --bar x"], "-j ACCEPT"),
    ("! -j ACCEPT", &["? !"], "-j ACCEPT"),
    ("! -m tcp --dport 22 -j DROP", &["? !", "-m tcp --dport 22"], "-j DROP"),
    ("-i + -o eth0 -j ACCEPT", &["-o eth0"], "-j ACCEPT"),
    ("! -i + -j ACCEPT", &["? ! -i +"], "-j ACCEPT"),
    ("--dport ! 22 -j ACCEPT", &["? --dport ! 22"], "-j ACCEPT"),
    ("-j", &[], "Unknown(\"\")"),
    ("-m", &["? -m"], "Count"),
    ("-s", &["? -s"], "Count"),
    ("-p tcp !", &["-p tcp", "? !"], "Count"),
    ("-j mine --x", &[], "Unknown(\"mine --x\")"),
    ("-g nowhere", &[], "Unknown(\"nowhere\")"),
    ("-j ACCEPT -j DROP", &[], "Unknown(\"ACCEPT -j DROP\")"),
    ("-j DNAT --to-destination 10.0.0.1:80", &[], "Unknown(\"DNAT --to-destination 10.0.0.1:80\")"),
    (
        "-j TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1",
        &[],
        "Unknown(\"TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1\")",
    ),
    ("-j MASQUERADE", &[], "Unknown(\"MASQUERADE\")"),
    ("-j CT --helper ftp", &[], "-j CT --helper ftp"),
    ("-j CT --notrack", &[], "Continue { change: Tracking, text: \"CT --notrack\" }"),
    (
        "-j TCPMSS --clamp-mss-to-pmtu",
        &[],
        "Continue { change: Header, text: \"TCPMSS --clamp-mss-to-pmtu\" }",
    ),
    (
        r#"-j LOG --log-prefix "[UFW BLOCK] ""#,
        &[],
        "Continue { change: Nothing, text: \"LOG --log-prefix \\\"[UFW BLOCK] \\\"\" }",
    ),
    ("-m conntrack --ctstate NEW,FOO -j DROP", &["? -m conntrack --ctstate NEW,FOO"], "-j DROP"),
    ("-s fe80::/10 -j DROP", &["? -s fe80::/10"], "-j DROP"),
    ("! -s 10.0.0.1,10.0.0.2 -j DROP", &["? ! -s 10.0.0.1,10.0.0.2"], "-j DROP"),
    (r#"-m comment --comment "-j DROP" -j ACCEPT"#, &[], "-j ACCEPT"),
    (r#""-j" ACCEPT"#, &["? \"-j\"", "? ACCEPT"], "Count"),
];

#[test]
fn whatever_is_missing_or_doubled_is_reported() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("", &[]),
        ("# Generated by iptables-save\n*filter\n:INPUT DROP [1:2]\n[3:4] -A INPUT -j DROP\nCOMMIT\n", &[]),
        ("*filter\r\n:INPUT DROP [1:2]\r\n-A INPUT -j DROP\r\nCOMMIT\r\n", &[]),
        ("*filter\n-A INPUT -j DROP\n", &[("dump-cut-short", "*filter")]),
        ("*filter\n*nat\nCOMMIT\n", &[("dump-cut-short", "*filter")]),
        ("*filter\nCOMMIT\n*filter\n:a - [0:0]\nCOMMIT\n", &[("dump-twice", "*filter")]),
        ("*filter\n:a - [0:0]\n:a - [0:0]\nCOMMIT\n", &[("dump-twice", ":a - [0:0]")]),
        ("*filter\n-A a -j DROP\n-A a -j DROP\nCOMMIT\n", &[("dump-undeclared", "a")]),
        ("*broute\n:a - [0:0]\nCOMMIT\n", &[("dump-syntax", "*broute")]),
        ("-A a\n", &[("dump-syntax", "-A a")]),
        (
            "*filter\n:a\n-D a\n-A\n[x] -A a\nCOMIT\nCOMMIT\n",
            &[
                ("dump-syntax", ":a"),
                ("dump-syntax", "-D a"),
                ("dump-syntax", "-A"),
                ("dump-syntax", "[x]"),
                ("dump-syntax", "COMIT"),
            ],
        ),
        ("*filter\n-A INPUT -m comment --comment \"a\nCOMMIT\n", &[("dump-syntax", "\"a")]),
        (
            "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n",
            &[(
                "dump-other-rules",
                "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them",
            )],
        ),
        (
            "# Table `nat' is incompatible, use 'nft' tool.\n",
            &[("dump-other-rules", "# Table `nat' is incompatible, use 'nft' tool.")],
        ),
        ("\0\u{7f}\n", &[("dump-syntax", "\0\u{7f}")]),
    ];
    for (text, expected) in cases {
        let (_, found) = v4(text);
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.code.name(), core::str::from_utf8(found.span.of(text.as_bytes())).unwrap()))
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn chains_have_policies_counters_comments_and_places() {
    let text = "*filter\n:INPUT DROP [1:2]\n:odd/name,of-another-tool_with+many=characters - [0:0]\n\
                [3:4] -A INPUT -m comment --comment \"a \\\"b\\\"\" -j odd/name,of-another-tool_with+many=characters\nCOMMIT\n";
    let (dump, found) = v4(text);
    assert_eq!(found, []);
    let chains = &dump.v4[&TableName::Filter].chains;
    assert_eq!(chains.len(), 2);
    let input = &chains["INPUT"];
    assert_eq!(input.policy, Some(Policy::Drop));
    let [rule] = input.rules.as_slice() else { panic!("{input:?}") };
    assert_eq!(rule.comment.as_deref(), Some("a \"b\""));
    assert_eq!(rule.counters, Some(Counters { packets: 3, bytes: 4 }));
    assert_eq!(rule.action, Action::Jump("odd/name,of-another-tool_with+many=characters".into()));
    assert!(rule.span.of(text.as_bytes()).starts_with(b"[3:4] -A INPUT"));
}

#[test]
fn names_of_chains_may_begin_with_the_marks_of_a_dump() {
    let (dump, found) = v4("*filter\n::twice - [0:0]\n:*star - [0:0]\n-A :twice -j *star\nCOMMIT\n");
    assert_eq!(found, []);
    let chains = &dump.v4[&TableName::Filter].chains;
    assert_eq!(chains.keys().map(|name| &**name).collect::<Vec<_>>(), ["*star", ":twice"]);
    let [rule] = chains[":twice"].rules.as_slice() else { panic!("{chains:?}") };
    assert_eq!(rule.action, Action::Jump("*star".into()));
}
