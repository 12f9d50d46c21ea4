use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use std::path::PathBuf;
use std::{env, fs, process};

use super::played::{Harm, Played};
use super::*;
use crate::host::confirm::{self, Back, Watched};
use crate::host::store::Guard;

/// A folder for a state, gone at the end.
pub(in crate::host) struct Folder(pub(in crate::host) PathBuf);

impl Folder {
    pub(in crate::host) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("pvefw-apply-{name}-{}", process::id()));
        drop(fs::remove_dir_all(&folder));
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn chain(name: &str, rule: &str) -> String {
    let line = format!("-A {name} {rule}");
    let signature = emit::signature([line.as_str()]);
    format!("{line}\n-A {name} -m comment --comment \"PVESIG:{signature}\"\n")
}

/// Chains in every table, hooks and sets; two of them differ in each.
pub(in crate::host) fn target(port: u16) -> Target {
    let tables = |of: &str| {
        let set = format!("-m set --match-set PVEFW-0-a-{of} src -p tcp --dport {port} -j ACCEPT");
        format!(
            "*filter\n:PVEFW-INPUT - [0:0]\n:PVEFW-x{port} - [0:0]\n-A INPUT -j PVEFW-INPUT\n{}{}COMMIT\n\
             *raw\n:PVEFW-PREROUTING - [0:0]\n-A PREROUTING -j PVEFW-PREROUTING\n{}COMMIT\n",
            chain("PVEFW-INPUT", &set),
            chain(&format!("PVEFW-x{port}"), "-j DROP"),
            chain("PVEFW-PREROUTING", &format!("-p udp --dport {port} -j ACCEPT")),
        )
    };
    let ipset: Vec<String> = [("v4", "inet", "10.0.0"), ("v6", "inet6", "fd00:")]
        .into_iter()
        .map(|(of, family, net)| {
            let name = format!("PVEFW-0-a-{of}");
            let member = if of == "v4" { format!("{net}.{port}") } else { format!("{net}:{port}") };
            format!("create {name} hash:net family {family} hashsize 64 maxelem 64 bucketsize 12\nadd {name} {member}\n")
        })
        .collect();
    let texts = Restore {
        ipset: ipset.concat(),
        iptables: tables("v4"),
        ip6tables: tables("v6"),
        ebtables: format!(
            "*filter\n:PVEFW-FORWARD ACCEPT\n-A PVEFW-FORWARD -i tap{port} -j ACCEPT\n-A FORWARD -j PVEFW-FORWARD\n"
        ),
    };
    Target::compiled(texts, None, Vec::new())
}

pub(in crate::host) const PLAIN: Options<'static> =
    Options { by: "me", command: "apply", confirm: None, trust: Trust::Nothing };

fn lock(store: &Store) -> Guard {
    store.lock("test", Duration::ZERO).unwrap()
}

#[test]
fn what_is_loaded_is_not_loaded_again() {
    let folder = Folder::new("again");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (lock, one, two) = (lock(&store), target(1), target(2));
    let done = applier.apply(&lock, &one, &PLAIN).unwrap();
    assert_eq!((done.state, done.before), (Some(1), None));
    assert_eq!(host.rules(), one.rules);
    assert_eq!(applier.apply(&lock, &one, &PLAIN).unwrap().done, Done::Unchanged);
    applier.apply(&lock, &two, &PLAIN).unwrap();
    assert_eq!(host.rules(), two.rules);
    assert_eq!(confirm::back(&applier, None), Ok(Back::To(Some(1))));
    let done = confirm::go_back(&applier, &lock, Some(1), &PLAIN).unwrap();
    assert_eq!((done.state, done.before), (Some(3), Some(2)));
    assert_eq!(host.rules(), one.rules);
    assert_eq!(store.record().unwrap().rejected, Some(two.digest));
}

/// At every call that a change makes, everything that can happen to it.
#[test]
fn every_failure_leaves_the_old_state_and_every_death_is_repaired() {
    let (one, two) = (target(1), target(2));
    let mut injected = 0;
    for harm in [Harm::Fail, Harm::FailAfter, Harm::Die, Harm::DieAfter] {
        for at in 0.. {
            let folder = Folder::new(&format!("{harm:?}-{at}"));
            let (host, store) = (Played::default(), Store::new(&folder.0));
            let applier = Applier { host: &host, store: &store };
            let lock = lock(&store);
            applier.apply(&lock, &one, &PLAIN).unwrap();
            host.harm(Some((at, harm)));
            let outcome = applier.apply(&lock, &two, &PLAIN);
            let met = host.calls() > at;
            host.harm(None);
            if !met {
                assert_eq!(host.rules(), two.rules);
                break;
            }
            injected += 1;
            let place = format!("{harm:?} at {at}: {outcome:?}");
            match outcome {
                // What was only assumed is read and done again after a failure.
                Ok(_) => assert_eq!(host.rules(), two.rules, "{place}"),
                Err(Failure { left: Left::Untouched | Left::Undone, .. }) => {
                    assert_eq!(host.rules(), one.rules, "{place}");
                    assert!(store.journal().is_none(), "{place}");
                }
                Err(Failure { left: Left::Broken(_), .. }) => {
                    assert!(matches!(harm, Harm::Die | Harm::DieAfter), "{place}");
                    assert!(store.journal().is_some(), "{place}");
                }
            }
            applier.apply(&lock, &two, &PLAIN).unwrap();
            assert_eq!(host.rules(), two.rules, "{place}");
            assert!(store.journal().is_none() && store.record().unwrap().error.is_none(), "{place}");
            applier.apply(&lock, &Target::nothing(), &PLAIN).unwrap();
            assert!(host.rules().is_empty(), "{place}");
        }
    }
    assert!(injected > 30, "only {injected}");
}

