//! Real datacenters with random damage to their files.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::unreachable,
    reason = "part of tests: whatever is wrong here should stop them"
)]

use alloc::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::Facts;
use pvefw_tests::{conformance, root};

/// The files of one datacenter, by path, and its facts.
#[derive(Clone, Debug)]
pub(crate) struct Real {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) facts: Facts,
}

/// Every conformance case and the example datacenter.
pub(crate) static CORPUS: LazyLock<Vec<Real>> = LazyLock::new(|| {
    let read = |name: &str, datacenter: Datacenter, facts| {
        let files = datacenter.files().iter().map(|(_, file)| (file.name().to_owned(), file.text().to_vec()));
        Real { name: name.to_owned(), files: files.collect(), facts }
    };
    let mut corpus = Vec::new();
    for case in conformance::cases().unwrap() {
        let (datacenter, facts) = case.input().unwrap();
        corpus.push(read(&case.name, datacenter, facts));
    }
    let example = root::datacenter(&root::package().join("../examples/datacenter")).unwrap();
    corpus.push(read("example", example, Facts { node: Some("pve1".into()), ..Facts::default() }));
    corpus
});

/// Bytes that have broken parsers before.
const NASTY: [&[u8]; 22] = [
    b"\0",
    b"\xa0",
    b"\xff",
    b"\xc3",
    "ü".as_bytes(),
    "\u{202e}".as_bytes(),
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b" ",
    b"#",
    b"|",
    b"!",
    b"+",
    b"/",
    b",",
    b":",
    b"-",
    b"0",
    b"[",
    b"]",
];

/// Something that happens to a file. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Damage {
    Delete {
        at: usize,
        length: usize,
    },
    Duplicate {
        at: usize,
        length: usize,
    },
    SwapBytes(usize, usize),
    Flip(usize, u8),
    Insert(usize, &'static [u8]),
    Truncate(usize),
    Crlf,
    DeleteLine(usize),
    DuplicateLine {
        line: usize,
        to: usize,
    },
    SwapLines(usize, usize),
    /// A line of another file of the corpus.
    Foreign {
        to: usize,
        datacenter: usize,
        file: usize,
        line: usize,
    },
}

fn damage() -> impl Strategy<Value = Damage> {
    let n = any::<usize>;
    prop_oneof![
        (n(), 1..9_usize).prop_map(|(at, length)| Damage::Delete { at, length }),
        (n(), 1..40_usize).prop_map(|(at, length)| Damage::Duplicate { at, length }),
        (n(), n()).prop_map(|(a, b)| Damage::SwapBytes(a, b)),
        (n(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (n(), prop::sample::select(NASTY.to_vec())).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        n().prop_map(Damage::Truncate),
        Just(Damage::Crlf),
        n().prop_map(Damage::DeleteLine),
        (n(), n()).prop_map(|(line, to)| Damage::DuplicateLine { line, to }),
        (n(), n()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        (n(), n(), n(), n()).prop_map(|(to, datacenter, file, line)| Damage::Foreign {
            to,
            datacenter,
            file,
            line
        }),
    ]
}

fn inflict(text: &mut Vec<u8>, damage: &Damage) {
    let place = |at: usize| at % (text.len() + 1);
    match *damage {
        Damage::Delete { at, length } => {
            let at = place(at);
            text.drain(at..(at + length).min(text.len()));
        }
        Damage::Duplicate { at, length } => {
            let at = place(at);
            let piece = text[at..(at + length).min(text.len())].to_vec();
            text.splice(at..at, piece);
        }
        Damage::SwapBytes(a, b) if !text.is_empty() => {
            let (a, b) = (a % text.len(), b % text.len());
            text.swap(a, b);
        }
        Damage::Flip(at, byte) if !text.is_empty() => {
            let at = at % text.len();
            text[at] = byte;
        }
        Damage::SwapBytes(..) | Damage::Flip(..) => {}
        Damage::Insert(at, bytes) => {
            let at = place(at);
            text.splice(at..at, bytes.iter().copied());
        }
        Damage::Truncate(at) => text.truncate(place(at)),
        Damage::Crlf => {
            *text = text
                .iter()
                .flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] })
                .collect();
        }
        _ => inflict_lines(text, damage),
    }
}

fn inflict_lines(text: &mut Vec<u8>, damage: &Damage) {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match *damage {
        Damage::Foreign { to, datacenter, file, line } => {
            let files = &CORPUS[datacenter % CORPUS.len()].files;
            let text = files.values().nth(file % files.len()).unwrap();
            let all: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
            if !all.is_empty() {
                lines.insert(to % (count + 1), all[line % all.len()].to_vec());
            }
        }
        _ if count == 0 => {}
        Damage::DeleteLine(line) => drop(lines.remove(line % count)),
        Damage::DuplicateLine { line, to } => {
            let line = lines[line % count].clone();
            lines.insert(to % (count + 1), line);
        }
        Damage::SwapLines(a, b) => lines.swap(a % count, b % count),
        _ => unreachable!("the others are about bytes"),
    }
    *text = lines.concat();
}

/// A real datacenter with some damage to some of its files.
pub(crate) fn damaged() -> impl Strategy<Value = Real> {
    let damages = prop::collection::vec((any::<usize>(), damage()), 1..8);
    (0..CORPUS.len(), damages).prop_map(|(index, damages)| {
        let mut real = CORPUS[index].clone();
        let paths: Vec<String> = real.files.keys().cloned().collect();
        for (file, damage) in damages {
            inflict(real.files.get_mut(&paths[file % paths.len()]).unwrap(), &damage);
        }
        real
    })
}

impl Real {
    /// With its files as they are now.
    pub(crate) fn datacenter(&self) -> Datacenter {
        let mut datacenter = Datacenter::new();
        for (path, text) in &self.files {
            datacenter.add(path, text.clone());
        }
        datacenter
    }
}
