//! The logger as a service: packets of a namespace become lines, its file moves and fills up, systemd's part is played
//! by a socket of our own, and whatever keeps it from starting is said.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness. Works
//! as root and, where user namespaces allow, without. Where it can't run it fails and says why. Nothing here depends on
//! how fast something is: what must come is waited for.

mod service;

use std::fs;
use std::io::Write as _;
use std::net::UdpSocket;
use std::process::{Command, ExitCode, Stdio};

use pvefw_core::host::{Sandbox, Tools};
use pvefw_core::log::{Entry, entry};

use pvefw_tests::program::pvefw;
use service::{Folder, Service};

type Outcome = Result<(), String>;

/// What the tests send packets through: one rule for each kind of line.
const RULES: &str = "*filter\n\
    -A OUTPUT -p udp --dport 999 -j NFLOG --nflog-prefix \":117:6:tap117i0-IN: policy DROP: \"\n\
    -A OUTPUT -p udp --dport 998 -m conntrack --ctstate NEW -j NFLOG --nflog-prefix \"not ours \"\nCOMMIT\n";
const RULES_V6: &str =
    "*filter\n-A OUTPUT -p udp --dport 999 -j NFLOG --nflog-prefix \":0:4:GROUP-web-IN: \"\nCOMMIT\n";

/// A test, which has a folder to itself.
type Test = fn(&Folder) -> Outcome;

/// The tests by name.
const TESTS: [(&str, Test); 8] = [
    ("packets become lines", packets_become_lines),
    ("a file that is moved is made again", moved_files),
    ("everything is written at the end", nothing_is_lost_at_the_end),
    ("connections are logged when wanted", connections),
    ("systemd is told", systemd_is_told),
    ("a full disk ends nothing", full_disk),
    ("there is one logger", one_logger),
    ("what keeps it from starting is said", refusals),
];

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    if let Err(why) = prepared() {
        let _ = writeln!(out, "FAILED: {why}");
        return ExitCode::FAILURE;
    }
    let mut status = ExitCode::SUCCESS;
    for (name, test) in TESTS {
        let folder = Folder::new(name);
        match folder.as_ref().map_err(Clone::clone).and_then(test) {
            Ok(()) => _ = writeln!(out, "ok: {name}"),
            Err(why) => {
                let _ = writeln!(out, "FAILED: {name}: {why}");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

/// Builds the program, and moves into a namespace whose rules log.
fn prepared() -> Outcome {
    pvefw()?;
    let sandbox = Sandbox::enter().map_err(|error| error.in_full())?;
    let _inside = Tools::find(None).map_err(|error| error.in_full())?.inside(&sandbox);
    tool("ip", &["link", "set", "lo", "up"], "")?;
    tool("iptables-restore", &["--noflush"], RULES)?;
    tool("ip6tables-restore", &["--noflush"], RULES_V6)
}

/// Runs a tool with an input.
fn tool(program: &str, words: &[&str], input: &str) -> Outcome {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("can't start `{program}`: {error}"))?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let status = child.wait().map_err(|error| format!("can't wait for `{program}`: {error}"))?;
    match written {
        Ok(()) if status.success() => Ok(()),
        _ => Err(format!("`{program} {}` ended with {status}", words.join(" "))),
    }
}

/// Sends a datagram to a port of this machine.
fn send(to: &str, bytes: usize) -> Outcome {
    let from = if to.starts_with('[') { "[::1]:0" } else { "127.0.0.1:0" };
    let socket = UdpSocket::bind(from).map_err(|error| format!("no socket: {error}"))?;
    socket.send_to(&vec![0; bytes], to).map_err(|error| format!("can't send to {to}: {error}"))?;
    Ok(())
}

fn packets_become_lines(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &[])?;
    service.wait_for("log", "starting pvefw logger")?;
    send("127.0.0.1:999", 20)?;
    send("127.0.0.1:998", 0)?;
    send("[::1]:999", 1)?;
    for (part, wanted) in [
        (
            "117 6 tap117i0-IN ",
            " policy DROP: OUT=lo SRC=127.0.0.1 DST=127.0.0.1 LEN=48 TOS=0x00 PREC=0x00 TTL=64 ID=",
        ),
        ("DPT=999 LEN=28 ", " DF PROTO=UDP SPT="),
        ("0 6 - ", " not ours OUT=lo SRC=127.0.0.1 DST=127.0.0.1 LEN=28 "),
        ("0 4 GROUP-web-IN ", " OUT=lo SRC=::1 DST=::1 LEN=9 TC=0 FLOWLBL="),
    ] {
        let line = service.wait_for("log", part)?;
        if !line.contains(wanted) {
            return Err(format!("`{wanted}` is not in `{line}`"));
        }
        if Entry::parse(&line).is_none_or(|entry| entry.fields.value("PROTO") != Some("UDP")) {
            return Err(format!("`{line}` can't be read"));
        }
    }
    service.stop(0)
}

fn moved_files(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &[])?;
    send("127.0.0.1:999", 1)?;
    service.wait_for("log", "LEN=29 ")?;
    let rename =
        |to: &str| fs::rename(folder.path("log"), folder.path(to)).map_err(|error| error.to_string());
    rename("log.1")?;
    service.reload()?;
    send("127.0.0.1:999", 2)?;
    service.wait_for("log", "LEN=30 ")?;
    // Somebody who does not tell us: the file is looked after once a second.
    rename("log.2")?;
    service.wait_until("a new file", || {
        send("127.0.0.1:999", 3)?;
        Ok(folder.path("log").exists())
    })?;
    service.wait_for("log", "LEN=31 ")?;
    let first = fs::read_to_string(folder.path("log.1")).map_err(|error| error.to_string())?;
    if first.contains("LEN=30 ") {
        return Err("lines after the reload went into the old file".into());
    }
    service.stop(0)
}

