//! Results as `JUnit` XML, in the form that Jenkins and GitLab read: a test case for each test; a mistake in the file of
//! tests is an error in a case of its own.

use core::fmt::Write;

use pvefw_core::diag::render::{Options, Style, concise};
use pvefw_core::diag::{Diagnostic, Severity};

use super::Results;

/// Packets of one test that are explained.
const MOST_EXPLAINED: usize = 10;

/// Characters in a line of an explanation.
const WIDTH: usize = 120;

/// The whole document.
pub(super) fn text(results: &Results<'_>, found: &[Diagnostic]) -> String {
    let errors: Vec<&Diagnostic> = found.iter().filter(|found| found.severity == Severity::Error).collect();
    let cases = results.runs.len() + errors.len();
    let numbers =
        format!(r#"tests="{cases}" failures="{}" errors="{}" skipped="0""#, results.failed(), errors.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string can't fail.
    let _ = writeln!(text, "<testsuites {numbers}>\n  <testsuite name=\"pvefw\" {numbers}>");
    for run in results.runs {
        let (file, line) = results.place(run);
        let (name, file) = (escaped(&run.test.name), escaped(file));
        let _ = write!(text, r#"    <testcase name="{name}" classname="{file}" file="{file}" line="{line}""#);
        let Some(first) = run.failures.first() else {
            text.push_str("/>\n");
            continue;
        };
        let reason = run.test.reason(first, results.node.datacenter.files());
        let (failed, all) = (run.failures.len(), run.test.questions.len());
        let message = escaped(&format!("{failed} of {all} packets: {reason}"));
        let kind = run.test.expect.name();
        let _ = write!(text, ">\n      <failure message=\"{message}\" type=\"{kind}\">");
        let options = Options { style: Style::Plain, width: WIDTH };
        for failure in run.failures.iter().take(MOST_EXPLAINED) {
            text.push_str(&escaped(&results.explain(run, failure, &options)));
            text.push('\n');
        }
        if failed > MOST_EXPLAINED {
            let _ = writeln!(text, "and {} more", failed - MOST_EXPLAINED);
        }
        text.push_str("</failure>\n    </testcase>\n");
    }
    for found in errors {
        let file = escaped(results.tests.name(found.span.file));
        let (line, code) = (escaped(&concise(found, results.tests)), found.code);
        let _ = writeln!(
            text,
            "    <testcase name=\"{line}\" classname=\"{file}\" file=\"{file}\">\n      \
             <error message=\"{line}\" type=\"{code}\"/>\n    </testcase>"
        );
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text for an attribute or an element. XML 1.0 has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(c),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_element() {
        let hostile = "a\"b'c<d>&amp;]]>\u{1b}[31m\0\u{85}\n\u{ffff}ü";
        assert_eq!(
            escaped(hostile),
            "a&quot;b&apos;c&lt;d&gt;&amp;amp;]]&gt;\u{fffd}[31m\u{fffd}\u{fffd}\n\u{fffd}ü"
        );
    }
}
