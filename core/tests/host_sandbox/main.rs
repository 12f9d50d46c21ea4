//! Loads rulesets with the real tools into throw-away namespaces, as root and as an ordinary user.
//!
//! A process with several threads can't enter a namespace, so this is a plain program without the test harness. Run
//! by root it does everything twice: as root, then as `nobody`. Where it can't run it fails and says why.

use core::error::Error;
use core::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::ExitCode;

use nix::unistd::{Gid, Uid, geteuid, setgroups, setresgid, setresuid};
use pvefw_core::Family;
use pvefw_core::host::sandbox::Kind;
use pvefw_core::host::{self, Loaded, Sandbox, Texts, Tool, Tools, Variant, load, read_back};

type Outcome = Result<(), Box<dyn Error>>;

const TEXTS: Texts<'static> = Texts {
    ipset: include_str!("ipset"),
    iptables: include_str!("iptables"),
    ip6tables: include_str!("ip6tables"),
    ebtables: include_str!("ebtables"),
};

const NOBODY: u32 = 65534;

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    for kind in [Kind::Root, Kind::User] {
        if kind == Kind::Root && !geteuid().is_root() {
            let _ = writeln!(out, "not root: the root half is left to those who are");
            continue;
        }
        if let Err(error) = as_user(kind).and_then(|()| everything(kind)) {
            let _ = writeln!(out, "FAILED as {kind:?}: {error}");
            let mut cause = error.source();
            while let Some(deeper) = cause {
                let _ = writeln!(out, "  because: {deeper}");
                cause = deeper.source();
            }
            if let Some(advice) = error.downcast_ref::<host::Error>().and_then(host::Error::advice) {
                let _ = writeln!(out, "  help: {advice}");
            }
            return ExitCode::FAILURE;
        }
        let _ = writeln!(out, "ok as {kind:?}");
    }
    ExitCode::SUCCESS
}

/// Gives root up for [`Kind::User`].
fn as_user(kind: Kind) -> Outcome {
    if kind == Kind::User && geteuid().is_root() {
        setgroups(&[])?;
        let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        setresgid(gid, gid, gid)?;
        setresuid(uid, uid, uid)?;
        // The kernel hides /proc/self from a process that changed its user; one that was started so keeps it.
        nix::sys::prctl::set_dumpable(true)?;
    }
    Ok(())
}

fn everything(kind: Kind) -> Outcome {
    for variant in [None, Some(Variant::Nft), Some(Variant::Legacy)] {
        loads_and_reads_back(kind, variant)?;
    }
    for variant in Variant::BOTH {
        large_rulesets_load(variant)?;
        complaints_name_the_line(variant)?;
        testing_changes_nothing(variant)?;
    }
    Ok(())
}

fn loads_and_reads_back(kind: Kind, variant: Option<Variant>) -> Outcome {
    let before = fs::read_link("/proc/self/ns/net")?;
    let sandbox = Sandbox::enter()?;
    // Once we are root of our own user namespace, we may make further network namespaces as root does.
    check(sandbox.kind() == kind || kind == Kind::User, "the way in is the expected one")?;
    check(fs::read_link("/proc/self/ns/net")? != before, "we are in another namespace")?;

    let tools = Tools::find(variant)?.inside(&sandbox);
    check(variant.is_none_or(|wanted| wanted == tools.variant()), "the variant is the one asked for")?;
    for tool in Tool::ALL {
        let version = tools.version(tool);
        check(version.starts_with(|first: char| first.is_ascii_digit()), "versions start with a number")?;
    }
    check(read_back(&tools)? == Loaded::default(), "a new namespace is empty")?;

    let steps = load(&tools, &TEXTS)?;
    check(steps.iter().map(|step| step.tool).eq(Tool::ALL), "all four are loaded in order")?;
    let (have, want) = (read_back(&tools)?, TEXTS.count());
    check(have == want, &format!("read back as compiled: {:#?}", have.differences(&want)))?;
    let filter = have.iptables.get("filter").ok_or("no filter table")?;
    check((filter.chains.len(), filter.rules(), filter.hooks.len()) == (6, 14, 2), "all of IPv4 is there")?;
    check(have.members() == 5 && have.ipset.len() == 3, "all sets are there")
}

