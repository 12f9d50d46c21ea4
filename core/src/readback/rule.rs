//! Rules of iptables and ip6tables: what stands behind `-A CHAIN`.
//!
//! The tools print a rule as the header's own options (`-s`, `-i`, `-p`, …), then a run of options for each module
//! (`-m NAME …`), then the target. We write the same in another order. A run that is not understood as a whole becomes
//! one condition that nobody knows.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::condition::{self, Read};
use super::dump::{Action, Condition, ForeignTest};
use super::save::RuleLine;
use super::target;
use super::value;
use super::words::Word;
use crate::Family;
use crate::ir::{Match, Side, Test, Written};

/// The part of a rule that its line tells.
pub(super) struct Parts {
    pub(super) conditions: Vec<Condition>,
    pub(super) action: Action,
    pub(super) comment: Option<Box<str>>,
}

/// An option of a module or target with its values.
pub(super) struct Opt<'l, 'w> {
    pub(super) negated: bool,
    pub(super) name: &'w str,
    pub(super) values: &'w [Word<'l>],
}

/// Reads the words behind the chain's name.
pub(super) fn read(line: &RuleLine<'_>, family: Family) -> Parts {
    let RuleLine { text, words, is_chain, .. } = *line;
    let conditions = Vec::with_capacity(words.len() / 3);
    let mut reader = Reader { line: text, words, at: 0, family, conditions, comment: None };
    let action = reader.rule(is_chain);
    Parts { conditions: reader.conditions, action, comment: reader.comment }
}

struct Reader<'l, 'w> {
    line: &'l str,
    words: &'w [Word<'l>],
    at: usize,
    family: Family,
    conditions: Vec<Condition>,
    comment: Option<Box<str>>,
}

/// What a word is where an option may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Target,
    Header,
    Not,
    Option,
    Value,
}

fn kind(word: &Word<'_>) -> Kind {
    if word.quoted {
        return Kind::Value;
    }
    match &*word.text {
        "-m" | "--match" => Kind::Module,
        "-j" | "--jump" | "-g" | "--goto" => Kind::Target,
        "-s" | "--source" | "-d" | "--destination" | "-i" | "--in-interface" | "-o" | "--out-interface"
        | "-p" | "--protocol" | "-f" | "--fragment" => Kind::Header,
        "!" => Kind::Not,
        other if other.len() > 2 && other.starts_with("--") => Kind::Option,
        _ => Kind::Value,
    }
}

impl<'l, 'w> Reader<'l, 'w> {
    fn rule(&mut self, is_chain: &dyn Fn(&str) -> bool) -> Action {
        let mut negated = false;
        while let Some(word) = self.words.get(self.at) {
            let start = self.at;
            if negated && matches!(kind(word), Kind::Module | Kind::Target | Kind::Value) {
                // Only options can be turned round.
                self.unknown(start - 1);
            }
            match kind(word) {
                Kind::Not => {
                    self.at += 1;
                    negated = !negated;
                    continue;
                }
                Kind::Header => self.header(negated),
                Kind::Module => self.module(),
                Kind::Option => {
                    // The sign belongs to the first of them.
                    self.at -= usize::from(negated);
                    self.options_of("", self.at);
                }
                Kind::Target => {
                    let goto = matches!(&*word.text, "-g" | "--goto");
                    self.at += 1;
                    return self.target(goto, is_chain);
                }
                Kind::Value => {
                    self.at += 1;
                    self.unknown(start);
                }
            }
            negated = false;
        }
        if negated {
            self.unknown(self.at - 1);
        }
        Action::Count
    }

    /// The text from a word on to where we are, which nobody knows.
    fn unknown(&mut self, from: usize) {
        self.conditions.push(Condition::Unknown(self.text(from)));
    }

    fn text(&self, from: usize) -> Box<str> {
        let start = self.words.get(from).map_or(self.line.len(), |word| word.start);
        let end = self.words.get(..self.at).and_then(<[_]>::last).map_or(start, |word| word.end);
        self.line.get(start..end).unwrap_or_default().into()
    }

