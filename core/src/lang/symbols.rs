//! Aliases, sets and security groups: where they are defined, and where they are meant.
//!
//! ```
//! use pvefw_core::datacenter::Datacenter;
//! use pvefw_core::lang::symbols::{Role, Symbols};
//!
//! let mut datacenter = Datacenter::new();
//! let cluster = datacenter.add("firewall/cluster.fw", "[ALIASES]\nshop 10.0.0.1\n").unwrap();
//! let guest = datacenter.add("firewall/100.fw", "[RULES]\nIN ACCEPT -source dc/Shop\n").unwrap();
//! let symbols = Symbols::new(&datacenter);
//! let used = symbols.at(guest, 30).unwrap();
//! assert_eq!((used.role, used.symbol.name.as_str(), used.symbol.home), (Role::Reference, "shop", cluster));
//! assert_eq!(symbols.of(&used.symbol).count(), 2);
//! ```
//!
//! Names are found in every line that has the form of a definition or a rule, also where something else is wrong with it,
//! and in disabled rules. Names that nothing defines, and sets of the software-defined network, are no symbols. Whether a
//! definition stands above its use, as pve-firewall demands, does not count here.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::{Level, Reference, Scope, is_definable_name, reference};
use crate::datacenter::Datacenter;
use crate::syntax::{Lexer, LineKind, OptionName, SectionKind, Token, ast};
use crate::text::{FileId, Span};

/// What can be defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SymbolKind {
    /// A line of `[ALIASES]`.
    Alias,
    /// A section `[IPSET name]`.
    Set,
    /// A section `[group name]`.
    Group,
}

impl SymbolKind {
    /// `alias`, `set` or `group`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Set => "set",
            Self::Group => "group",
        }
    }
}

/// Something defined: all of its occurrences mean the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// The file that defines it: the cluster file, or that of a guest.
    pub home: FileId,
    /// Its name in lower case.
    pub name: String,
}

/// What an occurrence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It defines the symbol. The last definition counts.
    Definition,
    /// It refers to it.
    Reference,
}

/// A place where a symbol stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// What is meant.
    pub symbol: Symbol,
    /// The name alone, without `+` and `dc/`.
    pub span: Span,
    /// Definition or reference.
    pub role: Role,
    /// The prefix of a reference (`dc/`, `guest/`); `Any` without one.
    pub scope: Scope,
}

/// All occurrences in a datacenter.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// In order of file and place; they don't overlap.
    occurrences: Vec<Occurrence>,
}

/// A name in a file, before it is known what it means.
struct Mention<'t> {
    kind: SymbolKind,
    role: Role,
    scope: Scope,
    name: &'t str,
    span: Span,
}

/// Kinds and lower-case names that a file defines.
type Defined = BTreeSet<(SymbolKind, String)>;

impl Symbols {
    /// Looks through all firewall files.
    pub fn new(datacenter: &Datacenter) -> Self {
        let files = datacenter.firewall_files();
        Self::among(datacenter, files)
    }

    /// Looks through one file only. What it refers to is known; who refers to it is not.
    pub fn in_file(datacenter: &Datacenter, file: FileId) -> Self {
        let files = datacenter.firewall_files().filter(|(id, _)| *id == file);
        Self::among(datacenter, files)
    }

    fn among(datacenter: &Datacenter, files: impl Iterator<Item = (FileId, Level)>) -> Self {
        let cluster = datacenter.cluster_file();
        let cluster_text = datacenter.files().text(cluster);
        let shared = defined(&mentions(cluster, cluster_text, Level::Cluster));
        let mut occurrences = Vec::new();
        for (id, level) in files {
            let found = mentions(id, datacenter.files().text(id), level);
            let own = if level == Level::Guest { defined(&found) } else { Defined::new() };
            occurrences.extend(found.iter().filter_map(|mention| {
                let key = (mention.kind, mention.name.to_ascii_lowercase());
                let home = match mention.role {
                    Role::Definition => Some(id),
                    // COMPAT: only names of aliases may be written in capitals (spec 01 section 7).
                    Role::Reference if mention.kind != SymbolKind::Alias && key.1 != mention.name => None,
                    Role::Reference => {
                        let in_own = matches!(mention.scope, Scope::Any | Scope::Guest);
                        let in_cluster = matches!(mention.scope, Scope::Any | Scope::Datacenter);
                        let of_guest = (in_own && own.contains(&key)).then_some(id);
                        of_guest.or_else(|| (in_cluster && shared.contains(&key)).then_some(cluster))
                    }
                };
                let symbol = Symbol { kind: mention.kind, home: home?, name: key.1 };
                Some(Occurrence { symbol, span: mention.span, role: mention.role, scope: mention.scope })
            }));
        }
        occurrences.sort_by_key(|found| (found.span.file, found.span.start));
        Self { occurrences }
    }

