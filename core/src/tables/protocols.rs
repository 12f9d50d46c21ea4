//! The protocols above IP: the first column of Debian 12's `/etc/protocols`, and `icmpv6`.
//!
//! Other columns (`TCP`, `IPv6-ICMP`) are unknown, as pve-firewall does not know them either; case counts. One row of
//! the file is left out: `mptcp 262`, a number of the kernel's socket calls that no packet can carry.

use super::order::by_name;

/// A protocol that a packet can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protocol {
    /// The name in rules.
    pub name: &'static str,
    /// The number in the IP header.
    pub number: u8,
}

/// All protocols in the order of the file, by number. Where two share a number, its name is the later one's.
pub const PROTOCOLS: &[Protocol] = &[
    row("ip", 0),
    row("hopopt", 0),
    row("icmp", 1),
    row("igmp", 2),
    row("ggp", 3),
    row("ipencap", 4),
    row("st", 5),
    row("tcp", 6),
    row("egp", 8),
    row("igp", 9),
    row("pup", 12),
    row("udp", 17),
    row("hmp", 20),
    row("xns-idp", 22),
    row("rdp", 27),
    row("iso-tp4", 29),
    row("dccp", 33),
    row("xtp", 36),
    row("ddp", 37),
    row("idpr-cmtp", 38),
    row("ipv6", 41),
    row("ipv6-route", 43),
    row("ipv6-frag", 44),
    row("idrp", 45),
    row("rsvp", 46),
    row("gre", 47),
    row("esp", 50),
    row("ah", 51),
    row("skip", 57),
    // Not in the file: the name that rules use most. It stands first so that 58 keeps the name the file gives it.
    row("icmpv6", 58),
    row("ipv6-icmp", 58),
    row("ipv6-nonxt", 59),
    row("ipv6-opts", 60),
    row("rspf", 73),
    row("vmtp", 81),
    row("eigrp", 88),
    row("ospf", 89),
    row("ax.25", 93),
    row("ipip", 94),
    row("etherip", 97),
    row("encap", 98),
    row("pim", 103),
    row("ipcomp", 108),
    row("vrrp", 112),
    row("l2tp", 115),
    row("isis", 124),
    row("sctp", 132),
    row("fc", 133),
    row("mobility-header", 135),
    row("udplite", 136),
    row("mpls-in-ip", 137),
    row("manet", 138),
    row("hip", 139),
    row("shim6", 140),
    row("wesp", 141),
    row("rohc", 142),
    row("ethernet", 143),
];

by_name!(BY_NAME: Protocol = PROTOCOLS);

/// The number of a protocol.
pub fn number(name: &str) -> Option<u8> {
    let at = BY_NAME.binary_search_by_key(&name, |row| row.name).ok()?;
    BY_NAME.get(at).map(|row| row.number)
}

/// The name of a protocol number.
pub fn name(number: u8) -> Option<&'static str> {
    let last = PROTOCOLS.partition_point(|row| row.number <= number).checked_sub(1)?;
    PROTOCOLS.get(last).filter(|row| row.number == number).map(|row| row.name)
}

const fn row(name: &'static str, number: u8) -> Protocol {
    Protocol { name, number }
}

#[cfg(test)]
mod tests {
    use super::{BY_NAME, PROTOCOLS, name, number};

    #[test]
    fn both_orders_hold_and_names_are_unique() {
        assert_eq!(PROTOCOLS.len(), 57);
        assert!(PROTOCOLS.is_sorted_by_key(|row| row.number));
        assert!(BY_NAME.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn every_row_is_found() {
        for row in PROTOCOLS {
            assert_eq!(number(row.name), Some(row.number), "{row:?}");
        }
        for wanted in 0..=u8::MAX {
            let last = PROTOCOLS.iter().rfind(|row| row.number == wanted).map(|row| row.name);
            assert_eq!(name(wanted), last, "{wanted}");
        }
    }

    #[test]
    fn the_later_name_of_a_number_wins() {
        assert_eq!(name(0), Some("hopopt"));
        assert_eq!(name(58), Some("ipv6-icmp"));
        assert_eq!(number("ip"), Some(0));
        assert_eq!(number("icmpv6"), Some(58));
    }

    #[test]
    fn aliases_capitals_and_unassigned_numbers_are_unknown() {
        for unknown in ["TCP", "IPv6-ICMP", "mptcp", "6", ""] {
            assert_eq!(number(unknown), None, "{unknown}");
        }
        assert_eq!(name(7), None);
        assert_eq!(name(255), None);
    }
}
