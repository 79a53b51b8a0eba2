"""Files that dictionaries of a PDF refer to (ISO 32000 section 7.11.4), with the filters of their streams undone."""

import base64
import binascii
import re
import sys
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TypeVar

from rules.reading.budget import Meter
from rules.reading.member import Unreadable

# Between two tokens stand blanks, NUL among them, and comments (ISO 32000 section 7.2.3). Longer comments are bounded
# here, for each key before one would be a search through it: where they are, a plain copy is read as well.
_UNIT = rb"(?:[\s\0]++|%[^\r\n]{0,200}[\r\n])"
GAP = _UNIT + rb"{0,8}"
SOME_GAP = _UNIT + rb"{1,8}"  # between what would be one token without it
REFERENCE = rb"(\d{1,10})" + SOME_GAP + rb"\d{1,5}" + SOME_GAP + rb"R\b"
OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})" + SOME_GAP + rb"\d{1,5}" + SOME_GAP + rb"obj\b")
_REFERENCE = re.compile(REFERENCE)
_FILES = re.compile(rb"/EF" + GAP + rb"(?:<<([^>]{0,4000}+)>>|" + REFERENCE + rb")", re.DOTALL)
_GIVEN = re.compile(rb"/EF" + GAP + rb"(?:<<|%|\d)")
_LABEL = re.compile(rb"/EmbeddedFile\b(?!s)")
_FILTERS = re.compile(rb"/Filter" + GAP + rb"(\[[^\]]{0,400}\]|/[A-Za-z0-9]{1,30})")
_NAME = re.compile(rb"/([A-Za-z0-9]{1,30})")
_PREDICTED = re.compile(rb"/Predictor" + GAP + rb"(?!1\b)\d")
_MAX_DICTIONARY = 64 * 1024  # octets of an embedded file's dictionary
MAX_SAME = 5  # objects of one number that count, the first ones and the last: updates replace them, and readers differ
_CHUNK = 1024 * 1024
T = TypeVar("T")
_NOT_DIGITS = bytes(octet for octet in range(256) if octet not in b"0123456789abcdefABCDEF")


def referred_files(content: bytes, pieces: Sequence[bytes], meter: Meter) -> Iterator[bytes]:
    """The octets of each. Raises Unreadable at last when one could not be had."""
    places = dict.fromkeys((*_referred(content, pieces), *(match.end() for match in _LABEL.finditer(content))))
    taken: set[int] = set()
    fault: Unreadable | None = None
    if any(len(_GIVEN.findall(piece)) > len(_FILES.findall(piece)) for piece in pieces):
        fault = _elsewhere()
    begins, streams, ends = (_all(content, word) if places else [] for word in (b"obj", b"stream", b"endobj"))
    for place in places:
        start, end = (_next(found, place) for found in (streams, ends))
        if min(start, end) - place > _MAX_DICTIONARY:
            fault = _elsewhere()
        elif start < end and start not in taken:
            taken.add(start)
            try:
                yield _undone(content, content[_last(begins, place) : start], start, meter)
            except Unreadable as error:
                fault = error
    if fault is not None:
        raise fault


def _all(content: bytes, word: bytes) -> list[int]:
    """Where the word stands, once through: each of many labels would search to the next one."""
    found: list[int] = []
    at = content.find(word)
    while at >= 0:
        found.append(at)
        at = content.find(word, at + len(word))
    return found


def _next(places: list[int], at: int) -> int:
    """The first of these places from `at` on; the end of all content, and beyond, when there is none."""
    index = bisect_left(places, at)
    return places[index] if index < len(places) else sys.maxsize


def _last(places: list[int], at: int) -> int:
    """The last of these places before `at`; the beginning of all content when there is none."""
    index = bisect_left(places, at)
    return places[index - 1] if index else 0


def _elsewhere() -> Unreadable:
    return Unreadable("PDF with an embedded file that is not where it is said to be")


def _referred(content: bytes, pieces: Sequence[bytes]) -> Iterator[int]:
    """Where the objects begin that file specifications name."""
    wanted: set[bytes] = set()
    for piece in pieces:
        for inside, number in _FILES.findall(piece):
            wanted |= {number} if number else set(_REFERENCE.findall(inside))
    found: dict[bytes, list[int]] = {}
    for match in OBJECT.finditer(content) if wanted else ():
        if match.group(1) in wanted:
            keep(found.setdefault(match.group(1), []), match.end())
    for places in found.values():
        yield from places


def keep(same: list[T], one: T) -> None:
    """Add one of several of the same number, of which as many count as MAX_SAME."""
    if len(same) < MAX_SAME:
        same.append(one)
    else:
        same[-1] = one


def _undone(content: bytes, dictionary: bytes, start: int, meter: Meter) -> bytes:
    """The stream whose keyword stands at `start`. Raises Unreadable."""
    begin = start + (8 if content[start + 6 : start + 8] == b"\r\n" else 7)
    end = content.find(b"endstream", begin)
    data = content[begin : end if end >= 0 else len(content)].removesuffix(b"\n").removesuffix(b"\r")
    given = _FILTERS.search(dictionary)
    if (given is None and b"/Filter" in dictionary) or _PREDICTED.search(dictionary):
        raise Unreadable("PDF with an embedded file in a rare filter")
    for name in _NAME.findall(given.group(1)) if given is not None else ():
        data = _without(name, data, meter)
    meter.octets(len(data))
    return data


def _without(name: bytes, data: bytes, meter: Meter) -> bytes:
    match name:
        case b"ASCIIHexDecode" | b"AHx":
            digits = data.partition(b">")[0].translate(None, _NOT_DIGITS)
            return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
        case b"ASCII85Decode" | b"A85":
            try:
                return base64.a85decode(data.partition(b"~>")[0].removeprefix(b"<~"), ignorechars=b" \t\n\r\v\f\0")
            except ValueError as error:
                raise Unreadable("PDF with a damaged embedded file") from error
        case b"FlateDecode" | b"Fl":
            return inflated(data, meter)
        case _:
            raise Unreadable("PDF with an embedded file in a rare filter")


def inflated(packed: bytes, meter: Meter) -> bytes:
    """As much as there is; what came out before damage counts. Raises LimitExceeded."""
    inflate = zlib.decompressobj()
    found = bytearray()
    try:
        while packed and not inflate.eof:
            chunk = inflate.decompress(packed, _CHUNK)
            meter.octets(len(chunk))
            found += chunk
            packed = inflate.unconsumed_tail
    except zlib.error:
        pass
    return bytes(found)
