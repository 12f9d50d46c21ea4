//! Files that are complete at any moment.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

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

/// Writes a file of a folder.
pub(super) fn write_json<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<(), Error> {
    let text = json(folder, name, value)?;
    write(folder, &[(name, text)])
}

/// What a file of a folder will hold.
pub(super) fn json<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| failed("write", &folder.join(name))(error.into()))
}

/// Writes files of a folder; their names change in this order, when all of them are on the disk.
pub(super) fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), Error> {
    let aside = |name: &str| folder.join(format!("{UNFINISHED}{name}"));
    let written: Result<Vec<_>, _> = files
        .iter()
        .map(|(name, bytes)| create(&aside(name), bytes).map_err(failed("write", &folder.join(name))))
        .collect();
    for (file, (name, _)) in written?.into_iter().zip(files) {
        file.sync_all().map_err(failed("write", &folder.join(name)))?;
    }
    for (name, _) in files {
        let path = folder.join(name);
        fs::rename(aside(name), &path).map_err(failed("write", &path))?;
    }
    sync_folder(folder)
}

/// Removes a file that may not be there.
pub(super) fn remove(folder: &Path, name: &str) -> Result<(), Error> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Ok(()) => sync_folder(folder),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("remove", &path)(error)),
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
) -> Result<(), Error> {
    let path = parent.join(name);
    let aside = parent.join(format!("{UNFINISHED}{name}"));
    let write_all = || -> io::Result<()> {
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir(&aside)?;
        fs::set_permissions(&aside, Permissions::from_mode(FOLDER_MODE))?;
        let mut files = Vec::new();
        for (name, text) in texts {
            let same = like.map(|folder| folder.join(name)).filter(|file| holds(file, text));
            match same {
                Some(same) => fs::hard_link(same, aside.join(name))?,
                None => files.push(create(&aside.join(name), text.as_bytes())?),
            }
        }
        files.push(create(&aside.join(data_name), &serde_json::to_vec(data)?)?);
        // Once all are written: what the first waits for, the others need not wait for again.
        files.iter().try_for_each(File::sync_all)?;
        File::open(&aside)?.sync_all()?;
        fs::rename(&aside, &path)
    };
    if let Err(error) = write_all() {
        // It would only take room where there may be none.
        drop(fs::remove_dir_all(&aside));
        return Err(failed("write", &path)(error));
    }
    sync_folder(parent)
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