    fn header(&mut self, negated: bool) {
        let start = self.at - usize::from(negated);
        let words = self.words;
        let Some(option) = words.get(self.at) else { return };
        self.at += 1;
        if matches!(&*option.text, "-f" | "--fragment") {
            self.conditions.push(Condition::Foreign { negated, test: ForeignTest::Fragment });
            return;
        }
        let Some(word) = words.get(self.at) else { return self.unknown(start) };
        self.at += 1;
        let value = &*word.text;
        let address = |side| {
            // The tools have no negated lists.
            let nets = value::nets(value, self.family).filter(|_| !negated || !value.contains(','))?;
            Some(Test::Address(side, Written::canonical(nets)))
        };
        let understood = match &*option.text {
            "-s" | "--source" => address(Side::Source),
            "-d" | "--destination" => address(Side::Destination),
            // As if nothing stood there.
            "-i" | "--in-interface" | "-o" | "--out-interface" if value::any_interface(value) && !negated => {
                return;
            }
            "-i" | "--in-interface" => value::interface(value).map(Test::InInterface),
            "-o" | "--out-interface" => value::interface(value).map(Test::OutInterface),
            _ => value::protocol(value).map(|protocol| Test::Protocol(Written::canonical(protocol))),
        };
        match understood {
            Some(test) => self.conditions.push(Condition::Known(Match { negated, test })),
            None => self.unknown(start),
        }
    }

    /// `-m NAME` and its options.
    fn module(&mut self) {
        let start = self.at;
        let words = self.words;
        self.at = (start + 2).min(words.len());
        match words.get(start + 1) {
            Some(name) => self.options_of(&name.text, start),
            None => self.unknown(start),
        }
    }

    /// The options from here on, which belong to `module`, or else to the module that the protocol has loaded.
    fn options_of(&mut self, module: &str, start: usize) {
        if !module.is_empty() && !condition::is_known(module) {
            self.skip_foreign();
            return self.unknown(start);
        }
        let options = self.options();
        let before = self.conditions.len();
        match condition::read(module, &options, self.family, &mut self.conditions, &mut self.comment) {
            Read::All => {}
            Read::Some => self.unknown(start),
            Read::Nothing => {
                self.conditions.truncate(before);
                self.unknown(start);
            }
        }
    }

    /// To the next module or the target; anything may stand before it.
    fn skip_foreign(&mut self) {
        while let Some(word) = self.words.get(self.at) {
            if matches!(kind(word), Kind::Module | Kind::Target) {
                break;
            }
            self.at += 1;
        }
    }

    /// The options up to the next module, header option or target.
    fn options(&mut self) -> Vec<Opt<'l, 'w>> {
        let mut found: Vec<Opt<'l, 'w>> = Vec::new();
        let words = self.words;
        while let Some(word) = words.get(self.at) {
            let negated = kind(word) == Kind::Not;
            let at = self.at + usize::from(negated);
            let Some(option) = words.get(at) else {
                self.at = at;
                found.push(Opt { negated, name: "!", values: &[] });
                break;
            };
            match kind(option) {
                Kind::Module | Kind::Target | Kind::Header => break,
                Kind::Option => {
                    let rest = words.get(at + 1..).unwrap_or_default();
                    let count = rest.iter().position(|word| kind(word) != Kind::Value).unwrap_or(rest.len());
                    let (values, _) = rest.split_at_checked(count).unwrap_or_default();
                    found.push(Opt { negated, name: &option.text, values });
                    self.at = at + 1 + count;
                }
                // A word that belongs to nothing: no module knows an option of that name.
                Kind::Not | Kind::Value => {
                    found.push(Opt { negated, name: "", values: &[] });
                    self.at = at + 1;
                }
            }
        }
        found
    }

    fn target(&mut self, goto: bool, is_chain: &dyn Fn(&str) -> bool) -> Action {
        let start = self.at;
        let Some(name) = self.words.get(start) else { return Action::Unknown(Box::default()) };
        self.at += 1;
        let options = self.options();
        // More modules or a second target: no tool writes that.
        let whole = self.at == self.words.len();
        self.at = self.words.len();
        if !whole {
            return Action::Unknown(self.text(start));
        }
        if is_chain(&name.text) && options.is_empty() {
            let chain = Box::from(&*name.text);
            return if goto { Action::Goto(chain) } else { Action::Jump(chain) };
        }
        if goto {
            return Action::Unknown(self.text(start));
        }
        target::read(&name.text, &options, self.family, || self.text(start))
    }
}
