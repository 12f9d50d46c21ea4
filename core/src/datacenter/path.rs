//! Paths below a configuration root (DESIGN: what a configuration root looks like).

use alloc::string::{String, ToString};

use crate::config::nic::GuestKind;
use crate::config::{Level, Vmid};

/// What a file is, by its path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `firewall/cluster.fw`
    Cluster,
    /// `corosync.conf`
    Corosync,
    /// `nodes/<node>/host.fw`
    Host(String),
    /// `firewall/<vmid>.fw`
    Guest(Vmid),
    /// `sdn/firewall/<vnet>.fw`
    Vnet(String),
    /// `nodes/<node>/qemu-server/<vmid>.conf` and `nodes/<node>/lxc/<vmid>.conf`
    GuestConfig(Vmid, String, GuestKind),
}

impl FileKind {
    /// What kind of firewall file it is; `None` for other files.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Cluster => Some(Level::Cluster),
            Self::Host(_) => Some(Level::Host),
            Self::Guest(_) => Some(Level::Guest),
            Self::Vnet(_) => Some(Level::Vnet),
            Self::Corosync | Self::GuestConfig(..) => None,
        }
    }

    /// What the file at `path`, relative to the root and with `/` between folders, is. `None`: no file that the
    /// firewall reads.
    pub fn of(path: &str) -> Option<Self> {
        // More parts than any path here has, so that longer ones are none of them.
        let mut parts = [""; 5];
        let mut count = 0;
        for (part, place) in path.split('/').zip(&mut parts) {
            *place = part;
            count += 1;
        }
        match parts.get(..count)? {
            ["firewall", "cluster.fw"] => Some(Self::Cluster),
            ["corosync.conf"] => Some(Self::Corosync),
            ["firewall", file] => Vmid::parse(file.strip_suffix(".fw")?).map(Self::Guest),
            ["sdn", "firewall", file] => {
                let name = file.strip_suffix(".fw")?;
                (!name.is_empty()).then(|| Self::Vnet(name.to_string()))
            }
            ["nodes", node, "host.fw"] => Some(Self::Host((*node).to_string())),
            ["nodes", node, folder, file] => {
                let kind = match *folder {
                    "qemu-server" => GuestKind::Vm,
                    "lxc" => GuestKind::Container,
                    _ => return None,
                };
                let vmid = Vmid::parse(file.strip_suffix(".conf")?)?;
                Some(Self::GuestConfig(vmid, (*node).to_string(), kind))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_files_are() {
        let vmid = Vmid::new(100).unwrap();
        for (path, kind) in [
            ("firewall/cluster.fw", Some(FileKind::Cluster)),
            ("firewall/100.fw", Some(FileKind::Guest(vmid))),
            ("firewall/0100.fw", None),
            ("firewall/web.fw", None),
            ("nodes/n1/host.fw", Some(FileKind::Host("n1".to_string()))),
            (
                "nodes/n1/lxc/100.conf",
                Some(FileKind::GuestConfig(vmid, "n1".to_string(), GuestKind::Container)),
            ),
            ("nodes/n1/lxc/100.conf.bak", None),
            ("sdn/firewall/vnet0.fw", Some(FileKind::Vnet("vnet0".to_string()))),
            ("corosync.conf", Some(FileKind::Corosync)),
            ("", None),
        ] {
            assert_eq!(FileKind::of(path), kind, "{path}");
        }
    }
}
