"""The words without which a pattern cannot match: most patterns are ruled out by looking up a few words.

RE2 needs some microseconds for each pattern and text, and there are thousands of patterns. One is possible when its
words are there, so nothing is lost by not asking RE2 for the others. Which words those are `rules.pattern_words` tells.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from itertools import count, pairwise

from rules.normalising import normalise
from rules.pattern_words import FOREIGN, HEADS, LIKE_ASCII, SIGNS, cost, ways_of
from rules.remembering import forget_message, remembered

_SEPARATORS = bytes(code if chr(code).isalnum() and code < 0x80 else 0x20 for code in range(256))


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which pattern number `pattern` of list number `of` may match: a word of each of `others` is there."""

    of: int
    pattern: int
    others: tuple[frozenset[bytes], ...]


class Needed:
    """Finds the patterns of a list that may match in a text. Made by `needed_by`."""

    __slots__ = ("_always", "_number")

    def __init__(self, number: int, always: Iterable[int]) -> None:
        self._number = number
        self._always = frozenset(always)  # no words can be told for these

    def possible(self, text: str) -> Set[int]:
        """The numbers of the patterns that may match in this text, or in what it reads like normalised."""
        return self._always.union(_possible_in(text).get(self._number, ()))


# All lists ever made, so that the words of a text are gone through once for all of them: a few of the program, and
# those that the phrases of administrators' policies made while this process ran.
_numbers = count()
_ways: dict[bytes, list[Way]] = {}
_asked_for: set[bytes] = set()  # all that a way asks for: a text's others are let go


@remembered
def _possible_in(text: str) -> Mapping[int, Set[int]]:
    """The patterns that may match, by the number of their list."""
    words = _words_of(text)
    found: dict[int, set[int]] = {}
    for word in words & _ways.keys():
        for way in _ways[word]:
            if not any(map(words.isdisjoint, way.others)):
                found.setdefault(way.of, set()).add(way.pattern)
    return found


def _words_of(text: str) -> frozenset[bytes]:
    """Its words, those of what it reads like normalised among them, as far as a pattern asks for them."""
    if text.isascii():
        return _asked_for_in(text)
    for sign, letter in LIKE_ASCII.items():
        text = text.replace(sign, letter)
    return _asked_for_in(text) | _asked_for_in(normalise(text).text) | {FOREIGN.encode()}


def _asked_for_in(text: str) -> frozenset[bytes]:
    words = text.encode("utf-8", "replace").lower().translate(_SEPARATORS).split()
    once = set(words)
    heads = [[word[:length] for word in once] for length in HEADS]
    signs = [sign.encode() for sign in SIGNS if sign in text]
    return frozenset(_asked_for.intersection(once.union(*heads, signs, map(b" ".join, pairwise(words)))))


def needed_by(patterns: Iterable[str]) -> Needed:
    """What patterns in RE2's syntax need, whatever the case of letters."""
    list_number = next(_numbers)
    always = set()
    for number, pattern in enumerate(patterns):
        for groups in ways_of(pattern):
            if not groups:
                always.add(number)
                continue
            first, *others = ([word.encode() for word in group] for group in sorted(groups, key=cost))
            _asked_for.update(first, *others)
            way = Way(list_number, number, tuple(map(frozenset, others)))
            for word in first:
                _ways.setdefault(word, []).append(way)
    forget_message()  # what is remembered of its words was told without these
    return Needed(list_number, always)
