"""Parts of a file. They keep nothing but where they are, so that they are never behind the file."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

from . import _native

_V = TypeVar("_V", bound="Digested")

Engine = _native.Datacenter
"""What holds the files."""


class View:
    """A part of the file at a path."""

    __slots__ = ("_native", "_path")

    def __init__(self, native: Engine, path: str) -> None:
        self._native = native
        self._path = path


def same(one: View, other: object, *names: str) -> bool:
    """Whether two views are of the same part of the same file; `names` are the fields that tell its parts apart."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name) for name in ("_native", "_path", *names)
    )


class Digested(View):
    """A part of a file that can be told from what it was before."""

    __slots__ = ()

    @property
    @abstractmethod
    def _part(self) -> tuple[str, str | None]:
        """Which part, and the name of the group or set whose lines it is."""

    @property
    def digest(self) -> str:
        """What tells it from what it was before, or will be: SHA-1 of what is written, however it is written.

        It is the `digest` that Proxmox VE's own interface has for the same.
        """
        return self._native.digest(self._path, *self._part)

    def check_digest(self: _V, seen: str) -> _V:
        """Return this, if its digest is still the one that was seen; else raise `ChangedError`.

        `vm.rules.check_digest(seen).insert(0, rule)` inserts only into the rules that somebody has looked at.
        """
        self._native.check_digest(self._path, *self._part, seen)
        return self
