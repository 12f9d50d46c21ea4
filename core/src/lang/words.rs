//! What the words of the language mean, a row each: for hovers, and beside proposals.

use crate::config::{Action, Direction};
use crate::syntax::{OptionName, SectionKind};

/// What a section is for.
pub(super) const fn section(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Options => "Settings, as `name: value`.",
        SectionKind::Aliases => "Names for addresses and networks, as `name address`.",
        SectionKind::Rules => "Rules in order: the first one that fits a packet decides.",
        SectionKind::Group => "Rules that `GROUP name` puts into other files.",
        SectionKind::IpSet => {
            "Addresses and networks, one a line, that rules compare with as `+name`; `!` excepts one."
        }
    }
}

/// The directions with what they mean; `GROUP` stands where one would.
pub(super) const DIRECTIONS: [(&str, Option<Direction>, &str); 4] = [
    ("IN", Some(Direction::In), "Packets to the node or guest."),
    ("OUT", Some(Direction::Out), "Packets from the node or guest."),
    ("FORWARD", Some(Direction::Forward), "Packets through the node; this backend makes no such rules."),
    ("GROUP", None, "The rules of a security group, in its place."),
];

/// What an action does.
pub(super) const fn action(action: Action) -> &'static str {
    match action {
        Action::Accept => "The packet passes.",
        Action::Drop => "The packet vanishes; its sender waits.",
        Action::Reject => "The packet vanishes, and its sender is told.",
    }
}

/// What an option of rules is about.
pub(super) const fn rule_option(option: OptionName) -> &'static str {
    match option {
        OptionName::Interface => {
            "Only packets of this network device: of a guest `net0`, of a node a bridge or card."
        }
        OptionName::Protocol => "Only packets of this protocol, by name or number.",
        OptionName::DestinationPort => {
            "Only packets to these ports: numbers, ranges `first:last` and names of services, separated by commas. It needs `-p`."
        }
        OptionName::SourcePort => {
            "Only packets from these ports. It needs `-p`; nearly always `-dport` is meant."
        }
        OptionName::Source => {
            "Only packets from here: addresses and networks separated by commas, a range `first-last`, an alias, or a set `+name`."
        }
        OptionName::Destination => {
            "Only packets to here: addresses and networks separated by commas, a range `first-last`, an alias, or a set `+name`."
        }
        OptionName::Log => "Write a log line of this level for each packet, as far as the rate limit allows.",
        OptionName::IcmpType => "Only ICMP messages of this type. It needs `-p icmp` or `-p icmpv6`.",
    }
}

/// Names of sets that the firewall itself looks for, the files that can define them, and what for.
pub(super) const SPECIAL_SETS: [(&str, &str); 2] = [
    ("management", "Who may reach the web interface, SSH and consoles of the nodes."),
    ("blacklist", "Whose packets are dropped before any rule is asked."),
];

/// What the sets `ipfilter-net0` and so on are for.
pub(super) const FILTER_SET: &str = "The addresses that the guest may use on this network device.";
