"""Rules, and the lists in which they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsIndex, overload

from . import _native
from ._enums import Action, Direction, LogLevel
from ._errors import NotFoundError
from ._results import Line
from ._values import (
    AddressValue,
    Network,
    PortValue,
    addresses,
    list_index,
    networks,
    one_word,
    ports,
    text_or_none,
    wrong,
)
from ._view import Digested, Engine, same


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
        dport: PortValue | None = None,
        sport: PortValue | None = None,
        icmp_type: str | None = None,
        iface: str | None = None,
        log: LogLevel | str | None = None,
        comment: str | None = None,
        enabled: bool = True,
    ) -> None:
        action = str(action)
        words = [str(direction), f"{macro}({action})" if macro else action]
        for name, value in (
            ("-i", iface),
            ("-source", addresses(source)),
            ("-dest", addresses(dest)),
            ("-p", proto),
            ("-dport", ports(dport)),
            ("-sport", ports(sport)),
            ("-log", None if log is None else str(log)),
            ("-icmp-type", icmp_type),
        ):
            if value is not None:
                words += [name, one_word(value)]
        self._line: _native.RuleLine | None = _native.RuleLine(" ".join(words))
        self._native: Engine | None = None
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
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise wrong("a rule as text", text)
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
    def _at(cls, native: Engine, path: str, group: str | None, id: int) -> Rule:
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
        self._set("direction", str(direction))

    @property
    def action(self) -> Action | None:
        """What it does; `None` for a rule that uses a security group."""
        word = self._get("action")
        return None if word is None else Action(word)

    @action.setter
    def action(self, action: Action | str) -> None:
        self._set("action", str(action))

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
        self._set("source", addresses(source))

    @property
    def dest(self) -> str | None:
        """What the destination is compared with, as it is written."""
        return self._get("dest")

    @dest.setter
    def dest(self, dest: AddressValue | None) -> None:
        self._set("dest", addresses(dest))

    @property
    def source_networks(self) -> tuple[Network, ...]:
        """The source as objects; empty for references and ranges, and if there is none."""
        return networks(self.source)

    @property
    def dest_networks(self) -> tuple[Network, ...]:
        """The destination as objects; empty for references and ranges, and if there is none."""
        return networks(self.dest)

    @property
    def proto(self) -> str | None:
        """The protocol, by name or number."""
        return self._get("proto")

    @proto.setter
    def proto(self, proto: str | int | None) -> None:
        self._set("proto", text_or_none(proto))

    @property
    def dport(self) -> str | None:
        """Destination ports as they are written: `22`, `80,443`, `8000:8099`, `https`."""
        return self._get("dport")

    @dport.setter
    def dport(self, dport: PortValue | None) -> None:
        self._set("dport", ports(dport))

    @property
    def sport(self) -> str | None:
        """Source ports as they are written."""
        return self._get("sport")

    @sport.setter
    def sport(self, sport: PortValue | None) -> None:
        self._set("sport", ports(sport))

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
        self._set("log", None if log is None else str(log))

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
        self._native.move_rule(self._path, self._group, self._id, list_index(index, count))

    def to_dict(self) -> dict[str, str | bool]:
        """What the rule says: its text, whether it is enabled, and the parts that it has."""
        enabled, words = self._words()
        return {"text": self.text, "enabled": enabled, "direction": "GROUP", **words}

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """One that stands nowhere is copied and pickled by its text; one in a file belongs to it."""
        return (Rule.parse, (self.text,)) if self._native is None else super().__reduce_ex__(protocol)

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


class Rules(Digested, Sequence[Rule]):
    """The rules of a file or security group, in order. Lines that are no rules are not among them."""

    __slots__ = ("_group",)

    def __init__(self, native: Engine, path: str, group: str | None) -> None:
        super().__init__(native, path)
        self._group = group

    @property
    def _part(self) -> tuple[str, str | None]:
        return "rules", self._group

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
        if not isinstance(rule, (Rule, str)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise wrong("a rule, or one as text", rule)
        at = list_index(index, len(self))
        return self._rule(self._native.insert_rule(self._path, self._group, at, str(rule)))

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

    def __eq__(self, other: object) -> bool:
        """Whether they are the rules of the same file or group."""
        return same(self, other, "_group")

    def __hash__(self) -> int:
        return hash((id(self._native), self._path, self._group))

    def __repr__(self) -> str:
        of = self._path if self._group is None else f"group {self._group}"
        return f"<Rules of {of}: {len(self)}>"


def _meaning(rule: Rule) -> dict[str, str]:
    words = rule._words()[1]  # pyright: ignore[reportPrivateUsage]
    return {name: value.lower() if name == "macro" else value for name, value in words.items() if name != "comment"}


def _adjust(rule: Rule, wanted: Rule) -> None:
    if rule.enabled != wanted.enabled:
        rule.enabled = wanted.enabled
    if wanted.comment is not None and rule.comment != wanted.comment:
        rule.comment = wanted.comment
