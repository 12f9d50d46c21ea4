//! What the daemon has done so far: for `pvefw status`, for Prometheus, and for the line of `systemctl status`.

use core::fmt::Write as _;
use core::time::Duration;

use pvefw_core::host::daemon::{Configuration, Report, Result};
use serde::{Deserialize, Serialize};

/// Everything that is told about a daemon.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    /// The process.
    pub(crate) process: u32,
    /// Tells it from the one that it was before it was started anew.
    pub(crate) instance: u64,
    /// Since when it runs, in seconds since 1970.
    pub(crate) since: u64,
    /// What it is doing: `idle`, or why it is at work.
    pub(crate) phase: String,
    /// Runs so far.
    pub(crate) runs: u64,
    /// Those that loaded something.
    pub(crate) loads: u64,
    /// Those that failed.
    pub(crate) failures: u64,
    /// Those that found a configuration with errors.
    pub(crate) refusals: u64,
    /// Those that repaired what somebody else had changed.
    pub(crate) drifts: u64,
    /// When the last run ended, in seconds since 1970.
    pub(crate) last_run: Option<u64>,
    /// When the last one ended that found or loaded what the configuration says.
    pub(crate) last_success: Option<u64>,
    /// How long the last one took, in milliseconds.
    pub(crate) milliseconds: u64,
    /// What the last run said.
    pub(crate) report: Report,
    /// Whether the files of the configuration do not answer.
    pub(crate) stuck: bool,
}

impl Tally {
    /// Counts a run.
    pub(super) fn add(&mut self, report: Report, now: u64, took: Duration) {
        let count = |counter: &mut u64, counts: bool| *counter += u64::from(counts);
        count(&mut self.runs, true);
        count(&mut self.loads, report.result == Result::Loaded);
        count(&mut self.failures, matches!(report.result, Result::Failed | Result::Broken));
        count(&mut self.refusals, report.configuration == Configuration::Faulty);
        count(&mut self.drifts, report.drift);
        self.last_run = Some(now);
        self.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let settled = matches!(report.result, Result::Loaded | Result::Unchanged);
        if settled && report.configuration == Configuration::Good {
            self.last_success = Some(now);
        }
        // One that failed, or left everything as it is, says nothing of what is loaded.
        let known = settled && report.loaded_known;
        let loaded = if known { report.loaded } else { self.report.loaded };
        let generation = report.generation.or(self.report.generation);
        self.report = Report { loaded, generation, ..report };
    }

    /// How it fares, in one line.
    pub(crate) fn words(&self) -> String {
        if self.runs == 0 {
            return "looking at the node".into();
        }
        let loaded = &self.report.loaded;
        let what = match (self.report.result, self.report.configuration) {
            (Result::Failed | Result::Broken, _) => return format!("failed: {}", self.report.message),
            (Result::Waits, _) => return format!("waits: {}", self.report.message),
            (_, Configuration::Faulty) => "keeping the last good rules, the configuration has errors: ",
            (_, Configuration::Partial) => "without the faulty lines of the configuration: ",
            (_, Configuration::Rejected) => "keeping the rules that were put back: ",
            (_, Configuration::Gone) => "keeping the last rules, there is no configuration: ",
            (_, Configuration::Good) if !self.report.enabled => return "the firewall is off".into(),
            (_, Configuration::Good) => "",
        };
        format!("{what}{} rules, {} sets with {} members", loaded.rules, loaded.sets, loaded.members)
    }

    /// What Prometheus reads; `logger` is what the logger says of itself.
    pub(super) fn metrics(&self, logger: &str) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, value: f64| {
            // Writing to a string can't fail.
            let _ = write!(
                text,
                "# HELP pvefw_{name} {help}\n# TYPE pvefw_{name} {kind}\npvefw_{name} {value}\n"
            );
        };
        let report = &self.report;
        let number = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
        #[expect(clippy::cast_precision_loss, reason = "counters and times are far below 2^53")]
        let count = |count: u64| count as f64;
        metric(
            "enabled",
            "gauge",
            "Whether the configuration switches the firewall on.",
            f64::from(report.enabled),
        );
        metric("chains", "gauge", "Chains that are loaded.", number(report.loaded.chains));
        metric("rules", "gauge", "Rules that are loaded.", number(report.loaded.rules));
        metric("sets", "gauge", "IP sets that are loaded.", number(report.loaded.sets));
        metric("set_members", "gauge", "Members of all sets.", number(report.loaded.members));
        metric("runs_total", "counter", "Runs of the daemon.", count(self.runs));
        metric("loads_total", "counter", "Runs that loaded something.", count(self.loads));
        metric("failures_total", "counter", "Runs that failed.", count(self.failures));
        metric(
            "refusals_total",
            "counter",
            "Runs that found errors in the configuration.",
            count(self.refusals),
        );
        metric(
            "drifts_total",
            "counter",
            "Runs that repaired what somebody else had changed.",
            count(self.drifts),
        );
        let seconds = count(self.milliseconds) / 1000.0;
        metric("apply_duration_seconds", "gauge", "How long the last run took.", seconds);
        metric(
            "last_run_timestamp_seconds",
            "gauge",
            "When the last run ended.",
            count(self.last_run.unwrap_or(0)),
        );
        let success = count(self.last_success.unwrap_or(0));
        let help = "When what is loaded was last seen to be what the configuration says.";
        metric("last_success_timestamp_seconds", "gauge", help, success);
        metric("configuration_errors", "gauge", "Errors in the configuration.", count(report.errors));
        let kept = !matches!(report.configuration, Configuration::Good | Configuration::Partial);
        metric(
            "configuration_kept",
            "gauge",
            "Whether older rules than the configuration's are kept.",
            f64::from(kept),
        );
        metric("start_time_seconds", "gauge", "When the daemon was started.", count(self.since));
        text.push_str(logger);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_fails_says_nothing_of_what_is_loaded() {
        let mut tally = Tally::default();
        let mut good = Report {
            result: Result::Loaded,
            loaded_known: true,
            enabled: true,
            message: "1 chain".into(),
            ..Report::default()
        };
        good.loaded.rules = 7;
        tally.add(good, 100, Duration::from_millis(40));
        tally.add(Report::failed("no room"), 200, Duration::from_millis(5));
        assert_eq!((tally.runs, tally.loads, tally.failures), (2, 1, 1));
        assert_eq!((tally.last_run, tally.last_success), (Some(200), Some(100)));
        assert_eq!(tally.words(), "failed: no room");
        let metrics = tally.metrics("pvefw_log_packets_total 9\n");
        for line in ["pvefw_rules 7\n", "pvefw_failures_total 1\n", "pvefw_apply_duration_seconds 0.005\n"] {
            assert!(metrics.contains(line), "{metrics}");
        }
        assert!(metrics.ends_with("pvefw_log_packets_total 9\n"));
    }

    #[test]
    fn every_metric_has_its_help_and_type() {
        let metrics = Tally::default().metrics("");
        for line in metrics.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(' ').next().unwrap_or_default();
            assert!(
                metrics.contains(&format!("# TYPE {name} ")) && metrics.contains(&format!("# HELP {name} "))
            );
        }
    }
}