#[test]
fn what_somebody_else_has_changed_is_loaded_again() {
    let folder = Folder::new("drift");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (lock, one) = (lock(&store), target(1));
    applier.apply(&lock, &one, &PLAIN).unwrap();
    host.change(|rules| {
        let input = rules.v4.filter.chains.get_mut("PVEFW-INPUT").unwrap();
        input.lines.push_str("-A PVEFW-INPUT -j ACCEPT\n");
    });
    let (plan, survey) = applier.plan(&one).unwrap();
    assert_eq!((plan.tables.len(), survey.suspects.len(), survey.state), (1, 1, None));
    applier.apply(&lock, &one, &PLAIN).unwrap();
    assert_eq!(host.rules(), one.rules);
}

#[test]
fn a_signature_alone_is_not_believed_of_rules_that_others_loaded() {
    let folder = Folder::new("first");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (lock, one) = (lock(&store), target(1));
    host.change(|rules| *rules = one.rules.clone());
    let (plan, survey) = applier.plan(&one).unwrap();
    assert!(plan.is_empty() && survey.suspects.is_empty(), "what is as it should be is kept");
    host.change(|rules| {
        let input = rules.v6.filter.chains.get_mut("PVEFW-INPUT").unwrap();
        input.lines.push_str("-A PVEFW-INPUT -j ACCEPT\n");
    });
    let (plan, survey) = applier.plan(&one).unwrap();
    assert_eq!((plan.tables.len(), survey.suspects.len()), (1, 1));
    applier.apply(&lock, &one, &PLAIN).unwrap();
    assert_eq!(host.rules(), one.rules);
}

#[test]
fn an_unconfirmed_state_goes_by_a_clock_that_nobody_sets() {
    let folder = Folder::new("confirm");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (one, two) = (target(1), target(2));
    let arm = || Ok(1);
    let confirm = Some(Confirm { within: Duration::from_mins(1), arm: &arm });
    let waiting = Options { confirm, ..PLAIN };
    let guard = lock(&store);
    applier.apply(&guard, &one, &PLAIN).unwrap();
    host.wait(Duration::ZERO, 1_000_000);
    let state = applier.apply(&guard, &two, &waiting).unwrap().state;
    assert_eq!(host.rules(), two.rules);
    // The wall clock jumps a year ahead and back: no reason to undo anything.
    host.wait(Duration::from_secs(59), 33_000_000);
    assert_eq!(confirm::confirm(&applier, &guard).unwrap(), state);
    host.wait(Duration::from_mins(9), 5);
    drop(guard);
    assert_eq!(confirm::watch(&applier, state).unwrap(), Watched::Settled);
    assert_eq!(host.rules(), two.rules);

    let guard = lock(&store);
    applier.apply(&guard, &one, &PLAIN).unwrap();
    let state = applier.apply(&guard, &two, &waiting).unwrap().state;
    drop(guard);
    host.wait(Duration::from_secs(61), 0);
    assert_eq!(confirm::watch(&applier, state).unwrap(), Watched::TakenBack);
    assert_eq!(host.rules(), one.rules);
    let record = store.record().unwrap();
    assert_eq!((record.digest, record.rejected), (one.digest, Some(two.digest)));
    assert!(store.pending().is_none());
}

#[test]
fn whoever_watches_undoes_a_load_that_nobody_ends() {
    let folder = Folder::new("orphan");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (one, two) = (target(1), target(2));
    let arm = || Ok(1);
    let confirm = Some(Confirm { within: Duration::from_hours(1), arm: &arm });
    let guard = lock(&store);
    applier.apply(&guard, &one, &PLAIN).unwrap();
    host.harm(Some((3, Harm::DieAfter)));
    let cycle = Options { confirm, trust: Trust::Recent, ..PLAIN };
    let failure = applier.apply(&guard, &two, &cycle).unwrap_err();
    assert!(matches!(failure.left, Left::Broken(_)), "{failure:?}");
    host.harm(None);
    drop(guard);
    let state = store.pending().unwrap().state;
    assert_eq!(confirm::watch(&applier, state).unwrap(), Watched::TakenBack);
    assert_eq!(host.rules(), one.rules);
    assert!(store.journal().is_none());
}

/// An undo puts back what was found, also what somebody else had added; the next run must not take it for ours.
#[test]
fn what_an_undo_puts_back_is_known_by_its_text() {
    let folder = Folder::new("undone");
    let (host, store) = (Played::default(), Store::new(&folder.0));
    let applier = Applier { host: &host, store: &store };
    let (lock, one, two) = (lock(&store), target(1), target(2));
    applier.apply(&lock, &one, &PLAIN).unwrap();
    host.change(|rules| {
        let input = rules.v6.filter.chains.get_mut("PVEFW-INPUT").unwrap();
        input.lines.push_str("-A PVEFW-INPUT -j ACCEPT\n");
    });
    let found = host.rules();
    let arm = || Ok(1);
    let confirm = Some(Confirm { within: Duration::from_mins(1), arm: &arm });
    applier.apply(&lock, &two, &Options { confirm, ..PLAIN }).unwrap();
    let pending = store.pending().unwrap();
    confirm::take_back(&applier, &lock, &pending, "by hand").unwrap();
    assert_eq!(host.rules(), found);
    applier.apply(&lock, &one, &PLAIN).unwrap();
    assert_eq!(host.rules(), one.rules);
}
