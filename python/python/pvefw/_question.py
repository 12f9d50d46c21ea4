"""Questions about packets, on their way to the engine."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from ._errors import QuestionError
from ._values import wrong

Address = str | IPv4Address | IPv6Address
"""An IP address, as an object or as text."""


def question(asked: Mapping[str, Any]) -> str:
    """A question as JSON text. The keys are the arguments of `Datacenter.trace`; `from` may be written for `from_`."""
    if not isinstance(asked, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise wrong("a question as a mapping", asked)
    parts: dict[str, Any] = {}
    for key, value in asked.items():
        name = key.rstrip("_").replace("_", "-")
        if name not in _PARTS:
            known = ", ".join(part.replace("-", "_") for part in _PARTS)
            raise TypeError(f"a question has no `{key}`, but {known}")
        if value is not None:
            parts[name] = _PARTS[name](name, value)
    missing = [name for name in ("from", "to") if name not in parts]
    if missing:
        raise TypeError(f"a question wants `{missing[0]}`: the zone of an end")
    return json.dumps(parts)


def _word(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise QuestionError(f"`{key}` can't be {value!r}", [f"`{key}` is text"])
    return value


def _number_or_name(key: str, value: Any) -> Any:
    return value if isinstance(value, int) else _word(key, value)


def _text(_: str, value: Any) -> str:
    return str(value)


def _address(key: str, address: Any) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        hint = "one address; which network it is in is for the rules to say"
        raise QuestionError(f"`{address}` is not an IP address", [f"`{key}` is {hint}"]) from None


def _port(key: str, port: Any) -> Any:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise QuestionError(f"`{key}` can't be {port!r}", ["ports are numbers from 0 to 65535"])
    return port


_PARTS: dict[str, Callable[[str, Any], Any]] = {
    "from": _word,
    "to": _word,
    "source": _address,
    "dest": _address,
    "proto": _text,
    "sport": _port,
    "dport": _port,
    "icmp-type": _number_or_name,
    "state": _word,
    "mac": _word,
}
