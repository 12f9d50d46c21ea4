//! Settings of the kernel that a firewall needs (spec 08, section 6): that bridged packets meet iptables at all, and how
//! connections are tracked.
//!
//! What can't be set is said, and the rest is set: a node without `br_netfilter` still has its own rules.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::datacenter::HostSettings;

/// Where the kernel's settings are.
const CONNTRACK_MAX: &str = "/proc/sys/net/nf_conntrack_max";
const HASH_SIZE: &str = "/sys/module/nf_conntrack/parameters/hashsize";
const ESTABLISHED: &str = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established";
const SYN_RECEIVED: &str = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_recv";
const SYN_COOKIES: &str = "/proc/sys/net/ipv4/tcp_syncookies";
const BRIDGE: [&str; 2] =
    ["/proc/sys/net/bridge/bridge-nf-call-iptables", "/proc/sys/net/bridge/bridge-nf-call-ip6tables"];

/// Where the logger looks whether connections are logged.
pub const LOG_CONNECTIONS: &str = "/var/lib/pve-firewall/log_nf_conntrack";

/// Exists where proxmox-firewall, the backend over nftables, must not make rules.
const FORCE_DISABLE: &str = "/run/proxmox-nftables-firewall-force-disable";

/// That backend.
const NFTABLES_BACKEND: &str = "/usr/libexec/proxmox/proxmox-firewall";

/// Fewest connections to track, the unit they are rounded up to, and how many share a slot of the table.
const FEWEST: u64 = 262_144;
const UNIT: u64 = 8192;
const SHARING: u64 = 4;
/// Seconds.
const USUAL_ESTABLISHED: u64 = 432_000;
const USUAL_SYN_RECEIVED: u64 = 60;

/// Small files of the machine.
pub trait Files {
    /// The text of one.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, path: &str) -> io::Result<String>;
    /// Gives one a text.
    ///
    /// # Errors
    /// What the system says.
    fn write(&self, path: &str, text: &str) -> io::Result<()>;
    /// Removes one.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Whether it is there.
    fn exists(&self, path: &str) -> bool;
}

/// Those of the machine that we run on.
#[derive(Clone, Copy, Debug)]
pub struct Own;

