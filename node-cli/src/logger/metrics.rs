//! The counts of the logger as Prometheus reads them, in a file that the daemon adds to its own.

use std::fs;
use std::io;
use std::path::Path;

use pvefw_core::host::nflog::Counts;

/// Writes them; the file is whole at any moment.
pub(super) fn write(path: &Path, counts: Counts, waiting: u64) -> io::Result<()> {
    let aside = path.with_extension("new");
    fs::write(&aside, text(counts, waiting)).and_then(|()| fs::rename(&aside, path))
}

fn text(counts: Counts, waiting: u64) -> String {
    let metrics = [
        ("lines_total", "counter", "Lines made of packets that rules have logged.", counts.received),
        ("lost_total", "counter", "Logged packets that the kernel had no room for.", counts.lost),
        ("lines_waiting", "gauge", "Lines that could not be written yet, or found no room.", waiting),
    ];
    let line = |(name, kind, help, value)| {
        format!("# HELP pvefw_log_{name} {help}\n# TYPE pvefw_log_{name} {kind}\npvefw_log_{name} {value}\n")
    };
    metrics.map(line).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_line() {
        let text = text(Counts { received: 7, lost: 2, overruns: 1 }, 3);
        for line in ["pvefw_log_lines_total 7\n", "pvefw_log_lost_total 2\n", "pvefw_log_lines_waiting 3\n"] {
            assert!(text.contains(line), "{text}");
        }
    }
}
