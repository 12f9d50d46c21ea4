"""From the JSON of the engine to frozen classes, and from those to plain values."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from datetime import datetime, timezone
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeVar

_T = TypeVar("_T")


class Row:
    """A result: frozen, comparable, hashable, picklable."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values (text, numbers, lists, dictionaries): a row for JSON or a data frame."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        return {field.name: _plain(getattr(self, field.name)) for field in fields if field.repr}


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Row):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in typing.cast("tuple[object, ...]", value)]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (IPv4Address, IPv6Address, IPv4Network, IPv6Network)):
        return str(value)
    return value


def decode(kind: type[_T], text: str, /, **more: object) -> _T:
    """The row that a JSON object describes; `more` are fields that it does not have."""
    return build(kind, json.loads(text), **more)


def build(kind: type[_T], data: dict[str, Any], /, **more: object) -> _T:
    """The row that a dictionary describes. Keys that the row does not have are passed over.

    A field whose name is a word of Python has a `_` behind it that the key has not.
    """
    readers = _readers(typing.cast("Any", kind)).items()
    found = {name: read(data[name.rstrip("_")]) for name, read in readers if name.rstrip("_") in data}
    return kind(**found, **more)


@functools.cache
def _readers(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a value of a type from its JSON."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = [argument for argument in arguments if argument is not types.NoneType]
        if IPv4Address in inner:
            return lambda value: None if value is None else ip_address(value)
        read = _reader(inner[0])
        return lambda value: None if value is None else read(value)
    if typing.get_origin(hint) is tuple:
        read = _reader(arguments[0])
        return lambda value: tuple(read(item) for item in value)
    if hint is datetime:
        return lambda value: datetime.fromtimestamp(value, timezone.utc)
    if isinstance(hint, type) and issubclass(hint, Row):
        return functools.partial(build, hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return lambda value: value
