"""Patterns on text that attackers write: linear time, bounded, with the place of every match.

The one module that imports re2. Owns normalising text for matching and the way back to the original's offsets;
knows nothing of messages beyond `Text`, and nothing of rules.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import re2

from rules.facts import Text
from rules.finding import Evidence
from rules.remembering import remembered

MAX_MEMORY = 256 * 1024 * 1024  # octets; a Set of 300 patterns with gaps fails in the default 8 MiB and then crashes
MAX_PATTERN_MEMORY = 16 * 1024 * 1024  # octets, for one pattern
MAX_TOGETHER = 2_000  # characters in one Set: the states of long patterns multiply until it is slower than each alone
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
    """A compiled tuple of patterns; made by `compile_patterns`."""

    __slots__ = ("_sets", "_singles")

    def __init__(self, singles: tuple[Any, ...], sets: tuple[tuple[int, Any], ...]) -> None:
        self._singles = singles
        self._sets = sets  # each with the number of its first pattern

    def find(self, text: str, fired: Iterable[int] | None = None) -> tuple[Match, ...]:
        """All matches of all patterns in order of place, at most MAX_MATCHES; empty matches are left out.

        `fired` saves the search for the patterns that match, when `fires` has told them.
        """
        if not text:
            return ()
        octets = text.encode("utf-8", "replace")  # a lone surrogate becomes one "?", so lengths still agree
        spans = sorted(
            (start, end, index)
            for index in (self._fired(octets) if fired is None else fired)
            for start, end in _spans(self._singles[index], octets)
        )[:MAX_MATCHES]
        if len(octets) != len(text):
            spans = _in_characters(spans, octets)
        return tuple(Match(index=index, start=start, end=end) for start, end, index in spans)

    def fires(self, text: str) -> tuple[int, ...]:
        """The numbers of the patterns that match somewhere, in order; cheaper than `find`."""
        return tuple(sorted(self._fired(text.encode("utf-8", "replace")))) if text else ()

    def _fired(self, octets: bytes) -> list[int]:
        return [first + index for first, one in self._sets for index in one.Match(octets) or ()]


@lru_cache(maxsize=256)
def compile_patterns(patterns: tuple[str, ...]) -> Patterns:
    """Compile patterns in RE2's syntax, ignoring case. Raises PatternError for the first one that is refused."""
    singles = tuple(_single(pattern) for pattern in patterns)
    return Patterns(singles, tuple(_sets(patterns)))


def _sets(patterns: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    """Sets of neighbours that are short enough together, each with the number of its first pattern."""
    first = length = 0
    for index, pattern in enumerate(patterns):
        if index > first and length + len(pattern) > MAX_TOGETHER:
            yield first, _set(patterns[first:index])
            first, length = index, 0
        length += len(pattern)
    if patterns:
        yield first, _set(patterns[first:])


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


_BLANKS = dict.fromkeys("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f", " ")  # with the blank, all that ASCII has of white space
# Seen as the same sign by a reader.
_QUOTES = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\u0060", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
}
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
# Shown by no mail program: soft hyphen, zero-width signs, direction marks, variation selectors, byte order mark.
_UNSEEN = dict.fromkeys(
    map(
        chr,
        (
            *(0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF),
            *range(0x200B, 0x2010),
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            *range(0xFE00, 0xFE10),
        ),
    ),
    "",
)
_WIDE_BLANKS = dict.fromkeys("\x85\u1680\u2028\u2029", " ")  # the white space that NFKC leaves as it is
_FOLD_ASCII = {**_BLANKS, "`": "'"}
_FOLD = {**_FOLD_ASCII, **_QUOTES, **_DASHES, **_UNSEEN, **_WIDE_BLANKS}

