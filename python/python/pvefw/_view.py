"""Parts of a file. They keep nothing but where they are, so that they are never behind the file."""

from __future__ import annotations

from . import _native

Engine = _native.Datacenter
"""What holds the files."""


class View:
    """A part of the file at a path."""

    __slots__ = ("_native", "_path")

    def __init__(self, native: Engine, path: str) -> None:
        self._native = native
        self._path = path
