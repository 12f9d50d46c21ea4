//! Any bytes as the files of a datacenter, from text to restore input: no panic, no hang.
//!
//! An input is one or several files with a NUL byte between them, in the order of [`FILES`]. Where an input has fewer
//! files than there are names, the first stands for those that are missing: so a plain `.fw` file is a good seed, and
//! is read as a file of every kind at once.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// One file of each kind, named as below `/etc/pve`.
const FILES: [&str; 6] = [
    "firewall/cluster.fw",
    "firewall/100.fw",
    "nodes/n1/host.fw",
    "sdn/firewall/vnet0.fw",
    "nodes/n1/qemu-server/100.conf",
    "corosync.conf",
];

fuzz_target!(|input: &[u8]| run(files(input)));

/// The files an input stands for.
fn files(input: &[u8]) -> impl Iterator<Item = (&'static str, &[u8])> {
    let first = input.split(|byte| *byte == 0).next().unwrap_or_default();
    let texts = input.split(|byte| *byte == 0).chain(core::iter::repeat(first));
    FILES.into_iter().zip(texts)
}

/// What is tried: every offset of every file, and some past its end, has a line and a column.
fn run<'a>(files: impl Iterator<Item = (&'static str, &'a [u8])>) {
    let mut all = pvefw_core::text::Files::new();
    for (name, text) in files {
        let id = all.add(name, text);
        let lines = all.file(id).expect("just added").line_index();
        let len = u32::try_from(text.len()).expect("libFuzzer's inputs are small");
        // Quadratic in the length of a line, so not at every offset of a long file.
        let step = (text.len() / 64).max(1);
        for offset in (0..=len + 2).step_by(step).chain([len, u32::MAX]) {
            let position = lines.position(text, offset);
            assert!(lines.start(position.line) <= offset, "line {} starts after {offset}", position.line);
            assert!(position.column >= 1, "columns count from 1");
        }
    }
}
