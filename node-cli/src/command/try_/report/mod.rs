//! What `pvefw try` says, as text.

use core::error::Error as _;
use core::fmt::Write as _;
use core::time::Duration;
use std::path::Path;

use pvefw_core::host::sandbox::Kind;
use pvefw_core::host::{Error, Failed, Loaded, Step, Texts, Tool};

use super::Compiled;
use crate::command::style::Style;

/// Lines of differences shown.
const SHOWN: usize = 10;
/// Width that the list of sets is wrapped to.
const WIDTH: usize = 100;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// The built-in example.
    Example,
    /// A folder of the user's.
    Root(&'a Path),
}

/// A ruleset that was loaded and read back.
pub(super) struct Run<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) subject: Subject<'a>,
    /// How the tools call their versions: iptables, ipset, ebtables.
    pub(super) versions: [&'a str; 3],
    pub(super) kind: Kind,
    pub(super) steps: &'a [Step],
    pub(super) have: &'a Loaded,
}

/// Whether there is nothing to load: the firewall is off.
pub(super) fn is_empty(texts: &Texts<'_>) -> bool {
    Tool::ALL.iter().all(|tool| texts.of(*tool).trim().is_empty())
}

/// The headline and what there is to say about the configuration.
pub(super) fn opening(style: Style, subject: Subject<'_>, compiled: &Compiled) -> String {
    let what = match subject {
        Subject::Example => "the built-in example datacenter".to_owned(),
        Subject::Root(root) => root.display().to_string(),
    };
    let mut text = style.bold(&format!("Trying {what} as node {}", compiled.node));
    text.push_str("\n\n");
    if !compiled.diagnostics.trim().is_empty() {
        text.push_str(compiled.diagnostics.trim_end());
        text.push_str("\n\n");
    }
    text
}

/// For a datacenter whose firewall is off.
pub(super) fn nothing_to_load(style: Style) -> String {
    format!(
        "{}\n",
        style.bold(
            "The firewall is off: there is nothing to load (`enable: 1` in firewall/cluster.fw turns it on)"
        )
    )
}

/// Why it could not be tried.
pub(super) fn unusable(error: &Error) -> String {
    let mut text = format!("error: {error}");
    if let Some(source) = error.source() {
        let _ = write!(text, ": {source}");
    }
    if let Error::Refused(refusal) = error {
        for line in refusal.stderr.iter().skip(1) {
            let _ = write!(text, "\n  {}", printable(line));
        }
    }
    if let Some(advice) = error.advice() {
        let _ = write!(text, "\nhelp: {advice}");
    }
    text
}

/// What the tool said about which line.
pub(super) fn refusal(style: Style, failed: &Failed, texts: &Texts<'_>) -> String {
    let mut text = format!("{} {failed}\n", style.bad("✗"));
    let Error::Refused(refusal) = &failed.error else {
        let _ = writeln!(text, "  {}", unusable(&failed.error).replace('\n', "\n  "));
        return text;
    };
    let _ = writeln!(text, "  `{}` ended with {} and said:", refusal.tool, refusal.status);
    for line in &refusal.stderr {
        let _ = writeln!(text, "    {}", printable(line));
    }
    if let Some(wrong) = refusal.line {
        let _ = writeln!(text, "\n  It was given:");
        // With the lines before: some tools complain at the end of the table.
        let lines = texts.of(failed.tool).lines().enumerate();
        for (index, line) in lines.skip(wrong.saturating_sub(3)).take(wrong.min(3)) {
            let number = index + 1;
            let line = format!("{number:>7} {}", printable(line));
            let _ = if number == wrong {
                writeln!(text, "  {}{}", style.bad(">"), style.bold(&line))
            } else {
                writeln!(text, "   {line}")
            };
        }
    }
    text
}

/// What was loaded, whether the kernel has it, and what to do next.
pub(super) fn summary(style: Style, run: &Run<'_>, differences: &[String]) -> String {
    let mut text = style.bold("Loaded into a throw-away network namespace, and read back");
    text.push('\n');
    for row in rows(run) {
        let good = !differences.iter().any(|line| row.prefix.iter().any(|prefix| line.starts_with(prefix)));
        let mark = if good { style.good("✓") } else { style.bad("✗") };
        let time = style.dim(&row.took.map(time).unwrap_or_default());
        let line =
            format!("  {mark} {:<9} {:<6}{:<32}{:<8}{time}", row.tool, row.table, row.count, row.hooks);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&verdict(style, differences));
    text.push_str(&set_list(style, run.have));
    text.push_str(&closing(style, run));
    text
}

/// One line of the table.
struct Row {
    tool: &'static str,
    table: String,
    count: String,
    hooks: String,
    took: Option<Duration>,
    /// How differences of this row begin.
    prefix: Vec<String>,
}

