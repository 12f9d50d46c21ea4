//! A node that is played: it understands the texts that plans are made of, fails when it is told to, and can die.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;
use std::sync::Mutex;

use crate::Family;
use crate::host::error::{Error, Refusal};
use crate::host::load::Texts;
use crate::host::machine::{Clock, Host};
use crate::host::plan::{BridgeLoading, Load};
use crate::host::rules::{Chain, Rules, Table};
use crate::host::tool::{Tool, Variant};

/// What goes wrong at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) enum Harm {
    /// It fails, and has done nothing.
    Fail,
    /// It fails, and has done its work.
    FailAfter,
    /// Nothing works from this call on, as if the process were gone.
    Die,
    /// Nothing works once its work is done.
    DieAfter,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Rules,
    generation: u32,
    calls: usize,
    harm: Option<(usize, Harm)>,
    dead: bool,
    uptime: Duration,
    now: u64,
}

/// The node.
#[derive(Debug, Default)]
pub(in crate::host) struct Played(Mutex<Inner>);

impl Played {
    pub(in crate::host) fn change<T>(&self, change: impl FnOnce(&mut Rules) -> T) -> T {
        let mut inner = self.0.lock().unwrap();
        inner.generation += 1;
        change(&mut inner.rules)
    }

    pub(in crate::host) fn rules(&self) -> Rules {
        self.0.lock().unwrap().rules.clone()
    }

    /// Calls so far.
    pub(in crate::host) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// From now on the n-th call comes to harm; nothing: all is well again.
    pub(in crate::host) fn harm(&self, harm: Option<(usize, Harm)>) {
        let mut inner = self.0.lock().unwrap();
        (inner.harm, inner.calls, inner.dead) = (harm, 0, false);
    }

    /// Time goes by; the wall clock does as it likes.
    pub(in crate::host) fn wait(&self, time: Duration, now: u64) {
        let mut inner = self.0.lock().unwrap();
        inner.uptime += time;
        inner.now = now;
    }

    fn call<T>(&self, work: impl FnOnce(&mut Inner) -> Result<T, Error>) -> Result<T, Error> {
        let mut inner = self.0.lock().unwrap();
        let number = inner.calls;
        inner.calls += 1;
        let harm = inner.harm.filter(|(at, _)| *at == number).map(|(_, harm)| harm);
        inner.dead |= harm == Some(Harm::Die);
        if inner.dead || harm == Some(Harm::Fail) {
            return Err(refused("told to fail"));
        }
        let outcome = work(&mut inner);
        inner.dead |= harm == Some(Harm::DieAfter);
        if matches!(harm, Some(Harm::FailAfter | Harm::DieAfter)) {
            Err(refused("told to fail"))
        } else {
            outcome
        }
    }
}

fn refused(words: &str) -> Error {
    Error::Refused(Refusal {
        tool: "played".to_string(),
        status: "exit status: 1".to_string(),
        stderr: [words.to_string()].into(),
        line: None,
    })
}

impl Host for Played {
    fn variant(&self) -> Variant {
        Variant::Nft
    }

    fn bridge_loading(&self) -> BridgeLoading {
        BridgeLoading::Chains
    }

    fn save(&self, tool: Tool) -> Result<String, Error> {
        self.call(|inner| {
            let texts = inner.rules.texts();
            Ok(Texts::from(&texts).of(tool).to_string())
        })
    }

    fn chain(&self, family: Family, table: &str, chain: &str) -> Result<String, Error> {
        self.call(|inner| {
            let tables = inner.rules.tables(family);
            let table = if table == "raw" { &tables.raw } else { &tables.filter };
            let found = table.chains.get(chain).ok_or_else(|| refused("no such chain"))?;
            let mut text = String::new();
            found.fill(chain, &mut text);
            Ok(text)
        })
    }

    fn test(&self, _: Family, _: &str) -> Result<(), Error> {
        self.call(|_| Ok(()))
    }

