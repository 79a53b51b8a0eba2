"""Reads a pattern in RE2's syntax into a tree, as far as one needs to tell which words it cannot do without.

Owns the syntax and nothing else. What it does not know is an error, never a guess.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_GROUP = re.compile(r"\?(?:P?<\w+>|[a-zA-Z]*(?:-[a-zA-Z]+)?:)")  # of a name or of flags
_BRACKETS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL)  # and what a bracket may stand within
_TIMES_BY_SIGN: Final[dict[str, tuple[int, int | None]]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_TIMES = re.compile(r"\{(\d+)(,(\d*))?\}")
_EDGES: Final = "bAz"  # no letter and no digit can stand on both sides of these
_BLANKS: Final = "sntrfv"
_WIDE: Final = "wdDS"
_LETTERS = re.compile(r"[a-zA-Z0-9]{2,}(?![?*+{])")  # the last before a quantifier belongs to that alone
_WIDEST_RANGE = 64  # characters that a range may list; a wider one stands for any character


class UnknownSyntax(ValueError):
    """The pattern has something that this reader does not know."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of these, in small letters; None stands for any at all."""

    characters: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Letters:
    """These, small or large: more than one ASCII letter or digit, one after the other."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of these. The same words in a group give the same object, by which it is remembered what they are."""

    choices: "tuple[Node, ...]"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same again, between `least` and `most` times; None is without end."""

    item: "Node"
    least: int
    most: int | None


Node = OneOf | Letters | Sequence | Either | Repeated

ANY = OneOf(None)
EDGE = OneOf(frozenset(" "))  # takes no character, but words are apart there as at a blank
NOTHING = Sequence(())


@lru_cache(maxsize=256)
def _itself(sign: str) -> OneOf:
    return OneOf(frozenset(sign.lower()))


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


@lru_cache(maxsize=1_024)
def _read_group(within: str) -> Node:
    """A list of words is met again and again, and read once."""
    return read_pattern(within)


def _ends_of_groups(pattern: str) -> dict[int, int]:
    """Where each group ends, by where it begins."""
    ends, opened = {}, []
    for token in _BRACKETS.finditer(pattern) if "(" in pattern else ():
        if token[0] == "(":
            opened.append(token.start())
        elif token[0] == ")" and opened:
            ends[opened.pop()] = token.start()
    return ends


class _Reader:
    """A place in the pattern, which moves on."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._ends = _ends_of_groups(pattern)

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
        items: list[Node] = []
        while not self.at_end and self._pattern[self._at] not in "|)":
            if letters := _LETTERS.match(self._pattern, self._at):
                self._at = letters.end()
                items.append(Letters(letters[0].lower()))
            else:
                items.append(self._repeated(self._atom()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeated(self, item: Node) -> Node:
        while (bounds := self._bounds()) is not None:
            self._take("?")  # it only prefers the shorter match
            item = Repeated(item, *bounds)
        return item

    def _bounds(self) -> tuple[int, int | None] | None:
        sign = self._pattern[self._at : self._at + 1]
        if sign in _TIMES_BY_SIGN:
            self._at += 1
            return _TIMES_BY_SIGN[sign]
        if sign != "{":
            return None
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
        return ANY if sign == "." else _itself(sign)

    def _group(self) -> Node:
        end = self._ends.get(self._at - 1)
        if end is None:
            raise UnknownSyntax("a group that does not end")
        if named := _GROUP.match(self._pattern, self._at):
            self._at = named.end()
        elif self._take("?"):
            raise UnknownSyntax("flags without a group")
        node = _read_group(self._pattern[self._at : end])
        self._at = end + 1
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
