"""Patterns on text that attackers write: linear time, bounded, with the place of every match.

The one module that imports re2. Owns patterns and the evidence of what they match; knows nothing of messages beyond
`Text`, and nothing of rules.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from rules.facts import Text
from rules.finding import Evidence
from rules.message import Octets
from rules.needed_words import Needed, needed_by

MAX_MEMORY = 256 * 1024 * 1024  # octets; a Set of 300 patterns with gaps fails in the default 8 MiB and then crashes
MAX_PATTERN_MEMORY = 16 * 1024 * 1024  # octets, for one pattern
MAX_TOGETHER = 2_000  # characters in one Set: the states of long patterns multiply until it is slower than each alone
FEW = 2  # patterns that are searched for faster one by one
MAX_PATTERN = 20_000  # characters; several times the longest shipped one, and compilation cost grows with it
MAX_MATCHES = 1_000  # in one text; more says nothing that these do not
MAX_MATCHES_EACH = 100  # of one pattern, so that a common one cannot crowd out the others
AROUND = 60  # characters of context on each side in evidence: about a line
MAX_PASSAGE = 300  # characters of a match that evidence repeats


class PatternError(ValueError):
    """A pattern was refused; the words name it and say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Pattern number `index` matched text[start:end]."""

    index: int
    start: int
    end: int


class Patterns:
    """A compiled tuple of patterns; made by `compile_patterns`, or by `compile_apart`."""

    __slots__ = ("_needed", "_sets", "_singles")

    def __init__(self, singles: tuple[Any, ...], sets: "tuple[_Together, ...]", needed: Needed | None) -> None:
        self._singles = singles
        self._sets = sets
        self._needed = needed

    def find(self, text: str, fired: Iterable[int] | None = None) -> tuple[Match, ...]:
        """All matches of all patterns in order of place, at most MAX_MATCHES; empty matches are left out.

        `fired` saves the search for the patterns that match, for whoever knows them already.
        """
        if not text:
            return ()
        octets = text.encode("utf-8", "replace")  # a lone surrogate becomes one "?", so lengths still agree
        spans = sorted(
            (start, end, index)
            for index in (self._fired(text, octets) if fired is None else fired)
            for start, end in _spans(self._singles[index], octets)
        )[:MAX_MATCHES]
        if len(octets) != len(text):
            spans = _in_characters(spans, octets)
        return tuple(Match(index=index, start=start, end=end) for start, end, index in spans)

    def fires(self, text: str) -> tuple[int, ...]:
        """The numbers of the patterns that match somewhere, in order; cheaper than `find`."""
        return tuple(sorted(self._fired(text, text.encode("utf-8", "replace")))) if text else ()

    def _fired(self, text: str, octets: bytes) -> list[int]:
        if self._needed is None:
            return [index for index, single in enumerate(self._singles) if single.search(octets) is not None]
        possible = self._needed.already_known(text)
        if possible is not None and len(possible) <= FEW:
            return [index for index in possible if self._singles[index].search(octets) is not None]
        asked = [one for one in self._sets if possible is None or not possible.isdisjoint(one.numbers)]
        return [one.first + index for one in asked for index in one.compiled.Match(octets) or ()]


@dataclass(frozen=True, slots=True)
class _Together:
    """A Set of the patterns of these numbers."""

    numbers: range
    compiled: Any

    @property
    def first(self) -> int:
        return self.numbers.start


@lru_cache(maxsize=256)
def compile_patterns(patterns: tuple[str, ...]) -> Patterns:
    """Compile patterns in RE2's syntax, ignoring case. Raises PatternError for the first one that is refused."""
    singles = tuple(_single(pattern) for pattern in patterns)
    return Patterns(singles, tuple(_sets(patterns)), needed_by(patterns))


def compile_apart(patterns: tuple[str, ...]) -> Patterns:
    """The same for whoever tells `find` which of them match: nothing is made to find that out fast."""
    return Patterns(tuple(_single(pattern) for pattern in patterns), (), None)


