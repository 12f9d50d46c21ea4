"""Files that can be edited. An edit touches its own line and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_network,
)
from typing import overload

from . import _native
from ._enums import Action, Direction, Level, LogLevel
from ._errors import EditError, NotFoundError
from ._results import Line
from ._rows import Row

Network = IPv4Network | IPv6Network
"""A network as an object."""
NetworkLike = str | IPv4Address | IPv6Address | IPv4Network | IPv6Network | IPv4Interface | IPv6Interface
"""An address or network, as an object or as text."""
AddressValue = NetworkLike | Iterable[NetworkLike]
"""What a rule compares an address with: a reference (`+set`, `alias`), an address, a network, a range, or several."""


_Engine = _native.Datacenter


class Rule:
    """A rule: one that stands in a file, or one that stands nowhere yet.

    `Rule.parse` and the constructor make rules that stand nowhere. `Rules.insert` and its kin put a copy into a file and
    return it: changing that one changes its line, and nothing else of the file. It stays the same rule when others come,
    go or move around it. A value that would make the line faulty raises `EditError`.
    """

    __slots__ = ("_group", "_id", "_line", "_native", "_path")

    def __init__(
        self,
        direction: Direction | str,
        action: Action | str,
        *,
        macro: str | None = None,
        source: AddressValue | None = None,
        dest: AddressValue | None = None,
        proto: str | int | None = None,
        dport: str | int | None = None,
        sport: str | int | None = None,
        icmp_type: str | None = None,
        iface: str | None = None,
        log: LogLevel | str | None = None,
        comment: str | None = None,
        enabled: bool = True,
    ) -> None:
        action = _word(action)
        words = [_word(direction), f"{macro}({action})" if macro else action]
        for name, value in (
            ("-i", iface),
            ("-source", _addresses(source)),
            ("-dest", _addresses(dest)),
            ("-p", proto),
            ("-dport", dport),
            ("-sport", sport),
            ("-log", None if log is None else _word(log)),
            ("-icmp-type", icmp_type),
        ):
            if value is not None:
                words += [name, _one_word(value)]
        self._line: _native.RuleLine | None = _native.RuleLine(" ".join(words))
        self._native: _Engine | None = None
        self._path = ""
        self._group: str | None = None
        self._id = 0
        if comment is not None:
            self._line.set("comment", comment)
        if not enabled:
            self._line.switch(False)

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule as it is written in files: `IN SSH(ACCEPT) -source +management # ops`."""
        rule = cls.__new__(cls)
        rule._line = _native.RuleLine(text)
        rule._native, rule._path, rule._group, rule._id = None, "", None, 0
        return rule

    @classmethod
    def use(cls, group: str, *, iface: str | None = None, comment: str | None = None) -> Rule:
        """Make a rule that uses a security group."""
        rule = cls.parse(f"GROUP {group}" + (f" -i {iface}" if iface is not None else ""))
        if comment is not None:
            rule.comment = comment
        return rule

    @classmethod
    def _at(cls, native: _Engine, path: str, group: str | None, id: int) -> Rule:
        rule = cls.__new__(cls)
        rule._line = None
        rule._native, rule._path, rule._group, rule._id = native, path, group, id
        return rule

    def _words(self) -> tuple[bool, dict[str, str]]:
        if self._line is not None:
            return self._line.words()
        assert self._native is not None
        return self._native.rule(self._path, self._id)[2]

    def _get(self, name: str) -> str | None:
        return self._words()[1].get(name)

    def _set(self, name: str, value: str | None) -> None:
        if self._line is not None:
            self._line.set(name, value)
        else:
            assert self._native is not None
            self._native.set_rule(self._path, self._id, name, value)

    @property
    def text(self) -> str:
        """The line as it is written."""
        if self._line is not None:
            return self._line.text()
        assert self._native is not None
        return self._native.rule(self._path, self._id)[1]

    @text.setter
    def text(self, text: str) -> None:
        if self._native is None:
            self._line = _native.RuleLine(text)
        else:
            self._native.replace_rule(self._path, self._id, text)

    @property
    def place(self) -> Line | None:
        """The file and the line at which the rule stands now; `None` if it stands nowhere."""
        if self._native is None:
            return None
        return Line(self._path, self._native.rule(self._path, self._id)[0])

    @property
    def enabled(self) -> bool:
        """Whether the rule is switched on (no `|` in front)."""
        return self._words()[0]

    @enabled.setter
    def enabled(self, on: bool) -> None:
        if self._line is not None:
            self._line.switch(on)
        else:
            assert self._native is not None
            self._native.switch_rule(self._path, self._id, on)

    @property
    def direction(self) -> Direction:
        """Which packets it is for; `GROUP` for a rule that uses a security group."""
        return Direction(self._get("direction") or "GROUP")

    @direction.setter
    def direction(self, direction: Direction | str) -> None:
        self._set("direction", _word(direction))

    @property
    def action(self) -> Action | None:
        """What it does; `None` for a rule that uses a security group."""
        word = self._get("action")
        return None if word is None else Action(word)

    @action.setter
    def action(self, action: Action | str) -> None:
        self._set("action", _word(action))

    @property
    def macro(self) -> str | None:
        """The macro in it, such as `SSH`."""
        return self._get("macro")

    @macro.setter
    def macro(self, macro: str | None) -> None:
        self._set("macro", macro)

    @property
    def group(self) -> str | None:
        """The security group that it uses."""
        return self._get("group")

    @group.setter
    def group(self, group: str) -> None:
        self._set("group", group)

    @property
    def iface(self) -> str | None:
        """The interface (`-i`)."""
        return self._get("iface")

    @iface.setter
    def iface(self, iface: str | None) -> None:
        self._set("iface", iface)

    @property
    def source(self) -> str | None:
        """What the source is compared with, as it is written: `+set`, an alias, addresses."""
        return self._get("source")

    @source.setter
    def source(self, source: AddressValue | None) -> None:
        self._set("source", _addresses(source))

    @property
    def dest(self) -> str | None:
        """What the destination is compared with, as it is written."""
        return self._get("dest")

    @dest.setter
    def dest(self, dest: AddressValue | None) -> None:
        self._set("dest", _addresses(dest))

    @property
    def source_networks(self) -> tuple[Network, ...]:
        """The source as objects; empty for references and ranges, and if there is none."""
        return _networks(self.source)

    @property
    def dest_networks(self) -> tuple[Network, ...]:
        """The destination as objects; empty for references and ranges, and if there is none."""
        return _networks(self.dest)

    @property
    def proto(self) -> str | None:
        """The protocol, by name or number."""
        return self._get("proto")

    @proto.setter
    def proto(self, proto: str | int | None) -> None:
        self._set("proto", _text(proto))

    @property
    def dport(self) -> str | None:
        """Destination ports as they are written: `22`, `80,443`, `8000:8099`, `https`."""
        return self._get("dport")

    @dport.setter
    def dport(self, dport: str | int | None) -> None:
        self._set("dport", _text(dport))

    @property
    def sport(self) -> str | None:
        """Source ports as they are written."""
        return self._get("sport")

    @sport.setter
    def sport(self, sport: str | int | None) -> None:
        self._set("sport", _text(sport))

    @property
    def icmp_type(self) -> str | None:
        """The ICMP type, by name."""
        return self._get("icmp_type")

    @icmp_type.setter
    def icmp_type(self, icmp_type: str | None) -> None:
        self._set("icmp_type", icmp_type)

    @property
    def log(self) -> LogLevel | None:
        """How loudly its packets are logged; `None` if not."""
        word = self._get("log")
        return None if word is None else LogLevel(word)

    @log.setter
    def log(self, log: LogLevel | str | None) -> None:
        self._set("log", None if log is None else _word(log))

    @property
    def comment(self) -> str | None:
        """The comment behind it."""
        return self._get("comment")

    @comment.setter
    def comment(self, comment: str | None) -> None:
        self._set("comment", comment)

    def remove(self) -> None:
        """Remove the rule from its file."""
        if self._native is None:
            raise NotFoundError("the rule stands in no file")
        self._native.remove_rule(self._path, self._id)

    def move(self, index: int) -> None:
        """Move the rule so that `index` others of its list stand before it."""
        if self._native is None:
            raise NotFoundError("the rule stands in no file")
        count = len(self._native.rules(self._path, self._group))
        self._native.move_rule(self._path, self._group, self._id, _index(index, count))

    def to_dict(self) -> dict[str, str | bool]:
        """What the rule says: its text, whether it is enabled, and the parts that it has."""
        enabled, words = self._words()
        return {"text": self.text, "enabled": enabled, "direction": "GROUP", **words}

    def __eq__(self, other: object) -> bool:
        """Rules in files are equal if they are the same line; others if they have the same text."""
        if not isinstance(other, Rule):
            return NotImplemented
        if self._native is None or other._native is None:
            return self._native is other._native and self.text == other.text
        return (self._native, self._path, self._id) == (other._native, other._path, other._id)

    def __hash__(self) -> int:
        return hash(self.text) if self._native is None else hash((id(self._native), self._path, self._id))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        try:
            place, text = self.place, self.text
        except NotFoundError:
            return "<Rule that was removed>"
        return f"Rule.parse({text!r})" if place is None else f"<Rule {text!r} at {place}>"


