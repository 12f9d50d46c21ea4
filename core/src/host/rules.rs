//! What is ours in a kernel, as the tools' own text: chains, hooks and sets.
//!
//! In: the input of the restore tools, or their dumps, which have the same form. Out: [`Rules`], chain by chain and line
//! by line as they stand there. Planning and putting back work on text and not on IR, since what was found on a node is
//! to be put back to the byte, also where nobody here understands it. Nothing can go wrong: lines of others are left out.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use std::thread;

use super::load::Texts;
use super::tool::Tool;
use crate::Family;
use crate::diff::TableId;
use crate::emit::Restore;
use crate::readback::{is_our_bridge_chain, is_our_chain, is_our_set};

/// The comment by which a chain is signed, up to the signature.
const SIGNED: &str = "-m comment --comment ";

/// How a signature begins.
const SIGNATURE: &str = "PVESIG:";

/// How much is wanted of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Its signature, which speaks for the rest where it was compiled.
    Signature,
    /// Its rules, too.
    Lines,
}

/// Texts of this many bytes are read side by side.
const WORTH_A_THREAD: usize = 1 << 18;

/// Everything of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// IPv4.
    pub v4: Tables,
    /// IPv6.
    pub v6: Tables,
    /// Sets by name.
    pub sets: BTreeMap<Box<str>, Set>,
    /// The bridge's table `filter`.
    pub bridge: Table,
}

/// The two tables of a family that we use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Table `filter`.
    pub filter: Table,
    /// Table `raw`.
    pub raw: Table,
}

/// Our part of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Our chains by name.
    pub chains: BTreeMap<Box<str>, Chain>,
    /// Jumps from the kernel's own chains to ours: from, to, in their order. One that stands there twice is twice in here.
    pub hooks: Vec<(Box<str>, Box<str>)>,
}

/// A chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Its rules, a line each, as the restore tools take them.
    pub lines: String,
    /// Its signature, where the last rule is one.
    pub signature: Option<Box<str>>,
}

/// A set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// What follows its name in the line that creates it.
    pub create: String,
    /// What follows its name in each line that adds a member, sorted.
    pub members: Vec<Box<str>>,
}

impl Rules {
    /// Our part of four texts.
    pub fn of(texts: &Texts<'_>) -> Self {
        Self::read(texts, Detail::Lines)
    }

    /// The same with only as much of the IP tables' chains.
    pub fn read(texts: &Texts<'_>, detail: Detail) -> Self {
        let (v4, v6) = (texts.of(Tool::Iptables), texts.of(Tool::Ip6tables));
        let tables = |text| ip_tables(text, detail);
        let rest = || (sets(texts.of(Tool::Ipset)), bridge_table(texts.of(Tool::Ebtables)));
        if v4.len().min(v6.len()) < WORTH_A_THREAD {
            let (sets, bridge) = rest();
            return Self { v4: tables(v4), v6: tables(v6), sets, bridge };
        }
        thread::scope(|scope| {
            let other = scope.spawn(|| (tables(v6), rest()));
            let mine = tables(v4);
            // A thread of ours that ends early would be a fault of ours; its part is read again then.
            let (v6, (sets, bridge)) = other.join().unwrap_or_else(|_| (tables(v6), rest()));
            Self { v4: mine, v6, sets, bridge }
        })
    }

