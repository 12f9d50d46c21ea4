//! One file, read so that nothing in its place can hang us or fill the memory.

use std::fs::{self, FileType, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use crate::output::words;

/// Larger files are refused. The largest configurations have a few megabytes.
const LARGEST: u64 = 64 << 20;

/// Opening a FIFO must not wait for its writer. The number is the same on all architectures that Proxmox VE or Debian
/// servers run on.
const O_NONBLOCK: i32 = if cfg!(any(target_arch = "mips", target_arch = "mips64")) { 0o200 } else { 0o4000 };

/// The bytes of a regular file, or of one that a link leads to. `kind` is what the directory says it is; anything else
/// is not even opened, since that alone does something to some devices. The error says why not, in a few words.
pub(crate) fn read(path: &Path, kind: FileType) -> Result<Vec<u8>, String> {
    let kind = if kind.is_symlink() { follow(path)?.file_type() } else { kind };
    regular(kind)?;
    let file =
        OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path).map_err(|error| words(&error))?;
    // It may have been replaced since.
    let metadata = file.metadata().map_err(|error| words(&error))?;
    regular(metadata.file_type())?;
    small_enough(metadata.len())?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| words(&error))?;
    small_enough(bytes.len() as u64)?;
    Ok(bytes)
}

/// The bytes of a file that the user named. It need not be a regular one: `<(…)` of the shell is a FIFO.
pub(crate) fn read_given(path: &Path) -> Result<Vec<u8>, String> {
    let kind = follow(path)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return read(path, kind);
    }
    let file = fs::File::open(path).map_err(|error| words(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| words(&error))?;
    small_enough(bytes.len() as u64)?;
    Ok(bytes)
}

/// What a path leads to; the error tells a dangling link from nothing at all.
fn follow(path: &Path) -> Result<Metadata, String> {
    fs::metadata(path).map_err(|error| match (error.kind(), fs::read_link(path)) {
        (ErrorKind::NotFound, Ok(target)) => {
            format!("it is a link to `{}`, which does not exist", target.display())
        }
        _ => words(&error),
    })
}

fn regular(kind: FileType) -> Result<(), String> {
    let name = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(format!("it is {name}, not a file"))
}

fn small_enough(length: u64) -> Result<(), String> {
    if length > LARGEST {
        return Err(format!(
            "it has {} MiB; files of more than {} MiB are refused",
            length >> 20,
            LARGEST >> 20
        ));
    }
    Ok(())
}
