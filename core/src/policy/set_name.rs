//! Names of sets in the kernel (spec 04 section 6).

use crate::Family;
use crate::config::Vmid;
use crate::decimal::Decimal;
use crate::ir::SetName;

/// Whose set it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The datacenter's, or the software-defined network's.
    Datacenter,
    /// A guest's.
    Guest(Vmid),
}

impl Owner {
    const fn number(self) -> u32 {
        match self {
            Self::Datacenter => 0,
            Self::Guest(vmid) => vmid.number(),
        }
    }
}

/// How the kernel's names of all our sets begin.
const PREFIX: &str = "PVEFW-";

/// Longest id that is used as it is: 31 characters less `PVEFW-` and `_swap`.
const LONGEST_ID: usize = 20;

/// The kernel's name for a set. Long ones are replaced by their digest.
pub fn set_name(owner: Owner, name: &str, family: Family) -> SetName {
    let number = Decimal::new(owner.number());
    let suffix = match family {
        Family::V4 => "-v4",
        Family::V6 => "-v6",
    };
    let id = [number.as_str(), "-", name, suffix];
    let length: usize = id.iter().map(|part| part.len()).sum();
    let [number, dash, name, suffix] = id;
    let plain = SetName::joined(&[PREFIX, number, dash, name, suffix]).ok().filter(|_| length <= LONGEST_ID);
    plain.unwrap_or_else(|| SetName::numbered(fnv31a(&id)))
}

/// FNV-1a over the bytes of all parts, cut to 31 bits (spec 04 section 6.1).
fn fnv31a(parts: &[&str]) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn names_of_the_specification() {
        let guest = |number| Owner::Guest(Vmid::new(number).unwrap());
        for (owner, name, family, kernel) in [
            (Owner::Datacenter, "management", Family::V6, "PVEFW-0-management-v6"),
            (guest(100), "ipfilter-net0", Family::V4, "PVEFW-100-ipfilter-net0-v4"),
            (guest(100), "abcdefghijklmn", Family::V4, "PVEFW-65EC53D9"),
            (guest(999_999_999), "ipfilter-net0", Family::V4, "PVEFW-14985707"),
            (Owner::Datacenter, "vnet0-no-gateway", Family::V4, "PVEFW-3F517439"),
            (Owner::Datacenter, "vnet0-no-gateway", Family::V6, "PVEFW-3D517113"),
            (guest(100), "a-longer-name-which-translates-into-fnv-digest", Family::V4, "PVEFW-4ABB0882"),
        ] {
            assert_eq!(set_name(owner, name, family).to_string(), kernel);
        }
        assert_eq!(fnv31a(&[]), 0x011C_9DC5);
        assert_eq!(fnv31a(&["hel", "lo"]), 0x4F9F_2CAB);
    }
}
