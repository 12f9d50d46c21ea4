//! The kernel's tools: where they are, which variant they are, and running them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use super::error::{Error, Missing};
use super::run::{Job, SLOW};
use super::sandbox::Sandbox;
use super::split::parts;
use super::tool::{Tool, Variant};
use crate::Family;

/// Where the tools are on Debian, should `PATH` not say so (it does not for ordinary users).
const USUAL_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Longest time a tool may take. 43,000 rules take 2 s; more is unheard of, but a node may be busy.
const TIME_LIMIT: Duration = Duration::from_mins(5);

/// Longest time for telling a version, which takes milliseconds.
const VERSION_LIMIT: Duration = Duration::from_secs(5);

/// Seconds that the legacy tools wait for each other, also those of others. Those over nftables need not and don't mind.
const LOCK_WAIT: &str = "60";

/// The lock of the legacy tools inside a sandbox: one per network namespace, by nature, and never a file on disk.
///
/// They open it for reading and `flock` it, which any file will do for; without root they could not create the usual
/// `/run/xtables.lock`.
const SANDBOX_LOCK: &str = "/proc/self/ns/net";

/// What happens to the rules that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    /// ebtables drops them, the others keep them.
    AsUsual,
    /// They stay.
    Never,
}

/// One tool as found on this machine.
#[derive(Clone, Debug)]
struct Program {
    base: PathBuf,
    restore: PathBuf,
    save: PathBuf,
    /// Once somebody has asked.
    version: OnceLock<String>,
}

/// The tools of this machine, ready to be run.
#[derive(Clone, Debug)]
pub struct Tools {
    programs: BTreeMap<Tool, Program>,
    variant: Variant,
    bridge: Variant,
    path: OsString,
    sandboxed: bool,
    slow: Option<fn(&str)>,
    limit: Duration,
}

impl Tools {
    /// Looks for all tools in `PATH` and the usual folders, and asks for their versions.
    ///
    /// # Errors
    /// [`Error::Missing`] lists everything that has to be installed.
    pub fn find(variant: Option<Variant>) -> Result<Self, Error> {
        let (tools, missing) = Self::find_in(&folders(env::var_os("PATH").as_deref()), variant)?;
        if missing.is_empty() { Ok(tools) } else { Err(Error::Missing(missing)) }
    }

    /// The same for those who only want to know what is loaded: where there is no ipset or no ebtables nothing of theirs
    /// is, as far as anybody can tell. Says which of the two are missing.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no iptables.
    pub fn find_to_save(variant: Option<Variant>) -> Result<(Self, Vec<Missing>), Error> {
        let (tools, missing) = Self::find_in(&folders(env::var_os("PATH").as_deref()), variant)?;
        let needed = [Tool::Iptables, Tool::Ip6tables];
        if needed.iter().all(|tool| tools.programs.contains_key(tool)) {
            Ok((tools, missing))
        } else {
            Err(Error::Missing(missing))
        }
    }

    /// What there is in these folders, and what is missing.
    fn find_in(folders: &[PathBuf], variant: Option<Variant>) -> Result<(Self, Vec<Missing>), Error> {
        let mut tools = Self {
            programs: BTreeMap::new(),
            variant: Variant::Nft,
            bridge: Variant::Nft,
            path: env::join_paths(folders).unwrap_or_default(),
            sandboxed: false,
            slow: None,
            limit: TIME_LIMIT,
        };
        let mut missing = Vec::new();
        for tool in Tool::ALL {
            match tool.programs(variant).iter().find_map(|name| Program::find(folders, tool, name)) {
                Some(program) => drop(tools.programs.insert(tool, program)),
                None => missing.push(Missing::new(tool, variant)),
            }
        }
        tools.variant = tools.probe(Tool::Iptables)?;
        tools.bridge = tools.probe(Tool::Ebtables)?;
        Ok((tools, missing))
    }

    /// Which variant a tool is. Debian's programs tell it by the name of the file behind all links; others are asked.
    fn probe(&self, tool: Tool) -> Result<Variant, Error> {
        let Some(program) = self.programs.get(&tool) else { return Ok(Variant::Nft) };
        let file = fs::canonicalize(&program.base).unwrap_or_default();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match Variant::BOTH.into_iter().find(|variant| name.contains(variant.name())) {
            Some(variant) => Ok(variant),
            None => self.ask_version(program).map(|answer| Variant::probe(&answer)),
        }
    }

    /// A tool may be unable to say more than its version outside a namespace of ours; that is all we want.
    fn ask_version(&self, program: &Program) -> Result<String, Error> {
        let env = self.env();
        Job { limit: VERSION_LIMIT, ..self.job(&program.base, &["--version"], "", &env) }.answer()
    }