class Phrase:
    """A pattern of which nothing is asked but whether it matches. Compiled when that is asked first."""

    __slots__ = ("_compiled", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._compiled: Any = None

    def stands_in(self, octets: bytes) -> bool:
        """Whether it matches somewhere in these octets of UTF-8. Raises PatternError."""
        if self._compiled is None:
            self._compiled = _single(self.pattern)
        return self._compiled.search(octets) is not None


class Literal:
    """Strings of octets, the first of which is found several times as fast as by `bytes.find`.

    One is looked for by two of its octets alone. Several are looked for in one pass, which pays from four on.
    """

    __slots__ = ("_compiled",)

    def __init__(self, *octets: bytes) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1  # an octet is a sign
        self._compiled = re2.compile(b"|".join(map(re2.escape, octets)), options=options)

    def stands_in(self, octets: Octets) -> bool:
        """Whether one of them does."""
        return self._compiled.search(octets) is not None

    def find(self, octets: Octets, start: int, end: int) -> int:
        """As `bytes.find`."""
        match = self._compiled.search(octets, start, end)
        return -1 if match is None else int(match.start())


def _sets(patterns: tuple[str, ...]) -> Iterator[_Together]:
    """Sets of neighbours that are short enough together."""
    first = length = 0
    for index, pattern in enumerate(patterns):
        if index > first and length + len(pattern) > MAX_TOGETHER:
            yield _Together(range(first, index), _set(patterns[first:index]))
            first, length = index, 0
        length += len(pattern)
    if patterns:
        yield _Together(range(first, len(patterns)), _set(patterns[first:]))


def _set(patterns: tuple[str, ...]) -> Any:
    compiled = re2.Set.SearchSet(_options(MAX_MEMORY))
    try:
        for pattern in patterns:
            compiled.Add(pattern)
        compiled.Compile()
    except re2.error as error:
        # A Set whose Compile failed crashes the process in Match: it must not leave this function.
        raise PatternError(f"patterns too large together, from {patterns[0]!r} on: {_words(error)}") from None
    return compiled


def literal(words: str) -> str:
    """The pattern that matches these words and nothing else."""
    return str(re2.escape(words))


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


def _single(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"pattern longer than {MAX_PATTERN} characters: {pattern[:60]!r}…")
    try:
        compiled = re2.compile(pattern.encode(), options=_options(MAX_PATTERN_MEMORY))
    except (re2.error, UnicodeEncodeError) as error:
        raise PatternError(f"pattern {pattern!r}: {_words(error)}") from None
    if compiled.search(b"") is not None:
        raise PatternError(f"pattern {pattern!r} matches everything, even nothing")
    return compiled


def _words(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _spans(single: Any, octets: bytes) -> Iterator[tuple[int, int]]:
    for count, match in enumerate(single.finditer(octets)):
        if count == MAX_MATCHES_EACH:
            return
        if match.end() > match.start():
            yield match.start(), match.end()


def _in_characters(spans: list[tuple[int, int, int]], octets: bytes) -> list[tuple[int, int, int]]:
    """Offsets in octets to offsets in characters, in one pass over the text."""
    characters: dict[int, int] = {0: 0}
    last = 0
    for offset in sorted({offset for start, end, _ in spans for offset in (start, end)}):
        characters[offset] = characters[last] + len(octets[last:offset].decode("utf-8", "replace"))
        last = offset
    return [(characters[start], characters[end], index) for start, end, index in spans]


_PLAIN = dict.fromkeys((*range(0x20), 0x7F, 0x85, 0x2028, 0x2029), " ")  # control characters and line ends


def _word_start(text: str, left: int, start: int) -> int:
    """The first whole word from `left` on; `left` itself when none begins before `start`."""
    if left == 0 or text[left - 1].isspace():
        return left
    return next((at + 1 for at in range(left, start) if text[at].isspace()), left)


def _word_end(text: str, end: int, right: int) -> int:
    """The end of the last whole word before `right`; `right` itself when none ends behind `end`."""
    if right == len(text) or text[right].isspace():
        return right
    return next((at for at in range(right - 1, end - 1, -1) if text[at].isspace()), right)


def evidence_of(text: Text, start: int, end: int) -> Evidence:
    """The passage text[start:end] with about AROUND characters on each side; line ends become blanks."""
    shown = min(end, start + MAX_PASSAGE)
    left = _word_start(text.text, max(0, start - AROUND), start)
    right = _word_end(text.text, shown, min(len(text.text), shown + AROUND))
    passage = text.text[left:right].translate(_PLAIN)
    return Evidence(
        part=text.part,
        text=passage,
        start=text.start + start,
        end=text.start + end,
        mark=(start - left, shown - left),
    )
