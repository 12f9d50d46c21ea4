//! Fixes of findings: which there are at a place, and applying them.

use alloc::format;
use alloc::vec::Vec;

use crate::diag::{Diagnostic, Edit, Fix, Safety};
use crate::sim::Mistake;
use crate::text::{FileId, Files, Span};

/// The fixes of findings that touch a span, with the finding of each.
pub fn offered(found: &[Diagnostic], at: Span) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
    let touches = move |span: Span| span.file == at.file && span.start <= at.end && at.start <= span.end;
    let near = move |finding: &&Diagnostic| {
        let edits = finding.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        core::iter::once(finding.span).chain(edits).any(touches)
    };
    found.iter().filter(near).flat_map(|finding| finding.fixes.iter().map(move |fix| (finding, fix)))
}

/// The safe fixes of many findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct All {
    /// The edits, in order of file and place; they don't overlap.
    pub edits: Vec<Edit>,
    /// Findings that are fixed by them.
    pub applied: usize,
    /// Findings that are not.
    pub left: usize,
}

/// The first safe fix of each finding in a file, or in all files, as far as they don't get in each other's way.
pub fn all_safe(found: &[Diagnostic], file: Option<FileId>) -> All {
    let mut all = All::default();
    for finding in found.iter().filter(|finding| file.is_none_or(|file| finding.span.file == file)) {
        let safe = finding.fixes.iter().find(|fix| {
            fix.safety == Safety::Safe
                && fix.edits.iter().all(|edit| file.is_none_or(|file| edit.span.file == file))
                && !fix.edits.iter().any(|edit| all.edits.iter().any(|other| collide(edit.span, other.span)))
        });
        match safe {
            Some(fix) => {
                all.edits.extend(fix.edits.iter().cloned());
                all.applied += 1;
            }
            None => all.left += 1,
        }
    }
    all.edits.sort_by_key(|edit| (edit.span.file, edit.span.start));
    all
}

/// Whether two edits can't both be made: they overlap, or both put something at the same place.
const fn collide(one: Span, other: Span) -> bool {
    one.file.0 == other.file.0 && (one.start == other.start || one.start < other.end && other.start < one.end)
}

/// The texts that edits make, by file.
///
/// # Errors
/// Edits overlap or lie outside of their file; nothing is changed then.
pub fn apply(files: &Files, edits: &[Edit]) -> Result<Vec<(FileId, Vec<u8>)>, Mistake> {
    let mut sorted: Vec<_> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.file, edit.span.start, edit.span.end));
    for (one, other) in sorted.iter().zip(sorted.iter().skip(1)) {
        if collide(one.span, other.span) {
            let name = files.name(one.span.file);
            return Err(Mistake::new(format!("edits of `{name}` overlap")).help("make one after the other"));
        }
    }
    let mut changed: Vec<(FileId, Vec<u8>)> = Vec::new();
    // From the end to the beginning, so that places in front stay what they are.
    for edit in sorted.into_iter().rev() {
        let id = edit.span.file;
        let file = files.file(id).ok_or_else(|| Mistake::new("an edit is of a file that does not exist"))?;
        if changed.last().is_none_or(|(last, _)| *last != id) {
            changed.push((id, file.text().to_vec()));
        }
        let Some((_, text)) = changed.last_mut().filter(|_| edit.span.end as usize <= file.text().len())
        else {
            return Err(Mistake::new(format!("an edit lies outside of `{}`", file.name())));
        };
        text.splice(edit.span.range(), edit.text.bytes());
    }
    changed.reverse();
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::datacenter::Datacenter;
    use crate::facts::Facts;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { span: Span::new(FileId(0), start, end), text: text.into() }
    }

    fn applied(edits: &[Edit]) -> Result<String, String> {
        let mut files = Files::new();
        files.add("a", "0123456789");
        let changed = apply(&files, edits).map_err(|mistake| format!("{mistake}"))?;
        Ok(changed.into_iter().map(|(_, text)| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn edits_are_made_together_or_not_at_all() {
        assert_eq!(applied(&[edit(8, 9, "x"), edit(0, 0, "a"), edit(1, 3, "")]).unwrap(), "a034567x9");
        assert_eq!(applied(&[edit(1, 3, "a"), edit(3, 4, "b")]).unwrap(), "0ab456789");
        assert_eq!(applied(&[]).unwrap(), "");
        for bad in [vec![edit(1, 3, ""), edit(2, 4, "")], vec![edit(1, 1, "a"), edit(1, 1, "b")]] {
            assert_eq!(applied(&bad).unwrap_err(), "edits of `a` overlap; make one after the other");
        }
        assert_eq!(applied(&[edit(9, 11, "")]).unwrap_err(), "an edit lies outside of `a`");
        let elsewhere = Edit { span: Span::at(FileId(7), 0), text: String::new() };
        assert!(applied(&[elsewhere]).is_err());
    }

    #[test]
    fn safe_fixes_are_put_together() {
        let mut datacenter = Datacenter::new();
        let text = "[OPTIONS]\nenable: 1\n[IPSET s1]\n10.0.0.1/8\n10.9.0.1/16\n[RULES]\nIN HTPS(ACCEPT)\n";
        let id = datacenter.add("firewall/cluster.fw", text).unwrap();
        let found = datacenter.check(&Facts::default()).into_sorted();
        let all = all_safe(&found, Some(id));
        assert_eq!((all.edits.len(), all.applied), (2, 2));
        let (_, after) = apply(datacenter.files(), &all.edits).unwrap().remove(0);
        assert!(String::from_utf8(after).unwrap().contains("10.0.0.0/8\n10.9.0.0/16\n"));
        let at = Span::at(id, u32::try_from(text.find("HTPS").unwrap()).unwrap());
        let titles: Vec<_> = offered(&found, at).map(|(_, fix)| fix.title.as_str()).collect();
        assert_eq!(titles, ["write `HTTPS`"]);
        assert_eq!(all_safe(&found, Some(FileId(8))), All::default());
    }
}