class Rules(Sequence[Rule]):
    """The rules of a file or security group, in order. Lines that are no rules are not among them."""

    __slots__ = ("_group", "_native", "_path")

    def __init__(self, native: _Engine, path: str, group: str | None) -> None:
        self._native = native
        self._path = path
        self._group = group

    def _rule(self, id: int) -> Rule:
        return Rule._at(self._native, self._path, self._group, id)  # pyright: ignore[reportPrivateUsage]

    def __len__(self) -> int:
        return len(self._native.rules(self._path, self._group))

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> list[Rule]: ...
    def __getitem__(self, index: int | slice) -> Rule | list[Rule]:
        ids = self._native.rules(self._path, self._group)
        if isinstance(index, slice):
            return [self._rule(id) for id in ids[index]]
        return self._rule(ids[index])

    def __iter__(self) -> Iterator[Rule]:
        return iter([self._rule(id) for id in self._native.rules(self._path, self._group)])

    def __delitem__(self, index: int) -> None:
        self[index].remove()

    def insert(self, index: int, rule: Rule | str) -> Rule:
        """Put a rule before the one at `index`, and return it as it stands there."""
        return self._rule(
            self._native.insert_rule(self._path, self._group, _index(index, len(self)), str(rule))
        )

    def append(self, rule: Rule | str) -> Rule:
        """Put a rule behind the last one, and return it as it stands there."""
        return self.insert(len(self), rule)

    def extend(self, rules: Iterable[Rule | str]) -> list[Rule]:
        """Put rules behind the last one, in their order."""
        return [self.append(rule) for rule in rules]

    def remove(self, rule: Rule) -> None:
        """Remove a rule of the list."""
        if rule not in self:
            raise NotFoundError("the rule is not in this list")
        rule.remove()

    def move(self, rule: Rule, index: int) -> None:
        """Move a rule of the list so that `index` others stand before it."""
        if rule not in self:
            raise NotFoundError("the rule is not in this list")
        rule.move(index)

    def find(self, rule: Rule | str) -> Rule | None:
        """The first rule that says the same, whatever its comment, its blanks, and whether it is switched on."""
        wanted = _meaning(rule if isinstance(rule, Rule) else Rule.parse(rule))
        return next((other for other in self if _meaning(other) == wanted), None)

    def ensure(self, rule: Rule | str, index: int | None = None) -> Rule:
        """Make sure that a rule is there, switched on or off as given, and return it as it stands.

        One that says the same is taken for it; a comment, if one is given, becomes its. A new one comes before the one at
        `index`, by default behind the last.
        """
        wanted = rule if isinstance(rule, Rule) else Rule.parse(rule)
        found = self.find(wanted)
        if found is None:
            return self.insert(len(self) if index is None else index, wanted)
        _adjust(found, wanted)
        return found

    def replace(self, rules: Iterable[Rule | str]) -> None:
        """Make these the rules, in this order. Lines of rules that stay in their order are not touched.

        Rules are compared as by `find`. If one of them can't be, those before it have been put in.
        """
        wanted = [rule if isinstance(rule, Rule) else Rule.parse(rule) for rule in rules]
        left = [(rule, _meaning(rule)) for rule in self]
        kept: list[Rule | None] = []
        for rule in wanted:
            meaning = _meaning(rule)
            at = next((at for at, (_, other) in enumerate(left) if other == meaning), None)
            kept.append(None if at is None else left.pop(at)[0])
        for rule, _ in left:
            rule.remove()
        for index, (rule, found) in enumerate(zip(wanted, kept)):
            if found is None:
                self.insert(index, rule)
            else:
                found.move(index)
                _adjust(found, rule)

    def __repr__(self) -> str:
        of = self._path if self._group is None else f"group {self._group}"
        return f"<Rules of {of}: {len(self)}>"


