//! From values to JSON text.

use pvefw_core::datacenter::FileKind;
use pvefw_core::diag;
use pvefw_core::report::editor::{Edit, Outcome};
use pvefw_core::session::{Session, TESTS};
use pvefw_core::text::{Span, Utf16};
use serde::Serialize;

/// A file of the datacenter.
#[derive(Serialize)]
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    pub(crate) kind: &'static str,
}

/// Facts that were taken.
#[derive(Serialize)]
pub(crate) struct FactsTaken {
    pub(crate) unknown: Vec<String>,
}

/// All files, by path.
pub(crate) fn files(session: &Session) -> Vec<File<'_>> {
    let datacenter = session.datacenter();
    let kinds = datacenter.kinds();
    let mut files: Vec<_> = kinds
        .map(|(found, id)| File { path: datacenter.files().name(id), kind: kind(Some(found)) })
        .collect();
    files.extend(session.tests().map(|_| File { path: TESTS, kind: kind(None) }));
    files.sort_by_key(|file| file.path);
    files
}

/// What a file is, in the word of the package.
pub(crate) const fn kind(kind: Option<&FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Cluster) => "cluster",
        Some(FileKind::Corosync) => "corosync",
        Some(FileKind::Host(_)) => "host",
        Some(FileKind::Guest(_)) => "guest",
        Some(FileKind::Vnet(_)) => "vnet",
        Some(FileKind::GuestConfig(..)) => "guest-config",
        None => "tests",
    }
}

/// An edit in bytes, with its path.
pub(crate) fn edit(session: &Session, edit: &Edit) -> Result<(String, diag::Edit), String> {
    let (files, id) = session.file(&edit.file).ok_or_else(|| format!("there is no file `{}`", edit.file))?;
    let units = Utf16::new(files.text(id));
    let end = units.unit(u32::MAX);
    if edit.from > edit.to || edit.to > end {
        return Err(format!("an edit lies outside of `{}`", edit.file));
    }
    let span = Span::new(id, units.byte(edit.from), units.byte(edit.to));
    Ok((edit.file.clone(), diag::Edit { span, text: edit.text.clone() }))
}

/// Writes an answer that there is, or says why there is none.
pub(crate) fn outcome<T: Serialize, E: ToString>(result: Result<T, E>) -> String {
    json(&Outcome::from(result))
}

/// Writes an answer that there is.
pub(crate) fn answered<T: Serialize>(value: T) -> String {
    json(&Outcome::Answered { ok: true, value })
}

/// What was written, or why there is nothing.
pub(crate) fn or_refused<E: ToString>(written: Result<String, E>) -> String {
    written.unwrap_or_else(|error| json(&Outcome::<()>::Refused { ok: false, error: error.to_string() }))
}

/// Writes an answer. All of ours have keys that are text, which is all that could fail.
pub(crate) fn json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