/// The kernel collects packets before it hands them out; the last ones come when the logger lets go.
fn nothing_is_lost_at_the_end(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &[])?;
    service.wait_for("log", "starting")?;
    for bytes in 1..=200 {
        send("127.0.0.1:999", bytes)?;
    }
    service.stop(0)?;
    let log = fs::read_to_string(folder.path("log")).map_err(|error| error.to_string())?;
    let packets = log.lines().filter(|line| line.starts_with("117 6 tap117i0-IN ")).count();
    let last = log.lines().last().unwrap_or_default();
    if packets != 200 || !last.ends_with("stopping pvefw logger") || !log.ends_with('\n') {
        return Err(format!("{packets} of 200 packets were logged; the last line is `{last}`"));
    }
    Ok(())
}

fn connections(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &["--conntrack"])?;
    service.wait_for("log", "starting")?;
    send("127.0.0.1:998", 5)?;
    let line = service.wait_for("log", "[NEW] ipv4     2 udp      17 ")?;
    if !line.contains(" src=127.0.0.1 dst=127.0.0.1 sport=") || entry::connection(&line).is_none() {
        return Err(format!("`{line}` is no line of a connection"));
    }
    service.stop(0)
}

fn systemd_is_told(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &[])?;
    service.wait_for_state("READY=1")?;
    service.wait_for_state("STATUS=0 packets logged")?;
    service.wait_for_state("WATCHDOG=1")?;
    service.wait_for_state("WATCHDOG=1")?;
    service.signal("HUP")?;
    service.wait_for_state("RELOADING=1")?;
    service.wait_for_state("READY=1")?;
    service.signal("INT")?;
    service.wait_for_state("STOPPING=1")?;
    service.ended(0)
}

fn full_disk(folder: &Folder) -> Outcome {
    std::os::unix::fs::symlink("/dev/full", folder.path("log")).map_err(|error| error.to_string())?;
    let service = Service::start(folder, &[])?;
    service.wait_for("err", "no space left on the device")?;
    send("127.0.0.1:999", 1)?;
    // Lines wait; as soon as the path leads to a file that takes them, they are there.
    fs::remove_file(folder.path("log")).map_err(|error| error.to_string())?;
    service.reload()?;
    service.wait_for("log", "starting pvefw logger")?;
    service.wait_for("log", "LEN=29 ")?;
    service.wait_for("err", "can be written again")?;
    service.stop(0)?;
    let told = fs::read_to_string(folder.path("err")).map_err(|error| error.to_string())?;
    let complaints = told.matches("no space left").count();
    if complaints == 1 { Ok(()) } else { Err(format!("it complained {complaints} times")) }
}

fn one_logger(folder: &Folder) -> Outcome {
    let service = Service::start(folder, &[])?;
    service.wait_for("log", "starting")?;
    // With a lock of its own it gets as far as the kernel, which has one reader for a group.
    let second = folder.run(&["--lock", "other.lck"])?;
    second.refused(&["read NFLOG group 0", "another program reads it"])?;
    // The lock is waited for: whoever ends in time makes room.
    let third = folder.start_beside(&[])?;
    third.wait_for("err", "another logger holds")?;
    service.stop(0)?;
    third.wait_until("a second start", || {
        let log = fs::read_to_string(folder.path("log")).unwrap_or_default();
        Ok(log.matches("starting pvefw logger").count() == 2)
    })?;
    third.stop(0)
}

fn refusals(folder: &Folder) -> Outcome {
    folder.run(&["--log", "."])?.refused(&["the log file `.` is a directory", "--log FILE"])?;
    folder
        .run(&["--log", "no/such/log"])?
        .refused(&["can't open the log file `no/such/log`", "its folder must exist"])?;
    folder.run(&["--lock", "no/such/lock"])?.refused(&["can't use the lock `no/such/lock`"])?;
    let powerless = folder.run_without_rights()?;
    powerless.refused(&["EPERM", "CAP_NET_ADMIN"])
}
