//! The line that an offset is in, and what is around it.

use alloc::vec::Vec;

use super::outline::{self, Entry};
use crate::config::Level;
use crate::datacenter::{Datacenter, FileKind};
use crate::syntax::{Lexer, LineKind, SectionKind, Token};
use crate::text::{FileId, Span};

/// A place in a firewall file.
pub(super) struct Here<'t> {
    pub(super) datacenter: &'t Datacenter,
    pub(super) file: FileId,
    pub(super) kind: &'t FileKind,
    pub(super) level: Level,
    pub(super) text: &'t [u8],
    /// The section that the line stands in, or heads, if files of this kind may have it.
    pub(super) section: Option<SectionKind>,
    /// The line without its end.
    pub(super) line: Span,
    pub(super) line_kind: LineKind,
    /// Its tokens without white space.
    pub(super) tokens: Vec<Token>,
    pub(super) offset: u32,
}

impl<'t> Here<'t> {
    /// Finds the line of a byte. `None`: the file is no firewall file.
    pub(super) fn find(datacenter: &'t Datacenter, file: FileId, offset: u32) -> Option<Self> {
        let (kind, _) = datacenter.kinds().find(|(_, id)| *id == file)?;
        let level = kind.level()?;
        let text = datacenter.files().text(file);
        let offset = offset.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
        let at = offset as usize;
        let start = text.get(..at)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let end = memchr::memchr(b'\n', text.get(at..)?).map_or(text.len(), |end| at + end);
        let end = if text.get(start..end)?.ends_with(b"\r") { end - 1 } else { end };
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        // The line's end is behind the place, or the cursor would be in front of it.
        let line = Span::new(file, number(start), number(end).max(offset));
        let (mut lexer, mut tokens) = (Lexer::without_spaces(text), Vec::new());
        let (mut section, mut line_kind) = (None, LineKind::Blank);
        while lexer.offset() <= line.start {
            tokens.clear();
            let Some(kind) = lexer.line(&mut tokens) else {
                line_kind = LineKind::Blank;
                break;
            };
            line_kind = kind;
            match kind {
                LineKind::Header(found) => section = Some(found).filter(|found| level.allows(*found)),
                LineKind::BadHeader => section = None,
                _ => {}
            }
        }
        Some(Self { datacenter, file, kind, level, text, section, line, line_kind, tokens, offset })
    }

    /// A token's text.
    pub(super) fn word(&self, token: Token) -> &'t str {
        core::str::from_utf8(self.span(token).of(self.text)).unwrap_or_default()
    }

    /// Where a token stands.
    pub(super) const fn span(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }

    /// What this file defines.
    pub(super) fn own(&self) -> Vec<Entry<'t>> {
        outline::entries(self.file, self.text, self.level)
    }

    /// What the cluster file defines.
    pub(super) fn shared(&self) -> Vec<Entry<'t>> {
        let cluster = self.datacenter.cluster_file();
        outline::entries(cluster, self.datacenter.files().text(cluster), Level::Cluster)
    }

    /// The network devices of the guest whose file this is, with their configuration's file.
    pub(super) fn nics(&self) -> Vec<crate::config::nic::Nic> {
        let FileKind::Guest(vmid) = self.kind else { return Vec::new() };
        let config = self.datacenter.kinds().find_map(|(kind, id)| match kind {
            FileKind::GuestConfig(of, _, kind) if of == vmid => Some((id, *kind)),
            _ => None,
        });
        let Some((id, kind)) = config else { return Vec::new() };
        // What is wrong with them is said by `check`.
        let mut ignored = crate::diag::Sink::new();
        crate::config::nic::parse(id, self.datacenter.files().text(id), kind, &mut ignored)
    }
}