    /// The same tools for use inside a sandbox, where they need neither root nor `/run/xtables.lock`.
    #[must_use]
    pub fn inside(mut self, _sandbox: &Sandbox) -> Self {
        self.sandboxed = true;
        self
    }

    /// Calls `report` with a program's name once whenever a run takes longer than a second.
    #[must_use]
    pub fn on_slow(mut self, report: fn(&str)) -> Self {
        self.slow = Some(report);
        self
    }

    /// Kills a tool that takes longer than this (unless told, five minutes).
    #[must_use]
    pub const fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Which ebtables this is.
    pub(super) const fn bridge_variant(&self) -> Variant {
        self.bridge
    }

    /// Which iptables this is.
    pub const fn variant(&self) -> Variant {
        self.variant
    }

    /// The version a tool calls itself: `1.8.9 (nf_tables)`, `7.17`; nothing if it is not there, or does not say.
    pub fn version(&self, tool: Tool) -> &str {
        let ask = |program| version(&self.ask_version(program).unwrap_or_default());
        self.programs.get(&tool).map_or("", |program| program.version.get_or_init(|| ask(program)))
    }

    /// Feeds `text` to the tool's restore command. Rules of others stay in iptables and ip6tables; ebtables has only
    /// whole tables.
    ///
    /// # Errors
    /// When the tool can't be started, refuses, or takes too long.
    pub fn restore(&self, tool: Tool, text: &str) -> Result<(), Error> {
        match self.feed(tool, text, Flush::AsUsual) {
            Err(Error::Refused(refusal)) if self.sandboxed && refusal.is_for_size() => {
                self.restore_in_parts(tool, text)
            }
            outcome => outcome,
        }
    }

    fn restore_in_parts(&self, tool: Tool, text: &str) -> Result<(), Error> {
        let begun = Instant::now();
        let (mut flush, mut slow) = (Flush::AsUsual, self.slow);
        for part in parts(text) {
            if begun.elapsed() > SLOW
                && let Some(report) = slow.take()
            {
                report(tool.name());
            }
            self.feed(tool, &part.text, flush).map_err(|error| match error {
                Error::Refused(mut refusal) => {
                    refusal.line = refusal.line.map(|line| part.line(line));
                    Error::Refused(refusal)
                }
                other => other,
            })?;
            flush = Flush::Never;
        }
        Ok(())
    }

    /// Feeds `text` to ebtables; what it does not name stays. Only the variant over nftables can do that.
    ///
    /// # Errors
    /// As [`Tools::restore`].
    pub(super) fn amend_bridge(&self, text: &str) -> Result<(), Error> {
        self.feed(Tool::Ebtables, text, Flush::Never)
    }

    /// The rules of one chain, as [`Tools::save`] has them.
    ///
    /// # Errors
    /// As [`Tools::restore`]; also when there is no such chain.
    pub(super) fn list_chain(&self, family: Family, table: &str, chain: &str) -> Result<String, Error> {
        let program = &self.program(Tool::of(family))?.base;
        self.job(program, &["--wait", LOCK_WAIT, "-t", table, "-S", chain], "", &self.env()).run()
    }

    fn feed(&self, tool: Tool, text: &str, flush: Flush) -> Result<(), Error> {
        let args: &[&str] = match (tool, flush) {
            (Tool::Ipset, _) => &["restore"],
            (Tool::Iptables | Tool::Ip6tables, _) => &["--noflush", "--wait", LOCK_WAIT],
            (Tool::Ebtables, Flush::Never) => &["--noflush"],
            (Tool::Ebtables, Flush::AsUsual) => &[],
        };
        self.job(&self.program(tool)?.restore, args, text, &self.env()).run().map(drop)
    }

    /// Lets the restore command of a family read `text` without changing anything. Sets named in it must exist.
    /// (ipset and ebtables have no such mode.)
    ///
    /// # Errors
    /// As [`Tools::restore`].
    pub fn test(&self, family: Family, text: &str) -> Result<(), Error> {
        let program = &self.program(Tool::of(family))?.restore;
        self.job(program, &["--noflush", "--test", "--wait", LOCK_WAIT], text, &self.env()).run().map(drop)
    }

    /// The tool's dump of the kernel's state.
    ///
    /// # Errors
    /// As [`Tools::restore`].
    pub fn save(&self, tool: Tool) -> Result<String, Error> {
        let program = &self.program(tool)?.save;
        let dump = |args: &[&str]| self.job(program, args, "", &self.env()).run();
        match tool {
            Tool::Ipset => dump(&["save"]),
            // Without real root the kernel hides the list of legacy tables, though not the tables.
            Tool::Iptables | Tool::Ip6tables if self.sandboxed && self.variant == Variant::Legacy => {
                Ok(dump(&["-t", "raw"])? + &dump(&["-t", "filter"])?)
            }
            Tool::Iptables | Tool::Ip6tables | Tool::Ebtables => dump(&[]),
        }
    }

