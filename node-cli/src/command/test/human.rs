//! Results for people.

use core::fmt::Write;

use pvefw_core::diag::render::{Options, Style, visible};

use super::Results;

/// Packets of one test that are explained.
const MOST_EXPLAINED: usize = 3;

/// A line a test, what failed below it, and a summary.
pub(super) fn text(results: &Results<'_>, options: &Options) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    for run in results.runs {
        let (packets, failed) = (run.test.questions.len(), run.failures.len());
        let name = visible(&run.test.name);
        if run.passed() {
            let _ = writeln!(text, "{} {name} ({})", painted("✓", "32", options), counted(packets, "packet"));
            continue;
        }
        let (file, line) = results.place(run);
        let cross = painted("✗", "31", options);
        let _ = writeln!(text, "{cross} {name} ({failed} of {}; {file}:{line})", counted(packets, "packet"));
        for failure in run.failures.iter().take(MOST_EXPLAINED) {
            text.push('\n');
            for line in results.explain(run, failure, options).lines() {
                let _ = writeln!(text, "{}", format!("    {line}").trim_end());
            }
        }
        if failed > MOST_EXPLAINED {
            let _ = writeln!(text, "\n    and {} more:", counted(failed - MOST_EXPLAINED, "packet"));
            for failure in run.failures.iter().skip(MOST_EXPLAINED).take(MOST_EXPLAINED * 3) {
                let reason = run.test.reason(failure, results.node.datacenter.files());
                let _ = writeln!(text, "    {}: {}", visible(&failure.to_string()), visible(&reason));
            }
            if failed > MOST_EXPLAINED * 4 {
                text.push_str("    …\n");
            }
        }
        text.push('\n');
    }
    let (tests, failed) = (results.runs.len(), results.failed());
    let packets = results.runs.iter().map(|run| run.test.questions.len()).sum();
    let all = format!("{} with {}", counted(tests, "test"), counted(packets, "packet"));
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(painted(&format!("{failed} failed"), "31", options));
    }
    if results.counts.errors > 0 {
        let errors = format!("{} in the tests", counted_long(results.counts.errors, "error"));
        parts.push(painted(&errors, "31", options));
    }
    if parts.is_empty() {
        parts.push(painted("all passed", "32", options));
    }
    let _ = writeln!(text, "{all}: {}", parts.join(", "));
    text
}

fn counted(number: usize, what: &str) -> String {
    counted_long(number as u64, what)
}

fn counted_long(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn painted(text: &str, code: &str, options: &Options) -> String {
    match options.style {
        Style::Plain => text.to_owned(),
        Style::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}
