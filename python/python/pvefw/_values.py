"""How values are written in files, and what they are as objects."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_network,
)

from ._errors import EditError

Network = IPv4Network | IPv6Network
"""A network as an object."""
NetworkLike = str | IPv4Address | IPv6Address | IPv4Network | IPv6Network | IPv4Interface | IPv6Interface
"""An address or network, as an object or as text."""
AddressValue = NetworkLike | Iterable[NetworkLike]
"""What a rule compares an address with: a reference (`+set`, `alias`), an address, a network, a range, or several."""
PortValue = str | int | Iterable[str | int]
"""Ports of a rule: one, several, or as they are written (`22`, `80,443`, `8000:8099`, `https`)."""


def wrong(expected: str, value: object) -> TypeError:
    """The exception for a value of another type than expected."""
    return TypeError(f"expected {expected}, not {type(value).__name__}")


def one_word(value: object) -> str:
    """A value as it is written. One with blanks would be read as several."""
    if isinstance(value, bool) or value is None:
        raise wrong("text, a number or an address", value)
    text = str(value).strip()
    if not text or text.split() != [text]:
        raise EditError(f"`{text}` can't stand in a rule as one value", ["a value has no blanks"])
    return text


def text_or_none(value: str | int | None) -> str | None:
    """A value that may be left out."""
    return None if value is None else one_word(value)


def ports(value: PortValue | None) -> str | None:
    """Ports as a rule has them."""
    if value is None or isinstance(value, (str, int)):
        return text_or_none(value)
    if not isinstance(value, Iterable):
        raise wrong("a port, or several", value)
    return ",".join(one_word(item) for item in value)


def addresses(value: AddressValue | None) -> str | None:
    """Addresses as a rule has them."""
    if value is None:
        return None
    if isinstance(value, (str, IPv4Address, IPv6Address, IPv4Network, IPv6Network)):
        return one_word(value)
    if not isinstance(value, Iterable):
        raise wrong("an address, or several", value)
    return ",".join(one_word(item) for item in value)


def networks(text: str | None) -> tuple[Network, ...]:
    """The addresses of a rule as objects; empty if one of them is none."""
    try:
        return tuple(ip_network(item, strict=False) for item in (text or "").split(",") if item)
    except ValueError:
        return ()


def network_or_name(value: str) -> str | Network:
    """What tells a member of a set from others."""
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return value.lower()


def setting(value: object) -> str:
    """The value of an option as it is written."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)


def list_index(index: int, count: int) -> int:
    """An index as `list.insert` takes it."""
    return max(0, index + count) if index < 0 else index
