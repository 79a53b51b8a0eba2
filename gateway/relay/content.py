"""The content as it goes over the wire after 354: checked, dot-stuffed, in slices, otherwise octet for octet.

Owns RFC 5321 section 4.5.2 and the promise that nothing but CRLF ends a line; never changes another octet.
"""

import io
from collections.abc import Iterator, Sequence

from gateway.received import lines_seen
from rules.message import Octets

SLICE = 256 * 1024  # octets written at once; the transport's buffer stays near this size
Pieces = Sequence[Octets | memoryview]


class UncleanContent(ValueError):
    """A bare CR, a bare LF or a NUL: sent on, it could end the message early in a lax server (CVE-2023-51764 kind)."""


def check_clean(pieces: Pieces) -> int:
    """The number of octets, once it is sure that every line ends in CRLF and no octet is NUL; else UncleanContent.

    What was looked at as it came in is not searched again. IncrementalNewlineDecoder records which line ends occurred,
    across slices, at twice the speed of counting them.
    """
    seen = io.IncrementalNewlineDecoder(None, translate=False)
    for piece in pieces:
        if len(piece) and lines_seen(piece) is not None:
            seen.decode("", final=True)  # a CR held back before it is a bare one
            continue
        for octets in slices((piece,)):
            if b"\0" in octets:
                raise UncleanContent("NUL in content")
            seen.decode(str(octets, "latin-1"))
            if seen.newlines not in (None, "\r\n"):
                raise UncleanContent("bare CR or LF in content")
    seen.decode("", final=True)
    if seen.newlines not in (None, "\r\n"):
        raise UncleanContent("bare CR or LF in content")
    return sum(map(len, pieces))


def is_eight_bit(pieces: Pieces) -> bool:
    """Whether any octet is beyond ASCII."""
    return not all(octets.isascii() for octets in slices(pieces))


def stuffed(pieces: Pieces) -> Iterator[bytes | memoryview]:
    """Slices of the content with dots doubled at the start of lines, and the final dot; for clean content only."""
    tail = b"\r\n"  # the last octets before this slice: content begins at the start of a line
    for piece in pieces:
        if lines_seen(piece) is False and piece[:1] != b".":
            yield from _views(piece)
            tail = (tail + bytes(piece[-2:]))[-2:]
            continue
        for octets in slices((piece,)):
            begun = tail + octets[:2]
            if b"." in octets:  # nothing to search in base64, most of what is large
                octets = _stuff(octets, tail)
            yield octets
            tail = octets[-2:] if len(octets) > 1 else begun[-2:]
    yield b".\r\n" if tail == b"\r\n" else b"\r\n.\r\n"


def _views(piece: Octets | memoryview) -> Iterator[memoryview]:
    """As slices, without a copy."""
    view = memoryview(piece)
    return (view[start : start + SLICE] for start in range(0, len(view), SLICE))


def slices(pieces: Pieces) -> Iterator[bytes]:
    """The pieces in order as bytes of at most SLICE octets; empty ones left out."""
    for piece in pieces:
        if isinstance(piece, bytes) and 0 < len(piece) <= SLICE:
            yield piece
            continue
        for start in range(0, len(piece), SLICE):
            yield bytes(piece[start : start + SLICE])


def _stuff(octets: bytes, tail: bytes) -> bytes:
    if octets.startswith(b".") and tail == b"\r\n":
        octets = b"." + octets
    elif octets.startswith(b"\n.") and tail.endswith(b"\r"):
        octets = b"\n." + octets[1:]
    return octets.replace(b"\r\n.", b"\r\n..")