    fn load(&self, load: &Load) -> Result<(), Error> {
        self.call(|inner| {
            let mut rules = inner.rules.clone();
            let lines: Vec<&str> = load.text.lines().collect();
            match load.tool {
                Tool::Ipset => sets(&mut rules, &lines)?,
                Tool::Iptables => tables(&mut rules, Family::V4, &lines)?,
                Tool::Ip6tables => tables(&mut rules, Family::V6, &lines)?,
                Tool::Ebtables => table(&mut rules.bridge, &lines, false)?,
            }
            inner.rules = rules;
            inner.generation += u32::from(load.tool != Tool::Ipset);
            Ok(())
        })
    }

    fn generation(&self) -> Option<u32> {
        Some(self.0.lock().unwrap().generation)
    }

    fn clock(&self) -> Clock {
        let inner = self.0.lock().unwrap();
        Clock { now: inner.now, uptime: inner.uptime, boot: "played".to_string() }
    }
}

fn tables(rules: &mut Rules, family: Family, lines: &[&str]) -> Result<(), Error> {
    for part in lines.split(|line| *line == "COMMIT").filter(|part| !part.is_empty()) {
        let tables = rules.tables_mut(family);
        let into = if part[0] == "*raw" { &mut tables.raw } else { &mut tables.filter };
        table(into, part, true)?;
    }
    Ok(())
}

fn table(into: &mut Table, lines: &[&str], ip: bool) -> Result<(), Error> {
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        match (words[0], words.as_slice()) {
            (first, _) if first.starts_with(':') => {
                drop(into.chains.insert(first.trim_start_matches(':').into(), Chain::default()));
            }
            ("-X", [_, name]) => {
                let chain = into.chains.remove(*name).ok_or_else(|| refused("no such chain"))?;
                let used = |text: &str| text.lines().any(|line| line.ends_with(&alloc::format!(" {name}")));
                if !chain.lines.is_empty() || into.chains.values().any(|other| used(&other.lines)) {
                    return Err(refused("the chain is in use"));
                }
            }
            ("-D", [_, from, _, to]) => {
                let at = into.hooks.iter().position(|(a, b)| &**a == *from && &**b == *to);
                into.hooks.remove(at.ok_or_else(|| refused("no such rule"))?);
            }
            ("-A", _) => {
                // The reader of dumps knows what a line is.
                let text = alloc::format!("*filter\n{line}\n");
                let texts = Texts {
                    ipset: "",
                    iptables: if ip { &text } else { "" },
                    ip6tables: "",
                    ebtables: if ip { "" } else { &text },
                };
                let read = Rules::of(&texts);
                let read = if ip { read.v4.filter } else { read.bridge };
                into.hooks.extend(read.hooks);
                for (name, chain) in read.chains {
                    let target = into.chains.get_mut(&name).ok_or_else(|| refused("no such chain"))?;
                    target.lines.push_str(&chain.lines);
                    target.signature = chain.signature.or(target.signature.take());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn sets(rules: &mut Rules, lines: &[&str]) -> Result<(), Error> {
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match words.as_slice() {
            ["create" | "add", name, _] => {
                let text = made.entry((*name).to_string()).or_default();
                text.push_str(line);
                text.push('\n');
                let texts = Texts { ipset: text, iptables: "", ip6tables: "", ebtables: "" };
                rules.sets.extend(Rules::of(&texts).sets);
            }
            ["swap", one, other] => {
                let both =
                    [*one, *other].map(|name| rules.sets.remove(name).ok_or_else(|| refused("no such set")));
                let [first, second] = both;
                rules.sets.insert((*one).into(), second?);
                rules.sets.insert((*other).into(), first?);
            }
            ["destroy", name] => {
                drop(rules.sets.remove(*name).ok_or_else(|| refused("no such set"))?);
            }
            _ => {}
        }
    }
    Ok(())
}
