//! The places that packets come from and go to.

use alloc::format;
use core::fmt;

use super::mistake::Mistake;
use crate::config::Vmid;
use crate::config::nic::{GuestKind, HIGHEST_NIC};
use crate::ir::InterfaceName;

/// A place at the edge of a node's networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// The node itself.
    Host,
    /// A port of one of the node's bridges. `outside` is the port `eth0` of `vmbr0`.
    Port {
        /// The bridge.
        bridge: InterfaceName,
        /// Its port.
        port: InterfaceName,
    },
    /// A network device of a guest.
    Nic(NicId),
}

/// Which network device of which guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NicId {
    /// Virtual machine or container.
    pub kind: GuestKind,
    /// The guest's number.
    pub vmid: Vmid,
    /// The number in the device's key: 0 for `net0`.
    pub index: u8,
}

impl Zone {
    /// The port `eth0` of `vmbr0`.
    pub const OUTSIDE: Self =
        Self::Port { bridge: InterfaceName::literal("vmbr0"), port: InterfaceName::literal("eth0") };

    /// Reads `host`, `outside`, `vm100`, `ct200/net1`, `vmbr1/eth1`.
    ///
    /// # Errors
    /// [`Mistake`] when it is none of these. Whether the guest exists is another question ([`super::Topology`]).
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        match text {
            "host" => return Ok(Self::Host),
            "outside" => return Ok(Self::OUTSIDE),
            _ => {}
        }
        let bad = || {
            Mistake::new(format!("`{text}` is no zone")).help(
                "zones are `host`, `outside`, `vm<ID>`, `ct<ID>` (with `/net<N>` for another device than net0) and \
                 `<bridge>/<port>`",
            )
        };
        if let Some((kind, vmid)) = guest(text) {
            return Ok(Self::Nic(NicId { kind, vmid, index: 0 }));
        }
        let (place, inner) = text.split_once('/').ok_or_else(bad)?;
        if let Some((kind, vmid)) = guest(place) {
            let digits = inner.strip_prefix("net").ok_or_else(bad)?;
            let plain = digits.len() == 1 || !digits.starts_with('0');
            let index = digits.parse::<u8>().ok().filter(|index| plain && *index <= HIGHEST_NIC);
            return index.map(|index| Self::Nic(NicId { kind, vmid, index })).ok_or_else(bad);
        }
        let (Ok(bridge), Ok(port)) = (InterfaceName::new(place), InterfaceName::new(inner)) else {
            return Err(bad());
        };
        if port.as_str().contains('/') { Err(bad()) } else { Ok(Self::Port { bridge, port }) }
    }
}

fn guest(text: &str) -> Option<(GuestKind, Vmid)> {
    let (kind, number) = match text.strip_prefix("vm") {
        Some(number) => (GuestKind::Vm, number),
        None => (GuestKind::Container, text.strip_prefix("ct")?),
    };
    Some((kind, Vmid::parse(number)?))
}

/// As it is written on the command line.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.pad("host"),
            Self::Nic(nic) => nic.fmt(f),
            zone if *zone == Self::OUTSIDE => f.pad("outside"),
            Self::Port { bridge, port } => write!(f, "{bridge}/{port}"),
        }
    }
}

impl fmt::Display for NicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            GuestKind::Vm => "vm",
            GuestKind::Container => "ct",
        };
        match self.index {
            0 => write!(f, "{kind}{}", self.vmid),
            index => write!(f, "{kind}{}/net{index}", self.vmid),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn zones_are_written_as_they_are_read() {
        for text in
            ["host", "outside", "vm100", "ct200", "ct200/net1", "vm999999999/net31", "vmbr1/eth1", "a/b"]
        {
            assert_eq!(Zone::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Zone::parse("vmbr0/eth0"), Ok(Zone::OUTSIDE));
        assert_eq!(Zone::parse("vm100/net0"), Zone::parse("vm100"));
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for text in [
            "",
            "vm",
            "vm0",
            "vm01",
            "vm100/net32",
            "vm100/net01",
            "vm100/eth0",
            "vmbr0",
            "vmbr0/",
            "/eth0",
            "a/b/c",
            "vm-1",
        ] {
            assert!(Zone::parse(text).is_err(), "{text}");
        }
    }
}