    /// The occurrence that a byte offset is in, or directly behind.
    pub fn at(&self, file: FileId, offset: u32) -> Option<&Occurrence> {
        let behind =
            self.occurrences.partition_point(|found| (found.span.file, found.span.start) <= (file, offset));
        let found = self.occurrences.get(behind.checked_sub(1)?)?;
        (found.span.file == file && offset <= found.span.end).then_some(found)
    }

    /// All occurrences of a symbol, in order of file and place.
    pub fn of<'s>(&'s self, symbol: &'s Symbol) -> impl Iterator<Item = &'s Occurrence> {
        self.occurrences.iter().filter(move |found| found.symbol == *symbol)
    }

    /// All occurrences of all symbols, in order of file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Occurrence> {
        self.occurrences.iter()
    }
}

/// The definitions of the symbol at a place, the one that counts first.
pub fn definitions(datacenter: &Datacenter, file: FileId, offset: u32) -> Vec<Occurrence> {
    let symbols = Symbols::in_file(datacenter, file);
    let Some(found) = symbols.at(file, offset) else { return Vec::new() };
    let home = Symbols::in_file(datacenter, found.symbol.home);
    let mut all: Vec<_> =
        home.of(&found.symbol).filter(|found| found.role == Role::Definition).cloned().collect();
    all.reverse();
    all
}

/// Everything that means the same as the symbol at a place, in order of file and place.
pub fn references(datacenter: &Datacenter, file: FileId, offset: u32) -> Vec<Occurrence> {
    let symbols = Symbols::new(datacenter);
    let Some(found) = symbols.at(file, offset) else { return Vec::new() };
    symbols.of(&found.symbol).cloned().collect()
}

fn defined(mentions: &[Mention<'_>]) -> Defined {
    mentions
        .iter()
        .filter(|mention| mention.role == Role::Definition)
        .map(|mention| (mention.kind, mention.name.to_ascii_lowercase()))
        .collect()
}

/// The names in a file, in order. Those of the wrong section or with forbidden characters mean nothing.
fn mentions(file: FileId, text: &[u8], level: Level) -> Vec<Mention<'_>> {
    let mut reader = Reader { file, text, found: Vec::new() };
    let mut lexer = Lexer::without_spaces(text);
    let mut tokens = Vec::new();
    let mut skipped = true;
    while let Some(kind) = lexer.line(&mut tokens) {
        match kind {
            LineKind::Header(section) => {
                skipped = !level.allows(section);
                if !skipped {
                    reader.header(section, &tokens);
                }
            }
            LineKind::BadHeader => skipped = true,
            LineKind::Alias if !skipped => reader.alias(&tokens),
            LineKind::Member if !skipped => reader.member(&tokens),
            LineKind::Rule if !skipped => reader.rule(&tokens),
            _ => {}
        }
        tokens.clear();
    }
    reader.found
}

struct Reader<'t> {
    file: FileId,
    text: &'t [u8],
    found: Vec<Mention<'t>>,
}

impl<'t> Reader<'t> {
    fn word(&self, token: Token) -> (Span, &'t str) {
        let span = Span::new(self.file, token.start, token.end);
        (span, core::str::from_utf8(span.of(self.text)).unwrap_or_default())
    }

    fn define(&mut self, kind: SymbolKind, token: Option<Token>) {
        let Some((span, name)) = token.map(|token| self.word(token)) else { return };
        if is_definable_name(name) {
            self.found.push(Mention { kind, role: Role::Definition, scope: Scope::Any, name, span });
        }
    }

    fn refer(&mut self, kind: SymbolKind, reference: Option<Reference>) {
        let Some(Reference { scope, name: span }) = reference else { return };
        let name = core::str::from_utf8(span.of(self.text)).unwrap_or_default();
        if is_definable_name(name) {
            self.found.push(Mention { kind, role: Role::Reference, scope, name, span });
        }
    }

    fn header(&mut self, section: SectionKind, tokens: &[Token]) {
        let kind = match section {
            SectionKind::IpSet => SymbolKind::Set,
            SectionKind::Group => SymbolKind::Group,
            SectionKind::Options | SectionKind::Aliases | SectionKind::Rules => return,
        };
        self.define(kind, ast::Header::of(tokens).name);
    }

    fn alias(&mut self, tokens: &[Token]) {
        self.define(SymbolKind::Alias, ast::Pair::of(tokens).name);
    }

    fn member(&mut self, tokens: &[Token]) {
        if let Some(value) = ast::Member::of(tokens).value {
            let (span, text) = self.word(value);
            self.refer(SymbolKind::Alias, reference::alias(span, text));
        }
    }