    /// The tables of a family.
    pub const fn tables(&self, family: Family) -> &Tables {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The tables of a family, to change them.
    pub const fn tables_mut(&mut self, family: Family) -> &mut Tables {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Takes over what another has of a tool.
    pub fn take(&mut self, tool: Tool, other: Self) {
        match tool {
            Tool::Ipset => self.sets = other.sets,
            Tool::Iptables => self.v4 = other.v4,
            Tool::Ip6tables => self.v6 = other.v6,
            Tool::Ebtables => self.bridge = other.bridge,
        }
    }

    /// A table.
    pub const fn table(&self, id: TableId) -> &Table {
        match id {
            TableId::Filter(family) => &self.tables(family).filter,
            TableId::Raw(family) => &self.tables(family).raw,
            TableId::Bridge => &self.bridge,
        }
    }

    /// A table, to change it.
    pub const fn table_mut(&mut self, id: TableId) -> &mut Table {
        match id {
            TableId::Filter(family) => &mut self.tables_mut(family).filter,
            TableId::Raw(family) => &mut self.tables_mut(family).raw,
            TableId::Bridge => &mut self.bridge,
        }
    }

    /// The inputs of the restore tools that load it onto a node with none of it, as they are stored.
    pub fn texts(&self) -> Restore {
        let mut texts = Restore::default();
        for (name, set) in &self.sets {
            set.write(name, &mut texts.ipset);
        }
        for (family, text) in [(Family::V4, &mut texts.iptables), (Family::V6, &mut texts.ip6tables)] {
            for (name, table) in self.tables(family).named() {
                table.write(name, " - [0:0]\n", "COMMIT\n", text);
            }
        }
        self.bridge.write("filter", " ACCEPT\n", "", &mut texts.ebtables);
        texts
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
            && self.bridge.is_empty()
            && Family::BOTH.into_iter().all(|family| self.tables(family).is_empty())
    }

    /// How many chains there are in all tables.
    pub fn chains(&self) -> usize {
        let of = |tables: &Tables| tables.filter.chains.len() + tables.raw.chains.len();
        of(&self.v4) + of(&self.v6) + self.bridge.chains.len()
    }
}

impl Tables {
    /// The tables with their names, in the order in which they are loaded.
    pub const fn named(&self) -> [(&'static str, &Table); 2] {
        [("filter", &self.filter), ("raw", &self.raw)]
    }

    /// Whether there is nothing of ours.
    pub fn is_empty(&self) -> bool {
        self.filter.is_empty() && self.raw.is_empty()
    }
}

impl Table {
    /// Whether there is nothing of ours.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.hooks.is_empty()
    }
}

impl Table {
    fn write(&self, name: &str, declared: &str, end: &str, out: &mut String) {
        if self.is_empty() {
            return;
        }
        out.extend(["*", name, "\n"]);
        for chain in self.chains.keys() {
            out.extend([":", chain, declared]);
        }
        for (from, to) in &self.hooks {
            out.extend(["-A ", from, " -j ", to, "\n"]);
        }
        for (name, chain) in &self.chains {
            chain.fill(name, out);
        }
        out.push_str(end);
    }
}

impl Chain {
    /// Number of its rules, without the signature.
    pub fn rules(&self) -> usize {
        self.lines.lines().count()
    }

    /// Writes it as a restore tool takes it: declared (which empties it), filled and signed.
    pub fn fill(&self, name: &str, out: &mut String) {
        out.push_str(&self.lines);
        if let Some(signature) = &self.signature {
            for part in ["-A ", name, " ", SIGNED, "\"", SIGNATURE, signature, "\"\n"] {
                out.push_str(part);
            }
        }
    }
}

impl Set {
    /// Writes its lines under a name.
    pub fn write(&self, name: &str, out: &mut String) {
        for part in ["create ", name, " ", &self.create, "\n"] {
            out.push_str(part);
        }
        for member in &self.members {
            for part in ["add ", name, " ", member, "\n"] {
                out.push_str(part);
            }
        }
    }

    /// Whether it has the same members and room for as many. The kernel picks the number of buckets and where it starts
    /// hashing by itself as the set grows: they are no difference.
    pub fn is_same(&self, other: &Self) -> bool {
        self.members == other.members && (self.create == other.create || self.essence().eq(other.essence()))
    }

    /// The words of its making that count.
    fn essence(&self) -> impl Iterator<Item = &str> {
        let mut skip = false;
        self.create.split_whitespace().filter(move |word| {
            let drop = core::mem::take(&mut skip);
            let key = matches!(*word, "hashsize" | "bucketsize" | "initval");
            skip = key;
            !drop && !key
        })
    }
}

/// What a line of a table's text is.
enum Line<'t> {
    Table(&'t str),
    Declared(&'t str),
    Rule { chain: &'t str, rest: &'t str },
    Other,
}

fn read(line: &str) -> Line<'_> {
    if let Some(rest) = line.strip_prefix("-A ") {
        return match rest.split_once(' ') {
            Some((chain, rest)) => Line::Rule { chain, rest },
            None => Line::Rule { chain: rest, rest: "" },
        };
    }
    if let Some(rest) = line.strip_prefix(':') {
        return Line::Declared(rest.split(' ').next().unwrap_or_default());
    }
    line.strip_prefix('*').map_or(Line::Other, |name| Line::Table(name.trim_end()))
}

fn ip_tables(text: &str, detail: Detail) -> Tables {
    let mut tables = Tables::default();
    let Tables { filter, raw } = &mut tables;
    fill(text, &mut [("filter", filter), ("raw", raw)], is_our_chain, detail);
    tables
}

fn bridge_table(text: &str) -> Table {
    let mut table = Table::default();
    fill(text, &mut [("filter", &mut table)], is_our_bridge_chain, Detail::Lines);
    table
}

/// Puts what is ours of a text into the tables of these names.
fn fill(text: &str, tables: &mut [(&str, &mut Table)], is_ours: fn(&str) -> bool, detail: Detail) {
    let mut at: Option<&mut Table> = None;
    let mut left = text;
    while let Some(line) = next_line(&mut left) {
        let read = read(line);
        if let Line::Table(name) = read {
            at = tables.iter_mut().find(|(known, _)| *known == name).map(|(_, table)| &mut **table);
            continue;
        }
        let Some(table) = &mut at else { continue };
        match read {
            Line::Declared(chain) if is_ours(chain) => drop(table.chain(chain)),
            Line::Rule { chain: name, rest } if is_ours(name) => {
                let chain = table.chain(name);
                chain.take(line, rest, detail);
                // The rules of a chain stand together, and there are a hundred thousand: a chain is looked up once.
                let mut ahead = left;
                while let Some(line) = next_line(&mut ahead)
                    && let Some(rest) = in_chain(line, name)
                {
                    chain.take(line, rest, detail);
                    left = ahead;
                }
            }
            Line::Rule { chain, rest } => {
                if let Some(to) = hook(chain, rest).filter(|to| is_ours(to)) {
                    table.hooks.push((chain.into(), to.into()));
                }
            }
            _ => {}
        }
    }
}

/// Takes a line from a text.
fn next_line<'t>(left: &mut &'t str) -> Option<&'t str> {
    if left.is_empty() {
        return None;
    }
    let end = memchr::memchr(b'\n', left.as_bytes());
    let (line, rest) =
        end.and_then(|end| Some((left.get(..end)?, left.get(end + 1..)?))).unwrap_or((left, ""));
    *left = rest;
    Some(line)
}

