"""The machine that this runs on, as a node: what would change on it, and loading it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from . import _native
from ._datacenter import Datacenter
from ._errors import ApplyError
from ._results import Diff
from ._rows import Row, build, decode
from ._values import wrong

Keep = tuple[str | IPv4Address | IPv6Address, int]
"""A connection that must not be cut: the client's address, and the port of the node."""


@dataclass(frozen=True, slots=True)
class Names(Row):
    """Chains or sets that change, by name."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TablePlan(Row):
    """What changes in a table."""

    table: str
    """`iptables filter`, `ip6tables raw`, `ebtables filter`, …"""
    chains: Names
    hooked: tuple[str, ...]
    """The kernel's own chains that will lead to ours."""
    unhooked: tuple[str, ...]
    """Those that will no longer."""


@dataclass(frozen=True, slots=True)
class Plan(Row):
    """What loading the configuration would change. False if it is nothing."""

    pending: bool
    """Whether anything would be loaded."""
    diff: Diff
    """What changes, by line of the configuration."""
    tables: tuple[TablePlan, ...]
    """What would be loaded, by table."""
    sets: Names
    """Sets that would be loaded."""
    text: str = field(repr=False, compare=False, default="")
    """The same for people, as `pvefw plan` prints it."""

    def __bool__(self) -> bool:
        return self.pending

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Applied(Row):
    """What was loaded, or gone back to."""

    changed: bool
    """Whether anything had to be loaded."""
    state: int | None
    """The number of the state that is loaded now; `None`: no rules of ours."""
    before: int | None
    """The state before it."""
    changes: str
    """How much was loaded: `4 chains created; 2 sets changed`."""
    cut: tuple[str, ...]
    """Ways into the node that this cuts, to be undone unless it is confirmed."""


@dataclass(frozen=True, slots=True)
class State(Row):
    """A state that was loaded and can be gone back to."""

    id: int
    """Its number."""
    time: datetime
    """When it was loaded."""
    by: str
    """Who loaded it."""
    command: str
    """How."""
    node: str | None
    """The node that it was compiled for."""
    digest: str
    """Tells its rules from others."""
    form: str
    """`made`: compiled from a configuration; `found`: what was loaded when we came."""
    copy_of: int | None
    """The state that was gone back to."""
    current: bool
    """Whether it is loaded."""


@dataclass(frozen=True, slots=True)
class Waits(Row):
    """A state that waits to be confirmed."""

    state: int | None
    """Which; `None`: the removal of all rules."""
    until: datetime
    """When it is taken back."""


@dataclass(frozen=True, slots=True)
class Problem(Row):
    """Something that went wrong."""

    time: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Status(Row):
    """What is loaded, and what went wrong. `None` stands for what only the kernel knows, which was not to be asked."""

    enabled: bool
    """Whether the configuration switches the firewall on."""
    running: bool
    """Whether there are rules."""
    pending_changes: bool | None
    """Whether loading the configuration would change anything."""
    changes: str | None
    """How much."""
    state: int | None
    """The state that is loaded."""
    since: datetime | None
    digest: str | None
    drift: bool | None
    """Whether somebody else has changed what was loaded."""
    changed_chains: tuple[str, ...]
    """Our chains that they have changed."""
    waits: Waits | None
    """What waits to be confirmed."""
    interrupted: bool
    """Whether a load did not end. `apply` completes it, `rollback` undoes it."""
    busy: str | None
    """Who is at work."""
    last_error: Problem | None
    """What went wrong last, if nothing went well since."""
    errors: bool
    """Whether the configuration has errors."""


class Node:
    """This machine, as a node of a datacenter: Linux, with the kernel's tools. Changing and reading rules takes root.

    It is always the datacenter as it is in memory that is planned and applied, saved or not. `node` says which of its
    nodes this machine is, by default as for the methods of `Datacenter`. `state` is the folder where it is put down what
    was loaded, the same that the command line uses.

    What goes wrong is an `ApplyError`: a tool or a right that is missing, an error in the configuration, a connection that
    would be cut. Whatever it is, the old rules are loaded then, unless it is a `BrokenError`.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        datacenter: Datacenter,
        *,
        node: str | None = None,
        state: str | os.PathLike[str] = "/var/lib/pvefw",
    ) -> None:
        if not isinstance(datacenter, Datacenter):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise wrong("a `Datacenter`", datacenter)
        self._native = _native.Node(datacenter._native, node, os.fspath(state))  # pyright: ignore[reportPrivateUsage]

    def plan(self, *, allow_errors: bool = False, rules: bool = False, color: bool = False) -> Plan:
        """Say what loading the configuration would change. Nothing is changed. `rules` is for the text."""
        report, text = self._native.plan(allow_errors, rules, color)
        data = json.loads(report)
        diff = data["diff"]
        diff["is_empty"] = not any(diff[part] for part in ("changes", "chains", "sets", "hooks"))
        return build(Plan, data, text=text)

    def apply(
        self,
        *,
        confirm_within: float | timedelta | None = None,
        keep: Iterable[Keep] = (),
        force: bool = False,
        allow_errors: bool = False,
    ) -> Applied:
        """Load the configuration: all of it, or nothing.

        `confirm_within` seconds, the old rules come back unless `confirm` is called: by this program or another one, here
        or in a new connection. That works also when this program has ended meanwhile. What would cut the connections of
        `keep` (by default that of the one who runs this), the management networks or the cluster's traffic is refused,
        unless it is to be confirmed, or `force` insists. `allow_errors` leaves faulty lines out instead of refusing them.
        """
        within = timedelta(seconds=confirm_within) if isinstance(confirm_within, (int, float)) else confirm_within
        if within is not None and within < timedelta(seconds=1):
            raise ApplyError(f"`confirm_within` can't be {confirm_within}", ["it is a number of seconds, from 1"])
        kept = [(ip_address(address), port) for address, port in keep]
        again = [sys.executable, "-m", "pvefw"] if sys.executable else []
        return decode(Applied, self._native.apply(within, kept, force, allow_errors, again))

    def confirm(self) -> int | None:
        """Keep the state that waits, and return its number; `None`: the removal of all rules."""
        return self._native.confirm()

    def rollback(self, number: int | None = None) -> Applied:
        """Go back to a state; without a number from the one that waits, else to the one before what is loaded."""
        return decode(Applied, self._native.rollback(number))

    def stop(self) -> Applied:
        """Remove all rules of ours. Those of others stay."""
        return decode(Applied, self._native.stop())

    def history(self) -> list[State]:
        """The states that can be gone back to, the latest first."""
        return [build(State, state) for state in json.loads(self._native.history())]

    def status(self) -> Status:
        """Say what is loaded, since when, whether it is what the configuration says, and what went wrong."""
        return decode(Status, self._native.status())
