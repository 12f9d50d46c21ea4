//! The sections of a document: where their lines are, and where new ones belong.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::document::{Document, Line};
use crate::config::is_definable_name;
use crate::config::lower::name_limit;
use crate::syntax::{LineKind, SectionKind, ast};

/// A section that counts. Those of another kind of file, or with a name that can't be, are none.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) kind: SectionKind,
    /// In lower case; empty for those without.
    pub(super) name: String,
    /// Where its header stands.
    pub(super) header: usize,
    /// Where the next header stands.
    pub(super) end: usize,
}

/// The kind of the lines in a section.
pub(super) const fn line_kind(section: SectionKind) -> LineKind {
    match section {
        SectionKind::Options => LineKind::Option,
        SectionKind::Aliases => LineKind::Alias,
        SectionKind::IpSet => LineKind::Member,
        SectionKind::Rules | SectionKind::Group => LineKind::Rule,
    }
}

/// The order in which Proxmox VE writes sections (spec 01 section 10). Names are defined above their use by it.
const fn rank(section: SectionKind) -> u8 {
    match section {
        SectionKind::Options => 0,
        SectionKind::Aliases => 1,
        SectionKind::IpSet => 2,
        SectionKind::Rules => 3,
        SectionKind::Group => 4,
    }
}

impl Document {
    /// All sections in order.
    pub(super) fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        let mut open = false;
        for (position, line) in self.lines.iter().enumerate() {
            let LineKind::Header(kind) = line.kind else { continue };
            if let (true, Some(last)) = (open, sections.last_mut()) {
                last.end = position;
            }
            let name = self.header_name(*line);
            open = self.level.allows(kind)
                && (!kind.is_named() || name.len() <= name_limit(kind) && is_definable_name(&name));
            if open {
                sections.push(Section { kind, name, header: position, end: self.lines.len() });
            }
        }
        sections
    }

    /// The sections of a kind and name, of which the last counts if they have names.
    pub(super) fn sections_of(&self, kind: SectionKind, name: &str) -> Vec<Section> {
        let mut found = self.sections();
        found.retain(|section| section.kind == kind && section.name == name);
        if kind.is_named() {
            found.drain(..found.len().saturating_sub(1));
        }
        found
    }

    fn header_name(&self, line: Line) -> String {
        let content = self.content(line);
        let token = ast::Header::of(&self.tokens(line)).name;
        let name = token.and_then(|token| content.get(token.start as usize..token.end as usize));
        String::from_utf8_lossy(name.unwrap_or_default()).to_ascii_lowercase()
    }

    /// Positions of the lines that say something in sections, in order.
    pub(super) fn entries<'s>(
        &'s self,
        sections: &'s [Section],
    ) -> impl Iterator<Item = (usize, Line)> + use<'s> {
        sections.iter().flat_map(|section| {
            let lines = self.lines.get(section.header..section.end).unwrap_or_default();
            let kind = line_kind(section.kind);
            let numbered = (section.header..).zip(lines.iter().copied());
            numbered.filter(move |(_, line)| line.kind == kind)
        })
    }

    /// Where the next line of a section belongs: behind the last one, else behind the header and a blank line.
    pub(super) fn end_of(&self, section: &Section) -> usize {
        let last = self.entries(core::slice::from_ref(section)).last();
        last.map_or_else(
            || {
                let behind = section.header + 1;
                let blank = self.lines.get(behind).is_some_and(|line| line.kind == LineKind::Blank);
                behind + usize::from(blank)
            },
            |(position, _)| position + 1,
        )
    }

    /// Makes a section at the place where Proxmox VE would write it, and returns where its first line belongs.
    pub(super) fn create(&mut self, kind: SectionKind, name: &str, comment: Option<&str>) -> usize {
        let header =
            if kind.is_named() { format!("[{} {name}]", kind.word()) } else { format!("[{}]", kind.word()) };
        let header = match comment {
            Some(comment) => format!("{header} # {comment}"),
            None => header,
        };
        let is_after = |line: &Line| matches!(line.kind, LineKind::Header(other) if rank(other) > rank(kind));
        let at = self.lines.iter().position(is_after).map_or(self.lines.len(), |next| self.above(next));
        let mut new: Vec<(LineKind, &[u8])> = Vec::new();
        let blank = (LineKind::Blank, &b""[..]);
        let before = at.checked_sub(1).and_then(|before| self.lines.get(before));
        if before.is_some_and(|line| line.kind != LineKind::Blank) {
            new.push(blank);
        }
        new.push((LineKind::Header(kind), header.as_bytes()));
        if self.has_blank_headers() {
            new.push(blank);
        }
        let first = at + new.len();
        if at < self.lines.len() {
            new.push(blank);
        }
        self.insert(at, new);
        first
    }

    /// Where a header's own comments begin. Those at the very top are about the file.
    fn above(&self, header: usize) -> usize {
        let before = self.lines.get(..header).unwrap_or_default();
        match before.iter().rposition(|line| line.kind != LineKind::Comment) {
            Some(last) => last + 1,
            None => header,
        }
    }

    /// Whether a blank line stands behind the headers here, as Proxmox VE writes them.
    fn has_blank_headers(&self) -> bool {
        let mut headers = self
            .lines
            .windows(2)
            .filter(|pair| matches!(pair, [line, _] if matches!(line.kind, LineKind::Header(_))));
        headers.next().is_none_or(|pair| matches!(pair, [_, next] if next.kind == LineKind::Blank))
    }
}