/// What follows the name of the chain in a rule of it.
fn in_chain<'t>(line: &'t str, chain: &str) -> Option<&'t str> {
    line.strip_prefix("-A ")?.strip_prefix(chain)?.strip_prefix(' ')
}

impl Table {
    /// A chain, made if it is not there.
    fn chain(&mut self, name: &str) -> &mut Chain {
        self.chains.entry(name.into()).or_default()
    }
}

impl Chain {
    /// Takes a rule, of which `rest` follows the name of the chain.
    fn take(&mut self, line: &str, rest: &str, detail: Detail) {
        if let Some(signature) = signature(rest) {
            self.signature = Some(signature.into());
        } else if detail == Detail::Lines {
            self.lines.push_str(line.trim_end());
            self.lines.push('\n');
        }
    }
}

/// The chain of ours that a rule of the kernel's own chain sends everything to.
fn hook<'t>(chain: &str, rest: &'t str) -> Option<&'t str> {
    let to = rest.trim().strip_prefix("-j ")?;
    (matches!(chain, "INPUT" | "OUTPUT" | "FORWARD" | "PREROUTING") && !to.contains(' ')).then_some(to)
}

/// The signature, if the rule is nothing else.
fn signature(rest: &str) -> Option<&str> {
    let comment = rest.trim_start().strip_prefix(SIGNED)?.trim_end();
    let comment = comment.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(comment);
    comment.strip_prefix(SIGNATURE).filter(|text| !text.contains([' ', '"']))
}