impl Files for Own {
    fn read(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(path)
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        if let Some(folder) = Path::new(path).parent().filter(|folder| folder.starts_with("/var")) {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What could not be set, a sentence each.
    pub problems: Vec<String>,
    /// Whether the logger has to look again.
    pub logger_differs: bool,
}

/// Whether the backend over nftables makes this node's rules, and we none. Also tells that backend so, as pve-firewall
/// does.
pub fn nftables_takes_over(files: &dyn Files, settings: &HostSettings, enabled: bool) -> bool {
    let selected = settings.nftables && files.exists(NFTABLES_BACKEND);
    let flag = files.exists(FORCE_DISABLE);
    // Nobody reads it where that backend is not installed.
    if files.exists(NFTABLES_BACKEND) {
        let _ = match (enabled && selected, flag) {
            (true, true) => files.remove(FORCE_DISABLE),
            (false, false) => files.write(FORCE_DISABLE, ""),
            (true, false) | (false, true) => Ok(()),
        };
    }
    selected
}

/// Sets what packets need to meet the rules: before they are loaded, and again after, since `br_netfilter` may come with
/// the first rule that asks for a port of a bridge.
pub fn open_the_way(files: &dyn Files) -> Vec<String> {
    let mut problems = Vec::new();
    set(files, SYN_COOKIES, "1", &mut problems);
    for path in BRIDGE {
        set(files, path, "1", &mut problems);
    }
    for problem in &mut problems {
        if problem.contains("/bridge/") {
            problem.push_str(": packets of guests are not filtered; load the module `br_netfilter`");
        }
    }
    problems
}

/// Sets how connections are tracked and logged.
pub fn track(files: &dyn Files, settings: &HostSettings) -> Outcome {
    let mut outcome = Outcome::default();
    let problems = &mut outcome.problems;
    let most = settings.conntrack_max.unwrap_or(FEWEST).max(FEWEST);
    let most = most.checked_next_multiple_of(UNIT).unwrap_or(most);
    // COMPAT: one that can't be read is taken for right: there is no connection tracking, or it is not ours to set.
    let differs = files.read(CONNTRACK_MAX).is_ok_and(|present| present.trim() != most.to_string());
    if differs {
        set(files, HASH_SIZE, &(most / SHARING).to_string(), problems);
        set(files, CONNTRACK_MAX, &most.to_string(), problems);
    }
    let established = settings.established_timeout.unwrap_or(USUAL_ESTABLISHED);
    set(files, ESTABLISHED, &established.to_string(), problems);
    let syn_received = settings.syn_received_timeout.unwrap_or(USUAL_SYN_RECEIVED);
    set(files, SYN_RECEIVED, &syn_received.to_string(), problems);
    let logs = if settings.log_connections { "1" } else { "0" };
    let logged = files.read(LOG_CONNECTIONS).ok();
    // A file that is missing says no.
    if logged.as_deref().unwrap_or("0").trim() != logs {
        set(files, LOG_CONNECTIONS, logs, problems);
        outcome.logger_differs = true;
    }
    outcome
}

/// Gives a setting a value unless it has it.
fn set(files: &dyn Files, path: &str, value: &str, problems: &mut Vec<String>) {
    if files.read(path).is_ok_and(|present| present.trim() == value) {
        return;
    }
    if let Err(error) = files.write(path, value) {
        let why = match error.kind() {
            ErrorKind::NotFound => "it does not exist".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        problems.push(format!("can't set `{path}` to {value}: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use core::cell::RefCell;

    use super::*;

    /// A machine as it was recorded: its files, those that refuse, and what was written in order.
    #[derive(Default)]
    struct Recorded {
        files: RefCell<BTreeMap<String, String>>,
        refuses: Vec<&'static str>,
        written: RefCell<Vec<(String, String)>>,
    }

    impl Recorded {
        fn node() -> Self {
            let files = [
                (CONNTRACK_MAX, "65536\n"),
                (HASH_SIZE, "16384\n"),
                (ESTABLISHED, "432000\n"),
                (SYN_RECEIVED, "60\n"),
                (SYN_COOKIES, "1\n"),
                (BRIDGE[0], "1\n"),
                (BRIDGE[1], "0\n"),
            ];
            let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
            Self { files: RefCell::new(files.into()), ..Self::default() }
        }

        fn writes(&self) -> Vec<(String, String)> {
            self.written.take()
        }
    }

    impl Files for Recorded {
        fn read(&self, path: &str) -> io::Result<String> {
            self.files.borrow().get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
        }

        fn write(&self, path: &str, text: &str) -> io::Result<()> {
            if self.refuses.contains(&path) {
                return Err(ErrorKind::PermissionDenied.into());
            }
            // The kernel makes no settings because somebody writes to them.
            if path.starts_with("/proc") && !self.files.borrow().contains_key(path) {
                return Err(ErrorKind::NotFound.into());
            }
            self.written.borrow_mut().push((path.to_owned(), text.to_owned()));
            self.files.borrow_mut().insert(path.to_owned(), text.to_owned());
            Ok(())
        }

        fn remove(&self, path: &str) -> io::Result<()> {
            self.files.borrow_mut().remove(path);
            Ok(())
        }

        fn exists(&self, path: &str) -> bool {
            self.files.borrow().contains_key(path)
        }
    }

    fn written(path: &str, text: &str) -> (String, String) {
        (path.to_owned(), text.to_owned())
    }

    #[test]
    fn the_table_of_connections_grows_with_its_slots_first() {
        let node = Recorded::node();
        assert_eq!(track(&node, &HostSettings::default()), Outcome::default());
        assert_eq!(node.writes(), [written(HASH_SIZE, "65536"), written(CONNTRACK_MAX, "262144")]);
        track(&node, &HostSettings::default());
        assert_eq!(node.writes(), []);
        let more = HostSettings { conntrack_max: Some(300_000), ..HostSettings::default() };
        track(&node, &more);
        assert_eq!(node.writes(), [written(HASH_SIZE, "75776"), written(CONNTRACK_MAX, "303104")]);
    }

    #[test]
    fn timeouts_are_those_of_the_options_and_go_back_without_them() {
        let node = Recorded::node();
        let settings = HostSettings {
            established_timeout: Some(7875),
            syn_received_timeout: Some(30),
            ..HostSettings::default()
        };
        track(&node, &settings);
        let writes = node.writes();
        assert!(writes.ends_with(&[written(ESTABLISHED, "7875"), written(SYN_RECEIVED, "30")]), "{writes:?}");
        track(&node, &HostSettings::default());
        assert_eq!(node.writes(), [written(ESTABLISHED, "432000"), written(SYN_RECEIVED, "60")]);
    }

    #[test]
    fn the_logger_is_told_once() {
        let node = Recorded::node();
        let logs = HostSettings { log_connections: true, ..HostSettings::default() };
        assert!(!track(&node, &HostSettings::default()).logger_differs);
        assert!(track(&node, &logs).logger_differs);
        assert!(!track(&node, &logs).logger_differs);
        assert!(track(&node, &HostSettings::default()).logger_differs);
    }

    #[test]
    fn a_node_without_bridge_filtering_says_what_that_means() {
        let node = Recorded::node();
        assert_eq!(open_the_way(&node), Vec::<String>::new());
        assert_eq!(node.writes(), [written(BRIDGE[1], "1")]);
        node.files.borrow_mut().retain(|path, _| !path.contains("/bridge/"));
        let problems = open_the_way(&node);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].ends_with("load the module `br_netfilter`"), "{problems:?}");
    }

    #[test]
    fn what_refuses_is_said_and_the_rest_is_set() {
        let node = Recorded { refuses: alloc::vec![HASH_SIZE, CONNTRACK_MAX], ..Recorded::node() };
        let settings = HostSettings { established_timeout: Some(100), ..HostSettings::default() };
        let outcome = track(&node, &settings);
        assert_eq!(outcome.problems.len(), 2, "{outcome:?}");
        assert_eq!(node.writes(), [written(ESTABLISHED, "100")]);
    }

    #[test]
    fn the_other_backend_is_told_who_makes_the_rules() {
        let node = Recorded::node();
        let chosen = HostSettings { nftables: true, ..HostSettings::default() };
        // Where it is not installed it can't take over, and nobody reads the flag.
        assert!(!nftables_takes_over(&node, &chosen, true));
        assert!(!node.exists(FORCE_DISABLE));
        node.files.borrow_mut().insert(NFTABLES_BACKEND.to_owned(), String::new());
        assert!(!nftables_takes_over(&node, &HostSettings::default(), true));
        assert!(node.exists(FORCE_DISABLE));
        assert!(nftables_takes_over(&node, &chosen, true));
        assert!(!node.exists(FORCE_DISABLE));
        assert!(nftables_takes_over(&node, &chosen, false));
        assert!(node.exists(FORCE_DISABLE));
    }
}
