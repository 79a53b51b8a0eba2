"""The form in which header fields and body are signed (RFC 6376 section 3.4), and the hash of the body.

Works on whole blocks in C, never by line in Python; keeps no copy of the body.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

from rules.message import Octets

BLOCK = 1024 * 1024  # octets hashed at a time
MAX_LINE = 1024 * 1024  # octets of one line that are kept together; RFC 5321 allows 1,000

_BLANKS = re.compile(rb"[ \t]{2,}|\t")  # not each single blank, which stays as it is


class LineTooLong(ValueError):
    """A body that nobody signs: one line of it is longer than MAX_LINE."""


def relaxed_field(name: bytes, body: bytes) -> bytes:
    """RFC 6376 section 3.4.2, with its line end."""
    text = body.replace(b"\r\n", b"").replace(b"\n", b"")
    return name.strip(b" \t").lower() + b":" + _BLANKS.sub(b" ", text).strip(b" \t") + b"\r\n"


def simple_field(name: bytes, body: bytes) -> bytes:
    """RFC 6376 section 3.4.1: as it stands."""
    return name + b":" + body


def without_signature(body: bytes) -> bytes:
    """A signature field's body with the value of its b= tag taken away (RFC 6376 section 3.7)."""
    pieces = body.split(b";")
    for index, piece in enumerate(pieces):
        name, equals, value = piece.partition(b"=")
        if equals and name.strip() == b"b":
            last = index == len(pieces) - 1
            end = b"\r\n" if last and value.endswith(b"\r\n") else b""
            pieces[index] = name + equals + end
            break
    return b";".join(pieces)


class BodyHash:
    """SHA-256 of a canonical body, fed in pieces that may be cut anywhere. `limit`: only so many octets count."""

    def __init__(self, *, relaxed: bool, limit: int | None = None) -> None:
        self.length = 0  # octets of the canonical body
        self._relaxed = relaxed
        self._limit = limit
        self._hash = hashlib.sha256()
        self._rest = b""  # after the last line end so far
        self._empty_lines = 0  # seen and not yet known to be followed by anything

    def feed(self, octets: bytes) -> None:
        """Raises LineTooLong."""
        block = self._rest + octets if self._rest else octets
        end = block.rfind(b"\r\n") + 2
        if end < 2:
            end = 0
        self._rest = block[end:]
        if len(self._rest) > MAX_LINE:
            raise LineTooLong
        if end:
            self._lines(block[:end])

    def digest(self) -> bytes:
        """The hash of all that was fed; call it once."""
        if self._rest:
            self._lines(self._rest + b"\r\n")
        if self.length == 0 and not self._relaxed:
            self._take(b"\r\n")
        return self._hash.digest()

    def _lines(self, block: bytes) -> None:
        """Whole lines: blanks put right, and empty lines held back, for at the end of the body they do not count."""
        if self._relaxed:
            block = _without_blanks(block)
        text = block.rstrip(b"\r\n")
        ends = block[len(text) :]
        if ends != b"\r\n" * (len(ends) // 2):  # bare CR or LF: content, not line ends
            text, ends = block[:-2], b"\r\n"
        if not text:
            self._empty_lines += len(ends) // 2
            return
        while self._empty_lines:
            count = min(self._empty_lines, BLOCK)
            self._take(b"\r\n" * count)
            self._empty_lines -= count
        self._take(text + b"\r\n")
        self._empty_lines = len(ends) // 2 - 1

    def _take(self, octets: bytes) -> None:
        if self._limit is not None:
            octets, whole = octets[: max(self._limit - self.length, 0)], len(octets)
            self.length += whole
        else:
            self.length += len(octets)
        self._hash.update(octets)


def _without_blanks(lines: bytes) -> bytes:
    """RFC 6376 section 3.4.4: runs of blanks become one, those at a line's end go. Each turn halves what is left."""
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


def body_blocks(pieces: Iterable[Octets | memoryview], start: int) -> Iterator[bytes]:
    """The octets from `start` of the pieces laid end to end, by blocks."""
    skip = start
    for piece in pieces:
        view = memoryview(piece)
        if skip >= len(view):
            skip -= len(view)
            continue
        for at in range(skip, len(view), BLOCK):
            yield bytes(view[at : at + BLOCK])
        skip = 0
