use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process;

use pvefw_core::facts::Facts;

use super::node::{self, Need};
use super::*;
use crate::args::NodeArgs;

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pvefw-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn failure(stop: Result<impl Sized, Stop>) -> String {
    match stop {
        Err(Stop::Failed { message, help }) => format!("{message}\n{}", help.join("\n")),
        _ => panic!("it did not fail"),
    }
}

#[test]
fn reads_the_known_places_in_order_and_nothing_else() {
    let folder = Folder::new("order");
    for path in [
        "firewall/100.fw",
        "firewall/20.fw",
        "firewall/cluster.fw",
        "firewall/.100.fw.swp",
        "firewall/100.fw~",
        "firewall/#100.fw#",
        "firewall/100.fw.tmp.17",
        "sdn/firewall/v0.fw",
        "corosync.conf",
        "nodes/n2/lxc/200.conf",
        "nodes/n1/host.fw",
        "nodes/n1/qemu-server/100.conf",
        "nodes/n1/pve-ssl.pem",
        "storage.cfg",
    ] {
        folder.write(path, "");
    }
    symlink("..", folder.0.join("nodes/up")).unwrap();
    let root = read(Some(&folder.0)).unwrap();
    let names: Vec<&str> = root.datacenter.files().iter().map(|(_, file)| file.name()).collect();
    assert_eq!(
        names,
        [
            "firewall/cluster.fw",
            "firewall/20.fw",
            "firewall/100.fw",
            "sdn/firewall/v0.fw",
            "corosync.conf",
            "nodes/n1/host.fw",
            "nodes/n1/qemu-server/100.conf",
            "nodes/n2/lxc/200.conf",
        ]
    );
    assert_eq!((root.nodes, root.files), (vec!["n1".to_owned(), "n2".into(), "up".into()], 8));
    assert!(root.warnings.is_empty(), "{:?}", root.warnings);
}

#[test]
fn what_is_no_readable_file_is_said_and_the_rest_is_read() {
    let folder = Folder::new("unreadable");
    folder.write("firewall/cluster.fw", "");
    folder.write("nodes", "not a folder");
    let path = |name: &str| folder.0.join("firewall").join(name);
    fs::create_dir(path("101.fw")).unwrap();
    symlink("nowhere", path("102.fw")).unwrap();
    symlink("/dev/zero", path("103.fw")).unwrap();
    File::create(path("104.fw")).unwrap().set_len((64 << 20) + 1).unwrap();
    symlink("105.fw", path("105.fw")).unwrap();
    symlink("cluster.fw", path("106.fw")).unwrap();
    symlink("gone", folder.0.join("sdn")).unwrap();
    fs::write(path("web.fw"), "").unwrap();
    let root = read(Some(&folder.0)).unwrap();
    let found = root.datacenter.check(&Facts::default()).into_sorted();
    let said = |name: &str, why: &str| {
        assert!(
            found.iter().any(|one| one.message.contains(name) && one.message.contains(why)),
            "{name}: {found:?}"
        );
    };
    said("firewall/101.fw", "a directory");
    said("firewall/102.fw", "`nowhere`, which does not exist");
    said("firewall/103.fw", "a device");
    said("firewall/104.fw", "64 MiB");
    said("firewall/105.fw", "symbolic link");
    said("nodes", "it is a file");
    let names: Vec<&str> = root.datacenter.files().iter().map(|(_, file)| file.name()).collect();
    assert!(names.contains(&"firewall/106.fw") && names.contains(&"firewall/cluster.fw"));
    assert_eq!(root.warnings, ["`firewall/web.fw` is ignored: the firewall reads no file of this name"]);
}

#[test]
fn what_is_no_root_is_explained() {
    let folder = Folder::new("none");
    folder.write("file", "");
    assert!(failure(read(Some(&folder.0.join("file")))).contains("is not a folder"));
    assert!(failure(read(Some(&folder.0.join("gone")))).contains("laid out like /etc/pve"));
    assert!(
        no_root(Path::new(LIVE), &ErrorKind::NotFound.into(), true).eq(&Stop::failed(
            "`/etc/pve` does not exist: this is no Proxmox VE node"
        )
        .help("name a copy of a node's /etc/pve, for example `pvefw check ROOT`")
        .help("to see what pvefw does without any configuration: `pvefw try`"))
    );
    folder.write("cluster.fw", "");
    assert_eq!(read(Some(&folder.0)).unwrap().warnings.len(), 2);
}

#[test]
fn the_node_is_the_only_one_or_named() {
    let folder = Folder::new("nodes");
    folder.write("nodes/n1/host.fw", "");
    let settled = |named: Option<&str>, need| {
        let mut root = read(Some(&folder.0)).unwrap();
        let args = NodeArgs { node: named.map(Into::into), facts: None };
        let mut facts = node::facts(&args, &mut root.warnings)?;
        node::settle(&mut facts, &mut root, need).map(|()| (facts.node, root.warnings.join("\n")))
    };
    assert_eq!(settled(None, Need::One), Ok((Some("n1".into()), String::new())));
    folder.write("nodes/n2/host.fw", "");
    assert!(failure(settled(None, Need::One)).contains("has several nodes: `n1`, `n2`\nchoose one"));
    assert_eq!(settled(None, Need::Any), Ok((None, String::new())));
    assert_eq!(settled(Some("n2"), Need::One), Ok((Some("n2".into()), String::new())));
    assert!(settled(Some("n22"), Need::One).unwrap().1.contains("did you mean `n2`?"));
}

#[test]
fn faulty_facts_are_said_with_their_place() {
    let folder = Folder::new("facts");
    folder.write("facts.json", "{\"node\": \"n1\",\n \"node_ip\": 7}");
    let read = || {
        let mut warnings = Vec::new();
        let args = NodeArgs { node: None, facts: Some(folder.0.join("facts.json")) };
        node::facts(&args, &mut warnings).map(|facts| (facts.node, warnings))
    };
    assert!(failure(read()).contains("facts.json:2:13: invalid type"));
    folder.write("facts.json", "{\"node\": \"n1\", \"nodes\": []}");
    let (node, warnings) = read().unwrap();
    assert_eq!(node.as_deref(), Some("n1"));
    assert!(warnings.concat().contains("`nodes` means nothing"));
    fs::remove_file(folder.0.join("facts.json")).unwrap();
    assert!(failure(read()).contains("it does not exist"));
}
