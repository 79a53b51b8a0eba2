"""The words without which a pattern cannot match: most patterns are ruled out by looking up a few words.

RE2 needs some microseconds for each pattern and text, and there are thousands of patterns. One is possible when its
words are there, so nothing is lost by not asking RE2 for the others. Which words those are `rules.pattern_words` tells.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from itertools import count, pairwise

from rules.normalising import normalise
from rules.pattern_words import FOREIGN, HEADS, LIKE_ASCII, SIGNS, cost, ways_of
from rules.remembering import MOST_TEXTS, forget_message, with_message

_SEPARATORS = bytes(code if chr(code).isalnum() and code < 0x80 else 0x20 for code in range(256))

Word = bytes | tuple[bytes, bytes]  # the second form is that of two in a row


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which pattern number `pattern` of list number `of` may match: a word of each of `others` is there."""

    of: int
    pattern: int
    others: tuple[frozenset[Word], ...]


class Needed:
    """Finds the patterns of a list that may match in a text. Made by `needed_by`."""

    __slots__ = ("_always", "_number")

    def __init__(self, number: int, always: Iterable[int]) -> None:
        self._number = number
        self._always = _always[number] = frozenset(always)  # no words can be told for these

    def possible(self, text: str) -> Set[int]:
        """The numbers of the patterns that may match in this text, or in what it reads like normalised."""
        known = _known.get(text)
        if known is None:
            if len(_known) == MOST_TEXTS:
                _known.clear()
            known = _known[text] = _possible_in(text)
        return known.get(self._number, self._always)

    def already_known(self, text: str) -> Set[int] | None:
        """The same for whoever has another way to find out, which is faster than looking up the words of a text."""
        return self.possible(text) if text in _known else None


# All lists ever made, so that the words of a text are gone through once for all of them: a few of the program, and
# those that the phrases of administrators' policies made while this process ran.
_numbers = count()
_ways: dict[Word, list[Way]] = {}
_always: dict[int, Set[int]] = {}  # what `possible` names of a list whatever the text says
# All that a way asks for: a text's other words are let go.
_asked_for: set[bytes] = set()
_asked_for_pairs: set[tuple[bytes, bytes]] = set()
_known: dict[str, Mapping[int, Set[int]]] = {}  # the texts of this message that were asked about
with_message(_known.clear)


def _possible_in(text: str) -> Mapping[int, Set[int]]:
    """The patterns that may match, by the number of their list; only of lists of which the text has words."""
    words = _words_of(text)
    found: dict[int, set[int]] = {}
    for word in words & _ways.keys():
        for way in _ways[word]:
            for group in way.others:
                if words.isdisjoint(group):
                    break
            else:
                found.setdefault(way.of, set(_always[way.of])).add(way.pattern)
    return found


def _words_of(text: str) -> frozenset[Word]:
    """Its words, those of what it reads like normalised among them, as far as a pattern asks for them."""
    if text.isascii():
        return _asked_for_in(text)
    for sign, letter in LIKE_ASCII.items():
        text = text.replace(sign, letter)
    return _asked_for_in(text) | _asked_for_in(normalise(text).text) | {FOREIGN.encode()}


def _asked_for_in(text: str) -> frozenset[Word]:
    words = text.encode("utf-8", "replace").lower().translate(_SEPARATORS).split()
    once = set(words)
    once.update(
        *([word[:length] for word in once] for length in HEADS), [sign.encode() for sign in SIGNS if sign in text]
    )
    return frozenset(_asked_for.intersection(once)) | _asked_for_pairs.intersection(pairwise(words))


def needed_by(patterns: Iterable[str]) -> Needed:
    """What patterns in RE2's syntax need, whatever the case of letters."""
    list_number = next(_numbers)
    always = set()
    for number, pattern in enumerate(patterns):
        for groups in ways_of(pattern):
            if not groups:
                always.add(number)
                continue
            first, *others = (frozenset(map(_as_in_texts, group)) for group in sorted(groups, key=cost))
            for word in first.union(*others):
                _ask_for(word)
            way = Way(list_number, number, tuple(others))
            for word in first:
                _ways.setdefault(word, []).append(way)
    forget_message()  # what is remembered of its words was told without these
    return Needed(list_number, always)


def _ask_for(word: Word) -> None:
    if isinstance(word, bytes):
        _asked_for.add(word)
    else:
        _asked_for_pairs.add(word)


def _as_in_texts(word: str) -> Word:
    one, _, other = word.partition(" ")
    return (one.encode(), other.encode()) if other else one.encode()
