"""Aliases, sets and security groups: what a file gives a name to."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Generic, TypeVar

from ._errors import NotFoundError
from ._results import Line
from ._rows import Row
from ._rules import Rule, Rules
from ._values import Network, NetworkLike, network_or_name, one_word, wrong
from ._view import Digested, Engine, View, same

_T = TypeVar("_T", bound="Named")
_MEMBERS = (str, IPv4Address, IPv6Address, IPv4Network, IPv6Network)


@dataclass(frozen=True, slots=True)
class Alias(Row):
    """A name for an address or network."""

    name: str
    network: Network
    """What it stands for; bits behind the prefix don't count."""
    text: str
    """The same as it is written."""
    comment: str | None
    place: Line


class Aliases(Digested, Mapping[str, Alias]):
    """The aliases of a file by name; case does not count. `aliases["srv"] = "10.0.0.1"` defines one, or changes it."""

    __slots__ = ()

    @property
    def _part(self) -> tuple[str, None]:
        return "aliases", None

    def _all(self) -> dict[str, Alias]:
        return {
            name.lower(): Alias(name, ip_network(text, strict=False), text, comment, Line(self._path, line))
            for name, text, comment, line in self._native.aliases(self._path)
        }

    def __getitem__(self, name: str) -> Alias:
        found = self._all().get(name.lower())
        if found is None:
            raise NotFoundError(f"there is no alias `{name}` in `{self._path}`")
        return found

    def __setitem__(self, name: str, network: NetworkLike) -> None:
        self._native.set_alias(self._path, name, one_word(network))

    def __delitem__(self, name: str) -> None:
        self._native.remove_alias(self._path, name)

    def set(self, name: str, network: NetworkLike, *, comment: str | None = None) -> None:
        """Define an alias with a comment, or give one another value and comment; `None` removes the comment."""
        self[name] = network
        self._native.set_alias_comment(self._path, name, comment)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, *_ in self._native.aliases(self._path)])

    def __len__(self) -> int:
        return len(self._native.aliases(self._path))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._all()

    def __repr__(self) -> str:
        return f"<Aliases of {self._path}: {', '.join(self)}>"


class Named(View):
    """Lines of a file under a header that names them."""

    __slots__ = ("_name",)
    kind = ""

    def __init__(self, native: Engine, path: str, name: str) -> None:
        super().__init__(native, path)
        self._name = name

    def __eq__(self, other: object) -> bool:
        """Whether it is the same one of the same file."""
        return same(self, other, "_name")

    def __hash__(self) -> int:
        return hash((id(self._native), self._path, self._name))

    @property
    def name(self) -> str:
        """Its name, in lower case."""
        return self._name

    @property
    def comment(self) -> str | None:
        """The comment behind its header."""
        return dict(self._native.names(self._path, self.kind)).get(self._name)

    @comment.setter
    def comment(self, comment: str | None) -> None:
        self._native.comment_named(self._path, self.kind, self._name, comment)


class NamedMap(Digested, Mapping[str, _T], Generic[_T]):
    """All of a kind that a file has, by name; names are in lower case."""

    __slots__ = ()

    @property
    @abstractmethod
    def _class(self) -> type[_T]: ...

    @property
    def _part(self) -> tuple[str, None]:
        return f"{self._class.kind}s", None

    def _names(self) -> list[str]:
        return [name for name, _ in self._native.names(self._path, self._class.kind)]

    def __getitem__(self, name: str) -> _T:
        if name not in self:
            what = "security group" if self._class.kind == "group" else self._class.kind
            raise NotFoundError(f"there is no {what} `{name}` in `{self._path}`")
        return self._class(self._native, self._path, name.lower())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names()

    def _add(self, name: str, comment: str | None, fill: Callable[[_T], object]) -> _T:
        """Makes one; should what fills it fail, it is not there."""
        self._native.add_named(self._path, self._class.kind, name, comment)
        made = self[name]
        try:
            fill(made)
        except Exception:
            self._native.remove_named(self._path, self._class.kind, name, True)
            raise
        return made

    def remove(self, name: str, *, force: bool = False) -> None:
        """Remove one. One with lines is only removed by `force`; what refers to it is left alone."""
        self._native.remove_named(self._path, self._class.kind, name, force)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._path}: {', '.join(self)}>"


