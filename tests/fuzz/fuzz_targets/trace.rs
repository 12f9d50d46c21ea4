//! Any bytes as a question and as the dumps that are asked: no panic, no hang, and one answer however it is asked.
//!
//! An input is a line of words, a NUL byte, and one or several dumps with a NUL byte between them, as for `readback`. The
//! words are the values of [`question`] in order; `-` stands for one that is left out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::diag::{Sink, render::Options};
use pvefw_core::facts::{Facts, Names};
use pvefw_core::readback::{self, Saved};
use pvefw_core::sim::{Question, Simulator, render};
use pvefw_core::text::Files;

/// Guests to ask about.
const GUESTS: [(&str, &str); 2] = [
    ("nodes/n1/qemu-server/100.conf", "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n"),
    (
        "nodes/n1/lxc/200.conf",
        "net0: name=eth0,hwaddr=BC:24:11:00:00:02,bridge=vmbr1,ip=10.0.0.2/24,ip6=2001:db8::2/64,firewall=1\n\
         net1: name=eth1,hwaddr=BC:24:11:00:00:03,bridge=vmbr0\n",
    ),
];

fuzz_target!(|input: &[u8]| {
    let mut parts = input.split(|byte| *byte == 0);
    let words = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let first = parts.clone().next().unwrap_or_default();
    let mut texts = parts.chain(core::iter::repeat(first));
    let mut files = Files::new();
    let mut next = |name: &str| Some(files.add(name, texts.next().unwrap_or_default()));
    let saved = Saved {
        iptables: next("iptables-save"),
        ip6tables: next("ip6tables-save"),
        ipset: next("ipset"),
        ebtables: next("ebtables"),
    };
    let dump = readback::read(&files, &saved, &mut Sink::new());

    let mut datacenter = Datacenter::new();
    for (path, text) in GUESTS {
        datacenter.add(path, text);
    }
    let facts = Facts { node: Some("n1".to_owned()), ..Facts::default() };
    let topology = datacenter.topology(&facts);
    let usual = Question { from: "outside".to_owned(), to: "vm100".to_owned(), ..Question::default() };
    let names = Names::new(&facts);
    let Ok(simulator) = Simulator::of_dump(&dump, &topology.networks) else { return };
    for question in [question(&words), usual] {
        let packet = match question.packet(&topology, &names) {
            Ok(packet) => packet,
            Err(mistake) => {
                assert!(!mistake.message.is_empty());
                continue;
            }
        };
        let trace = simulator.trace(&packet);
        assert_eq!(simulator.verdict(&packet), trace.answer);
        for hop in &trace.hops {
            assert!(hop.decided_by.is_none_or(|at| at < hop.steps.len()));
        }
        let shown = render::trace(&packet, &trace, &files, &Options::default());
        assert!(shown.starts_with(trace.answer.verdict.name()));
    }
});

fn question(words: &str) -> Question {
    let mut words = words.split_whitespace().map(|word| (word != "-").then(|| word.to_owned()));
    let mut next = || words.next().flatten();
    Question {
        from: next().unwrap_or_default(),
        to: next().unwrap_or_default(),
        proto: next(),
        source: next().and_then(|text| text.parse().ok()),
        dest: next().and_then(|text| text.parse().ok()),
        sport: next().and_then(|text| text.parse().ok()),
        dport: next().and_then(|text| text.parse().ok()),
        icmp_type: next(),
        state: next(),
        mac: next(),
    }
}
