//! How long each stage takes for 10 to 10,000 guests; criterion's throughput is guests per second.

use core::hint::black_box;
use core::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pvefw_core::datacenter::{Datacenter, FileKind};
use pvefw_core::diag::Sink;
use pvefw_core::emit;
use pvefw_core::facts::Facts;
use pvefw_core::readback::{self, Saved};
use pvefw_core::syntax::Tree;
use pvefw_core::text::Files;
use pvefw_tests::generate;

const GUESTS: [u32; 4] = [10, 100, 1_000, 10_000];

fn stage(
    criterion: &mut Criterion,
    name: &str,
    run: impl Fn(&mut BenchmarkGroup<'_, WallTime>, BenchmarkId, &Datacenter),
) {
    let mut group = criterion.benchmark_group(name);
    for guests in GUESTS {
        let mut datacenter = Datacenter::new();
        for (path, text) in generate::datacenter(guests) {
            datacenter.add(&path, text);
        }
        group.throughput(Throughput::Elements(guests.into()));
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
        group.sample_size(if guests < 1_000 { 50 } else { 10 });
        run(&mut group, BenchmarkId::from_parameter(guests), &datacenter);
    }
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    stage(criterion, "parse", |group, id, datacenter| {
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                for (_, file) in datacenter
                    .files()
                    .iter()
                    .filter(|(_, file)| !matches!(FileKind::of(file.name()), Some(FileKind::GuestConfig(..))))
                {
                    black_box(Tree::parse(file.text()));
                }
            });
        });
    });
}

fn check(criterion: &mut Criterion) {
    let facts = Facts::default();
    stage(criterion, "check", |group, id, datacenter| {
        group.bench_function(id, |bencher| bencher.iter(|| datacenter.check(&facts)));
    });
}

fn compile(criterion: &mut Criterion) {
    let facts = Facts::default();
    stage(criterion, "compile", |group, id, datacenter| {
        group.bench_function(id, |bencher| bencher.iter_with_large_drop(|| datacenter.compile(&facts)));
    });
}

fn emit(criterion: &mut Criterion) {
    let facts = Facts::default();
    stage(criterion, "emit", |group, id, datacenter| {
        let (ruleset, _) = datacenter.compile(&facts);
        group.bench_function(id, |bencher| bencher.iter_with_large_drop(|| emit::restore(&ruleset)));
    });
}

fn read_back(criterion: &mut Criterion) {
    let facts = Facts::default();
    stage(criterion, "read back", |group, id, datacenter| {
        let restore = emit::restore(&datacenter.compile(&facts).0);
        let mut files = Files::new();
        let saved = Saved {
            iptables: Some(files.add("iptables-save", restore.iptables)),
            ip6tables: Some(files.add("ip6tables-save", restore.ip6tables)),
            ipset: Some(files.add("ipset", restore.ipset)),
            ebtables: Some(files.add("ebtables", restore.ebtables)),
        };
        group.bench_function(id, |bencher| {
            bencher.iter_with_large_drop(|| readback::read(&files, &saved, &mut Sink::new()));
        });
    });
}

criterion_group!(stages, parse, check, compile, emit, read_back);
criterion_main!(stages);
