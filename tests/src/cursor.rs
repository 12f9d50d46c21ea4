//! Scenarios about a place in a file: `‸` marks it, and is no part of the file.

use core::fmt::Write as _;

use pvefw_core::datacenter::Datacenter;
use pvefw_core::facts::Facts;
use pvefw_core::lang::complete::complete;
use pvefw_core::lang::format;
use pvefw_core::lang::hover::hover;
use pvefw_core::lang::symbols::{Role, definitions, references};
use pvefw_core::text::{FileId, Span};

/// The mark.
const MARK: &str = "‸";

/// A place in a file.
#[derive(Clone, Debug)]
pub struct Cursor {
    path: String,
    offset: u32,
}

/// Takes the mark out of the files that have it; the place of the last one.
pub fn take<'p>(files: Vec<(&'p str, &Vec<u8>)>) -> (Vec<(&'p str, Vec<u8>)>, Option<Cursor>) {
    let mut cursor = None;
    let taken = files.into_iter().map(|(path, text)| {
        let at = text.windows(MARK.len()).position(|bytes| bytes == MARK.as_bytes());
        let Some(at) = at else { return (path, text.clone()) };
        cursor = Some(Cursor { path: path.to_owned(), offset: u32::try_from(at).unwrap_or(u32::MAX) });
        let mut text = text.clone();
        text.drain(at..at + MARK.len());
        (path, text)
    });
    (taken.collect(), cursor)
}

/// A file in the usual layout.
pub fn formatted(datacenter: &Datacenter, path: &str) -> Option<String> {
    let text = datacenter.files().text(datacenter.id(path)?);
    Some(String::from_utf8_lossy(&format::formatted(text)).into_owned())
}

impl Cursor {
    fn file(&self, datacenter: &Datacenter) -> Option<FileId> {
        datacenter.id(&self.path)
    }

    /// Proposals that begin as what is written, a line each.
    pub fn complete(&self, datacenter: &Datacenter, facts: &Facts) -> Option<String> {
        let file = self.file(datacenter)?;
        let found = complete(datacenter, facts, file, self.offset)?;
        let text = datacenter.files().text(file);
        let written = Span::new(file, found.start, self.offset).of(text).to_ascii_lowercase();
        let replaced = Span::new(file, found.start, found.end).of(text);
        let mut shown = format!("for `{}`\n", String::from_utf8_lossy(replaced));
        for item in &found.items {
            if !item.label.to_ascii_lowercase().as_bytes().starts_with(&written) {
                continue;
            }
            // Writing to a string can't fail.
            let _ = write!(shown, "{} {}", item.kind.name(), item.label);
            if item.insert != item.label {
                let _ = write!(shown, " → `{}`", item.insert);
            }
            if !item.detail.is_empty() {
                let _ = write!(shown, " · {}", item.detail);
            }
            shown.push('\n');
        }
        Some(shown)
    }

    /// What the word means.
    pub fn hover(&self, datacenter: &Datacenter, facts: &Facts) -> Option<String> {
        let found = hover(datacenter, facts, self.file(datacenter)?, self.offset)?;
        let word = found.span.of(datacenter.files().text(found.span.file));
        let mut shown = format!("`{}`: {}\n", String::from_utf8_lossy(word), found.title);
        for line in found.text.iter().cloned().chain(found.lines.iter().map(|line| format!("    {line}"))) {
            shown += &line;
            shown.push('\n');
        }
        Some(shown)
    }

    /// Definitions, then all places.
    pub fn references(&self, datacenter: &Datacenter, _: &Facts) -> Option<String> {
        let file = self.file(datacenter)?;
        let place = |span: Span| {
            let file = datacenter.files().file(span.file);
            let place = file.map(|file| file.line_index().position(file.text(), span.start));
            let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
            format!("{}:{line}:{column}", datacenter.files().name(span.file))
        };
        let defined = definitions(datacenter, file, self.offset);
        let mut shown = String::new();
        for found in &defined {
            let _ =
                writeln!(shown, "{} {} {}", place(found.span), found.symbol.kind.name(), found.symbol.name);
        }
        for found in references(datacenter, file, self.offset) {
            if found.role == Role::Reference {
                let _ = writeln!(shown, "{} used", place(found.span));
            }
        }
        Some(shown).filter(|shown| !shown.is_empty())
    }
}
