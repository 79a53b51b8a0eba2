"""Numbers of a city's own, such as a customer's account or a licence plate, as an administrator describes them.

Owns what such a description must say and where one is found; knows no message.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rules.document import STRICT
from rules.entries import Phrase, Words
from rules.identifiers.find import AFTER, BEFORE, HEADING, TABLE
from rules.identifiers.kinds import words_around
from rules.patterns import compile_patterns
from rules.signals import whole_words

EXPLAINED = 0.75  # weight beside its words, or of a number that needs none
BARE = 0.3  # of one whose words are not near


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNumber:
    """`pattern` is in RE2's syntax and stands for whole words. `words` are what one of has to stand near a number, or
    at the head of a table of them; without any, the number speaks for itself. Each of `examples` is found as a whole.
    """

    __pydantic_config__ = STRICT
    name: Words
    pattern: Phrase
    examples: tuple[str, ...]
    words: tuple[Words, ...] = ()

    def __str__(self) -> str:
        said = f", near {' or '.join(self.words)}" if self.words else ""
        return f"{self.name} ({self.pattern}{said})"

    def __post_init__(self) -> None:
        if not self.examples:
            raise ValueError("at least one example, which the pattern has to find")
        for example in self.examples:
            if [(start, end) for start, end in _places(self, example)] != [(0, len(example))]:
                raise ValueError(f"examples that the pattern finds as a whole, not {example!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFound:
    """text[start:end] is such a number; `weight` is 0 to 1, `value` what equal ones are told by."""

    name: str
    start: int
    end: int
    weight: float
    value: str


def find_own(text: str, numbers: Sequence[OwnNumber]) -> tuple[OwnFound, ...]:
    """All of them in the text, each kind by place."""
    return tuple(found for number in numbers for found in _found(text, number))


def _found(text: str, number: OwnNumber) -> Iterator[OwnFound]:
    places = tuple(_places(number, text))
    if not places:
        return
    words = _around(number.words)
    table = len(places) >= TABLE and words.search(text, 0, HEADING) is not None
    for start, end in places:
        explained = table or words.search(text, max(0, start - BEFORE), end + AFTER) is not None
        weight = EXPLAINED if explained or not number.words else BARE
        yield OwnFound(name=number.name, start=start, end=end, weight=weight, value=text[start:end])


def _places(number: OwnNumber, text: str) -> Iterator[tuple[int, int]]:
    for match in compile_patterns((whole_words((number.pattern,)),)).find(text):
        said = text[match.start : match.end]
        start = match.start + len(said) - len(said.lstrip())
        yield start, start + len(said.strip())


@lru_cache(maxsize=64)
def _around(words: tuple[str, ...]) -> re.Pattern[str]:
    return words_around(*map(re.escape, words))
