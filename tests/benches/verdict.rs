//! How long a verdict takes, with the line that decides, in datacenters of 10 to 10,000 guests; criterion's throughput is
//! packets per second on one processor.

use core::hint::black_box;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::{Facts, Names};
use pvefw_core::sim::{Packet, Question, Simulator, Topology};
use pvefw_tests::generate;

const GUESTS: [u32; 4] = [10, 100, 1_000, 10_000];

/// As many packets as this are asked about in turn.
const PACKETS: usize = 4096;

/// Packets from and to guests, the node and the outside, to ports that rules speak of and to others.
fn packets(topology: &Topology) -> Vec<Packet> {
    let facts = Facts::default();
    let names = Names::new(&facts);
    let zones: Vec<String> = topology.zones().map(|zone| zone.to_string()).collect();
    let ports = [22, 80, 443, 53, 113, 5000, 9999];
    // Steps that share no factor with the number of zones come by all of them.
    let steps = (0_usize..).map(|number| (number, number * 7919 + 1, number * 104_729 + 5));
    let asked = steps.filter_map(|(number, from, to)| {
        let byte = |shift: usize| u8::try_from((number * 2_654_435_761) >> shift & 0xff).unwrap_or_default();
        let question = Question {
            from: zones.get(from % zones.len())?.clone(),
            to: zones.get(to % zones.len())?.clone(),
            proto: Some(if number % 3 == 0 { "udp" } else { "tcp" }.to_owned()),
            source: Some(IpAddr::V4(Ipv4Addr::new(10, byte(8) % 12, byte(16), byte(24)))),
            dport: ports.get(number % ports.len()).copied(),
            ..Question::default()
        };
        question.packet(topology, &names).ok()
    });
    asked.take(PACKETS).collect()
}

fn verdict(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verdict");
    for guests in GUESTS {
        let mut datacenter = Datacenter::new();
        for (path, text) in generate::datacenter(guests) {
            datacenter.add(&path, text);
        }
        let facts = Facts::default();
        let topology = datacenter.topology(&facts);
        let Ok(simulator) = Simulator::new(&datacenter.compile(&facts).0, &topology.networks) else {
            continue;
        };
        let packets = packets(&topology);
        group.throughput(Throughput::Elements(packets.len() as u64));
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(guests), |bencher| {
            bencher.iter(|| {
                for packet in &packets {
                    black_box(simulator.verdict(packet));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verdict);
criterion_main!(benches);
