use super::{MACROS, Macro, Template, index};
use crate::Family;
use crate::tables::{icmp, protocols};

fn named(name: &str) -> &'static Macro {
    &MACROS[usize::from(index(name).unwrap())]
}

fn with_family() -> impl Iterator<Item = (&'static Macro, Family, &'static Template)> {
    MACROS.iter().flat_map(|row| {
        Family::BOTH.into_iter().flat_map(move |family| {
            row.for_family(Some(family)).iter().map(move |template| (row, family, template))
        })
    })
}

#[test]
fn the_table_is_complete() {
    assert_eq!(MACROS.len(), 86);
    let templates = MACROS.iter().map(|row| row.templates.len() + row.templates_v6.len());
    assert_eq!(templates.sum::<usize>(), 122);
}

#[test]
fn names_are_sorted_and_unique_whatever_their_case() {
    assert!(MACROS.is_sorted_by(|a, b| a.name.to_lowercase() < b.name.to_lowercase()));
}

#[test]
fn every_row_is_found_in_any_case() {
    for (at, row) in MACROS.iter().enumerate() {
        for spelling in [row.name, &row.name.to_lowercase(), &row.name.to_uppercase()] {
            assert_eq!(index(spelling).map(usize::from), Some(at), "{spelling}");
        }
    }
    for unknown in ["", "SSHD", "zzz", "Größe", "0"] {
        assert_eq!(index(unknown), None, "{unknown}");
    }
}

#[test]
fn every_row_says_what_it_is_for_and_has_templates() {
    for row in MACROS {
        assert!(!row.description.is_empty() && !row.templates.is_empty(), "{}", row.name);
        assert!(row.templates_v6.is_empty() || row.family.is_none(), "{}", row.name);
    }
}

#[test]
fn every_protocol_is_known() {
    for (row, _, template) in with_family() {
        let number = protocols::number(template.proto).or_else(|| template.proto.parse().ok());
        assert!(number.and_then(protocols::name).is_some(), "{} {template:?}", row.name);
    }
}

#[test]
fn icmp_types_are_those_of_the_family() {
    for (row, family, template) in with_family() {
        let expected = match template.proto {
            "icmp" => Some(Family::V4),
            "icmpv6" => Some(Family::V6),
            _ => None,
        };
        assert_eq!(template.icmp_type.is_some(), expected.is_some(), "{} {template:?}", row.name);
        if let Some(name) = template.icmp_type {
            assert_eq!(expected, Some(family), "{} {template:?}", row.name);
            assert!(icmp::named(family, name).is_some(), "{} {template:?}", row.name);
        }
    }
}

#[test]
fn ports_are_numbers_and_rising_ranges_on_protocols_with_ports() {
    for (row, _, template) in with_family() {
        assert_eq!(
            template.dport.is_some(),
            ["tcp", "udp"].contains(&template.proto),
            "{} {template:?}",
            row.name
        );
        assert!(template.sport.is_none() || template.dport.is_some(), "{} {template:?}", row.name);
        for item in template.dport.into_iter().chain(template.sport).flat_map(|ports| ports.split(',')) {
            let (first, last) = item.split_once(':').unwrap_or(("0", item));
            assert!(first.parse::<u16>().unwrap() < last.parse::<u16>().unwrap(), "{} {item}", row.name);
        }
    }
}

#[test]
fn a_macro_of_one_family_has_no_templates_for_the_other() {
    let bound = MACROS.iter().filter(|row| row.family.is_some()).map(|row| row.name);
    assert!(bound.eq(["DHCPv6", "NeighborDiscovery"]));
    for name in ["DHCPv6", "NeighborDiscovery"] {
        let row = named(name);
        assert_eq!(row.family, Some(Family::V6));
        assert!(row.for_family(Some(Family::V4)).is_empty());
        assert_eq!(row.for_family(Some(Family::V6)), row.templates);
        assert_eq!(row.for_family(None), row.templates);
    }
}

#[test]
fn two_macros_have_templates_of_their_own_for_ipv6() {
    let replaced = MACROS.iter().filter(|row| !row.templates_v6.is_empty()).map(|row| row.name);
    assert!(replaced.eq(["Ping", "Trcrt"]));
    let protos = |family| named("ping").for_family(family).iter().map(|template| template.proto);
    assert!(protos(Some(Family::V4)).eq(["icmp"]));
    assert!(protos(Some(Family::V6)).eq(["icmpv6"]));
    // COMPAT: before the family is known, the IPv4 templates are tried.
    assert!(protos(None).eq(["icmp"]));
}

#[test]
fn templates_keep_the_order_of_their_rules() {
    let ports =
        |name| named(name).for_family(None).iter().map(|row| (row.proto, row.dport.unwrap(), row.sport));
    assert!(ports("DNS").eq([("udp", "53", None), ("tcp", "53", None)]));
    assert!(ports("SMB").eq([
        ("udp", "135,445", None),
        ("udp", "137:139", None),
        ("udp", "1024:65535", Some("137")),
        ("tcp", "135,139,445", None),
    ]));
}
