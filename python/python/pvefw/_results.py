"""What the engine answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from ._enums import Change, Expect, Safety, Severity, Verdict
from ._rows import Row


@dataclass(frozen=True, slots=True)
class Line(Row):
    """A line of a file."""

    file: str
    """The file, relative to the root."""
    line: int
    """The line, from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Label(Row):
    """A few words about a place."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str


@dataclass(frozen=True, slots=True)
class TextEdit(Row):
    """Bytes to replace."""

    file: str
    start: int
    """The first byte, from 0."""
    end: int
    """One past the last byte."""
    text: str
    """What to put there."""


@dataclass(frozen=True, slots=True)
class Fix(Row):
    """Edits that belong together."""

    title: str
    """What they do, as an order."""
    safety: Safety
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic(Row):
    """One finding about a configuration. Lines and columns count from 1, columns in characters."""

    code: str
    """The kind of problem; see the list of diagnostics."""
    severity: Severity
    message: str
    file: str
    """The file, relative to the root."""
    line: int
    column: int
    end_line: int
    end_column: int
    labels: tuple[Label, ...] = ()
    """Words about places."""
    notes: tuple[str, ...] = ()
    """Why, and what to do."""
    fixes: tuple[Fix, ...] = ()
    """Ready-made ways out, the best first."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}"


