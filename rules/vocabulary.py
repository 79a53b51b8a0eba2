"""Vocabularies: plain words that mail of some kind uses, or seldom uses, and what they tell together.

Where phrases say what was meant, single words say what a text is about, in words that nobody foresaw together. Owns
the words of a text and their sum; knows no phrase and no detector.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from string import ascii_lowercase
from types import MappingProxyType

from rules.document import STRICT
from rules.facts import Role, Text
from rules.finding import Evidence
from rules.normalising import normalise
from rules.patterns import evidence_of
from rules.remembering import remembered

SHORTEST = 3  # letters; shorter words stand in any text
FEW = 40  # different words up to which each counts in full: a long text has some of any list
MAX_READ = 128 * 1024  # characters of one message
MAX_SHOWN = 10  # words in evidence, the weightiest
_SMALL_PRINT = (Role.SIGNATURE, Role.FOOTER)  # as often by a mail program as by the sender

_LETTERS = bytes(code if chr(code) in ascii_lowercase else 0x20 for code in range(256))
_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Words that weigh the same, with blanks between; each in every form in which it counts."""

    __pydantic_config__ = STRICT
    weight: float
    words: str


@dataclass(frozen=True, kw_only=True)  # no slots: the words are told apart once
class Vocabulary:
    """Words of the language, never names. The sum of those that occur, each once, less what is `usual`.

    In a text of more than FEW different words each weighs less, by the root of their number. The sum ends at `least`
    and `most`: no number of words outweighs every phrase. A negative weight speaks against.
    """

    __pydantic_config__ = STRICT
    name: str
    usual: float
    least: float
    most: float
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        words = [word for group in self.groups for word in group.words.split()]
        for word in words:
            if not _WORD.fullmatch(word):
                raise ValueError(f"{word!r} is no word of {SHORTEST} small letters or more")
        if len(set(words)) < len(words):
            raise ValueError(f"{next(word for word in words if words.count(word) > 1)!r} stands twice")

    @cached_property
    def weights(self) -> Mapping[bytes, float]:
        """What each word weighs."""
        return MappingProxyType({word.encode(): group.weight for group in self.groups for word in group.words.split()})

    @cached_property
    def words(self) -> frozenset[bytes]:
        """All of them: two sets meet faster than a set and a mapping."""
        return frozenset(self.weights)

    def told_by(self, words: frozenset[bytes]) -> float:
        """What a text of these words adds to a score."""
        total = sum([self.weights[word] for word in self.words & words])
        told = total * math.sqrt(FEW / max(FEW, len(words))) - self.usual
        return min(self.most, max(self.least, told))


def read_words(texts: Sequence[Text], roles: frozenset[Role]) -> frozenset[bytes]:
    """The different words that these roles say, small print left out."""
    room = MAX_READ
    found: frozenset[bytes] = frozenset()
    for text in texts:
        if text.role in roles and text.role not in _SMALL_PRINT and room > 0:
            said = _words_of(text.text[:room])
            found = found | said if found else said
            room -= len(text.text)
    return found


@remembered
def _words_of(text: str) -> frozenset[bytes]:
    plain = text if text.isascii() else normalise(text).text
    split = plain.lower().encode("utf-8", "replace").translate(_LETTERS).split()
    return frozenset([word for word in set(split) if len(word) >= SHORTEST])


def shown(
    vocabulary: Vocabulary, words: frozenset[bytes], texts: Sequence[Text], roles: frozenset[Role]
) -> Iterator[Evidence]:
    """The first place of each of its words, the weightiest first."""
    found = sorted(vocabulary.weights.keys() & words, key=lambda word: (-abs(vocabulary.weights[word]), word))
    said = [text for text in texts if text.role in roles and text.role not in _SMALL_PRINT]
    for word in found[:MAX_SHOWN]:
        pattern = re.compile(rf"(?<![a-z]){word.decode()}(?![a-z])", re.IGNORECASE)
        for text in said:
            normalised = normalise(text.text[:MAX_READ])
            if match := pattern.search(normalised.text):
                evidence = evidence_of(text, *normalised.original(*match.span()))
                yield replace(evidence, signal=f"{vocabulary.name}: {word.decode()} {vocabulary.weights[word]:+}")
                break