# Where normalised and original text may part: at the start, beyond ASCII, at white space other than a single blank.
# Every branch consumes at least one character and none can be entered twice at one place: linear.
_ODD = re.compile(r"(?:\A\s|[!-~]?[^\x00-\x7f]|\s\s|[^\S ])[^!-~]*")
_RUN = re.compile(r"\A\s+|\s\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """Text made equal for matching, and the text it was made from."""

    text: str
    source: str

    @property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """Pairs (offset here, offset in the source) at each place from which both run on side by side."""
        return _offsets(self.source)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that became text[start:end]; a sign that became several is never cut."""
        if end <= start:
            return self._origin(start), self._origin(start)
        first, last, after = self._origin(start), self._origin(end - 1), self._origin(end)
        if after == last:
            after = next((there for _, there in self.offsets[self._segment(end) :] if there > last), last + 1)
        return first, after

    def _segment(self, offset: int) -> int:
        return bisect_right(self.offsets, offset, key=itemgetter(0)) - 1

    def _origin(self, offset: int) -> int:
        here, there = self.offsets[self._segment(offset)]
        return min(there + offset - here, len(self.source))


@remembered
def normalise(text: str) -> Normalised:
    """NFKC, plain quotes and dashes, nothing unseen, one blank for each run of white space; case is kept."""
    folded = _replaced(text, _FOLD_ASCII) if text.isascii() else _folded(text)
    while "  " in folded:  # each round halves the longest run
        folded = folded.replace("  ", " ")
    return Normalised(text=folded.strip(" "), source=text)


def _folded(text: str) -> str:
    """Fold, compose, and fold again: quotes and dashes also have compatibility forms."""
    return _replaced(unicodedata.normalize("NFKC", _replaced(text, _FOLD)), _FOLD)


def _replaced(text: str, table: dict[str, str]) -> str:
    """`str.translate` asks a table for every character; few of these signs occur, and looking for one is fast."""
    for sign, plain in table.items():
        if sign in text:
            text = text.replace(sign, plain)
    return text


@remembered
def _offsets(source: str) -> tuple[tuple[int, int], ...]:
    """Walk only the odd places: built when a match must be shown, which is seldom."""
    if source.isascii():
        return _ascii_offsets(source)
    pairs: list[tuple[int, int]] = [(0, 0)]
    length = done = 0  # characters of normalised text so far; characters of the source they came from
    blank = True  # a blank was written last, or nothing yet
    for match in _ODD.finditer(source):
        start, end = match.span()
        length += start - done
        blank = source[start - 1] == " " if start else True
        for place, sign in _signs(source, start, end):
            if sign.isspace() and blank:
                continue
            blank = sign.isspace()
            _note(pairs, length, place)
            length += 1
        _note(pairs, length, end)
        done = end
    return tuple(pairs)


def _ascii_offsets(source: str) -> tuple[tuple[int, int], ...]:
    """In ASCII only runs of white space change their length: to a single blank, at the start to nothing."""
    pairs: list[tuple[int, int]] = []
    shrunk = 0
    for match in _RUN.finditer(source):
        start, end = match.span()
        shrunk += end - start - (1 if start else 0)
        pairs.append((end - shrunk, end))
    return tuple(pairs) if pairs and pairs[0][0] == 0 else ((0, 0), *pairs)


def _note(pairs: list[tuple[int, int]], here: int, there: int) -> None:
    last_here, last_there = pairs[-1]
    if there - here == last_there - last_here:
        return
    if here == last_here:
        pairs[-1] = (here, there)
    else:
        pairs.append((here, there))


def _signs(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The characters that source[start:end] becomes, each with the offset of the cluster it came from."""
    place = start
    while place < end:
        stop = place + 1
        while stop < end and _continues(source[stop]):
            stop += 1
        for sign in _cluster(source[place:stop]):
            yield place, sign
        place = stop


@lru_cache(maxsize=1_024)
def _cluster(text: str) -> str:
    return _folded(text)


def _continues(sign: str) -> bool:
    """Marks, unseen signs and the vowels and finals of Hangul, which compose with what stands before them."""
    return unicodedata.category(sign)[0] == "M" or sign in _UNSEEN or 0x1160 <= ord(sign) <= 0x11FF


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