@dataclass(frozen=True, slots=True)
class Findings(Row):
    """All that was found, in order of file and place. A sequence of its diagnostics; empty ones are false."""

    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    text: str = field(repr=False, compare=False, default="")
    """The report for people, with the lines and carets."""

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    def __len__(self) -> int:
        return len(self.diagnostics)

    def __getitem__(self, index: int) -> Diagnostic:
        return self.diagnostics[index]

    def __str__(self) -> str:
        return self.text

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Those whose line is left out of the rulesets."""
        return tuple(found for found in self.diagnostics if found.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Those that work, but hardly as meant."""
        return tuple(found for found in self.diagnostics if found.severity is Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Summary(Row):
    """How much was found, also what is not listed because a file has thousands."""

    errors: int
    warnings: int
    infos: int


@dataclass(frozen=True, slots=True)
class Answer(Row):
    """What becomes of a packet, in short."""

    verdict: Verdict
    rule: Line | None
    """The line that decided; `None` for built-in rules."""


@dataclass(frozen=True, slots=True)
class Packet(Row):
    """A packet, with everything that was filled in."""

    from_: str
    """The zone it comes from."""
    to: str
    """The zone it goes to."""
    proto: str
    """Its protocol by name where it has one, `arp`, or an Ethernet type (`0x88cc`)."""
    source: IPv4Address | IPv6Address | None
    dest: IPv4Address | IPv6Address | None
    sport: int | None
    dport: int | None
    icmp_type: int | None
    icmp_code: int | None
    state: str | None
    """The state of its connection."""
    mac: str | None
    """Its source hardware address, where known."""


@dataclass(frozen=True, slots=True)
class SetLookup(Row):
    """Whether an address is in a set, and why."""

    set: str
    """As rules name it (`+management`), or the kernel's name where no file defines it."""
    kernel_name: str
    address: IPv4Address | IPv6Address
    member: str | None
    """The member that decided; `None` when no member holds the address."""
    nomatch: bool
    """Whether that member is an exception."""
    at: Line | None
    """The line of the member, if a file has one."""


@dataclass(frozen=True, slots=True)
class Step(Row):
    """A rule that a packet met."""

    tool: str
    """`iptables`, `ip6tables` or `ebtables`."""
    table: str
    chain: str
    rule: str
    """The rule as the tool is told."""
    effect: str
    """`accept`, `drop`, `reject`, `return`, `jump`, `goto`, `mark`, `connmark`, `log`, `queue`, `continue`, `unknown`."""
    certain: bool
    """Whether its conditions hold for sure."""
    target: str | None
    """The chain that `jump` and `goto` lead to."""
    maker: str
    """What made the rule: `line`, `macro`, `group`, `policy` or `built-in`."""
    what: str | None
    """The macro's name, or what the built-in rule is for."""
    at: Line | None
    """The line it was made from, if any."""
    sets: tuple[SetLookup, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss(Row):
    """A rule that nearly decided."""

    because: str
    """Why it did not."""
    step: Step


@dataclass(frozen=True, slots=True)
class Hop(Row):
    """One passage through the kernel's hooks."""

    kind: str
    """`bridged`, `routed`, `input` or `output`."""
    bridge_in: str | None
    port_in: str | None
    bridge_out: str | None
    port_out: str | None
    outcome: str
    """`PASSES`, `DROP`, `REJECT` or `UNKNOWN`."""
    decided_by: int | None
    """Which of the steps decided, from 0."""
    steps: tuple[Step, ...]
    """The rules whose conditions hold, in order."""
    nearly: NearMiss | None


@dataclass(frozen=True, slots=True)
class LogEntry(Row):
    """What would be logged."""

    prefix: str
    limit: str | None
    """At most so many are logged (`5/second`)."""
    hop: int
    """The hop, from 0."""


@dataclass(frozen=True, slots=True)
class Trace(Row):
    """What becomes of a packet, and why."""

    verdict: Verdict
    rule: Line | None
    """The line that decided; `None` for built-in rules."""
    reject_with: str | None
    """How the sender is told, where it is."""
    reset_lost: bool
    """Whether the packet is rejected but the reset gets lost on its way back; the verdict is `DROP` then."""
    packet: Packet
    hops: tuple[Hop, ...]
    logs: tuple[LogEntry, ...]
    text: str = field(repr=False, compare=False, default="")
    """The way of the packet for people."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class TestFailure(Row):
    """A packet that did not fare as a policy test expects."""

    __test__ = False

    packet: str
    """The packet, by the keys that the test gives."""
    reason: str
    """Why it fails, in a line."""
    text: str = field(repr=False, compare=False, default="")
    """Its way through the rules, for people."""


@dataclass(frozen=True, slots=True)
class TestResult(Row):
    """What came of one policy test."""

    __test__ = False

    name: str
    file: str
    line: int
    expect: Expect
    passed: bool
    packets: int
    """Number of its packets."""
    failed: int
    """Number of those that did not fare so."""
    failures: tuple[TestFailure, ...]
    """Those, or the first hundred of them."""


@dataclass(frozen=True, slots=True)
class TestSummary(Row):
    """Numbers of policy tests."""

    __test__ = False

    tests: int
    passed: int
    failed: int
    packets: int
    errors: int
    """Errors in the file of tests; a test with one is not run."""


@dataclass(frozen=True, slots=True)
class TestReport(Row):
    """What came of the policy tests of a file. A sequence of its tests."""

    __test__ = False

    tests: tuple[TestResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    """What is wrong in the file of tests."""
    summary: TestSummary
    text: str = field(repr=False, compare=False, default="")
    """The report for people: what is wrong in the file, and each test that failed with the ways of its packets."""

    @property
    def passed(self) -> bool:
        """Whether every test passed and none had an error."""
        return self.summary.failed == 0 and self.summary.errors == 0

    def __iter__(self) -> Iterator[TestResult]:
        return iter(self.tests)

    def __len__(self) -> int:
        return len(self.tests)

    def __getitem__(self, index: int) -> TestResult:
        return self.tests[index]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class SourceLine(Row):
    """A line of a file and what it says."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class NumberedRule(Row):
    """A rule as it is fed to the restore tools."""

    number: int
    """Its place in the chain, from 1."""
    rule: str


@dataclass(frozen=True, slots=True)
class RuleChange(Row):
    """A rule that changes."""

    change: Change
    family: str
    """`v4`, `v6` or `bridge`."""
    table: str
    chain: str
    old: NumberedRule | None
    new: NumberedRule | None


@dataclass(frozen=True, slots=True)
class MemberChange(Row):
    """A member of a set that changes."""

    change: Change
    set: str
    cidr: str
    nomatch: bool


@dataclass(frozen=True, slots=True)
class SizeChange(Row):
    """A set with another size."""

    set: str
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class DiffEntry(Row):
    """The changes that one line of the configuration makes."""

    old: SourceLine | None
    new: SourceLine | None
    built_in: str | None
    """The mechanism, where no line is the cause."""
    rules: tuple[RuleChange, ...]
    members: tuple[MemberChange, ...]
    sizes: tuple[SizeChange, ...]


@dataclass(frozen=True, slots=True)
class ChainRule(Row):
    """A rule of a chain that comes or goes."""

    rule: str
    by: Line | None


@dataclass(frozen=True, slots=True)
class ChainChange(Row):
    """A chain that comes or goes."""

    change: Change
    family: str
    table: str
    chain: str
    rules: tuple[ChainRule, ...]


@dataclass(frozen=True, slots=True)
class SetMember(Row):
    """A member of a set that comes or goes."""

    cidr: str
    nomatch: bool
    by: Line | None


@dataclass(frozen=True, slots=True)
class SetChange(Row):
    """A set that comes or goes."""

    change: Change
    set: str
    by: Line | None
    members: tuple[SetMember, ...]


@dataclass(frozen=True, slots=True)
class HookChange(Row):
    """A jump from one of the kernel's own chains that comes or goes."""

    change: Change
    family: str
    table: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Count(Row):
    """Numbers of changes."""

    added: int
    removed: int
    changed: int
    moved: int


@dataclass(frozen=True, slots=True)
class DiffSummary(Row):
    """How much changes."""

    lines: int
    rules: Count
    members: Count
    chains: Count
    sets: Count


@dataclass(frozen=True, slots=True)
class Diff(Row):
    """What changes between two datacenters, as compiled. One without a change is false."""

    is_empty: bool
    changes: tuple[DiffEntry, ...]
    """What changes, by the line that changes it."""
    chains: tuple[ChainChange, ...]
    """Chains that come or go as a whole."""
    sets: tuple[SetChange, ...]
    """Sets that come or go as a whole."""
    hooks: tuple[HookChange, ...]
    summary: DiffSummary
    text: str = field(repr=False, compare=False, default="")
    """The changes for people."""

    def __bool__(self) -> bool:
        return not self.is_empty

    def __str__(self) -> str:
        return self.text