fn rows(run: &Run<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for step in run.steps {
        let tool = step.tool.name();
        let Some(tables) = run.have.tables(step.tool) else {
            rows.push(Row {
                tool,
                table: String::new(),
                count: columns(run.have.ipset.len(), "set", run.have.members(), "member"),
                hooks: String::new(),
                took: Some(step.took),
                prefix: vec!["ipset ".to_owned()],
            });
            continue;
        };
        let mut first = Some(step.took);
        for (name, table) in tables {
            rows.push(Row {
                tool: if first.is_some() { tool } else { "" },
                table: name.clone(),
                count: columns(table.chains.len(), "chain", table.rules(), "rule"),
                hooks: plural(table.hooks.len(), "hook"),
                took: first.take(),
                prefix: vec![format!("{tool} {name}:")],
            });
        }
    }
    rows
}

fn verdict(style: Style, differences: &[String]) -> String {
    if differences.is_empty() {
        return format!("  {}\n\n", style.good("The kernel has exactly what was compiled"));
    }
    let mut text = format!("  {}\n", style.bad("The kernel has something else than was compiled:"));
    for line in differences.iter().take(SHOWN) {
        let _ = writeln!(text, "    {line}");
    }
    if differences.len() > SHOWN {
        let _ = writeln!(text, "    … and {} more", differences.len() - SHOWN);
    }
    text.push('\n');
    text
}

/// The sets, IPv4 and IPv6 side by side: `0-office 2+1`.
fn set_list(style: Style, have: &Loaded) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for (name, members) in &have.ipset {
        let name = name.strip_prefix("PVEFW-").unwrap_or(name);
        let base = name.strip_suffix("-v4").or_else(|| name.strip_suffix("-v6")).unwrap_or(name);
        match pairs.last_mut() {
            Some((last, counts)) if *last == base => {
                let _ = write!(counts, "+{members}");
            }
            _ => pairs.push((base, members.to_string())),
        }
    }
    if pairs.is_empty() {
        return String::new();
    }
    let mut text = style.bold("Sets") + &style.dim(", with IPv4 + IPv6 members");
    let mut width = usize::MAX;
    for (name, counts) in pairs {
        let item = format!("{name} {counts}");
        if width.saturating_add(item.len()) > WIDTH {
            text.push_str("\n  ");
            width = 0;
        } else {
            text.push_str(" · ");
        }
        width += item.chars().count() + 3;
        text.push_str(&item);
    }
    text.push_str("\n\n");
    text
}

fn closing(style: Style, run: &Run<'_>) -> String {
    let guests = run.compiled.guests;
    let mut protects = format!(
        "{} and {} with {}",
        plural(guests.vms, "virtual machine"),
        plural(guests.containers, "container"),
        plural(guests.filtered_nics, "NIC")
    );
    if guests.open_nics > 0 {
        let _ = write!(protects, "; {} unfiltered", plural(guests.open_nics, "other NIC"));
    }
    let compiled = run.compiled;
    let found = format!(
        "{}, {}, {}",
        plural(compiled.counts.errors, "error"),
        plural(compiled.counts.warnings, "warning"),
        plural(compiled.counts.infos, "remark")
    );
    let [iptables, ipset, ebtables] = run.versions;
    let tools = format!("iptables {iptables}, ipset {ipset}, ebtables {ebtables}");
    let namespace = match run.kind {
        Kind::Root => "made with root's rights; ends with this process",
        Kind::User => "made without root, in a user namespace; ends with this process",
    };
    let next = match run.subject {
        Subject::Example => {
            "`pvefw check DIR` and `pvefw try DIR` do the same for your own files, laid out like /etc/pve"
                .to_owned()
        }
        Subject::Root(root) if compiled.counts.errors > 0 => {
            format!("mend the errors (`pvefw check {}`); their lines were left out", root.display())
        }
        Subject::Root(root) => {
            format!("`pvefw compile {}` prints the rulesets that were loaded", root.display())
        }
    };
    let mut text = String::new();
    for (label, value) in [
        ("Protected", protects),
        ("Found", found),
        ("Tools", tools),
        ("Namespace", namespace.to_owned()),
        ("Next", next),
    ] {
        let _ = writeln!(text, "{} {value}", style.bold(&format!("{label:<9}")));
    }
    text
}

fn columns(many: usize, thing: &str, more: u64, other: &str) -> String {
    format!("{:>6} {:<6}{more:>8} {}", many, s(many == 1, thing), s(more == 1, other))
}

pub(super) fn plural<N: TryInto<u64> + Copy + core::fmt::Display>(count: N, thing: &str) -> String {
    let one = count.try_into().is_ok_and(|count: u64| count == 1);
    let none = count.try_into().is_ok_and(|count: u64| count == 0);
    if none { format!("no {}", s(false, thing)) } else { format!("{count} {}", s(one, thing)) }
}

fn s(one: bool, thing: &str) -> String {
    if one { thing.to_owned() } else { format!("{thing}s") }
}

fn time(took: Duration) -> String {
    match took.as_millis() {
        millis @ 0..1000 => format!("{millis:>5} ms"),
        _ => format!("{:>6.1} s", took.as_secs_f64()),
    }
}

/// Text from outside, without what could move the cursor.
fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests;
