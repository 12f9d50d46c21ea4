"""The native half of `pvefw`. Programs use the classes of `pvefw` instead: this may change at any time."""

from __future__ import annotations

from os import PathLike
from typing import final

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

def main(words: list[str]) -> int:
    """Runs the command line and returns its exit status. The first word is the name of the program."""

def version() -> str:
    """The version of the engine."""