class Options(MutableMapping[str, str]):
    """The options of a file: a mapping, and attributes for names that are known. Values are as they are written.

    Booleans are written `1` and `0`. Deleting one makes its default count.
    """

    __slots__ = ("_native", "_path")
    _native: _Engine
    _path: str

    def __init__(self, native: _Engine, path: str) -> None:
        object.__setattr__(self, "_native", native)
        object.__setattr__(self, "_path", path)

    def _all(self) -> dict[str, str]:
        return dict(self._native.options(self._path))

    def __getitem__(self, name: str) -> str:
        return self._all()[name.lower()]

    def __setitem__(self, name: str, value: object) -> None:
        self._native.set_option(self._path, name, _setting(value))

    def __delitem__(self, name: str) -> None:
        if name.lower() not in self._all():
            raise NotFoundError(f"the option `{name}` is not set")
        self._native.set_option(self._path, name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._all().get(name)

    def __setattr__(self, name: str, value: object) -> None:
        self._native.set_option(self._path, name, None if value is None else _setting(value))

    def __repr__(self) -> str:
        return f"<Options of {self._path}: {self._all()!r}>"


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


class Aliases(Mapping[str, Alias]):
    """The aliases of a file by name; case does not count. `aliases["srv"] = "10.0.0.1"` defines one, or changes it."""

    __slots__ = ("_native", "_path")

    def __init__(self, native: _Engine, path: str) -> None:
        self._native = native
        self._path = path

    def _all(self) -> dict[str, Alias]:
        return {
            name.lower(): Alias(name, ip_network(text, strict=False), text, comment, Line(self._path, line))
            for name, text, comment, line in self._native.aliases(self._path)
        }

    def __getitem__(self, name: str) -> Alias:
        return self._all()[name.lower()]

    def __setitem__(self, name: str, network: NetworkLike) -> None:
        self._native.set_alias(self._path, name, _one_word(network))

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


class IpSet:
    """A set of networks. Members are compared as networks: `10.0.0.1` and `10.0.0.1/32` are the same."""

    __slots__ = ("_name", "_native", "_path")

    def __init__(self, native: _Engine, path: str, name: str) -> None:
        self._native = native
        self._path = path
        self._name = name

    @property
    def name(self) -> str:
        """Its name, in lower case."""
        return self._name

    @property
    def comment(self) -> str | None:
        """The comment behind its header."""
        return dict(self._native.names(self._path, "set")).get(self._name)

    @comment.setter
    def comment(self, comment: str | None) -> None:
        self._native.comment_named(self._path, "set", self._name, comment)

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
        return self._native.replace_members(self._path, self._name, [_member(member) for member in members])

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self._native.members(self._path, self._name))

    def __contains__(self, member: object) -> bool:
        if isinstance(member, (str, Member, IPv4Address, IPv6Address, IPv4Network, IPv6Network)):
            value, nomatch, _ = _member(member)
            key = (_key(value), nomatch)
            return any((_key(other.value), other.nomatch) == key for other in self.members)
        return False

    def __repr__(self) -> str:
        return f"<IpSet {self._name} of {self._path}: {len(self)} members>"


