//! What the files of a configuration look like from outside: cheap to look at, and otherwise when one of them changes.
//!
//! On `/etc/pve` nothing tells of changes that other nodes make. But the cluster file system counts all changes in the
//! time of its root, and some in `.version`: while these stand still, all files are looked at once a minute only.
//! Elsewhere a part of them is looked at each time, so that each has its turn within some seconds.

use alloc::collections::BTreeMap;
use core::time::Duration;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::root::node::Choice;

/// How often to look.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// Looks within which each file has its turn: without and with somebody who counts changes.
const TURNS: usize = 8;
const TURNS_COUNTED: usize = 60;

/// What can be seen of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    size: u64,
    time: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let data = fs::metadata(path).ok()?;
        let time = (data.mtime(), data.mtime_nsec());
        // What a folder says of its size is of no interest, and changes where files come and go.
        let size = if data.is_dir() { 0 } else { data.len() };
        Some(Self { device: data.dev(), number: data.ino(), size, time })
    }
}

fn stamped(path: PathBuf) -> (PathBuf, Option<Stamp>) {
    let stamp = Stamp::of(&path);
    (path, stamp)
}

/// The files of a node's configuration.
#[derive(Debug)]
pub(super) struct Sight {
    root: PathBuf,
    node: Option<String>,
    /// Looked at every time: the facts, what counts changes, and the folders.
    always: BTreeMap<PathBuf, Option<Stamp>>,
    /// Looked at in turns.
    files: Vec<(PathBuf, Option<Stamp>)>,
    /// Where the next turn begins.
    turn: usize,
    /// What `.version` says, but for what changes all the time.
    version: Option<String>,
    facts: Option<PathBuf>,
    /// When to look at everything once more: times have whole seconds there, and a change may follow within one.
    again: Option<Instant>,
}

impl Sight {
    pub(super) fn new(root: PathBuf, node: Option<String>, facts: Option<PathBuf>) -> Self {
        let mut sight = Self {
            root,
            node,
            always: BTreeMap::new(),
            files: Vec::new(),
            turn: 0,
            version: None,
            facts,
            again: None,
        };
        sight.look_at_all();
        sight
    }

    /// The folders whose contents matter, the root first.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let nodes = self.root.join("nodes");
        let mut folders = vec![
            self.root.clone(),
            self.root.join("firewall"),
            self.root.join("sdn"),
            self.root.join("sdn/firewall"),
            nodes.clone(),
        ];
        let mut names: Vec<String> = fs::read_dir(&nodes)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        if let Some(node) = &self.node {
            names.retain(|name| name == node);
        } else if let Choice::One(node) = Choice::of(&self.root, &names) {
            names.retain(|name| *name == node);
        }
        for name in names {
            let node = nodes.join(name);
            folders.extend([node.join("qemu-server"), node.join("lxc"), node]);
        }
        folders
    }

    /// Looks, and tells whether something is otherwise than before.
    pub(super) fn look(&mut self) -> bool {
        let version = version(&self.root);
        let counted = version.is_some();
        let told = version != self.version;
        if told || self.always.iter().any(|(path, stamp)| Stamp::of(path) != *stamp) {
            self.again = Some(Instant::now() + 2 * TICK);
            return self.look_at_all() || told;
        }
        if self.again.is_some_and(|again| again <= Instant::now()) {
            self.again = None;
            return self.look_at_all();
        }
        let turns = if counted { TURNS_COUNTED } else { TURNS };
        let share = self.files.len().div_ceil(turns);
        let end = (self.turn + share).min(self.files.len());
        let part = self.files.get(self.turn..end).unwrap_or_default();
        let changed = part.iter().any(|(path, stamp)| Stamp::of(path) != *stamp);
        self.turn = if end == self.files.len() { 0 } else { end };
        if changed {
            self.look_at_all();
        }
        changed
    }

    /// Takes everything in as it is now; whether it was otherwise.
    pub(super) fn look_at_all(&mut self) -> bool {
        let folders = self.folders();
        let mut files = vec![self.root.join("corosync.conf"), self.root.join(".members")];
        for folder in &folders {
            let end =
                if folder.ends_with("qemu-server") || folder.ends_with("lxc") { ".conf" } else { ".fw" };
            let listed = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
            let ours =
                listed.filter(|name| name.to_str().is_some_and(|name| is_ours(name) && name.ends_with(end)));
            files.extend(ours.map(|name| folder.join(name)));
        }
        files.sort_unstable();
        let files: Vec<_> = files.into_iter().map(stamped).collect();
        let always = folders.into_iter().chain(self.facts.clone());
        let always: BTreeMap<_, _> = always.map(stamped).collect();
        let there = |stamps: &BTreeMap<PathBuf, Option<Stamp>>| -> Vec<_> {
            // The time of a folder tells that its files have to be listed, no more.
            stamps
                .iter()
                .map(|(path, stamp)| (path.clone(), stamp.map(|stamp| (stamp.device, stamp.number))))
                .collect()
        };
        let facts = |stamps: &BTreeMap<PathBuf, Option<Stamp>>| {
            self.facts.as_ref().and_then(|facts| stamps.get(facts).copied())
        };
        let changed = files != self.files
            || there(&always) != there(&self.always)
            || facts(&always) != facts(&self.always);
        (self.files, self.always, self.turn) = (files, always, 0);
        self.version = version(&self.root);
        changed
    }
}

