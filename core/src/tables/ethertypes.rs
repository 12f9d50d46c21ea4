//! What an Ethernet frame can carry: the first two columns of Debian 12's `/etc/ethertypes`.
//!
//! COMPAT: pve-firewall takes only numbers of decimal digits from that file, so that `IPv6`, `PPP`, `ATALK` or `LLDP`
//! are unknown to it. The file is hexadecimal, and is read so here. Aliases of the third column stay unknown.

use super::order::by_name;

/// A protocol on top of Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ethertype {
    /// The name; case counts.
    pub name: &'static str,
    /// The number in the frame.
    pub number: u16,
}

/// All ethertypes in the order of the file, by number.
pub const ETHERTYPES: &[Ethertype] = &[
    row("IPv4", 0x0800),
    row("X25", 0x0805),
    row("ARP", 0x0806),
    row("FR_ARP", 0x0808),
    row("BPQ", 0x08ff),
    row("TRILL", 0x22f3),
    row("L2-IS-IS", 0x22f4),
    row("TEB", 0x6558),
    row("RAW_FR", 0x6559),
    row("RARP", 0x8035),
    row("ATALK", 0x809b),
    row("AARP", 0x80f3),
    row("802_1Q", 0x8100),
    row("IPX", 0x8137),
    row("NetBEUI", 0x8191),
    row("IPv6", 0x86dd),
    row("PPP", 0x880b),
    row("MPLS", 0x8847),
    row("MPLS_MULTI", 0x8848),
    row("ATMMPOA", 0x884c),
    row("PPP_DISC", 0x8863),
    row("PPP_SES", 0x8864),
    row("ATMFATE", 0x8884),
    row("EAPOL", 0x888e),
    row("S-TAG", 0x88a8),
    row("EAP_PREAUTH", 0x88c7),
    row("LLDP", 0x88cc),
    row("MACSEC", 0x88e5),
    row("PBB", 0x88e7),
    row("MVRP", 0x88f5),
    row("PTP", 0x88f7),
    row("FCOE", 0x8906),
    row("FIP", 0x8914),
    row("ROCE", 0x8915),
    row("LoWPAN", 0xa0ed),
];

by_name!(BY_NAME: Ethertype = ETHERTYPES);

/// The number of an ethertype.
pub fn number(name: &str) -> Option<u16> {
    let at = BY_NAME.binary_search_by_key(&name, |row| row.name).ok()?;
    BY_NAME.get(at).map(|row| row.number)
}

/// The name of an ethertype's number.
pub fn name(number: u16) -> Option<&'static str> {
    let at = ETHERTYPES.binary_search_by_key(&number, |row| row.number).ok()?;
    ETHERTYPES.get(at).map(|row| row.name)
}

const fn row(name: &'static str, number: u16) -> Ethertype {
    Ethertype { name, number }
}

#[cfg(test)]
mod tests {
    use super::{BY_NAME, ETHERTYPES, name, number};

    #[test]
    fn both_orders_hold_and_names_and_numbers_are_unique() {
        assert_eq!(ETHERTYPES.len(), 35);
        assert!(ETHERTYPES.is_sorted_by(|a, b| a.number < b.number));
        assert!(BY_NAME.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn every_row_is_found_both_ways() {
        for row in ETHERTYPES {
            assert_eq!(number(row.name), Some(row.number), "{row:?}");
            assert_eq!(name(row.number), Some(row.name), "{row:?}");
        }
    }

    #[test]
    fn numbers_are_hexadecimal_with_and_without_letters() {
        for (wanted, expected) in
            [("IPv4", 0x0800), ("ARP", 0x0806), ("IPv6", 0x86dd), ("PPP", 0x880b), ("LLDP", 0x88cc)]
        {
            assert_eq!(number(wanted), Some(expected), "{wanted}");
        }
    }

    #[test]
    fn aliases_other_case_and_lengths_are_unknown() {
        for unknown in ["ip", "ip6", "802.1q", "ipv6", ""] {
            assert_eq!(number(unknown), None, "{unknown}");
        }
        assert_eq!(name(0x05dc), None);
    }
}
