//! Writing changed files of a root: all of them, or none.
//!
//! A file is written under another name beside its own, then takes its place, so that nobody ever reads half of one. Before
//! the first takes its place, every file on disk must still be the one that was read; its content is compared, not its time.
//! Meanwhile the locks are held that others take, too, where the root has some.

use core::time::Duration;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use pvefw_core::edit::Changed;

use super::file;
use super::lock::{Locks, Unlocked};
use crate::output::words;

/// Why nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Vec<String>,
    /// What kind of reason it is.
    pub why: Why,
}

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something can't be read or written.
    Failed,
    /// A file on disk is no longer the one that was read.
    Changed,
    /// Somebody else is changing the configuration.
    Locked,
}

impl SaveError {
    fn failed(path: &Path, error: &io::Error) -> Self {
        let help = match error.kind() {
            ErrorKind::PermissionDenied => {
                vec!["only root may write a node's configuration: try `sudo`".into()]
            }
            _ => Vec::new(),
        };
        Self {
            message: format!("can't write `{}`: {}", path.display(), words(error)),
            help,
            why: Why::Failed,
        }
    }

    fn changed(path: &Path, what: &str) -> Self {
        Self {
            message: format!("`{}` {what} since it was read", path.display()),
            help: vec!["load it again, and repeat the edits".into()],
            why: Why::Changed,
        }
    }

    fn locked(unlocked: Unlocked, patience: Duration) -> Self {
        let (lock, held) = match unlocked {
            Unlocked::Failed(lock, error) => return Self::failed(&lock, &error),
            Unlocked::Held(lock) => (lock.display().to_string(), patience.as_secs()),
        };
        Self {
            message: format!(
                "somebody else is changing the configuration: `{lock}` was not free within {held} s"
            ),
            help: vec![
                "try again when they are done".into(),
                format!("if nobody is at it any more: `rmdir {lock}`"),
            ],
            why: Why::Locked,
        }
    }
}

/// A file that is complete beside its place.
struct Ready<'c> {
    aside: PathBuf,
    place: PathBuf,
    change: &'c Changed,
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        // It is only there if it did not get to its place.
        let _ = fs::remove_file(&self.aside);
    }
}

/// Writes the files below a root, and waits up to `patience` for others who are changing it.
///
/// # Errors
/// [`SaveError`] when a file can't be written or was changed by somebody else. All files are as they were then; should the
/// disk refuse even that, the message names those that are not.
pub fn save(root: &Path, changes: &[Changed], patience: Duration) -> Result<(), SaveError> {
    let paths = changes.iter().map(|change| change.path.as_str());
    let _locks = Locks::take(root, paths, patience).map_err(|why| SaveError::locked(why, patience))?;
    for change in changes {
        unchanged(&root.join(&change.path), change)?;
    }
    let mut ready = Vec::with_capacity(changes.len());
    for change in changes {
        ready.push(beside(root, change)?);
    }
    for file in &ready {
        unchanged(&file.place, file.change)?;
    }
    for (count, file) in ready.iter().enumerate() {
        if let Err(error) = fs::rename(&file.aside, &file.place) {
            let mut failure = SaveError::failed(&file.place, &error);
            let left: Vec<String> = ready
                .iter()
                .take(count)
                .filter(|done| undo(done).is_err())
                .map(|done| format!("`{}`", done.place.display()))
                .collect();
            if !left.is_empty() {
                let left = left.join(", ");
                failure.message =
                    format!("{}; already written, and not to be undone: {left}", failure.message);
            }
            return Err(failure);
        }
    }
    Ok(())
}

/// Whether a file on disk is still the one that was read.
fn unchanged(place: &Path, change: &Changed) -> Result<(), SaveError> {
    match (fs::symlink_metadata(place), &change.old) {
        (Err(error), None) if error.kind() == ErrorKind::NotFound => Ok(()),
        (Err(error), Some(_)) if error.kind() == ErrorKind::NotFound => {
            Err(SaveError::changed(place, "has vanished"))
        }
        (Err(error), _) => Err(SaveError::failed(place, &error)),
        (Ok(_), None) => Err(SaveError::changed(place, "has been made by somebody else")),
        (Ok(metadata), Some(old)) => match file::read(place, metadata.file_type()) {
            Ok(now) if now == *old => Ok(()),
            Ok(_) => Err(SaveError::changed(place, "has been changed by somebody else")),
            Err(why) => Err(SaveError {
                message: format!("can't read `{}`: {why}", place.display()),
                help: Vec::new(),
                why: Why::Failed,
            }),
        },
    }
}

