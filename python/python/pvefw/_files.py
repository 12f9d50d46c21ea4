"""Files that can be edited. An edit touches its own line and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from ._enums import Level
from ._errors import NotFoundError
from ._rules import Rules
from ._sets import Aliases, Groups, IpSets
from ._values import setting
from ._view import Digested, Engine, View, same


class Options(Digested, MutableMapping[str, str]):
    """The options of a file: a mapping, and attributes for names that are known. Values are as they are written.

    Booleans are written `1` and `0`. Deleting one makes its default count.
    """

    __slots__ = ()

    def __init__(self, native: Engine, path: str) -> None:
        object.__setattr__(self, "_native", native)
        object.__setattr__(self, "_path", path)

    @property
    def _part(self) -> tuple[str, None]:
        return "options", None

    def _all(self) -> dict[str, str]:
        return dict(self._native.options(self._path))

    def __getitem__(self, name: str) -> str:
        found = self._all().get(name.lower())
        if found is None:
            raise NotFoundError(f"the option `{name}` is not set in `{self._path}`")
        return found

    def __setitem__(self, name: str, value: object) -> None:
        self._native.set_option(self._path, name, setting(value))

    def __delitem__(self, name: str) -> None:
        self[name]
        self._native.set_option(self._path, name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("_"):
            raise AttributeError(name)
        known = self._native.option_names(self._path)
        if name not in known:
            raise AttributeError(f"`{self._path}` has no option `{name}`, but {', '.join(known)}")
        return self._all().get(name)

    def __setattr__(self, name: str, value: object) -> None:
        self._native.set_option(self._path, name, None if value is None else setting(value))

    def __repr__(self) -> str:
        return f"<Options of {self._path}: {self._all()!r}>"


class FirewallFile(View):
    """A firewall file. It need not exist yet: the first edit makes it."""

    __slots__ = ()

    level: Level

    @property
    def path(self) -> str:
        """Its path below the root."""
        return self._path

    @property
    def text(self) -> str:
        """Its text as it is now; what is not UTF-8 is shown as `\\ufffd`."""
        return (self._native.text(self._path) or b"").decode(errors="replace")

    @property
    def exists(self) -> bool:
        """Whether there is such a file, or something was written into it."""
        return self._native.text(self._path) is not None

    @property
    def options(self) -> Options:
        """Its options."""
        return Options(self._native, self._path)

    @property
    def rules(self) -> Rules:
        """The rules of `[RULES]`."""
        return Rules(self._native, self._path, None)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same file of the same datacenter."""
        return same(self, other)

    def __hash__(self) -> int:
        return hash((id(self._native), self._path))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._path}>"


class _Definitions(FirewallFile):
    __slots__ = ()

    @property
    def aliases(self) -> Aliases:
        """Its aliases."""
        return Aliases(self._native, self._path)

    @property
    def ipsets(self) -> IpSets:
        """Its sets."""
        return IpSets(self._native, self._path)


class Cluster(_Definitions):
    """`firewall/cluster.fw`: the datacenter."""

    __slots__ = ()
    level = Level.CLUSTER

    @property
    def groups(self) -> Groups:
        """The security groups."""
        return Groups(self._native, self._path)


class Guest(_Definitions):
    """`firewall/<vmid>.fw`: one virtual machine or container."""

    __slots__ = ()
    level = Level.GUEST


class Host(FirewallFile):
    """`nodes/<node>/host.fw`: one node."""

    __slots__ = ()
    level = Level.HOST


class Vnet(FirewallFile):
    """`sdn/firewall/<vnet>.fw`: one VNet. It is checked, and has no effect."""

    __slots__ = ()
    level = Level.VNET
