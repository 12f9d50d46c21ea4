//! Configuration roots on disk.

use std::fs;
use std::path::{Path, PathBuf};

use pvefw_core::datacenter::Datacenter;

/// The folder of this package.
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, in string order.
///
/// # Errors
/// The folder that can't be read, and why.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error| format!("can't read `{}`: {error}", folder.display());
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        entries.push(entry.map_err(cannot)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Reads a file.
///
/// # Errors
/// The file and why it can't be read.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))
}

/// Reads a configuration root.
///
/// # Errors
/// What can't be read.
pub fn datacenter(root: &Path) -> Result<Datacenter, String> {
    let mut datacenter = Datacenter::new();
    for path in files(root)? {
        let inside: Vec<_> =
            path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_string_lossy()).collect();
        datacenter.add(&inside.join("/"), read(&path)?);
    }
    Ok(datacenter)
}
