//! `pvefw logger`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  pvefw logger                          as the service does
  pvefw logger --log here.log --debug   try it: into a file of one's own, and onto the terminal

SIGHUP reopens the file, SIGTERM and Ctrl-C end the service once everything is written.";

/// Arguments of `logger`.
#[derive(Debug, Args)]
pub(crate) struct LoggerArgs {
    /// The file that gets the lines
    #[arg(long, value_name = "FILE", default_value = crate::logger::LOG)]
    pub(crate) log: PathBuf,
    /// Log connections that begin and end, too [default: what `log_nf_conntrack` of host.fw says]
    #[arg(long)]
    pub(crate) conntrack: bool,
    /// Print each line, too
    #[arg(short, long)]
    pub(crate) debug: bool,
    /// Write what was counted into this file, as Prometheus reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Stay in the foreground; it always does (pvefw-logger has this option)
    #[arg(short, long)]
    pub(crate) foreground: bool,
    /// The file whose lock makes sure that there is only one logger
    #[arg(long, value_name = "FILE", default_value = crate::logger::LOCK)]
    pub(crate) lock: PathBuf,
}
