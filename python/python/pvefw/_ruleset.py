"""The rulesets of a node."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from . import _native
from ._results import Findings
from ._rows import Row

Chains = dict[str, list[str]]
"""Lines by chain or set."""


@dataclass(frozen=True, slots=True)
class Ruleset(Row):
    """What a node would load: the input of the four restore tools, byte for byte."""

    node: str | None
    """The node it is compiled for."""
    ipset: str
    """For `ipset restore`."""
    ebtables: str
    """For `ebtables-restore`."""
    iptables: str
    """For `iptables-restore --noflush`."""
    ip6tables: str
    """For `ip6tables-restore --noflush`."""
    findings: Findings
    """What was found in the files that this needs. Lines with errors made no rules."""
    _compiled: _native.Compiled | str = field(repr=False, compare=False)
    """What knows the rules by table and chain. Large rulesets take a while to be told, so that only who asks waits."""

    @property
    def json(self) -> str:
        """Every rule by table and chain, as `pvefw compile --format json` prints it."""
        return self._compiled if isinstance(self._compiled, str) else self._compiled.lines()

    def __reduce__(self) -> tuple[type[Ruleset], tuple[object, ...]]:
        texts = (self.ipset, self.ebtables, self.iptables, self.ip6tables)
        return Ruleset, (self.node, *texts, self.findings, self.json)

    @property
    def lines(self) -> dict[str, dict[str, Chains] | Chains]:
        """Every rule by table and chain: the keys are `v4`, `v6`, `ipset` and `ebtables`."""
        lines: dict[str, dict[str, Chains] | Chains] = json.loads(self.json)
        return lines

    def __repr__(self) -> str:
        lines = sum(text.count("\n") for text in (self.ipset, self.ebtables, self.iptables, self.ip6tables))
        return f"Ruleset(node={self.node!r}, {lines} lines, {self.findings.summary.errors} errors)"

    def __str__(self) -> str:
        return "".join(
            f"# {tool}\n{text}"
            for tool, text in (
                ("ipset restore", self.ipset),
                ("ebtables-restore", self.ebtables),
                ("iptables-restore --noflush", self.iptables),
                ("ip6tables-restore --noflush", self.ip6tables),
            )
        )