class IpSets(Mapping[str, IpSet]):
    """The sets of a file by name; names are in lower case."""

    __slots__ = ("_native", "_path")

    def __init__(self, native: _Engine, path: str) -> None:
        self._native = native
        self._path = path

    def __getitem__(self, name: str) -> IpSet:
        if name not in self:
            raise KeyError(name)
        return IpSet(self._native, self._path, name.lower())

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._native.names(self._path, "set")])

    def __len__(self) -> int:
        return len(self._native.names(self._path, "set"))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(name.lower() == known for known in self)

    def add(self, name: str, members: Iterable[MemberLike] = (), *, comment: str | None = None) -> IpSet:
        """Make a set."""
        made = [_member(member) for member in members]
        self._native.add_named(self._path, "set", name, comment)
        made_set = self[name]
        if made:
            try:
                self._native.replace_members(self._path, made_set.name, made)
            except EditError:
                self._native.remove_named(self._path, "set", name, True)
                raise
        return made_set

    def remove(self, name: str, *, force: bool = False) -> None:
        """Remove a set. One with members is only removed by `force`; what refers to it is left alone."""
        self._native.remove_named(self._path, "set", name, force)

    def __repr__(self) -> str:
        return f"<IpSets of {self._path}: {', '.join(self)}>"


class Group:
    """A security group."""

    __slots__ = ("_name", "_native", "_path")

    def __init__(self, native: _Engine, path: str, name: str) -> None:
        self._native = native
        self._path = path
        self._name = name

    @property
    def name(self) -> str:
        """Its name, in lower case."""
        return self._name

    @property
    def comment(self) -> str | None:
        """The comment behind its header."""
        return dict(self._native.names(self._path, "group")).get(self._name)

    @comment.setter
    def comment(self, comment: str | None) -> None:
        self._native.comment_named(self._path, "group", self._name, comment)

    @property
    def rules(self) -> Rules:
        """Its rules."""
        return Rules(self._native, self._path, self._name)

    def __repr__(self) -> str:
        return f"<Group {self._name}: {len(self.rules)} rules>"


