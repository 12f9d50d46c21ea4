//! Files that are complete at any moment.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::error::Error;

/// How a file or folder is called while it is not finished: this, and its name.
const UNFINISHED: &str = ".new-";

/// Only root: rules tell who may reach what.
const FOLDER_MODE: u32 = 0o700;

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::File { attempt, path, source }
}

/// Makes a folder that may be there.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(failed("make the folder", path))?;
    fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)).map_err(failed("make the folder", path))
}

/// What a file holds; nothing if it is not there or not what it should be.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(failed("read", path))
}

/// Writes a file of a folder. It is on the disk then.
pub(super) fn write_json<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<(), Error> {
    replace(folder, name, value, File::sync_all)?;
    sync_folder(folder)
}

/// The same for what is worth nothing after a restart. It is whole for readers, and on the disk some time later.
pub(super) fn write_for_now<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<(), Error> {
    replace(folder, name, value, |_| Ok(()))
}

fn replace<T: Serialize>(
    folder: &Path,
    name: &str,
    value: &T,
    put_down: fn(&File) -> io::Result<()>,
) -> Result<(), Error> {
    let path = folder.join(name);
    let aside = folder.join(format!("{UNFINISHED}{name}"));
    let write = || {
        put_down(&create(&aside, &serde_json::to_vec(value)?)?)?;
        fs::rename(&aside, &path)
    };
    write().map_err(failed("write", &path))
}

/// Removes a file that may not be there. It is gone from the disk then.
pub(super) fn remove(folder: &Path, name: &str) -> Result<(), Error> {
    if folder.join(name).exists() {
        remove_for_now(folder, name)?;
        return sync_folder(folder);
    }
    Ok(())
}

/// The same for what is worth nothing after a restart.
pub(super) fn remove_for_now(folder: &Path, name: &str) -> Result<(), Error> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("remove", &path)(error)),
    }
}

/// A folder that is written, and neither on the disk yet nor there for readers. Gone again if it is dropped.
pub(in crate::host) struct Unfinished {
    parent: PathBuf,
    path: PathBuf,
    aside: PathBuf,
    files: Vec<File>,
}

impl Unfinished {
    /// Waits for the disk, and makes it there for readers at one stroke.
    pub(in crate::host) fn finish(self) -> Result<(), Error> {
        let put_down = || -> io::Result<()> {
            // Once all are written: what the first waits for, the others need not wait for again.
            self.files.iter().try_for_each(File::sync_all)?;
            File::open(&self.aside)?.sync_all()?;
            fs::rename(&self.aside, &self.path)
        };
        put_down().map_err(failed("write", &self.path))?;
        sync_folder(&self.parent)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It would only take room where there may be none.
        drop(fs::remove_dir_all(&self.aside));
    }
}

/// Writes a folder with a file of data and some of text. A text that `like` has, too, shares its place on the disk.
pub(super) fn write_folder<T: Serialize>(
    parent: &Path,
    name: &str,
    like: Option<&Path>,
    data_name: &str,
    data: &T,
    texts: &[(&str, &str)],
) -> Result<Unfinished, Error> {
    let path = parent.join(name);
    let aside = parent.join(format!("{UNFINISHED}{name}"));
    let mut folder = Unfinished { parent: parent.into(), path, aside, files: Vec::new() };
    let write_all = |Unfinished { aside, files, .. }: &mut Unfinished| -> io::Result<()> {
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir(&aside)?;
        fs::set_permissions(&aside, Permissions::from_mode(FOLDER_MODE))?;
        for (name, text) in texts {
            let same = like.map(|folder| folder.join(name)).filter(|file| holds(file, text));
            match same {
                Some(same) => fs::hard_link(same, aside.join(name))?,
                None => files.push(create(&aside.join(name), text.as_bytes())?),
            }
        }
        files.push(create(&aside.join(data_name), &serde_json::to_vec(data)?)?);
        Ok(())
    };
    write_all(&mut folder).map_err(failed("write", &folder.path))?;
    Ok(folder)
}

/// Whether a file holds just this text.
fn holds(file: &Path, text: &str) -> bool {
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    file.metadata().is_ok_and(|metadata| metadata.len() == length)
        && fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
}

/// Removes a folder. It is gone for readers at one stroke.
pub(super) fn remove_folder(parent: &Path, name: &str) -> Result<(), Error> {
    let path = parent.join(name);
    let aside = parent.join(format!("{UNFINISHED}{name}"));
    fs::rename(&path, &aside).map_err(failed("remove", &path))?;
    fs::remove_dir_all(&aside).map_err(failed("remove", &path))
}

/// Removes what killed runs have left. Should it not go, it does no harm.
pub(super) fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            drop(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
        }
    }
}

/// Writes a file, which is not on the disk yet.
fn create(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// A name is on the disk once its folder is.
fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("write", folder))
}