/// Without root the nft variant can't send much at once.
fn large_rulesets_load(variant: Variant) -> Outcome {
    let sandbox = Sandbox::enter()?;
    let tools = Tools::find(Some(variant))?.inside(&sandbox);
    let (mut rules, mut frames) = (String::new(), String::new());
    for number in 1..=2000 {
        writeln!(rules, "-A PVEFW-X -p tcp --dport {number} -j DROP")?;
        writeln!(frames, "-A PVEFW-X -p ARP --arp-ip-src 10.0.{}.{} -j DROP", number / 250, number % 250)?;
    }
    let table = |name: &str| format!("*{name}\n:PVEFW-X - [0:0]\n{rules}COMMIT\n");
    let ip = table("filter") + &table("raw");
    let bridge = format!("*filter\n:FORWARD ACCEPT\n:PVEFW-X ACCEPT\n{frames}");
    let texts = Texts { ipset: "", iptables: &ip, ip6tables: &ip, ebtables: &bridge };
    load(&tools, &texts)?;
    let (have, want) = (read_back(&tools)?, texts.count());
    check(
        have == want,
        &format!("a large ruleset is read back as compiled: {:#?}", have.differences(&want)),
    )?;

    let broken = ip.replace("-p tcp --dport 1999 ", "-p tcp --dpotr 1999 ");
    refused(tools.restore(Tool::Iptables, &broken), 2001, "dpotr")
}

fn complaints_name_the_line(variant: Variant) -> Outcome {
    let sandbox = Sandbox::enter()?;
    let tools = Tools::find(Some(variant))?.inside(&sandbox);
    let typo = "*filter\n:PVEFW-X - [0:0]\n-A PVEFW-X -p tcp --dpotr 3 -j DROP\nCOMMIT\n";
    refused(tools.restore(Tool::Iptables, typo), 3, "dpotr")?;
    refused(tools.restore(Tool::Ip6tables, typo), 3, "dpotr")?;
    let unset = "*filter\n:PVEFW-X - [0:0]\n-A PVEFW-X -m set --match-set nosuch src -j DROP\nCOMMIT\n";
    refused(tools.restore(Tool::Iptables, unset), 3, "nosuch")?;
    refused(tools.restore(Tool::Ipset, "create a hash:net\nadd b 192.0.2.1\n"), 2, "does not exist")?;
    let unknown = "*filter\n:FORWARD ACCEPT\n:PVEFW-X ACCEPT\n-A PVEFW-X -p NOPE -j DROP\n";
    refused(tools.restore(Tool::Ebtables, unknown), 4, "NOPE")?;
    check(read_back(&tools)?.iptables.is_empty(), "a refused table leaves nothing")
}

fn refused(outcome: Result<(), host::Error>, line: usize, word: &str) -> Outcome {
    match outcome {
        Err(host::Error::Refused(refusal)) => {
            check(refusal.line == Some(line), &format!("line {line} is named: {refusal:?}"))?;
            check(refusal.stderr.concat().contains(word), &format!("`{word}` is named: {refusal:?}"))
        }
        other => Err(format!("expected a refusal naming `{word}`, got {other:?}").into()),
    }
}

fn testing_changes_nothing(variant: Variant) -> Outcome {
    let sandbox = Sandbox::enter()?;
    let tools = Tools::find(Some(variant))?.inside(&sandbox);
    tools.restore(Tool::Ipset, TEXTS.ipset)?;
    for family in Family::BOTH {
        tools.test(family, TEXTS.of(Tool::of(family)))?;
    }
    let have = read_back(&tools)?;
    check(have.iptables.is_empty() && have.ip6tables.is_empty(), "`--test` loads nothing")
}

fn check(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(format!("does not hold: {what}").into()) }
}