class Groups(Mapping[str, Group]):
    """The security groups of the datacenter by name; names are in lower case."""

    __slots__ = ("_native", "_path")

    def __init__(self, native: _Engine, path: str) -> None:
        self._native = native
        self._path = path

    def __getitem__(self, name: str) -> Group:
        if name not in self:
            raise KeyError(name)
        return Group(self._native, self._path, name.lower())

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._native.names(self._path, "group")])

    def __len__(self) -> int:
        return len(self._native.names(self._path, "group"))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(name.lower() == known for known in self)

    def add(self, name: str, rules: Iterable[Rule | str] = (), *, comment: str | None = None) -> Group:
        """Make a security group."""
        self._native.add_named(self._path, "group", name, comment)
        group = self[name]
        try:
            group.rules.extend(rules)
        except EditError:
            self._native.remove_named(self._path, "group", name, True)
            raise
        return group

    def remove(self, name: str, *, force: bool = False) -> None:
        """Remove a group. One with rules is only removed by `force`; what uses it is left alone."""
        self._native.remove_named(self._path, "group", name, force)

    def __repr__(self) -> str:
        return f"<Groups: {', '.join(self)}>"


class FirewallFile:
    """A firewall file. It need not exist yet: the first edit makes it."""

    __slots__ = ("_native", "_path")

    level: Level

    def __init__(self, native: _Engine, path: str) -> None:
        self._native = native
        self._path = path

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


def _meaning(rule: Rule) -> dict[str, str]:
    words = rule._words()[1]  # pyright: ignore[reportPrivateUsage]
    return {name: value.lower() if name == "macro" else value for name, value in words.items() if name != "comment"}


def _adjust(rule: Rule, wanted: Rule) -> None:
    if rule.enabled != wanted.enabled:
        rule.enabled = wanted.enabled
    if wanted.comment is not None and rule.comment != wanted.comment:
        rule.comment = wanted.comment


def _index(index: int, count: int) -> int:
    """An index as `list.insert` takes it."""
    return max(0, index + count) if index < 0 else index


def _word(word: str) -> str:
    return str(word)


def _text(value: str | int | None) -> str | None:
    return None if value is None else _one_word(value)


def _one_word(value: object) -> str:
    """A value as it is written. One with blanks would be read as several."""
    if isinstance(value, bool) or value is None:
        raise TypeError(f"expected text, a number or an address, not {type(value).__name__}")
    text = str(value).strip()
    if not text or text.split() != [text]:
        raise EditError(f"`{text}` can't stand in a rule as one value", ["a value has no blanks"])
    return text


def _addresses(value: AddressValue | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, (str, IPv4Address, IPv6Address, IPv4Network, IPv6Network)):
        return _one_word(value)
    return ",".join(_one_word(item) for item in value)


def _networks(text: str | None) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(item, strict=False) for item in (text or "").split(",") if item)
    except ValueError:
        return ()


def _member(member: MemberLike) -> tuple[str, bool, str | None]:
    if isinstance(member, Member):
        return member.value, member.nomatch, member.comment
    text = str(member)
    if text.startswith("!"):
        return text[1:].lstrip(), True, None
    return text, False, None


def _key(value: str) -> str | Network:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return value.lower()


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)
