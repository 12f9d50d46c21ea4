//! Renaming what is defined, with everything that refers to it, in all files.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::editor::Editor;
use super::error::EditError;
use super::names::definable;
use crate::config::NAME_LIMIT;
use crate::config::lower::name_limit;
use crate::lang::symbols::{Occurrence, Role, Symbol, SymbolKind, Symbols};
use crate::syntax::SectionKind;
use crate::text::{FileId, LineIndex};

impl Editor {
    /// Renames an alias, set or group that a file defines: the definition and every reference, in all files. Returns how
    /// many places were changed.
    ///
    /// # Errors
    /// It does not exist, the new name can't be, or something would then mean another thing than before: the name is taken.
    pub fn rename(&mut self, path: &str, kind: SymbolKind, old: &str, new: &str) -> Result<usize, EditError> {
        let limit = match kind {
            SymbolKind::Alias => NAME_LIMIT,
            SymbolKind::Set => name_limit(SectionKind::IpSet),
            SymbolKind::Group => name_limit(SectionKind::Group),
        };
        definable(new, limit, &format!("a {}", kind.name()))?;
        // COMPAT: names of sets and groups are lower case once defined, and references must be, too.
        let new = if kind == SymbolKind::Alias { new.to_string() } else { new.to_ascii_lowercase() };
        let datacenter = self.datacenter();
        let missing = || EditError::missing(format!("there is no {} `{old}` in `{path}`", kind.name()));
        let home = datacenter.id(path).ok_or_else(missing)?;
        let symbol = Symbol { kind, home, name: old.to_ascii_lowercase() };
        let before = Symbols::new(datacenter);
        let places: Vec<&Occurrence> = before.of(&symbol).collect();
        if !places.iter().any(|place| place.role == Role::Definition) {
            return Err(missing());
        }
        let mut by_file: BTreeMap<FileId, Vec<&Occurrence>> = BTreeMap::new();
        for place in &places {
            by_file.entry(place.span.file).or_default().push(place);
        }
        // Where each place is: path, line, and bytes of the line.
        let mut edits: Vec<(String, usize, core::ops::Range<usize>)> = Vec::new();
        for (file, places) in &by_file {
            let lines = LineIndex::new(datacenter.files().text(*file));
            for place in places {
                let line = lines.line(place.span.start);
                let start = (place.span.start - lines.start(line)) as usize;
                let range = start..start + place.span.len() as usize;
                edits.push((datacenter.files().name(*file).to_string(), line as usize - 1, range));
            }
        }
        let mut trial = self.clone();
        trial.write_names(&edits, &new)?;
        let renamed = Symbol { name: new.to_ascii_lowercase(), ..symbol.clone() };
        let expected: Vec<(Symbol, Role)> = before
            .iter()
            .map(|found| {
                (if found.symbol == symbol { renamed.clone() } else { found.symbol.clone() }, found.role)
            })
            .collect();
        let after: Vec<(Symbol, Role)> =
            Symbols::new(trial.datacenter()).iter().map(|found| (found.symbol.clone(), found.role)).collect();
        let taken = before
            .iter()
            .any(|found| found.symbol == renamed && renamed != symbol && found.role == Role::Definition);
        if taken || after != expected {
            let message =
                format!("the name `{new}` is taken: something would mean another {} then", kind.name());
            return Err(EditError::refused(message).help("choose a name that no file uses"));
        }
        trial.cluster = None;
        *self = trial;
        Ok(edits.len())
    }

    /// Writes a name over bytes of lines, from the back.
    fn write_names(
        &mut self,
        edits: &[(String, usize, core::ops::Range<usize>)],
        new: &str,
    ) -> Result<(), EditError> {
        for (path, position, range) in edits.iter().rev() {
            let document = self.open(path)?;
            let line = document.lines.get(*position).copied();
            let mut content = line.map(|line| document.content(line).to_vec()).unwrap_or_default();
            if range.end <= content.len() {
                content.splice(range.clone(), new.bytes());
                document.replace(*position, &content);
            }
            self.stale.insert(path.clone());
        }
        Ok(())
    }
}