/// Whether a file of this name may be one of a configuration, rather than an editor's.
pub(super) fn is_ours(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(|end| end.to_str());
    !name.starts_with('.') && matches!(end, Some("fw" | "conf"))
}

/// What the cluster file system counts, without the part that changes whenever any node reports its load.
fn version(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join(".version")).ok()?;
    Some(text.split("\"kvstore\"").next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("pvefw-sight-{name}-{}", process::id()));
            drop(fs::remove_dir_all(&folder));
            fs::create_dir_all(folder.join("firewall")).unwrap();
            fs::create_dir_all(folder.join("nodes/n1/qemu-server")).unwrap();
            fs::write(folder.join("firewall/cluster.fw"), "[OPTIONS]\n").unwrap();
            Self(folder)
        }

        fn write(&self, path: &str, text: &str) {
            fs::write(self.0.join(path), text).unwrap();
        }

        fn sight(&self) -> Sight {
            Sight::new(self.0.clone(), None, Some(self.0.join("facts.json")))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    /// Whether a change is seen before every file has had its turn twice.
    fn sees(sight: &mut Sight) -> bool {
        (0..=TURNS).any(|_| sight.look())
    }

    #[test]
    fn every_change_that_matters_is_seen_within_the_turns() {
        let folder = Folder::new("changes");
        for number in 100..120 {
            folder.write(&format!("firewall/{number}.fw"), "[RULES]\n");
        }
        let mut sight = folder.sight();
        assert!(!sees(&mut sight));
        folder.write("firewall/113.fw", "[RULES]\nIN ACCEPT\n");
        assert!(sees(&mut sight));
        assert!(!sees(&mut sight));
        folder.write("nodes/n1/qemu-server/100.conf", "net0: virtio\n");
        assert!(sees(&mut sight));
        fs::remove_file(folder.0.join("firewall/100.fw")).unwrap();
        assert!(sees(&mut sight));
        folder.write("facts.json", "{}");
        assert!(sees(&mut sight));
        folder.write("corosync.conf", "totem {}\n");
        assert!(sees(&mut sight));
        fs::rename(&folder.0, folder.0.with_extension("away")).unwrap();
        assert!(sees(&mut sight), "the root is gone");
        fs::rename(folder.0.with_extension("away"), &folder.0).unwrap();
        assert!(sees(&mut sight), "the root is back");
        assert!(!sees(&mut sight));
    }

    #[test]
    fn where_changes_are_counted_the_count_makes_it_look() {
        let folder = Folder::new("counted");
        for number in 100..400 {
            folder.write(&format!("firewall/{number}.fw"), "[RULES]\n");
        }
        folder.write(".version", "{\"clinfo\": 1, \"kvstore\": {\"n1\": 1}}");
        let mut sight = folder.sight();
        assert!(!sight.look());
        // The load that nodes report changes no rules.
        folder.write(".version", "{\"clinfo\": 1, \"kvstore\": {\"n1\": 2}}");
        assert!(!sight.look());
        folder.write("firewall/399.fw", "[RULES]\nIN ACCEPT\n");
        folder.write(".version", "{\"clinfo\": 2, \"kvstore\": {\"n1\": 2}}");
        assert!(sight.look());
        assert!(!sight.look());
    }

    #[test]
    fn files_of_editors_and_of_other_nodes_are_none_of_ours() {
        let folder = Folder::new("others");
        fs::create_dir_all(folder.0.join("nodes/n2/lxc")).unwrap();
        let mut sight = Sight::new(folder.0.clone(), Some("n1".into()), None);
        for path in ["firewall/.100.fw.swp", "firewall/100.fw~", "nodes/n2/lxc/100.conf", "storage.cfg"] {
            folder.write(path, "x");
        }
        sight.look_at_all();
        assert!(!sees(&mut sight));
        folder.write("nodes/n2/lxc/100.conf", "longer");
        assert!(!sees(&mut sight));
    }
}
