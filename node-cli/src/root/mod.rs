//! A configuration root on disk, read into a [`Datacenter`].
//!
//! Only the places that DESIGN.md lists are looked at, in a fixed order. What can't be read there becomes a diagnostic
//! of its own, and the rest is used; only a root that is none at all stops the run. Every file costs one `open`, one
//! `fstat` and a `read`.

mod file;
mod live;
mod lock;
pub(crate) mod loose;
pub mod node;
pub mod save;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use pvefw_core::datacenter::Datacenter;

pub(crate) use file::read_given;

use crate::exit::Stop;
use crate::output::words;

/// The root of a live node.
pub const LIVE: &str = "/etc/pve";

const LAYOUT: &str = "expected is a folder laid out like /etc/pve: `firewall/cluster.fw`, `firewall/<vmid>.fw`, \
                      `nodes/<node>/host.fw`, …";

/// What was read.
pub struct Root {
    /// All of it.
    pub datacenter: Datacenter,
    /// The folders under `nodes/`.
    pub nodes: Vec<String>,
    /// Where it was.
    pub path: PathBuf,
    /// Number of files looked at, also in vain.
    pub files: usize,
    /// Things to tell the user that belong to no file.
    pub warnings: Vec<String>,
}

/// Reads the root, by default that of a live node.
///
/// # Errors
/// [`Stop`] when there is no such folder, or it can't be listed. A file in it that can't be read is no error: the
/// datacenter has a diagnostic about it.
pub fn read(given: Option<&Path>) -> Result<Root, Stop> {
    let path = given.unwrap_or(Path::new(LIVE));
    match fs::metadata(path) {
        Err(error) => return Err(no_root(path, &error, given.is_none())),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(Stop::failed(format!("`{}` is not a folder", path.display()))
                .help(LAYOUT)
                .help("to check a single file: `pvefw check FILE`"));
        }
        Ok(_) => {}
    }
    let mut root = Root {
        datacenter: Datacenter::new(),
        nodes: Vec::new(),
        path: path.to_owned(),
        files: 0,
        warnings: Vec::new(),
    };
    if let Err(error) = fs::read_dir(path) {
        return Err(Stop::failed(format!("can't read `{}`: {}", path.display(), words(&error)))
            .help("only root and the group www-data may read a node's configuration: try `sudo`"));
    }
    root.folder("firewall", ".fw");
    root.folder("sdn/firewall", ".fw");
    root.single("corosync.conf");
    for (name, kind) in root.entries("nodes") {
        if kind.is_dir() || (kind.is_symlink() && root.path.join("nodes").join(&name).is_dir()) {
            root.single(&format!("nodes/{name}/host.fw"));
            root.folder(&format!("nodes/{name}/qemu-server"), ".conf");
            root.folder(&format!("nodes/{name}/lxc"), ".conf");
            root.nodes.push(name);
        }
    }
    if root.files == 0 && root.nodes.is_empty() {
        root.warnings.push(format!("nothing of a firewall configuration in `{}`: {LAYOUT}", path.display()));
        if path.join("cluster.fw").exists() {
            root.warnings.push("there is a `cluster.fw` in it: ROOT is the folder above `firewall`".into());
        }
    }
    Ok(root)
}

fn no_root(path: &Path, error: &io::Error, by_default: bool) -> Stop {
    let shown = path.display();
    if error.kind() != ErrorKind::NotFound {
        return Stop::failed(format!("can't read `{shown}`: {}", words(error)))
            .help("only root and the group www-data may read a node's configuration: try `sudo`");
    }
    let stop = if by_default {
        Stop::failed(format!("`{shown}` does not exist: this is no Proxmox VE node"))
            .help("name a copy of a node's /etc/pve, for example `pvefw check ROOT`")
    } else if fs::symlink_metadata(path).is_ok() {
        Stop::failed(format!("`{shown}` is a link to something that does not exist"))
    } else {
        Stop::failed(format!("`{shown}` does not exist")).help(LAYOUT)
    };
    stop.help("to see what pvefw does without any configuration: `pvefw try`")
}

impl Root {
    /// Reads the files of a folder whose names end like this.
    fn folder(&mut self, folder: &str, suffix: &str) {
        for (name, kind) in self.entries(folder) {
            // Names like `.100.fw.swp`, `.#100.fw` and `#100.fw#` are an editor's, `100.fw.tmp.4711` is the cluster
            // file system's: neither ends so, or it starts with a dot.
            if name.ends_with(suffix) && !name.starts_with('.') {
                self.one(&format!("{folder}/{name}"), kind);
            }
        }
    }

    /// Reads a file that may be missing.
    fn single(&mut self, path: &str) {
        match fs::symlink_metadata(self.path.join(path)) {
            Ok(metadata) => self.one(path, metadata.file_type()),
            Err(error) if missing(&error) => {}
            Err(error) => self.unreadable(path, words(&error)),
        }
    }

    fn one(&mut self, path: &str, kind: FileType) {
        match file::read(&self.path.join(path), kind) {
            Err(why) => self.unreadable(path, why),
            Ok(bytes) => match self.datacenter.add(path, bytes) {
                Some(_) => self.files += 1,
                None => self
                    .warnings
                    .push(format!("`{path}` is ignored: the firewall reads no file of this name")),
            },
        }
    }

    /// The entries of a folder in order: `cluster.fw`, then by number, then by name. A folder that is missing has none.
    fn entries(&mut self, folder: &str) -> Vec<(String, FileType)> {
        let path = self.path.join(folder);
        let listed = fs::read_dir(&path).and_then(|entries| {
            entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))).collect()
        });
        let listed: Vec<_> = match listed {
            Ok(listed) => listed,
            // `read_dir` says the same of a dangling link.
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => {
                return Vec::new();
            }
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::NotADirectory => "it is a file, not a directory".into(),
                    ErrorKind::NotFound => "it is a link to something that does not exist".into(),
                    _ => words(&error),
                };
                self.unreadable(folder, why);
                return Vec::new();
            }
        };
        let mut entries = Vec::with_capacity(listed.len());
        for (name, kind) in listed {
            match name.into_string() {
                Ok(name) => entries.push((name, kind)),
                Err(name) => self.warn_of_name(folder, &name),
            }
        }
        entries.sort_by_cached_key(|(name, _)| {
            let stem = name.split('.').next().unwrap_or_default();
            (name != "cluster.fw", stem.parse::<u64>().unwrap_or(u64::MAX), name.clone())
        });
        entries
    }

    fn unreadable(&mut self, path: &str, why: String) {
        self.files += 1;
        self.datacenter.unreadable(path, why);
    }

    fn warn_of_name(&mut self, folder: &str, name: &OsStr) {
        self.warnings.push(format!("`{folder}/{}` is ignored: its name is not UTF-8", name.display()));
    }
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