    fn rule(&mut self, tokens: &[Token]) {
        let view = ast::Rule::of(tokens);
        if let (Some(direction), Some(action)) = (view.direction, view.action)
            && self.word(direction).1.eq_ignore_ascii_case("GROUP")
        {
            let (name, _) = self.word(action);
            self.refer(SymbolKind::Group, Some(Reference { scope: Scope::Any, name }));
        }
        for (option, _, value) in view.options() {
            if matches!(option, OptionName::Source | OptionName::Destination) {
                let (span, text) = self.word(value);
                match text.strip_prefix('+') {
                    Some(_) => self.refer(SymbolKind::Set, reference::set(span, text)),
                    None => self.refer(SymbolKind::Alias, reference::alias(span, text)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "[ALIASES]\nShop 10.0.0.1\noffice 10.1.0.0/16\n[IPSET desks]\noffice\n!dc/shop # x\n\
                           [group web]\n|IN HTPS(ACCEPT) -source +desks -dest shop\n\
                           [RULES]\nGROUP web -i vmbr0\nIN ACCEPT -source +DESKS\nIN ACCEPT -source nobody -dest shop -x\n";
    const GUEST: &str = "[ALIASES]\nshop 10.0.0.9\n[group none]\n[RULES]\nOUT ACCEPT -source shop -dest dc/shop\n\
                         group web\nIN ACCEPT -source +guest/desks -dest +dc/desks\nIN ACCEPT -source +sdn/desks\n";

    fn datacenter() -> (Datacenter, FileId, FileId) {
        let mut datacenter = Datacenter::new();
        let cluster = datacenter.add("firewall/cluster.fw", CLUSTER).unwrap();
        let guest = datacenter.add("firewall/100.fw", GUEST).unwrap();
        (datacenter, cluster, guest)
    }

    /// `alias shop @0: d0:2 r0:5`, a line a symbol: roles with file and line.
    fn shown(datacenter: &Datacenter, symbols: &Symbols) -> Vec<String> {
        let all: BTreeSet<&Symbol> = symbols.iter().map(|found| &found.symbol).collect();
        let one = |symbol: &&Symbol| {
            let places = symbols.of(symbol).map(|found| {
                let role = if found.role == Role::Definition { "d" } else { "r" };
                let lines = datacenter.files().file(found.span.file).unwrap().line_index();
                alloc::format!(" {role}{}:{}", found.span.file.0, lines.line(found.span.start))
            });
            let head = alloc::format!("{} {} @{}:", symbol.kind.name(), symbol.name, symbol.home.0);
            head + &places.collect::<String>()
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn names_mean_what_rules_mean_by_them() {
        let (datacenter, ..) = datacenter();
        let symbols = Symbols::new(&datacenter);
        assert_eq!(
            shown(&datacenter, &symbols),
            [
                "alias office @0: d0:3 r0:5",
                "alias shop @0: d0:2 r0:6 r0:8 r0:12 r1:5",
                "alias shop @1: d1:2 r1:5",
                "set desks @0: d0:4 r0:8 r1:7",
                "group web @0: d0:7 r0:10 r1:6",
            ]
        );
    }

    #[test]
    fn a_place_is_in_a_name_or_directly_behind_it() {
        let (datacenter, cluster, guest) = datacenter();
        let symbols = Symbols::new(&datacenter);
        let found = |file, at| symbols.at(file, at).map(|found| found.symbol.name.clone());
        assert_eq!(found(cluster, 9), None);
        assert_eq!(found(cluster, 10).as_deref(), Some("shop"));
        assert_eq!(found(cluster, 14).as_deref(), Some("shop"));
        assert_eq!(found(cluster, 15), None);
        assert_eq!(found(guest, u32::MAX), None);
        assert_eq!(found(FileId(9), 0), None);
    }

    #[test]
    fn one_file_knows_what_it_refers_to() {
        let (datacenter, cluster, guest) = datacenter();
        let symbols = Symbols::in_file(&datacenter, guest);
        assert!(symbols.iter().all(|found| found.span.file == guest));
        assert!(symbols.iter().any(|found| found.symbol.home == cluster));
    }

    #[test]
    fn any_bytes_have_symbols_or_none() {
        for text in
            [&b"\xff\xfe[\0"[..], b"[IPSET \xff]\n[group a]\n[ALIASES]\n\xff 1", b"[RULES]\nGROUP \xff\nIN"]
        {
            let mut datacenter = Datacenter::new();
            datacenter.add("firewall/cluster.fw", text);
            assert_eq!(Symbols::new(&datacenter).iter().count(), 0);
        }
    }
}
