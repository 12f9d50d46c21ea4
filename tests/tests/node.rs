//! `pvefw` on a node: the real program and the real tools, in a network namespace of its own for each test.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness. As root,
//! or where user namespaces are allowed. Where it can't run it fails and says why.

use core::error::Error;
use core::time::Duration;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Instant;
use std::{env, fs, thread};

use iptables::IPTables;
use pvefw_core::host::{Sandbox, Variant};
use serde_json::Value;

type Outcome = Result<(), String>;

type Test = fn(&Node) -> Outcome;

const TESTS: [(&str, Test); 9] = [
    ("plan, apply, and nothing to do", plan_and_apply),
    ("one line, one chain", incremental),
    ("rules of others stay", others_stay),
    ("drift is seen and repaired", drift),
    ("unconfirmed rules go by themselves", unconfirmed),
    ("confirmed rules stay", confirmed),
    ("back to earlier states", rollback),
    ("a lockout is refused", lockout),
    ("taking over from pve-firewall, and stopping", take_over),
];

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    for variant in Variant::BOTH {
        for (name, test) in TESTS {
            let outcome = Node::new(variant).and_then(|node| test(&node));
            match outcome {
                Ok(()) => drop(writeln!(out, "ok: {name}, {variant}")),
                Err(why) => {
                    let _ = writeln!(out, "FAILED: {name}, {variant}: {why}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

/// A namespace with a configuration and a state directory.
struct Node {
    folder: PathBuf,
    pvefw: &'static Path,
    variant: Variant,
}

impl Node {
    fn new(variant: Variant) -> Result<Self, String> {
        let pvefw = pvefw_tests::program::pvefw()?;
        Sandbox::enter().map_err(|error| error.in_full())?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("node");
        let _ = fs::remove_dir_all(&folder);
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/datacenter");
        pvefw_tests::folder::copy(&example, &folder.join("root")).map_err(|error| error.to_string())?;
        Ok(Self { folder, pvefw, variant })
    }

    fn root(&self, file: &str) -> PathBuf {
        self.folder.join("root").join(file)
    }

    /// Changes a file of the configuration.
    fn edit(&self, file: &str, old: &str, new: &str) -> Outcome {
        let path = self.root(file);
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        check(text.contains(old), format!("{file} has `{old}`"))?;
        fs::write(path, text.replacen(old, new, 1)).map_err(|error| error.to_string())
    }

    /// Runs `pvefw` and expects a status; what it said on both outputs.
    fn run(&self, words: &[&str], status: i32) -> Result<String, String> {
        let mut command = Command::new(self.pvefw);
        let mut words = words.iter();
        command.args(words.next());
        let first = command.get_args().next().unwrap_or_default().to_owned();
        if ["plan", "apply", "status"].iter().any(|word| first == *word) {
            command.arg(self.root("")).args(["--node", "pve1", "--facts"]).arg(self.root("facts.json"));
        }
        command
            .args(words)
            .env("PVEFW_STATE", self.folder.join("state"))
            .env("PVEFW_VARIANT", self.variant.name());
        command.env_remove("SSH_CONNECTION").stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        let said = said(&output);
        check(
            output.status.code() == Some(status),
            format!("status {status}, got {:?}: {said}", output.status),
        )?;
        Ok(said)
    }

    /// An admin, or another program, who changes single rules of IPv4 and IPv6.
    fn others(&self) -> (IPTables, IPTables) {
        let (v4, v6) = match self.variant {
            Variant::Nft => ("iptables-nft", "ip6tables-nft"),
            Variant::Legacy => ("iptables-legacy", "ip6tables-legacy"),
        };
        let of = |cmd| IPTables { cmd, has_check: true, has_wait: true, is_numeric: false };
        (of(v4), of(v6))
    }

    /// What a tool prints of its rules.
    fn dump(&self, tool: &str) -> Result<String, String> {
        let program = format!("/usr/sbin/{tool}-{}-save", self.variant.name());
        let output = Command::new(&program).output().map_err(|error| error.to_string())?;
        check(output.status.success(), format!("`{program}`: {}", said(&output)))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The rules that are loaded, without the comments that have the time.
    fn loaded(&self) -> Result<String, String> {
        let v4 = self.dump("iptables")?;
        let v6 = self.dump("ip6tables")?;
        let kept = |text: &str| {
            text.lines().filter(|line| !line.starts_with(['#', ':'])).collect::<Vec<_>>().join("\n")
        };
        Ok(kept(&v4) + "\n" + &kept(&v6))
    }

    fn status(&self, status: i32) -> Result<Value, String> {
        let said = self.run(&["status", "--format", "json"], status)?;
        let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        serde_json::from_str(line).map_err(|error| format!("{error}: {said}"))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Whether a value of a JSON object is this one.
fn is(object: &Value, place: &str, value: impl Into<Value>) -> bool {
    object.pointer(place) == Some(&value.into())
}

fn check(holds: bool, what: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(format!("does not hold: {}", what.into())) }
}

fn contains(text: &str, part: &str) -> Outcome {
    check(text.contains(part), format!("`{part}` is in: {text}"))
}

fn plan_and_apply(node: &Node) -> Outcome {
    contains(&node.run(&["plan"], 3)?, "76 chains created; 12 sets created; 9 hooks changed")?;
    check(is(&node.status(3)?, "/running", false), "nothing runs yet")?;
    contains(&node.run(&["apply"], 0)?, "applied (state 1): 76 chains created")?;
    let loaded = node.loaded()?;
    contains(&node.run(&["plan"], 0)?, "nothing would change")?;
    contains(&node.run(&["apply"], 0)?, "unchanged (state 1)")?;
    check(node.loaded()? == loaded, "nothing was touched")?;
    let status = node.status(0)?;
    check(
        is(&status, "/running", true)
            && is(&status, "/drift", false)
            && is(&status, "/pending_changes", false),
        "status",
    )?;
    let logging =
        fs::read_to_string(node.folder.join("state/applied.json")).map_err(|error| error.to_string())?;
    let logging: Value = serde_json::from_str(&logging).map_err(|error| error.to_string())?;
    let rules = logging.get("rules").and_then(Value::as_array).ok_or("no rules that log")?;
    let line = rules
        .iter()
        .find(|rule| is(rule, "/file", "firewall/cluster.fw"))
        .ok_or("no line of the cluster file")?;
    check(
        line.get("text").and_then(Value::as_str).is_some_and(|text| text.contains("-log")),
        "the line says that it logs",
    )
}

fn incremental(node: &Node) -> Outcome {
    node.run(&["apply"], 0)?;
    node.edit("firewall/101.fw", "[RULES]", "[RULES]\nIN DROP -source 198.51.100.9")?;
    let plan = node.run(&["plan"], 3)?;
    contains(&plan, "+ IN DROP -source 198.51.100.9")?;
    contains(&plan, "to load: 1 chain changed")?;
    contains(&node.run(&["apply"], 0)?, "applied (state 2): 1 chain changed")?;
    contains(&node.loaded()?, "-A tap101i0-IN -s 198.51.100.9/32 -j DROP")?;
    node.edit("firewall/cluster.fw", "[RULES]", "[RULES]\nIN HTPS(ACCEPT)")?;
    contains(&node.run(&["apply"], 1)?, "nothing is applied: the configuration has errors")?;
    contains(&node.run(&["plan", "--allow-errors"], 0)?, "nothing would change")?;
    contains(&node.run(&["apply", "--allow-errors"], 0)?, "unchanged (state 2)")
}

fn others_stay(node: &Node) -> Outcome {
    let other = |error: Box<dyn Error>| error.to_string();
    let (v4, v6) = node.others();
    v4.new_chain("filter", "theirs").map_err(other)?;
    for comment in [r#"a"b"#, "'a b'"] {
        let rule = format!("-s 10.9.9.9 -m comment --comment {comment} -j DROP");
        v4.append("filter", "theirs", &rule).map_err(other)?;
    }
    v4.append("filter", "INPUT", "-j theirs").map_err(other)?;
    v6.append("mangle", "OUTPUT", "-j MARK --set-mark 7").map_err(other)?;
    let before = node.loaded()?;
    node.run(&["apply"], 0)?;
    let with = node.loaded()?;
    for line in before.lines().filter(|line| line.starts_with("-A")) {
        contains(&with, line)?;
    }
    node.run(&["stop"], 0)?;
    let rules = |text: &str| {
        text.lines().filter(|line| line.starts_with("-A")).map(str::to_owned).collect::<Vec<_>>()
    };
    check(rules(&node.loaded()?) == rules(&before), "what is left is theirs")
}

fn drift(node: &Node) -> Outcome {
    node.run(&["apply"], 0)?;
    let loaded = node.loaded()?;
    let (others, _) = node.others();
    others.insert("filter", "PVEFW-HOST-IN", "-j ACCEPT", 1).map_err(|error| error.to_string())?;
    let status = node.status(0)?;
    check(is(&status, "/drift", true), format!("{status}"))?;
    check(is(&status, "/changed_chains/0", "iptables filter PVEFW-HOST-IN"), format!("{status}"))?;
    contains(&node.run(&["apply"], 0)?, "1 chain changed")?;
    check(node.loaded()? == loaded, "it is as it was")
}

fn unconfirmed(node: &Node) -> Outcome {
    node.run(&["apply"], 0)?;
    let loaded = node.loaded()?;
    node.edit("firewall/101.fw", "[RULES]", "[RULES]\nIN DROP -source 198.51.100.9")?;
    contains(&node.run(&["apply", "--confirm-within", "2s"], 0)?, "within 2 s")?;
    check(node.loaded()? != loaded, "it is loaded")?;
    contains(&node.run(&["apply"], 1)?, "waits to be confirmed")?;
    let begun = Instant::now();
    while node.folder.join("state/pending.json").exists() {
        check(begun.elapsed() < Duration::from_mins(1), "it is taken back in time")?;
        thread::sleep(Duration::from_millis(50));
    }
    check(node.loaded()? == loaded, "the old rules are back")?;
    let status = node.status(0)?;
    let error = status.pointer("/last_error/message").and_then(Value::as_str).unwrap_or_default();
    contains(error, "state 2 was taken back: it was not confirmed in time")?;
    contains(&node.run(&["confirm"], 1)?, "nothing waits to be confirmed")
}

fn confirmed(node: &Node) -> Outcome {
    node.run(&["apply", "--confirm-within", "2s"], 0)?;
    let loaded = node.loaded()?;
    contains(&node.run(&["confirm"], 0)?, "confirmed: state 1 stays")?;
    thread::sleep(Duration::from_secs(4));
    check(node.loaded()? == loaded, "it stays")
}

fn rollback(node: &Node) -> Outcome {
    contains(&node.run(&["rollback"], 2)?, "there is no earlier state")?;
    node.run(&["apply"], 0)?;
    let first = node.loaded()?;
    node.edit("firewall/101.fw", "enable: 1", "enable: 0")?;
    node.run(&["apply"], 0)?;
    let second = node.loaded()?;
    contains(&node.run(&["rollback"], 0)?, "rolled back to state 1")?;
    check(node.loaded()? == first, "the first is back")?;
    contains(&node.run(&["rollback", "2"], 0)?, "rolled back to state 2")?;
    check(node.loaded()? == second, "the second is back")?;
    contains(&node.run(&["rollback", "77"], 2)?, "there is no state 77")?;
    let history = node.run(&["history", "--diff"], 0)?;
    contains(&history, "rollback 1")?;
    contains(&history, "*    4")
}

fn lockout(node: &Node) -> Outcome {
    node.run(&["apply"], 0)?;
    let loaded = node.loaded()?;
    node.edit("firewall/cluster.fw", "[RULES]", "[RULES]\nIN DROP -p tcp -dport 8006")?;
    let said = node.run(&["apply"], 1)?;
    contains(&said, "this would cut the web interface (port 8006)")?;
    contains(&said, "IN DROP -p tcp -dport 8006")?;
    check(node.loaded()? == loaded, "nothing was changed")?;
    contains(&node.run(&["apply", "--confirm-within", "1h"], 0)?, "applied (state 2)")?;
    contains(&node.run(&["rollback"], 0)?, "rolled back: state 1")?;
    check(node.loaded()? == loaded, "the old rules are back")?;
    node.run(&["apply", "--force"], 0)?;
    contains(&node.run(&["apply", "--keep", "192.168.10.77:9999"], 0)?, "unchanged")?;
    // Who comes in by another interface than the one that stays open.
    let (open, narrow) = ("IN ACCEPT -p tcp -dport 9999", "IN ACCEPT -i vmbr0 -p tcp -dport 9999");
    node.edit("firewall/cluster.fw", "[RULES]", &format!("[RULES]\n{open}\nIN DROP -p tcp -dport 9999"))?;
    contains(&node.run(&["apply"], 0)?, "applied")?;
    node.edit("firewall/cluster.fw", open, narrow)?;
    let way: [&[&str]; 4] = [
        &["link", "add", "admin0", "type", "veth", "peer", "name", "far0"],
        &["address", "add", "192.168.77.1/24", "dev", "admin0"],
        &["link", "set", "admin0", "up"],
        &["link", "set", "far0", "up"],
    ];
    for words in way {
        let status = Command::new("/usr/sbin/ip").args(words).status();
        check(status.is_ok_and(|status| status.success()), format!("ip {words:?}"))?;
    }
    let said = node.run(&["apply", "--keep", "192.168.77.5:9999"], 1)?;
    contains(&said, "this would cut the connection from 192.168.77.5 to port 9999")?;
    contains(&said, "IN DROP -p tcp -dport 9999")?;
    contains(&node.run(&["apply", "--keep", "192.168.10.77:9999"], 0)?, "applied")
}

/// pve-firewall's rules are those that we compile, signatures and all.
fn take_over(node: &Node) -> Outcome {
    let out = node.folder.join("texts");
    let root = node.root("");
    let compiled = Command::new(node.pvefw)
        .args(["compile", "--node", "pve1", "--facts"])
        .arg(node.root("facts.json"))
        .arg("--out")
        .args([&out, &root])
        .output();
    check(compiled.is_ok_and(|output| output.status.success()), "it compiles")?;
    let ebtables = "/usr/sbin/ebtables-restore".to_owned();
    let restore = |name: &str| format!("/usr/sbin/{name}-{}-restore", node.variant.name());
    for (program, words, file) in [
        ("/usr/sbin/ipset".to_owned(), ["restore"].as_slice(), "ipset"),
        (ebtables, &[], "ebtables"),
        (restore("iptables"), &["--noflush"], "iptables"),
        (restore("ip6tables"), &["--noflush"], "ip6tables"),
    ] {
        let text = fs::File::open(out.join(file)).map_err(|error| error.to_string())?;
        let status =
            Command::new(&program).args(words).stdin(text).status().map_err(|error| error.to_string())?;
        check(status.success(), program)?;
    }
    let loaded = node.loaded()?;
    contains(&node.run(&["plan"], 0)?, "nothing would change")?;
    contains(&node.run(&["apply"], 0)?, "nothing had to be loaded: the rules were there")?;
    check(node.loaded()? == loaded, "every chain stayed")?;
    contains(&node.run(&["stop"], 0)?, "76 chains removed; 12 sets removed; 9 hooks changed")?;
    check(!node.loaded()?.contains("PVEFW"), "nothing is left")?;
    check(is(&node.status(3)?, "/running", false), "nothing runs")
}
