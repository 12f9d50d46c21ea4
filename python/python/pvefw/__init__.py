"""The Proxmox VE firewall as an engine: load, check, edit, trace, test, compile and compare its files.

    >>> import pvefw
    >>> dc = pvefw.Datacenter.from_files({"firewall/cluster.fw": "[OPTIONS]\\nenable: 1\\n[RULES]\\nIN HTPS(ACCEPT)\\n"})
    >>> print(dc.check()[0])
    firewall/cluster.fw:4:4: error[unknown-macro]: there is no macro `HTPS`
    >>> dc.trace("outside", "host", dport=443).verdict
    Verdict.DROP

`Datacenter` is where everything starts. Its answers are frozen rows with `to_dict()`. Bad configuration is a `Diagnostic`,
never an exception; misuse raises a subclass of `Error`.
"""

from __future__ import annotations

from ._datacenter import Datacenter, Warned
from ._enums import Action, Change, Direction, Expect, Level, LogLevel, Safety, Severity, Verdict
from ._errors import (
    ApplyError,
    BrokenError,
    CapabilityError,
    ChangedError,
    ChangedOnDiskError,
    ConfigurationError,
    EditError,
    Error,
    FactsError,
    LoadError,
    LockedError,
    LockoutError,
    NodeError,
    NotFoundError,
    QuestionError,
    SaveError,
    ToolError,
    WaitingError,
)
from ._files import Cluster, FirewallFile, Guest, Host, Options, Vnet
from ._native import version as _version
from ._node import Applied, Keep, Names, Node, Plan, Problem, State, Status, TablePlan, Waits
from ._question import Address
from ._results import (
    Answer,
    ChainChange,
    ChainRule,
    Count,
    Diagnostic,
    Diff,
    DiffEntry,
    DiffSummary,
    Findings,
    Fix,
    Hop,
    HookChange,
    Label,
    Line,
    LogEntry,
    MemberChange,
    NearMiss,
    NumberedRule,
    Packet,
    RuleChange,
    SetChange,
    SetLookup,
    SetMember,
    SizeChange,
    SourceLine,
    Step,
    Summary,
    TestFailure,
    TestReport,
    TestResult,
    TestSummary,
    TextEdit,
    Trace,
)
from ._rows import Row
from ._rules import Rule, Rules
from ._ruleset import Chains, Ruleset
from ._sets import Alias, Aliases, Group, Groups, IpSet, IpSets, Member, MemberLike, Named, NamedMap
from ._values import AddressValue, Network, NetworkLike, PortValue
from ._view import Digested, View

__version__: str = _version()
"""The version of the package, which is that of the engine."""

__all__ = [
    "Action", "Address", "AddressValue", "Alias", "Aliases", "Answer", "Applied", "ApplyError", "BrokenError",
    "CapabilityError", "ChainChange", "ChainRule", "Chains", "Change", "ChangedError", "ChangedOnDiskError",
    "Cluster", "ConfigurationError", "Count", "Datacenter", "Diagnostic", "Diff", "DiffEntry", "DiffSummary",
    "Digested", "Direction", "EditError", "Error", "Expect", "FactsError", "Findings", "FirewallFile", "Fix",
    "Group", "Groups", "Guest", "HookChange", "Hop", "Host", "IpSet", "IpSets", "Keep", "Label", "Level",
    "Line", "LoadError", "LockedError", "LockoutError", "LogEntry", "LogLevel", "Member", "MemberChange",
    "MemberLike", "Named", "NamedMap", "Names", "NearMiss", "Network", "NetworkLike", "Node", "NodeError",
    "NotFoundError", "NumberedRule", "Options", "Packet", "Plan", "PortValue", "Problem", "QuestionError",
    "Row", "Rule", "RuleChange", "Rules", "Ruleset", "Safety", "SaveError", "SetChange", "SetLookup",
    "SetMember", "Severity", "SizeChange", "SourceLine", "State", "Status", "Step", "Summary", "TablePlan",
    "TestFailure", "TestReport", "TestResult", "TestSummary", "TextEdit", "ToolError", "Trace", "Verdict",
    "View", "Vnet", "WaitingError", "Waits", "Warned", "__version__",
]  # fmt: skip