fn sets(text: &str) -> BTreeMap<Box<str>, Set> {
    let mut sets: BTreeMap<Box<str>, Set> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
        let rest = words.next().unwrap_or_default().trim_end();
        if !is_our_set(name) {
            continue;
        }
        match verb {
            "create" => rest.clone_into(&mut sets.entry(name.into()).or_default().create),
            "add" => {
                if let Some(set) = sets.get_mut(name) {
                    set.members.push(rest.into());
                }
            }
            _ => {}
        }
    }
    for set in sets.values_mut() {
        set.members.sort_unstable();
    }
    sets
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const DUMP: &str = "# made by hand\n*filter\n:INPUT DROP [3:4]\n:PVEFW-INPUT - [0:0]\n:mine - [0:0]\n\
        -A INPUT -j mine\n-A INPUT -j PVEFW-INPUT\n-A INPUT -s 10.0.0.1/32 -j PVEFW-INPUT\n-A PVEFW-INPUT -j mine\n\
        -A PVEFW-INPUT -m comment --comment \"PVESIG:abc/+0\"\n-A mine -j DROP\nCOMMIT\n*nat\n:PVEFW-NO - [0:0]\nCOMMIT\n";

    fn texts<'a>(iptables: &'a str, ipset: &'a str) -> Texts<'a> {
        Texts { ipset, iptables, ip6tables: "", ebtables: "" }
    }

    #[test]
    fn ours_is_taken_and_the_rest_left() {
        let rules = Rules::of(&texts(DUMP, "create other hash:net\nadd other 10.0.0.0/8\n"));
        let filter = &rules.v4.filter;
        assert_eq!(filter.chains.len(), 1);
        assert_eq!(filter.hooks, [("INPUT".into(), "PVEFW-INPUT".into())]);
        let chain = &filter.chains["PVEFW-INPUT"];
        assert_eq!((chain.rules(), chain.signature.as_deref()), (1, Some("abc/+0")));
        assert!(rules.sets.is_empty() && rules.v4.raw.is_empty());
    }

    #[test]
    fn signatures_alone_are_those_of_the_whole() {
        let mut whole = Rules::of(&texts(DUMP, ""));
        whole.v4.filter.chains.values_mut().for_each(|chain| chain.lines.clear());
        assert_eq!(Rules::read(&texts(DUMP, ""), Detail::Signature), whole);
    }

    #[test]
    fn large_texts_are_read_as_small_ones_are() {
        let (mut text, mut chains) = (String::from("*filter\n"), 0);
        while text.len() < 2 * WORTH_A_THREAD {
            let name = format!("tap{chains}i0-IN");
            text.extend(["-A ", &name, " -j DROP\n-A ", &name, " -s 10.0.0.1/32 -j ACCEPT\n"]);
            chains += 1;
        }
        let rules = Rules::of(&Texts { ip6tables: &text, ..texts(&text, "create PVEFW-x hash:net\n") });
        assert_eq!((rules.chains(), rules.sets.len()), (2 * chains, 1));
        assert_eq!(rules.v4, rules.v6);
        assert!(rules.v6.filter.chains.values().all(|chain| chain.rules() == 2));
    }

    #[test]
    fn a_chain_is_written_as_it_was_read() {
        let rules = Rules::of(&texts(DUMP, ""));
        let mut out = String::new();
        rules.v4.filter.chains["PVEFW-INPUT"].fill("PVEFW-INPUT", &mut out);
        assert_eq!(out, "-A PVEFW-INPUT -j mine\n-A PVEFW-INPUT -m comment --comment \"PVESIG:abc/+0\"\n");
    }

    #[test]
    fn what_the_kernel_adds_to_a_set_is_no_difference() {
        let of = |text: &str| Rules::of(&texts("", text)).sets["PVEFW-0-a-v4"].clone();
        let made = of(
            "create PVEFW-0-a-v4 hash:net family inet hashsize 64 maxelem 64 bucketsize 12\nadd PVEFW-0-a-v4 10.0.0.0/8\nadd PVEFW-0-a-v4 1.1.1.1\n",
        );
        let printed = of(
            "create PVEFW-0-a-v4 hash:net family inet hashsize 128 maxelem 64 bucketsize 12 initval 0x1\nadd PVEFW-0-a-v4 1.1.1.1\nadd PVEFW-0-a-v4 10.0.0.0/8\n",
        );
        assert!(made.is_same(&printed));
        let larger = of("create PVEFW-0-a-v4 hash:net family inet hashsize 64 maxelem 128 bucketsize 12\n");
        assert!(!made.is_same(&larger));
        let mut out = String::new();
        larger.write("PVEFW-x", &mut out);
        assert_eq!(out, "create PVEFW-x hash:net family inet hashsize 64 maxelem 128 bucketsize 12\n");
    }
}