    /// Whether it was found.
    pub(super) fn has(&self, tool: Tool) -> bool {
        self.programs.contains_key(&tool)
    }

    fn program(&self, tool: Tool) -> Result<&Program, Error> {
        self.programs.get(&tool).ok_or_else(|| Error::Missing(alloc::vec![Missing::new(tool, None)]))
    }

    fn env(&self) -> Vec<(&str, &OsStr)> {
        let mut env = alloc::vec![("PATH", self.path.as_os_str()), ("LC_ALL", OsStr::new("C"))];
        if self.sandboxed {
            env.push(("XTABLES_LOCKFILE", OsStr::new(SANDBOX_LOCK)));
        }
        env
    }

    fn job<'a>(
        &self,
        program: &'a Path,
        args: &'a [&'a str],
        input: &'a str,
        env: &'a [(&'a str, &'a OsStr)],
    ) -> Job<'a> {
        Job { program, args, input, env, limit: self.limit, slow: self.slow }
    }
}

impl Program {
    /// Finds `name` and its companions in one of `folders`; a name without companions is no use.
    fn find(folders: &[PathBuf], tool: Tool, name: &str) -> Option<Self> {
        let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| runs(path));
        let base = find(name)?;
        let (restore, save) = match tool {
            Tool::Ipset => (base.clone(), base.clone()),
            Tool::Iptables | Tool::Ip6tables | Tool::Ebtables => {
                (find(&format!("{name}-restore"))?, find(&format!("{name}-save"))?)
            }
        };
        Some(Self { base, restore, save, version: OnceLock::new() })
    }
}

fn folders(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = path
        .into_iter()
        .flat_map(env::split_paths)
        // An empty or relative entry would let the working directory provide the tools.
        .filter(|folder| folder.is_absolute())
        .collect();
    folders.extend(USUAL_FOLDERS.iter().map(PathBuf::from));
    folders
}

fn runs(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The version in an answer: `iptables v1.8.9 (nf_tables)` is `1.8.9 (nf_tables)`, with what the tool thinks of its
/// protocols and birthday left out.
fn version(answer: &str) -> String {
    let first = answer.lines().next().unwrap_or_default();
    let (_, words) = first.split_once(' ').unwrap_or_default();
    let number = words.split([',', ' ']).next().unwrap_or_default().trim_start_matches('v');
    match words.split(['(', ')']).nth(1) {
        Some(kind) if kind == "nf_tables" || kind == "legacy" => format!("{number} ({kind})"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let answers = [
            ("iptables v1.8.9 (nf_tables)\n", "1.8.9 (nf_tables)", Variant::Nft),
            ("iptables v1.8.9 (legacy)\n", "1.8.9 (legacy)", Variant::Legacy),
            ("iptables v1.6.2\n", "1.6.2", Variant::Legacy),
            ("ebtables 1.8.9 (nf_tables)\n", "1.8.9 (nf_tables)", Variant::Nft),
            ("ebtables v2.0.11 (legacy) (December 2011)\n", "2.0.11 (legacy)", Variant::Legacy),
            ("ipset v7.17, protocol version: 7\n", "7.17", Variant::Legacy),
            ("", "", Variant::Legacy),
        ];
        for (answer, expected, variant) in answers {
            assert_eq!(version(answer), expected);
            assert_eq!(Variant::probe(answer), variant, "{answer}");
        }
    }

    #[test]
    fn every_missing_tool_is_named_with_its_package() {
        let (tools, missing) = Tools::find_in(&[PathBuf::from("/nowhere")], Some(Variant::Legacy)).unwrap();
        assert!(tools.programs.is_empty());
        assert!(matches!(tools.save(Tool::Ipset), Err(Error::Missing(_))));
        let error = Error::Missing(missing);
        assert_eq!(error.to_string(), "not installed: ipset, iptables-legacy, ip6tables-legacy, ebtables");
        assert_eq!(error.advice().as_deref(), Some("apt-get install ipset iptables ebtables"));
    }

    #[test]
    fn the_working_directory_provides_no_tools() {
        let found = folders(Some(OsStr::new("/opt/bin::bin:.")));
        assert_eq!(found.first(), Some(&PathBuf::from("/opt/bin")));
        assert!(found.iter().all(|folder| folder.is_absolute()), "{found:?}");
    }
}
