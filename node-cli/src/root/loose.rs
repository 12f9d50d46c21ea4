//! Where a single file belongs: by its path, else its name, else what is in it.

use std::path::{Path, PathBuf};

/// The place of a file in a configuration root.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The root around it, if it lies in one.
    pub(crate) root: Option<PathBuf>,
    /// Its path in a root.
    pub(crate) path: String,
    /// Whether only the content spoke for this place.
    pub(crate) guessed: bool,
}

/// Bytes looked at to guess what a file is.
const LOOK: usize = 64 << 10;

/// Finds the place of a file. `node` is taken for the files of nodes that don't say whose they are.
pub(crate) fn place(file: &Path, bytes: &[u8], node: &str) -> Place {
    // Without `canonicalize`: a link is what its place says, not what it leads to.
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let names: Vec<&str> = whole.iter().rev().take(4).map(|name| name.to_str().unwrap_or_default()).collect();
    let name = names.first().copied().unwrap_or_default();
    let folders = names.get(1..).unwrap_or_default();
    let inside = |depth: usize, path: String| Place {
        root: whole.ancestors().nth(depth).map(Path::to_owned),
        path,
        guessed: false,
    };
    match folders {
        ["firewall", "sdn", ..] if name.strip_suffix(".fw").is_some() => {
            return inside(3, format!("sdn/firewall/{name}"));
        }
        ["firewall", ..] if name == "cluster.fw" || numbered(name, ".fw") => {
            return inside(2, format!("firewall/{name}"));
        }
        [node, "nodes", ..] if name == "host.fw" => return inside(3, format!("nodes/{node}/{name}")),
        [kind @ ("qemu-server" | "lxc"), node, "nodes"] if numbered(name, ".conf") => {
            return inside(4, format!("nodes/{node}/{kind}/{name}"));
        }
        _ if name == "corosync.conf" && whole.with_file_name("firewall").is_dir() => {
            return inside(1, name.to_owned());
        }
        _ => {}
    }
    let (path, guessed) = match name {
        "cluster.fw" => ("firewall/cluster.fw".into(), false),
        "host.fw" => (format!("nodes/{node}/host.fw"), false),
        "corosync.conf" => (name.to_owned(), false),
        _ if numbered(name, ".fw") => (format!("firewall/{name}"), false),
        _ => (guess(bytes, name, node), true),
    };
    Place { root: None, path, guessed }
}

fn numbered(name: &str, suffix: &str) -> bool {
    let stem = name.strip_suffix(suffix).unwrap_or_default();
    !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit())
}

/// What only one kind of file has decides; a file that could be any is a cluster's, which may have the most.
fn guess(bytes: &[u8], name: &str, node: &str) -> String {
    const HOST: &[&str] = &[
        "nftables",
        "tcpflags",
        "nosmurfs",
        "nf_conntrack_",
        "log_nf_conntrack",
        "smurf_log_level",
        "tcp_flags_log_level",
        "protection_synflood",
    ];
    const GUEST: &[&str] = &["dhcp", "macfilter", "ipfilter", "radv"];
    const CONTAINER: &[&str] = &["rootfs", "net0: name=", "unprivileged"];
    const MACHINE: &[&str] = &["scsihw", "net0: virtio", "net0: e1000", "boot", "sockets", "smbios1"];
    let number = if numbered(name, ".conf") { name } else { "100.conf" };
    let text = String::from_utf8_lossy(bytes.get(..LOOK).unwrap_or(bytes));
    for line in text.lines() {
        let starts = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
        let option = |words: &[&str]| line.contains(':') && starts(words);
        if line.trim_end().ends_with('{') && starts(&["totem", "nodelist", "quorum", "logging"]) {
            return "corosync.conf".into();
        } else if option(CONTAINER) {
            return format!("nodes/{node}/lxc/{number}");
        } else if option(MACHINE) {
            return format!("nodes/{node}/qemu-server/{number}");
        } else if option(HOST) {
            return format!("nodes/{node}/host.fw");
        } else if option(GUEST) {
            return "firewall/100.fw".into();
        }
    }
    "firewall/cluster.fw".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> (Option<String>, String, bool) {
        let place = place(Path::new(file), text.as_bytes(), "n1");
        (place.root.map(|root| root.display().to_string()), place.path, place.guessed)
    }

    fn rooted(path: &str) -> (Option<String>, String, bool) {
        (Some("/r".into()), path.into(), false)
    }

    #[test]
    fn paths_tell_root_and_kind() {
        assert_eq!(found("/r/firewall/cluster.fw", ""), rooted("firewall/cluster.fw"));
        assert_eq!(found("/r/firewall/100.fw", ""), rooted("firewall/100.fw"));
        assert_eq!(found("/r/sdn/firewall/v0.fw", ""), rooted("sdn/firewall/v0.fw"));
        assert_eq!(found("/r/nodes/a/host.fw", ""), rooted("nodes/a/host.fw"));
        assert_eq!(found("/r/nodes/a/lxc/7.conf", ""), rooted("nodes/a/lxc/7.conf"));
    }

    #[test]
    fn names_tell_the_kind_and_content_the_rest() {
        let loose = |path: &str, guessed| (None, path.to_owned(), guessed);
        assert_eq!(found("/tmp/100.fw", "nftables: 1"), loose("firewall/100.fw", false));
        assert_eq!(found("/tmp/host.fw", ""), loose("nodes/n1/host.fw", false));
        assert_eq!(found("/r/firewall/web.fw", ""), loose("firewall/cluster.fw", true));
        assert_eq!(found("/tmp/x", "[OPTIONS]\nnftables: 1\n"), loose("nodes/n1/host.fw", true));
        assert_eq!(found("/tmp/x", "[OPTIONS]\nmacfilter: 0\n"), loose("firewall/100.fw", true));
        assert_eq!(found("/tmp/7.conf", "rootfs: local:7\n"), loose("nodes/n1/lxc/7.conf", true));
        assert_eq!(found("/tmp/x", "totem {\n"), loose("corosync.conf", true));
        assert_eq!(found("", ""), loose("firewall/cluster.fw", true));
    }
}
