//! Names of the chains of this layout (spec 04 section 5).

use crate::config::Vmid;
use crate::config::nic::GuestKind;
use crate::decimal::Decimal;
use crate::ir::{ChainName, InterfaceName};

macro_rules! chains {
    ($($field:ident: $name:literal,)+) => {
        /// Chains whose names don't depend on the configuration.
        pub(super) struct Chains {
            $(pub(super) $field: ChainName,)+
        }

        impl Chains {
            pub(super) const NAMES: Self = Self { $($field: ChainName::literal($name),)+ };
        }
    };
}

chains! {
    input: "PVEFW-INPUT",
    output: "PVEFW-OUTPUT",
    forward: "PVEFW-FORWARD",
    prerouting: "PVEFW-PREROUTING",
    host_in: "PVEFW-HOST-IN",
    host_out: "PVEFW-HOST-OUT",
    to_guests: "PVEFW-FWBR-IN",
    from_guests: "PVEFW-FWBR-OUT",
    ips: "PVEFW-IPS",
    blacklist: "PVEFW-blacklist",
    set_accept_mark: "PVEFW-SET-ACCEPT-MARK",
    drop_broadcast: "PVEFW-DropBroadcast",
    reject: "PVEFW-reject",
    policy_drop: "PVEFW-Drop",
    policy_reject: "PVEFW-Reject",
    tcp_flags: "PVEFW-tcpflags",
    log_flags: "PVEFW-logflags",
    smurfs: "PVEFW-smurfs",
    smurf_log: "PVEFW-smurflog",
}

/// `tap100i0`, `veth200i1`
///
/// `None` when it would be longer than the kernel allows: then there is no such device.
pub(super) fn device(kind: GuestKind, vmid: Vmid, nic: u8) -> Option<InterfaceName> {
    let (vmid, nic) = (Decimal::new(vmid.number()), Decimal::new(u32::from(nic)));
    InterfaceName::joined(&[kind.device_prefix(), vmid.as_str(), "i", nic.as_str()]).ok()
}

/// `<device>-IN` and the like.
pub(super) fn of_device(device: InterfaceName, suffix: &str) -> Option<ChainName> {
    ChainName::joined(&[device.as_str(), "-", suffix]).ok()
}

/// `GROUP-<name>-IN`
///
/// `None` for a name longer than the 18 characters that groups may have.
pub(super) fn of_group(name: &str, suffix: &str) -> Option<ChainName> {
    ChainName::joined(&["GROUP-", name, "-", suffix]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::nic::HIGHEST_NIC;

    #[test]
    fn only_devices_that_can_exist_have_chains() {
        let vmid = Vmid::new(Vmid::HIGHEST).unwrap();
        let tap = device(GuestKind::Vm, vmid, HIGHEST_NIC).unwrap();
        assert_eq!(of_device(tap, "OUT-PROTO").unwrap().as_str(), "tap999999999i31-OUT-PROTO");
        assert_eq!(device(GuestKind::Container, vmid, HIGHEST_NIC), None);
        assert!(of_group("abcdefghijklmnopqr", "OUT").is_some());
        assert!(of_group("abcdefghijklmnopqrs", "OUT").is_none());
    }
}
