//! `cargo xtask lab`: what `pvefw trace` says of packets, held against a real kernel.

use std::ffi::OsString;
use std::process::Command;

use crate::outcome::Outcome;
use crate::steps::Ran;
use crate::{Task, setup, sh, workspace};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "lab",
    usage: "[--seed N] [--cases N] [--packets N] [--variant nft|legacy] [--root DIR | --conformance DIR]",
    about: "send real packets through a real kernel, and compare with the simulator",
    help: "Wires a node as Proxmox VE does, in network namespaces of its own; loads the compiled rules with the real\n\
           tools; sends packets from and to each zone, and compares what arrives, vanishes or is rejected with\n\
           what the simulator says. As root, or where user namespaces are allowed.\n\n\
           --seed N           the first datacenter; each has a number of its own (1)\n\
           --cases N          how many datacenters (200)\n\
           --packets N        packets for each (50)\n\
           --variant V        `nft` or `legacy` tools, instead of those installed as `iptables`\n\
           --root DIR         the configuration in a folder (of `--node NAME`), instead of ones made up\n\
           --conformance DIR  all cases with packets in a folder, and the verdicts recorded with them; takes what a\n\
                              disagreement has left, too\n\
           --keep DIR         where a disagreement is put (target/lab)\n\
           --jobs N           how many processes share the work (as many as there are processors)",
    run: |words| sh::run(prepared()?.args(kept(words)?).args(words)),
    passes_on: false,
};

/// The lab, once all that it needs is there.
fn prepared() -> Outcome<Command> {
    setup::programs(&setup::KERNEL_TOOLS)?;
    sh::run(&mut workspace::cargo_build(&["build", "--release", "--package", "pvefw-lab"])?)?;
    Ok(Command::new(workspace::target()?.join("release").join("pvefw-lab")))
}

/// Where disagreements are put, unless the words say it.
fn kept(words: &[String]) -> Outcome<Vec<OsString>> {
    if words.iter().any(|word| word == "--keep") {
        return Ok(Vec::new());
    }
    Ok(vec!["--keep".into(), workspace::target()?.join("lab").into()])
}

/// What CI runs of it.
pub(crate) fn share(quick: bool) -> Outcome<Ran> {
    let cases = if quick { "20" } else { "200" };
    sh::run(prepared()?.args(kept(&[])?).args(["--cases", cases]))?;
    Ok(Ran::Done)
}