@dataclass(frozen=True, slots=True)
class Member(Row):
    """A member of a set."""

    value: str
    """The address, network or alias as it is written."""
    nomatch: bool = False
    """Whether it is an exception (`!`)."""
    comment: str | None = None

    @property
    def network(self) -> Network | None:
        """The member as an object; `None` for an alias. Bits behind the prefix don't count."""
        try:
            return ip_network(self.value, strict=False)
        except ValueError:
            return None

    def __str__(self) -> str:
        return ("!" if self.nomatch else "") + self.value


MemberLike = Member | NetworkLike
"""A member, or the address, network or alias (`!` in front: an exception) of one without comment."""


class IpSet(Named, Digested):
    """A set of networks. Members are compared as networks: `10.0.0.1` and `10.0.0.1/32` are the same."""

    __slots__ = ()
    kind = "set"

    @property
    def _part(self) -> tuple[str, str]:
        return self.kind, self._name

    @property
    def members(self) -> list[Member]:
        """Its members, in order."""
        return [Member(*member) for member in self._native.members(self._path, self._name)]

    def add(self, member: MemberLike, *, comment: str | None = None) -> None:
        """Add a member behind the others. One that is there already gets the comment, if one is given."""
        value, nomatch, given = _member(member)
        self._native.add_member(self._path, self._name, (value, nomatch, comment or given))

    def remove(self, member: MemberLike) -> None:
        """Remove a member, exception or not."""
        if not self._native.remove_member(self._path, self._name, _member(member)[0]):
            raise NotFoundError(f"the set `{self._name}` has no member `{member}`")

    def discard(self, member: MemberLike) -> bool:
        """Remove a member if it is there, and say whether it was."""
        return self._native.remove_member(self._path, self._name, _member(member)[0])

    def replace(self, members: Iterable[MemberLike]) -> tuple[int, int]:
        """Make these its members, in one go: returns how many were added and how many removed.

        Lines of members that stay are not touched, and keep their comments.
        """
        if isinstance(members, str):
            raise wrong("several members", members)
        return self._native.replace_members(self._path, self._name, [_member(member) for member in members])

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self._native.members(self._path, self._name))

    def __contains__(self, member: object) -> bool:
        if isinstance(member, (Member, *_MEMBERS)):
            value, nomatch, _ = _member(member)
            key = (network_or_name(value), nomatch)
            return any((network_or_name(other.value), other.nomatch) == key for other in self.members)
        return False

    def __repr__(self) -> str:
        return f"<IpSet {self._name} of {self._path}: {len(self)} members>"


class IpSets(NamedMap[IpSet]):
    """The sets of a file by name; names are in lower case."""

    __slots__ = ()

    @property
    def _class(self) -> type[IpSet]:
        return IpSet

    def add(self, name: str, members: Iterable[MemberLike] = (), *, comment: str | None = None) -> IpSet:
        """Make a set."""
        wanted = list(members)
        return self._add(name, comment, lambda made: made.replace(wanted) if wanted else None)


class Group(Named):
    """A security group."""

    __slots__ = ()
    kind = "group"

    @property
    def rules(self) -> Rules:
        """Its rules."""
        return Rules(self._native, self._path, self._name)

    def __repr__(self) -> str:
        return f"<Group {self._name}: {len(self.rules)} rules>"


class Groups(NamedMap[Group]):
    """The security groups by name; names are in lower case."""

    __slots__ = ()

    @property
    def _class(self) -> type[Group]:
        return Group

    def add(self, name: str, rules: Iterable[Rule | str] = (), *, comment: str | None = None) -> Group:
        """Make a security group."""
        return self._add(name, comment, lambda made: made.rules.extend(rules))


def _member(member: MemberLike) -> tuple[str, bool, str | None]:
    if isinstance(member, Member):
        return member.value, member.nomatch, member.comment
    if not isinstance(member, _MEMBERS):
        raise wrong("an address, a network, a name or a `Member`", member)
    text = str(member)
    if text.startswith("!"):
        return text[1:].lstrip(), True, None
    return text, False, None