/// Writes a file beside its place.
fn beside<'c>(root: &Path, change: &'c Changed) -> Result<Ready<'c>, SaveError> {
    let named = root.join(&change.path);
    // A link stays one: what it leads to is written.
    let place = if change.old.is_some() { named.canonicalize() } else { Ok(named.clone()) };
    let place = place.map_err(|error| SaveError::failed(&named, &error))?;
    let failed = |error: io::Error| SaveError::failed(&named, &error);
    let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(failed(ErrorKind::InvalidInput.into()));
    };
    DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(failed)?;
    // The name that Proxmox VE gives such a file (spec 01 section 10); the firewall reads none of it.
    let aside = folder.join(format!("{}.tmp.{}", name.display(), process::id()));
    let mode = fs::metadata(&place).map_or(0o644, |metadata| metadata.permissions().mode() & 0o7777);
    let _ = fs::remove_file(&aside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&aside).map_err(failed)?;
    let ready = Ready { aside, place, change };
    file.write_all(&ready.change.new).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(ready)
}

/// Puts back what was on disk.
fn undo(file: &Ready<'_>) -> io::Result<()> {
    match &file.change.old {
        Some(old) => fs::write(&file.aside, old).and_then(|()| fs::rename(&file.aside, &file.place)),
        None => fs::remove_file(&file.place),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("pvefw-save-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("firewall")).unwrap();
        folder
    }

    fn change(path: &str, old: Option<&str>, new: &str) -> Changed {
        Changed { path: path.into(), old: old.map(Into::into), new: new.into() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder.join("firewall")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn writes_all_files_and_keeps_links_and_modes() {
        let root = folder("all");
        fs::write(root.join("real"), "a").unwrap();
        fs::set_permissions(root.join("real"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("../real", root.join("firewall/cluster.fw")).unwrap();
        let changes = [change("firewall/cluster.fw", Some("a"), "b"), change("nodes/n/host.fw", None, "c")];
        save(&root, &changes, Duration::ZERO).unwrap();
        assert_eq!(fs::read_to_string(root.join("real")).unwrap(), "b");
        assert_eq!(root.join("real").metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(root.join("nodes/n/host.fw")).unwrap(), "c");
        assert_eq!(names(&root), ["cluster.fw"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn writes_nothing_if_a_file_is_another_one() {
        let root = folder("other");
        fs::write(root.join("firewall/100.fw"), "a").unwrap();
        fs::write(root.join("firewall/101.fw"), "theirs").unwrap();
        for other in [
            change("firewall/101.fw", Some("b"), "c"),
            change("firewall/101.fw", None, "c"),
            change("firewall/102.fw", Some("b"), "c"),
        ] {
            let error =
                save(&root, &[change("firewall/100.fw", Some("a"), "z"), other], Duration::ZERO).unwrap_err();
            assert_eq!(error.why, Why::Changed, "{error:?}");
        }
        assert_eq!(fs::read_to_string(root.join("firewall/100.fw")).unwrap(), "a");
        assert_eq!(names(&root), ["100.fw", "101.fw"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_changes_nothing() {
        let root = folder("place");
        fs::write(root.join("firewall/100.fw"), "a").unwrap();
        fs::write(root.join("nodes"), "no folder").unwrap();
        let changes = [change("firewall/100.fw", Some("a"), "z"), change("nodes/n/host.fw", None, "c")];
        assert_eq!(save(&root, &changes, Duration::ZERO).unwrap_err().why, Why::Failed);
        assert_eq!(fs::read_to_string(root.join("firewall/100.fw")).unwrap(), "a");
        assert_eq!(names(&root), ["100.fw"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn nothing_is_written_while_somebody_else_is_at_it() {
        let root = folder("locked");
        fs::write(root.join("firewall/100.fw"), "a").unwrap();
        let lock = root.join("priv/lock/firewall-vm-100");
        fs::create_dir_all(&lock).unwrap();
        let changes = [change("firewall/100.fw", Some("a"), "b")];
        let error = save(&root, &changes, Duration::ZERO).unwrap_err();
        assert_eq!(error.why, Why::Locked);
        assert!(error.message.contains("priv/lock/firewall-vm-100` was not free within 0 s"), "{error:?}");
        fs::remove_dir(&lock).unwrap();
        save(&root, &changes, Duration::ZERO).unwrap();
        assert!(!lock.exists());
        assert_eq!(fs::read_to_string(root.join("firewall/100.fw")).unwrap(), "b");
        fs::remove_dir_all(&root).unwrap();
    }
}
