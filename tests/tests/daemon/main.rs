//! The daemon as a service: what changes is applied, what is bad is not, systemd's part is played by a socket of our own,
//! and whatever goes wrong around it is survived and said.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness. It
//! mounts, so it wants root; where it can't run it fails and says why. Nothing here depends on how fast something is: what
//! must come is waited for.

mod service;

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::process::ExitCode;

use serde_json::json;

use service::{Node, dump, tool};

type Outcome = Result<(), String>;

/// A test, which has a node to itself.
type Test = fn(&Node) -> Outcome;

/// The tests by name.
const TESTS: [(&str, Test); 13] = [
    ("systemd is told", systemd_is_told),
    ("what changes is applied", changes),
    ("a bad configuration keeps the last good rules", bad_and_good_again),
    ("a node that starts with a bad configuration", bad_from_the_start),
    ("a file system that goes and comes back", unmounted_and_back),
    ("what others change is repaired", drift),
    ("guests that start are noticed", links),
    ("a tool that hangs", hanging_tool),
    ("a full disk", full_disk),
    ("a clock that jumps", clock_that_jumps),
    ("a state that waits is confirmed", confirmation),
    ("killed, and started again", killed),
    ("what keeps it from starting is said", refusals),
];

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let mut status = ExitCode::SUCCESS;
    let only = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    for (name, test) in TESTS {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        match Node::new().and_then(|node| test(&node)) {
            Ok(()) => _ = writeln!(out, "ok: {name}"),
            Err(why) => {
                let _ = writeln!(out, "FAILED: {name}: {why}");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

fn check(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn systemd_is_told(node: &Node) -> Outcome {
    let daemon = node.spawn(&[])?;
    daemon.wait_for_state("READY=1")?;
    // Ready is who has loaded its rules.
    check(dump("iptables-save")?.contains("PVEFW-INPUT"), "it was ready before its rules were loaded")?;
    daemon.wait_for_state("WATCHDOG=1")?;
    daemon.wait_for_state("WATCHDOG=1")?;
    daemon.signal("HUP")?;
    daemon.wait_for_state("RELOADING=1")?;
    daemon.wait_for_state("MONOTONIC_USEC=")?;
    daemon.wait_for_state("READY=1")?;
    check(dump("iptables-save")?.contains("PVEFW-INPUT"), "the rules went while it started anew")?;
    daemon.wait_for_state("STATUS=")?;
    daemon.wait_for_state("WATCHDOG=1")?;
    daemon.signal("TERM")?;
    daemon.wait_for_state("STOPPING=1")?;
    daemon.ends(Some(0))?;
    check(!dump("iptables-save")?.contains("PVEFW"), "rules are left")?;
    check(!dump("ip6tables-save")?.contains("PVEFW"), "rules of IPv6 are left")
}

fn changes(node: &Node) -> Outcome {
    let daemon = node.daemon(&["--metrics", "metrics"])?;
    let loads = daemon.count("/loads")?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7001")?;
    daemon.wait_for_rules("--dport 7001", true)?;
    // What an editor leaves beside a file is none.
    node.write("root/firewall/.100.fw.swp", "x")?;
    node.write("root/firewall/100.fw~", "x")?;
    daemon.wait_for_status("/phase", &json!("idle"))?;
    check(daemon.count("/loads")? == loads + 1, "one change was loaded more than once")?;
    node.demand(&["status"], 0, &["Status: enabled/running\n", "daemon: process"])?;
    node.demand(&["start"], 0, &["the daemon is running"])?;
    let metrics = daemon.ask("GET /metrics HTTP/1.1")?;
    check(metrics.starts_with("HTTP/1.0 200 OK") && metrics.contains("\npvefw_loads_total 2\n"), &metrics)?;
    daemon.wait_until("the file with metrics", || {
        Ok(node.read("metrics")?.contains("\npvefw_loads_total 2\n"))
    })?;
    check(daemon.ask("nonsense")?.starts_with("error"), "nonsense was answered")?;
    // The firewall off: nothing of ours is left, and the daemon waits for it to be on again.
    let cluster = node.read("root/firewall/cluster.fw")?;
    node.replace("firewall/cluster.fw", &cluster.replace("enable: 1", "enable: 0"))?;
    daemon.wait_for_rules("PVEFW", false)?;
    daemon.wait_for_status("/report/enabled", &json!(false))?;
    node.demand(&["status"], 0, &["Status: disabled/running"])?;
    node.replace("firewall/cluster.fw", &cluster)?;
    daemon.wait_for_rules("--dport 7001", true)?;
    node.demand(&["restart"], 0, &["started anew"])?;
    node.demand(&["stop"], 0, &["stopped: the daemon has ended"])?;
    daemon.ends(Some(0))?;
    check(!dump("iptables-save")?.contains("PVEFW"), "rules are left")?;
    node.demand(&["status"], 3, &["Status: enabled/stopped"])
}

fn bad_and_good_again(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    let good = node.read("root/firewall/100.fw")?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport nonsense\nIN ACCEPT -p tcp -dport 7002")?;
    daemon.wait_for_status("/report/configuration", &json!("faulty"))?;
    daemon.wait_for_words("<3>the configuration has an error: the last good rules stay")?;
    daemon.wait_for_words("there is no service `nonsense`")?;
    check(!dump("iptables-save")?.contains("--dport 7002"), "a bad configuration was loaded")?;
    node.demand(&["status"], 0, &["keeping the last good rules", "firewall/100.fw:"])?;
    let metrics = daemon.ask("metrics")?;
    check(metrics.contains("\npvefw_configuration_kept 1\n"), &metrics)?;
    // Drift is repaired meanwhile: to the last good rules.
    tool("iptables", &["-F", "PVEFW-INPUT"])?;
    daemon.wait_for_rules("-A PVEFW-INPUT", true)?;
    node.replace("firewall/100.fw", &format!("{good}IN ACCEPT -p tcp -dport 7003\n"))?;
    daemon.wait_for_rules("--dport 7003", true)?;
    daemon.wait_for_words("all is well again")?;
    daemon.stop()
}

fn bad_from_the_start(node: &Node) -> Outcome {
    // Nothing was ever loaded: what is left of it is better than nothing.
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport nonsense\nIN ACCEPT -p tcp -dport 7004")?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_rules("--dport 7004", true)?;
    daemon.wait_for_status("/report/configuration", &json!("partial"))?;
    daemon.wait_for_words("faulty lines are left out")?;
    daemon.stop()?;
    // Something was: after a restart of the machine, the last good rules come back.
    let good = node.read("root/firewall/100.fw")?.replace("IN ACCEPT -p tcp -dport nonsense\n", "");
    node.replace("firewall/100.fw", &good)?;
    let daemon = node.daemon(&[])?;
    daemon.signal("KILL")?;
    daemon.ends(None)?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport nonsense\nIN ACCEPT -p tcp -dport 7005")?;
    tool("iptables-restore", &["/dev/null"])?;
    tool("iptables", &["-F"])?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_status("/report/configuration", &json!("faulty"))?;
    daemon.wait_for_rules("--dport 7004", true)?;
    check(!dump("iptables-save")?.contains("--dport 7005"), "a bad configuration was loaded")?;
    daemon.stop()
}

fn unmounted_and_back(node: &Node) -> Outcome {
    // A cluster file system: a mount, below which an empty folder is.
    let (root, aside) = (node.path("root"), node.path("aside"));
    fs::rename(&root, &aside).and_then(|()| fs::create_dir(&root)).map_err(|error| error.to_string())?;
    let (root, aside) = (root.display().to_string(), aside.display().to_string());
    tool("cp", &[&format!("{aside}/facts.json"), &node.path("facts.json").display().to_string()])?;
    tool("mount", &["--bind", &aside, &root])?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_rules("PVEFW-INPUT", true)?;
    tool("umount", &[&root])?;
    daemon.wait_for_status("/report/configuration", &json!("gone"))?;
    daemon.wait_for_words("there is no configuration: the last rules stay")?;
    check(dump("iptables-save")?.contains("PVEFW-INPUT"), "the rules went with the configuration")?;
    tool("mount", &["--bind", &aside, &root])?;
    daemon.wait_for_status("/report/configuration", &json!("good"))?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7006")?;
    daemon.wait_for_rules("--dport 7006", true)?;
    daemon.stop()?;
    tool("umount", &[&root])
}

fn drift(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    tool("iptables", &["-I", "PVEFW-INPUT", "-p", "tcp", "--dport", "7007", "-j", "ACCEPT"])?;
    daemon.wait_for_status("/drifts", &json!(1))?;
    check(!dump("iptables-save")?.contains("--dport 7007"), "a foreign rule is still in our chain")?;
    daemon.wait_for_words("repaired what somebody else has changed")?;
    // Rules of others are theirs.
    tool("iptables", &["-I", "INPUT", "-p", "tcp", "--dport", "7008", "-j", "ACCEPT"])?;
    tool("iptables", &["-D", "INPUT", "-j", "PVEFW-INPUT"])?;
    daemon.wait_for_rules("-A INPUT -j PVEFW-INPUT", true)?;
    check(dump("iptables-save")?.contains("--dport 7008"), "somebody else's rule is gone")?;
    daemon.stop()
}

fn links(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    let runs = daemon.count("/runs")?;
    tool("ip", &["link", "add", "tap100i0", "type", "veth", "peer", "name", "far"])?;
    daemon.wait_until("a run for an interface", || Ok(daemon.count("/runs")? > runs))?;
    // A guest that migrates leaves its configuration on another node.
    let (here, there) = ("root/nodes/pve1/qemu-server/100.conf", "root/nodes/pve2/qemu-server");
    check(dump("iptables-save")?.contains("tap100i0"), "the guest has no rules")?;
    fs::create_dir_all(node.path(there)).map_err(|error| error.to_string())?;
    fs::rename(node.path(here), node.path(there).join("100.conf")).map_err(|error| error.to_string())?;
    daemon.wait_for_rules("tap100i0", false)?;
    fs::rename(node.path(there).join("100.conf"), node.path(here)).map_err(|error| error.to_string())?;
    daemon.wait_for_rules("tap100i0", true)?;
    daemon.stop()
}

fn hanging_tool(node: &Node) -> Outcome {
    for name in ["iptables-restore", "iptables-nft-restore", "iptables-legacy-restore"] {
        node.wrap(name)?;
    }
    for name in ["iptables", "iptables-save"] {
        node.wrap(name)?;
    }
    let daemon = node.daemon(&[])?;
    node.write("hang", "")?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7009")?;
    daemon.wait_for_status("/failures", &json!(1))?;
    // It answers all the while, and systemd hears that it lives.
    daemon.wait_for_state("WATCHDOG=1")?;
    fs::remove_file(node.path("hang")).map_err(|error| error.to_string())?;
    daemon.wait_for_rules("--dport 7009", true)?;
    daemon.wait_for_status("/report/result", &json!("loaded"))?;
    daemon.stop()
}

fn full_disk(node: &Node) -> Outcome {
    let state = node.path("state");
    fs::create_dir_all(&state).map_err(|error| error.to_string())?;
    let shown = state.display().to_string();
    tool("mount", &["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", &shown])?;
    let daemon = node.daemon(&[])?;
    let filler = state.join("filler");
    let mut size = 4 << 20;
    while size > 0 && fs::write(&filler, vec![0; size]).is_err() {
        size = fs::metadata(&filler).map_or(0, |data| usize::try_from(data.len()).unwrap_or(0));
    }
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7010")?;
    daemon.wait_for_status("/report/result", &json!("failed"))?;
    daemon.wait_for_words("o space left on")?;
    fs::remove_file(filler).map_err(|error| error.to_string())?;
    daemon.wait_for_rules("--dport 7010", true)?;
    daemon.stop()?;
    tool("umount", &[&shown])
}

fn clock_that_jumps(node: &Node) -> Outcome {
    node.set_clock("+0")?;
    let daemon = node.daemon(&[])?;
    let begun = daemon.count("/since")?;
    for (port, (offset, days)) in (7020..).zip([("+900d", 900), ("-900d", -900), ("+0", 0)]) {
        node.set_clock(offset)?;
        node.add("firewall/100.fw", &format!("IN ACCEPT -p tcp -dport {port}"))?;
        daemon.wait_for_rules(&format!("--dport {port}"), true)?;
        tool("iptables", &["-D", "INPUT", "-j", "PVEFW-INPUT"])?;
        daemon.wait_for_rules("-A INPUT -j PVEFW-INPUT", true)?;
        daemon.wait_for_state("WATCHDOG=1")?;
        daemon.wait_until("a run at that time", || {
            let passed = daemon.count("/last_run")?.cast_signed() - begun.cast_signed();
            Ok((passed - days * 86_400).abs() < 86_400)
        })?;
    }
    check(daemon.count("/failures")? == 0, "a run failed")?;
    // Time to confirm is neither over too early nor never.
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7030")?;
    node.demand(&["apply", "--force", "--confirm-within", "1h"], 0, &["unless `pvefw confirm`"])?;
    node.set_clock("+900d")?;
    node.demand(&["confirm"], 0, &["confirmed"])?;
    node.add("firewall/101.fw", "[RULES]\nIN ACCEPT -p tcp -dport nonsense")?;
    daemon.wait_for_status("/report/configuration", &json!("faulty"))?;
    node.demand(
        &["apply", "--allow-errors", "--force", "--confirm-within", "2s"],
        0,
        &["unless `pvefw confirm`"],
    )?;
    node.set_clock("-900d")?;
    daemon.wait_until("the end of the time to confirm", || Ok(!node.path("state/pending.json").exists()))?;
    daemon.stop()
}

fn confirmation(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7011")?;
    daemon.wait_for_rules("--dport 7011", true)?;
    // Somebody goes back: what they went back from is not loaded again unasked.
    node.demand(&["rollback"], 0, &["rolled back"])?;
    daemon.wait_for_status("/report/configuration", &json!("rejected"))?;
    check(!dump("iptables-save")?.contains("--dport 7011"), "what was taken back was loaded again")?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7012")?;
    daemon.wait_for_rules("--dport 7012", true)?;
    // What waits to be confirmed is left alone, and the daemon's socket takes the confirmation.
    node.add("firewall/101.fw", "[RULES]\nIN ACCEPT -p tcp -dport nonsense")?;
    daemon.wait_for_status("/report/configuration", &json!("faulty"))?;
    node.demand(
        &["apply", "--allow-errors", "--force", "--confirm-within", "1h"],
        0,
        &["unless `pvefw confirm`"],
    )?;
    let answer = daemon.ask("confirm")?;
    check(answer.contains("confirmed"), &answer)?;
    check(daemon.ask("confirm")?.contains("nothing waits"), "it was confirmed twice")?;
    daemon.stop()
}

fn killed(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    daemon.signal("KILL")?;
    daemon.ends(None)?;
    check(dump("iptables-save")?.contains("PVEFW-INPUT"), "the rules died with the daemon")?;
    node.add("firewall/100.fw", "IN ACCEPT -p tcp -dport 7013")?;
    // Its lock and its socket are left over.
    check(node.path("run/control").exists(), "no socket was left over")?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_rules("--dport 7013", true)?;
    check(daemon.count("/failures")? == 0, "the start was no clean one")?;
    daemon.stop()
}

fn refusals(node: &Node) -> Outcome {
    let daemon = node.daemon(&[])?;
    node.demand(&["daemon"], 2, &["another daemon is running: process", "pvefw stop"])?;
    check(daemon.count("/runs")? >= 1, "the first one was disturbed")?;
    daemon.stop()?;
    // Whatever is where the socket should be: rules are more important.
    let socket = node.path("run/control");
    fs::create_dir(&socket).map_err(|error| error.to_string())?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_words("<3>can't make the control socket")?;
    daemon.wait_for_words("which is no socket; move it away; the daemon goes on without")?;
    daemon.wait_for_rules("PVEFW-INPUT", true)?;
    daemon.stop()?;
    fs::remove_dir(&socket).map_err(|error| error.to_string())?;
    let other = UnixListener::bind(&socket).map_err(|error| error.to_string())?;
    let daemon = node.daemon(&[])?;
    daemon.wait_for_words("another program listens there")?;
    daemon.stop()?;
    drop(other);
    node.write("file", "")?;
    let run = node.path("file").display().to_string();
    node.demand(&["daemon", "--run", &run], 2, &["can't use the lock", "--run"])?;
    node.demand(&["daemon", "--variant", "other"], 2, &["it is `nft` or `legacy`"])?;
    node.demand_without_rights(&["daemon"], 2, &["CAP_NET_ADMIN"])
}
