//! `pvefw test`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::NodeArgs;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw test                                 the tests in /etc/pve/tests.toml
  pvefw test ~/pve-copy --node pve2          those of a copy, for the node `pve2`
  pvefw test ~/pve-copy office.toml          other tests
  pvefw test --format junit > tests.xml      for Jenkins, GitLab and their kin

A test says what must become of some packets; lists are combined:
  [[test]]
  name = \"the shop is open\"
  from = \"outside\"
  to = [\"vm100\", \"ct200\"]
  dport = [80, 443]
  expect = \"accept\"             # or drop, reject, blocked (one of the two)
  rule = \"firewall/100.fw:12\"   # optional: the line that must decide";

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The configuration root [default: /etc/pve]
    pub(crate) root: Option<PathBuf>,
    /// The file with the tests [default: `tests.toml` in ROOT]
    pub(crate) file: Option<PathBuf>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,
    /// The node.
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

/// Formats of `test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people: a line a test, and the way of the packets that fail
    Human,
    /// One JSON object
    Json,
    /// `JUnit` XML
    Junit,
}
