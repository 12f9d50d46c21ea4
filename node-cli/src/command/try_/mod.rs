//! `pvefw try [ROOT]`: loads a configuration into a throw-away network namespace with the real tools and reads it back.
//!
//! The namespace belongs to this process and ends with it, so nothing is left behind, not even after Ctrl-C.

mod report;
mod style;

use std::io::{self, Write};
use std::path::PathBuf;

use pvefw_core::host::{Sandbox, Texts, Tool, Tools, Variant, load, read_back};

use report::{Run, Subject};
use style::Style;

/// Everything went well.
const FINE: u8 = 0;
/// Errors in the configuration, or the kernel does not have what was compiled.
const FINDINGS: u8 = 1;
/// It could not be tried at all.
const UNUSABLE: u8 = 2;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct TryArgs {
    /// The configuration; the built-in example if there is none.
    pub(crate) root: Option<PathBuf>,
    /// The node to compile for.
    pub(crate) node: Option<String>,
    /// A file of facts about that node.
    pub(crate) facts: Option<PathBuf>,
    /// Which iptables to use; the machine's choice if there is none.
    pub(crate) variant: Option<Variant>,
}

/// A configuration on its way into the kernel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    /// What there is to say about it, as shown to people; may be empty.
    pub(crate) diagnostics: String,
    /// Errors among the diagnostics.
    pub(crate) errors: u64,
    /// Warnings among them.
    pub(crate) warnings: u64,
    /// Remarks among them.
    pub(crate) infos: u64,
    /// The node it was compiled for.
    pub(crate) node: String,
    /// Guests of that node.
    pub(crate) guests: Guests,
    /// Input of `ipset restore`.
    pub(crate) ipset: String,
    /// Input of `iptables-restore --noflush`.
    pub(crate) iptables: String,
    /// Input of `ip6tables-restore --noflush`.
    pub(crate) ip6tables: String,
    /// Input of `ebtables-restore`.
    pub(crate) ebtables: String,
}

/// How many guests the firewall stands in front of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guests {
    /// Virtual machines with at least one filtered NIC.
    pub(crate) vms: u64,
    /// Containers with at least one filtered NIC.
    pub(crate) containers: u64,
    /// Filtered NICs.
    pub(crate) nics: u64,
    /// NICs of the node's guests that are not filtered.
    pub(crate) open_nics: u64,
}

impl Compiled {
    fn texts(&self) -> Texts<'_> {
        Texts {
            ipset: &self.ipset,
            iptables: &self.iptables,
            ip6tables: &self.ip6tables,
            ebtables: &self.ebtables,
        }
    }
}

/// Tries what `compile` makes of the arguments, and returns the exit status. `compile` fails with a sentence for the
/// user when there is nothing to try; it must not leave threads running.
pub(crate) fn run_with<C>(args: &TryArgs, compile: C) -> u8
where
    C: FnOnce(&TryArgs) -> Result<Compiled, String>,
{
    let style = Style::of_stdout();
    match attempt(args, compile, style, &mut io::stdout().lock()) {
        Ok(status) => status,
        Err(failure) => {
            say(&failure);
            UNUSABLE
        }
    }
}

fn attempt<C>(args: &TryArgs, compile: C, style: Style, out: &mut dyn Write) -> Result<u8, String>
where
    C: FnOnce(&TryArgs) -> Result<Compiled, String>,
{
    let compiled = compile(args).map_err(|failure| format!("error: {failure}"))?;
    let subject = args.root.as_deref().map_or(Subject::Example, Subject::Root);
    show(out, &report::opening(style, subject, &compiled));
    let texts = compiled.texts();
    if report::is_empty(&texts) {
        show(out, &report::nothing_to_load(style));
        return Ok(if compiled.errors > 0 { FINDINGS } else { FINE });
    }

    let tools = Tools::find(args.variant).map_err(|error| report::unusable(&error))?;
    let sandbox = Sandbox::enter().map_err(|error| report::unusable(&error))?;
    let tools = tools.inside(&sandbox).on_slow(still_running);
    let steps = match load(&tools, &texts) {
        Ok(steps) => steps,
        Err(failed) => {
            show(out, &report::refusal(style, &failed, &texts));
            return Ok(FINDINGS);
        }
    };
    let have = read_back(&tools).map_err(|error| report::unusable(&error))?;
    let versions = [Tool::Iptables, Tool::Ipset, Tool::Ebtables].map(|tool| tools.version(tool));
    let run =
        Run { compiled: &compiled, subject, versions, kind: sandbox.kind(), steps: &steps, have: &have };
    let differences = have.differences(&texts.count());
    show(out, &report::summary(style, &run, &differences));
    Ok(if differences.is_empty() && compiled.errors == 0 { FINE } else { FINDINGS })
}

/// A reader who has gone away has seen enough.
fn show(out: &mut dyn Write, text: &str) {
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {}
}

fn still_running(program: &str) {
    say(&format!("`{program}` is still at it …"));
}

fn say(text: &str) {
    if writeln!(io::stderr(), "{text}").is_err() {}
}
