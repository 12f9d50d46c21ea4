//! The locks under which a live configuration is changed: folders below `priv/lock`, which the cluster's file system lets
//! only one make (spec 08 section 8). A root without that folder has no locks.

use core::time::Duration;
use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Instant, SystemTime};

use pvefw_core::datacenter::FileKind;

/// Where they are.
const FOLDER: &str = "priv/lock";

/// How often to try.
const LOOK: Duration = Duration::from_millis(200);

/// Locks that are ours until this is dropped.
#[derive(Debug, Default)]
pub(super) struct Locks {
    taken: Vec<PathBuf>,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum Unlocked {
    /// Somebody else has it.
    Held(PathBuf),
    /// It can't be made.
    Failed(PathBuf, io::Error),
}

impl Locks {
    /// Takes those of some files, and waits for each until `patience` is over.
    pub(super) fn take<'p>(
        root: &Path,
        paths: impl Iterator<Item = &'p str>,
        patience: Duration,
    ) -> Result<Self, Unlocked> {
        let mut locks = Self::default();
        let folder = root.join(FOLDER);
        if !folder.is_dir() {
            return Ok(locks);
        }
        let mut names: Vec<String> = paths.filter_map(name).collect();
        // Always in the same order: two who want several don't wait for each other.
        names.sort();
        names.dedup();
        let begun = Instant::now();
        for name in names {
            let lock = folder.join(name);
            loop {
                match fs::create_dir(&lock) {
                    Ok(()) => break,
                    Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                        return Err(Unlocked::Failed(lock, error));
                    }
                    Err(_) if begun.elapsed() >= patience => return Err(Unlocked::Held(lock)),
                    Err(_) => {
                        give_up_stale(&lock);
                        thread::sleep(LOOK);
                    }
                }
            }
            locks.taken.push(lock);
        }
        Ok(locks)
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        for lock in &self.taken {
            // The cluster's file system forgets it after two minutes, should it stay.
            let _ = fs::remove_dir(lock);
        }
    }
}

/// Asks the cluster's file system to let go of a lock whose owner is gone: a folder with the time zero means that.
fn give_up_stale(lock: &Path) {
    let zero = SystemTime::UNIX_EPOCH;
    let times = FileTimes::new().set_accessed(zero).set_modified(zero);
    // It is a request; without it the lock is waited for all the same.
    let _ = File::open(lock).and_then(|folder| folder.set_times(times));
}

/// The lock of a file.
fn name(path: &str) -> Option<String> {
    Some(match FileKind::of(path)? {
        FileKind::Cluster => "firewall-cluster".to_owned(),
        FileKind::Host(node) => format!("firewall-host-{node}"),
        FileKind::Guest(id) => format!("firewall-vm-{id}"),
        FileKind::Vnet(vnet) => format!("firewall-vnet-{vnet}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_lock() {
        let names = ["firewall/cluster.fw", "firewall/100.fw", "nodes/n1/host.fw", "sdn/firewall/v1.fw", "x"];
        let names: Vec<_> = names.into_iter().filter_map(name).collect();
        assert_eq!(names, ["firewall-cluster", "firewall-vm-100", "firewall-host-n1", "firewall-vnet-v1"]);
    }

    #[test]
    fn a_lock_is_taken_once_and_given_back() {
        let root = std::env::temp_dir().join(format!("pvefw-lock-{}", std::process::id()));
        fs::create_dir_all(root.join(FOLDER)).unwrap();
        let take =
            || Locks::take(&root, ["firewall/100.fw", "firewall/cluster.fw"].into_iter(), Duration::ZERO);
        let first = take().unwrap();
        let Err(Unlocked::Held(lock)) = take() else { panic!("it was taken twice") };
        assert!(lock.ends_with("priv/lock/firewall-cluster"), "{}", lock.display());
        drop(first);
        drop(take().unwrap());
        assert_eq!(fs::read_dir(root.join(FOLDER)).unwrap().count(), 0);
        fs::remove_dir_all(&root).unwrap();
        assert!(take().unwrap().taken.is_empty());
    }
}
