"""The closed lists of words that files and answers use."""

from __future__ import annotations

from enum import Enum


class _Word(str, Enum):
    """A word; it is equal to its text."""

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Severity(_Word):
    """How bad a finding is."""

    ERROR = "error"
    """It can't mean what it says; the line is left out of the rulesets."""
    WARNING = "warning"
    """It works, but hardly as meant."""
    INFO = "info"
    """Worth knowing."""


class Safety(_Word):
    """Whether a fix may be applied unasked."""

    SAFE = "safe"
    """Certainly what was meant."""
    UNSAFE = "unsafe"
    """Probably what was meant: a person should look."""


class Verdict(_Word):
    """What becomes of a packet."""

    ACCEPT = "ACCEPT"
    """It arrives."""
    DROP = "DROP"
    """It vanishes in silence."""
    REJECT = "REJECT"
    """It vanishes, and the sender is told."""
    MAY_ACCEPT = "MAY ACCEPT"
    """It arrives unless a condition that nobody understands says otherwise."""
    MAY_DROP = "MAY DROP"
    """It vanishes unless a condition that nobody understands says otherwise."""

    @property
    def is_accepted(self) -> bool:
        """Whether the packet certainly arrives."""
        return self is Verdict.ACCEPT

    @property
    def is_blocked(self) -> bool:
        """Whether the packet certainly does not arrive."""
        return self in (Verdict.DROP, Verdict.REJECT)


class Action(_Word):
    """What a rule or policy does."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    REJECT = "REJECT"


class Direction(_Word):
    """Which packets a rule is for; of a rule that uses a security group: `GROUP`."""

    IN = "IN"
    OUT = "OUT"
    FORWARD = "FORWARD"
    GROUP = "GROUP"


class LogLevel(_Word):
    """How loudly packets are logged."""

    EMERG = "emerg"
    ALERT = "alert"
    CRIT = "crit"
    ERR = "err"
    WARNING = "warning"
    NOTICE = "notice"
    INFO = "info"
    DEBUG = "debug"
    NOLOG = "nolog"


class Level(_Word):
    """The kinds of firewall files."""

    CLUSTER = "cluster"
    HOST = "host"
    GUEST = "guest"
    VNET = "vnet"


class Expect(_Word):
    """What a policy test expects of its packets."""

    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"
    BLOCKED = "blocked"
    """`DROP` or `REJECT`."""


class Change(_Word):
    """What happens to a rule, a member or a chain between two configurations."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
