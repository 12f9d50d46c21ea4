"""A datacenter: all files of a configuration root."""

from __future__ import annotations

import difflib
import json
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from . import _native
from ._enums import Verdict
from ._errors import FactsError, LoadError, NotFoundError, QuestionError, SaveError
from ._files import Cluster, Guest, Host, Vnet
from ._question import Address, question
from ._results import (
    Answer,
    Diff,
    Findings,
    Line,
    Packet,
    TestFailure,
    TestReport,
    TestResult,
    TestSummary,
    Trace,
)
from ._rows import build, decode
from ._ruleset import Ruleset
from ._values import wrong

_GUEST = re.compile(r"(?:firewall/|nodes/[^/]+/(?:qemu-server|lxc)/)(\d+)\.(?:fw|conf)")


class Warned(UserWarning):
    """Something about a root that belongs to no file, such as a file that the firewall would not read."""


class Datacenter:
    """All firewall files of a datacenter, in memory.

    Made by `load` or `from_files`. Every method that answers takes `node`, the node to look from: by default the one that
    was given when loading, else this machine for `/etc/pve`, else the only one there is.

    Threads may share a datacenter. Long calls release the interpreter.
    """

    __slots__ = ("_native", "_root")

    def __init__(self) -> None:
        self._native, _ = _native.Datacenter.from_files([], None, "{}")
        self._root: Path | None = None

    @classmethod
    def load(
        cls,
        root: str | os.PathLike[str] = "/etc/pve",
        *,
        node: str | None = None,
        facts: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    ) -> Datacenter:
        """Read a configuration root: a folder laid out like `/etc/pve`.

        `facts` is what a live node would tell (its address and network, SDN sets, …): a mapping, or the path of a JSON
        file. A file that can't be read is a diagnostic of `check`; a root that is none raises `LoadError`. What the
        firewall would not read is told by a `Warned`.
        """
        loaded = cls.__new__(cls)
        path = os.fsdecode(root)
        loaded._native, told = _native.Datacenter.load(path, node, _facts(facts))
        loaded._root = Path(path)
        for message in told:
            warnings.warn(message, Warned, stacklevel=2)
        return loaded

    @classmethod
    def from_files(
        cls,
        files: Mapping[str, str | bytes],
        *,
        node: str | None = None,
        facts: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    ) -> Datacenter:
        """Take files from memory: their paths below the root (`firewall/100.fw`), and their texts."""
        if not isinstance(files, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise wrong("a mapping of paths to texts", files)
        loaded = cls.__new__(cls)
        texts = [_text(path, text) for path, text in files.items()]
        loaded._native, ignored = _native.Datacenter.from_files(texts, node, _facts(facts))
        loaded._root = None
        for path in ignored:
            warnings.warn(f"`{path}` is ignored: the firewall reads no file of this name", Warned, stacklevel=2)
        return loaded

    @property
    def root(self) -> Path | None:
        """Where it was loaded from; `None` for files from memory."""
        return self._root

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the nodes."""
        return tuple(self._native.nodes)

    @property
    def cluster(self) -> Cluster:
        """The file of the datacenter: `firewall/cluster.fw`."""
        return Cluster(self._native, "firewall/cluster.fw")

    def guest(self, vmid: int | str) -> Guest:
        """The file of a virtual machine or container. It need not exist: the first edit makes it."""
        number = int(vmid) if str(vmid).isdecimal() else 0
        if not 1 <= number <= 999_999_999:
            raise NotFoundError(f"there can be no guest {vmid}", ["guests have numbers from 1 to 999999999"])
        return Guest(self._native, f"firewall/{number}.fw")

    def host(self, node: str) -> Host:
        """The file of a node. It need not exist."""
        return Host(self._native, f"nodes/{_name(node, 'node')}/host.fw")

    def vnet(self, vnet: str) -> Vnet:
        """The file of a VNet. It need not exist."""
        return Vnet(self._native, f"sdn/firewall/{_name(vnet, 'VNet')}.fw")

    @property
    def guests(self) -> tuple[int, ...]:
        """The numbers of the guests that have a configuration or a firewall file."""
        found = {int(match[1]) for path in self._native.paths() if (match := _GUEST.fullmatch(path))}
        return tuple(sorted(found))

    def files(self) -> dict[str, bytes]:
        """All files by path, as they are now."""
        return {path: self._native.text(path) or b"" for path in self._native.paths()}

    @property
    def changed(self) -> tuple[str, ...]:
        """The paths of files that are not as they were loaded or saved last."""
        return tuple(path for path, _, _ in self._native.changed())

    def patch(self) -> str:
        """What `save` would change, as a unified diff."""
        parts: list[str] = []
        for path, old, new in self._native.changed():
            before, after = ((text or b"").decode(errors="replace").splitlines(True) for text in (old, new))
            lines = difflib.unified_diff(before, after, "/dev/null" if old is None else f"a/{path}", f"b/{path}")
            parts += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
        return "".join(parts)

    def save(self, *, timeout: float = 10) -> tuple[str, ...]:
        """Write the files that are not as they were, and return their paths.

        All or none: each is written beside its place first, and every one on disk must still be the one that was read, else
        `ChangedOnDiskError` is raised. Below `/etc/pve` the locks are held meanwhile that Proxmox VE takes for a change,
        too; when somebody else has one for `timeout` seconds, `LockedError` is raised. Another `SaveError` means that
        something could not be written. After any of them all files are as they were.
        """
        if not 0 <= timeout <= 86_400:
            raise SaveError(f"`timeout` can't be {timeout}", ["it is a number of seconds, up to a day"])
        return tuple(self._native.save(timedelta(seconds=timeout)))

    def rename_alias(self, old: str, new: str, *, guest: int | None = None) -> int:
        """Rename an alias and everything that refers to it, in all files; returns how many places were changed.

        It is one of the datacenter, or of a guest. A name that would make something mean another thing is refused.
        """
        return self._native.rename(self._home(guest), "alias", old, new)

    def rename_ipset(self, old: str, new: str, *, guest: int | None = None) -> int:
        """Rename a set and everything that refers to it, in all files, as `rename_alias` does."""
        return self._native.rename(self._home(guest), "set", old, new)

    def rename_group(self, old: str, new: str) -> int:
        """Rename a security group and every use of it, in all files, as `rename_alias` does."""
        return self._native.rename(self.cluster.path, "group", old, new)

    def _home(self, guest: int | None) -> str:
        return self.cluster.path if guest is None else self.guest(guest).path

    def check(self, *, node: str | None = None, color: bool = False) -> Findings:
        """Say what is wrong in any file. `color` is for the `text` of the findings."""
        found, text = self._native.check(node, color)
        return decode(Findings, found, text=text)

    def compile(self, *, node: str | None = None) -> Ruleset:
        """Make the rulesets that a node would load. Lines with errors make no rules."""
        compiled = self._native.compile(node)
        found, text = compiled.findings(False)
        ipset, ebtables, iptables, ip6tables = compiled.restore()
        return Ruleset(
            node=compiled.node,
            ipset=ipset,
            ebtables=ebtables,
            iptables=iptables,
            ip6tables=ip6tables,
            findings=decode(Findings, found, text=text),
            _compiled=compiled,
        )

    def trace(
        self,
        from_: str,
        to: str,
        *,
        source: Address | None = None,
        dest: Address | None = None,
        proto: str | int | None = None,
        sport: int | None = None,
        dport: int | None = None,
        icmp_type: str | int | None = None,
        state: str | None = None,
        mac: str | None = None,
        node: str | None = None,
        color: bool = False,
    ) -> Trace:
        """Say what becomes of a packet, and which line decides.

        Zones: `host`, `outside`, `vm100`, `ct200/net1`, `vmbr1/eth1`. What is left out is filled in: proto `tcp`, state
        `NEW`, ports 40000 and 40001, and the addresses that the configuration shows. A question that can't be, such as an
        unknown zone, raises `QuestionError`.
        """
        asked = {
            "from": from_, "to": to, "source": source, "dest": dest, "proto": proto, "sport": sport, "dport": dport,
            "icmp_type": icmp_type, "state": state, "mac": mac,
        }  # fmt: skip
        report, text = self._native.trace(question(asked), node, color)
        data = json.loads(report)
        data["rule"] = data.pop("by")
        return build(Trace, data, text=text)

    def trace_many(
        self, questions: Iterable[Mapping[str, Any]], *, node: str | None = None
    ) -> list[Answer | QuestionError]:
        """Answer many questions in short, one for one.

        A question is a mapping with the arguments of `trace` as keys; `from` may be written for `from_`. A question that
        can't be is answered by the `QuestionError` itself.
        """
        asked: list[str | QuestionError] = []
        for each in questions:
            try:
                asked.append(question(each))
            except QuestionError as error:
                asked.append(error)
        given = iter(self._native.trace_many([each for each in asked if isinstance(each, str)], node))
        return [each if isinstance(each, QuestionError) else _answer(next(given)) for each in asked]

    def test(
        self,
        tests: str | bytes | os.PathLike[str] | None = None,
        *,
        node: str | None = None,
        color: bool = False,
    ) -> TestReport:
        """Run policy tests: the text of a `tests.toml`, or its path as a `PathLike`; by default the one of the root."""
        name = "tests.toml"
        if isinstance(tests, str):
            content = tests.encode()
        elif isinstance(tests, bytes):
            content = tests
        else:
            if tests is None and self._root is None:
                raise LoadError("there are no tests: the datacenter has no folder", ["give the text of a `tests.toml`"])
            path = Path(tests) if tests is not None else Path(self._root or ".") / name
            name = name if tests is None else str(path)
            try:
                content = path.read_bytes()
            except OSError as error:
                raise LoadError(f"can't read the tests `{path}`: {_words(error)}") from error
        report, found, ways = self._native.test(name, content, node, color)
        data = json.loads(report)
        results: list[TestResult] = []
        text = found
        for test, explained in zip(data["tests"], ways):
            failures = tuple(
                TestFailure(failure["packet"], failure["reason"], way)
                for failure, way in zip(test.pop("failures"), explained)
            )
            results.append(build(TestResult, test, failures=failures))
            if failures:
                text += f"{test['file']}:{test['line']}: {test['name']}\n"
                text += "".join(f"  {failure.reason}\n{failure.text}\n" for failure in failures)
        summary = build(TestSummary, data["summary"])
        text += f"{summary.tests} tests with {summary.packets} packets: {summary.failed} failed\n"
        findings = build(Findings, {"diagnostics": data["diagnostics"]}, summary=None)
        return TestReport(tuple(results), findings.diagnostics, summary, text)

    def diff(
        self, other: Datacenter, *, node: str | None = None, rules: bool = False, color: bool = False
    ) -> Diff:
        """Say what changes from this datacenter to another, as compiled for a node. `rules` is for the text."""
        if not isinstance(other, Datacenter):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise wrong("a `Datacenter`", other)
        empty, report, text = self._native.diff(other._native, node, rules, color)
        return decode(Diff, report, is_empty=empty, text=text)

    def __repr__(self) -> str:
        where = "in memory" if self._root is None else repr(str(self._root))
        return f"<Datacenter {where}, nodes {', '.join(self.nodes) or 'none'}>"


def _text(path: object, text: object) -> tuple[str, bytes]:
    if not isinstance(path, str):
        raise wrong("the path of a file as text", path)
    if isinstance(text, str):
        return path, text.encode()
    if not isinstance(text, (bytes, bytearray, memoryview)):
        raise wrong(f"the text of `{path}` as str or bytes", text)
    return path, bytes(text)


def _facts(facts: Mapping[str, Any] | str | os.PathLike[str] | None) -> str:
    """Facts as JSON text."""
    if facts is None:
        return "{}"
    if isinstance(facts, Mapping):
        return json.dumps(facts, default=str)
    try:
        text = Path(facts).read_text(encoding="utf-8")
        json.loads(text)
    except OSError as error:
        raise LoadError(f"can't read the facts `{os.fspath(facts)}`: {_words(error)}") from error
    except ValueError as error:
        raise FactsError(f"the facts `{os.fspath(facts)}` are not JSON: {error}") from error
    return text


def _name(name: str, what: str) -> str:
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise wrong(f"the name of a {what}", name)
    if not name or "/" in name or name.startswith("."):
        raise NotFoundError(f"`{name}` can't be the name of a {what}")
    return name


def _answer(text: str) -> Answer | QuestionError:
    data = json.loads(text)
    if "error" in data:
        return QuestionError(data["error"])
    by = data["by"]
    return Answer(Verdict(data["verdict"]), None if by is None else Line(**by))


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
