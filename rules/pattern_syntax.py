"""Reads a pattern in RE2's syntax into a tree, as far as one needs to tell which words it cannot do without.

Owns the syntax and nothing else. What it does not know is an error, never a guess.
"""

import re
from dataclasses import dataclass
from typing import Final

_GROUP = re.compile(r"\?(?:P?<\w+>|[a-zA-Z]*(?:-[a-zA-Z]+)?:)")  # of a name or of flags
_TIMES = re.compile(r"\{(\d+)(,(\d*))?\}")
_EDGES: Final = "bAz"  # no letter and no digit can stand on both sides of these
_BLANKS: Final = "sntrfv"
_WIDE: Final = "wdDS"
_WIDEST_RANGE = 64  # characters that a range may list; a wider one stands for any character


class UnknownSyntax(ValueError):
    """The pattern has something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of these, in small letters; None stands for any at all."""

    characters: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of these."""

    choices: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same again, between `least` and `most` times; None is without end."""

    item: "Node"
    least: int
    most: int | None


Node = OneOf | Sequence | Either | Repeated

ANY = OneOf(None)
EDGE = OneOf(frozenset(" "))  # takes no character, but words are apart there as at a blank
NOTHING = Sequence(())


def read_pattern(pattern: str) -> Node:
    """The tree of one pattern. Raises UnknownSyntax."""
    reader = _Reader(pattern)
    try:
        node = reader.either()
    except IndexError:
        raise UnknownSyntax("it ends too early") from None
    if not reader.at_end:
        raise UnknownSyntax(f"nothing is open at {reader.rest[:5]!r}")
    return node


class _Reader:
    """A place in the pattern, which moves on."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._pattern)

    @property
    def rest(self) -> str:
        return self._pattern[self._at :]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _take(self, expected: str) -> bool:
        if found := self._pattern.startswith(expected, self._at):
            self._at += len(expected)
        return found

    def either(self) -> Node:
        choices = [self._sequence()]
        while self._take("|"):
            choices.append(self._sequence())
        return choices[0] if len(choices) == 1 else Either(tuple(choices))

    def _sequence(self) -> Node:
        items = []
        while not self.at_end and self._pattern[self._at] not in "|)":
            items.append(self._repeated(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeated(self, item: Node) -> Node:
        while (bounds := self._bounds()) is not None:
            self._take("?")  # it only prefers the shorter match
            item = Repeated(item, *bounds)
        return item

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("?"):
            return 0, 1
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        times = _TIMES.match(self._pattern, self._at)
        if times is None:
            return None
        self._at = times.end()
        least = int(times[1])
        return least, (least if times[2] is None else int(times[3]) if times[3] else None)

    def _atom(self) -> Node:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return OneOf(self._class())
        if sign == "\\":
            return self._escaped()
        if sign in "^$":
            return EDGE
        return ANY if sign == "." else OneOf(frozenset(sign.lower()))

    def _group(self) -> Node:
        if named := _GROUP.match(self._pattern, self._at):
            self._at = named.end()
        elif self._take("?"):
            raise UnknownSyntax("flags without a group")
        node = self.either()
        if not self._take(")"):
            raise UnknownSyntax("a group that does not end")
        return node

    def _escaped(self) -> Node:
        sign = self._next()
        if sign in _EDGES:
            return EDGE
        if sign == "B":
            return NOTHING
        if sign in _WIDE:
            return ANY
        return OneOf(frozenset(_one_escaped(sign)))

    def _class(self) -> frozenset[str] | None:
        negated = self._take("^")
        characters: set[str] | None = set()
        first = True
        while first or not self._take("]"):
            first = False
            some = self._member()
            characters = None if characters is None or some is None else characters | some
        return None if negated or characters is None else frozenset(characters)

    def _member(self) -> set[str] | None:
        sign = self._next()
        if sign == "[" and self._pattern[self._at] == ":":
            raise UnknownSyntax("a class by its name")
        if sign == "\\":
            sign = self._next()
            if sign in _WIDE:
                return None
            sign = _one_escaped(sign)
        if self._pattern[self._at] != "-" or self._pattern[self._at + 1] == "]":
            return {sign.lower()}
        self._at += 1
        last = self._next()
        if last == "\\":
            last = _one_escaped(self._next())
        if ord(last) - ord(sign) > _WIDEST_RANGE:
            return None
        return {chr(code).lower() for code in range(ord(sign), ord(last) + 1)}


def _one_escaped(sign: str) -> str:
    """The character that a backslash and `sign` stand for; a blank for all that is no letter and no digit."""
    if sign in _BLANKS or sign == "W":
        return " "
    if sign.isalnum():
        raise UnknownSyntax(f"a backslash before {sign!r}")
    return sign
