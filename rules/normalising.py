"""Text made equal for matching, and the way back to where it stood in the original.

Owns what counts as the same sign. Knows no pattern and no rule.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from rules.remembering import remembered

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
