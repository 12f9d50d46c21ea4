//! The one list of problems we know. Codes are never reused.

use core::fmt;

use super::Severity;

/// A kind of problem: a row of [`ALL`].
#[derive(Clone, Copy)]
pub struct Code(&'static Row);

#[derive(Debug)]
struct Row {
    name: &'static str,
    severity: Severity,
    explanation: &'static str,
}

impl Code {
    /// The stable name, in kebab case.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The severity it has unless a finding says otherwise.
    pub const fn severity(self) -> Severity {
        self.0.severity
    }

    /// What it means and why it matters, one or two sentences.
    pub const fn explanation(self) -> &'static str {
        self.0.explanation
    }

    /// The code with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $severity:ident $ident:ident = $name:literal;)+) => {
        $(
            $(#[doc = $doc])+
            pub const $ident: Code = Code(&Row {
                name: $name,
                severity: Severity::$severity,
                explanation: concat!($($doc, "\n"),+),
            });
        )+

        /// Every code, in the order of the table.
        pub const ALL: &[Code] = &[$($ident),+];
    };
}

codes! {
    // Files.

    /// The file can't be read: it is a directory, too large, or may not be opened. Nothing of it is used.
    Error UNREADABLE = "unreadable";
    /// The file starts with a byte order mark, as some editors on Windows write; pve-firewall does not understand the line
    /// it stands on, pvefw reads the text behind it.
    Warning BYTE_ORDER_MARK = "byte-order-mark";
    /// The file is UTF-16, not UTF-8: nothing of it can be read.
    Error UTF16 = "utf16";
    /// Lines end in CR LF. pve-firewall ignores such a file completely; pvefw reads it like any other.
    Warning CRLF = "crlf";
    /// There is no `cluster.fw`, or it is empty: the firewall is off in the whole datacenter.
    Info NO_CLUSTER_FILE = "no-cluster-file";

    // Policy tests.

    /// A place in the file of policy tests is not TOML. The test that it stands in is left out.
    Error BAD_TOML = "bad-toml";
    /// No test has a key of this name. The test is left out, since it would ask about other packets.
    Error UNKNOWN_TEST_KEY = "unknown-test-key";
    /// A key of a test has a value that it can't have. The test is left out.
    Error BAD_TEST_VALUE = "bad-test-value";
    /// A test does not say where its packets come from, where they go to, or what is expected. It is left out.
    Error MISSING_TEST_KEY = "missing-test-key";
    /// The tests of the file ask about more packets than are looked at. This test and those behind it are left out.
    Error TOO_MANY_PACKETS = "too-many-packets";
    /// The file of policy tests has none in it, so nothing is tested.
    Warning NO_TESTS = "no-tests";

    // Sections.

    /// A header names a section that does not exist; its lines are left out until the next header.
    Error UNKNOWN_SECTION = "unknown-section";
    /// A header is not of the exact form (blanks, or text behind it); its lines are left out until the next header.
    Error BAD_HEADER = "bad-header";
    /// The section exists, but not in files of this kind; its lines are left out until the next header.
    Error SECTION_NOT_HERE = "section-not-here";
    /// The name of a set or group is too short, too long or has a forbidden character; its lines are left out.
    Error BAD_NAME = "bad-name";
    /// A line that belongs to no section is left out.
    Error STRAY_LINE = "stray-line";
    /// The set is defined a second time; the later definition replaces the earlier one completely.
    Warning DUPLICATE_SET = "duplicate-set";
    /// The security group is defined a second time; the later definition replaces the earlier one completely.
    Warning DUPLICATE_GROUP = "duplicate-group";

    /// A character that can't be seen, or looks like a blank, is part of a word.
    Error INVISIBLE_CHARACTER = "invisible-character";

    // Options.

    /// A line in `[OPTIONS]` is not `name: value`.
    Error BAD_OPTION_LINE = "bad-option-line";
    /// A comment behind an option makes the line invalid: pve-firewall ignores the option without a word.
    Error OPTION_COMMENT = "option-comment";
    /// No option has this name.
    Error UNKNOWN_OPTION = "unknown-option";
    /// The option exists, but not in files of this kind.
    Error OPTION_NOT_HERE = "option-not-here";
    /// The option does not take this value.
    Error BAD_VALUE = "bad-value";
    /// The option is given twice; the later line counts.
    Warning DUPLICATE_OPTION = "duplicate-option";
    /// The value works, but lies outside of what the management interface would accept.
    Warning OUT_OF_RANGE = "out-of-range";
    /// The line is valid but has no effect on this backend (forward rules, VNet files, unused options).
    Warning NO_EFFECT = "no-effect";
    /// `enable` above 1 is the time at which the firewall was switched on; it counts for 60 seconds only.
    Warning ENABLE_TIMESTAMP = "enable-timestamp";

    // Aliases and sets.

    /// A line in `[ALIASES]` is not a name, one blank, and an address.
    Error BAD_ALIAS_LINE = "bad-alias-line";
    /// The alias is defined a second time; the later definition replaces the earlier one.
    Warning DUPLICATE_ALIAS = "duplicate-alias";
    /// The alias has a name that no reference can have, so nothing can use it.
    Warning UNUSABLE_NAME = "unusable-name";
    /// Not an IP address or network.
    Error BAD_ADDRESS = "bad-address";
    /// The prefix is longer than an address of the family.
    Error PREFIX_TOO_LONG = "prefix-too-long";
    /// The prefix is not a plain decimal number; the tools would refuse it or read it differently.
    Error BAD_PREFIX = "bad-prefix";
    /// Sets of networks can't have members with prefix 0: the kernel refuses them.
    Error ZERO_PREFIX = "zero-prefix";
    /// Bits behind the prefix are set; they don't count, the whole network is meant.
    Warning HOST_BITS = "host-bits";
    /// Bits behind the prefix are set: in a rule pve-firewall refuses such an address.
    Error HOST_BITS_IN_RULE = "host-bits-in-rule";
    /// A line of a set is not one address, network or alias.
    Error BAD_MEMBER = "bad-member";
    /// The same member stands in the set already.
    Warning DUPLICATE_MEMBER = "duplicate-member";
    /// The member stands in the set already, once with and once without `!`; only the first counts.
    Error CONTRADICTING_MEMBER = "contradicting-member";
    /// Two sets get the same name in the kernel; the later one replaces the earlier.
    Error SET_COLLISION = "set-collision";

    // Rules.

    /// A rule is not a direction, an action and options.
    Error RULE_SYNTAX = "rule-syntax";
    /// The rule is written in the syntax of iptables, which is another one.
    Error IPTABLES_SYNTAX = "iptables-syntax";
    /// No option of rules has this name.
    Error UNKNOWN_RULE_OPTION = "unknown-rule-option";
    /// The option of the rule has no value, or not exactly one blank stands before it.
    Error BAD_RULE_OPTION = "bad-rule-option";
    /// An option of the rule is given twice; the later one counts.
    Warning REPEATED_RULE_OPTION = "repeated-rule-option";
    /// The first word of a rule is not `IN`, `OUT`, `FORWARD` or `GROUP`.
    Error UNKNOWN_DIRECTION = "unknown-direction";
    /// Rules of this direction don't exist in files of this kind.
    Error DIRECTION_NOT_HERE = "direction-not-here";
    /// The action is not `ACCEPT`, `DROP` or `REJECT`, in capitals.
    Error UNKNOWN_ACTION = "unknown-action";
    /// Forwarded packets can't be rejected.
    Error REJECT_FORWARD = "reject-forward";
    /// No macro has this name.
    Error UNKNOWN_MACRO = "unknown-macro";
    /// The rule sets something that the macro sets already, to another value.
    Error MACRO_CONFLICT = "macro-conflict";
    /// The macro exists for the other address family only, so the rule can never match.
    Error MACRO_FAMILY = "macro-family";
    /// Not a name that an interface can have.
    Error BAD_INTERFACE = "bad-interface";
    /// Rules of groups and VNets can't be limited to an interface.
    Error INTERFACE_NOT_HERE = "interface-not-here";
    /// The interface of a rule is nearly, but not quite, one of the bridges that guests are plugged into.
    Warning UNKNOWN_INTERFACE = "unknown-interface";
    /// The guest has no such network device, so the rule is never used.
    Warning NO_SUCH_NIC = "no-such-nic";
    /// No protocol has this name or number.
    Error UNKNOWN_PROTOCOL = "unknown-protocol";
    /// Protocol 0 means "any" to the kernel tools: the rule would match more than it says.
    Error PROTOCOL_ZERO = "protocol-zero";
    /// The protocol is the number that the tools read as "any".
    Warning PROTOCOL_ANY = "protocol-any";
    /// Ports need a protocol that has them.
    Error PORT_WITHOUT_PROTOCOL = "port-without-protocol";
    /// The protocol has no ports.
    Error PROTOCOL_WITHOUT_PORTS = "protocol-without-ports";
    /// Not a port, range or service.
    Error BAD_PORT = "bad-port";
    /// The first port of a range is above the second.
    Error REVERSED_PORTS = "reversed-ports";
    /// A port lies above 65535.
    Error PORT_TOO_LARGE = "port-too-large";
    /// Port 0 alone means "any port" to pve-firewall: the rule would match more than it says.
    Error PORT_ZERO = "port-zero";
    /// The kernel compares at most 15 ports in one rule; a range counts as two.
    Error TOO_MANY_PORTS = "too-many-ports";
    /// No service has this name.
    Error UNKNOWN_SERVICE = "unknown-service";
    /// The service does not exist for this protocol: the kernel tools would refuse the whole table.
    Error SERVICE_PROTOCOL = "service-protocol";
    /// No ICMP type of this family has this name or number.
    Error UNKNOWN_ICMP_TYPE = "unknown-icmp-type";
    /// ICMP types need an ICMP protocol.
    Error ICMP_WITHOUT_PROTOCOL = "icmp-without-protocol";
    /// The ICMP type is given twice, as `-icmp-type` and as `-dport`.
    Error ICMP_TWICE = "icmp-twice";
    /// No log level has this name.
    Error UNKNOWN_LOG_LEVEL = "unknown-log-level";
    /// A range is written the wrong way round.
    Error REVERSED_RANGE = "reversed-range";
    /// The list of addresses is longer than the kernel tools take in one rule.
    Error LIST_TOO_LONG = "list-too-long";
    /// A range must stand alone, not in a list.
    Error RANGE_IN_LIST = "range-in-list";
    /// IPv4 and IPv6 are mixed in one rule; no packet is both.
    Error MIXED_FAMILIES = "mixed-families";
    /// The name of the reference is longer than any definition can be.
    Error NAME_TOO_LONG = "name-too-long";
    /// No alias has this name.
    Error UNKNOWN_ALIAS = "unknown-alias";
    /// No set has this name.
    Error UNKNOWN_SET = "unknown-set";
    /// No security group has this name; an empty one takes its place.
    Error UNKNOWN_GROUP = "unknown-group";
    /// The name is defined further down; pve-firewall knows only what stands above.
    Error DEFINED_LATER = "defined-later";
    /// The definition is not visible with this prefix, or not from this file.
    Error WRONG_SCOPE = "wrong-scope";
    /// Names of sets and groups are lower case once defined; a reference must be, too.
    Error REFERENCE_CASE = "reference-case";
    /// A set is referred to without `+`, or an alias with one.
    Error WRONG_SIGIL = "wrong-sigil";
    /// A security group can't contain another one.
    Error NESTED_GROUP = "nested-group";
    /// The alias this refers to is itself in error.
    Error FAULTY_ALIAS = "faulty-alias";

    // Guests and nodes.

    /// The network device has no hardware address: it gets no MAC filter.
    Warning NIC_WITHOUT_MAC = "nic-without-mac";
    /// The network device can't be read, or has an index that does not exist.
    Warning BAD_NIC = "bad-nic";
    /// The guest's firewall is enabled, but `firewall=1` is missing on every network device: nothing is filtered.
    Warning NO_FIREWALLED_NIC = "no-firewalled-nic";
    /// The guest's firewall is enabled, but one of its network devices has no `firewall=1` and is not filtered.
    Info UNFILTERED_NIC = "unfiltered-nic";
    /// The guest's firewall is enabled while that of the datacenter is off: nothing is filtered.
    Warning CLUSTER_OFF = "cluster-off";
    /// The guest has rules, but its firewall is not enabled: they are not used.
    Info GUEST_OFF = "guest-off";
    /// Two guests have the same number.
    Warning DUPLICATE_GUEST = "duplicate-guest";
    /// There is a firewall file for a guest that does not exist.
    Warning NO_SUCH_GUEST = "no-such-guest";
    /// Nobody would be able to reach the node's web interface or SSH.
    Warning LOCKOUT = "lockout";
    /// The node's own network is not known.
    Info UNKNOWN_LOCAL_NETWORK = "unknown-local-network";
    /// The node's rules are made by another backend.
    Info OTHER_BACKEND = "other-backend";
    /// `corosync.conf` can't be read: rules for cluster communication would be missing.
    Error BAD_COROSYNC = "bad-corosync";
    /// `corosync.conf` names a host whose address is not known here.
    Warning UNRESOLVED_HOST = "unresolved-host";

    // Dumps of what is loaded.

    /// A line of a dump is not what the tool writes; it is left out, so the dump is not all that is loaded.
    Error DUMP_SYNTAX = "dump-syntax";
    /// A table of a dump has no end: rules may be missing.
    Error DUMP_CUT_SHORT = "dump-cut-short";
    /// A table, chain or set stands in a dump a second time; the second is left out.
    Error DUMP_TWICE = "dump-twice";
    /// A line of a dump belongs to a chain or set that the dump does not declare: a part is missing.
    Error DUMP_UNDECLARED = "dump-undeclared";
    /// The tool says that there are rules which its dump does not show (of its other variant, or of nft).
    Warning DUMP_OTHER_RULES = "dump-other-rules";
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_explained() {
        let mut seen = BTreeSet::new();
        for code in ALL {
            assert!(seen.insert(code.name()), "{code} stands twice");
            assert!(
                code.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{code}"
            );
            assert!(code.explanation().len() > 20, "{code} is not explained");
            assert_eq!(Code::named(code.name()), Some(*code));
        }
    }
}
