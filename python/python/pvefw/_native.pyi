"""The native half of `pvefw`. Programs use the classes of `pvefw` instead: this may change at any time."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import final

__all__ = ["Compiled", "Datacenter", "Node", "RuleLine", "main", "version"]

@final
class Compiled:
    """What a node would load."""

    @property
    def node(self) -> str | None:
        """The node it is compiled for."""

    def findings(self, color: bool) -> tuple[str, str]:
        """What was found in the files that this needs: JSON, and text for people."""

    def restore(self) -> tuple[str, str, str, str]:
        """The input of ipset, ebtables-restore, iptables-restore and ip6tables-restore."""

    def lines(self) -> str:
        """Every rule by table and chain, as JSON."""

@final
class Datacenter:
    """The files of a datacenter, and what can be asked of them."""

    @staticmethod
    def load(path: str | PathLike[str], node: str | None, facts: str) -> tuple[Datacenter, list[str]]:
        """Reads a root from disk; also what to tell about it. `facts` is JSON."""

    @staticmethod
    def from_files(
        files: list[tuple[str, bytes]], node: str | None, facts: str
    ) -> tuple[Datacenter, list[str]]:
        """Takes files from memory; also the paths that are not the firewall's."""

    @property
    def root(self) -> str | None:
        """Where it was read from."""

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes."""

    def check(self, node: str | None, color: bool) -> tuple[str, str]:
        """All that is wrong: JSON, and text for people."""

    def compile(self, node: str | None) -> Compiled:
        """The rules of a node."""

    def trace(self, question: str, node: str | None, color: bool) -> tuple[str, str]:
        """What becomes of a packet: JSON, and text for people. `question` is JSON."""

    def trace_many(self, questions: list[str], node: str | None) -> list[str]:
        """What becomes of many packets, in short. The questions are JSON, and so are the answers."""

    def test(
        self, name: str, text: bytes, node: str | None, color: bool
    ) -> tuple[str, str, list[list[str]]]:
        """Runs policy tests: JSON, findings in their file for people, and the ways of the packets that failed."""

    def diff(
        self, other: Datacenter, node: str | None, rules: bool, color: bool
    ) -> tuple[bool, str, str]:
        """What changes from this to another: whether nothing does, JSON, and text for people."""

    def rules(self, path: str, group: str | None) -> list[int]:
        """The ids of the rules of a file, or of a group of it."""

    def rule(self, path: str, id: int) -> tuple[int, str, tuple[bool, dict[str, str]]]:
        """A rule's line number, text, and words."""

    def insert_rule(self, path: str, group: str | None, index: int, text: str) -> int:
        """Puts a rule before the one at an index; returns its id."""

    def set_rule(self, path: str, id: int, name: str, value: str | None) -> None:
        """Changes a part of a rule; `None` removes it."""

    def switch_rule(self, path: str, id: int, on: bool) -> None:
        """Switches a rule on or off."""

    def replace_rule(self, path: str, id: int, text: str) -> None:
        """Puts another rule in the place of one."""

    def remove_rule(self, path: str, id: int) -> None:
        """Removes a rule."""

    def move_rule(self, path: str, group: str | None, id: int, index: int) -> None:
        """Moves a rule in its list."""

    @staticmethod
    def option_names(path: str) -> list[str]:
        """The names of the options that a file can have."""

    def options(self, path: str) -> list[tuple[str, str]]:
        """Names and values of the options of a file."""

    def set_option(self, path: str, name: str, value: str | None) -> None:
        """Sets an option; `None` removes it."""

    def aliases(self, path: str) -> list[tuple[str, str, str | None, int]]:
        """The aliases of a file: name, value, comment, line."""

    def set_alias(self, path: str, name: str, value: str) -> None:
        """Defines an alias."""

    def set_alias_comment(self, path: str, name: str, comment: str | None) -> None:
        """Gives an alias a comment; `None` removes it."""

    def remove_alias(self, path: str, name: str) -> None:
        """Removes an alias."""

    def names(self, path: str, kind: str) -> list[tuple[str, str | None]]:
        """The sets or groups of a file, with their comments."""

    def add_named(self, path: str, kind: str, name: str, comment: str | None) -> None:
        """Makes an empty set or group."""

    def comment_named(self, path: str, kind: str, name: str, comment: str | None) -> None:
        """Gives a set or group a comment; `None` removes it."""

    def remove_named(self, path: str, kind: str, name: str, force: bool) -> None:
        """Removes a set or group; with `force` also one that has lines."""

    def members(self, path: str, name: str) -> list[tuple[str, bool, str | None]]:
        """The members of a set: value, exception, comment."""

    def add_member(self, path: str, name: str, member: tuple[str, bool, str | None]) -> None:
        """Adds a member."""

    def remove_member(self, path: str, name: str, value: str) -> bool:
        """Removes a member; whether it was there."""

    def replace_members(
        self, path: str, name: str, members: list[tuple[str, bool, str | None]]
    ) -> tuple[int, int]:
        """Makes these the members of a set; how many were added and removed."""

    def rename(self, path: str, kind: str, old: str, new: str) -> int:
        """Renames an alias, set or group and all that refers to it; how many places were changed."""

    def digest(self, path: str, part: str, name: str | None) -> str:
        """The digest of a part of a file; `name` is that of the group or set whose lines it is."""

    def check_digest(self, path: str, part: str, name: str | None, seen: str) -> None:
        """Makes sure that a part of a file still has a digest."""

    def text(self, path: str) -> bytes | None:
        """The text of a file as it is now."""

    def paths(self) -> list[str]:
        """The paths of all files there are."""

    def changed(self) -> list[tuple[str, bytes | None, bytes]]:
        """The files that are not as they were: path, what is on disk, what is to be there."""

    def save(self, patience: timedelta) -> list[str]:
        """Writes the files that are not as they were, all or none; their paths. Waits so long for others."""

@final
class Node:
    """This machine, as a node of a datacenter."""

    def __new__(cls, datacenter: Datacenter, node: str | None, state: str | PathLike[str]) -> Node: ...
    def plan(self, allow_errors: bool, rules: bool, color: bool) -> tuple[str, str]:
        """What loading the configuration would change: JSON, and text for people."""

    def apply(
        self,
        within: timedelta | None,
        keep: list[tuple[IPv4Address | IPv6Address, int]],
        force: bool,
        allow_errors: bool,
        again: list[str],
    ) -> str:
        """Loads the configuration, to be undone unless it is confirmed in time. What was done, as JSON."""

    def confirm(self) -> int | None:
        """Keeps the state that waits; its number."""

    def rollback(self, number: int | None) -> str:
        """Goes back. What was done, as JSON."""

    def stop(self) -> str:
        """Removes everything of ours. What was done, as JSON."""

    def history(self) -> str:
        """The states that can be gone back to, the latest first, as JSON."""

    def status(self) -> str:
        """What is loaded, since when, and what went wrong, as JSON."""

@final
class RuleLine:
    """A rule that stands in no file."""

    def __new__(cls, text: str) -> RuleLine: ...
    def text(self) -> str:
        """The line."""

    def words(self) -> tuple[bool, dict[str, str]]:
        """Whether it is on, and its parts by name."""

    def set(self, name: str, value: str | None) -> None:
        """Changes a part; `None` removes it."""

    def switch(self, on: bool) -> None:
        """Switches it on or off."""

def main(words: list[str], again: list[str]) -> int:
    """Runs the command line and returns its exit status. The first word is the name of the program; `again` is the
    interpreter with the words that run this module."""

def version() -> str:
    """The version of the engine."""
